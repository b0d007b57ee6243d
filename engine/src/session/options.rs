//! How a model is loaded.

use crate::adapter::AdapterLimits;
use crate::model::Precision;

/// Positions a branch can have where nothing else is said and the model allows it.
pub const DEFAULT_CONTEXT: u32 = 4096;
/// Most branches that can be open: each has a row in the page table.
pub const MAX_BRANCHES: u32 = 256;

/// How to load a model.
#[derive(Debug, Clone, Copy)]
pub struct EngineOptions {
    /// Positions a branch can have; `None` takes [`DEFAULT_CONTEXT`], or what the model was trained for if that is less.
    pub context: Option<u32>,
    /// Branches that can be open, up to 256; 16 of them can generate at a time.
    pub branches: u32,
    /// Positions that all branches have together, those that forks share counted once; `None` takes one context.
    pub positions: Option<u32>,
    /// Positions a page: 16, 32, 64 or 128.
    pub page: u32,
    /// Most rows of a prompt chunk; `None` takes what suits the tier.
    pub chunk: Option<u32>,
    /// How finely activations are held; `None` takes 16-bit integers.
    pub precision: Option<Precision>,
    /// How many adapters may be loaded.
    pub adapters: AdapterLimits,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            context: None,
            branches: 1,
            positions: None,
            page: 32,
            chunk: None,
            precision: None,
            adapters: AdapterLimits::DEFAULT,
        }
    }
}

/// How loading goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadEvent {
    /// Bytes of weights on the GPU.
    Weights {
        /// So far.
        done: u64,
        /// In all.
        total: u64,
    },
    /// Pipelines compiled.
    Pipelines {
        /// So far.
        done: usize,
        /// In all.
        total: usize,
    },
}
