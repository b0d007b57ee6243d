//! An adapter's factors on the CPU, whatever file they came from.

use super::{gguf_lora, peft};
use crate::kernels::lora::MAX_RANK;
use crate::model::Config;
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A matrix of a layer that adapters may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Module {
    /// Query projection.
    Query,
    /// Key projection.
    Key,
    /// Value projection.
    Value,
    /// Attention's output projection.
    Output,
    /// Gate projection.
    Gate,
    /// Up projection.
    Up,
    /// Down projection.
    Down,
}

impl Module {
    /// All, with their names in checkpoints (within `layers.N.`) and in GGUF files (within `blk.N.`).
    pub const NAMES: [(Self, &'static str, &'static str); 7] = [
        (Self::Query, "self_attn.q_proj", "attn_q"),
        (Self::Key, "self_attn.k_proj", "attn_k"),
        (Self::Value, "self_attn.v_proj", "attn_v"),
        (Self::Output, "self_attn.o_proj", "attn_output"),
        (Self::Gate, "mlp.gate_proj", "ffn_gate"),
        (Self::Up, "mlp.up_proj", "ffn_up"),
        (Self::Down, "mlp.down_proj", "ffn_down"),
    ];

    /// All of them.
    pub const ALL: [Self; 7] = [Self::Query, Self::Key, Self::Value, Self::Output, Self::Gate, Self::Up, Self::Down];

    /// (outputs, width) of the matrix.
    pub fn shape(self, config: &Config) -> (u32, u32) {
        match self {
            Self::Query => (config.query_width(), config.hidden),
            Self::Key | Self::Value => (config.kv_width(), config.hidden),
            Self::Output => (config.hidden, config.query_width()),
            Self::Gate | Self::Up => (config.ffn, config.hidden),
            Self::Down => (config.hidden, config.ffn),
        }
    }
}

/// What an adapter adds to a module: scale * B · A · x.
#[derive(Debug, Clone, PartialEq)]
pub struct Factors {
    /// Rank.
    pub rank: u32,
    /// alpha / rank, or alpha / sqrt(rank) with rsLoRA.
    pub scale: f32,
    /// A, `[rank, width]`.
    pub a: Vec<f32>,
    /// B, `[outputs, rank]`.
    pub b: Vec<f32>,
}

/// An adapter as its file states it, checked against the model.
#[derive(Debug, Clone, PartialEq)]
pub struct AdapterFile {
    /// Where it came from.
    pub path: PathBuf,
    /// The base model it names.
    pub base_model: Option<String>,
    /// Its largest rank.
    pub rank: u32,
    /// The factors, by layer.
    pub factors: BTreeMap<(u32, Module), Factors>,
    /// It was trained with the prompt un-adapted, so it may read KV that the base wrote.
    pub kv_shareable: bool,
    /// The tokens at which an activated LoRA comes on.
    pub invocation_tokens: Option<Vec<u32>>,
}

impl AdapterFile {
    /// Reads a PEFT folder (or its `adapter_config.json`) or a GGUF LoRA file for a model.
    pub fn open(path: &Path, config: &Config) -> Result<Self> {
        if path.is_dir() {
            return peft::open(path, config);
        }
        match (path.file_name().and_then(|name| name.to_str()), path.parent()) {
            (Some("adapter_config.json" | "adapter_model.safetensors"), Some(folder)) => peft::open(folder, config),
            _ => gguf_lora::open(path, config),
        }
    }
}

/// One factor as a file has it.
#[derive(Debug)]
pub(super) struct Tensor {
    /// Its name in the file.
    pub name: String,
    /// Rows and columns.
    pub shape: (usize, usize),
    /// The numbers, row by row.
    pub data: Vec<f32>,
}

/// Factors on their way from a file: pairs A and B, and checks them.
pub(super) struct Collector<'a> {
    path: &'a Path,
    config: &'a Config,
    base_model: Option<&'a str>,
    pairs: BTreeMap<(u32, Module), [Option<Tensor>; 2]>,
}

impl<'a> Collector<'a> {
    pub fn new(path: &'a Path, config: &'a Config, base_model: Option<&'a str>) -> Self {
        Self { path, config, base_model, pairs: BTreeMap::new() }
    }

    /// Adds A or B of a module.
    pub fn add(&mut self, layer: u32, module: Module, is_b: bool, tensor: Tensor) -> Result<()> {
        if layer >= self.config.layers {
            return Err(self.wrong_base(&tensor, format!("the model has {} layers", self.config.layers)));
        }
        if let Some(bad) = tensor.data.iter().find(|v| !v.is_finite()) {
            let problem = format!("it holds {bad}");
            return Err(Error::tensor(
                self.path,
                &tensor.name,
                problem,
                "The file is damaged or the training diverged",
            ));
        }
        let slot = &mut self.pairs.entry((layer, module)).or_default()[usize::from(is_b)];
        if let Some(other) = slot {
            let problem = format!("it is there twice, as {} too", other.name);
            return Err(Error::tensor(self.path, &tensor.name, problem, "Export the adapter again"));
        }
        *slot = Some(tensor);
        Ok(())
    }

    /// The factors, with the scale that `scale_of` gives for a layer's module and rank.
    pub fn finish(
        self,
        scale_of: &dyn Fn(u32, Module, u32) -> Result<f32>,
    ) -> Result<BTreeMap<(u32, Module), Factors>> {
        if self.pairs.is_empty() {
            return Err(Error::file(self.path, "it holds no factors", "Export the adapter again"));
        }
        let mut all = BTreeMap::new();
        let Self { path, config, base_model, pairs } = self;
        let checker = Self { path, config, base_model, pairs: BTreeMap::new() };
        for ((layer, module), pair) in pairs {
            let (a, b) = match pair {
                [Some(a), Some(b)] => (a, b),
                [Some(one), None] | [None, Some(one)] => {
                    return Err(Error::tensor(path, &one.name, "the other factor is missing", "Export it again"));
                }
                [None, None] => continue,
            };
            let (outputs, width) = module.shape(config);
            let rank = a.shape.0;
            if rank == 0 || rank > MAX_RANK as usize {
                let problem = format!("its rank is {rank}");
                return Err(Error::tensor(path, &a.name, problem, format!("Ranks from 1 to {MAX_RANK} are supported")));
            }
            if b.shape.1 != rank {
                let problem = format!("its rank is {}, that of {} is {rank}", b.shape.1, a.name);
                return Err(Error::tensor(path, &b.name, problem, "Export the adapter again"));
            }
            for (tensor, found, wanted) in [(&a, a.shape.1, width), (&b, b.shape.0, outputs)] {
                if found != wanted as usize {
                    return Err(checker.wrong_base(tensor, format!("the model wants {wanted} where it has {found}")));
                }
            }
            let rank = rank as u32;
            let scale = scale_of(layer, module, rank)?;
            all.insert((layer, module), Factors { rank, scale, a: a.data, b: b.data });
        }
        Ok(all)
    }

    fn wrong_base(&self, tensor: &Tensor, problem: String) -> Error {
        let base = self.base_model.unwrap_or("another model");
        Error::tensor(self.path, &tensor.name, problem, format!("The adapter is for {base}: load it with that"))
    }
}
