//! LoRA in GGUF files, as llama.cpp's `convert_lora_to_gguf.py` writes them.

use std::path::Path;

use super::halves::{Found, Halves, Side, invocation_tokens, layer_number};
use super::peft_config::is_vocabulary;
use super::{AdapterFile, Factors, Module};
use crate::formats::gguf::{Array, Gguf, Value};
use crate::formats::{Files, RowOrder, TensorInfo};
use crate::model::Config;
use crate::{Error, Result};

const CONVERT: &str = "Convert the adapter again with llama.cpp's convert_lora_to_gguf.py";

/// Reads the adapter in a file.
pub(super) fn open(files: &Files, path: &Path, config: &Config) -> Result<AdapterFile> {
    let gguf = match files {
        Files::System => Gguf::open(path)?,
        Files::Memory(_) => Gguf::from_bytes(path, files.map(path)?.to_vec())?,
    };
    read(&gguf, config)
}

/// Reads the adapter in an open file.
pub(super) fn read(gguf: &Gguf, config: &Config) -> Result<AdapterFile> {
    let file = gguf.file();
    refuse_others(gguf, config)?;
    let alpha = alpha(gguf)?;
    let base_model = gguf.find::<&str>("general.base_model.0.name")?;
    let invocation_tokens = invocation_tokens(file, config, stated_tokens(gguf)?)?;
    let mut halves = Halves::new(file, config, base_model);
    for info in gguf.tensors() {
        add(&mut halves, gguf, info)?;
    }
    let mut factors = halves.finish(|_tensor, rank| {
        // llama.cpp takes an alpha of 0 for a scale of 1.
        Ok(if alpha == 0.0 { 1.0 } else { alpha / rank as f32 })
    })?;
    for ((_layer, module), factors) in &mut factors {
        if matches!(module, Module::Query | Module::Key) {
            reorder(factors, config.family.query_key_order(config));
        }
    }
    Ok(AdapterFile {
        path: file.to_owned(),
        base_model: base_model.map(str::to_owned),
        rank: factors.values().map(|factors| factors.rank).max().unwrap_or(0),
        factors,
        kv_shareable: gguf.find::<bool>("ruminate.kv_shareable")?.unwrap_or(invocation_tokens.is_some()),
        invocation_tokens,
    })
}

/// Refuses files that hold no LoRA adapter for this architecture.
fn refuse_others(gguf: &Gguf, config: &Config) -> Result<()> {
    let fail = |problem: String, remedy: &str| Err(Error::file(gguf.file(), problem, remedy));
    match gguf.find::<&str>("general.type")? {
        Some("adapter") => {}
        Some(other) => return fail(format!("it holds a {other}, not an adapter"), "Give a GGUF adapter"),
        None => return fail("it does not state that it holds an adapter".into(), "Give a GGUF adapter"),
    }
    let kind = gguf.str("adapter.type")?;
    if kind != "lora" {
        return fail(format!("it holds an adapter of type {kind:?}"), "Supported is lora");
    }
    let (architecture, asked) = (gguf.str("general.architecture")?, config.family.prefix());
    if architecture != asked {
        let problem = format!("it was made for architecture {architecture:?} and the model is {asked:?}");
        return fail(problem, "Load the adapter with the base that it was made for");
    }
    Ok(())
}

fn alpha(gguf: &Gguf) -> Result<f32> {
    let Some(alpha) = gguf.find::<f32>("adapter.lora.alpha")? else {
        return Err(Error::file(gguf.file(), "adapter.lora.alpha is missing", CONVERT));
    };
    if !alpha.is_finite() {
        return Err(Error::file(gguf.file(), format!("adapter.lora.alpha is {alpha}"), CONVERT));
    }
    Ok(alpha)
}

fn stated_tokens(gguf: &Gguf) -> Result<Option<Vec<u32>>> {
    let key = "adapter.alora.invocation_tokens";
    let tokens = match gguf.metadata(key) {
        None => return Ok(None),
        Some(Value::Array(Array::U32(tokens))) => Some(tokens.clone()),
        Some(Value::Array(Array::I32(tokens))) => tokens.iter().map(|&token| token.try_into().ok()).collect(),
        Some(_) => None,
    };
    let problem = || Error::file(gguf.file(), format!("metadata key {key} is no list of tokens"), CONVERT);
    tokens.ok_or_else(problem).map(Some)
}

fn add(halves: &mut Halves, gguf: &Gguf, info: &TensorInfo) -> Result<()> {
    let name = info.name.as_str();
    let Some((layer, module, side)) = place(name) else {
        let (problem, remedy) = match name.split('.').any(is_vocabulary) {
            true => ("it changes an embedding or head, which is not supported", "Train again on the projections only"),
            false => {
                ("it is not known", "Supported are lora_a and lora_b of the attention and feed-forward projections")
            }
        };
        return Err(Error::tensor(gguf.file(), name, problem, remedy));
    };
    // Further dimensions of 1 change nothing.
    if info.shape.iter().skip(2).any(|&n| n != 1) {
        return Err(Error::tensor(
            gguf.file(),
            name,
            format!("its shape is {:?}, not a matrix's", info.shape),
            CONVERT,
        ));
    }
    let (rows, cols, dtype) = (info.rows, info.cols, info.dtype);
    halves.add(&Found { name, layer, module, side, rows, cols, dtype, bytes: gguf.bytes(info) })
}

/// Which matrix a tensor is, by its name: `blk.3.attn_q.weight.lora_a`.
fn place(tensor: &str) -> Option<(u32, Module, Side)> {
    let (layer, rest) = tensor.strip_prefix("blk.")?.split_once('.')?;
    let (module, matrix) = rest.split_once('.')?;
    let side = match matrix {
        "weight.lora_a" => Side::A,
        "weight.lora_b" => Side::B,
        _ => return None,
    };
    Some((layer_number(layer)?, Module::from_gguf(module)?, side))
}

fn reorder(factors: &mut Factors, order: RowOrder) {
    if order == RowOrder::AsStored {
        return;
    }
    let rank = factors.rank as usize;
    let rows = factors.b.len() / rank;
    factors.b = (0..rows).flat_map(|row| &factors.b[order.source(row) * rank..][..rank]).copied().collect();
}
