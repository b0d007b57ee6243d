//! Where in a layer adapters add something: the four inputs that matrices multiply, and the modules that share each.

use super::Module;
use crate::kernels::lora::{LoraShape, MAX_RANK};
use crate::model::Config;

/// One of a layer's four matrix inputs: a column of the rows' adapters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Site {
    /// What query, key and value projections multiply.
    Attention,
    /// What the output projection multiplies.
    Output,
    /// What gate and up projections multiply.
    FeedForward,
    /// What the down projection multiplies.
    Down,
}

impl Site {
    /// All, in that order.
    pub const ALL: [Self; 4] = [Self::Attention, Self::Output, Self::FeedForward, Self::Down];

    /// The modules whose outputs lie one after the other in the matrix.
    pub fn modules(self) -> &'static [Module] {
        match self {
            Self::Attention => &[Module::Query, Module::Key, Module::Value],
            Self::Output => &[Module::Output],
            Self::FeedForward => &[Module::Gate, Module::Up],
            Self::Down => &[Module::Down],
        }
    }

    /// The name of the matrix that multiplies the input.
    pub fn matrix(self) -> &'static str {
        match self {
            Self::Attention => "qkv",
            Self::Output => "output",
            Self::FeedForward => "gate_up",
            Self::Down => "down",
        }
    }

    /// Numbers in a row of the input.
    pub fn width(self, config: &Config) -> u32 {
        match self {
            Self::Attention | Self::FeedForward => config.hidden,
            Self::Output => config.query_width(),
            Self::Down => config.ffn,
        }
    }

    /// The matrix that multiplies it, and rows of h that have room for its modules once.
    pub fn shape(self, config: &Config) -> LoraShape {
        let (outputs, second, third) = match self {
            Self::Attention => (config.qkv_width(), config.query_width(), config.query_width() + config.kv_width()),
            Self::FeedForward => (2 * config.ffn, config.ffn, u32::MAX),
            Self::Output | Self::Down => (config.hidden, u32::MAX, u32::MAX),
        };
        LoraShape { outputs, second, third, stride: LoraShape::stride(self.modules().len() as u32, MAX_RANK) }
    }
}
