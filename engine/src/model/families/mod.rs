//! What differs between architecture families: how a file names and stores what the shared forward pass uses.
//!
//! To add one: a file here, a variant, and its arms.

mod llama;
mod qwen2;

use super::Config;
use crate::formats::blocks::RowOrder;
use crate::formats::gguf::Gguf;
use crate::{Error, Result};

/// An architecture family that the forward pass covers: pre-normalised decoder layers with grouped-query attention,
/// rotary positions and a SiLU-gated feed-forward block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Llama and its likes (SmolLM2, Mistral, TinyLlama).
    Llama,
    /// Qwen 2 and 2.5: biases on the query, key and value projections.
    Qwen2,
}

impl Family {
    /// The family a file states in `general.architecture`.
    pub fn of(gguf: &Gguf) -> Result<Self> {
        match gguf.str("general.architecture")? {
            "llama" => Ok(Self::Llama),
            "qwen2" => Ok(Self::Qwen2),
            other => Err(Error::file(
                gguf.file(),
                format!("architecture {other:?} is not supported"),
                "Supported are llama and qwen2",
            )),
        }
    }

    /// The prefix of its metadata keys.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
        }
    }

    /// How the file orders the rows of the query and key projections.
    pub fn query_key_order(self, config: &Config) -> RowOrder {
        match self {
            Self::Llama => llama::query_key_order(config),
            Self::Qwen2 => qwen2::query_key_order(),
        }
    }
}
