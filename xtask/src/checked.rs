//! Is a cached file the file it should be? Size always, sha256 once: a stamp beside the file remembers the result.

use crate::catalogue::Asset;
use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};
use std::fs::{self, File, Metadata};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// What was found at a path.
#[derive(Debug, PartialEq)]
pub enum State {
    Good,
    Missing,
    /// Why it is not the asset, for the person who reads it.
    Damaged(String),
}

/// Compares the file at `path` with what `asset` must be.
pub fn check(asset: &Asset, path: &Path) -> Result<State> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(State::Missing),
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    if metadata.len() != asset.bytes {
        return Ok(State::Damaged(format!("it has {} bytes, not {}", metadata.len(), asset.bytes)));
    }
    if fs::read_to_string(stamp_path(path)).is_ok_and(|found| found == stamp(asset, &metadata)) {
        return Ok(State::Good);
    }
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let sha256 = copy_hashing(file, std::io::sink(), asset, "checksum")?.1;
    if sha256 != asset.sha256 {
        return Ok(State::Damaged(format!("its sha256 is {sha256}, not {}", asset.sha256)));
    }
    remember(asset, path);
    Ok(State::Good)
}

/// Writes the stamp for a file whose checksum is known to be right.
pub fn remember(asset: &Asset, path: &Path) {
    if let Ok(metadata) = fs::metadata(path) {
        // A read-only cache only costs the checksum again next time.
        let _ = fs::write(stamp_path(path), stamp(asset, &metadata));
    }
}

/// Copies all of `from` to `to` under a progress bar; returns the byte count and the sha256 in hex.
pub fn copy_hashing(mut from: impl Read, mut to: impl Write, asset: &Asset, doing: &str) -> Result<(u64, String)> {
    let bar = ProgressBar::new(asset.bytes).with_prefix(format!("{doing} {}", asset.file));
    if let Ok(style) = ProgressStyle::with_template("    {prefix} {wide_bar} {bytes}/{total_bytes} {eta}") {
        bar.set_style(style);
    }
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut total = 0;
    loop {
        let count = from.read(&mut buffer).with_context(|| format!("{doing} {}", asset.file))?;
        if count == 0 {
            break;
        }
        hash.update(&buffer[..count]);
        to.write_all(&buffer[..count]).with_context(|| format!("{doing} {}", asset.file))?;
        total += count as u64;
        bar.set_position(total);
    }
    bar.finish_and_clear();
    Ok((total, hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}

fn stamp_path(path: &Path) -> PathBuf {
    path.with_added_extension("sha256-ok")
}

/// Changes whenever the file is written to, or the catalogue asks for another file.
fn stamp(asset: &Asset, metadata: &Metadata) -> String {
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    format!("{} {} {}\n", asset.sha256, metadata.len(), modified.unwrap_or_default().as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    /// sha256("hello")
    const HELLO: Asset = Asset {
        file: "hello",
        member: "folder/hello",
        bytes: 5,
        sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    };

    fn file(content: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(HELLO.file);
        fs::write(&path, content).unwrap();
        (folder, path)
    }

    fn set_modified(path: &Path, time: SystemTime) {
        File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    }

    #[test]
    fn a_missing_file_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(check(&HELLO, &folder.path().join("hello")).unwrap(), State::Missing);
    }

    #[test]
    fn a_good_file_is_stamped_beside_itself() {
        let (_folder, path) = file("hello");
        assert_eq!(check(&HELLO, &path).unwrap(), State::Good);
        assert!(path.with_file_name("hello.sha256-ok").exists());
    }

    #[test]
    fn another_size_or_content_is_damage_and_leaves_no_stamp() {
        for content in ["hell", "hellO"] {
            let (_folder, path) = file(content);
            assert!(matches!(check(&HELLO, &path).unwrap(), State::Damaged(_)), "{content}");
            assert!(!stamp_path(&path).exists());
        }
    }

    #[test]
    fn damage_after_the_stamp_is_seen_by_its_time() {
        let (_folder, path) = file("hello");
        assert_eq!(check(&HELLO, &path).unwrap(), State::Good);
        fs::write(&path, "hellO").unwrap();
        set_modified(&path, SystemTime::now() + Duration::from_secs(5));
        assert!(matches!(check(&HELLO, &path).unwrap(), State::Damaged(_)));
    }

    #[test]
    fn the_stamp_saves_the_second_checksum() {
        let (_folder, path) = file("hello");
        let time = SystemTime::now() - Duration::from_secs(60);
        set_modified(&path, time);
        assert_eq!(check(&HELLO, &path).unwrap(), State::Good);
        // Same size and time: only hashing would notice, and the stamp says it is not needed.
        fs::write(&path, "hellO").unwrap();
        set_modified(&path, time);
        assert_eq!(check(&HELLO, &path).unwrap(), State::Good);
    }

    #[test]
    fn a_new_checksum_in_the_catalogue_voids_the_stamp() {
        let (_folder, path) = file("hello");
        assert_eq!(check(&HELLO, &path).unwrap(), State::Good);
        let other = Asset { sha256: "00", ..HELLO };
        assert!(matches!(check(&other, &path).unwrap(), State::Damaged(_)));
    }
}
