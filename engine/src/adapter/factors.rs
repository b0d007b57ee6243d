//! What an adapter is once it is read: two thin matrices for each adapted projection.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::{gguf_lora, peft};
use crate::formats::Files;
use crate::model::Config;
use crate::{Error, Result};

/// A projection that an adapter can change, in the order of a layer's forward pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Module {
    /// Queries.
    Query,
    /// Keys.
    Key,
    /// Values.
    Value,
    /// The attention's output.
    Output,
    /// The feed-forward block's gate.
    Gate,
    /// The feed-forward block's values that the gate multiplies.
    Up,
    /// The feed-forward block's output.
    Down,
}

impl Module {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Query, Self::Key, Self::Value, Self::Output, Self::Gate, Self::Up, Self::Down];

    /// Its name in checkpoints and PEFT adapters, like `q_proj`.
    pub const fn peft_name(self) -> &'static str {
        match self {
            Self::Query => "q_proj",
            Self::Key => "k_proj",
            Self::Value => "v_proj",
            Self::Output => "o_proj",
            Self::Gate => "gate_proj",
            Self::Up => "up_proj",
            Self::Down => "down_proj",
        }
    }

    /// The block of a layer that holds it in checkpoints and PEFT adapters: `self_attn` or `mlp`.
    pub const fn peft_block(self) -> &'static str {
        match self {
            Self::Query | Self::Key | Self::Value | Self::Output => "self_attn",
            Self::Gate | Self::Up | Self::Down => "mlp",
        }
    }

    /// Its name in GGUF files, like `attn_q`.
    pub const fn gguf_name(self) -> &'static str {
        match self {
            Self::Query => "attn_q",
            Self::Key => "attn_k",
            Self::Value => "attn_v",
            Self::Output => "attn_output",
            Self::Gate => "ffn_gate",
            Self::Up => "ffn_up",
            Self::Down => "ffn_down",
        }
    }

    /// The module with this name in PEFT adapters.
    pub fn from_peft(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|module| module.peft_name() == name)
    }

    /// The module with this name in GGUF files.
    pub fn from_gguf(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|module| module.gguf_name() == name)
    }

    /// Its base matrix: (numbers a row of its input, numbers a row of its output).
    pub fn shape(self, config: &Config) -> (u32, u32) {
        match self {
            Self::Query => (config.hidden, config.query_width()),
            Self::Key | Self::Value => (config.hidden, config.kv_width()),
            Self::Output => (config.query_width(), config.hidden),
            Self::Gate | Self::Up => (config.hidden, config.ffn),
            Self::Down => (config.ffn, config.hidden),
        }
    }
}

impl fmt::Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.peft_name())
    }
}

/// What an adapter adds to one projection: `outputs += scale * b * (a * input)`. All numbers are finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Factors {
    /// The numbers between the two matrices, 1 to [`crate::kernels::lora::MAX_RANK`].
    pub rank: u32,
    /// alpha / rank, or alpha / sqrt(rank) for rank-stabilised adapters.
    pub scale: f32,
    /// `[rank, width]`, rows contiguous.
    pub a: Vec<f32>,
    /// `[outputs, rank]`, rows contiguous and in the order of the base matrix's rows as the engine holds them.
    pub b: Vec<f32>,
}

/// An adapter as its file holds it, checked against a base model's dimensions.
#[derive(Debug, Clone, PartialEq)]
pub struct AdapterFile {
    /// The PEFT folder or the GGUF file.
    pub path: PathBuf,
    /// The base model that the file names.
    pub base_model: Option<String>,
    /// The largest rank among the factors.
    pub rank: u32,
    /// The factors by layer and module; never empty. What is absent stays as the base has it.
    pub factors: BTreeMap<(u32, Module), Factors>,
    /// Whether the adapter was trained to read keys and values that the base wrote, as its author states it or as
    /// activated LoRA (aLoRA) implies it.
    pub kv_shareable: bool,
    /// The tokens that switch an activated LoRA (aLoRA) on, from the first of them on; never empty.
    pub invocation_tokens: Option<Vec<u32>>,
}

impl AdapterFile {
    /// Reads an adapter for a model of this configuration. `path` is a PEFT folder, the `adapter_config.json` in one,
    /// or a GGUF file.
    ///
    /// # Errors
    /// [`Error::File`] or [`Error::Tensor`] if it cannot be read, is damaged, is not plain LoRA, or belongs to
    /// another base.
    pub fn open(path: &Path, config: &Config) -> Result<Self> {
        Self::open_in(&Files::System, path, config)
    }

    /// [`Self::open`] of a path among some files.
    pub fn open_in(files: &Files, path: &Path, config: &Config) -> Result<Self> {
        if files.is_folder(path) {
            return peft::open(files, path, config);
        }
        if path.file_name().is_some_and(|name| name == peft::CONFIG) {
            // The parent of a bare file name is the empty path, to which names can still be joined.
            return peft::open(files, path.parent().unwrap_or(Path::new("")), config);
        }
        if files.magic(path)? == *b"GGUF" {
            return gguf_lora::open(files, path, config);
        }
        Err(Error::file(
            path,
            "it is neither a PEFT folder nor a GGUF file",
            format!("Give the folder that holds {} and {}, or a GGUF adapter", peft::CONFIG, peft::WEIGHTS),
        ))
    }
}
