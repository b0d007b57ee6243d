//! Files whose bytes may be far away.

use std::borrow::Cow;
use std::ops::Range;

use crate::Result;

/// A file's bytes: mapped, in memory, on a server, or in a browser's `File`.
pub trait ReadAt {
    /// The bytes of a range, all of them.
    fn read(&self, range: Range<usize>) -> impl Future<Output = Result<Cow<'_, [u8]>>>;
}
