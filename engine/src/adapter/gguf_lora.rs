//! Adapters as GGUF files: `general.type` = adapter, `adapter.type` = lora.

use super::factors::{AdapterFile, Collector, Module, Tensor};
use crate::formats::RowOrder;
use crate::formats::blocks;
use crate::formats::gguf::{Array, Gguf, Value};
use crate::model::Config;
use crate::{Error, Result};
use std::path::Path;

/// Reads a GGUF LoRA file.
pub(super) fn open(path: &Path, config: &Config) -> Result<AdapterFile> {
    let gguf = Gguf::open(path)?;
    let states = |key: &str, wanted: &str| match gguf.find::<&str>(key)? {
        Some(found) if found == wanted => Ok(()),
        found => Err(Error::file(
            path,
            format!("{key} is {}, not {wanted}", found.unwrap_or("missing")),
            "Give a LoRA adapter in GGUF, or a PEFT folder",
        )),
    };
    states("general.type", "adapter")?;
    states("adapter.type", "lora")?;
    states("general.architecture", config.family.prefix())?;
    let alpha = gguf.f32("adapter.lora.alpha")?;
    let base_model = gguf.find::<&str>("general.base_model.0.name")?;
    let mut factors = Collector::new(path, config, base_model);
    for info in gguf.tensors() {
        let fail = |problem: String, remedy: &str| Error::tensor(path, &info.name, problem, remedy);
        let (layer, module, is_b) = target(&info.name).ok_or_else(|| {
            fail("only factors of a layer's projections are supported".into(), "Train it on those modules only")
        })?;
        let (rows, columns) = (info.rows, info.cols);
        let mut data = vec![0f32; rows * columns];
        blocks::dequantize(info.dtype, gguf.bytes(info), &mut data)
            .map_err(|e| fail(e.to_string(), "Convert the adapter to F32, F16 or Q8_0"))?;
        // The converter permutes outputs of Q and K along with the base's.
        if is_b && matches!(module, Module::Query | Module::Key) {
            let order = config.family.query_key_order(config);
            if order != RowOrder::AsStored && rows.is_multiple_of(config.head_dim as usize) {
                data = (0..rows).flat_map(|row| data[order.source(row) * columns..][..columns].to_vec()).collect();
            }
        }
        factors.add(layer, module, is_b, Tensor { name: info.name.clone(), shape: (rows, columns), data })?;
    }
    // An alpha of 0 means that the factors are scaled already.
    let factors = factors.finish(&|_, _, rank| match alpha {
        0.0 => Ok(1.0),
        alpha if alpha.is_finite() => Ok(alpha / rank as f32),
        _ => Err(Error::file(path, format!("adapter.lora.alpha is {alpha}"), "Convert the adapter again")),
    })?;
    let rank = factors.values().map(|f| f.rank).max().unwrap_or(0);
    let tokens = match gguf.metadata("adapter.alora.invocation_tokens") {
        Some(Value::Array(Array::U32(tokens))) => tokens.clone(),
        Some(Value::Array(Array::I32(tokens))) => tokens.iter().filter_map(|&id| u32::try_from(id).ok()).collect(),
        _ => Vec::new(),
    };
    Ok(AdapterFile {
        path: path.to_owned(),
        base_model: base_model.map(str::to_owned),
        rank,
        factors,
        kv_shareable: !tokens.is_empty(),
        invocation_tokens: (!tokens.is_empty()).then_some(tokens),
    })
}

/// The layer, the module, and whether it is B, of a tensor's name.
fn target(name: &str) -> Option<(u32, Module, bool)> {
    let (layer, rest) = name.strip_prefix("blk.")?.split_once('.')?;
    let (module, factor) = rest.split_once(".weight.lora_")?;
    let module = Module::NAMES.iter().find(|(.., name)| *name == module)?.0;
    let is_b = match factor {
        "a" => false,
        "b" => true,
        _ => return None,
    };
    Some((layer.parse().ok()?, module, is_b))
}
