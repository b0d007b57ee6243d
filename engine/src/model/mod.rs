//! A model: its configuration, its weights on the GPU, and the forward pass as a recording.
//!
//! One file per architecture family stands in `families/`; everything else is shared.

mod config;
mod families;
mod forward;
mod loader;
mod probe;
mod projection;
mod scratch;
mod shape;
mod splits;
mod step;
mod synthetic;
mod weights;

pub use config::Config;
pub use families::Family;
pub use forward::Forward;
pub use loader::{LoadProgress, load};
pub use probe::{Probe, Probes};
pub use scratch::{HISTORY_STEPS, Scratch};
pub use shape::{DECODE_ROWS, Head, Precision, SCORE_ROWS, Shape};
pub use splits::{PrefixShape, Splits};
pub use step::{StepBuffer, StepData, StepViews};
pub use synthetic::Synthetic;
pub use weights::{Layer, Matrix, Slice, Weights};
