//! GGUF files, memory-mapped: metadata by key, tensors by name, their bytes without copying.

mod cursor;
#[cfg(test)]
mod hostile_tests;
mod parse;
#[cfg(test)]
mod tests;
mod value;
mod writer;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use parse::Headers;
pub use value::{Array, FromValue, Value};
pub use writer::GgufWriter;

use super::{Dtype, Encoding, ReadAt};
use crate::{Error, Result};

/// Factors of rope's angles, a pair of numbers each.
pub(crate) const ROPE_FREQS: &str = "rope_freqs.weight";
/// What is read of a file at first, in bytes: more than most headers.
const BEGINNING: usize = 4 << 20;

/// An open GGUF file. Its headers have been checked: every tensor lies inside the file and apart from the others.
#[derive(Debug)]
pub struct Gguf {
    file: PathBuf,
    source: Source,
    metadata: BTreeMap<String, Value>,
    tensors: Vec<TensorInfo>,
    index: HashMap<String, usize>,
}

/// Where the bytes are.
#[derive(Debug)]
enum Source {
    Map(Mmap),
    Memory(Vec<u8>),
    /// Elsewhere, but for those of a few tensors, by where they begin.
    Elsewhere(HashMap<usize, Vec<u8>>),
}

impl Source {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Map(map) => map,
            Self::Memory(bytes) => bytes,
            Self::Elsewhere(_) => &[],
        }
    }
}

/// One tensor of a file: `rows` x `cols` weights, each row contiguous.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    /// Its name, like `blk.0.attn_q.weight`.
    pub name: String,
    /// The product of all dimensions but the contiguous one; 1 for a vector.
    pub rows: usize,
    /// Weights in a row: ggml's `ne[0]`, the contiguous dimension.
    pub cols: usize,
    /// The dimensions in the file's order: the contiguous one first.
    pub shape: Vec<u64>,
    /// Its element type.
    pub dtype: Dtype,
    /// Where its bytes begin, from the start of the file.
    start: usize,
    /// Their count.
    length: usize,
}

impl TensorInfo {
    /// Its size in the file, in bytes.
    pub fn size(&self) -> usize {
        self.length
    }

    /// Bytes of one row in the file.
    pub fn row_size(&self) -> usize {
        self.length / self.rows
    }

    /// Where some of its rows are in the file, in bytes.
    pub fn place(&self, rows: Range<usize>) -> Range<usize> {
        let at = |row: usize| self.start + row.min(self.rows) * self.row_size();
        at(rows.start)..at(rows.end)
    }
}

impl Gguf {
    /// Maps a file into memory and reads its headers. The file must not be changed while it is open.
    ///
    /// # Errors
    /// [`Error::File`] or [`Error::Tensor`] if it cannot be read or is not what it claims to be.
    pub fn open(path: &Path) -> Result<Self> {
        let unreadable = |error: std::io::Error| {
            Error::file(path, format!("it cannot be read: {error}"), "Check the path and its permissions")
        };
        let file = File::open(path).map_err(unreadable)?;
        // SAFETY: the map is read-only and private. What Rust cannot rule out is another process shortening the file
        // (a later read then faults) or rewriting it (weights change); no engine that maps weights can.
        let map = unsafe { Mmap::map(&file) }.map_err(unreadable)?;
        Self::whole(path, Source::Map(map))
    }

    /// Reads a file that is in memory already (downloaded in a browser, made by a test); `name` stands in messages.
    ///
    /// # Errors
    /// As [`Gguf::open`].
    pub fn from_bytes(name: &Path, bytes: Vec<u8>) -> Result<Self> {
        Self::whole(name, Source::Memory(bytes))
    }

    /// Reads the headers of a file of `length` bytes whose tensors stay elsewhere, to be read from `source`.
    ///
    /// # Errors
    /// As [`Gguf::open`], and what `source` gives.
    pub async fn fetch(name: &Path, source: &impl ReadAt, length: usize) -> Result<Self> {
        let mut beginning = BEGINNING.min(length);
        let headers = loop {
            match parse::parse(name, &source.read(0..beginning).await?, length)? {
                Some(headers) => break headers,
                None if beginning == length => {
                    return Err(Error::file(name, "it is shorter than it was said to be", "Download it again"));
                }
                None => beginning = beginning.saturating_mul(2).min(length),
            }
        };
        let mut gguf = Self::new(name, Source::Elsewhere(HashMap::new()), headers);
        // The configuration is made of it.
        if let Some(info) = gguf.find_tensor(ROPE_FREQS).cloned() {
            let bytes = source.read(info.place(0..info.rows)).await?.into_owned();
            gguf.source = Source::Elsewhere(HashMap::from([(info.start, bytes)]));
        }
        Ok(gguf)
    }

    fn whole(file: &Path, source: Source) -> Result<Self> {
        let bytes = source.bytes();
        let headers = parse::parse(file, bytes, bytes.len())?;
        let headers = headers.ok_or_else(|| Error::file(file, "its headers do not end", "Download it again"))?;
        Ok(Self::new(file, source, headers))
    }

    fn new(file: &Path, source: Source, headers: Headers) -> Self {
        let Headers { metadata, tensors, index } = headers;
        Self { file: file.to_owned(), source, metadata, tensors, index }
    }

    /// The file's path.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// All metadata, by key.
    pub fn all_metadata(&self) -> &BTreeMap<String, Value> {
        &self.metadata
    }

    /// One metadata value.
    pub fn metadata(&self, key: &str) -> Option<&Value> {
        self.metadata.get(key)
    }

    /// A metadata value that may be absent.
    ///
    /// # Errors
    /// [`Error::File`] naming the key if it is there with another type.
    pub fn find<'a, T: FromValue<'a>>(&'a self, key: &str) -> Result<Option<T>> {
        let Some(value) = self.metadata(key) else { return Ok(None) };
        T::from_value(value).map(Some).ok_or_else(|| {
            let problem = format!("metadata key {key} is {} and not {}", value.kind(), T::EXPECTED);
            Error::file(&self.file, problem, "Convert the model again with a current converter")
        })
    }

    /// A metadata value that must be there.
    ///
    /// # Errors
    /// [`Error::File`] naming the key if it is absent or of another type.
    pub fn get<'a, T: FromValue<'a>>(&'a self, key: &str) -> Result<T> {
        self.find(key)?.ok_or_else(|| {
            let problem = format!("metadata key {key} is missing");
            Error::file(&self.file, problem, "Convert the model again with a current converter")
        })
    }

    /// A whole number that must be there. Errors as [`Gguf::get`].
    pub fn u32(&self, key: &str) -> Result<u32> {
        self.get(key)
    }

    /// A float that must be there. Errors as [`Gguf::get`].
    pub fn f32(&self, key: &str) -> Result<f32> {
        self.get(key)
    }

    /// A bool that must be there. Errors as [`Gguf::get`].
    pub fn bool(&self, key: &str) -> Result<bool> {
        self.get(key)
    }

    /// A string that must be there. Errors as [`Gguf::get`].
    pub fn str(&self, key: &str) -> Result<&str> {
        self.get(key)
    }

    /// A list of strings that must be there. Errors as [`Gguf::get`].
    pub fn strings(&self, key: &str) -> Result<&[String]> {
        self.get(key)
    }

    /// All tensors, in the file's order.
    pub fn tensors(&self) -> &[TensorInfo] {
        &self.tensors
    }

    /// One tensor, if the file has it.
    pub fn find_tensor(&self, name: &str) -> Option<&TensorInfo> {
        self.index.get(name).map(|&i| &self.tensors[i])
    }

    /// One tensor that must be there.
    ///
    /// # Errors
    /// [`Error::Tensor`] if it is missing.
    pub fn tensor(&self, name: &str) -> Result<&TensorInfo> {
        self.find_tensor(name).ok_or_else(|| {
            let problem = format!("it is missing among the file's {} tensors", self.tensors.len());
            Error::tensor(&self.file, name, problem, "Use a complete file of a supported architecture")
        })
    }

    /// A tensor's bytes as they are in the file, if they are here. `info` must come from this file.
    pub fn bytes(&self, info: &TensorInfo) -> &[u8] {
        if let Source::Elsewhere(kept) = &self.source {
            return kept.get(&info.start).map_or(&[], Vec::as_slice);
        }
        self.source.bytes().get(info.start..info.start + info.length).unwrap_or_default()
    }

    /// How the GPU will hold a tensor.
    ///
    /// # Errors
    /// [`Error::Tensor`] if its type is not supported or its rows are no multiple of 32 weights.
    pub fn encoding(&self, info: &TensorInfo) -> Result<Encoding> {
        super::blocks::encoding(info.dtype, info.cols).map_err(|error| {
            let remedy = format!("Use a file of the same model with {}", Dtype::supported());
            Error::tensor(&self.file, &info.name, error.to_string(), remedy)
        })
    }

    /// Tells the system that a tensor's mapped pages may be dropped: they are read from the file again if needed.
    /// Call it after a tensor was streamed to the GPU, so that resident memory stays low. Does nothing off Unix.
    pub fn release(&self, info: &TensorInfo) {
        #[cfg(unix)]
        if let Source::Map(map) = &self.source
            && !self.bytes(info).is_empty()
        {
            // SAFETY: the map is a read-only view of a file and was never written: dropping its pages loses nothing,
            // the next read faults them in again with the same content. Neighbours on a shared page likewise.
            let advised =
                unsafe { map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, info.start, info.length) };
            if let Err(error) = advised {
                tracing::debug!(tensor = info.name, %error, "the system kept a tensor's pages");
            }
        }
        #[cfg(not(unix))]
        let _ = info;
    }
}

impl ReadAt for Gguf {
    async fn read(&self, range: Range<usize>) -> Result<Cow<'_, [u8]>> {
        let missing = || Error::Invalid(format!("{}: bytes {range:?} are not here", self.file.display()));
        self.source.bytes().get(range.clone()).map(Cow::Borrowed).ok_or_else(missing)
    }
}
