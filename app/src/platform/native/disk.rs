//! A folder of the user's, with files by their path in it.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

/// The folder, which is made when something is written.
#[derive(Debug, Clone)]
pub struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// A folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// A file's path, for people.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The names of the files right in a folder, `folder/` included.
    pub fn list(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(folder)) else { return Vec::new() };
        entries.flatten().map(|entry| format!("{folder}/{}", entry.file_name().to_string_lossy())).collect()
    }

    /// Opens a file.
    ///
    /// # Errors
    /// If there is none, or no right to read it.
    pub fn open(&self, name: &str) -> io::Result<impl BufRead + use<>> {
        Ok(BufReader::new(File::open(self.path(name))?))
    }

    /// Writes a file. It has its old contents or all of the new ones, whatever happens.
    ///
    /// # Errors
    /// If there is no room or no right to write.
    pub fn replace(&self, name: &str, contents: &[u8]) -> io::Result<()> {
        replace(&self.path(name), contents)
    }

    /// Deletes a file.
    ///
    /// # Errors
    /// If there is none, or no right to.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path(name))
    }

    /// Writes a file for the user into the downloads, or beside the others; gives its path.
    ///
    /// # Errors
    /// If there is no room or no right to write.
    pub fn export(&self, name: &str, contents: &[u8]) -> io::Result<PathBuf> {
        let downloads = directories::UserDirs::new().and_then(|dirs| dirs.download_dir().map(Path::to_owned));
        let folder = downloads.filter(|folder| folder.is_dir()).unwrap_or_else(|| self.folder.join("exports"));
        let file = folder.join(name);
        replace(&file, contents)?;
        Ok(file)
    }
}

fn replace(file: &Path, contents: &[u8]) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let part = file.with_extension("part");
    let written = File::create(&part).and_then(|mut out| {
        out.write_all(contents)?;
        out.sync_all()
    });
    let placed = written.and_then(|()| fs::rename(&part, file));
    if placed.is_err() {
        // What is half written helps nobody.
        let _ = fs::remove_file(&part);
    }
    placed
}
