//! What a recording is made for.

use super::splits::PrefixShape;
use crate::{Error, Result};

/// Most rows of a step that decodes: each its own branch.
pub const DECODE_ROWS: u32 = 16;
/// Rows whose logits are made at a time when a whole chunk is scored. Their targets are a multiple of 256 bytes, the
/// coarsest alignment of a binding.
pub const SCORE_ROWS: u32 = 64;

/// How finely matmul inputs are held where weights are quantized and rows are few.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Precision {
    /// f32, also for prompts.
    Float,
    /// 16-bit integers, as two int8 products: as good as f32. Prompts in halves where the device multiplies those, else
    /// in f32. docs/benchmarks.md has the divergence.
    Int16,
    /// 8-bit integers: the fastest, and a few thousandths of a nat away.
    Int8,
}

impl std::str::FromStr for Precision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "float" => Ok(Self::Float),
            "int16" => Ok(Self::Int16),
            "int8" => Ok(Self::Int8),
            _ => Err(Error::Invalid(format!("unknown precision {text:?}: use float, int16 or int8"))),
        }
    }
}

/// What a recording is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Rows of the step: a power of two.
    pub rows: u32,
    /// The rows are prompt chunks, listed as tiles; otherwise each row is a branch of its own.
    pub is_chunk: bool,
    /// Rows of a chunk after which a token is sampled: a power of two up to 16, or 0. Decoding samples all rows.
    pub wanted: u32,
    /// Some rows have an adapter.
    pub adapted: bool,
    /// Some rows of the chunk are read by probes.
    pub probed: bool,
    /// Some decoding rows read what they have in common together.
    pub prefix: Option<PrefixShape>,
    /// What the head does.
    pub head: Head,
}

impl Shape {
    /// Rows that decode, all of the base.
    pub fn decoding(rows: u32, head: Head) -> Self {
        Self { rows, is_chunk: false, wanted: 0, adapted: false, probed: false, prefix: None, head }
    }

    /// Rows of prompts, all of the base.
    pub fn chunk(rows: u32, head: Head) -> Self {
        Self { is_chunk: true, ..Self::decoding(rows, head) }
    }
}

/// What follows the last layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Head {
    /// Nothing: the chunk only fills the cache.
    None,
    /// The next token of each row (decoding), or of the listed rows (chunks), is sampled.
    Sample {
        /// No row has a temperature: fewer dispatches.
        greedy: bool,
    },
    /// Every row's target token is scored.
    Score,
}
