//! Reading little-endian fields from untrusted bytes: every length is checked against what is left before it is believed.

use std::path::Path;

use crate::{Error, Result};

/// A position in the bytes of a file.
pub(super) struct Cursor<'a> {
    file: &'a Path,
    bytes: &'a [u8],
    /// Of the whole file, of which `bytes` may be the beginning only.
    length: usize,
    at: usize,
    is_short: bool,
}

/// A fixed-size little-endian field.
pub(super) trait Scalar: Sized {
    /// Its size in bytes.
    const SIZE: usize;
    /// Reads `SIZE` bytes; `None` if they are no valid value.
    fn read(bytes: &[u8]) -> Option<Self>;
}

macro_rules! scalars {
    ($($t:ty)*) => {$(
        impl Scalar for $t {
            const SIZE: usize = size_of::<$t>();
            fn read(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(<$t>::from_le_bytes)
            }
        }
    )*};
}
scalars!(u8 i8 u16 i16 u32 i32 u64 i64 f32 f64);

impl Scalar for bool {
    const SIZE: usize = 1;
    fn read(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }
}

impl<'a> Cursor<'a> {
    /// Starts at the first byte of `file`, which has `length` bytes and begins with `bytes`.
    pub fn new(file: &'a Path, bytes: &'a [u8], length: usize) -> Self {
        Self { file, bytes, length, at: 0, is_short: false }
    }

    /// Whether something was asked for that is in the file and not in the bytes.
    pub fn is_short(&self) -> bool {
        self.is_short
    }

    /// Bytes read so far.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Bytes not read yet.
    pub fn left(&self) -> usize {
        self.length - self.at
    }

    /// An error about this file, with the remedy that fits a damaged one.
    pub fn damaged(&self, problem: impl Into<String>) -> Error {
        Error::file(self.file, problem, "The file is damaged or incomplete: download it again")
    }

    /// The next `count` bytes. `what` names them in the error.
    pub fn take(&mut self, count: usize, what: &str) -> Result<&'a [u8]> {
        let (at, left) = (self.at, self.left());
        let Some(end) = self.at.checked_add(count).filter(|&end| end <= self.length) else {
            return Err(self.damaged(format!("{what} at byte {at} needs {count} bytes but only {left} are left")));
        };
        let Some(bytes) = self.bytes.get(self.at..end) else {
            self.is_short = true;
            return Err(self.damaged(format!("{what} at byte {at} is not there yet")));
        };
        self.at = end;
        Ok(bytes)
    }

    /// The next field of a fixed size.
    pub fn scalar<T: Scalar>(&mut self, what: &str) -> Result<T> {
        let bytes = self.take(T::SIZE, what)?;
        T::read(bytes).ok_or_else(|| self.damaged(format!("{what} has an invalid value")))
    }

    /// A u64 count of things that take at least `least` bytes each: refused if they cannot all be in the file,
    /// so that memory reserved for them stays in proportion to the file's size.
    pub fn count(&mut self, least: usize, what: &str) -> Result<usize> {
        let count: u64 = self.scalar(what)?;
        let most = self.left() / least.max(1);
        usize::try_from(count)
            .ok()
            .filter(|&count| count <= most)
            .ok_or_else(|| self.damaged(format!("{what} is {count}, more than the rest of the file can hold")))
    }

    /// A string: its length in bytes as u64, then UTF-8.
    pub fn string(&mut self, what: &str) -> Result<String> {
        let length = self.count(1, what)?;
        let bytes = self.take(length, what)?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| self.damaged(format!("{what} is not UTF-8")))
    }

    /// A list of `count` fields of a fixed size.
    pub fn list<T: Scalar>(&mut self, count: usize, what: &str) -> Result<Vec<T>> {
        let size = count.saturating_mul(T::SIZE);
        let bytes = self.take(size, what)?;
        bytes
            .chunks_exact(T::SIZE)
            .map(T::read)
            .collect::<Option<_>>()
            .ok_or_else(|| self.damaged(format!("{what} has an invalid value")))
    }
}
