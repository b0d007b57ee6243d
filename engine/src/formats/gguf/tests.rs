//! Well-formed files read back, and what a caller asks wrongly is answered with a typed error.

use std::path::Path;

use super::*;
use crate::formats::blocks::quantize;

fn ramp(count: usize) -> Vec<f32> {
    (0..count).map(|i| i as f32 / 8.0 - 4.0).collect()
}

/// A file with every metadata type and a few tensors.
pub(super) fn sample() -> Vec<u8> {
    GgufWriter::new("llama")
        .metadata("a.u8", Value::U8(7))
        .metadata("a.i8", Value::I8(-7))
        .metadata("a.u16", Value::U16(500))
        .metadata("a.i16", Value::I16(-500))
        .metadata("a.u32", Value::U32(70_000))
        .metadata("a.i32", Value::I32(-70_000))
        .metadata("a.u64", Value::U64(1 << 40))
        .metadata("a.i64", Value::I64(-1))
        .metadata("a.f32", Value::F32(1.5))
        .metadata("a.f64", Value::F64(0.25))
        .metadata("a.bool", Value::Bool(true))
        .metadata("a.str", Value::Str("ümlaut".to_owned()))
        .metadata("a.strings", Value::Array(Array::Str(vec!["x".to_owned(), String::new()])))
        .metadata("a.ints", Value::Array(Array::I32(vec![1, -2, 3])))
        .metadata("a.floats", Value::Array(Array::F32(vec![0.5])))
        .metadata("a.bools", Value::Array(Array::Bool(vec![true, false])))
        .metadata("a.empty", Value::Array(Array::U64(vec![])))
        .tensor("norm", &[32], Dtype::F32, &quantize(Dtype::F32, &ramp(32)).unwrap())
        .tensor("w", &[64, 3], Dtype::Q4_1, &quantize(Dtype::Q4_1, &ramp(192)).unwrap())
        .tensor("k", &[256, 1, 2], Dtype::Q6K, &[0; 420])
        .finish()
}

fn open(bytes: Vec<u8>) -> Result<Gguf> {
    Gguf::from_bytes(Path::new("sample.gguf"), bytes)
}

#[test]
fn metadata_reads_back_by_type() {
    let gguf = open(sample()).unwrap();
    assert_eq!(gguf.str("general.architecture").unwrap(), "llama");
    assert_eq!(gguf.u32("a.u8").unwrap(), 7);
    assert_eq!(gguf.u32("a.u32").unwrap(), 70_000);
    assert_eq!(gguf.get::<u64>("a.u64").unwrap(), 1 << 40);
    assert_eq!((gguf.f32("a.f32").unwrap(), gguf.f32("a.f64").unwrap()), (1.5, 0.25));
    assert!(gguf.bool("a.bool").unwrap());
    assert_eq!(gguf.str("a.str").unwrap(), "ümlaut");
    assert_eq!(gguf.strings("a.strings").unwrap(), ["x", ""]);
    assert_eq!(gguf.get::<&[i32]>("a.ints").unwrap(), [1, -2, 3]);
    assert_eq!(gguf.get::<&[f32]>("a.floats").unwrap(), [0.5]);
    assert_eq!(gguf.metadata("a.bools"), Some(&Value::Array(Array::Bool(vec![true, false]))));
    assert_eq!(gguf.metadata("a.empty"), Some(&Value::Array(Array::U64(vec![]))));
    assert_eq!(gguf.find::<u32>("a.none").unwrap(), None);
}

#[test]
fn wrong_questions_name_the_key() {
    let gguf = open(sample()).unwrap();
    let message = gguf.u32("llama.block_count").unwrap_err().to_string();
    assert!(message.contains("sample.gguf: metadata key llama.block_count is missing"), "{message}");
    let message = gguf.u32("a.i64").unwrap_err().to_string();
    assert!(message.contains("a.i64 is i64 and not a whole number that fits 32 bits"), "{message}");
    assert!(gguf.u32("a.u64").is_err());
    assert!(gguf.str("a.strings").is_err());
    assert!(gguf.find::<bool>("a.str").is_err());
}

#[test]
fn tensors_are_found_with_their_shape_and_bytes() {
    let gguf = open(sample()).unwrap();
    let norm = gguf.tensor("norm").unwrap();
    assert_eq!((norm.rows, norm.cols, norm.size()), (1, 32, 128));
    assert_eq!(gguf.bytes(norm), quantize(Dtype::F32, &ramp(32)).unwrap());
    let w = gguf.tensor("w").unwrap();
    assert_eq!((w.rows, w.cols, w.dtype, w.row_size()), (3, 64, Dtype::Q4_1, 40));
    assert_eq!(gguf.bytes(w), quantize(Dtype::Q4_1, &ramp(192)).unwrap());
    assert_eq!(gguf.encoding(w).unwrap(), Encoding::W4 { min: true });
    let names: Vec<_> = gguf.tensors().iter().map(|info| info.name.as_str()).collect();
    assert_eq!(names, ["norm", "w", "k"]);
}

#[test]
fn tensors_that_cannot_be_used_are_named() {
    let gguf = open(sample()).unwrap();
    let message = gguf.tensor("output.weight").unwrap_err().to_string();
    assert!(message.contains("tensor output.weight: it is missing"), "{message}");
    let k = gguf.tensor("k").unwrap();
    assert_eq!((k.rows, k.cols), (2, 256));
    let message = gguf.encoding(k).unwrap_err().to_string();
    assert!(message.contains("tensor k: Q6_K is not supported yet; supported: F32"), "{message}");
}

#[test]
fn a_mapped_tensor_reads_the_same_after_its_pages_were_released() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("big.gguf");
    let weights = vec![7u8; 1 << 20];
    GgufWriter::new("llama")
        .tensor("first", &[1 << 18], Dtype::F32, &weights)
        .tensor("second", &[8, 2], Dtype::F32, &[9; 64])
        .write(&path)
        .unwrap();
    let gguf = Gguf::open(&path).unwrap();
    let first = gguf.tensor("first").unwrap();
    assert_eq!(gguf.bytes(first), weights);
    gguf.release(first);
    assert_eq!(gguf.bytes(first), weights);
    assert_eq!(gguf.bytes(gguf.tensor("second").unwrap()), [9; 64]);
}

#[test]
fn a_missing_file_says_so() {
    let message = Gguf::open(Path::new("/no/such/model.gguf")).unwrap_err().to_string();
    assert!(message.starts_with("/no/such/model.gguf: it cannot be read"), "{message}");
}

#[test]
fn headers_are_read_from_a_beginning_that_holds_them() {
    let bytes = sample();
    let whole = open(bytes.clone()).unwrap();
    let end = whole.tensors().iter().map(|info| info.start).min().unwrap();
    for length in 0..=bytes.len() {
        match parse::parse(Path::new("sample.gguf"), &bytes[..length], bytes.len()).unwrap() {
            Some(headers) => {
                assert_eq!((headers.metadata, headers.tensors), (whole.metadata.clone(), whole.tensors.clone()))
            }
            None => assert!(length < end, "{length} of {end}"),
        }
    }
    // The file itself may be shorter than its headers.
    assert!(parse::parse(Path::new("sample.gguf"), &bytes[..40], 40).is_err());
}

#[test]
fn tensors_elsewhere_are_read_by_their_place() {
    let there = open(sample()).unwrap();
    let here = pollster::block_on(Gguf::fetch(Path::new("there.gguf"), &there, sample().len())).unwrap();
    let info = here.tensor("w").unwrap();
    assert!(here.bytes(info).is_empty());
    let row = pollster::block_on(there.read(info.place(1..2))).unwrap();
    assert_eq!(*row, there.bytes(info)[40..80]);
    assert!(pollster::block_on(here.read(info.place(0..1))).unwrap_err().to_string().contains("there.gguf"));
}
