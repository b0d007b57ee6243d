//! Real tokenizers, templates and weights against independent sources. The files come from `cargo xtask test`.

// The lints know test functions, not their helpers.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use ruminate::formats::blocks::{Run, dequantize, pack_rows};
use ruminate::formats::{Dtype, Gguf, Packed, RowOrder};
use ruminate::text::{ChatTemplate, Message, Role, Special, Tokenizer};

/// Opens a file of the test assets.
fn asset(name: &str) -> Gguf {
    let folder = std::env::var_os("RUMINATE_TEST_ASSETS").map(PathBuf::from);
    let path = folder.map(|folder| folder.join(name)).filter(|path| path.exists());
    let path = path.unwrap_or_else(|| {
        panic!("{name} is not in the folder named by RUMINATE_TEST_ASSETS: run the tests with `cargo xtask test`, which fetches it")
    });
    Gguf::open(&path).unwrap()
}

const SMOLLM2: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";

/// The texts and ids of llama.cpp's vectors.
fn vectors(ids: &str) -> Vec<(&'static str, Vec<u32>)> {
    let texts = include_str!("data/ggml-vocab.gguf.inp").split("\n__ggml_vocab_test__\n");
    let ids = ids.lines().map(|line| line.split_whitespace().map(|id| id.parse().unwrap()).collect());
    let vectors: Vec<_> = texts.zip(ids).collect();
    assert!(vectors.len() >= 45, "{} vectors", vectors.len());
    vectors
}

fn check(tokenizer: &Tokenizer, text: &str, ids: &[u32]) {
    assert_eq!(tokenizer.encode(text, false).unwrap(), ids, "{text:?}");
    assert_eq!(tokenizer.decode(ids), text);
    let mut stream = tokenizer.stream(Special::Show);
    let streamed: String = ids.iter().map(|&id| stream.push(id)).collect();
    assert_eq!(streamed + &stream.finish(), text);
}

#[test]
fn qwen2_agrees_with_llama_cpp() {
    let tokenizer = Tokenizer::from_gguf(&asset("ggml-vocab-qwen2.gguf")).unwrap();
    for (text, ids) in vectors(include_str!("data/ggml-vocab-qwen2.gguf.out")) {
        check(&tokenizer, text, &ids);
    }
    let [start, end] = ["<|im_start|>", "<|im_end|>"].map(|name| tokenizer.id(name).unwrap());
    assert_eq!((start, end), (151_644, 151_645));
    assert_eq!(tokenizer.end_ids(), [151_643, 151_645]);
    // The family composes characters first: e and a combining acute are one é.
    assert_eq!(tokenizer.encode("e\u{301}", false).unwrap(), tokenizer.encode("é", false).unwrap());
}

#[test]
fn gpt2_agrees_with_llama_cpp() {
    let tokenizer = Tokenizer::from_gguf(&asset("ggml-vocab-gpt-2.gguf")).unwrap();
    for (text, ids) in vectors(include_str!("data/ggml-vocab-gpt-2.gguf.out")) {
        check(&tokenizer, text, &ids);
    }
}

#[derive(serde::Deserialize)]
struct Golden {
    plain: Vec<Case>,
    parse_special: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    text: String,
    ids: Vec<u32>,
}

#[test]
fn smollm2_agrees_with_llama_cpp() {
    let golden: Golden = serde_json::from_str(include_str!("data/smollm2.json")).unwrap();
    let tokenizer = Tokenizer::from_gguf(&asset(SMOLLM2)).unwrap();
    for case in &golden.plain {
        check(&tokenizer, &case.text, &case.ids);
    }
    for case in &golden.parse_special {
        assert_eq!(tokenizer.encode(&case.text, true).unwrap(), case.ids, "{:?}", case.text);
    }
    assert_eq!((tokenizer.bos(), tokenizer.eos(), tokenizer.add_bos()), (Some(1), Some(2), false));
    assert_eq!(tokenizer.end_ids(), [0, 2]);
    assert_eq!(tokenizer.len(), 49_152);
}

#[test]
fn special_tokens_are_skipped_or_shown() {
    let tokenizer = Tokenizer::from_gguf(&asset(SMOLLM2)).unwrap();
    let ids = tokenizer.encode("<|im_start|>user\nHi<|im_end|>", true).unwrap();
    assert_eq!(tokenizer.decode(&ids), "user\nHi");
    let mut stream = tokenizer.stream(Special::Show);
    let shown: String = ids.iter().map(|&id| stream.push(id)).collect();
    assert_eq!(shown, "<|im_start|>user\nHi<|im_end|>");
    // What a user types is never a control token.
    let typed = tokenizer.encode("<|im_end|>", false).unwrap();
    assert!(typed.len() > 1 && !typed.iter().any(|&id| tokenizer.is_special(id)));
    assert_eq!(tokenizer.bytes(1), Some(&b"<|im_start|>"[..]));
    assert_eq!(tokenizer.bytes(tokenizer.id("Ġthe").unwrap()), Some(&b" the"[..]));
}

#[test]
fn the_tokenizer_loads_fast_and_long_texts_do_not_hang() {
    let gguf = asset(SMOLLM2);
    let start = Instant::now();
    let tokenizer = Tokenizer::from_gguf(&gguf).unwrap();
    let loading = start.elapsed();
    println!("loaded in {loading:?}");
    assert!(loading < Duration::from_secs(5), "{loading:?}");
    for text in [" ".repeat(1 << 16), "a".repeat(1 << 14), "word 42\n".repeat(1 << 12)] {
        let start = Instant::now();
        if let Ok(ids) = tokenizer.encode(&text, false) {
            assert_eq!(tokenizer.decode(&ids), text);
        }
        println!("{} bytes in {:?}", text.len(), start.elapsed());
        assert!(start.elapsed() < Duration::from_secs(20));
    }
}

#[test]
fn smollm2s_template_renders_as_in_transformers() {
    let gguf = asset(SMOLLM2);
    let template = ChatTemplate::from_gguf(&gguf).unwrap();
    assert!(!template.is_fallback());
    let hi = Message::new(Role::User, "Hi");
    let expected = "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n\
        <|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n";
    assert_eq!(template.render(std::slice::from_ref(&hi), true).unwrap(), expected);
    let messages = [Message::new(Role::System, "Be brief."), hi, Message::new(Role::Assistant, "Hello!")];
    let expected = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n\
        <|im_start|>assistant\nHello!<|im_end|>\n";
    assert_eq!(template.render(&messages, false).unwrap(), expected);
}

#[test]
fn real_weights_pack_without_loss() {
    let gguf = asset(SMOLLM2);
    assert_eq!(gguf.tensors().len(), 272);
    for (name, dtype, rows, cols) in
        [("blk.0.attn_q.weight", Dtype::Q4_1, 576, 576), ("token_embd.weight", Dtype::Q8_0, 49_152, 576)]
    {
        let info = gguf.tensor(name).unwrap();
        assert_eq!((info.dtype, info.rows, info.cols), (dtype, rows, cols));
        let encoding = gguf.encoding(info).unwrap();
        let whole = Run { dtype, cols, rows: 0..rows, order: RowOrder::AsStored };
        for run in whole.split(1 << 20) {
            let (quants, scales) = run.words().unwrap();
            let mut part =
                Packed { encoding, rows: run.rows.len(), cols, quants: vec![0; quants], scales: vec![0; scales] };
            pack_rows(&run, gguf.bytes(info), &mut part.quants, &mut part.scales).unwrap();
            let bytes = &gguf.bytes(info)[run.rows.start * info.row_size()..run.rows.end * info.row_size()];
            let mut expected = vec![0.0; run.rows.len() * cols];
            dequantize(dtype, bytes, &mut expected).unwrap();
            assert!(part.dequantize() == expected, "{name} rows {:?}", run.rows);
        }
        gguf.release(info);
    }
}
