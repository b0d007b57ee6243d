//! The kernels, one file each: parameters, plan (variant and grid), CPU twin, and a table of cases that tests, the
//! self-test on a user's device and benchmarks share.
//!
//! To add one: `shaders/kernels/NAME.wgsl`, its lines in `shaders/permutations.txt`, `NAME.rs` here, and its name in
//! [`all_cases`].

mod activation;
mod case;
mod data;
pub mod logprob;
pub mod rmsnorm;
pub mod sample;
mod sample_cases;
mod sample_record;
pub mod sample_twin;

pub use activation::{Activation, ActivationViews, Quantized};
pub use case::{Case, CaseBuffer, Expect, Outcome, Sizes, Timing, Word, bench, check};
pub use data::Data;
pub use sample_record::SampleViews;

use crate::gpu::Caps;

/// Every kernel's cases for a device.
pub fn all_cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    [rmsnorm::cases, logprob::cases, sample_cases::cases].iter().flat_map(|cases| cases(caps, sizes)).collect()
}
