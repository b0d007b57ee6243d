//! Reasoned answers on a tiny bundle: what is told, budgets to the token, seeds, scores.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy.toml allows them in tests, but not in their helpers")]

use ruminate::Error;
use ruminate::gpu::Tier;
use ruminate::kernels::{pool, probe};
use ruminate::reason::budget::End;
use ruminate::reason::bundle::schema::BranchSampling;
use ruminate::reason::controller::{Route, Stopped};
use ruminate::reason::{Effort, Efforts, Limit, Policy, Rates, Reasoner, Settings, VoteKind};
use ruminate::session::{Chat, Engine, EngineOptions};
use ruminate_tests::asking::{OPTIONS, Thread, Told, ask_once, reasoner};
use ruminate_tests::bundles::{APPENDED, SCALE, UNITS, VERIFIED, heads, manifest};
use serde_json::json;

const QUESTION: &str = "What is 2 + 3?";

fn reasoning(branches: u32) -> Settings {
    Settings { policy: Policy::Reason, branches, ..Settings::default() }
}

#[test]
fn events_come_in_order() {
    let (mut engine, reasoner) = reasoner(Tier::Software, &OPTIONS, &manifest());
    let free = engine.pages().0;
    let told = ask_once(&mut engine, &reasoner, QUESTION, &Settings { threshold: Some(0.0), ..reasoning(4) });
    let mut order = told.order.clone();
    order.dedup();
    assert_eq!(order[..4], ["prefill", "routed", "switched", "forked"], "{order:?}");
    assert_eq!(order[order.len() - 3..], ["vote", "answer", "end"], "{order:?}");
    let statistics = told.statistics.unwrap();
    let counts: Vec<usize> = told.threads.iter().map(|thread| thread.count).collect();
    assert_eq!((statistics.branch_tokens, statistics.tokens), (counts.clone(), counts.iter().sum()));
    assert!(statistics.kv.shared > 0 && statistics.kv.own > 0 && statistics.kv.unshared > statistics.kv.shared);
    assert_eq!(engine.pages().0, free, "a branch was left behind");
}

/// No branch exceeds its budget; where the closing was forced, it was at the last token that leaves room for the answer,
/// and no character is cut by it.
#[test]
fn budgets_are_exact_to_the_token() {
    let (mut engine, reasoner) = reasoner(Tier::Software, &OPTIONS, &manifest());
    let (smallest, closing) = (reasoner.rules().smallest(), reasoner.rules().closing.len());
    let (mut forced, mut dropped) = (0, 0);
    for (seed, budget) in (0..6).map(|seed| (seed, smallest + [0, 1, 7, 12, 23, 40][seed as usize])) {
        let settings = Settings { budget: Some(budget as u32), seed, ..reasoning(8) };
        let told = ask_once(&mut engine, &reasoner, QUESTION, &settings);
        for thread in &told.threads {
            let ends_turn = usize::from(matches!(thread.stopped, Some(Stopped::Ended(End::Turn))));
            assert_eq!(thread.count, thread.tokens.len() + ends_turn);
            assert!(thread.count <= budget, "{} of {budget}", thread.count);
            let Some(at) = thread.forced_at else { continue };
            forced += 1;
            dropped += thread.dropped;
            assert_eq!(at + thread.dropped, budget - closing - 5);
            let tokenizer = engine.tokenizer().unwrap();
            let bytes: Vec<u8> =
                thread.tokens[..at].iter().flat_map(|&id| tokenizer.bytes(id).unwrap().to_vec()).collect();
            // Random bytes may be no text at all, but none of them begins a character that did not come.
            let is_cut = |from: usize| std::str::from_utf8(&bytes[from..]).is_err_and(|e| e.error_len().is_none());
            assert!(!(bytes.len().saturating_sub(3)..bytes.len()).any(is_cut), "{bytes:?}");
            if matches!(thread.stopped, Some(Stopped::Ended(End::AnswerFull))) {
                assert_eq!(thread.count, budget - thread.dropped);
            }
        }
    }
    assert!(forced > 10 && dropped > 0, "{forced} {dropped}");
}

/// A reminder comes once, as soon as few enough tokens of thought are left and no character is cut, and counts.
#[test]
fn thoughts_are_reminded_of_their_end() {
    let mut manifest = manifest();
    manifest["response"]["soft_warning"] = json!({"tokens_left": 14, "text": " Soon."});
    let (mut engine, reasoner) = reasoner(Tier::Software, &OPTIONS, &manifest);
    let Some(warning) = reasoner.rules().warning.clone() else { panic!("the bundle warns") };
    let room = reasoner.rules().closing.len() + reasoner.rules().answer_tokens;
    let (mut warned, mut unwarned, budget) = (0, 0, 60);
    for seed in 0..3 {
        let told = ask_once(&mut engine, &reasoner, QUESTION, &Settings { budget: Some(budget), seed, ..reasoning(6) });
        for thread in &told.threads {
            assert!(thread.count <= budget as usize);
            let left = |at: usize| budget as usize - room - at;
            match thread.warned_at {
                Some(at) => {
                    // Up to three tokens later, where a character was not finished.
                    assert!((10..=14).contains(&left(at)), "{} left", left(at));
                    assert_eq!(thread.tokens[at..][..warning.tokens.len()], warning.tokens);
                    // It went on to think.
                    assert!(thread.forced_at.is_none_or(|forced| forced > at + warning.tokens.len()));
                    warned += 1;
                }
                // It had ended its turn or its thoughts before.
                None => {
                    assert!(thread.forced_at.is_none());
                    unwarned += 1;
                }
            }
        }
        assert_eq!(told.order.iter().filter(|&&name| name == "warned").count(), {
            told.threads.iter().filter(|thread| thread.warned_at.is_some()).count()
        });
    }
    assert!(warned > 6, "{warned} were warned, {unwarned} not");
}

/// What a caller allows in all decides how many branches think, and for how long.
#[test]
fn a_limit_chooses_branches_and_budget() {
    let (mut engine, reasoner) = reasoner(Tier::Software, &OPTIONS, &manifest());
    let efforts = Efforts::new(&reasoner.bundle().manifest, 4);
    let rates = Rates::new(vec![(1, 100.0), (4, 250.0)]).unwrap();
    let seconds = |seconds| Limit::Seconds { seconds, rates: rates.clone() };
    let limits = [Limit::Tokens(40), Limit::Tokens(300), Limit::Tokens(100_000), seconds(0.4), seconds(5.0)];
    let mut chosen = Vec::new();
    for limit in limits {
        for threshold in [0.0, 0.2] {
            let settings = Settings { limit: Some(limit.clone()), threshold: Some(threshold), ..reasoning(4) };
            let told = ask_once(&mut engine, &reasoner, QUESTION, &settings);
            let (score, route) = told.routed.unwrap();
            let difficulty = ((score.unwrap() - threshold) / (1.0 - threshold)).max(0.0);
            let effort = efforts.choose(difficulty, &limit).unwrap();
            let Route::Reason { branches, budget } = route else { panic!("{route:?}") };
            assert_eq!(Effort { branches, budget }, effort, "{limit} {threshold}");
            assert_eq!(told.threads.len(), branches as usize);
            let tokens: usize = told.threads.iter().map(|thread| thread.count).sum();
            assert!(told.threads.iter().all(|thread| thread.count <= budget as usize));
            match limit {
                Limit::Tokens(most) => assert!(tokens as u64 <= most),
                Limit::Seconds { seconds, .. } => assert!(tokens as f64 / rates.of(branches) <= seconds),
            }
            chosen.push((branches, budget));
        }
    }
    assert!(chosen.contains(&(1, 40)) && chosen.contains(&(4, 64)), "{chosen:?}");
    // One that not even the smallest effort is within is refused before anything runs.
    let mut chat = Chat::new(&mut engine, None).unwrap();
    for limit in [Limit::Tokens(39), seconds(0.39), seconds(0.0), seconds(f64::NAN)] {
        let settings = Settings { limit: Some(limit), ..reasoning(4) };
        let error = reasoner.ask(&mut engine, &mut chat, QUESTION, &settings).unwrap_err();
        assert!(matches!(&error, Error::Invalid(said) if said.contains("Raise it")), "{error}");
        assert!(chat.messages().is_empty());
    }
}

fn same(one: &Thread, other: &Thread) -> bool {
    (one.seed, &one.tokens, &one.logprobs) == (other.seed, &other.tokens, &other.logprobs)
}

#[test]
fn a_seed_gives_the_same_transcript_beside_any_others() {
    for tier in [Tier::Software, Tier::Portable] {
        let (mut engine, reasoner) = reasoner(tier, &OPTIONS, &manifest());
        let sampling = Some(BranchSampling { temperature: 1.0, top_k: 0, top_p: 1.0, min_p: 0.0 });
        let mut run = |branches| {
            let settings = Settings { sampling, seed: 7, budget: Some(64), ..reasoning(branches) };
            ask_once(&mut engine, &reasoner, QUESTION, &settings)
        };
        let eight = run(8);
        for branches in [1, 2, 5, 8] {
            let told = run(branches);
            let all_same = told.threads.iter().zip(&eight.threads).all(|(one, other)| same(one, other));
            assert!(told.threads.len() == branches as usize && all_same, "{tier} {branches}");
        }
        assert!(!same(&eight.threads[0], &eight.threads[1]));
        // They end at different times: the rows beside a branch changed while it went on.
        assert!(eight.threads.iter().any(|thread| thread.count != eight.threads[0].count));
    }
}

/// Logits of some tokens after each of these, `[tokens, wanted]`, computed slowly: the prompt by the base, the rest by
/// the adapter.
fn logits(engine: &mut Engine, adapter: Option<&str>, (prompt, rest): (&[u32], &[u32]), wanted: &[usize]) -> Vec<f32> {
    let branch = engine.open_branch().unwrap();
    let mut logits = pollster::block_on(engine.logits(branch, prompt)).unwrap();
    engine.set_adapter(branch, adapter).unwrap();
    logits.extend(pollster::block_on(engine.logits(branch, rest)).unwrap());
    engine.close_branch(branch).unwrap();
    let vocab = engine.config.vocab as usize;
    logits.chunks(vocab).flat_map(|row| wanted.iter().map(|&token| row[token])).collect()
}

fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}

fn tokens(engine: &Engine, text: &str) -> Vec<u32> {
    engine.tokenizer().unwrap().encode(text, true).unwrap()
}

#[test]
fn the_switcher_reads_the_last_turn() {
    for (tier, chunk) in [(Tier::Software, 8), (Tier::Software, 64), (Tier::Portable, 32)] {
        let options = EngineOptions { chunk: Some(chunk), ..OPTIONS };
        let (mut engine, reasoner) = reasoner(tier, &options, &manifest());
        let mut chat = Chat::new(&mut engine, Some("Be short, and say what is true.")).unwrap();
        let settings = Settings { threshold: Some(1.0), ..Settings::default() };
        let mut told = Told::default();
        let mut reply = reasoner.ask(&mut engine, &mut chat, QUESTION, &settings).unwrap();
        told.drive(&reasoner, &mut reply, |_| false);
        drop(reply);
        let system = tokens(&engine, "<|im_start|>system\nBe short, and say what is true.<|im_end|>\n");
        let turn = tokens(&engine, &format!("<|im_start|>user\n{QUESTION}<|im_end|>\n"));
        let seen = logits(&mut engine, None, (&system, &turn), &UNITS).split_off(8 * system.len());
        let scaled: Vec<f32> = seen.iter().map(|logit| logit * SCALE).collect();
        let [_, b1, w2, b2, ..] = heads();
        let w1 = (0..64).map(|i| if i % 9 == 0 { 1.0 } else { 0.0 }).collect();
        let weights = probe::Weights { w1, b1, w2, b2: b2[0], slope: 0.0 };
        let want = sigmoid(probe::twin(&weights, &pool::twin(&scaled, 8, 8, 0.5)));
        let (score, route) = told.routed.unwrap();
        assert_eq!(route, Route::Chat);
        assert!((score.unwrap() - want).abs() < 1e-3, "{tier} {chunk}: {score:?} {want}");
        assert!((0.05..0.95).contains(&want), "{want} tells little");
    }
}

/// What the verifier is to say of a branch.
fn verified(engine: &mut Engine, reasoner: &Reasoner, thread: &Thread, budget: u32, mode: &str) -> f32 {
    let name = |alias| engine.find_adapter(alias).unwrap().alias.clone();
    let adapter = name("tiny-reasoner/brief");
    let prompt = format!(
        "<|im_start|>user\n{QUESTION}<|im_end|>\n<|im_start|>system\nAt most {budget}.<|im_end|>\n<|im_start|>assistant\n"
    );
    let (prompt, appended) = (tokens(engine, &prompt), tokens(engine, APPENDED));
    let mut response = thread.tokens.clone();
    if matches!(thread.stopped, Some(Stopped::Ended(End::Line))) {
        response.pop();
    }
    assert_eq!(response[..reasoner.rules().begin.len()], reasoner.rules().begin);
    let all = [&response[..], &appended].concat();
    let logit = match mode {
        "adapter" => *logits(engine, Some(&adapter), (&prompt, &all), &[VERIFIED]).last().unwrap(),
        _ => {
            let branch = engine.open_branch().unwrap();
            pollster::block_on(engine.logits(branch, &prompt)).unwrap();
            engine.set_adapter(branch, Some(&adapter)).unwrap();
            pollster::block_on(engine.logits(branch, &response)).unwrap();
            engine.allow_mixed(branch).unwrap();
            engine.set_adapter(branch, None).unwrap();
            let logits = pollster::block_on(engine.logits(branch, &appended)).unwrap();
            engine.close_branch(branch).unwrap();
            logits[logits.len() - engine.config.vocab as usize + VERIFIED]
        }
    };
    sigmoid(logit * SCALE + heads()[5][0])
}

#[test]
fn the_verifier_reads_each_branch_and_leaves_nothing_behind() {
    for mode in ["adapter", "base"] {
        let mut manifest = manifest();
        manifest["verifier"]["mode"] = json!(mode);
        // Long answers, some of which end with their line.
        manifest["response"]["answer_tokens"] = json!(60);
        manifest["budgets"] = json!({"default": 120, "choices": []});
        let (mut engine, reasoner) = reasoner(Tier::Software, &OPTIONS, &manifest);
        let free = engine.pages().0;
        let (mut checked, mut lines, budget) = (0, 0, 110);
        for seed in 0..3 {
            let settings = Settings { budget: Some(budget), seed, ..reasoning(6) };
            let told = ask_once(&mut engine, &reasoner, QUESTION, &settings);
            assert_eq!(engine.pages().0, free);
            for thread in told.threads.iter().filter(|thread| thread.answer.is_some()) {
                let want = verified(&mut engine, &reasoner, thread, budget, mode);
                let score = thread.score.unwrap();
                assert!((score - want).abs() < 1e-3, "{mode}: {score} {want} {thread:?}");
                checked += 1;
                lines += usize::from(matches!(thread.stopped, Some(Stopped::Ended(End::Line))));
            }
        }
        assert!(checked > 5 && lines > 0, "{checked} {lines}");
        let majority = Settings { vote: VoteKind::Majority, ..reasoning(6) };
        let told = ask_once(&mut engine, &reasoner, QUESTION, &majority);
        assert!(!told.order.contains(&"scored"), "a majority needs no verifier");
    }
}

#[test]
fn what_cannot_be_done_is_refused_before_any_work() {
    let options = EngineOptions { branches: 6, positions: Some(16 * 24), ..OPTIONS };
    let (mut engine, reasoner) = reasoner(Tier::Software, &options, &manifest());
    let free = engine.pages().0;
    let mut chat = Chat::new(&mut engine, None).unwrap();
    let mut refused = |question: &str, settings: Settings| {
        let error = reasoner.ask(&mut engine, &mut chat, question, &settings).unwrap_err();
        assert!(chat.messages().is_empty());
        error
    };
    for settings in [
        Settings { budget: Some(0), ..reasoning(1) },
        reasoning(0),
        reasoning(17),
        reasoning(5),
        Settings { threshold: Some(1.5), ..reasoning(1) },
        Settings { total: Some(50), ..reasoning(4) },
        Settings { chat_tokens: Some(0), ..reasoning(1) },
    ] {
        let error = refused(QUESTION, settings.clone());
        assert!(matches!(error, Error::Invalid(_)), "{settings:?}: {error}");
    }
    let error = refused(&"word ".repeat(60), reasoning(1));
    assert!(matches!(error, Error::ContextFull { .. }), "{error}");
    let error = refused(QUESTION, Settings { budget: Some(120), ..reasoning(4) });
    assert!(matches!(error, Error::PagesTooFew { .. }), "{error}");
    let told = ask_once(&mut engine, &reasoner, QUESTION, &reasoning(2));
    assert!(told.answer.is_some() && engine.pages().0 == free);
}
