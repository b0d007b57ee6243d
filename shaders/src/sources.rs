//! The WGSL files, embedded.

macro_rules! files {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../", $folder, "/", $name, ".wgsl")))),*]
    };
}

/// (name, text) of every kernel.
pub const KERNELS: &[(&str, &str)] = files!(
    "kernels":
    "attention_decode",
    "attention_merge",
    "attention_prefill",
    "attention_prefix",
    "attention_prefix_matrix",
    "embed",
    "gather",
    "logprob",
    "lora_expand",
    "lora_shrink",
    "matmul",
    "matmul_f16",
    "matmul_int8",
    "matmul_matrix",
    "matvec",
    "matvec_texture",
    "pool",
    "probe",
    "rmsnorm",
    "rope_kv",
    "sample_draw",
    "sample_histogram",
    "sample_top",
    "sample_weight",
    "silu_mul",
    "stream_read",
);

/// (name, text) of what kernels import.
pub const SHARED: &[(&str, &str)] = files!(
    "shared":
    "activation",
    "attend",
    "cut",
    "int_groups",
    "lane_top",
    "lora",
    "lora_shrink",
    "lora_shrink_rows",
    "matmul_params",
    "matvec_float",
    "matvec_texture_f32",
    "matvec_texture_int",
    "matvec_w4",
    "matvec_w8",
    "prefix",
    "prefix_tiles",
    "probe_reads",
    "random",
    "reduce",
    "row_top",
    "rows",
    "sampling",
    "top",
    "turns",
    "weights",
    "weights_f16",
    "weights_texture",
);

/// The text of `name` in `files`.
pub fn find(files: &'static [(&str, &str)], name: &str) -> Option<&'static str> {
    files.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
}
