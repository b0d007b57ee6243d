//! The user's files in a browser: read whole when the page opens, held in memory, and written behind by the page into the
//! browser's database.

use super::page::Page;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Cursor};
use std::path::PathBuf;
use std::rc::Rc;

/// Files by their path.
#[derive(Debug, Clone)]
pub struct Disk {
    files: Rc<RefCell<BTreeMap<String, Vec<u8>>>>,
    page: Page,
}

impl Disk {
    /// Files as they are now.
    pub fn new(files: BTreeMap<String, Vec<u8>>, page: Page) -> Self {
        Self { files: Rc::new(RefCell::new(files)), page }
    }

    /// A file's path, for people.
    pub fn path(&self, name: &str) -> PathBuf {
        name.into()
    }

    /// The names of the files right in a folder, `folder/` included.
    pub fn list(&self, folder: &str) -> Vec<String> {
        let is_in = |name: &&String| name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        self.files.borrow().keys().filter(is_in).cloned().collect()
    }

    /// Opens a file.
    ///
    /// # Errors
    /// If there is none.
    pub fn open(&self, name: &str) -> io::Result<impl BufRead + use<>> {
        self.files.borrow().get(name).cloned().map(Cursor::new).ok_or_else(missing)
    }

    /// Writes a file. The page says so later if there is no room for it.
    ///
    /// # Errors
    /// None.
    pub fn replace(&self, name: &str, contents: &[u8]) -> io::Result<()> {
        self.files.borrow_mut().insert(name.to_owned(), contents.to_vec());
        self.page.write(name, contents);
        Ok(())
    }

    /// Deletes a file.
    ///
    /// # Errors
    /// If there is none.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        self.files.borrow_mut().remove(name).ok_or_else(missing)?;
        self.page.remove(name);
        Ok(())
    }

    /// Gives the user a file, as a download.
    ///
    /// # Errors
    /// None: the browser asks what is to become of it.
    pub fn export(&self, name: &str, contents: &[u8]) -> io::Result<PathBuf> {
        self.page.save(name, contents);
        Ok(name.into())
    }
}

fn missing() -> io::Error {
    io::ErrorKind::NotFound.into()
}
