//! Files of a bundle or an adapter: the system's, or some that are in memory already.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memmap2::Mmap;

use crate::{Error, Result};

/// Where files are looked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Files {
    /// In the system's folders.
    #[default]
    System,
    /// In memory, by path: a browser has no others.
    Memory(Arc<BTreeMap<PathBuf, Vec<u8>>>),
}

/// A file's bytes.
pub(crate) enum Bytes<'a> {
    Map(Mmap),
    Memory(&'a [u8]),
}

impl Deref for Bytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Map(map) => map,
            Self::Memory(bytes) => bytes,
        }
    }
}

impl Files {
    /// Files in memory.
    pub fn memory(files: impl IntoIterator<Item = (PathBuf, Vec<u8>)>) -> Self {
        Self::Memory(Arc::new(files.into_iter().collect()))
    }

    /// Maps a file into memory.
    pub(crate) fn map(&self, file: &Path) -> Result<Bytes<'_>> {
        let unreadable = |error| Error::unreadable(file, &error);
        match self {
            Self::System => {
                let open = File::open(file).map_err(unreadable)?;
                // SAFETY: as for a GGUF file: the map is read-only and private; another process that shortens or rewrites
                // the file meanwhile cannot be ruled out, here only until what is in it is copied.
                unsafe { Mmap::map(&open) }.map(Bytes::Map).map_err(unreadable)
            }
            Self::Memory(files) => {
                let bytes = files.get(file).ok_or_else(|| unreadable(std::io::ErrorKind::NotFound.into()))?;
                Ok(Bytes::Memory(bytes))
            }
        }
    }

    /// Reads a file of `most` bytes at most; `what` is to be given instead of a larger one.
    pub(crate) fn read(&self, file: &Path, most: u64, what: &str) -> Result<Vec<u8>> {
        let size = match self {
            Self::System => std::fs::metadata(file).map_err(|e| Error::unreadable(file, &e))?.len(),
            Self::Memory(_) => self.map(file)?.len() as u64,
        };
        if size > most {
            return Err(Error::file(file, format!("it has {size} bytes"), format!("Give {what}")));
        }
        match self {
            Self::System => std::fs::read(file).map_err(|e| Error::unreadable(file, &e)),
            Self::Memory(_) => Ok(self.map(file)?.to_vec()),
        }
    }

    /// The first four bytes of a file, zeros where it is shorter.
    pub(crate) fn magic(&self, file: &Path) -> Result<[u8; 4]> {
        let mut bytes = Vec::new();
        let read = match self {
            Self::System => File::open(file).and_then(|file| file.take(4).read_to_end(&mut bytes)),
            Self::Memory(_) => self.map(file)?.take(4).read_to_end(&mut bytes),
        };
        read.map_err(|e| Error::unreadable(file, &e))?;
        bytes.resize(4, 0);
        Ok([bytes[0], bytes[1], bytes[2], bytes[3]])
    }

    /// Whether there is a file or folder.
    pub(crate) fn has(&self, path: &Path) -> bool {
        match self {
            Self::System => path.exists(),
            Self::Memory(files) => files.contains_key(path) || self.is_folder(path),
        }
    }

    /// Whether there is a folder.
    pub(crate) fn is_folder(&self, path: &Path) -> bool {
        match self {
            Self::System => path.is_dir(),
            Self::Memory(files) => files.keys().any(|file| file != path && file.starts_with(path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_has_files_and_the_folders_above_them() {
        let files = Files::memory([("a/b/c.json".into(), b"{}".to_vec())]);
        for folder in ["a", "a/b", ""] {
            assert!(files.has(Path::new(folder)) && files.is_folder(Path::new(folder)), "{folder:?}");
        }
        let file = Path::new("a/b/c.json");
        assert!(files.has(file) && !files.is_folder(file) && !files.has(Path::new("a/b/c")));
        assert_eq!(files.read(file, 2, "less").unwrap(), b"{}");
        assert!(files.read(file, 1, "less").unwrap_err().to_string().contains("2 bytes. Give less"));
        assert_eq!(files.magic(file).unwrap(), *b"{}\0\0");
        assert!(files.map(Path::new("a/b/d")).is_err_and(|error| error.to_string().contains("a/b/d")));
    }
}
