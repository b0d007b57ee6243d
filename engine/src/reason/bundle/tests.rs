use super::*;
use crate::adapter::tests::config;
use crate::model::Family;
use proptest::prelude::*;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};
use tempfile::TempDir;

const HIDDEN: usize = 32;

fn sample() -> Value {
    json!({
        "format": "ruminate-bundle", "version": 1, "name": "tiny-reasoner", "license": "Apache-2.0",
        "base": {"name": "Tiny", "file": "tiny.gguf", "architecture": "llama", "hidden_size": HIDDEN, "layers": 2,
                 "vocab_size": 100},
        "adapters": {
            "reasoner": {"path": "reasoner", "kv_shareable": true, "training": "sft"},
            "brief": {"path": "sub/brief", "kv_shareable": true, "budget_stated": true, "budgets": [96, 192]}},
        "default_adapter": "brief",
        "budget_message": {"role": "system", "content": "Think and answer in at most {budget} tokens."},
        "mask_boundary": "response",
        "response": {"begin": "<think>\n", "think_open": "<think>", "think_close": "</think>",
                     "closing": "\n</think>\nAnswer:", "answer_marker": "Answer:", "answer_tokens": 12,
                     "soft_warning": null},
        "budgets": {"default": 192, "choices": [96, 128, 192, 256]},
        "sampling": {"temperature": 0.7},
        "heads": "heads.safetensors",
        "switcher": {"pool": "last_user_turn", "chunk": 128, "ema": 0.5, "threshold": 0.5,
                     "thresholds": [{"threshold": 0.3, "routed": 0.6, "accuracy": 0.4}]},
        "verifier": {"append": "<|im_end|>\nRight?", "mode": "adapter"},
        "chat": {"max_tokens": 256},
        "training": {"commit": "abc"}, "later": [1, 2]
    })
}

/// The manifest of a sound bundle.
pub fn manifest() -> Manifest {
    serde_json::from_value(sample()).unwrap()
}

type Tensor = (&'static str, Vec<usize>, Vec<f32>);

fn heads() -> Vec<Tensor> {
    let ramp = |n: usize| (0..n).map(|i| i as f32 / n as f32).collect::<Vec<_>>();
    vec![
        ("switcher.w1", vec![8, HIDDEN], ramp(8 * HIDDEN)),
        ("switcher.b1", vec![8], ramp(8)),
        ("switcher.w2", vec![8], ramp(8)),
        ("switcher.b2", vec![1], vec![-0.5]),
        ("verifier.w", vec![HIDDEN], ramp(HIDDEN)),
        ("verifier.b", vec![1], vec![0.25]),
        ("later.w", vec![2], vec![0.0, f32::NAN]),
    ]
}

fn write(manifest: &Value, heads: &[Tensor], dtype: Dtype) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("sub/brief")).unwrap();
    std::fs::create_dir(folder.path().join("reasoner")).unwrap();
    std::fs::write(folder.path().join(MANIFEST), manifest.to_string()).unwrap();
    let views = heads.iter().map(|(name, shape, numbers)| {
        let size = if dtype == Dtype::F32 { 4 } else { 2 };
        let bytes = &bytemuck::cast_slice(numbers)[..numbers.len() * size];
        (*name, TensorView::new(dtype, shape.clone(), bytes).unwrap())
    });
    std::fs::write(folder.path().join("heads.safetensors"), safetensors::serialize(views, None).unwrap()).unwrap();
    folder
}

fn refused(manifest: &Value) -> String {
    let folder = write(manifest, &heads(), Dtype::F32);
    let error = Bundle::open(folder.path()).unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, Error::File { .. }) && message.contains(MANIFEST), "{message}");
    message
}

#[test]
fn a_sound_bundle_is_read() {
    let folder = write(&sample(), &heads(), Dtype::F32);
    for path in [folder.path().to_owned(), folder.path().join(MANIFEST)] {
        let bundle = Bundle::open(&path).unwrap();
        assert_eq!(bundle.manifest, manifest());
        assert_eq!(bundle.heads.switcher.w1[HIDDEN], 0.125);
        assert_eq!((bundle.heads.switcher.b2, bundle.heads.verifier.b), (-0.5, 0.25));
        assert!(bundle.adapter_folder(None).unwrap().ends_with("sub/brief"));
        assert!(bundle.adapter_folder(Some("nix")).unwrap_err().to_string().contains("brief, reasoner"));
        assert!(bundle.sampling(1, 7).is_greedy());
        let warm = Sampling { temperature: 0.7, top_k: 0, top_p: 1.0, min_p: 0.0, seed: 7 };
        assert_eq!(bundle.sampling(2, 7), warm);
    }
    assert!(Bundle::open(Path::new("no/such/folder")).unwrap_err().to_string().contains(MANIFEST));
}

/// Sets the value at a path like `/response/closing`.
fn set(path: &str, value: Value) -> Value {
    let mut manifest = sample();
    let (parent, key) = path.rsplit_once('/').unwrap();
    manifest.pointer_mut(parent).unwrap()[key] = value;
    manifest
}

#[test]
fn fields_that_make_no_sense_are_named() {
    for (path, value) in [
        ("/format", json!("gguf")),
        ("/version", json!(2)),
        ("/base/sha256", json!("ABC")),
        ("/base/file", json!("../tiny.gguf")),
        ("/base/file", json!("a/tiny.gguf")),
        ("/base/hidden_size", json!(0)),
        ("/base/hidden_size", json!(4294967295u32)),
        ("/base/layers", json!(-1)),
        ("/heads", json!("/etc/passwd")),
        ("/heads", json!("")),
        ("/adapters/brief/path", json!("../brief")),
        ("/adapters/brief/path", json!("sub/../../brief")),
        ("/adapters/brief/path", json!("sub\\..\\brief")),
        ("/adapters/brief/path", json!("c:brief")),
        ("/adapters/brief/path", json!(".")),
        ("/adapters/brief/path", json!("no-such-folder")),
        ("/adapters/brief/budgets", json!(["many"])),
        ("/default_adapter", json!("nix")),
        ("/budget_message", json!(null)),
        ("/budget_message/content", json!("Be brief.")),
        ("/budget_message/role", json!("teacher")),
        ("/mask_boundary", json!("prompt")),
        ("/response/begin", json!("")),
        ("/response/begin", json!("Well")),
        ("/response/begin", json!("<think></think>")),
        ("/response/closing", json!(" ")),
        ("/response/closing", json!("\nAnswer:")),
        ("/response/closing", json!("Answer:</think>")),
        ("/response/answer_marker", json!("\n")),
        ("/response/answer_tokens", json!(0)),
        ("/response/answer_tokens", json!(1e9)),
        ("/response/soft_warning", json!({"tokens_left": 0, "text": "Hurry."})),
        ("/response/soft_warning", json!({"tokens_left": 9, "text": ""})),
        ("/budgets/default", json!(13)),
        ("/budgets/default", json!(4294967295u32)),
        ("/budgets/choices", json!([96, 5])),
        ("/budgets/choices", json!([128, 96])),
        ("/sampling/temperature", json!(-1)),
        ("/sampling/top_p", json!(7)),
        ("/switcher/pool", json!("everything")),
        ("/switcher/chunk", json!(0)),
        ("/switcher/ema", json!(1.0)),
        ("/switcher/threshold", json!(1.5)),
        ("/switcher/thresholds", json!([{"threshold": -1, "routed": 0, "accuracy": 0}])),
        ("/verifier/append", json!("")),
        ("/verifier/mode", json!("oracle")),
        ("/chat/max_tokens", json!(0)),
        ("/name", json!(null)),
    ] {
        let said = refused(&set(path, value.clone()));
        let field = path[1..].replace('/', ".");
        let (_, last) = path.rsplit_once('/').unwrap();
        assert!(said.contains(&format!("field {field}")) || said.contains(last), "{path} {value}: {said}");
    }
    let said = refused(&set("/adapters", json!({"base": {"path": "reasoner", "kv_shareable": true}})));
    assert!(said.contains("\"base\" cannot name an adapter"), "{said}");
    let said = refused(&set("/adapters/brief/kv_shareable", json!(false)));
    assert!(said.contains("default_adapter") && said.contains("KV-shareable"), "{said}");
    // Serde's words, with the place and what was expected.
    let said = refused(&set("/verifier/mode", json!("oracle")));
    assert!(said.contains("field verifier.mode: unknown variant `oracle`"), "{said}");
    let mut missing = sample();
    missing["response"].as_object_mut().unwrap().remove("closing");
    assert!(refused(&missing).contains("field response: missing field `closing`"));
    assert!(refused(&json!([])).contains(MANIFEST));
}

#[test]
fn heads_that_do_not_fit_are_named() {
    let changed = |name: &str, change: &dyn Fn(&mut Tensor)| {
        let mut heads = heads();
        heads.iter_mut().filter(|tensor| tensor.0 == name).for_each(change);
        heads
    };
    let refused = |heads: &[Tensor], dtype, tensor: &str, part: &str| {
        let error = Bundle::open(write(&sample(), heads, dtype).path()).unwrap_err();
        let said = error.to_string();
        assert!(matches!(error, Error::Tensor { .. }) && said.contains("heads.safetensors"), "{said}");
        assert!(said.contains(tensor) && said.contains(part), "{said}");
    };
    for (name, ..) in &heads()[..6] {
        let without: Vec<Tensor> = heads().into_iter().filter(|tensor| tensor.0 != *name).collect();
        refused(&without, Dtype::F32, name, "missing");
        refused(&changed(name, &|t| t.2[0] = f32::NAN), Dtype::F32, name, "NaN");
        refused(&changed(name, &|t| t.2[0] = f32::INFINITY), Dtype::F32, name, "inf");
        let wider = changed(name, &|t| {
            t.1.push(1);
            t.1.rotate_right(1);
        });
        refused(&wider, Dtype::F32, name, "shape");
    }
    refused(&heads()[..6], Dtype::F16, "switcher.w1", "F16");
    let none = changed("switcher.w1", &|t| *t = ("switcher.w1", vec![0, HIDDEN], vec![]));
    refused(&none, Dtype::F32, "switcher.w1", "[0, 32]");
}

#[test]
fn files_that_are_damaged_are_named() {
    let folder = write(&sample(), &heads(), Dtype::F32);
    let file = folder.path().join("heads.safetensors");
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() - 1]).unwrap();
    assert!(Bundle::open(folder.path()).unwrap_err().to_string().contains("heads.safetensors"));
    std::fs::remove_file(&file).unwrap();
    assert!(Bundle::open(folder.path()).unwrap_err().to_string().contains("cannot be read"));
    std::fs::write(folder.path().join(MANIFEST), "{\"format\": ").unwrap();
    assert!(Bundle::open(folder.path()).unwrap_err().to_string().contains("EOF"));
    std::fs::write(folder.path().join(MANIFEST), vec![b' '; 5 << 20]).unwrap();
    assert!(Bundle::open(folder.path()).unwrap_err().to_string().contains("bytes"));
}

#[test]
fn another_base_is_refused() {
    let mut manifest = sample();
    // Of a file that holds "base".
    manifest["base"]["sha256"] = json!("cae662172fd450bb0cd710a769079c05bfc5d8e35efa6576edc7d0377afdd4a2");
    let folder = write(&manifest, &heads(), Dtype::F32);
    let bundle = Bundle::open(folder.path()).unwrap();
    let good = config();
    bundle.check_base(&good).unwrap();
    for (field, other) in [
        ("hidden_size", Config { hidden: 64, ..good.clone() }),
        ("layers", Config { layers: 3, ..good.clone() }),
        ("vocab_size", Config { vocab: 101, ..good.clone() }),
        ("architecture", Config { family: Family::Qwen2, ..good.clone() }),
    ] {
        let said = bundle.check_base(&other).unwrap_err().to_string();
        assert!(said.contains(&format!("base.{field}")) && said.contains("tiny.gguf"), "{said}");
    }
    let model = folder.path().join("tiny.gguf");
    std::fs::write(&model, "base").unwrap();
    bundle.check_base_file(&model).unwrap();
    std::fs::write(&model, "another").unwrap();
    let said = bundle.check_base_file(&model).unwrap_err().to_string();
    assert!(said.contains("base.sha256") && said.contains("ae448ac86c4e8e4dec645729708ef41873ae79c6"), "{said}");
}

proptest! {
    #[test]
    fn nothing_panics(at in 0usize..1200, byte: u8, cut in 0usize..1400) {
        let mut bytes = sample().to_string().into_bytes();
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        bytes.truncate(cut);
        let folder = write(&sample(), &heads(), Dtype::F32);
        std::fs::write(folder.path().join(MANIFEST), bytes).unwrap();
        let _ = Bundle::open(folder.path());
    }
}
