//! Writing small GGUF files: for tests, synthetic weights and adapters.

use std::path::Path;

use super::value::{Array, Value};
use crate::formats::Dtype;
use crate::{Error, Result};

/// The alignment of tensors' data, the specification's default.
const ALIGNMENT: usize = 32;

/// Collects metadata and tensors, then lays them out as a GGUF v3 file. What it is given is trusted.
#[derive(Debug, Default)]
pub struct GgufWriter {
    keys: u64,
    metadata: Vec<u8>,
    tensors: u64,
    infos: Vec<u8>,
    data: Vec<u8>,
}

impl GgufWriter {
    /// An empty file of an architecture, like `llama`.
    pub fn new(architecture: &str) -> Self {
        Self::default().metadata("general.architecture", Value::Str(architecture.to_owned()))
    }

    /// Adds a metadata value.
    #[must_use]
    pub fn metadata(mut self, key: &str, value: Value) -> Self {
        self.keys += 1;
        string(&mut self.metadata, key);
        put_value(&mut self.metadata, &value);
        self
    }

    /// Adds a tensor: `shape` in the file's order (contiguous dimension first), `bytes` as [`Dtype`] lays them out.
    #[must_use]
    pub fn tensor(mut self, name: &str, shape: &[u64], dtype: Dtype, bytes: &[u8]) -> Self {
        self.tensors += 1;
        string(&mut self.infos, name);
        self.infos.extend((shape.len() as u32).to_le_bytes());
        self.infos.extend(shape.iter().flat_map(|n| n.to_le_bytes()));
        self.infos.extend(dtype.id().to_le_bytes());
        self.infos.extend((self.data.len() as u64).to_le_bytes());
        self.data.extend(bytes);
        pad(&mut self.data);
        self
    }

    /// The file's bytes.
    pub fn finish(self) -> Vec<u8> {
        let mut out = b"GGUF".to_vec();
        out.extend(3u32.to_le_bytes());
        out.extend(self.tensors.to_le_bytes());
        out.extend(self.keys.to_le_bytes());
        out.extend(self.metadata);
        out.extend(self.infos);
        pad(&mut out);
        out.extend(self.data);
        out
    }

    /// Writes the file.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be written.
    pub fn write(self, path: &Path) -> Result<()> {
        std::fs::write(path, self.finish()).map_err(|error| {
            Error::file(
                path,
                format!("it cannot be written: {error}"),
                "Check the folder, its permissions and its free space",
            )
        })
    }
}

fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(ALIGNMENT), 0);
}

fn string(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

fn put_value(out: &mut Vec<u8>, value: &Value) {
    /// The type's id, then the value.
    macro_rules! put {
        ($id:literal, $v:expr) => {{
            out.extend(u32::to_le_bytes($id));
            out.extend($v.to_le_bytes());
        }};
    }
    match value {
        Value::U8(v) => put!(0, v),
        Value::I8(v) => put!(1, v),
        Value::U16(v) => put!(2, v),
        Value::I16(v) => put!(3, v),
        Value::U32(v) => put!(4, v),
        Value::I32(v) => put!(5, v),
        Value::F32(v) => put!(6, v),
        Value::Bool(v) => put!(7, u8::from(*v)),
        Value::Str(v) => {
            out.extend(8u32.to_le_bytes());
            string(out, v);
        }
        Value::Array(v) => {
            out.extend(9u32.to_le_bytes());
            put_array(out, v);
        }
        Value::U64(v) => put!(10, v),
        Value::I64(v) => put!(11, v),
        Value::F64(v) => put!(12, v),
    }
}

fn put_array(out: &mut Vec<u8>, array: &Array) {
    /// The elements' type, their count, then each.
    macro_rules! put {
        ($id:literal, $list:expr) => {{
            head(out, $id, $list.len());
            out.extend($list.iter().flat_map(|v| v.to_le_bytes()));
        }};
    }
    fn head(out: &mut Vec<u8>, id: u32, count: usize) {
        out.extend(id.to_le_bytes());
        out.extend((count as u64).to_le_bytes());
    }
    match array {
        Array::U8(v) => put!(0, v),
        Array::I8(v) => put!(1, v),
        Array::U16(v) => put!(2, v),
        Array::I16(v) => put!(3, v),
        Array::U32(v) => put!(4, v),
        Array::I32(v) => put!(5, v),
        Array::F32(v) => put!(6, v),
        Array::Bool(v) => {
            head(out, 7, v.len());
            out.extend(v.iter().map(|&v| u8::from(v)));
        }
        Array::Str(v) => {
            head(out, 8, v.len());
            v.iter().for_each(|text| string(out, text));
        }
        Array::U64(v) => put!(10, v),
        Array::I64(v) => put!(11, v),
        Array::F64(v) => put!(12, v),
    }
}
