//! The WGSL files, embedded.

macro_rules! files {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../", $folder, "/", $name, ".wgsl")))),*]
    };
}

/// (name, text) of every kernel.
pub const KERNELS: &[(&str, &str)] =
    files!("kernels": "attention_decode", "attention_merge", "attention_prefill", "embed", "rmsnorm", "rope_kv");

/// (name, text) of what kernels import.
pub const SHARED: &[(&str, &str)] = files!("shared": "activation", "attend", "reduce", "rows", "turns", "weights");

/// The text of `name` in `files`.
pub fn find(files: &'static [(&str, &str)], name: &str) -> Option<&'static str> {
    files.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
}
