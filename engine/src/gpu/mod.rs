//! The GPU beneath everything: which adapter, what it can do, buffers, pipelines, recordings and their replay.
//!
//! Nothing here knows what a model is.

mod adapter;
mod buffers;
mod device;
mod failed;
mod pipeline;
mod plan;
mod quirks;
mod readback;
mod recording;
mod replay;
mod texture;
mod tier;
mod timing;

pub use adapter::{AdapterSummary, list as list_adapters};
pub use buffers::{BufferId, Buffers, View};
pub use device::{Gpu, GpuOptions};
pub use plan::Plan;
pub use quirks::Quirk;
pub use readback::Readback;
pub use recording::{Command, Recording};
pub use replay::{Replay, WarmUp};
pub use tier::{Caps, Tier};
pub use timing::{StepTimer, kernel_times};
