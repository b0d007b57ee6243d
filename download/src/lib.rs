//! Fetches models by name, and goes on where it was cut.
//!
//! What has come lies beside the model's later place, in a `.part` file that bears the remote file's checksum in its
//! name: a cut, a closed window or a full disk lose nothing, and a part is never continued with another file's bytes.
//! The model has its own name only once its size and, where the server tells it, its sha256 are right.

mod fetch;
mod known;
mod name;
#[cfg(feature = "network")]
mod network;

pub use fetch::{Progress, fetch};
pub use known::{KNOWN, Known};
pub use name::FileName;
#[cfg(feature = "network")]
pub use network::Hub;

use std::io::{self, Read};
use std::path::PathBuf;

/// Where files come from.
pub trait Source {
    /// Asks for a file's size and checksum.
    ///
    /// # Errors
    /// [`Error::Refused`] or [`Error::Network`].
    fn describe(&self, file: &FileName) -> Result<Remote>;

    /// The file's bytes from this one on.
    ///
    /// # Errors
    /// As [`Self::describe`].
    fn open(&self, file: &FileName, from: u64) -> Result<Box<dyn Read>>;
}

/// A file on a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Its size.
    pub bytes: u64,
    /// What tells its content apart: the sha256 in hexadecimal, or whatever the server uses.
    pub tag: String,
}

impl Remote {
    /// The checksum, if the tag is one.
    pub fn sha256(&self) -> Option<&str> {
        (self.tag.len() == 64 && self.tag.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(&self.tag)
    }
}

/// Why a file could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It was to stop.
    #[error("the download was stopped; it goes on where it was")]
    Cancelled,
    /// What was asked for names no file.
    #[error("{0:?} names no model: write owner/name/file.gguf")]
    Name(String),
    /// The server does not give it.
    #[error("{file}: the server says {status}. {}", remedy(*.status))]
    Refused {
        /// What was asked for.
        file: String,
        /// The HTTP status.
        status: u16,
    },
    /// The server cannot be reached, or the line was cut again and again.
    #[error("{file}: {reason}. Is the network up? What has come is kept: try again, and it goes on")]
    Network {
        /// What was asked for.
        file: String,
        /// What went wrong.
        reason: String,
    },
    /// The folder or a file in it cannot be written.
    #[error("{}: {source}. Make room or choose another folder by RUMINATE_MODELS; what has come is kept", .path.display())]
    Disk {
        /// The folder or file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// Another file has its name.
    #[error("{} is there already and is another file: move it away first", .0.display())]
    Taken(PathBuf),
    /// Something else is fetching it.
    #[error("{} is being downloaded already, perhaps by another window", .0.display())]
    Busy(PathBuf),
    /// What came is not what the server said.
    #[error("{file} came damaged ({what}) and was thrown away: try again")]
    Damaged {
        /// What was asked for.
        file: String,
        /// What differs.
        what: String,
    },
}

fn remedy(status: u16) -> &'static str {
    match status {
        401 | 403 => "It may want an account and consent: fetch it by hand, and drop the file on the window",
        404 => "Check the name: owner/name/file.gguf",
        _ => "Try again later",
    }
}

/// What fetching comes to.
pub type Result<T> = std::result::Result<T, Error>;
