//! PEFT adapters: a folder with `adapter_config.json` and `adapter_model.safetensors`.

use std::path::Path;

use ::safetensors::SafeTensors;

use super::halves::{Found, Halves, Side, invocation_tokens, layer_number};
use super::peft_config::{PeftConfig, is_vocabulary};
use super::{AdapterFile, Module};
use crate::formats::files::Bytes;
use crate::formats::safetensors::{self, DAMAGED};
use crate::formats::{Dtype, Files};
use crate::model::Config;
use crate::{Error, Result};

/// The configuration's file name.
pub(super) const CONFIG: &str = "adapter_config.json";
/// The weights' file name.
pub(super) const WEIGHTS: &str = "adapter_model.safetensors";

/// What PEFT puts before a module's name.
const PREFIX: &str = "base_model.model.";

/// Reads the adapter in a folder.
pub(super) fn open(files: &Files, folder: &Path, config: &Config) -> Result<AdapterFile> {
    let config_file = folder.join(CONFIG);
    let peft = PeftConfig::open(files, &config_file)?;
    let invocation_tokens = invocation_tokens(&config_file, config, peft.invocation_tokens.clone())?;
    let file = folder.join(WEIGHTS);
    let map = map_weights(files, folder, &file)?;
    let tensors = safetensors::read(&file, &map)?;
    let mut halves = Halves::new(&file, config, peft.base_model.as_deref());
    let mut names = tensors.names();
    names.sort_unstable();
    for name in names {
        add(&mut halves, &file, name, &tensors)?;
    }
    let factors = halves.finish(|tensor, rank| {
        let module = module_name(tensor).unwrap_or(tensor);
        let stated = peft.rank(module)?;
        if stated != rank {
            let problem = format!("its rank is {rank} but {CONFIG} states {stated}");
            let remedy = format!("{CONFIG} and {WEIGHTS} do not belong together: save the adapter again");
            return Err(Error::tensor(&file, tensor, problem, remedy));
        }
        peft.scale(module, rank)
    })?;
    Ok(AdapterFile {
        path: folder.to_owned(),
        rank: factors.values().map(|factors| factors.rank).max().unwrap_or(0),
        factors,
        // An activated LoRA is trained on a prompt that the base read.
        kv_shareable: peft.kv_shareable.unwrap_or(invocation_tokens.is_some()),
        invocation_tokens,
        base_model: peft.base_model,
    })
}

fn map_weights<'a>(files: &'a Files, folder: &Path, file: &Path) -> Result<Bytes<'a>> {
    if !files.has(file) && files.has(&folder.join("adapter_model.bin")) {
        let remedy = "Save the adapter again with safe_serialization=True";
        return Err(Error::file(folder, format!("it holds adapter_model.bin and no {WEIGHTS}"), remedy));
    }
    files.map(file)
}

fn add(halves: &mut Halves, file: &Path, name: &str, tensors: &SafeTensors) -> Result<()> {
    let Some((layer, module, side)) = place(name) else {
        let (problem, remedy) = unknown(name);
        return Err(Error::tensor(file, name, problem, remedy));
    };
    let view = tensors.tensor(name).map_err(|error| Error::tensor(file, name, error.to_string(), DAMAGED))?;
    let &[rows, cols] = view.shape() else {
        return Err(Error::tensor(file, name, format!("its shape is {:?}, not a matrix's", view.shape()), DAMAGED));
    };
    let dtype = match view.dtype() {
        ::safetensors::Dtype::F32 => Dtype::F32,
        ::safetensors::Dtype::F16 => Dtype::F16,
        ::safetensors::Dtype::BF16 => Dtype::Bf16,
        other => {
            let remedy = "Save the adapter as F32, F16 or BF16";
            return Err(Error::tensor(file, name, format!("its type is {other:?}"), remedy));
        }
    };
    halves.add(&Found { name, layer, module, side, rows, cols, dtype, bytes: view.data() })
}

/// The module's dotted name as PEFT's patterns see it, like `model.layers.3.self_attn.q_proj`.
fn module_name(tensor: &str) -> Option<&str> {
    let (module, _) = tensor.strip_prefix(PREFIX)?.rsplit_once(".lora_")?;
    Some(module)
}

/// Which matrix a tensor is, by its name: `base_model.model.model.layers.3.self_attn.q_proj.lora_A.weight`. The second
/// `model.` is absent where a base without a head was trained, `.default` is present where a state dict was saved raw.
fn place(tensor: &str) -> Option<(u32, Module, Side)> {
    let (module, matrix) = tensor.strip_prefix(PREFIX)?.rsplit_once(".lora_")?;
    let side = match matrix {
        "A.weight" | "A.default.weight" => Side::A,
        "B.weight" | "B.default.weight" => Side::B,
        _ => return None,
    };
    let path = module.strip_prefix("model.").unwrap_or(module).strip_prefix("layers.")?;
    let (layer, path) = path.split_once('.')?;
    let (block, name) = path.split_once('.')?;
    let module = Module::from_peft(name).filter(|module| module.peft_block() == block)?;
    Some((layer_number(layer)?, module, side))
}

/// What a tensor is that has no place here, and the remedy.
fn unknown(tensor: &str) -> (&'static str, &'static str) {
    let has = |part: &str| tensor.contains(part);
    if has("lora_embedding_") || tensor.split('.').any(is_vocabulary) {
        ("it changes an embedding or head, which is not supported", "Train again on the projections only")
    } else if has("lora_magnitude_vector") {
        ("it is a magnitude of DoRA, which is not supported", "Merge it into the base, or train again without DoRA")
    } else if has(".base_layer.") {
        ("it is a weight of the base model", "Save the adapter's own tensors only")
    } else if has(".lora_") && tensor.ends_with(".bias") {
        ("it is a bias on a B matrix, which is not supported", "Train again with lora_bias false")
    } else {
        (
            "it is not known",
            "Supported are the lora_A and lora_B of q, k, v, o, gate, up and down projections of layers",
        )
    }
}
