//! What reasoned answers leave behind: in the conversation, in the cache, after a cancelled run.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy.toml allows them in tests, but not in their helpers")]

use ruminate::cache::Writer;
use ruminate::gpu::Tier;
use ruminate::reason::budget::End;
use ruminate::reason::controller::{Route, Stopped};
use ruminate::reason::early_stop::{DuplicateSettings, SettledSettings};
use ruminate::reason::{EarlyStopSettings, Policy, Rule, Settings, VoteKind};
use ruminate::sample::{Sampling, StopConditions};
use ruminate::session::{Chat, Event};
use ruminate_tests::asking::{OPTIONS, Told, ask, ask_once, reasoner};
use ruminate_tests::bundles::manifest;

fn reasoning(branches: u32) -> Settings {
    Settings { policy: Policy::Reason, branches, ..Settings::default() }
}

#[test]
fn chat_answers_are_those_of_a_chat() {
    let (mut engine, reasoner) = reasoner(Tier::Software, &OPTIONS, &manifest());
    let mut plain = Chat::new(&mut engine, None).unwrap();
    let mut chat = Chat::new(&mut engine, None).unwrap();
    for question in ["hello", "and then", "the end?"] {
        let stop = StopConditions { max_tokens: Some(12), ..StopConditions::default() };
        let mut generation = plain.ask(&mut engine, question, Sampling::greedy(), stop).unwrap();
        let mut text = String::new();
        let mut cached = 0;
        while let Some(event) = pollster::block_on(generation.next()).unwrap() {
            match event {
                Event::Token { text: more, .. } => text += &more,
                Event::End { text: more, statistics, .. } => {
                    text += &more;
                    cached = statistics.cached_tokens;
                }
                _ => {}
            }
        }
        let kept = generation.kept().to_vec();
        drop(generation);
        plain.answered(text.clone(), &kept);
        let settings = Settings { policy: Policy::Chat, ..Settings::default() };
        let told = ask(&mut engine, &reasoner, &mut chat, question, &settings);
        assert_eq!(told.answer.unwrap(), (text, 0));
        assert_eq!(told.routed.unwrap(), (None, Route::Chat));
        assert_eq!(told.statistics.unwrap().cached_tokens, cached);
    }
    assert_eq!(chat.messages(), plain.messages());
}

#[test]
fn the_next_turn_computes_only_what_is_new() {
    let (mut engine, reasoner) = reasoner(Tier::Software, &OPTIONS, &manifest());
    let mut chat = Chat::new(&mut engine, None).unwrap();
    let tokens =
        |engine: &ruminate::session::Engine, text: &str| engine.tokenizer().unwrap().encode(text, true).unwrap();
    let auto = Settings { threshold: Some(0.0), branches: 3, ..Settings::default() };
    let first = ask(&mut engine, &reasoner, &mut chat, "One?", &auto);
    let turn = "<|im_start|>user\nOne?<|im_end|>\n";
    let header = "<|im_start|>assistant\n";
    let stated = "<|im_start|>system\nAt most 48.<|im_end|>\n";
    let statistics = first.statistics.unwrap();
    let all = tokens(&engine, &[turn, stated, header].concat()).len();
    assert_eq!((statistics.cached_tokens, statistics.prompt_tokens), (0, all));
    // What is in the branch is the base's, and no more than what every later turn begins with.
    let there = tokens(&engine, turn).len();
    assert_eq!(engine.branch_length(chat.branch()).unwrap() as usize, there);
    assert_eq!(engine.reusable(chat.branch()).unwrap() as usize, there);
    let answer = first.answer.unwrap().0;
    assert!(!answer.contains("think>"), "{answer}");
    assert_eq!(chat.messages()[1].content, answer);

    let second = ask(&mut engine, &reasoner, &mut chat, "Two?", &auto);
    let new = format!("{header}{answer}<|im_end|>\n<|im_start|>user\nTwo?<|im_end|>\n{stated}{header}");
    let statistics = second.statistics.unwrap();
    assert_eq!((statistics.cached_tokens, statistics.prompt_tokens), (there, tokens(&engine, &new).len()));
    let Writer::Base = engine.kv_writers(chat.branch()).unwrap()[0] else {
        panic!("an adapter wrote the conversation")
    };
    assert_eq!(engine.kv_writers(chat.branch()).unwrap().len(), 1);
}

/// Cancelled after any event, nothing is left behind, and the same question then gets the same answer.
#[test]
fn a_cancelled_answer_leaves_nothing_behind() {
    let (mut engine, reasoner) = reasoner(Tier::Software, &OPTIONS, &manifest());
    let free = engine.pages().0;
    let settings = Settings { threshold: Some(0.0), branches: 3, seed: 3, ..Settings::default() };
    let mut chat = Chat::new(&mut engine, None).unwrap();
    let before = ask(&mut engine, &reasoner, &mut chat, "Before?", &settings);
    let length = engine.branch_length(chat.branch()).unwrap();
    let held = free - engine.pages().0;
    let want = {
        let (mut fresh, reasoner) = reasoner_again();
        let mut chat = Chat::new(&mut fresh, None).unwrap();
        let first = ask(&mut fresh, &reasoner, &mut chat, "Before?", &settings);
        assert_eq!(first.answer, before.answer);
        ask(&mut fresh, &reasoner, &mut chat, "After?", &settings)
    };
    let events = want.order.len();
    // Each kind of event once, and tokens at several places.
    let places: Vec<usize> =
        (0..events).filter(|&at| at < 12 || at % 17 == 0 || want.order[at] != "token" || at + 6 > events).collect();
    for at in places {
        let mut told = Told::default();
        let mut reply = reasoner.ask(&mut engine, &mut chat, "Cancelled?", &settings).unwrap();
        told.drive(&reasoner, &mut reply, |told| told.order.len() >= at || told.order.last() == Some(&"vote"));
        drop(reply);
        assert_eq!(chat.messages().len(), 2, "{:?}", told.order.last());
        let page = 16;
        let most = (engine.branch_length(chat.branch()).unwrap() as usize).div_ceil(page);
        assert!(free - engine.pages().0 <= most.max(held), "pages after {:?}", told.order.last());
        assert_eq!(engine.reusable(chat.branch()).unwrap(), engine.branch_length(chat.branch()).unwrap());
        assert!(engine.branch_length(chat.branch()).unwrap() >= length);
    }
    let after = ask(&mut engine, &reasoner, &mut chat, "After?", &settings);
    let transcripts = |told: &Told| told.threads.iter().map(|thread| thread.tokens.clone()).collect::<Vec<_>>();
    assert_eq!((transcripts(&after), after.answer), (transcripts(&want), want.answer));
    engine.close_branch(chat.branch()).unwrap();
    assert_eq!(engine.pages().0, free);
}

fn reasoner_again() -> (ruminate::session::Engine, ruminate::reason::Reasoner) {
    reasoner(Tier::Software, &OPTIONS, &manifest())
}

#[test]
fn an_answer_now_at_any_time() {
    let (mut engine, reasoner) = reasoner(Tier::Software, &OPTIONS, &manifest());
    let free = engine.pages().0;
    let (closing, begin) = (reasoner.rules().closing.len(), reasoner.rules().begin.len());
    let settings = Settings { budget: Some(90), ..reasoning(4) };
    for at in [0, 1, 2, 6, 7, 20, 60, 150] {
        let mut chat = Chat::new(&mut engine, None).unwrap();
        let mut told = Told::default();
        let mut reply = reasoner.ask(&mut engine, &mut chat, "Why?", &settings).unwrap();
        told.drive(&reasoner, &mut reply, |told| told.order.len() >= at);
        reply.answer_now().unwrap();
        reply.answer_now().unwrap();
        let lengths: Vec<usize> = told.threads.iter().map(|thread| thread.tokens.len()).collect();
        told.drive(&reasoner, &mut reply, |_| false);
        drop(reply);
        engine.close_branch(chat.branch()).unwrap();
        assert!(told.answer.is_some() && engine.pages().0 == free);
        for (index, thread) in told.threads.iter().enumerate() {
            let had = lengths.get(index).copied().unwrap_or(begin);
            // No token of thought more: the closing and at most five of the answer.
            assert!(thread.tokens.len() <= had + closing + 5, "after {at}: {had} became {}", thread.tokens.len());
            assert!(thread.forced_at.is_none_or(|forced| forced <= had), "after {at}");
        }
    }
    let chatting = Settings { policy: Policy::Chat, ..Settings::default() };
    let mut chat_now = |events: usize, again: usize| {
        let mut chat = Chat::new(&mut engine, None).unwrap();
        let mut told = Told::default();
        let mut reply = reasoner.ask(&mut engine, &mut chat, "hello", &chatting).unwrap();
        told.drive(&reasoner, &mut reply, |told| told.order.len() >= events);
        reply.answer_now().unwrap();
        reply.answer_now().unwrap();
        told.drive(&reasoner, &mut reply, |told| told.order.len() >= again);
        reply.answer_now().unwrap();
        told.drive(&reasoner, &mut reply, |_| false);
        drop(reply);
        assert_eq!((told.answer.is_some(), chat.messages().len()), (true, 2));
        engine.close_branch(chat.branch()).unwrap();
        told.chat.len()
    };
    let never = usize::MAX;
    // Of its 12 tokens, those of a forced answer where there are none yet; otherwise those that are there.
    assert_eq!([0, 1, 2, 2 + 1, 2 + 3, 2 + 7].map(|events| chat_now(events, never)), [5, 5, 5, 1, 3, 7]);
    assert_eq!(chat_now(0, 2 + 2), 2);
    assert_eq!(engine.pages().0, free);
}

/// What a branch leaves of the total goes to others, but not where the answer is wanted now.
#[test]
fn an_answer_now_is_not_undone_by_what_others_leave() {
    let mut manifest = manifest();
    // Thoughts that a random model closes soon, and answers that only end with the budget.
    for (field, text) in [("think_close", "e"), ("closing", "\ne\nAnswer:"), ("begin", "<think>\n")] {
        manifest["response"][field] = text.into();
    }
    let (mut engine, reasoner) = reasoner(Tier::Software, &OPTIONS, &manifest);
    let room = reasoner.rules().closing.len() + reasoner.rules().answer_tokens;
    let mut closed = 0;
    for seed in 0..4 {
        let settings = Settings { total: Some(4 * 60), seed, ..reasoning(4) };
        let mut chat = Chat::new(&mut engine, None).unwrap();
        let mut told = Told::default();
        let mut reply = reasoner.ask(&mut engine, &mut chat, "Why?", &settings).unwrap();
        let longest = |told: &Told| told.threads.iter().map(|thread| thread.tokens.len()).max();
        told.drive(&reasoner, &mut reply, |told| longest(told).is_some_and(|tokens| tokens >= 30));
        reply.answer_now().unwrap();
        let had: Vec<usize> = told.threads.iter().map(|thread| thread.tokens.len()).collect();
        told.drive(&reasoner, &mut reply, |_| false);
        drop(reply);
        engine.close_branch(chat.branch()).unwrap();
        for (thread, had) in told.threads.iter().zip(had) {
            closed += usize::from(thread.forced_at.is_none());
            assert!(thread.count <= had + room + 1, "{had} became {}", thread.count);
        }
    }
    assert!(closed > 4, "{closed} closed their thoughts themselves");
}

#[test]
fn branches_share_a_total() {
    let (mut engine, reasoner) = reasoner(Tier::Software, &OPTIONS, &manifest());
    let total = 5 * 45;
    let mut longest = 0;
    for seed in 0..4 {
        let settings = Settings { total: Some(total), seed, ..reasoning(5) };
        let told = ask_once(&mut engine, &reasoner, "What?", &settings);
        assert!(told.statistics.unwrap().tokens <= total as usize);
        longest = longest.max(told.threads.iter().map(|thread| thread.count).max().unwrap());
    }
    assert!(longest > 45, "what one leaves goes to the others");
}

#[test]
fn branches_are_stopped_early() {
    let (mut engine, reasoner) = reasoner(Tier::Software, &OPTIONS, &manifest());
    let free = engine.pages().0;
    let duplicates = DuplicateSettings { gram: 1, similarity: 0.05, least_tokens: 3 };
    let early = [
        EarlyStopSettings { duplicates: Some(duplicates), ..EarlyStopSettings::default() },
        EarlyStopSettings { settled: Some(SettledSettings { improbable: 0.99 }), ..EarlyStopSettings::default() },
    ];
    for (index, early_stop) in early.into_iter().enumerate() {
        for vote in [VoteKind::Majority, VoteKind::Weighted] {
            let mut rules = Vec::new();
            for seed in 0..4 {
                let settings = Settings { early_stop, vote, seed, budget: Some(40 + 6 * seed as u32), ..reasoning(8) };
                let told = ask_once(&mut engine, &reasoner, "What?", &settings);
                assert!(told.answer.is_some() && engine.pages().0 == free);
                for thread in &told.threads {
                    match &thread.stopped {
                        Some(Stopped::Early(rule)) => {
                            assert!(thread.answer.is_none() && thread.score.is_none());
                            rules.push(*rule);
                        }
                        other => assert!(
                            matches!(other, Some(Stopped::Ended(end)) if *end != End::BudgetFull || thread.forced_at.is_none())
                        ),
                    }
                }
            }
            let is_its = |rule: &Rule| match rule {
                Rule::Duplicate { .. } => index == 0,
                Rule::Settled { .. } => index == 1,
                Rule::LowConfidence { .. } => false,
            };
            assert!(!rules.is_empty() && rules.iter().all(is_its), "{early_stop:?} {vote}: {rules:?}");
        }
    }
}
