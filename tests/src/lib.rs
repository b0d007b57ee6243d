//! Shared helpers of the cross-crate tests.

pub mod asking;
pub mod batches;
pub mod bundles;

use safetensors::SafeTensors;
use std::path::{Path, PathBuf};

/// A tiny model and what transformers makes of it.
#[derive(Debug)]
pub struct Golden {
    /// Its name.
    pub name: String,
    /// The GGUF file.
    pub model: PathBuf,
    /// Tokens in.
    pub ids: Vec<u32>,
    /// Logits after each, `[ids, vocab]`.
    pub logits: Vec<f32>,
}

/// The folder of goldens.
pub fn goldens_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens")
}

/// The folder that `cargo xtask test` fills with what is too large for the repository.
///
/// # Panics
/// Names the command to run if it is not set: a missing asset is a failure, not a skip.
#[allow(clippy::expect_used, reason = "tests fail loudly")]
pub fn assets_folder() -> PathBuf {
    std::env::var_os("RUMINATE_TEST_ASSETS").expect("RUMINATE_TEST_ASSETS is not set: run `cargo xtask test`").into()
}

/// A tensor of 4-byte elements.
///
/// # Panics
/// If the file has no such tensor.
#[allow(clippy::expect_used, reason = "tests fail loudly")]
pub fn tensor<T: bytemuck::AnyBitPattern + bytemuck::NoUninit>(file: &SafeTensors<'_>, name: &str) -> Vec<T> {
    bytemuck::pod_collect_to_vec(file.tensor(name).expect("the golden lacks a tensor").data())
}

/// A tensor of 4-byte elements of the goldens of a tiny model's adapters, which `goldens/adapters.py` names.
///
/// # Panics
/// If there is none.
#[allow(clippy::expect_used, reason = "tests fail loudly")]
pub fn adapter_golden<T: bytemuck::AnyBitPattern + bytemuck::NoUninit>(model: &str, name: &str) -> Vec<T> {
    let path = goldens_folder().join("adapters").join(format!("{model}.safetensors"));
    let bytes = std::fs::read(path).expect("the goldens of a model's adapters");
    tensor(&SafeTensors::deserialize(&bytes).expect("goldens are safetensors"), name)
}

/// Natural log-probabilities of each next token of `ids`, from logits `[ids, vocab]`.
pub fn log_probabilities(ids: &[u32], logits: &[f32]) -> Vec<f64> {
    let next = |(row, &id): (&[f32], &u32)| {
        let highest = row.iter().fold(f32::MIN, |most, &logit| most.max(logit));
        let sum: f64 = row.iter().map(|&logit| f64::from(logit - highest).exp()).sum();
        f64::from(row[id as usize] - highest) - sum.ln()
    };
    logits.chunks(logits.len() / ids.len().max(1)).zip(&ids[1..]).map(next).collect()
}

/// Every tiny model.
///
/// # Panics
/// If a golden cannot be read.
#[allow(clippy::expect_used, reason = "tests fail loudly")]
pub fn goldens() -> Vec<Golden> {
    let mut goldens: Vec<Golden> = std::fs::read_dir(goldens_folder())
        .expect("tests/goldens can be listed")
        .filter_map(|entry| {
            let model = entry.expect("tests/goldens can be listed").path();
            let name = model.file_stem()?.to_str()?.to_owned();
            (model.extension()? == "gguf").then_some(())?;
            let bytes = std::fs::read(model.with_extension("safetensors")).expect("each model has its golden");
            let file = SafeTensors::deserialize(&bytes).expect("goldens are safetensors");
            Some(Golden { ids: tensor(&file, "ids"), logits: tensor(&file, "logits"), name, model })
        })
        .collect();
    goldens.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(goldens.len() >= 7, "goldens are missing");
    goldens
}

/// The norm of the difference relative to the norm of what is wanted.
pub fn relative_error(got: &[f32], want: &[f32]) -> f64 {
    assert_eq!(got.len(), want.len());
    let square = |v: f32| f64::from(v) * f64::from(v);
    let difference: f64 = got.iter().zip(want).map(|(a, b)| square(a - b)).sum();
    (difference / want.iter().map(|&v| square(v)).sum::<f64>()).sqrt()
}
