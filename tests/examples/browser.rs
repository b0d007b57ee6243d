//! What a browser is compared with: `browser FOLDER` leaves the tiny llama there, a bundle and adapters for it, other tiny
//! models, and what they give on this machine, in the portable tier: `expected.json`, and logits as f32; those of the tiny
//! llama also where prompts are multiplied in halves. And all kernels that browsers are given: `shaders.json`.

#![allow(clippy::unwrap_used, reason = "its tests are those of the browser")]

use ruminate::gpu::{Gpu, GpuOptions, Tier};
use ruminate::reason::Settings;
use ruminate::sample::{Sampling, StopConditions};
use ruminate::session::{Chat, Engine, Event};
use ruminate_shaders::{compose, permutations};
use ruminate_tests::asking::{OPTIONS, ask_once, reasoner};
use ruminate_tests::batches::prompt;
use ruminate_tests::bundles::{bundle, manifest};
use ruminate_tests::{goldens, goldens_folder};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

const QUESTION: &str = "How many eggs are in 4 boxes of 6?";
const TOKENS: usize = 24;
/// Models whose logits alone are compared: other weights than F16, and the other family.
const OTHERS: [&str; 4] = ["tiny-llama-q4_0", "tiny-llama-q4_1", "tiny-qwen2-q8_0", "tiny-qwen2-untied"];

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap());
    fs::create_dir_all(&folder).unwrap();
    copy(bundle(&manifest()).path(), &folder.join("bundle"));
    copy(&goldens_folder().join("adapters/llama-r128"), &folder.join("adapter"));
    copy(&goldens_folder().join("adapters/llama-r8"), &folder.join("adapter-r8"));
    copy(&goldens_folder().join("adapters/qwen2-r32"), &folder.join("adapter-of-another-base"));
    fs::copy(goldens_folder().join("tiny-llama.gguf"), folder.join("tiny-llama.gguf")).unwrap();

    // No browser has cooperative matrices.
    let names = permutations().into_iter().filter(|name| !name.contains("TILE="));
    let shaders: Vec<_> = names.map(|name| [compose(&name).unwrap().wgsl, name]).collect();
    fs::write(folder.join("shaders.json"), json!(shaders).to_string()).unwrap();

    let (mut engine, reasoner) = reasoner(Tier::Portable, &OPTIONS, &manifest());
    let settings = Settings { branches: 1, policy: ruminate::reason::Policy::Reason, ..Settings::default() };
    let reasoned = ask_once(&mut engine, &reasoner, QUESTION, &settings);

    let mut chat = Chat::new(&mut engine, None).unwrap();
    let stop = StopConditions { max_tokens: Some(TOKENS), ..StopConditions::default() };
    let mut generation = chat.ask(&mut engine, QUESTION, Sampling::greedy(), stop).unwrap();
    let mut text = String::new();
    while let Some(event) = pollster::block_on(generation.next()).unwrap() {
        if let Event::Token { text: more, .. } | Event::End { text: more, .. } = event {
            text += &more;
        }
    }
    drop(generation);

    let ids = prompt(0, 48);
    keep_logits(&mut engine, &ids, &folder.join("tiny-llama.f32"));
    let mut in_halves = open(&folder.join("tiny-llama.gguf"), Tier::Subgroup);
    keep_logits(&mut in_halves, &ids, &folder.join("tiny-llama-in-halves.f32"));
    let others = OTHERS.map(|name| {
        let golden = goldens().into_iter().find(|golden| golden.name == name).unwrap();
        fs::copy(&golden.model, folder.join(name).with_extension("gguf")).unwrap();
        let mut engine = open(&golden.model, Tier::Portable);
        keep_logits(&mut engine, &golden.ids, &folder.join(name).with_extension("f32"));
        json!({"name": name, "ids": golden.ids})
    });
    let expected = json!({
        "question": QUESTION, "tokens": TOKENS, "text": text, "reasoned": reasoned.threads[0].text, "ids": ids,
        "vocab": engine.config.vocab, "others": others,
    });
    fs::write(folder.join("expected.json"), expected.to_string()).unwrap();
}

fn open(model: &Path, tier: Tier) -> Engine {
    let gpu = pollster::block_on(Gpu::open(&GpuOptions { tier: Some(tier), ..GpuOptions::default() })).unwrap();
    Engine::load(gpu, model, &OPTIONS, &mut |_| true).unwrap()
}

/// Writes the logits after each token, `[ids, vocab]`.
fn keep_logits(engine: &mut Engine, ids: &[u32], file: &Path) {
    let branch = engine.open_branch().unwrap();
    let logits = pollster::block_on(engine.logits(branch, ids)).unwrap();
    fs::write(file, bytemuck::cast_slice(&logits)).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
