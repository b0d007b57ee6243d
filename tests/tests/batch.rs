//! Several branches generate what each would alone, whatever the others do.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy.toml allows them in tests, but not in their helpers")]

use ruminate::Error;
use ruminate::adapter::AdapterOptions;
use ruminate::cache::BranchId;
use ruminate::gpu::Tier;
use ruminate::kernels::lora::LoraFormat;
use ruminate::model::Precision;
use ruminate::sample::{Sampling, Stop};
use ruminate::session::{Batch, Engine, EngineOptions, Event, Request};
use ruminate_tests::batches::{Seen, alone, prompt, request, tiny, warm};
use ruminate_tests::goldens_folder;

const MANY: EngineOptions = EngineOptions {
    context: None,
    branches: 20,
    positions: Some(2048),
    page: 16,
    chunk: None,
    precision: Some(Precision::Float),
    adapters: ruminate::adapter::AdapterLimits::DEFAULT,
};

fn with_adapters(tier: Tier) -> Engine {
    load_adapters(tiny(tier, &MANY))
}

fn load_adapters(mut engine: Engine) -> Engine {
    for (alias, name) in [("a", "llama-r8"), ("b", "llama-qv")] {
        let options = AdapterOptions { format: LoraFormat::F16, kv_shareable: Some(true), ..AdapterOptions::default() };
        engine.load_adapter(alias, &goldens_folder().join("adapters").join(name), options).unwrap();
    }
    engine
}

#[test]
fn eight_forks_of_a_prompt_are_eight_runs_with_the_same_seeds() {
    for tier in [Tier::Software, Tier::Portable, Tier::Subgroup] {
        let mut engine = tiny(tier, &MANY);
        let free = engine.pages().0;
        let prompt = prompt(0, 21);
        for sampling in [warm, |_| Sampling::greedy()] {
            // They stop at different lengths.
            let most = |seed: u64| 4 + 3 * seed as usize;
            let want: Vec<_> =
                (0..8).map(|seed| alone(&mut engine, request(prompt.clone(), sampling(seed), most(seed)))).collect();
            let first = engine.open_branch().unwrap();
            let mut batch = engine.batch().unwrap();
            batch.start(first, request(prompt.clone(), sampling(0), most(0))).unwrap();
            let mut seen = Seen::default();
            while seen.order.last() != Some(&("prefill", first)) {
                seen.next(&mut batch);
            }
            let mut branches = vec![first];
            for seed in 1..8 {
                let fork = batch.fork(first, Some(20)).unwrap();
                batch.start(fork, request(vec![prompt[20]], sampling(seed), most(seed))).unwrap();
                branches.push(fork);
            }
            seen.drive(&mut batch);
            for (branch, want) in branches.into_iter().zip(want) {
                assert_eq!(seen.tokens(branch), want, "{tier} {branch:?}");
                assert!(matches!(seen.ends[&branch], Ok(Stop::Length)));
            }
            drop(batch);
            assert_eq!(engine.pages().0, free);
        }
    }
}

/// (prompt's first token, its length, tokens to generate)
const REQUESTS: [(usize, usize, usize); 6] =
    [(0, 40, 30), (7, 1, 50), (20, 33, 12), (3, 17, 1), (30, 25, 22), (50, 2, 40)];

#[test]
fn prompts_go_on_beside_branches_that_decode() {
    for tier in [Tier::Software, Tier::Portable] {
        for chunk in [8, 64] {
            let mut engine = tiny(tier, &EngineOptions { chunk: Some(chunk), ..MANY });
            let requests = REQUESTS.map(|(from, length, most)| request(prompt(from, length), warm(from as u64), most));
            let want = requests.clone().map(|request| alone(&mut engine, request));
            let branches = REQUESTS.map(|_| engine.open_branch().unwrap());
            let mut batch = engine.batch().unwrap();
            let mut seen = Seen::default();
            for (index, request) in requests.into_iter().enumerate() {
                batch.start(branches[index], request).unwrap();
                // Each comes when another has made some tokens more.
                seen.until(&mut batch, branches[0], 4 * (index + 1));
            }
            seen.drive(&mut batch);
            for (branch, want) in branches.into_iter().zip(want) {
                assert_eq!(seen.tokens(branch), want, "{tier} chunk {chunk} {branch:?}");
            }
            // The first branch went on while the third's prompt was computed.
            let [first, _, third, ..] = branches;
            let prefills: Vec<usize> = (0..seen.order.len()).filter(|&i| seen.order[i] == ("prefill", third)).collect();
            if chunk == 8 && tier == Tier::Software {
                let between = &seen.order[prefills[0]..*prefills.last().unwrap()];
                assert!(prefills.len() > 3 && between.contains(&("token", first)), "{:?}", seen.order);
            }
        }
    }
}

#[test]
fn branches_of_several_adapters_decode_together() {
    for tier in [Tier::Software, Tier::Portable] {
        let mut engine = with_adapters(tier);
        let requests = REQUESTS.map(|(from, length, most)| {
            let response_adapter = [None, Some("a"), Some("b")][from % 3].map(str::to_owned);
            Request { response_adapter, ..request(prompt(from, length), warm(from as u64), most) }
        });
        let want = requests.clone().map(|request| alone(&mut engine, request));
        let branches = REQUESTS.map(|_| engine.open_branch().unwrap());
        let mut batch = engine.batch().unwrap();
        for (&branch, request) in branches.iter().zip(requests) {
            batch.start(branch, request).unwrap();
        }
        let mut seen = Seen::default();
        seen.drive(&mut batch);
        for (branch, want) in branches.into_iter().zip(want) {
            assert_eq!(seen.tokens(branch), want, "{tier} {branch:?}");
        }
    }
}

fn kept_request(length: usize, most: usize) -> Request {
    Request { close_at_end: false, ..request(prompt(0, length), Sampling::greedy(), most) }
}

/// The most likely token after each of `tokens`, appended one by one.
fn stepwise(engine: &mut Engine, branch: BranchId, tokens: &[u32]) -> Vec<u32> {
    let best = |row: Vec<f32>| (0..row.len()).rev().max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap() as u32;
    tokens.iter().map(|&token| best(pollster::block_on(engine.decode_logits(&[(branch, token)])).unwrap())).collect()
}

#[test]
fn an_adapter_switched_in_mid_answer_is_on_from_the_next_token() {
    let mut engine = with_adapters(Tier::Software);
    let branch = engine.open_branch().unwrap();
    let mut seen = Seen::default();
    let mut batch = engine.batch().unwrap();
    batch.start(branch, kept_request(12, 20)).unwrap();
    seen.until(&mut batch, branch, 5);
    batch.set_adapter(branch, Some("a")).unwrap();
    seen.until(&mut batch, branch, 11);
    // The base may not read what the adapter wrote; nothing changes by asking.
    let refused = batch.set_adapter(branch, None).unwrap_err();
    assert!(matches!(refused, Error::KvMismatch { .. }), "{refused}");
    seen.until(&mut batch, branch, 13);
    batch.allow_mixed(branch).unwrap();
    batch.set_adapter(branch, None).unwrap();
    seen.drive(&mut batch);
    assert!(matches!(seen.ends[&branch], Ok(Stop::Length)));
    let tokens = seen.tokens(branch);
    assert_eq!((tokens.len(), batch.kept(branch)), (20, &tokens[..19]));
    drop(batch);

    let other = engine.open_branch().unwrap();
    engine.allow_mixed(other).unwrap();
    let mut want = stepwise(&mut engine, other, &prompt(0, 12)).split_off(11);
    for (adapter, rows) in [(None, 0..4), (Some("a"), 4..12), (None, 12..19)] {
        engine.set_adapter(other, adapter).unwrap();
        want.extend(stepwise(&mut engine, other, &tokens[rows]));
    }
    assert_eq!(tokens, want);

    // The next turn computes again what the adapter wrote and what came after; then the branch is strict.
    assert_eq!(engine.reusable(branch).unwrap(), 12 + 4);
    engine.truncate_branch(branch, 16).unwrap();
    stepwise(&mut engine, branch, &tokens[4..6]);
    engine.set_adapter(branch, Some("b")).unwrap();
    stepwise(&mut engine, branch, &tokens[6..8]);
    engine.set_adapter(branch, None).unwrap();
    let refused = pollster::block_on(engine.decode_logits(&[(branch, 1)])).unwrap_err();
    assert!(matches!(refused, Error::KvMismatch { position: 18, .. }), "{refused}");
}

#[test]
fn a_switch_before_the_answer_is_on_from_its_first_token() {
    let mut engine = with_adapters(Tier::Software);
    let want = {
        let request = Request { response_adapter: Some("a".into()), ..kept_request(12, 9) };
        alone(&mut engine, request)
    };
    let branch = engine.open_branch().unwrap();
    let mut batch = engine.batch().unwrap();
    batch.start(branch, kept_request(12, 9)).unwrap();
    let mut seen = Seen::default();
    // The prompt was submitted, and steps after it may have been.
    seen.next(&mut batch);
    batch.set_adapter(branch, Some("b")).unwrap();
    batch.set_adapter(branch, Some("a")).unwrap();
    seen.drive(&mut batch);
    assert_eq!(seen.tokens(branch), want);
}

/// Steps ahead may have brought the response's adapter on when nothing of it is told yet: what is asked then finds the
/// prompt written by the base, whole.
#[test]
fn what_is_asked_before_the_first_token_finds_the_prompt_as_it_was() {
    type Ask = fn(&mut Batch<'_>, BranchId);
    let given = prompt(40, 3);
    let asks: [(Option<&str>, Ask); 5] = [
        (Some("a"), |batch, branch| batch.set_sampling(branch, Sampling::greedy()).unwrap()),
        (Some("b"), |batch, branch| batch.set_adapter(branch, Some("b")).unwrap()),
        (None, |batch, branch| batch.set_adapter(branch, None).unwrap()),
        (Some("a"), |batch, branch| {
            batch.set_adapter(branch, None).unwrap();
            batch.set_adapter(branch, Some("a")).unwrap();
        }),
        (Some("a"), |batch, branch| {
            batch.append(branch, &prompt(40, 3)).unwrap();
        }),
    ];
    let ask = |adapter: Option<&str>| Request { response_adapter: adapter.map(str::to_owned), ..kept_request(12, 9) };
    for tier in [Tier::Software, Tier::Portable] {
        let mut engine = with_adapters(tier);
        for (index, (adapter, asked)) in asks.into_iter().enumerate() {
            let want = alone(&mut engine, ask(adapter));
            let [first, second] = [0; 2].map(|_| engine.open_branch().unwrap());
            let mut batch = engine.batch().unwrap();
            let mut seen = Seen::default();
            for branch in [first, second] {
                batch.start(branch, ask(Some("a"))).unwrap();
            }
            // The other's first token came back from the same step.
            seen.until(&mut batch, first, 1);
            assert!(seen.tokens(second).is_empty());
            // A fork of the prompt is the prompt's.
            let fork = batch.fork(second, None).unwrap();
            assert!(batch.engine().adapter(fork).unwrap().is_none());
            asked(&mut batch, second);
            seen.drive(&mut batch);
            let appended = if index == 4 { given.clone() } else { Vec::new() };
            let tokens = [appended.clone(), seen.tokens(second)].concat();
            assert_eq!(batch.accepted(second), tokens, "{tier} {index}");
            drop(batch);
            assert_eq!(engine.kv_writers(second).unwrap().len(), if adapter.is_some() { 2 } else { 1 });
            let whole = engine.branch_length(second).unwrap();
            engine.set_adapter(second, None).unwrap();
            let by_base = if adapter.is_some() { 12 } else { whole };
            assert_eq!(engine.reusable(second).unwrap(), by_base, "{tier} {index}: the base's positions");
            if appended.is_empty() {
                assert_eq!(tokens, want, "{tier} {index}");
            } else {
                let other = engine.open_branch().unwrap();
                stepwise(&mut engine, other, &prompt(0, 12));
                engine.set_adapter(other, adapter).unwrap();
                let want = stepwise(&mut engine, other, &tokens[..tokens.len() - 1]);
                assert_eq!(tokens[given.len()..], want[given.len() - 1..], "{tier} {index}");
                engine.close_branch(other).unwrap();
            }
            [first, second, fork].into_iter().for_each(|branch| engine.close_branch(branch).unwrap());
        }
    }
}

/// A token that was taken back leaves the prompt to its writer, too.
#[test]
fn a_first_token_taken_back_takes_the_adapter_off() {
    let mut engine = with_adapters(Tier::Software);
    let [asked, switched] = [0; 2].map(|_| engine.open_branch().unwrap());
    let on = Request { response_adapter: Some("a".into()), ..kept_request(12, 9) };
    let want = alone(&mut engine, on.clone());
    let mut batch = engine.batch().unwrap();
    batch.start(asked, on).unwrap();
    batch.start(switched, kept_request(12, 9)).unwrap();
    let mut seen = Seen::default();
    seen.until(&mut batch, switched, 1);
    batch.set_adapter(switched, Some("a")).unwrap();
    for branch in [asked, switched] {
        batch.take_back(branch, 1).unwrap();
    }
    seen.tokens.clear();
    while seen.tokens(asked).len() < 9 || seen.tokens(switched).len() < 9 {
        let Some((branch, event)) = pollster::block_on(batch.next()).unwrap() else { break };
        if let Event::Token { id, .. } = event {
            seen.tokens.entry(branch).or_default().push(id);
        }
    }
    drop(batch);
    for branch in [asked, switched] {
        assert_eq!(seen.tokens(branch), want, "{branch:?}");
        engine.set_adapter(branch, None).unwrap();
        assert_eq!(engine.reusable(branch).unwrap(), 12, "{branch:?}");
    }
}

/// Names may be given away while a request waits, reads its prompt or generates: it has the adapter that it was checked
/// with.
#[test]
fn a_request_keeps_the_adapter_that_its_name_stood_for() {
    let folder = goldens_folder().join("adapters");
    for tier in [Tier::Software, Tier::Portable] {
        // No room for a third prompt beside two that run.
        let options = EngineOptions { positions: Some(16 * 9), chunk: Some(8), ..MANY };
        let mut engine = load_adapters(tiny(tier, &options));
        let ask = |from, length| Request {
            response_adapter: Some("a".into()),
            ..request(prompt(from, length), warm(from as u64), 24)
        };
        let requests = [ask(0, 20), ask(9, 33), ask(5, 40)];
        let want = requests.clone().map(|request| alone(&mut engine, request));
        let early = alone(&mut engine, Request { response_adapter: Some("b".into()), ..ask(0, 2) });
        let held = engine.adapter_bytes();
        let branches = requests.clone().map(|_| engine.open_branch().unwrap());
        let switched = engine.open_branch().unwrap();
        let [running, reading, waiting] = branches;
        let mut batch = engine.batch().unwrap();
        let mut seen = Seen::default();
        let [first, second, third] = requests;
        batch.start(running, first).unwrap();
        seen.until(&mut batch, running, 4);
        batch.start(reading, second).unwrap();
        while seen.order.last() != Some(&("prefill", reading)) {
            seen.next(&mut batch);
        }
        batch.start(waiting, third).unwrap();
        batch.start(switched, Request { response_adapter: None, ..ask(0, 2) }).unwrap();
        batch.set_adapter(switched, Some("b")).unwrap();
        assert!(!seen.tokens.contains_key(&reading), "it is to be reading");

        // Another beside them, one that replaces it and may not read the base's keys and values, none at all.
        let options = AdapterOptions { format: LoraFormat::F16, ..AdapterOptions::default() };
        batch.engine_mut().load_adapter("c", &folder.join("llama-r4"), options).unwrap();
        batch.engine_mut().load_adapter("a", &folder.join("llama-qv"), options).unwrap();
        seen.until(&mut batch, running, 8);
        for name in ["a", "b", "c"] {
            batch.engine_mut().unload_adapter(name).unwrap();
        }
        assert!(seen.order.contains(&("waiting", waiting)) && !seen.order.contains(&("prefill", waiting)));
        let refused = batch.set_adapter(running, Some("a")).unwrap_err();
        assert!(matches!(&refused, Error::Invalid(said) if said.contains("Load it first")), "{refused}");
        assert_eq!(batch.engine().adapter_bytes(), held);
        seen.drive(&mut batch);
        for (branch, want) in branches.into_iter().zip(want) {
            assert!(matches!(seen.ends[&branch], Ok(Stop::Length)), "{tier}: {:?}", seen.ends[&branch]);
            assert_eq!(seen.tokens(branch), want, "{tier} {branch:?}");
        }
        assert_eq!(seen.tokens(switched), early, "{tier}");
        drop(batch);
        assert_eq!(engine.adapter_bytes(), 0, "nothing holds them any more");
    }
}

/// Requests that are refused, closed, stopped or dropped let go of their adapters.
#[test]
fn requests_that_never_answer_let_go_of_their_adapters() {
    let mut engine = load_adapters(tiny(Tier::Software, &EngineOptions { positions: Some(16 * 4), ..MANY }));
    let ask = |length| Request { response_adapter: Some("a".into()), ..request(prompt(0, length), warm(0), 9) };
    let idle = engine.open_branch().unwrap();
    pollster::block_on(engine.logits(idle, &prompt(0, 20))).unwrap();
    let branches = [0; 4].map(|_| engine.open_branch().unwrap());
    let [refused, closed, stopped, dropped] = branches;
    let mut batch = engine.batch().unwrap();
    assert!(matches!(batch.start(refused, ask(40)), Err(Error::PagesFull { .. })));
    for branch in [closed, stopped, dropped] {
        batch.start(branch, ask(12)).unwrap();
    }
    batch.close(closed).unwrap();
    batch.stop(stopped).unwrap();
    drop(batch);
    engine.unload_adapter("b").unwrap();
    engine.unload_adapter("a").unwrap();
    assert_eq!(engine.adapter_bytes(), 0);
}

#[test]
fn given_tokens_are_gone_on_from() {
    let mut engine = tiny(Tier::Software, &MANY);
    let branch = engine.open_branch().unwrap();
    let given = prompt(40, 5);
    let mut batch = engine.batch().unwrap();
    batch.start(branch, kept_request(10, 12)).unwrap();
    let mut seen = Seen::default();
    seen.until(&mut batch, branch, 6);
    batch.append(branch, &given).unwrap();
    seen.until(&mut batch, branch, 7);
    // Right after a token, and twice in a row.
    batch.append(branch, &given[..1]).unwrap();
    batch.append(branch, &given[1..2]).unwrap();
    assert!(matches!(batch.append(branch, &[0; 300]), Err(Error::ContextFull { .. })));
    assert!(matches!(batch.append(branch, &[u32::MAX]), Err(Error::Invalid(_))));
    seen.drive(&mut batch);
    assert!(matches!(batch.append(branch, &given), Err(Error::Invalid(_))));
    let tokens = seen.tokens(branch);
    assert_eq!(tokens.len(), 12, "given tokens do not count");
    let all = [&tokens[..6], &given, &tokens[6..7], &given[..2], &tokens[7..]].concat();
    assert_eq!(batch.accepted(branch), all);
    drop(batch);

    let other = engine.open_branch().unwrap();
    let mut want = stepwise(&mut engine, other, &prompt(0, 10)).split_off(9);
    want.extend(stepwise(&mut engine, other, &all[..all.len() - 1]));
    for (at, &token) in all.iter().enumerate().filter(|&(at, _)| !(6..11).contains(&at) && !(12..14).contains(&at)) {
        assert_eq!(want[at], token, "token {at}");
    }
    assert_eq!(engine.branch_length(branch).unwrap(), engine.branch_length(other).unwrap());
}

#[test]
fn forks_of_a_branch_that_generates_go_their_own_way() {
    let mut engine = tiny(Tier::Software, &MANY);
    let branch = engine.open_branch().unwrap();
    let want = alone(&mut engine, request(prompt(0, 20), Sampling::greedy(), 30));
    let mut batch = engine.batch().unwrap();
    batch.start(branch, request(prompt(0, 20), Sampling::greedy(), 30)).unwrap();
    let mut seen = Seen::default();
    seen.until(&mut batch, branch, 9);
    // At the last position, inside a page, and at a page's end; the next token is given.
    let positions = [None, Some(23), Some(16)];
    let all = [prompt(0, 20), want.clone()].concat();
    let forks = positions.map(|at| {
        let fork = batch.fork(branch, at).unwrap();
        let at = batch.engine().branch_length(fork).unwrap() as usize;
        batch.start(fork, request(all[at..at + 8].to_vec(), Sampling::greedy(), 10)).unwrap();
        (fork, at)
    });
    assert!(matches!(batch.fork(branch, Some(30)), Err(Error::Invalid(_))), "tokens that were not told");
    assert!(matches!(batch.start(branch, kept_request(1, 1)), Err(Error::Invalid(_))), "it generates already");
    seen.drive(&mut batch);
    assert_eq!(seen.tokens(branch), want);
    for (fork, at) in forks {
        let from = (at + 8).saturating_sub(20);
        assert_eq!(seen.tokens(fork)[at + 8 - 20 - from..], all[at + 8..at + 18], "fork at {at}");
    }
}

#[test]
fn stops_and_changes_end_one_branch_alone() {
    let mut engine = tiny(Tier::Software, &MANY);
    let (free, _) = engine.pages();
    let want = alone(&mut engine, request(prompt(0, 20), warm(3), 40));
    let [on, stopped, changed, closed] = [0; 4].map(|_| engine.open_branch().unwrap());
    let start = |batch: &mut Batch<'_>, branch| {
        let request = Request { close_at_end: false, ..request(prompt(0, 20), warm(3), 40) };
        batch.start(branch, request).unwrap();
    };
    let mut batch = engine.batch().unwrap();
    for branch in [on, stopped, changed, closed] {
        start(&mut batch, branch);
    }
    let mut seen = Seen::default();
    seen.until(&mut batch, closed, 7);
    batch.stop(stopped).unwrap();
    batch.engine_mut().truncate_branch(changed, 5).unwrap();
    batch.close(closed).unwrap();
    assert!(matches!(batch.stop(closed), Err(Error::Invalid(_))));
    seen.drive(&mut batch);
    assert_eq!(seen.tokens(on), want);
    assert!(matches!(seen.ends[&stopped], Ok(Stop::Cancelled)));
    assert!(matches!(&seen.ends[&changed], Err(Error::Invalid(said)) if said.contains("changed")));
    assert!(!seen.ends.contains_key(&closed));
    for branch in [stopped, changed, closed] {
        assert!(want.starts_with(&seen.tokens(branch)));
    }
    let kept = batch.kept(stopped).len();
    assert_eq!(batch.engine().branch_length(stopped).unwrap() as usize, 20 + kept);
    // A stopped branch goes on where it stopped.
    batch.start(stopped, request(want[kept..kept + 1].to_vec(), Sampling::greedy(), 3)).unwrap();
    seen.ends.remove(&stopped);
    seen.next(&mut batch);
    // Dropping the batch cancels what is left; branches that were to close do.
    drop(batch);
    assert!(engine.branch_length(stopped).is_err());
    for branch in [on, changed] {
        engine.close_branch(branch).unwrap();
    }
    assert_eq!(engine.pages().0, free);
}
