//! The bundle of this repository against what its training code computes in f32: tokens, scores, greedy thoughts.
//! `python -m reasoner.goldens` in `models/train` writes the goldens.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy.toml allows them in tests, but not in their helpers")]

use ruminate::gpu::{Gpu, GpuOptions, Tier};
use ruminate::reason::bundle::schema::{BUDGET_PLACE, VerifierMode};
use ruminate::reason::{Bundle, Event, Policy, Reasoner, Settings};
use ruminate::sample::{Sampling, StopConditions};
use ruminate::session::{Chat, Engine, EngineOptions, ProbeRead, Request};
use ruminate::text::{Message, Role};
use ruminate_tests::batches::Seen;
use ruminate_tests::{assets_folder, goldens_folder};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Of scores. The goldens have keys and values in halves, as the engine has.
const TOLERANCE: f32 = 1e-3;
/// Nats by which a token must lead, to be the same in the engine.
const MARGIN: f32 = 0.1;

#[derive(Deserialize)]
struct Goldens {
    bundle: String,
    /// SHA-256 by path in the bundle.
    files: BTreeMap<String, String>,
    base_sha256: String,
    verifier_append_ids: Vec<u32>,
    switcher: Vec<Conversation>,
    verifier: Vec<Solved>,
    greedy: Vec<Thought>,
}

#[derive(Deserialize)]
struct Conversation {
    messages: Vec<Message>,
    ids: Vec<u32>,
    score: f32,
}

#[derive(Deserialize)]
struct Solved {
    question: String,
    budget: Option<u32>,
    prompt_ids: Vec<u32>,
    response: String,
    response_ids: Vec<u32>,
    score: f32,
}

/// The first `forced` of `ids` are; `margins` are of the others, each token's lead over the second.
#[derive(Deserialize)]
struct Thought {
    question: String,
    prompt_ids: Vec<u32>,
    forced: usize,
    ids: Vec<u32>,
    margins: Vec<f32>,
}

/// The goldens and the bundle's folder.
fn goldens() -> (Goldens, PathBuf) {
    let folder = goldens_folder().join("../../models/smollm2-reasoner");
    let goldens: Goldens =
        serde_json::from_slice(&std::fs::read(goldens_folder().join("reasoner.json")).unwrap()).unwrap();
    for (path, stated) in &goldens.files {
        let digest = Sha256::digest(std::fs::read(folder.join(path)).unwrap());
        let has: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(*stated, has, "the goldens are of another {path}: write them again");
    }
    (goldens, folder)
}

fn load(folder: &Path, adapter: Option<&str>) -> (Engine, Reasoner) {
    let software = GpuOptions { tier: Some(Tier::Software), ..GpuOptions::default() };
    let gpu = pollster::block_on(Gpu::open(&software)).unwrap();
    let options = EngineOptions { context: Some(1024), branches: 4, positions: Some(3072), ..EngineOptions::default() };
    let model = assets_folder().join("SmolLM2-135M-Instruct.Q4_1.gguf");
    let mut engine = Engine::load(gpu, &model, &options, &mut |_| true).unwrap();
    let bundle = Bundle::open(folder).unwrap();
    bundle.check_base_file(&model).unwrap();
    let reasoner = Reasoner::new(&mut engine, bundle, adapter).unwrap();
    (engine, reasoner)
}

/// The name of its adapter on the engine.
fn adapter(engine: &Engine) -> String {
    engine.adapters().next().unwrap().alias.clone()
}

fn encode(engine: &Engine, messages: &[Message], answers: bool) -> Vec<u32> {
    let text = engine.template().unwrap().render(messages, answers).unwrap();
    engine.tokenizer().unwrap().encode(&text, true).unwrap()
}

#[test]
fn the_switcher_scores_as_in_training() {
    let (goldens, folder) = goldens();
    let (mut engine, reasoner) = load(&folder, None);
    let manifest = &reasoner.bundle().manifest;
    assert_eq!((&manifest.name, manifest.base.sha256.as_ref()), (&goldens.bundle, Some(&goldens.base_sha256)));
    let mut worst = 0f32;
    for Conversation { messages, ids, score } in &goldens.switcher {
        assert_eq!(encode(&engine, messages, false), *ids, "{messages:?}");
        let (last, before) = messages.split_last().unwrap();
        let mut chat = Chat::resume(&mut engine, before.to_vec()).unwrap();
        let settings = Settings { policy: Policy::Auto, threshold: Some(1.0), ..Settings::default() };
        let mut reply = reasoner.ask(&mut engine, &mut chat, &last.content, &settings).unwrap();
        let got = loop {
            match pollster::block_on(reply.next()).unwrap() {
                Some(Event::Routed { score, .. }) => break score.unwrap(),
                Some(_) => {}
                None => panic!("it was never routed"),
            }
        };
        drop(reply);
        engine.close_branch(chat.branch()).unwrap();
        worst = worst.max((got - score).abs());
        assert!((got - score).abs() < TOLERANCE, "{got} for {score}: {messages:?}");
    }
    assert!(!goldens.switcher.is_empty());
    eprintln!("switcher: {} scores, at most {worst:.1e} off", goldens.switcher.len());
}

#[test]
fn the_verifier_scores_as_in_training() {
    let (goldens, folder) = goldens();
    let (mut engine, reasoner) = load(&folder, None);
    let manifest = &reasoner.bundle().manifest;
    let append = engine.tokenizer().unwrap().encode(&manifest.verifier.append, true).unwrap();
    assert_eq!(append, goldens.verifier_append_ids);
    let (name, probe) = (adapter(&engine), format!("{}/verifier", manifest.name));
    let mut worst = 0f32;
    for Solved { question, budget, prompt_ids, response, response_ids, score } in &goldens.verifier {
        let stated = budget.zip(manifest.budget_message.as_ref()).map(|(budget, message)| {
            Message::new(message.role, message.content.replace(BUDGET_PLACE, &budget.to_string()))
        });
        let messages: Vec<Message> =
            std::iter::once(Message::new(Role::User, question.as_str())).chain(stated).collect();
        assert_eq!(encode(&engine, &messages, true), *prompt_ids, "{question}");
        assert_eq!(engine.tokenizer().unwrap().decode(response_ids), *response);

        let branch = engine.open_branch().unwrap();
        run(&mut engine, branch, prompt_ids.clone(), None);
        engine.set_adapter(branch, Some(&name)).unwrap();
        let value = match manifest.verifier.mode {
            VerifierMode::Adapter => {
                run(&mut engine, branch, [&response_ids[..], &append].concat(), Some(&probe)).unwrap()
            }
            VerifierMode::Base => {
                run(&mut engine, branch, response_ids.clone(), None);
                engine.allow_mixed(branch).unwrap();
                engine.set_adapter(branch, None).unwrap();
                run(&mut engine, branch, append.clone(), Some(&probe)).unwrap()
            }
        };
        engine.close_branch(branch).unwrap();
        let got = 1.0 / (1.0 + (-value).exp());
        worst = worst.max((got - score).abs());
        assert!((got - score).abs() < TOLERANCE, "{got} for {score}: {question} {response}");
    }
    assert!(!goldens.verifier.is_empty());
    eprintln!("verifier: {} scores, at most {worst:.1e} off", goldens.verifier.len());
}

/// Appends tokens; what a probe reads after the last.
fn run(engine: &mut Engine, branch: ruminate::cache::BranchId, prompt: Vec<u32>, probe: Option<&str>) -> Option<f32> {
    let probe = probe.map(|name| ProbeRead { name: name.to_owned(), from: prompt.len() - 1 });
    let stop = StopConditions { max_tokens: Some(0), ..StopConditions::default() };
    let mut batch = engine.batch().unwrap();
    batch.start(branch, Request { prompt, probe, stop, ..Request::default() }).unwrap();
    let mut seen = Seen::default();
    seen.drive(&mut batch);
    seen.probed.get(&branch).copied()
}

#[test]
fn greedy_thoughts_are_those_of_training() {
    let (goldens, folder) = goldens();
    let (mut engine, _reasoner) = load(&folder, Some("verbose"));
    let name = adapter(&engine);
    let mut same = 0;
    for Thought { question, prompt_ids, forced, ids, margins } in &goldens.greedy {
        assert_eq!(margins.len(), ids.len() - forced);
        assert_eq!(encode(&engine, &[Message::new(Role::User, question.as_str())], true), *prompt_ids);
        let branch = engine.open_branch().unwrap();
        run(&mut engine, branch, prompt_ids.clone(), None);
        engine.set_adapter(branch, Some(&name)).unwrap();
        let stop = StopConditions { max_tokens: Some(margins.len()), ..StopConditions::default() };
        let request =
            Request { prompt: ids[..*forced].to_vec(), sampling: Sampling::greedy(), stop, ..Request::default() };
        let mut batch = engine.batch().unwrap();
        batch.start(branch, request).unwrap();
        let mut seen = Seen::default();
        seen.drive(&mut batch);
        drop(batch);
        engine.close_branch(branch).unwrap();
        let got = seen.tokens(branch);
        // After a token that hardly led, another may have come, and all is different.
        let first = got.iter().zip(&ids[*forced..]).position(|(got, want)| got != want);
        let at = first.unwrap_or(margins.len());
        assert!(first.is_none_or(|at| margins[at] < MARGIN), "{question}: token {at}, which led by {}", margins[at]);
        same += at;
    }
    let all: usize = goldens.greedy.iter().map(|thought| thought.margins.len()).sum();
    assert!(2 * same > all, "{same} of {all} tokens are the same");
    eprintln!("greedy: {same} of {all} tokens before the first that hardly led");
}
