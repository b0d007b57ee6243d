//! GGUF adapters read back in the base's row order; others are refused by name.

use std::path::Path;

use half::bf16;
use proptest::prelude::*;

use super::tests::{config, ramp};
use super::*;
use crate::formats::blocks::quantize;
use crate::formats::gguf::{Array, GgufWriter, Value};
use crate::formats::{Dtype, Gguf};
use crate::model::{Config, Family};
use crate::{Error, Result};

fn header(architecture: &str) -> GgufWriter {
    GgufWriter::new(architecture)
        .metadata("general.type", Value::Str("adapter".into()))
        .metadata("adapter.type", Value::Str("lora".into()))
}

fn adapter() -> GgufWriter {
    header("llama")
        .metadata("adapter.lora.alpha", Value::F32(8.0))
        .metadata("general.base_model.0.name", Value::Str("Some Base".into()))
}

fn f32s(values: &[f32]) -> Vec<u8> {
    quantize(Dtype::F32, values).unwrap()
}

fn qwen2() -> Config {
    Config { family: Family::Qwen2, ..config() }
}

/// Adds a pair of F32 matrices of a rank.
fn pair(writer: GgufWriter, layer: u32, module: Module, rank: usize) -> GgufWriter {
    let (width, outputs) = module.shape(&config());
    let name = |matrix: &str| format!("blk.{layer}.{}.weight.lora_{matrix}", module.gguf_name());
    let (width, outputs) = (width as usize, outputs as usize);
    writer.tensor(&name("a"), &[width as u64, rank as u64], Dtype::F32, &f32s(&ramp(width * rank, 1))).tensor(
        &name("b"),
        &[rank as u64, outputs as u64],
        Dtype::F32,
        &f32s(&ramp(outputs * rank, 2)),
    )
}

fn read_for(bytes: Vec<u8>, config: &Config) -> Result<AdapterFile> {
    gguf_lora::read(&Gguf::from_bytes(Path::new("lora.gguf"), bytes)?, config)
}

fn read(writer: GgufWriter) -> Result<AdapterFile> {
    read_for(writer.finish(), &config())
}

fn refused(writer: GgufWriter, parts: &[&str]) {
    let error = read(writer).unwrap_err();
    assert!(matches!(error, Error::File { .. } | Error::Tensor { .. }), "{error:?}");
    let message = error.to_string();
    for part in [&["lora.gguf"], parts].concat() {
        assert!(message.contains(part), "expected {part:?} in: {message}");
    }
}

#[test]
fn every_module_reads_back_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lora.gguf");
    let all = Module::ALL.into_iter().fold(adapter(), |writer, module| pair(writer, 1, module, 4));
    all.write(&path).unwrap();
    let adapter = AdapterFile::open(&path, &config()).unwrap();
    assert_eq!(adapter.factors.keys().copied().collect::<Vec<_>>(), Module::ALL.map(|module| (1, module)));
    assert_eq!((adapter.rank, adapter.base_model.as_deref()), (4, Some("Some Base")));
    assert_eq!((adapter.path, adapter.kv_shareable, adapter.invocation_tokens), (path, false, None));
    for ((_, module), factors) in &adapter.factors {
        let (width, outputs) = module.shape(&config());
        assert_eq!((factors.rank, factors.scale), (4, 2.0));
        assert_eq!(factors.a, ramp(4 * width as usize, 1), "{module}");
        if !matches!(module, Module::Query | Module::Key) {
            assert_eq!(factors.b, ramp(4 * outputs as usize, 2), "{module}");
        }
    }
}

/// Permutes rows as llama.cpp's converter does for `llama`: (heads, 2, head_dim / 2) to (heads, head_dim / 2, 2).
fn permuted(b: &[f32], heads: usize, head_dim: usize, rank: usize) -> Vec<f32> {
    let mut out = Vec::new();
    for head in 0..heads {
        for i in 0..head_dim / 2 {
            for part in 0..2 {
                let row = head * head_dim + part * head_dim / 2 + i;
                out.extend(&b[row * rank..][..rank]);
            }
        }
    }
    out
}

#[test]
fn llama_queries_and_keys_come_back_in_the_checkpoints_order() {
    for (module, heads) in [(Module::Query, 2), (Module::Key, 1)] {
        let b = ramp(heads * 8 * 4, 5);
        let write = |architecture: &str| {
            let name = format!("blk.0.{}.weight.lora_", module.gguf_name());
            header(architecture)
                .metadata("adapter.lora.alpha", Value::F32(8.0))
                .tensor(&format!("{name}a"), &[32, 4], Dtype::F32, &f32s(&ramp(128, 1)))
                .tensor(&format!("{name}b"), &[4, heads as u64 * 8], Dtype::F32, &f32s(&permuted(&b, heads, 8, 4)))
                .finish()
        };
        assert_eq!(read_for(write("llama"), &config()).unwrap().factors[&(0, module)].b, b);
        // Qwen 2's converter does not permute.
        let stored = permuted(&b, heads, 8, 4);
        assert_eq!(read_for(write("qwen2"), &qwen2()).unwrap().factors[&(0, module)].b, stored);
    }
}

#[test]
fn all_float_types_and_blocks_are_read() {
    let (a, b) = (ramp(32 * 32, 1), ramp(96 * 32, 2));
    for dtype in [Dtype::F32, Dtype::F16, Dtype::Bf16, Dtype::Q8_0, Dtype::Q4_0] {
        let bytes = |values: &[f32]| match dtype {
            Dtype::Bf16 => values.iter().flat_map(|&v| bf16::from_f32(v).to_le_bytes()).collect(),
            _ => quantize(dtype, values).unwrap(),
        };
        let writer = adapter().tensor("blk.0.ffn_up.weight.lora_a", &[32, 32], dtype, &bytes(&a)).tensor(
            "blk.0.ffn_up.weight.lora_b",
            &[32, 96, 1],
            dtype,
            &bytes(&b),
        );
        let adapter = read(writer).unwrap();
        let factors = &adapter.factors[&(0, Module::Up)];
        let close = match dtype {
            Dtype::Q8_0 => 0.3,
            Dtype::Q4_0 => 8.0,
            _ => 0.0,
        };
        let worst = factors.a.iter().zip(&a).chain(factors.b.iter().zip(&b)).map(|(x, y)| (x - y).abs());
        assert!(worst.fold(0.0, f32::max) <= close, "{dtype}");
    }
}

#[test]
fn scales_are_alpha_over_each_pairs_rank() {
    let adapter = read(pair(pair(adapter(), 0, Module::Up, 2), 1, Module::Up, 16)).unwrap();
    assert_eq!(adapter.factors.values().map(|f| f.scale).collect::<Vec<_>>(), [4.0, 0.5]);
    assert_eq!(adapter.rank, 16);
    let zero = header("llama").metadata("adapter.lora.alpha", Value::F32(0.0));
    assert_eq!(read(pair(zero, 0, Module::Up, 2)).unwrap().factors[&(0, Module::Up)].scale, 1.0);
}

#[test]
fn invocation_tokens_imply_shareable_keys_and_values() {
    let with =
        |array| pair(adapter().metadata("adapter.alora.invocation_tokens", Value::Array(array)), 0, Module::Up, 2);
    for array in [Array::U32(vec![7, 99]), Array::I32(vec![7, 99])] {
        let adapter = read(with(array.clone())).unwrap();
        assert_eq!((adapter.kv_shareable, adapter.invocation_tokens), (true, Some(vec![7, 99])));
        let unshared = with(array).metadata("ruminate.kv_shareable", Value::Bool(false));
        assert!(!read(unshared).unwrap().kv_shareable);
    }
    let shared = pair(adapter(), 0, Module::Up, 2).metadata("ruminate.kv_shareable", Value::Bool(true));
    assert!(read(shared).unwrap().kv_shareable);
    assert_eq!(read(with(Array::U32(vec![]))).unwrap().invocation_tokens, None);
    refused(with(Array::U32(vec![100])), &["invocation token 100"]);
    refused(with(Array::I32(vec![-1])), &["adapter.alora.invocation_tokens is no list of tokens"]);
    refused(with(Array::Str(vec!["x".into()])), &["adapter.alora.invocation_tokens is no list of tokens"]);
}

#[test]
fn files_that_are_no_lora_for_this_model_are_refused() {
    let text = |value: &str| Value::Str(value.into());
    let alpha = |writer: GgufWriter| writer.metadata("adapter.lora.alpha", Value::F32(8.0));
    refused(GgufWriter::new("llama"), &["does not state that it holds an adapter"]);
    refused(GgufWriter::new("llama").metadata("general.type", text("model")), &["it holds a model, not an adapter"]);
    let adapter_only = || GgufWriter::new("llama").metadata("general.type", text("adapter"));
    refused(adapter_only(), &["adapter.type is missing"]);
    refused(adapter_only().metadata("adapter.type", text("ia3")), &["an adapter of type \"ia3\""]);
    refused(alpha(header("qwen2")), &["architecture \"qwen2\" and the model is \"llama\""]);
    refused(header("llama"), &["adapter.lora.alpha is missing"]);
    refused(header("llama").metadata("adapter.lora.alpha", Value::F32(f32::NAN)), &["alpha is NaN"]);
    refused(header("llama").metadata("adapter.lora.alpha", text("8")), &["adapter.lora.alpha is string"]);
    refused(alpha(header("llama")), &["it holds no LoRA tensors"]);
}

#[test]
fn tensors_that_do_not_fit_are_refused_by_name() {
    let with = |name: &str, shape: &[u64]| {
        let count = shape.iter().product::<u64>() as usize;
        pair(adapter(), 0, Module::Up, 4).tensor(name, shape, Dtype::F32, &f32s(&ramp(count, 0)))
    };
    for (name, shape, part) in [
        ("token_embd.weight.lora_a", &[32, 4][..], "embedding or head"),
        ("output.weight.lora_a", &[32, 4], "embedding or head"),
        ("blk.0.attn_norm.weight", &[32], "not known"),
        ("blk.0.attn_q.bias.lora_a", &[32, 4], "not known"),
        ("blk.00.attn_q.weight.lora_a", &[32, 4], "not known"),
        ("blk.2.attn_q.weight.lora_a", &[32, 4], "layer 2 but the model has 2"),
        ("blk.1.attn_q.weight.lora_a", &[32, 4], "the other matrix of its pair"),
        ("blk.1.attn_q.weight.lora_a", &[4, 32], "\"Some Base\""),
        ("blk.1.attn_q.weight.lora_a", &[32, 257], "its rank is 257"),
        ("blk.1.attn_q.weight.lora_a", &[32, 2, 2], "not a matrix's"),
    ] {
        refused(with(name, shape), &[name, part]);
    }
    let uneven = with("blk.1.attn_q.weight.lora_a", &[32, 4]);
    let uneven = uneven.tensor("blk.1.attn_q.weight.lora_b", &[2, 16], Dtype::F32, &f32s(&ramp(32, 0)));
    refused(uneven, &["blk.1.attn_q.weight.lora_b", "its rank is 2 but"]);
    let kind = adapter().tensor("blk.1.attn_q.weight.lora_a", &[32, 4], Dtype::F64, &[0; 1024]);
    refused(kind, &["blk.1.attn_q.weight.lora_a", "F64 is not supported", "BF16"]);
    let infinite = adapter().tensor("blk.1.attn_q.weight.lora_a", &[32, 1], Dtype::F32, &f32s(&[f32::INFINITY; 32]));
    refused(infinite, &["blk.1.attn_q.weight.lora_a", "number 0 of 32 is inf"]);
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let whole = pair(adapter(), 0, Module::Query, 4).finish();
    for length in 0..whole.len() {
        assert!(read_for(whole[..length].to_vec(), &config()).is_err(), "cut to {length}");
    }
    assert!(read_for(whole, &config()).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn flipped_bytes_never_panic(flips in prop::collection::vec((0usize..400, any::<u8>()), 1..5)) {
        let mut bytes = pair(adapter(), 0, Module::Query, 4).finish();
        for (at, byte) in flips {
            bytes[at] = byte;
        }
        let _either = read_for(bytes, &config());
    }
}
