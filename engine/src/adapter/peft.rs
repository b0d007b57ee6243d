//! Adapters as PEFT writes them: `adapter_config.json` and `adapter_model.safetensors` in a folder.

use super::factors::{AdapterFile, Collector, Module, Tensor};
use crate::model::Config;
use crate::{Error, Result};
use half::{bf16, f16};
use memmap2::Mmap;
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

/// What we read of `adapter_config.json`.
#[derive(Debug, Deserialize)]
struct Settings {
    peft_type: String,
    base_model_name_or_path: Option<String>,
    lora_alpha: Option<f32>,
    #[serde(default)]
    use_rslora: bool,
    #[serde(default)]
    alpha_pattern: BTreeMap<String, f32>,
    alora_invocation_tokens: Option<Vec<u32>>,
    #[serde(default)]
    ruminate: Extension,
    /// Everything else, to refuse what would change the result.
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

/// What this project adds to the file.
#[derive(Debug, Default, Deserialize)]
struct Extension {
    #[serde(default)]
    kv_shareable: bool,
}

/// Settings that change what an adapter computes and are not supported, with what may stand there.
const REFUSED: [(&str, &[&str]); 11] = [
    ("use_dora", &["null", "false"]),
    ("bias", &["null", "\"none\""]),
    ("modules_to_save", &["null", "[]"]),
    ("trainable_token_indices", &["null", "[]", "{}"]),
    ("layer_replication", &["null", "[]"]),
    ("fan_in_fan_out", &["null", "false"]),
    ("lora_bias", &["null", "false"]),
    ("use_qalora", &["null", "false"]),
    ("target_parameters", &["null", "[]"]),
    ("megatron_config", &["null"]),
    ("arrow_config", &["null"]),
];

/// Initialisations that change the base weights until the adapter is converted.
const CHANGES_BASE: [&str; 3] = ["pissa", "olora", "corda"];

/// Reads a PEFT folder.
pub(super) fn open(folder: &Path, config: &Config) -> Result<AdapterFile> {
    let settings_path = folder.join("adapter_config.json");
    let settings = settings(&settings_path)?;
    let path = folder.join("adapter_model.safetensors");
    let remedy = "A PEFT folder holds adapter_config.json and adapter_model.safetensors";
    let file = File::open(&path).map_err(|e| Error::file(&path, e.to_string(), remedy))?;
    // SAFETY: as for models, the file is not to be changed while it is read.
    let map = unsafe { Mmap::map(&file) }.map_err(|e| Error::file(&path, e.to_string(), remedy))?;
    let tensors = SafeTensors::deserialize(&map)
        .map_err(|e| Error::file(&path, format!("not a whole safetensors file: {e}"), "Download it again"))?;
    let mut factors = Collector::new(&path, config, settings.base_model_name_or_path.as_deref());
    for (name, view) in tensors.iter() {
        let fail = |problem: &str, remedy: &str| Error::tensor(&path, name, problem, remedy);
        let (layer, module, is_b) = target(name).ok_or_else(|| {
            fail(
                "only lora_A and lora_B of q, k, v, o, gate, up and down projections are supported",
                "Train the adapter on those modules only",
            )
        })?;
        let &[rows, columns] = view.shape() else {
            return Err(fail("it is no matrix", "Export the adapter again"));
        };
        let data = floats(view.dtype(), view.data())
            .ok_or_else(|| fail(&format!("type {:?}", view.dtype()), "Save the adapter as F32, F16 or BF16"))?;
        factors.add(layer, module, is_b, Tensor { name: name.to_owned(), shape: (rows, columns), data })?;
    }
    let factors = factors.finish(&|layer, module, rank| settings.scale(&settings_path, layer, module, rank))?;
    let rank = factors.values().map(|f| f.rank).max().unwrap_or(0);
    let invocation_tokens = settings.alora_invocation_tokens.filter(|tokens| !tokens.is_empty());
    Ok(AdapterFile {
        path: folder.to_owned(),
        base_model: settings.base_model_name_or_path,
        rank,
        factors,
        kv_shareable: settings.ruminate.kv_shareable || invocation_tokens.is_some(),
        invocation_tokens,
    })
}

fn settings(path: &Path) -> Result<Settings> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| Error::file(path, e.to_string(), "Give the folder that PEFT's save_pretrained wrote"))?;
    let settings: Settings = serde_json::from_str(&text)
        .map_err(|e| Error::file(path, format!("not understood: {e}"), "Export the adapter again"))?;
    let refuse = |what: String, remedy: &str| Err(Error::file(path, what, remedy));
    if settings.peft_type != "LORA" {
        return refuse(format!("peft_type {} is not supported", settings.peft_type), "Only LORA is");
    }
    for (key, allowed) in REFUSED {
        let value = settings.others.get(key).unwrap_or(&Value::Null).to_string();
        if !allowed.contains(&value.as_str()) {
            return refuse(format!("{key} {value} is not supported"), "Train a plain LoRA, without it");
        }
    }
    let init = settings.others.get("init_lora_weights").and_then(Value::as_str).unwrap_or_default();
    if CHANGES_BASE.iter().any(|name| init.starts_with(name)) {
        return refuse(
            format!("init_lora_weights {init:?} changes the base weights"),
            "Convert it to a plain LoRA with PEFT's path_initial_model_for_weight_conversion",
        );
    }
    if settings.lora_alpha.is_none() {
        return refuse("lora_alpha is missing".into(), "Export the adapter again");
    }
    Ok(settings)
}

impl Settings {
    /// alpha / rank, or alpha / sqrt(rank); alpha from the pattern that names the module, if any.
    fn scale(&self, path: &Path, layer: u32, module: Module, rank: u32) -> Result<f32> {
        let name = Module::NAMES.iter().find(|(m, ..)| *m == module).map_or("", |(_, name, _)| name);
        let name = format!("model.layers.{layer}.{name}");
        let mut alpha = self.lora_alpha.unwrap_or_default();
        for (pattern, value) in &self.alpha_pattern {
            if let Some(odd) = pattern.chars().find(|c| "^$*+?()[]{}|\\".contains(*c)) {
                let problem = format!("alpha_pattern {pattern:?} is a regular expression ({odd:?})");
                return Err(Error::file(path, problem, "Use module names, such as layers.0.self_attn.q_proj"));
            }
            if name == *pattern || name.ends_with(&format!(".{pattern}")) {
                alpha = *value;
                break;
            }
        }
        if !alpha.is_finite() {
            return Err(Error::file(path, format!("alpha {alpha} of {name}"), "Export the adapter again"));
        }
        Ok(alpha / if self.use_rslora { (rank as f32).sqrt() } else { rank as f32 })
    }
}

/// The layer, the module, and whether it is B, of a tensor's name.
fn target(name: &str) -> Option<(u32, Module, bool)> {
    let (_, rest) = name.rsplit_once("layers.")?;
    let (layer, rest) = rest.split_once('.')?;
    let (module, factor) = rest.split_once(".lora_")?;
    let module = Module::NAMES.iter().find(|(_, name, _)| *name == module)?.0;
    let is_b = match factor {
        "A.weight" | "A.default.weight" => false,
        "B.weight" | "B.default.weight" => true,
        _ => return None,
    };
    Some((layer.parse().ok()?, module, is_b))
}

fn floats(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
    let pairs = || bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]]));
    Some(match dtype {
        Dtype::F32 => bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
        Dtype::F16 => pairs().map(|bits| f16::from_bits(bits).to_f32()).collect(),
        Dtype::BF16 => pairs().map(|bits| bf16::from_bits(bits).to_f32()).collect(),
        _ => return None,
    })
}
