//! Probes read hidden states after the final norm: of a model whose head is its embedding, a probe with a row of that is
//! a logit, and what transformers says of logits holds for probes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy.toml allows them in tests, but not in their helpers")]

use ruminate::Error;
use ruminate::gpu::Tier;
use ruminate::kernels::probe::Weights;
use ruminate::kernels::{pool, probe};
use ruminate::model::{Head, Precision, Probe, Shape};
use ruminate::sample::{Sampling, Stop, StopConditions};
use ruminate::session::{Engine, EngineOptions, ProbeRead, Request};
use ruminate_tests::batches::{Seen, alone, prompt, request, tiny, warm};
use ruminate_tests::bundles::{UNITS, head_rows};
use ruminate_tests::{Golden, goldens};

const OPTIONS: EngineOptions = EngineOptions {
    context: None,
    branches: 17,
    positions: Some(2048),
    page: 16,
    chunk: None,
    precision: Some(Precision::Float),
    adapters: ruminate::adapter::AdapterLimits::DEFAULT,
};

fn golden() -> Golden {
    goldens().into_iter().find(|golden| golden.name == "tiny-llama").unwrap()
}

/// Logits of some tokens after each position, `[positions, tokens]`.
fn logits(tokens: &[usize]) -> Vec<f32> {
    let golden = golden();
    let vocab = golden.logits.len() / golden.ids.len();
    golden.logits.chunks(vocab).flat_map(|row| tokens.iter().map(|&token| row[token])).collect()
}

/// Eight units on head rows, which pool chunks of 8 positions.
fn deep() -> Probe {
    let weights = Weights {
        w1: head_rows(&UNITS, 1.0),
        b1: (0..8).map(|unit| 0.3 * unit as f32 - 1.0).collect(),
        w2: (0..8).map(|unit| 0.5 - 0.2 * unit as f32).collect(),
        b2: 0.25,
        slope: 0.0,
    };
    Probe { weights, chunk: 8, ema: 0.5 }
}

/// What [`deep`] is to give of positions `from..to`, from the reference's logits.
fn wanted(from: usize, to: usize) -> f32 {
    let probe = deep();
    let logits = logits(&UNITS);
    let pooled = pool::twin(&logits[from * 8..to * 8], 8, 8, 0.5);
    // The logits are what W1 would make.
    let identity = (0..64).map(|i| if i % 9 == 0 { 1.0 } else { 0.0 }).collect();
    probe::twin(&Weights { w1: identity, ..probe.weights }, &pooled)
}

fn probing(prompt: Vec<u32>, name: &str, from: usize) -> Request {
    let probe = Some(ProbeRead { name: name.to_owned(), from });
    let stop = StopConditions { max_tokens: Some(0), ..StopConditions::default() };
    Request { prompt, probe, stop, ..Request::default() }
}

#[test]
fn pooled_probes_are_the_references_logits_pooled() {
    for (tier, chunks) in [(Tier::Software, &[8, 24, 64][..]), (Tier::Portable, &[32, 64, 96]), (Tier::Subgroup, &[64])]
    {
        let mut seen_before = None;
        for &chunk in chunks {
            let mut engine = tiny(tier, &EngineOptions { chunk: Some(chunk), ..OPTIONS });
            engine.load_probe("other", Probe::linear(head_rows(&[5], 1.0), 0.0)).unwrap();
            engine.load_probe("deep", deep()).unwrap();
            // (positions there before, where the prompt is read from, where it ends)
            for (there, from, to) in [(0, 0, 71), (0, 5, 70), (13, 13, 29), (20, 41, 48), (0, 69, 71)] {
                let branch = engine.open_branch().unwrap();
                if there > 0 {
                    pollster::block_on(engine.logits(branch, &prompt(0, there))).unwrap();
                }
                let request = probing(prompt(there, to - there), "deep", from - there);
                let mut batch = engine.batch().unwrap();
                batch.start(branch, request).unwrap();
                let mut seen = Seen::default();
                seen.drive(&mut batch);
                drop(batch);
                let (got, want) = (seen.probed[&branch], wanted(from, to));
                assert!((got - want).abs() < 2e-3 * want.abs().max(1.0), "{tier} {chunk} {from}..{to}: {got} {want}");
                assert!(matches!(seen.ends[&branch], Ok(Stop::Length)) && seen.tokens(branch).is_empty());
                assert_eq!(engine.branch_length(branch).unwrap(), to as u32);
                engine.close_branch(branch).unwrap();
                if (from, to) == (5, 70) {
                    let before = *seen_before.get_or_insert(got);
                    assert!((got - before).abs() < 1e-5, "{tier} {chunk}: {got} and {before}");
                }
            }
        }
    }
}

#[test]
fn branches_are_probed_together_beside_others_that_decode() {
    for tier in [Tier::Software, Tier::Portable] {
        let mut engine = tiny(tier, &OPTIONS);
        engine.load_probe("linear", Probe::linear(head_rows(&[77], 1.0), 0.5)).unwrap();
        let want = alone(&mut engine, request(prompt(3, 9), warm(1), 25));
        let free = engine.pages().0;
        let root = engine.open_branch().unwrap();
        pollster::block_on(engine.logits(root, &prompt(0, 40))).unwrap();
        let after = engine.fork_branch(root, None).unwrap();
        let after_logits = pollster::block_on(engine.logits(after, &prompt(40, 31))).unwrap();
        engine.close_branch(after).unwrap();
        let vocab = engine.config.vocab as usize;
        let other = engine.open_branch().unwrap();
        let mut batch = engine.batch().unwrap();
        batch.start(other, request(prompt(3, 9), warm(1), 25)).unwrap();
        let mut seen = Seen::default();
        seen.until(&mut batch, other, 3);
        // Of different lengths, and one that goes on after its probe.
        let branches = [1, 5, 12, 20, 31].map(|count| {
            let fork = batch.fork(root, None).unwrap();
            let most = usize::from(count == 5) * 4;
            let stop = StopConditions { max_tokens: Some(most), ..StopConditions::default() };
            let request = Request {
                sampling: Sampling::greedy(),
                stop,
                close_at_end: true,
                ..probing(prompt(40, count), "linear", count - 1)
            };
            batch.start(fork, request).unwrap();
            (fork, count, most)
        });
        seen.drive(&mut batch);
        drop(batch);
        for (branch, count, most) in branches {
            let (got, want) = (seen.probed[&branch], after_logits[(count - 1) * vocab + 77] + 0.5);
            assert!((got - want).abs() < 1e-3 * want.abs().max(1.0), "{tier} {count}: {got} {want}");
            assert_eq!(seen.tokens(branch).len(), most);
        }
        assert_eq!(seen.tokens(other), want, "{tier}");
        engine.close_branch(root).unwrap();
        assert_eq!(engine.pages().0, free);
    }
}

#[test]
fn prompts_without_probes_do_nothing_for_them() {
    let engine = tiny(Tier::Software, &OPTIONS);
    let shape = Shape { wanted: 1, ..Shape::chunk(8, Head::Sample { greedy: true }) };
    assert!(!engine.describe(shape).unwrap().contains("pool"));
    assert!(engine.describe(Shape { probed: true, ..shape }).unwrap().contains("pool"));
}

fn refused(engine: &mut Engine, request: Request) -> String {
    let branch = engine.open_branch().unwrap();
    let error = engine.generate(branch, request).unwrap_err();
    assert!(matches!(error, Error::Invalid(_)));
    engine.close_branch(branch).unwrap();
    error.to_string()
}

#[test]
fn probes_that_do_not_fit_are_refused() {
    let mut engine = tiny(Tier::Software, &OPTIONS);
    assert!(refused(&mut engine, probing(prompt(0, 3), "deep", 0)).contains("deep"));
    engine.load_probe("deep", deep()).unwrap();
    assert!(refused(&mut engine, probing(prompt(0, 3), "deep", 3)).contains("prompt of 3"));
    let linear = Probe::linear(vec![1.0; 7], 0.0);
    let probes = [
        linear,
        Probe { chunk: 0, ..deep() },
        Probe { ema: f32::NAN, ..deep() },
        Probe { weights: Weights { b2: f32::INFINITY, ..deep().weights }, ..deep() },
    ];
    for probe in probes {
        assert!(matches!(engine.load_probe("deep", probe), Err(Error::Invalid(_))));
    }
}
