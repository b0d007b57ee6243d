//! A reasoner's bundle for the tiny llama, made when it is needed: random adapters, heads that read logits.

#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

use crate::{goldens, goldens_folder};
use ruminate::formats::Gguf;
use ruminate::formats::blocks::dequantize;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

/// Numbers a row of the tiny llama.
pub const HIDDEN: usize = 96;
/// The tokens whose logits the switcher's units see.
pub const UNITS: [usize; 8] = [3, 30, 77, 100, 150, 201, 250, 287];
/// The token whose logit the verifier sees.
pub const VERIFIED: usize = 120;
/// Logits are of a few nats; scores should be neither 0 nor 1.
pub const SCALE: f32 = 0.2;
/// What is appended to a branch that is verified.
pub const APPENDED: &str = "<|im_end|>\n<|im_start|>user\nRight?<|im_end|>\n<|im_start|>assistant\n";

/// `bundle.json`.
pub fn manifest() -> Value {
    json!({
        "format": "ruminate-bundle", "version": 1, "name": "tiny-reasoner", "license": "MIT OR Apache-2.0",
        "base": {"name": "tiny-llama", "file": "tiny-llama.gguf", "architecture": "llama", "hidden_size": HIDDEN,
                 "layers": 3, "vocab_size": 288},
        "adapters": {"reasoner": {"path": "reasoner", "kv_shareable": true},
                     "brief": {"path": "brief", "kv_shareable": true, "budget_stated": true}},
        "default_adapter": "brief",
        "budget_message": {"role": "system", "content": "At most {budget}."},
        "mask_boundary": "response",
        "response": {"begin": "<think>\n", "think_open": "<think>", "think_close": "</think>",
                     "closing": "\n</think>\nAnswer:", "answer_marker": "Answer:", "answer_tokens": 5},
        "budgets": {"default": 48, "choices": [40, 48, 64]},
        "sampling": {"temperature": 1.0},
        "heads": "heads.safetensors",
        "switcher": {"pool": "last_user_turn", "chunk": 8, "ema": 0.5, "threshold": 0.5},
        "verifier": {"append": APPENDED, "mode": "adapter"},
        "chat": {"max_tokens": 12}
    })
}

/// Rows of the tiny llama's head, which is its embedding.
///
/// # Panics
/// If the model cannot be read.
pub fn head_rows(rows: &[usize], scale: f32) -> Vec<f32> {
    let golden = goldens().into_iter().find(|golden| golden.name == "tiny-llama").unwrap();
    let gguf = Gguf::open(&golden.model).unwrap();
    let info = gguf.tensor("token_embd.weight").unwrap();
    let mut all = vec![0.0; info.cols * info.rows];
    dequantize(info.dtype, gguf.bytes(info), &mut all).unwrap();
    rows.iter().flat_map(|row| all[row * HIDDEN..][..HIDDEN].iter().map(|w| w * scale).collect::<Vec<_>>()).collect()
}

/// W1, b1, w2, b2 of the switcher, and w, b of the verifier.
pub fn heads() -> [Vec<f32>; 6] {
    let b1 = (0..8).map(|unit| 0.1 * unit as f32 - 0.3).collect();
    let w2 = (0..8).map(|unit| 0.6 - 0.15 * unit as f32).collect();
    [head_rows(&UNITS, SCALE), b1, w2, vec![0.1], head_rows(&[VERIFIED], SCALE), vec![-0.2]]
}

/// A bundle of this manifest in a folder of its own.
///
/// # Panics
/// If it cannot be written.
pub fn bundle(manifest: &Value) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bundle.json"), manifest.to_string()).unwrap();
    for (to, from) in [("reasoner", "llama-qv"), ("brief", "llama-r8")] {
        shareable_adapter(&goldens_folder().join("adapters").join(from), &folder.path().join(to));
    }
    let names = ["switcher.w1", "switcher.b1", "switcher.w2", "switcher.b2", "verifier.w", "verifier.b"];
    let heads = heads();
    let views = names.iter().zip(&heads).map(|(&name, numbers)| {
        let shape = if name == "switcher.w1" { vec![8, HIDDEN] } else { vec![numbers.len()] };
        (name, TensorView::new(Dtype::F32, shape, bytemuck::cast_slice(numbers)).unwrap())
    });
    std::fs::write(folder.path().join("heads.safetensors"), safetensors::serialize(views, None).unwrap()).unwrap();
    folder
}

/// A copy of an adapter whose file says that it may read the base's KV.
fn shareable_adapter(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    let name = "adapter_model.safetensors";
    std::fs::copy(from.join(name), to.join(name)).unwrap();
    let config = std::fs::read(from.join("adapter_config.json")).unwrap();
    let mut config: Value = serde_json::from_slice(&config).unwrap();
    config["ruminate"] = json!({"kv_shareable": true});
    std::fs::write(to.join("adapter_config.json"), config.to_string()).unwrap();
}
