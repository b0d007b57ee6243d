//! In a steady batch, a branch's tokens are the same to the bit whatever the others do: end, are given
//! tokens, change how they are picked.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy.toml allows them in tests, but not in their helpers")]

use ruminate::Error;
use ruminate::adapter::AdapterOptions;
use ruminate::cache::BranchId;
use ruminate::gpu::{Gpu, GpuOptions, Tier};
use ruminate::sample::{Sampling, Stop};
use ruminate::session::{Batch, Engine, EngineOptions, Event};
use ruminate_tests::batches::{Seen, prompt, request, tiny, warm};
use ruminate_tests::{assets_folder, goldens_folder};

const OPTIONS: EngineOptions = EngineOptions {
    context: None,
    branches: 20,
    positions: Some(2048),
    page: 16,
    chunk: None,
    precision: None,
    adapters: ruminate::adapter::AdapterLimits::DEFAULT,
};

/// (tokens, bits of their log-probabilities)
type Transcript = Vec<(u32, u32)>;

/// The transcripts of `seeds`, forked from one prompt, all at once. Branch 1 is given tokens after its seventh and goes on
/// greedily; those of odd seeds end early.
fn transcripts(engine: &mut Engine, seeds: &[u64]) -> Vec<Transcript> {
    let root = engine.open_branch().unwrap();
    pollster::block_on(engine.logits(root, &prompt(0, 30))).unwrap();
    let mut batch = engine.batch().unwrap();
    batch.set_steady();
    let start = |&seed: &u64| {
        let fork = batch.fork(root, None).unwrap();
        batch.set_adapter(fork, Some("a")).unwrap();
        let most = if seed % 2 == 1 { 12 } else { 30 };
        batch.start(fork, request(prompt(30, 2), warm(seed), most)).unwrap();
        (fork, seed)
    };
    let branches: Vec<(BranchId, u64)> = seeds.iter().map(start).collect();
    let mut transcripts = vec![Vec::new(); seeds.len()];
    while let Some((branch, event)) = pollster::block_on(batch.next()).unwrap() {
        let Event::Token { id, logprob, .. } = event else { continue };
        let index = branches.iter().position(|&(other, _)| other == branch).unwrap();
        transcripts[index].push((id, logprob.to_bits()));
        if branches[index].1 == 1 && transcripts[index].len() == 7 {
            batch.set_sampling(branch, Sampling::greedy()).unwrap();
            batch.append(branch, &prompt(40, 6)).unwrap();
        }
    }
    drop(batch);
    engine.close_branch(root).unwrap();
    transcripts
}

#[test]
fn a_seed_gives_the_same_tokens_whatever_the_other_branches_do() {
    for tier in [Tier::Software, Tier::Portable, Tier::Subgroup] {
        let mut engine = tiny(tier, &OPTIONS);
        let options = AdapterOptions { kv_shareable: Some(true), ..AdapterOptions::default() };
        engine.load_adapter("a", &goldens_folder().join("adapters/llama-r8"), options).unwrap();
        let together = transcripts(&mut engine, &[0, 1, 2, 3, 5, 7, 9, 11]);
        assert_eq!((together[0].len(), together[3].len()), (30, 12));
        for (seed, want) in [(0, &together[0]), (1, &together[1]), (2, &together[2])] {
            assert_eq!(&transcripts(&mut engine, &[seed])[0], want, "{tier} seed {seed} alone");
        }
        let three = transcripts(&mut engine, &[2, 3, 0]);
        assert_eq!([&three[0], &three[2]], [&together[2], &together[0]], "{tier}");
    }
}

/// A prefix that rows read together has other bits than one that each reads for itself. Software drivers do without in a
/// steady batch; on GPUs it is what callers may do without.
#[test]
fn common_prefixes_are_read_apart_in_a_steady_batch() {
    for (tier, shared_prefix) in [(Tier::Software, Some(1)), (Tier::Portable, None)] {
        let mut engine = tiny(tier, &OPTIONS);
        let options = AdapterOptions { kv_shareable: Some(true), ..AdapterOptions::default() };
        engine.load_adapter("a", &goldens_folder().join("adapters/llama-r8"), options).unwrap();
        engine.shared_prefix = shared_prefix;
        let together = transcripts(&mut engine, &[0, 1, 2, 3, 5, 7, 9, 11]);
        for (seed, want) in [(0, &together[0]), (2, &together[2])] {
            assert_eq!(&transcripts(&mut engine, &[seed])[0], want, "{tier} seed {seed} alone");
        }
        engine.shared_prefix = Some(1);
        let shared = transcripts(&mut engine, &[0, 1, 2, 3, 5, 7, 9, 11]);
        assert_eq!(shared == together, tier == Tier::Software, "{tier}: so much does sharing change");
    }
}

/// The tiny model's matrices are too small for their sums to be cut; those of a real one are cut by how many rows there
/// are.
#[test]
fn so_it_is_with_a_real_model() {
    for tier in [Tier::Software, Tier::Portable, Tier::Subgroup] {
        let gpu = pollster::block_on(Gpu::open(&GpuOptions { tier: Some(tier), ..GpuOptions::default() })).unwrap();
        let model = assets_folder().join("SmolLM2-135M-Instruct.Q4_1.gguf");
        let mut engine = Engine::load(gpu, &model, &OPTIONS, &mut |_| true).unwrap();
        let mut run = |seeds: &[u64]| {
            let mut batch = engine.batch().unwrap();
            batch.set_steady();
            let start = |&seed: &u64| {
                let branch = batch.engine_mut().open_branch().unwrap();
                batch.start(branch, request(vec![504, 4626, 338], warm(seed), 2 + seed as usize)).unwrap();
                branch
            };
            let branches: Vec<BranchId> = seeds.iter().map(start).collect();
            let mut first: Transcript = Vec::new();
            while let Some((branch, event)) = pollster::block_on(batch.next()).unwrap() {
                if let Event::Token { id, logprob, .. } = event
                    && branch == branches[0]
                {
                    first.push((id, logprob.to_bits()));
                }
            }
            first
        };
        let want = run(&[4, 0, 1, 2, 3]);
        assert_eq!(want.len(), 6);
        assert!(run(&[4]) == want && run(&[4, 1]) == want, "{tier}");
    }
}

#[test]
fn tokens_are_taken_back() {
    let mut engine = tiny(Tier::Software, &OPTIONS);
    let tokenizer = engine.tokenizer().unwrap().clone();
    let given = tokenizer.encode(" é", false).unwrap();
    let branch = engine.open_branch().unwrap();
    let mut batch: Batch<'_> = engine.batch().unwrap();
    batch.start(branch, request(prompt(0, 9), warm(3), 20)).unwrap();
    let mut seen = Seen::default();
    seen.until(&mut batch, branch, 6);
    for count in [2, 0, 1] {
        let before = batch.accepted(branch).to_vec();
        batch.take_back(branch, count).unwrap();
        assert_eq!(batch.accepted(branch), &before[..before.len() - count]);
        assert!(batch.append(branch, &given).unwrap().ends_with(" é"));
        assert!(matches!(batch.take_back(branch, 1), Err(Error::Invalid(_))), "what was given stays");
        seen.until(&mut batch, branch, seen.tokens(branch).len() + 4);
    }
    let mut tokens = 0;
    while let Some((_, event)) = pollster::block_on(batch.next()).unwrap() {
        if let Event::End { stop, statistics, .. } = event {
            assert!(matches!(stop, Stop::Length));
            tokens = statistics.tokens;
        }
    }
    // Those that were taken back do not count.
    assert_eq!((tokens, batch.accepted(branch).len()), (20, 20 + 3 * given.len()));
}
