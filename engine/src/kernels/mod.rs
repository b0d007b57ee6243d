//! The kernels, one file each: parameters, plan (variant and grid), CPU twin, and a table of cases that tests, the
//! self-test on a user's device and benchmarks share.
//!
//! To add one: `shaders/kernels/NAME.wgsl`, its lines in `shaders/permutations.txt`, `NAME.rs` here, and its name in
//! [`TABLES`].

mod activation;
mod attention;
pub mod attention_decode;
pub mod attention_merge;
pub mod attention_prefill;
pub mod attention_prefix;
pub mod attention_prefix_matrix;
mod case;
mod data;
pub mod embed;
pub mod gather;
pub mod kv;
pub mod logprob;
pub mod lora;
pub mod lora_expand;
pub mod lora_shrink;
pub mod matmul;
pub mod matmul_f16;
pub mod matmul_int8;
pub mod matmul_matrix;
pub mod matvec;
pub mod matvec_texture;
pub mod pool;
pub mod probe;
pub mod rmsnorm;
pub mod rope_kv;
pub mod sample;
mod sample_cases;
mod sample_record;
pub mod sample_twin;
pub mod silu_mul;
pub mod stream_read;
mod weight_store;
pub mod weights;

pub use activation::{Activation, ActivationViews, Quantized};
pub use case::{Case, CaseBuffer, Expect, Outcome, Sizes, Timing, Word, bench, check};
pub use data::Data;
pub use sample_record::SampleViews;
pub use weight_store::{Storage, WeightStore};

use crate::gpu::Caps;

/// Makes a kernel's cases for a device.
pub type Table = fn(&Caps, Sizes) -> Vec<Case>;

/// Every table of cases by its kernel's name; `sample` holds those of all `sample_` kernels.
///
/// Timed cases are large: who makes one table at a time holds one table at a time in memory.
pub const TABLES: &[(&str, Table)] = &[
    ("attention_decode", attention_decode::cases),
    ("attention_merge", attention_merge::cases),
    ("attention_prefill", attention_prefill::cases),
    ("attention_prefix", attention_prefix::cases),
    ("attention_prefix_matrix", attention_prefix_matrix::cases),
    ("embed", embed::cases),
    ("gather", gather::cases),
    ("logprob", logprob::cases),
    ("lora_expand", lora_expand::cases),
    ("lora_shrink", lora_shrink::cases),
    ("matmul", matmul::cases),
    ("matmul_f16", matmul_f16::cases),
    ("matmul_int8", matmul_int8::cases),
    ("matmul_matrix", matmul_matrix::cases),
    ("matvec", matvec::cases),
    ("pool", pool::cases),
    ("probe", probe::cases),
    ("rmsnorm", rmsnorm::cases),
    ("rope_kv", rope_kv::cases),
    ("silu_mul", silu_mul::cases),
    ("sample", sample_cases::cases),
    ("stream_read", stream_read::cases),
];

/// Every kernel's cases for a device.
pub fn all_cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    TABLES.iter().flat_map(|(_, cases)| cases(caps, sizes)).collect()
}
