//! The kernels, one file each: parameters, plan (variant and grid), CPU twin, and a table of cases that tests, the
//! self-test on a user's device and benchmarks share.
//!
//! To add one: `shaders/kernels/NAME.wgsl`, its lines in `shaders/permutations.txt`, `NAME.rs` here, and its name in
//! [`all_cases`].

mod activation;
mod attention;
pub mod attention_decode;
pub mod attention_merge;
pub mod attention_prefill;
mod case;
mod data;
pub mod embed;
pub mod gather;
pub mod kv;
pub mod logprob;
pub mod matmul;
pub mod matmul_int8;
pub mod matmul_matrix;
pub mod matvec;
pub mod matvec_texture;
pub mod rmsnorm;
pub mod rope_kv;
pub mod sample;
mod sample_cases;
mod sample_record;
pub mod sample_twin;
pub mod silu_mul;
mod weight_store;
pub mod weights;

pub use activation::{Activation, ActivationViews, Quantized};
pub use case::{Case, CaseBuffer, Expect, Outcome, Sizes, Timing, Word, bench, check};
pub use data::Data;
pub use sample_record::SampleViews;
pub use weight_store::{Storage, WeightStore};

use crate::gpu::Caps;

/// Every kernel's cases for a device.
pub fn all_cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    let tables: &[fn(&Caps, Sizes) -> Vec<Case>] = &[
        attention_decode::cases,
        attention_merge::cases,
        attention_prefill::cases,
        embed::cases,
        gather::cases,
        logprob::cases,
        matmul::cases,
        matmul_int8::cases,
        matmul_matrix::cases,
        matvec::cases,
        rmsnorm::cases,
        rope_kv::cases,
        silu_mul::cases,
        sample_cases::cases,
    ];
    tables.iter().flat_map(|cases| cases(caps, sizes)).collect()
}
