//! Conversations with adapters: who makes the keys and values of what.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy.toml allows them in tests, but not in their helpers")]

use ruminate::adapter::{AdapterFile, AdapterOptions};
use ruminate::cache::Writer;
use ruminate::gpu::Tier;
use ruminate::kernels::lora::LoraFormat;
use ruminate::model::Precision;
use ruminate::sample::{Sampling, StopConditions};
use ruminate::session::{Chat, Engine, EngineOptions, Event, Statistics};
use ruminate_tests::batches::tiny;
use ruminate_tests::goldens_folder;

const OPTIONS: EngineOptions = EngineOptions {
    context: None,
    branches: 4,
    positions: Some(2048),
    page: 16,
    chunk: None,
    precision: Some(Precision::Float),
    adapters: ruminate::adapter::AdapterLimits::DEFAULT,
};

/// llama-r8 under a name.
fn load(engine: &mut Engine, alias: &str, kv_shareable: bool, invocation: Option<&str>) {
    let path = goldens_folder().join("adapters/llama-r8");
    let mut file = AdapterFile::open(&path, &engine.config).unwrap();
    file.invocation_tokens = invocation.map(|text| engine.tokenizer().unwrap().encode(text, true).unwrap());
    let options =
        AdapterOptions { format: LoraFormat::F16, kv_shareable: Some(kv_shareable), ..AdapterOptions::default() };
    let info = engine.add_adapter(alias, &file, options).unwrap();
    assert_eq!(info.other_base, None, "it was made for this model");
}

/// What a turn gave: (token, log-probability) and how it went. The conversation has the answer.
fn turn(engine: &mut Engine, chat: &mut Chat, question: &str) -> (Vec<(u32, f32)>, Statistics) {
    let stop = StopConditions { max_tokens: Some(10), ..StopConditions::default() };
    let mut generation = chat.ask(engine, question, Sampling::greedy(), stop).unwrap();
    let (mut told, mut answer, mut statistics) = (Vec::new(), String::new(), Statistics::default());
    while let Some(event) = pollster::block_on(generation.next()).unwrap() {
        match event {
            Event::Token { id, text, logprob } => {
                answer += &text;
                told.push((id, logprob));
            }
            Event::End { text, statistics: end, .. } => {
                answer += &text;
                statistics = end;
            }
            _ => {}
        }
    }
    let kept = generation.kept().to_vec();
    drop(generation);
    chat.answered(answer, &kept);
    (told, statistics)
}

fn tokens(told: &[(u32, f32)]) -> Vec<u32> {
    told.iter().map(|&(id, _)| id).collect()
}

#[test]
fn an_adapter_that_may_not_read_the_bases_kv_reads_the_conversation_anew() {
    for tier in [Tier::Software, Tier::Portable] {
        let mut engine = tiny(tier, &OPTIONS);
        load(&mut engine, "stock", false, None);
        let writers = |engine: &Engine, chat: &Chat| engine.kv_writers(chat.branch()).unwrap();
        let mut chat = Chat::new(&mut engine, None).unwrap();
        // Each turn with the adapter before it, and what a conversation of its own gives after the same messages.
        for (number, adapter) in [None, Some("stock"), Some("stock"), None].into_iter().enumerate() {
            let before = chat.messages().to_vec();
            let length = engine.branch_length(chat.branch()).unwrap() as usize;
            chat.set_adapter(&engine, adapter).unwrap();
            let (told, statistics) = turn(&mut engine, &mut chat, "hello");
            let mut fresh = Chat::resume(&mut engine, before).unwrap();
            fresh.set_adapter(&engine, adapter).unwrap();
            let (want, whole) = turn(&mut engine, &mut fresh, "hello");
            assert_eq!(tokens(&told), tokens(&want), "{tier} turn {number}");
            engine.close_branch(fresh.branch()).unwrap();
            // Nothing of another writer's is kept; of its own, all but what the template ends differently.
            match number {
                2 => assert!(statistics.cached_tokens > length / 2, "{statistics:?}"),
                _ => assert_eq!(statistics.cached_tokens, 0, "{tier} turn {number}"),
            }
            assert_eq!(statistics.cached_tokens + statistics.prompt_tokens, whole.prompt_tokens, "{tier} {number}");
            let writers = writers(&engine, &chat);
            assert_eq!((writers.len(), writers[0] == Writer::Base), (1, adapter.is_none()), "{tier} turn {number}");
        }
    }
}

/// As PEFT does: what the adapter is invoked with, at its last place, is the adapter's already.
#[test]
fn an_activated_adapter_is_on_from_its_last_invocation() {
    let header = "<|im_start|>assistant\n";
    for tier in [Tier::Software, Tier::Portable] {
        for chunk in [8, 64] {
            let mut engine = tiny(tier, &EngineOptions { chunk: Some(chunk), ..OPTIONS });
            load(&mut engine, "activated", true, Some(header));
            load(&mut engine, "masked", true, None);
            load(&mut engine, "absent", true, Some("no such words"));
            let mut chat = Chat::new(&mut engine, Some("Be brief.")).unwrap();
            let mut made = 0;
            for question in ["hello", "and then"] {
                chat.set_adapter(&engine, Some("activated")).unwrap();
                let (told, statistics) = turn(&mut engine, &mut chat, question);
                let answer = tokens(&told);
                let text =
                    engine.template().unwrap().render(&chat.messages()[..chat.messages().len() - 1], true).unwrap();
                let prompt = engine.tokenizer().unwrap().encode(&text, true).unwrap();
                let invocation = engine.tokenizer().unwrap().encode(header, true).unwrap();
                let at = prompt.len() - invocation.len();
                assert_eq!(prompt[at..], invocation, "the prompt ends with the header");
                // The second turn keeps what the base wrote of the first: all up to its invocation.
                assert_eq!(statistics.cached_tokens, made);
                made = at;
                let all = [&prompt[..], &answer].concat();
                let adapter = Some(("activated", at));
                let scored = pollster::block_on(engine.score(&all, adapter, &mut |_, _| true)).unwrap();
                for (scored, (_, told)) in scored[prompt.len() - 1..].iter().zip(&told) {
                    assert!((scored - told).abs() < 1e-3 * told.abs().max(1.0), "{tier} {chunk}: {scored} {told}");
                }
                let after =
                    pollster::block_on(engine.score(&all, Some(("masked", prompt.len())), &mut |_, _| true)).unwrap();
                let differ = scored[at..].iter().zip(&after[at..]).any(|(a, b)| (a - b).abs() > 0.01);
                assert!(differ, "where it comes on changes nothing");
                let branch = chat.branch();
                engine.set_adapter(branch, None).unwrap();
                assert_eq!(engine.reusable(branch).unwrap() as usize, at, "{tier} {chunk}");
            }
            // Where it is not invoked, it comes on with the response, as others do.
            let [absent, masked] = ["absent", "masked"].map(|alias| {
                let mut chat = Chat::new(&mut engine, None).unwrap();
                chat.set_adapter(&engine, Some(alias)).unwrap();
                let (told, _) = turn(&mut engine, &mut chat, "hello");
                engine.close_branch(chat.branch()).unwrap();
                tokens(&told)
            });
            assert_eq!(absent, masked);
        }
    }
}
