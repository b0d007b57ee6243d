//! The layout of a GGUF file: header, metadata, tensor infos, data. Nothing in it is believed unchecked.
//!
//! Source: the GGUF specification, `docs/gguf.md` in the ggml repository.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::TensorInfo;
use super::cursor::Cursor;
use super::value::{Array, Value};
use crate::formats::Dtype;
use crate::{Error, Result};

/// More metadata keys than this is a damaged file (real ones have tens).
const MAX_KEYS: usize = 1 << 16;
/// More tensors than this is a damaged file (real ones have hundreds).
const MAX_TENSORS: usize = 1 << 17;
/// A larger alignment than this is a damaged file (real ones have 32).
const MAX_ALIGNMENT: u32 = 1 << 20;
/// The most dimensions that a ggml tensor has.
const MAX_DIMS: u32 = 4;

/// Everything but the tensors' data.
pub(super) struct Headers {
    pub metadata: BTreeMap<String, Value>,
    pub tensors: Vec<TensorInfo>,
    /// Places in `tensors`, by name.
    pub index: HashMap<String, usize>,
}

/// Reads the headers of a file that has `length` bytes and begins with `bytes`; `None` if they go on after those.
pub(super) fn parse(file: &Path, bytes: &[u8], length: usize) -> Result<Option<Headers>> {
    let mut cursor = Cursor::new(file, bytes, length.max(bytes.len()));
    match headers(file, &mut cursor) {
        Err(_) if cursor.is_short() => Ok(None),
        headers => headers.map(Some),
    }
}

fn headers(file: &Path, cursor: &mut Cursor) -> Result<Headers> {
    let length = cursor.left();
    header(file, cursor)?;
    // A tensor info takes at least 8 + 4 + 8 + 4 + 8 bytes, a metadata pair 8 + 4 + 1.
    let tensor_count = cursor.count(32, "the count of tensors")?;
    let key_count = cursor.count(13, "the count of metadata keys")?;
    if tensor_count > MAX_TENSORS || key_count > MAX_KEYS {
        return Err(cursor.damaged(format!("it claims {tensor_count} tensors and {key_count} metadata keys")));
    }
    let metadata = metadata(cursor, key_count)?;
    let raw: Vec<RawTensor> = (0..tensor_count).map(|_| raw_tensor(cursor)).collect::<Result<_>>()?;
    let alignment = alignment(file, &metadata)?;
    let data = cursor.position().next_multiple_of(alignment);

    let mut tensors = Vec::with_capacity(raw.len());
    let mut index = HashMap::with_capacity(raw.len());
    for raw in raw {
        let info = place(file, raw, data, alignment, length)?;
        if index.insert(info.name.clone(), tensors.len()).is_some() {
            return Err(damaged(file, &info.name, "it appears twice"));
        }
        tensors.push(info);
    }
    refuse_overlaps(file, &tensors)?;
    Ok(Headers { metadata, tensors, index })
}

/// Checks magic and version.
fn header(file: &Path, cursor: &mut Cursor) -> Result<()> {
    if cursor.take(4, "the file's magic")? != b"GGUF" {
        return Err(Error::file(file, "it is not a GGUF file", "Give a model in GGUF format"));
    }
    match cursor.scalar::<u32>("the version")? {
        // Version 3 differs from 2 only by allowing big-endian files.
        2 | 3 => Ok(()),
        version if matches!(version.swap_bytes(), 1..=255) => {
            Err(Error::file(file, "it is a big-endian GGUF file", "Convert the model to a little-endian file"))
        }
        version => Err(Error::file(
            file,
            format!("it has GGUF version {version}"),
            "Supported are versions 2 and 3: convert the model again, or update Ruminate",
        )),
    }
}

fn metadata(cursor: &mut Cursor, count: usize) -> Result<BTreeMap<String, Value>> {
    let mut metadata = BTreeMap::new();
    for _ in 0..count {
        let key = cursor.string("a metadata key")?;
        let kind = cursor.scalar("a metadata type")?;
        let value = value(cursor, kind, &key)?;
        if let Some(_first) = metadata.insert(key.clone(), value) {
            return Err(cursor.damaged(format!("metadata key {key:?} appears twice")));
        }
    }
    Ok(metadata)
}

fn value(cursor: &mut Cursor, kind: u32, key: &str) -> Result<Value> {
    Ok(match kind {
        0 => Value::U8(cursor.scalar(key)?),
        1 => Value::I8(cursor.scalar(key)?),
        2 => Value::U16(cursor.scalar(key)?),
        3 => Value::I16(cursor.scalar(key)?),
        4 => Value::U32(cursor.scalar(key)?),
        5 => Value::I32(cursor.scalar(key)?),
        6 => Value::F32(cursor.scalar(key)?),
        7 => Value::Bool(cursor.scalar(key)?),
        8 => Value::Str(cursor.string(key)?),
        9 => {
            let element = cursor.scalar(key)?;
            let count = cursor.count(1, key)?;
            Value::Array(array(cursor, element, count, key)?)
        }
        10 => Value::U64(cursor.scalar(key)?),
        11 => Value::I64(cursor.scalar(key)?),
        12 => Value::F64(cursor.scalar(key)?),
        _ => return Err(cursor.damaged(format!("metadata key {key:?} has unknown type {kind}"))),
    })
}

fn array(cursor: &mut Cursor, element: u32, count: usize, key: &str) -> Result<Array> {
    Ok(match element {
        0 => Array::U8(cursor.list(count, key)?),
        1 => Array::I8(cursor.list(count, key)?),
        2 => Array::U16(cursor.list(count, key)?),
        3 => Array::I16(cursor.list(count, key)?),
        4 => Array::U32(cursor.list(count, key)?),
        5 => Array::I32(cursor.list(count, key)?),
        6 => Array::F32(cursor.list(count, key)?),
        7 => Array::Bool(cursor.list(count, key)?),
        8 => Array::Str((0..count).map(|_| cursor.string(key)).collect::<Result<_>>()?),
        10 => Array::U64(cursor.list(count, key)?),
        11 => Array::I64(cursor.list(count, key)?),
        12 => Array::F64(cursor.list(count, key)?),
        _ => return Err(cursor.damaged(format!("metadata key {key:?} is an array of unknown type {element}"))),
    })
}

/// A tensor info as it is in the file.
struct RawTensor {
    name: String,
    shape: Vec<u64>,
    dtype: u32,
    offset: u64,
}

fn raw_tensor(cursor: &mut Cursor) -> Result<RawTensor> {
    let name = cursor.string("a tensor's name")?;
    let dims: u32 = cursor.scalar("a tensor's count of dimensions")?;
    if !(1..=MAX_DIMS).contains(&dims) {
        return Err(cursor.damaged(format!("tensor {name:?} has {dims} dimensions, not 1 to {MAX_DIMS}")));
    }
    let shape = cursor.list(dims as usize, "a tensor's shape")?;
    let dtype = cursor.scalar("a tensor's type")?;
    let offset = cursor.scalar("a tensor's offset")?;
    Ok(RawTensor { name, shape, dtype, offset })
}

fn alignment(file: &Path, metadata: &BTreeMap<String, Value>) -> Result<usize> {
    match metadata.get("general.alignment") {
        None => Ok(32),
        Some(&Value::U32(alignment)) if alignment.is_power_of_two() && alignment <= MAX_ALIGNMENT => {
            Ok(alignment as usize)
        }
        Some(other) => Err(Error::file(
            file,
            format!("general.alignment is {other:?}, not a power of two up to {MAX_ALIGNMENT}"),
            "The file is damaged: download it again",
        )),
    }
}

/// Checks shape, type and place of one tensor; `data` is where the data begins and `end` where the file ends.
fn place(file: &Path, raw: RawTensor, data: usize, alignment: usize, end: usize) -> Result<TensorInfo> {
    let RawTensor { name, shape, dtype, offset } = raw;
    let dtype = Dtype::from_id(dtype).ok_or_else(|| {
        let remedy = format!("Update Ruminate, or use a file with {}", Dtype::supported());
        Error::tensor(file, &name, format!("its type has the unknown id {dtype}"), remedy)
    })?;
    let sizes = sizes(&shape).ok_or_else(|| damaged(file, &name, format!("its shape {shape:?} is not possible")))?;
    let (rows, cols) = sizes;
    if !cols.is_multiple_of(dtype.block_weights()) {
        let problem = format!("its rows of {cols} weights are no whole number of {dtype} blocks");
        return Err(damaged(file, &name, problem));
    }
    let offset = usize::try_from(offset).ok().filter(|offset| offset.is_multiple_of(alignment)).ok_or_else(|| {
        damaged(file, &name, format!("its offset {offset} is not a multiple of the alignment {alignment}"))
    })?;
    let placed = rows.checked_mul(cols).and_then(|weights| dtype.bytes(weights)).and_then(|length| {
        let start = data.checked_add(offset)?;
        let stop = start.checked_add(length)?;
        (stop <= end).then_some((start, length))
    });
    let Some((start, length)) = placed else {
        return Err(damaged(
            file,
            &name,
            format!("its {rows} x {cols} {dtype} weights reach past the end of the file"),
        ));
    };
    Ok(TensorInfo { name, rows, cols, shape, dtype, start, length })
}

/// Rows and columns of a shape in ggml's order (contiguous dimension first); `None` for a zero or an overflow.
fn sizes(shape: &[u64]) -> Option<(usize, usize)> {
    let mut dims = shape.iter().map(|&n| usize::try_from(n).ok().filter(|&n| n > 0));
    let cols = dims.next()??;
    let rows = dims.try_fold(1usize, |rows, n| rows.checked_mul(n?))?;
    rows.checked_mul(cols)?;
    Some((rows, cols))
}

fn refuse_overlaps(file: &Path, tensors: &[TensorInfo]) -> Result<()> {
    let mut sorted: Vec<_> = tensors.iter().collect();
    sorted.sort_by_key(|info| info.start);
    for pair in sorted.windows(2) {
        if pair[0].start + pair[0].length > pair[1].start {
            return Err(damaged(file, &pair[1].name, format!("it overlaps tensor {}", pair[0].name)));
        }
    }
    Ok(())
}

fn damaged(file: &Path, tensor: &str, problem: impl Into<String>) -> Error {
    Error::tensor(file, tensor, problem, "The file is damaged or incomplete: download it again")
}
