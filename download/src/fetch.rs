//! Fetching a file into a folder.

use crate::{Error, FileName, Remote, Result, Source};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

/// Bytes between two looks at whether it is to stop.
const CHUNK: usize = 1 << 18;
/// Times that nothing at all may come before it is given up.
const ATTEMPTS: u32 = 3;
/// Before the second attempt; longer before the next.
const PAUSE: Duration = Duration::from_millis(500);

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that lie on the disk.
    pub done: u64,
    /// Bytes in all.
    pub total: u64,
    /// What lay there from before is read again, for the checksum.
    pub is_checking: bool,
}

/// Fetches `file` into `folder`, from where an earlier attempt was cut, and gives its path. `progress` returns `false`
/// to stop; what has come stays.
///
/// # Errors
/// Each says what to do about it.
pub fn fetch(
    source: &dyn Source,
    file: &FileName,
    folder: &Path,
    progress: &mut dyn FnMut(Progress) -> bool,
) -> Result<PathBuf> {
    let disk = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Disk { path, source }
    };
    fs::create_dir_all(folder).map_err(disk(folder))?;
    let remote = source.describe(file)?;
    let path = folder.join(&file.file);
    match fs::metadata(&path) {
        Ok(found) if found.len() == remote.bytes => return Ok(path),
        Ok(_) => return Err(Error::Taken(path)),
        Err(_) => {}
    }
    let part_path = part_path(&path, &remote);
    let open = OpenOptions::new().read(true).append(true).create(true).open(&part_path);
    let mut part = open.map_err(disk(&part_path))?;
    match part.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(Error::Busy(path)),
        Err(TryLockError::Error(error)) => return Err(disk(&part_path)(error)),
    }
    let mut hash = Sha256::new();
    let mut done = read_again(&mut part, &mut hash, &remote, progress).map_err(|cut| cut.of(&part_path))?;
    let mut idle = 0;
    while done < remote.bytes {
        let before = done;
        let came = source.open(file, done).and_then(|body| {
            copy(body, &mut part, &mut hash, &mut done, &remote, progress).map_err(|cut| match cut {
                Cut::Line(error) => Error::Network { file: file.to_string(), reason: error.to_string() },
                other => other.of(&part_path),
            })
        });
        idle = if done > before { 0 } else { idle + 1 };
        match came {
            // A server that hangs up early, or a line that is cut: on from there, unless nothing comes any more.
            Ok(()) | Err(Error::Network { .. }) if idle < ATTEMPTS && done < remote.bytes => {
                tell(progress, done, &remote, false).map_err(|cut| cut.of(&part_path))?;
                sleep(PAUSE * idle);
            }
            Err(error) => return Err(error),
            Ok(()) if done < remote.bytes => {
                let reason = format!("it ended after {done} of {} bytes", remote.bytes);
                return Err(Error::Network { file: file.to_string(), reason });
            }
            Ok(()) => {}
        }
    }
    let sha256: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let what = match remote.sha256() {
        _ if done != remote.bytes => Some(format!("{done} bytes in place of {}", remote.bytes)),
        Some(right) if !right.eq_ignore_ascii_case(&sha256) => Some(format!("its sha256 is {sha256}, not {right}")),
        _ => None,
    };
    if let Some(what) = what {
        // Going on with it would only come to the same.
        drop(part);
        fs::remove_file(&part_path).map_err(disk(&part_path))?;
        return Err(Error::Damaged { file: file.to_string(), what });
    }
    // On the disk before it has its name: a power cut must not leave a named file with holes.
    part.sync_all().map_err(disk(&part_path))?;
    drop(part);
    fs::rename(&part_path, &path).map_err(disk(&path))?;
    Ok(path)
}

/// `model.gguf.0123456789abcdef.part`
fn part_path(path: &Path, remote: &Remote) -> PathBuf {
    let tag: String = remote.tag.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
    path.with_added_extension(format!("{tag}.part"))
}

/// Why copying ended before its time.
enum Cut {
    Stopped,
    Line(io::Error),
    Disk(io::Error),
}

impl Cut {
    fn of(self, path: &Path) -> Error {
        match self {
            Self::Stopped => Error::Cancelled,
            Self::Line(source) | Self::Disk(source) => Error::Disk { path: path.to_owned(), source },
        }
    }
}

fn tell(
    progress: &mut dyn FnMut(Progress) -> bool,
    done: u64,
    remote: &Remote,
    is_checking: bool,
) -> std::result::Result<(), Cut> {
    let goes_on = progress(Progress { done, total: remote.bytes, is_checking });
    if goes_on { Ok(()) } else { Err(Cut::Stopped) }
}

/// Hashes what lies there from before; gives its bytes.
fn read_again(
    part: &mut File,
    hash: &mut Sha256,
    remote: &Remote,
    progress: &mut dyn FnMut(Progress) -> bool,
) -> std::result::Result<u64, Cut> {
    let mut buffer = vec![0; CHUNK];
    let mut read = 0;
    // A device in place of a file, as tests have, would have no end.
    let length = part.metadata().map_err(Cut::Disk)?.len();
    while read < length {
        tell(progress, read, remote, true)?;
        let count = part.read(&mut buffer).map_err(Cut::Disk)?;
        if count == 0 {
            break;
        }
        hash.update(&buffer[..count]);
        read += count as u64;
    }
    tell(progress, read, remote, false)?;
    Ok(read)
}

/// Appends a body to the part, until either ends.
fn copy(
    mut body: Box<dyn Read>,
    part: &mut File,
    hash: &mut Sha256,
    done: &mut u64,
    remote: &Remote,
    progress: &mut dyn FnMut(Progress) -> bool,
) -> std::result::Result<(), Cut> {
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = match body.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Cut::Line(error)),
        };
        part.write_all(&buffer[..count]).map_err(Cut::Disk)?;
        hash.update(&buffer[..count]);
        *done += count as u64;
        // A server that sends more than it said is found out at the end.
        if *done > remote.bytes {
            return Ok(());
        }
        tell(progress, *done, remote, false)?;
    }
}
