//! Adapters against PEFT: goldens made by `tests/goldens/adapters.py`.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows it in tests, but not in their helpers")]

use ruminate::adapter::{AdapterFile, AdapterOptions};
use ruminate::cache::BranchId;
use ruminate::gpu::{Gpu, GpuOptions, Tier};
use ruminate::kernels::lora::LoraFormat;
use ruminate::model::Precision;
use ruminate::session::{Engine, EngineOptions};
use ruminate_tests::{goldens_folder, log_probabilities, relative_error, tensor};
use safetensors::SafeTensors;
use std::sync::Arc;

const TIERS: [Tier; 3] = [Tier::Portable, Tier::Software, Tier::Subgroup];

/// Factors in halves lose at most their last bits; the model's own tolerance is 2e-3.
const HALVES: f64 = 2e-3;
/// int8 factors: half a step of 127 a factor, on what an adapter adds.
const INT8: f64 = 2e-2;

/// (model, its adapters; A and B of the mixed batch come first)
const MODELS: [(&str, [&str; 4]); 2] = [
    ("tiny-llama", ["llama-r8", "llama-qv", "llama-r4", "llama-r128"]),
    ("tiny-qwen2", ["qwen2-r4", "qwen2-rslora", "qwen2-r32", "qwen2-pattern"]),
];

struct Case {
    engine: Engine,
    tokens: Vec<u32>,
    others: Vec<u32>,
    prompt: usize,
    switch: [usize; 2],
    invocation: [usize; 2],
    bytes: Vec<u8>,
}

impl Case {
    fn new(tier: Tier, model: &str, adapters: &[&str], format: LoraFormat) -> Self {
        let gpu: Arc<Gpu> =
            pollster::block_on(Gpu::open(&GpuOptions { tier: Some(tier), ..GpuOptions::default() })).unwrap();
        let options = EngineOptions { branches: 4, precision: Some(Precision::Float), ..EngineOptions::default() };
        let path = goldens_folder().join(format!("{model}.gguf"));
        let mut engine = Engine::load(gpu, &path, &options, &mut |_| true).unwrap();
        let folder = goldens_folder().join("adapters");
        for name in adapters {
            let options = AdapterOptions { format, kv_shareable: Some(true), ..AdapterOptions::default() };
            engine.load_adapter(name, &folder.join(name), options).unwrap();
        }
        let bytes = std::fs::read(folder.join(format!("{model}.safetensors"))).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let positions = |name: &str| -> Vec<usize> {
            tensor::<u32>(&file, name).into_iter().map(|position| position as usize).collect()
        };
        let span = |name: &str| <[usize; 2]>::try_from(positions(name)).unwrap();
        let (prompt, switch, invocation) = (positions("prompt")[0], span("switch"), span("invocation"));
        let (tokens, others) = (tensor(&file, "ids"), tensor(&file, "other_ids"));
        drop(file);
        Self { engine, tokens, others, prompt, switch, invocation, bytes }
    }

    fn want(&self, name: &str) -> Vec<f32> {
        tensor(&SafeTensors::deserialize(&self.bytes).unwrap(), name)
    }

    /// Logits of runs of tokens, each with its adapter, on one KV.
    fn runs(&mut self, runs: &[(Option<&str>, &[u32])]) -> Vec<f32> {
        let branch = self.engine.open_branch().unwrap();
        self.engine.allow_mixed(branch).unwrap();
        let logits = runs.iter().flat_map(|&(adapter, tokens)| self.append(branch, adapter, tokens)).collect();
        self.engine.close_branch(branch).unwrap();
        logits
    }

    fn append(&mut self, branch: BranchId, adapter: Option<&str>, tokens: &[u32]) -> Vec<f32> {
        self.engine.set_adapter(branch, adapter).unwrap();
        pollster::block_on(self.engine.logits(branch, tokens)).unwrap()
    }

    fn check(&self, what: &str, got: &[f32], tolerance: f64) {
        let error = relative_error(got, &self.want(what));
        let tier = self.engine.gpu.caps.tier;
        assert!(error <= tolerance, "{tier} {what}: {error:e} > {tolerance:e}");
    }
}

#[test]
fn adapters_agree_with_peft_on_from_the_first_token() {
    for (format, tolerance) in [(LoraFormat::F16, HALVES), (LoraFormat::Int8, INT8)] {
        for tier in TIERS {
            for (model, adapters) in MODELS {
                let mut case = Case::new(tier, model, &adapters, format);
                let tokens = case.tokens.clone();
                for name in adapters {
                    let got = case.runs(&[(Some(name), &tokens)]);
                    case.check(&format!("on.{name}.logits"), &got, tolerance);
                }
                let got = case.runs(&[(None, &tokens)]);
                case.check("base.logits", &got, HALVES);
            }
        }
    }
}

#[test]
fn masked_and_switched_adapters_agree_with_peft_on_one_kv() {
    for tier in TIERS {
        for (model, [a, b, ..]) in MODELS {
            let mut case = Case::new(tier, model, &[a, b], LoraFormat::F16);
            let (tokens, others) = (case.tokens.clone(), case.others.clone());
            let (prompt, response) = tokens.split_at(case.prompt);
            let got = case.runs(&[(None, prompt), (Some(a), response)]);
            case.check(&format!("masked.{a}.logits"), &got, HALVES);
            let [start, end] = case.switch;
            let got = case.runs(&[(None, &tokens[..start]), (Some(a), &tokens[start..end]), (None, &tokens[end..])]);
            case.check(&format!("switched.{a}.logits"), &got, HALVES);

            // Two forks of one prompt, each with its adapter, in the same steps.
            let one = case.engine.open_branch().unwrap();
            let prompt_logits = case.append(one, None, prompt);
            let two = case.engine.fork_branch(one, None).unwrap();
            case.engine.set_adapter(one, Some(a)).unwrap();
            case.engine.set_adapter(two, Some(b)).unwrap();
            let (mut first, mut second) = (prompt_logits.clone(), prompt_logits);
            for (&token, &other) in response.iter().zip(&others[prompt.len()..]) {
                let both = pollster::block_on(case.engine.decode_logits(&[(one, token), (two, other)])).unwrap();
                let (a, b) = both.split_at(both.len() / 2);
                first.extend_from_slice(a);
                second.extend_from_slice(b);
            }
            case.check(&format!("masked.{a}.logits"), &first, HALVES);
            case.check(&format!("masked.{b}.other_logits"), &second, HALVES);
        }
    }
}

/// PEFT finds the invocation for itself; the engine is asked where it is.
#[test]
fn activated_adapters_agree_with_peft_from_their_invocation_on() {
    for tier in TIERS {
        for (model, [a, ..]) in MODELS {
            let mut case = Case::new(tier, model, &[], LoraFormat::F16);
            let tokens = case.tokens.clone();
            let [start, end] = case.invocation;
            let mut file = AdapterFile::open(&goldens_folder().join("adapters").join(a), &case.engine.config).unwrap();
            file.invocation_tokens = Some(tokens[start..end].to_vec());
            let options = AdapterOptions { format: LoraFormat::F16, ..AdapterOptions::default() };
            let at = case.engine.add_adapter(a, &file, options).unwrap().invoked_at(&tokens).unwrap();
            let of_nothing = AdapterFile { invocation_tokens: Some(Vec::new()), ..file };
            assert_eq!(case.engine.add_adapter("nothing", &of_nothing, options).unwrap().invoked_at(&tokens), None);
            let got = case.runs(&[(None, &tokens[..at]), (Some(a), &tokens[at..])]);
            case.check(&format!("activated.{a}.logits"), &got, HALVES);
        }
    }
}

/// The base reads up to a position, the adapter from it on.
#[test]
fn scores_from_a_position_on_agree_with_peft() {
    for tier in TIERS {
        for (model, [a, ..]) in MODELS {
            let mut case = Case::new(tier, model, &[a], LoraFormat::F16);
            let tokens = case.tokens.clone();
            for (from, name) in [(case.prompt, format!("masked.{a}.logits")), (0, format!("on.{a}.logits"))] {
                let scored = pollster::block_on(case.engine.score(&tokens, Some((a, from)), &mut |_, _| true)).unwrap();
                let want: Vec<f32> =
                    log_probabilities(&tokens, &case.want(&name)).into_iter().map(|want| want as f32).collect();
                let error = relative_error(&scored, &want);
                assert!(error <= HALVES, "{tier} {name}: {error:e}");
            }
        }
    }
}

#[test]
fn a_factor_scales_what_an_adapter_adds() {
    for (model, [a, ..]) in MODELS {
        let mut case = Case::new(Tier::Portable, model, &[], LoraFormat::F16);
        let options = AdapterOptions { format: LoraFormat::F16, scale: 0.5, kv_shareable: None };
        let path = goldens_folder().join("adapters").join(a);
        case.engine.load_adapter("half", &path, options).unwrap();
        let tokens = case.tokens.clone();
        let got = case.runs(&[(Some("half"), &tokens)]);
        case.check(&format!("scaled.{a}.logits"), &got, HALVES);
    }
}

#[test]
fn gguf_files_are_the_same_adapters() {
    for (model, name) in [("tiny-llama", "llama-r8"), ("tiny-qwen2", "qwen2-r4")] {
        let mut case = Case::new(Tier::Portable, model, &[], LoraFormat::F16);
        let path = goldens_folder().join("adapters").join(name).join(format!("{name}.gguf"));
        let options = AdapterOptions { format: LoraFormat::F16, ..AdapterOptions::default() };
        case.engine.load_adapter("gguf", &path, options).unwrap();
        let tokens = case.tokens.clone();
        let got = case.runs(&[(Some("gguf"), &tokens)]);
        case.check(&format!("on.{name}.logits"), &got, HALVES);
    }
}

#[test]
fn an_adapter_that_was_not_trained_for_it_does_not_read_the_bases_kv() {
    let (model, [a, ..]) = MODELS[0];
    let mut case = Case::new(Tier::Portable, model, &[], LoraFormat::F16);
    let path = goldens_folder().join("adapters").join(a);
    case.engine.load_adapter(a, &path, AdapterOptions::default()).unwrap();
    let (prompt, response) = (case.tokens[..12].to_vec(), case.tokens[12..].to_vec());
    let branch = case.engine.open_branch().unwrap();
    case.append(branch, None, &prompt);
    case.engine.set_adapter(branch, Some(a)).unwrap();
    assert_eq!(case.engine.reusable(branch).unwrap(), 0);
    let refused = pollster::block_on(case.engine.logits(branch, &response)).unwrap_err();
    assert!(matches!(refused, ruminate::Error::KvMismatch { position: 0, .. }), "{refused}");
    let refused = pollster::block_on(case.engine.decode_logits(&[(branch, 1)])).unwrap_err();
    assert!(matches!(refused, ruminate::Error::KvMismatch { .. }), "{refused}");
    assert_eq!(case.engine.branch_length(branch).unwrap(), 12, "a refusal changes nothing");
    let scored = pollster::block_on(case.engine.score(&prompt, Some((a, 4)), &mut |_, _| true)).unwrap_err();
    assert!(matches!(scored, ruminate::Error::KvNotShareable { .. }), "{scored}");
}
