//! Safetensors files, opened so that hostile ones are errors.

use std::path::Path;

use safetensors::{SafeTensorError, SafeTensors};
use serde::Deserialize;

use super::members::Members;
use crate::{Error, Result};

/// The remedy for a damaged file.
pub(crate) const DAMAGED: &str = "The file is damaged or incomplete: save or download it again";

/// Reads the header. Every tensor lies inside the file afterwards.
pub(crate) fn read<'a>(file: &Path, bytes: &'a [u8]) -> Result<SafeTensors<'a>> {
    refuse_far_offsets(file, bytes)?;
    SafeTensors::deserialize(bytes).map_err(|error| match error {
        SafeTensorError::InvalidOffset(tensor) => {
            Error::tensor(file, &tensor, "its bytes do not follow those of the tensor before", DAMAGED)
        }
        other => Error::file(file, format!("it is no sound safetensors file: {other}"), DAMAGED),
    })
}

/// Refuses offsets past the end of the file: with them, a sum in the crate overflows (0.6.2, `read_metadata`), which
/// panics in builds that check.
fn refuse_far_offsets(file: &Path, bytes: &[u8]) -> Result<()> {
    #[derive(Deserialize)]
    struct Entry {
        data_offsets: Option<(u64, u64)>,
    }
    // What is malformed otherwise, the crate refuses.
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else { return Ok(()) };
    let length = usize::try_from(u64::from_le_bytes(*length)).ok();
    let Some(header) = length.and_then(|length| rest.get(..length)) else { return Ok(()) };
    let Ok(entries) = serde_json::from_slice::<Members<Entry>>(header) else { return Ok(()) };
    let data = (rest.len() - header.len()) as u64;
    let far = |entry: &Entry| entry.data_offsets.is_some_and(|(start, end)| start > data || end > data);
    match entries.0.iter().find(|(_, entry)| far(entry)) {
        None => Ok(()),
        Some((tensor, _)) => Err(Error::tensor(file, tensor, "its bytes reach past the end of the file", DAMAGED)),
    }
}
