//! PEFT folders that are no plain LoRA, belong elsewhere or are damaged: a typed error that names the place, no panic.

use proptest::prelude::*;
use safetensors::Dtype as Kind;
use serde_json::json;

use super::tests::{Folder, config, f32s, key, ramp};
use super::*;
use crate::Error;

/// The error's message; it must name the file and hold `parts`, and an [`Error::Tensor`] must come exactly if `tensor`.
fn refused(folder: &Folder, tensor: bool, parts: &[&str]) {
    let error = folder.open().unwrap_err();
    let message = error.to_string();
    assert_eq!(matches!(error, Error::Tensor { .. }), tensor, "{message}");
    assert!(tensor || matches!(error, Error::File { .. }), "{message}");
    assert!(message.contains(if tensor { peft::WEIGHTS } else { "adapter_" }), "{message}");
    for part in parts {
        assert!(message.contains(part), "expected {part:?} in: {message}");
    }
}

#[test]
fn settings_beyond_plain_lora_are_refused_by_name() {
    for (name, value) in [
        ("use_dora", json!(true)),
        ("lora_bias", json!(true)),
        ("modules_to_save", json!(["lm_head"])),
        ("trainable_token_indices", json!([1, 2])),
        ("trainable_token_indices", json!({"embed_tokens": [1]})),
        ("layer_replication", json!([[0, 2], [1, 2]])),
        ("fan_in_fan_out", json!(true)),
        ("target_parameters", json!(["mlp.experts.down_proj"])),
        ("use_qalora", json!(true)),
        ("use_bdlora", json!({"nblocks": 2})),
        ("arrow_config", json!({"top_k": 3})),
        ("megatron_config", json!({"a": 1})),
        ("use_tomorrows_lora", json!(true)),
        ("tomorrows_config", json!({"a": 1})),
        ("bias", json!("all")),
        ("bias", json!("lora_only")),
        ("invocation_string", json!("<|start|>")),
        ("peft_type", json!("IA3")),
        ("init_lora_weights", json!("pissa")),
        ("init_lora_weights", json!("pissa_niter_16")),
        ("init_lora_weights", json!("olora")),
        ("init_lora_weights", json!("corda")),
        ("init_lora_weights", json!("lora_ga")),
        ("target_modules", json!(["q_proj", "lm_head"])),
        ("target_modules", json!(["model.embed_tokens"])),
        ("target_modules", json!(["c_attn"])),
        ("target_modules", json!("lm_head")),
    ] {
        refused(&Folder::sample().set(name, value), false, &["adapter_config.json", name]);
    }
}

#[test]
fn missing_and_mistyped_settings_are_refused() {
    for name in ["peft_type", "r", "lora_alpha"] {
        refused(&Folder::sample().without(name), false, &[&format!("{name} is missing")]);
    }
    for (name, value) in [
        ("r", json!("four")),
        ("r", json!(-1)),
        ("lora_alpha", json!([8])),
        ("use_rslora", json!("yes")),
        ("rank_pattern", json!([4])),
        ("rank_pattern", json!({"q_proj": "x"})),
        ("alora_invocation_tokens", json!([-1])),
        ("ruminate", json!({"kv_shareable": "yes"})),
        ("target_modules", json!(3)),
    ] {
        refused(&Folder::sample().set(name, value), false, &["it is no PEFT configuration"]);
    }
    refused(
        &Folder::sample().set("lora_alpha", json!(1e300)),
        false,
        &["the alpha of model.layers.0.self_attn.q_proj"],
    );
    let far = Folder::sample().set("alora_invocation_tokens", json!([1, 100]));
    refused(&far, false, &["invocation token 100 is not among the model's 100"]);
}

#[test]
fn patterns_that_cannot_be_matched_are_refused_by_name() {
    for name in ["rank_pattern", "alpha_pattern"] {
        refused(&Folder::sample().set(name, json!({"(q_proj": 2})), false, &[name, "(q_proj"]);
    }
}

#[test]
fn tensors_without_a_place_are_refused_by_name() {
    let layer = "base_model.model.model.layers.0";
    for (name, part) in [
        ("base_model.model.model.embed_tokens.lora_embedding_A".to_owned(), "embedding"),
        ("base_model.model.lm_head.lora_A.weight".to_owned(), "head"),
        ("base_model.model.lm_head.weight".to_owned(), "head"),
        (format!("{layer}.self_attn.q_proj.lora_magnitude_vector"), "DoRA"),
        (format!("{layer}.self_attn.q_proj.lora_B.bias"), "lora_bias"),
        (format!("{layer}.self_attn.q_proj.base_layer.weight"), "base model"),
        (format!("{layer}.self_attn.q_proj.lora_A.other.weight"), "not known"),
        (format!("{layer}.mlp.q_proj.lora_A.weight"), "not known"),
        (format!("{layer}.self_attn.rotary.lora_A.weight"), "not known"),
        ("base_model.model.model.layers.+1.self_attn.q_proj.lora_A.weight".to_owned(), "not known"),
        ("base_model.model.model.layers.01.self_attn.q_proj.lora_A.weight".to_owned(), "not known"),
        ("model.layers.0.self_attn.q_proj.lora_A.weight".to_owned(), "not known"),
        (String::new(), "not known"),
    ] {
        refused(&Folder::sample().tensor(&name, f32s([4, 32], &ramp(128, 0))), true, &[&name, part]);
    }
}

#[test]
fn shapes_of_another_base_name_that_base() {
    let query = |matrix| key(0, Module::Query, matrix);
    let wrong = Folder::sample().tensor(&query("A"), f32s([4, 64], &ramp(256, 0)));
    refused(&wrong, true, &["lora_A", "[4, 64], the model asks for [rank, 32]", "\"some/base\""]);
    let wrong = Folder::sample().tensor(&query("B"), f32s([32, 4], &ramp(128, 0)));
    refused(&wrong, true, &["lora_B", "[32, 4], the model asks for [16, rank]", "\"some/base\""]);
    let far = Folder::of(&[(2, Module::Query)]);
    refused(&far, true, &["it belongs to layer 2 but the model has 2", "\"some/base\""]);
    refused(&far.without("base_model_name_or_path"), true, &["which it does not name"]);
    let vector = Folder::sample().tensor(&query("A"), (Kind::F32, vec![128], vec![0; 512]));
    refused(&vector, true, &["[128], not a matrix's"]);
}

#[test]
fn ranks_out_of_range_or_in_disagreement_are_refused() {
    refused(&Folder::of(&[]).pair(0, Module::Query, 0), true, &["its rank is 0", "1 to 256"]);
    refused(&Folder::of(&[]).pair(0, Module::Query, 257), true, &["its rank is 257", "1 to 256"]);
    assert_eq!(Folder::of(&[]).pair(0, Module::Query, 256).set("r", json!(256)).open().unwrap().rank, 256);
    refused(&Folder::sample().set("r", json!(8)), true, &["its rank is 4 but adapter_config.json states 8"]);
    refused(&Folder::sample().set("rank_pattern", json!({"q_proj": 2})), true, &["q_proj", "states 2"]);
    let uneven = Folder::sample().tensor(&key(0, Module::Query, "B"), f32s([16, 8], &ramp(128, 0)));
    refused(&uneven, true, &["lora_B", "its rank is 8 but", "has 4"]);
}

#[test]
fn lone_twofold_and_absent_matrices_are_refused() {
    for (present, absent) in [("A", "B"), ("B", "A")] {
        let mut folder = Folder::sample();
        folder.tensors.remove(&key(0, Module::Query, absent)).unwrap();
        refused(&folder, true, &[&key(0, Module::Query, present), "the other matrix of its pair"]);
    }
    let again = key(0, Module::Query, "A").replace(".weight", ".default.weight");
    refused(&Folder::sample().tensor(&again, f32s([4, 32], &ramp(128, 0))), true, &["it says again what"]);
    refused(&Folder::of(&[]), false, &["it holds no LoRA tensors"]);
}

#[test]
fn values_and_types_that_cannot_be_used_are_refused() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut values = ramp(128, 0);
        values[77] = bad;
        let folder = Folder::sample().tensor(&key(0, Module::Query, "A"), f32s([4, 32], &values));
        refused(&folder, true, &["lora_A", &format!("number 77 of 128 is {bad}")]);
    }
    let integers = (Kind::I8, vec![4, 32], vec![0; 128]);
    refused(&Folder::sample().tensor(&key(0, Module::Query, "A"), integers), true, &["its type is I8", "F32, F16"]);
}

#[test]
fn missing_files_and_strangers_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str| AdapterFile::open(&folder.path().join(name), &config()).unwrap_err().to_string();
    assert!(open("").contains("adapter_config.json: it cannot be read"));
    assert!(open("none.gguf").contains("it cannot be read"));
    for content in [&b""[..], b"GG", b"PK\x03\x04 and more"] {
        std::fs::write(folder.path().join("stranger"), content).unwrap();
        assert!(open("stranger").contains("neither a PEFT folder nor a GGUF file"));
    }
    Folder::sample().write(folder.path());
    std::fs::remove_file(folder.path().join(peft::WEIGHTS)).unwrap();
    assert!(open("").contains("adapter_model.safetensors: it cannot be read"));
    std::fs::write(folder.path().join("adapter_model.bin"), "x").unwrap();
    assert!(open("").contains("safe_serialization=True"));
}

/// Opens the sample with other weights.
fn with_weights(weights: &[u8]) -> crate::Result<AdapterFile> {
    let folder = tempfile::tempdir().unwrap();
    Folder::sample().write(folder.path());
    std::fs::write(folder.path().join(peft::WEIGHTS), weights).unwrap();
    AdapterFile::open(folder.path(), &config())
}

/// Opens the sample with another configuration.
fn with_config(text: &[u8]) -> crate::Result<AdapterFile> {
    let folder = tempfile::tempdir().unwrap();
    Folder::sample().write(folder.path());
    std::fs::write(folder.path().join(peft::CONFIG), text).unwrap();
    AdapterFile::open(folder.path(), &config())
}

#[test]
fn files_cut_anywhere_are_refused() {
    let weights = Folder::sample().weights();
    for length in (0..weights.len()).filter(|length| length % 61 == 0 || *length < 600) {
        assert!(with_weights(&weights[..length]).is_err(), "weights cut to {length}");
    }
    assert!(with_weights(&[weights, vec![0]].concat()).is_err(), "a byte too many");
    let text = Folder::sample().config.to_string();
    for length in 0..text.len() {
        assert!(with_config(&text.as_bytes()[..length]).is_err(), "configuration cut to {length}");
    }
}

/// A safetensors file with this header and `data` zeros.
fn with_header(header: &str, data: usize) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &vec![0; data]].concat()
}

#[test]
fn offsets_whose_sum_overflows_are_refused() {
    // The most bytes whose bits fit a u64: eight such tensors end eight bytes before the last address.
    let size = (1u64 << 61) - 1;
    let member = |i: u64| {
        format!(r#""t{i}":{{"dtype":"U8","shape":[{size}],"data_offsets":[{},{}]}}"#, i * size, (i + 1) * size)
    };
    let members: Vec<_> = (0..8).map(member).collect();
    let error = with_weights(&with_header(&format!("{{{}}}", members.join(",")), 6)).unwrap_err();
    assert!(error.to_string().contains("tensor t0: its bytes reach past the end"), "{error}");
}

#[test]
fn headers_that_lie_are_refused() {
    for header in [
        "",
        "[]",
        "{",
        r#"{"t":{}}"#,
        r#"{"t":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
        r#"{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
        r#"{"t":{"dtype":"F32","shape":[18446744073709551615,2],"data_offsets":[0,4]}}"#,
        r#"{"t":{"dtype":"F4","shape":[1],"data_offsets":[0,4]}}"#,
        r#"{"__metadata__":{"a":1}}"#,
        &"[".repeat(100_000),
    ] {
        assert!(with_weights(&with_header(header, 4)).is_err(), "{header:.60}");
    }
    assert!(with_weights(&u64::MAX.to_le_bytes()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn flipped_bytes_never_panic(flips in prop::collection::vec((0usize..1200, any::<u8>()), 1..6)) {
        let mut weights = Folder::sample().weights();
        for (at, byte) in flips {
            weights[at] = byte;
        }
        let _either = with_weights(&weights);
    }

    #[test]
    fn flipped_settings_never_panic(flips in prop::collection::vec((any::<prop::sample::Index>(), 32u8..127), 1..4)) {
        let mut text = Folder::sample().config.to_string().into_bytes();
        for (at, byte) in flips {
            let at = at.index(text.len());
            text[at] = byte;
        }
        let _either = with_config(&text);
    }
}
