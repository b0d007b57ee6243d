//! One error type for the whole engine. Every message says what went wrong, where, and what to do about it.

use crate::cache::{Reader, Writer};
use std::path::{Path, PathBuf};

/// The engine's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong, as values: nothing in the engine panics on bad input, a lost device or full memory.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file that cannot be read or is not what it claims to be.
    #[error("{}: {problem}. {remedy}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What the user can do.
        remedy: String,
    },
    /// A tensor inside a file that is missing, misplaced or of the wrong shape or type.
    #[error("{}: tensor {tensor}: {problem}. {remedy}", file.display())]
    Tensor {
        /// The file.
        file: PathBuf,
        /// The tensor's name in the file.
        tensor: String,
        /// What is wrong with it.
        problem: String,
        /// What the user can do.
        remedy: String,
    },
    /// No usable GPU adapter, or the one asked for does not exist.
    #[error("{problem}. {remedy}")]
    Adapter {
        /// What was looked for and what was found.
        problem: String,
        /// What the user can do.
        remedy: String,
    },
    /// The device has no room for a buffer.
    #[error("out of GPU memory: {what} needs {bytes} bytes. {remedy}")]
    OutOfMemory {
        /// What was to be stored.
        what: String,
        /// Its size in bytes.
        bytes: u64,
        /// What the user can do.
        remedy: String,
    },
    /// The device went away (driver reset, unplugged, timed out). Load the model again to go on.
    #[error("the GPU device was lost: {0}. Load the model again; the conversation's tokens are kept")]
    DeviceLost(String),
    /// A kernel that the device's driver refused.
    #[error(
        "kernel {kernel}: {problem}. Try RUMINATE_TIER=portable, and report this with the output of `ruminate selftest`"
    )]
    Kernel {
        /// The kernel's permutation.
        kernel: String,
        /// The driver's or validator's words.
        problem: String,
    },
    /// Numbers of the model that grew past what its kernels' formats hold.
    #[error(
        "token {position}: the model's numbers overflowed. Try --precision float; if that does not help, the model's or an adapter's weights are too large"
    )]
    Overflow {
        /// Tokens before the one that has no number.
        position: usize,
    },
    /// More tokens than the context holds.
    #[error(
        "{needed} tokens do not fit in the context of {context}. Shorten the prompt or raise --ctx (the model allows {limit})"
    )]
    ContextFull {
        /// Tokens asked for.
        needed: usize,
        /// The context's capacity in tokens.
        context: usize,
        /// The most that the model was trained for.
        limit: usize,
    },
    /// Fewer free KV pages than asked for.
    #[error(
        "{needed} more KV pages are needed and {free} of {pages} are free. Close branches, or make room with --ctx"
    )]
    PagesFull {
        /// Pages asked for.
        needed: usize,
        /// Pages that no branch holds.
        free: usize,
        /// All pages.
        pages: usize,
    },
    /// More KV pages than there are: waiting would not help.
    #[error("{needed} KV pages are needed and there are {pages} in all. Shorten the prompt, or make room with --ctx")]
    PagesTooFew {
        /// Pages asked for.
        needed: usize,
        /// All pages.
        pages: usize,
    },
    /// Keys and values made by a writer that the reader was not trained to read.
    #[error(
        "branch {branch}: {reader} may not read what {writer} wrote from position {position} on. \
         Re-encode the branch from there under {reader}{}", reader.remedy(*writer)
    )]
    KvMismatch {
        /// The branch.
        branch: u32,
        /// The first position that the reader may not read.
        position: u32,
        /// Who wrote it.
        writer: Writer,
        /// Who wants to read it.
        reader: Reader,
    },
    /// An adapter that was not trained to read the base's KV was asked to.
    #[error(
        "adapter {adapter} cannot continue on KV that the base wrote: it was not trained with the prompt un-adapted. Encode the prompt with it, or say that it is KV-shareable if it is"
    )]
    KvNotShareable {
        /// The adapter's name.
        adapter: String,
    },
    /// The limits on adapters leave no room for another.
    #[error("no room for adapter {adapter}: {what}. Unload one, or raise the limits")]
    AdaptersFull {
        /// The adapter's name.
        adapter: String,
        /// Which limit.
        what: String,
    },
    /// An argument that makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// The caller cancelled the work.
    #[error("cancelled")]
    Cancelled,
}

impl Error {
    /// A [`Error::File`].
    pub fn file(file: &Path, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::File { file: file.to_owned(), problem: problem.into(), remedy: remedy.into() }
    }

    /// A [`Error::Tensor`].
    pub fn tensor(file: &Path, tensor: &str, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Tensor {
            file: file.to_owned(),
            tensor: tensor.to_owned(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    /// The [`Error::File`] of a file that cannot be read.
    pub fn unreadable(file: &Path, error: &std::io::Error) -> Self {
        Self::file(file, format!("it cannot be read: {error}"), "Check the path and its permissions")
    }
}
