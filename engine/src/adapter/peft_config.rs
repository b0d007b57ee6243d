//! `adapter_config.json` of a PEFT adapter: what is read from it, and what is refused by name.
//!
//! Source: `LoraConfig` in the peft package, `src/peft/tuners/lora/config.py`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::Module;
use super::pattern::Patterns;
use crate::formats::Files;
use crate::formats::members::Members;
use crate::{Error, Result};

/// A larger file is no configuration.
const MAX_BYTES: u64 = 16 << 20;

/// A remedy: what an adapter may train.
const PLAIN: &str = "Supported is plain LoRA on the attention and feed-forward projections";

/// Keys that change what an adapter computes: (key, what it is, remedy). Any true or non-empty value is refused.
const REFUSED: &[(&str, &str, &str)] = &[
    ("use_dora", "DoRA", "Merge it into the base, or train again without DoRA"),
    ("lora_bias", "biases on its B matrices", "Train again with lora_bias false"),
    ("modules_to_save", "whole modules beside its factors", "Train again without modules_to_save"),
    ("trainable_token_indices", "trained embeddings of single tokens", "Train again without them"),
    ("layer_replication", "a base with repeated layers", "Build that base first, or train again without it"),
    (
        "fan_in_fan_out",
        "transposed base weights",
        "The supported families store [outputs, inputs]: train with it false",
    ),
    ("target_parameters", "factors on parameters that are no modules", PLAIN),
    ("use_qalora", "QALoRA's pooled inputs", "Train again with use_qalora false"),
    ("use_bdlora", "block-diagonal factors", "Train again with use_bdlora false"),
    ("arrow_config", "Arrow routing between adapters", "Load the adapters it routes to one by one"),
    ("megatron_config", "Megatron's parallel layers", "Save it from Megatron as a plain PEFT adapter"),
];

/// Keys that look like a variant's and only say how training began.
const HARMLESS: &[&str] = &["loftq_config", "eva_config", "corda_config", "lora_ga_config", "runtime_config"];

/// Values of `init_lora_weights` that leave the base weights as they are.
const KEEPS_BASE: &[&str] = &["gaussian", "eva", "orthogonal", "loftq"];

/// The file's keys that are read one by one; the others are only looked at to refuse them.
#[derive(Debug, Deserialize)]
struct Raw {
    peft_type: Option<String>,
    base_model_name_or_path: Option<String>,
    r: Option<u32>,
    lora_alpha: Option<f64>,
    use_rslora: Option<bool>,
    bias: Option<String>,
    init_lora_weights: Option<Value>,
    target_modules: Option<Targets>,
    rank_pattern: Option<Members<u32>>,
    alpha_pattern: Option<Members<f64>>,
    alora_invocation_tokens: Option<Vec<u32>>,
    ruminate: Option<Ours>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

/// `target_modules`: names, or a regular expression.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Targets {
    Names(Vec<String>),
    Expression(String),
}

/// What an author states for Ruminate.
#[derive(Debug, Deserialize)]
struct Ours {
    kv_shareable: Option<bool>,
}

/// A configuration of plain LoRA.
#[derive(Debug)]
pub(super) struct PeftConfig {
    file: PathBuf,
    /// The base model that the adapter names.
    pub base_model: Option<String>,
    /// aLoRA's invocation tokens, unchecked.
    pub invocation_tokens: Option<Vec<u32>>,
    /// What the author states.
    pub kv_shareable: Option<bool>,
    rank: u32,
    alpha: f64,
    rank_stabilised: bool,
    rank_pattern: Patterns<u32>,
    alpha_pattern: Patterns<f64>,
}

impl PeftConfig {
    /// Reads and checks a file.
    pub fn open(files: &Files, file: &Path) -> Result<Self> {
        let bytes = files.read(file, MAX_BYTES, "a PEFT adapter's configuration")?;
        let raw: Raw = serde_json::from_slice(&bytes).map_err(|error| {
            let problem = format!("it is no PEFT configuration: {error}");
            Error::file(file, problem, "The file is damaged or incomplete: save or download it again")
        })?;
        let refused = |(problem, remedy): (String, &str)| Error::file(file, problem, remedy);
        refuse(&raw).map_err(refused)?;
        let missing = |key: &str| refused((format!("{key} is missing"), "Save the adapter again with PEFT"));
        let bad_key = |pattern: &str, (key, why): (String, String)| {
            let remedy = "Write module names, or regular expressions that Python and Rust both know";
            refused((format!("{pattern} key {key:?} cannot be matched: {why}"), remedy))
        };
        Ok(Self {
            file: file.to_owned(),
            base_model: raw.base_model_name_or_path.filter(|name| !name.is_empty()),
            invocation_tokens: raw.alora_invocation_tokens,
            kv_shareable: raw.ruminate.and_then(|ours| ours.kv_shareable),
            rank: raw.r.ok_or_else(|| missing("r"))?,
            alpha: raw.lora_alpha.ok_or_else(|| missing("lora_alpha"))?,
            rank_stabilised: raw.use_rslora.unwrap_or(false),
            rank_pattern: Patterns::new(raw.rank_pattern.unwrap_or_default())
                .map_err(|e| bad_key("rank_pattern", e))?,
            alpha_pattern: Patterns::new(raw.alpha_pattern.unwrap_or_default())
                .map_err(|e| bad_key("alpha_pattern", e))?,
        })
    }

    /// The rank that a module should have, by its dotted name.
    pub fn rank(&self, module: &str) -> Result<u32> {
        let found = self.rank_pattern.find(module).map_err(|why| self.unmatched("rank_pattern", module, &why))?;
        Ok(found.unwrap_or(self.rank))
    }

    /// The scale of a module's factors: alpha / rank, or alpha / sqrt(rank) (rsLoRA, arXiv 2312.03732).
    pub fn scale(&self, module: &str, rank: u32) -> Result<f32> {
        let found = self.alpha_pattern.find(module).map_err(|why| self.unmatched("alpha_pattern", module, &why))?;
        let alpha = found.unwrap_or(self.alpha);
        let rank = f64::from(rank);
        let scale = (alpha / if self.rank_stabilised { rank.sqrt() } else { rank }) as f32;
        if scale.is_finite() {
            return Ok(scale);
        }
        Err(Error::file(&self.file, format!("the alpha of {module} is {alpha}"), "Write a number that fits an f32"))
    }

    fn unmatched(&self, pattern: &str, module: &str, why: &str) -> Error {
        let problem = format!("{pattern} cannot be matched with {module}: {why}");
        Error::file(&self.file, problem, "Write module names or simpler regular expressions")
    }
}

type Refusal<'a> = (String, &'a str);

/// Refuses whatever is not plain LoRA.
fn refuse(raw: &Raw) -> Result<(), Refusal<'static>> {
    match raw.peft_type.as_deref() {
        Some("LORA") => {}
        Some(other) => return Err((format!("peft_type is {other:?}"), "Supported is LORA")),
        None => return Err(("peft_type is missing".into(), "Give a PEFT adapter's configuration")),
    }
    if let Some(bias) = raw.bias.as_deref().filter(|&bias| bias != "none") {
        return Err((format!("bias is {bias:?}: it trained the base's biases"), "Train again with bias \"none\""));
    }
    for &(key, what, remedy) in REFUSED {
        if raw.others.get(key).is_some_and(is_set) {
            return Err((format!("{key} is set: the adapter has {what}, which is not supported"), remedy));
        }
    }
    let has_tokens = raw.alora_invocation_tokens.as_ref().is_some_and(|tokens| !tokens.is_empty());
    if !has_tokens && raw.others.get("invocation_string").is_some_and(is_set) {
        let problem = "invocation_string is set without alora_invocation_tokens".into();
        return Err((problem, "Add the string's tokens to the file as alora_invocation_tokens"));
    }
    let variant = |key: &str| key.starts_with("use_") || key.ends_with("_config");
    let unknown = |key: &str| variant(key) && !HARMLESS.contains(&key);
    if let Some((key, _)) = raw.others.iter().find(|(key, value)| unknown(key) && is_set(value)) {
        return Err((format!("{key} is set, a variant that is not supported"), PLAIN));
    }
    refuse_initialisation(raw.init_lora_weights.as_ref())?;
    raw.target_modules.as_ref().map_or(Ok(()), refuse_targets)
}

/// Some initialisations move weights from the base into the factors: such factors do not fit the original base.
fn refuse_initialisation(init: Option<&Value>) -> Result<(), Refusal<'static>> {
    match init {
        None | Some(Value::Null | Value::Bool(_)) => Ok(()),
        Some(Value::String(name)) if KEEPS_BASE.contains(&name.as_str()) => Ok(()),
        Some(other) => Err((
            format!("init_lora_weights is {other}: the adapter fits a base that this changed, not the original"),
            "Convert it to plain LoRA: save_pretrained with path_initial_model_for_weight_conversion",
        )),
    }
}

fn refuse_targets(targets: &Targets) -> Result<(), Refusal<'static>> {
    let names = match targets {
        Targets::Names(names) => names.as_slice(),
        // What an expression matches shows in the tensors, each of which is checked.
        Targets::Expression(text) if text == "all-linear" || Module::from_peft(text).is_some() => &[],
        Targets::Expression(text) if !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.')) => {
            &[]
        }
        Targets::Expression(text) => std::slice::from_ref(text),
    };
    for name in names {
        let last = name.rsplit('.').next().unwrap_or(name);
        if is_vocabulary(last) {
            return Err((format!("target_modules names {name:?}, an embedding or head"), PLAIN));
        }
        if Module::from_peft(last).is_none() {
            return Err((format!("target_modules names {name:?}, which is not supported"), PLAIN));
        }
    }
    Ok(())
}

/// Whether a module's name is that of an embedding table or a head.
pub(super) fn is_vocabulary(name: &str) -> bool {
    matches!(name, "embed_tokens" | "lm_head" | "wte" | "embeddings" | "token_embd" | "output")
}

/// Python's truth of a JSON value.
fn is_set(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}
