//! A bundle against the tokenizer of its base: what no manifest can tell by itself.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows it in tests, but not in their helpers")]

use ruminate::formats::Gguf;
use ruminate::gpu::{Gpu, GpuOptions, Tier};
use ruminate::model::Config;
use ruminate::reason::{Budget, BudgetRules, Bundle, Reasoner};
use ruminate::session::{Engine, EngineOptions};
use ruminate::text::Tokenizer;
use ruminate_tests::bundles::{bundle, manifest};
use ruminate_tests::goldens_folder;
use serde_json::{Value, json};

fn rules(manifest: &Value) -> Result<BudgetRules, String> {
    let gguf = Gguf::open(&goldens_folder().join("tiny-llama.gguf")).unwrap();
    let tokenizer = Tokenizer::from_gguf(&gguf).unwrap();
    let bundle = Bundle::open(bundle(manifest).path()).map_err(|error| error.to_string())?;
    BudgetRules::new(&bundle, &tokenizer).map_err(|error| error.to_string())
}

fn changed(path: &str, value: Value) -> Value {
    let mut manifest = manifest();
    *manifest.pointer_mut(path).unwrap() = value;
    manifest
}

#[test]
fn the_smallest_budget_is_counted_in_the_base_s_tokens() {
    let rules = rules(&manifest()).unwrap();
    let smallest = rules.begin.len() + rules.closing.len() + 5;
    assert_eq!(rules.smallest(), smallest);
    assert!(Budget::new(rules.clone().into(), Some(smallest)).is_ok());
    let said = Budget::new(rules.into(), Some(smallest - 1)).unwrap_err().to_string();
    assert!(said.contains(&smallest.to_string()), "{said}");
    for path in ["/budgets/default", "/budgets/choices/0"] {
        let said = self::rules(&changed(path, json!(smallest - 1))).unwrap_err();
        assert!(said.contains("bundle.json") && said.contains("field budgets"), "{said}");
    }
}

#[test]
fn a_warning_leaves_room_for_itself() {
    let warning = |tokens_left: u32| json!({"tokens_left": tokens_left, "text": "Soon."});
    let with = |tokens_left| {
        let mut manifest = manifest();
        manifest["response"]["soft_warning"] = warning(tokens_left);
        rules(&manifest)
    };
    let tokens = with(16).unwrap().warning.unwrap().tokens.len();
    assert!(tokens > 1 && with(tokens as u32).is_ok());
    assert!(with(tokens as u32 - 1).unwrap_err().contains("soft_warning.tokens_left"));
}

/// A base whose vocabulary lacks a byte of what is forced or appended: the tokens would say something else.
#[test]
fn a_base_that_cannot_spell_the_wording_is_refused() {
    let gpu =
        pollster::block_on(Gpu::open(&GpuOptions { tier: Some(Tier::Software), ..GpuOptions::default() })).unwrap();
    for (byte, field) in [(b'?', "verifier.append"), (b':', "response.closing"), (b'>', "response.think_close")] {
        let mut gguf = std::fs::read(goldens_folder().join("tiny-llama.gguf")).unwrap();
        // A string is its length and its bytes.
        let token = [1u64.to_le_bytes().as_slice(), &[byte]].concat();
        let at = gguf.windows(token.len()).position(|window| window == token).unwrap();
        gguf[at + 8] = 0x7f;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lacking.gguf");
        std::fs::write(&path, gguf).unwrap();
        let mut engine = Engine::load(gpu.clone(), &path, &EngineOptions::default(), &mut |_| true).unwrap();
        let parts = bundle(&manifest());
        let said = Reasoner::new(&mut engine, Bundle::open(parts.path()).unwrap(), None).unwrap_err().to_string();
        let wanted = format!("field {field}: the base's tokenizer has no tokens that spell");
        assert!(said.contains("bundle.json") && said.contains(&wanted), "{said}");
        assert_eq!(engine.adapter_bytes(), 0, "nothing was loaded");
    }
    for empty in ["", " \n"] {
        let said = rules(&changed("/verifier/append", json!(empty))).unwrap_err();
        assert!(said.contains("field verifier.append"), "{said}");
    }
}

#[test]
fn adapters_and_bundle_must_agree() {
    let gguf = Gguf::open(&goldens_folder().join("tiny-llama.gguf")).unwrap();
    let config = Config::from_gguf(&gguf).unwrap();
    let folder = bundle(&changed("/adapters/reasoner/kv_shareable", json!(false)));
    let bundle = Bundle::open(folder.path()).unwrap();
    bundle.check_base(&config).unwrap();
    assert!(bundle.read_adapter("brief", &config).unwrap().kv_shareable);
    let said = bundle.read_adapter("reasoner", &config).unwrap_err().to_string();
    assert!(said.contains("adapters.reasoner.kv_shareable"), "{said}");
    let other = Config { layers: 2, ..config };
    assert!(bundle.check_base(&other).unwrap_err().to_string().contains("base.layers"));
}
