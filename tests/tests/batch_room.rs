//! Batches where rows and pages are short, and sequences of anything that never leak a page.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy.toml allows them in tests, but not in their helpers")]

use proptest::prelude::*;
use ruminate::Error;
use ruminate::adapter::AdapterOptions;
use ruminate::cache::BranchId;
use ruminate::gpu::Tier;
use ruminate::model::Precision;
use ruminate::sample::{Sampling, Stop};
use ruminate::session::{Batch, Engine, EngineOptions, Request};
use ruminate_tests::batches::{Seen, alone, prompt, request, tiny, warm};
use ruminate_tests::{goldens_folder, relative_error};
use std::collections::HashMap;

fn engine(branches: u32, pages: u32) -> Engine {
    let options = EngineOptions {
        branches,
        positions: Some(16 * pages),
        page: 16,
        precision: Some(Precision::Float),
        ..EngineOptions::default()
    };
    tiny(Tier::Software, &options)
}

#[test]
fn requests_beyond_sixteen_rows_wait_in_order() {
    let mut engine = engine(20, 80);
    let most = |index: u64| 3 + (index as usize * 7) % 11;
    let ask = |index: u64| request(prompt(index as usize, 9), warm(index), most(index));
    let want: Vec<_> = (0..20).map(|index| alone(&mut engine, ask(index))).collect();
    let branches: Vec<_> = (0..20).map(|_| engine.open_branch().unwrap()).collect();
    let mut batch = engine.batch().unwrap();
    for (index, &branch) in branches.iter().enumerate() {
        batch.start(branch, ask(index as u64)).unwrap();
    }
    let mut seen = Seen::default();
    seen.drive(&mut batch);
    for (branch, want) in branches.iter().zip(want) {
        assert_eq!(seen.tokens(*branch), want, "{branch:?}");
    }
    let of = |name| seen.order.iter().filter(move |event| event.0 == name).map(|event| event.1).collect::<Vec<_>>();
    assert_eq!(of("waiting"), branches[16..]);
    let mut started = of("prefill");
    started.dedup();
    assert_eq!(started, branches);
    let at = |event| seen.order.iter().position(|&e| e == event).unwrap();
    let first_end = seen.order.iter().position(|event| event.0 == "end").unwrap();
    assert!(branches[16..].iter().all(|&branch| at(("prefill", branch)) > first_end));
}

#[test]
fn a_request_waits_for_pages() {
    let mut engine = engine(3, 5);
    let ask = |length, most| request(prompt(0, length), Sampling::greedy(), most);
    let requests = [ask(20, 10), ask(40, 5), ask(10, 5)];
    let want = requests.clone().map(|request| alone(&mut engine, request));
    let branches = requests.clone().map(|_| engine.open_branch().unwrap());
    let mut batch = engine.batch().unwrap();
    for (&branch, request) in branches.iter().zip(requests) {
        batch.start(branch, request).unwrap();
    }
    let mut seen = Seen::default();
    seen.drive(&mut batch);
    assert_eq!(branches.map(|branch| seen.tokens(branch)), want);
    // The third would fit beside the first, but it is the second's turn.
    let [first, second, third] = branches;
    assert_eq!(seen.order[..2], [("waiting", second), ("waiting", third)]);
    let at = |event| seen.order.iter().position(|&e| e == event).unwrap();
    assert!(at(("end", first)) < at(("prefill", second)) && at(("prefill", second)) < at(("prefill", third)));
}

#[test]
fn what_could_never_fit_is_refused_at_once() {
    let mut engine = engine(3, 4);
    let [idle, branch, other] = [0; 3].map(|_| engine.open_branch().unwrap());
    pollster::block_on(engine.logits(idle, &prompt(0, 20))).unwrap();
    let mut batch = engine.batch().unwrap();
    let ask = |length| request(prompt(0, length), Sampling::greedy(), 5);
    let error = batch.start(branch, ask(64)).unwrap_err();
    assert!(matches!(error, Error::PagesTooFew { needed: 5, pages: 4 }), "{error}");
    // It could fit, but for a branch that no one is going to close.
    let error = batch.start(branch, ask(40)).unwrap_err();
    assert!(matches!(error, Error::PagesFull { needed: 3, free: 2, pages: 4 }), "{error}");
    // While another runs it waits; then it is told the same.
    batch.start(branch, ask(10)).unwrap();
    batch.start(other, ask(40)).unwrap();
    let mut seen = Seen::default();
    seen.drive(&mut batch);
    assert!(matches!(seen.ends[&branch], Ok(Stop::Length)));
    assert!(matches!(seen.ends[&other], Err(Error::PagesFull { needed: 3, free: 2, pages: 4 })));
    drop(batch);
    engine.close_branch(idle).unwrap();
    assert_eq!(engine.pages(), (4, 4));
}

#[test]
fn a_branch_without_a_page_waits_for_another_to_end() {
    let mut engine = engine(2, 4);
    let requests = [(9, 22), (16, 24)].map(|(length, most)| request(prompt(0, length), warm(length as u64), most));
    let want = requests.clone().map(|request| alone(&mut engine, request));
    let branches = requests.clone().map(|_| engine.open_branch().unwrap());
    let mut batch = engine.batch().unwrap();
    for (&branch, request) in branches.iter().zip(requests) {
        batch.start(branch, request).unwrap();
    }
    let mut seen = Seen::default();
    seen.drive(&mut batch);
    assert_eq!(branches.map(|branch| seen.tokens(branch)), want);
    let end = seen.order.iter().position(|&event| event == ("end", branches[0])).unwrap();
    let before = seen.order[..end].iter().filter(|&&event| event == ("token", branches[1])).count();
    assert!(before <= 17, "the second branch had {before} tokens in two pages");
    drop(batch);
    assert_eq!(engine.pages(), (4, 4));
}

#[test]
fn without_a_way_out_the_last_branch_fails_and_the_others_go_on() {
    for close_at_end in [true, false] {
        let mut engine = engine(3, 6);
        let ask = |from| Request { close_at_end, ..request(prompt(from, 10), warm(from as u64), 30) };
        let want = [0, 5, 9].map(|from| alone(&mut engine, ask(from)));
        let branches = [0; 3].map(|_| engine.open_branch().unwrap());
        let mut batch = engine.batch().unwrap();
        for (&branch, from) in branches.iter().zip([0, 5, 9]) {
            batch.start(branch, ask(from)).unwrap();
        }
        let mut seen = Seen::default();
        while seen.next(&mut batch) {
            if let Some(&("failed", branch)) = seen.order.last() {
                // The caller has a say in what becomes of a branch that stays.
                if !close_at_end {
                    batch.close(branch).unwrap();
                }
            }
        }
        assert!(matches!(seen.ends[&branches[2]], Err(Error::PagesFull { needed: 1, free: 0, pages: 6 })));
        assert!(want[2].starts_with(&seen.tokens(branches[2])) && seen.tokens(branches[2]).len() > 20);
        for at in [0, 1] {
            assert!(matches!(seen.ends[&branches[at]], Ok(Stop::Length)));
            assert_eq!(seen.tokens(branches[at]), want[at]);
        }
        drop(batch);
        if !close_at_end {
            branches[..2].iter().for_each(|&branch| engine.close_branch(branch).unwrap());
        }
        assert_eq!(engine.pages(), (6, 6));
    }
}

#[derive(Debug, Clone)]
enum Operation {
    /// Opens a branch and starts a request on it: prompt's length, tokens, whether it closes, whether an adapter answers.
    Open(usize, usize, bool, bool),
    /// Forks a branch at a part of its length and starts a request.
    Fork(usize, u32, usize),
    /// Goes on with a branch that is over.
    Resume(usize, usize),
    Next(usize),
    Append(usize, usize),
    Switch(usize, bool),
    Stop(usize),
    Close(usize),
    Cancel,
}

fn operation() -> impl Strategy<Value = Operation> {
    let branch = 0usize..8;
    prop_oneof![
        4 => (1usize..40, 1usize..30, any::<bool>(), any::<bool>())
            .prop_map(|(p, n, close, adapted)| Operation::Open(p, n, close, adapted)),
        3 => (branch.clone(), 0u32..=100, 1usize..20).prop_map(|(b, part, n)| Operation::Fork(b, part, n)),
        1 => (branch.clone(), 1usize..20).prop_map(|(b, n)| Operation::Resume(b, n)),
        8 => (1usize..25).prop_map(Operation::Next),
        2 => (branch.clone(), 1usize..20).prop_map(|(b, n)| Operation::Append(b, n)),
        2 => (branch.clone(), any::<bool>()).prop_map(|(b, on)| Operation::Switch(b, on)),
        1 => branch.clone().prop_map(Operation::Stop),
        1 => branch.prop_map(Operation::Close),
        1 => Just(Operation::Cancel),
    ]
}

/// What the test knows of an open branch.
#[derive(Debug, Clone, Default)]
struct Known {
    /// Tokens at its positions, and more that were told.
    tokens: Vec<u32>,
    /// Positions that only the base wrote.
    base: usize,
    closes: bool,
    live: bool,
}

#[derive(Default)]
struct Model {
    known: HashMap<BranchId, Known>,
    order: Vec<BranchId>,
    seen: Seen,
}

impl Model {
    fn pick(&self, index: usize) -> Option<BranchId> {
        self.order.get(index % self.order.len().max(1)).copied()
    }

    fn forget(&mut self, branch: BranchId) {
        self.known.remove(&branch);
        self.order.retain(|&other| other != branch);
    }

    fn start(&mut self, batch: &mut Batch<'_>, branch: BranchId, request: Request) {
        let known = self.known.get_mut(&branch).unwrap();
        // What is in the branch; the rest was not decoded.
        known.tokens.truncate(batch.engine().branch_length(branch).unwrap() as usize);
        let (prompt, closes) = (request.prompt.clone(), request.close_at_end);
        match batch.start(branch, request) {
            Ok(()) => {
                self.seen.tokens.remove(&branch);
                self.seen.ends.remove(&branch);
                known.tokens.extend(prompt);
                (known.closes, known.live) = (closes, true);
            }
            Err(Error::PagesFull { .. } | Error::PagesTooFew { .. } | Error::ContextFull { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }

    fn apply(&mut self, batch: &mut Batch<'_>, operation: &Operation) {
        match *operation {
            Operation::Open(length, most, close_at_end, adapted) => {
                let Ok(branch) = batch.engine_mut().open_branch() else { return };
                self.order.push(branch);
                let base = if adapted { length } else { usize::MAX };
                self.known.insert(branch, Known { base, ..Known::default() });
                let ask = request(prompt(length % 30, length), Sampling::greedy(), most);
                let response_adapter = adapted.then(|| "a".to_owned());
                self.start(batch, branch, Request { close_at_end, response_adapter, ..ask });
            }
            Operation::Fork(index, part, most) => {
                let Some(parent) = self.pick(index) else { return };
                let Known { ref tokens, base, .. } = self.known[&parent];
                let (statistics, kept) = (batch.statistics(parent), batch.kept(parent).len());
                let settled = match (self.known[&parent].live, kept) {
                    (false, _) => batch.engine().branch_length(parent).unwrap(),
                    (true, 0) => statistics.cached_tokens as u32,
                    (true, kept) => (statistics.cached_tokens + statistics.prompt_tokens + kept) as u32,
                };
                let at = settled * part / 100;
                match batch.fork(parent, Some(at)) {
                    Ok(branch) => {
                        let tokens = tokens[..at as usize].to_vec();
                        // After these it has the adapter or not, by what was told of the other.
                        let base = if base == usize::MAX { base } else { base.min(at as usize) };
                        self.order.push(branch);
                        self.known.insert(branch, Known { tokens, base, ..Known::default() });
                        let ask = request(prompt(3, 5), Sampling::greedy(), most);
                        self.start(batch, branch, Request { close_at_end: part % 3 == 0, ..ask });
                    }
                    Err(Error::PagesFull { .. } | Error::Invalid(_)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            Operation::Resume(index, most) => {
                let Some(branch) = self.pick(index).filter(|branch| !self.known[branch].live) else { return };
                self.start(
                    batch,
                    branch,
                    Request { close_at_end: false, ..request(prompt(9, 4), Sampling::greedy(), most) },
                );
            }
            Operation::Next(times) => {
                for _ in 0..times {
                    if !self.seen.next(batch) {
                        return;
                    }
                    let &(name, branch) = self.seen.order.last().unwrap();
                    let known = self.known.get_mut(&branch).unwrap();
                    if name == "token" {
                        known.tokens.extend(self.seen.tokens[&branch].last());
                    }
                    if name == "end" || name == "failed" {
                        known.live = false;
                        if known.closes {
                            self.forget(branch);
                        }
                    }
                }
            }
            Operation::Append(index, count) => {
                let Some(branch) = self.pick(index).filter(|branch| self.known[branch].live) else { return };
                match batch.append(branch, &prompt(20, count)) {
                    Ok(_) => self.known.get_mut(&branch).unwrap().tokens.extend(prompt(20, count)),
                    // It may have ended, which was not told yet.
                    Err(Error::Invalid(_) | Error::ContextFull { .. } | Error::PagesTooFew { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            Operation::Switch(index, is_on) => {
                let Some(branch) = self.pick(index) else { return };
                if batch.engine().branch_length(branch).is_ok() {
                    self.known.get_mut(&branch).unwrap().base = 0;
                    batch.allow_mixed(branch).unwrap();
                    batch.set_adapter(branch, is_on.then_some("a")).unwrap();
                }
            }
            Operation::Stop(index) => {
                if let Some(branch) = self.pick(index).filter(|branch| self.known[branch].live) {
                    let _ = batch.stop(branch);
                }
            }
            Operation::Close(index) => {
                let Some(branch) = self.pick(index) else { return };
                // It may be closed already, which was not told yet.
                if batch.close(branch).is_ok() {
                    self.forget(branch);
                }
            }
            Operation::Cancel => {}
        }
    }

    /// The branches that are left hold what the tokens say, and nothing else holds a page.
    fn check(&mut self, engine: &mut Engine) {
        let open: Vec<_> = self.order.iter().copied().filter(|&branch| engine.branch_length(branch).is_ok()).collect();
        for &branch in &open {
            let known = &self.known[&branch];
            let length = engine.branch_length(branch).unwrap() as usize;
            assert!(length <= known.tokens.len(), "{branch:?} {length} {known:?}");
            let length = length.min(known.base);
            if length > 0 {
                engine.set_adapter(branch, None).unwrap();
                let by_base = engine.reusable(branch).unwrap();
                assert!(by_base as usize >= length, "{branch:?}: the base wrote {by_base} of {length}");
                engine.truncate_branch(branch, length as u32 - 1).unwrap();
                let Ok(got) = pollster::block_on(engine.decode_logits(&[(branch, known.tokens[length - 1])])) else {
                    continue;
                };
                let Ok(fresh) = engine.open_branch() else { continue };
                let want = pollster::block_on(engine.logits(fresh, &known.tokens[..length]));
                engine.close_branch(fresh).unwrap();
                let Ok(want) = want else { continue };
                let error = relative_error(&got, &want[want.len() - got.len()..]);
                // A half of the KV may round the other way in a step of other rows; a wrong token costs 0.1 and more.
                assert!(error < 1e-3, "{branch:?}: {error:e}");
            }
        }
        for branch in open {
            engine.close_branch(branch).unwrap();
        }
        let (free, pages) = engine.pages();
        assert_eq!(free, pages);
    }
}

#[test]
fn no_sequence_of_operations_leaks_a_page() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&prop::collection::vec(operation(), 1..50), |operations| {
            let mut engine = engine(8, 14);
            let options = AdapterOptions { kv_shareable: Some(true), ..AdapterOptions::default() };
            engine.load_adapter("a", &goldens_folder().join("adapters/llama-r8"), options).unwrap();
            let mut model = Model::default();
            for part in operations.split_inclusive(|operation| matches!(operation, Operation::Cancel)) {
                let mut batch = engine.batch().unwrap();
                for operation in part {
                    model.apply(&mut batch, operation);
                }
                drop(batch);
                // What was cancelled and was to close has closed.
                model.order.retain(|&branch| engine.branch_length(branch).is_ok());
                let Model { known, order, .. } = &mut model;
                known.retain(|branch, _| order.contains(branch));
                known.values_mut().for_each(|known| known.live = false);
            }
            model.check(&mut engine);
            engine.unload_adapter("a").unwrap();
            assert_eq!(engine.adapter_bytes(), 0, "a branch still holds the adapter");
            Ok(())
        })
        .unwrap();
}
