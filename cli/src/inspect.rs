//! `ruminate inspect`: what is in a GGUF file. Needs no GPU.

use crate::args::Global;
use crate::table::{self, Table};
use anyhow::Result;
use ruminate::formats::gguf::{Array, Gguf, Value};
use ruminate::installed;
use ruminate::units;
use std::fmt::Debug;

#[derive(clap::Args)]
pub struct Args {
    /// The file, or a model's name; `--model` does as well
    path: Option<String>,
}

/// Prints metadata, then tensors.
pub fn run(global: &Global, args: &Args) -> Result<()> {
    let path = installed::model(args.path.as_deref().or(global.model.as_deref()))?;
    let gguf = Gguf::open(&path)?;
    let mut metadata = Table::new(&["key", "type", "value"]);
    for (key, value) in gguf.all_metadata() {
        metadata.push([key.clone(), value.kind().to_owned(), shown(value)]);
    }
    let mut tensors = Table::new(&["tensor", "type", ">size", "shape"]);
    let (mut weights, mut bytes) = (0, 0);
    for tensor in gguf.tensors() {
        let shape: Vec<String> = tensor.shape.iter().map(ToString::to_string).collect();
        let size = units::bytes(tensor.size() as u64);
        tensors.push([tensor.name.clone(), tensor.dtype.to_string(), size, shape.join(" x ")]);
        weights += tensor.rows as u64 * tensor.cols as u64;
        bytes += tensor.size() as u64;
    }
    let count = gguf.tensors().len();
    table::print(&format!("{}\n\n{}\n{}", path.display(), metadata.plain(), tensors.plain()))?;
    table::print(&format!("\n{count} tensors, {weights} weights, {}\n", units::bytes(bytes)))
}

/// A value on one line, long ones cut.
fn shown(value: &Value) -> String {
    match value {
        Value::Str(text) => cut(&format!("{text:?}")),
        Value::Array(array) => match array {
            Array::U8(v) => list(v),
            Array::I8(v) => list(v),
            Array::U16(v) => list(v),
            Array::I16(v) => list(v),
            Array::U32(v) => list(v),
            Array::I32(v) => list(v),
            Array::U64(v) => list(v),
            Array::I64(v) => list(v),
            Array::F32(v) => list(v),
            Array::F64(v) => list(v),
            Array::Bool(v) => list(v),
            Array::Str(v) => list(v),
        },
        Value::F32(v) => v.to_string(),
        Value::F64(v) => v.to_string(),
        Value::Bool(v) => v.to_string(),
        other => other.integer().map(|v| v.to_string()).unwrap_or_default(),
    }
}

fn list<T: Debug>(values: &[T]) -> String {
    let first: Vec<String> = values.iter().take(6).map(|value| cut(&format!("{value:?}"))).collect();
    let more = if values.len() > first.len() { ", …" } else { "" };
    format!("[{}{more}] ({})", first.join(", "), values.len())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
