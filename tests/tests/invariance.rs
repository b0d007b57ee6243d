//! What must not change the result: how a prompt is cut, the size of pages, other rows, small bindings, another run.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows it in tests, but not in their helpers")]

use ruminate::Error;
use ruminate::gpu::{Gpu, GpuOptions, Tier};
use ruminate::model::{Head, Shape};
use ruminate::sample::{Sampling, Stop, StopConditions};
use ruminate::session::{Engine, EngineOptions, Event, Request};
use ruminate::text::Special;
use ruminate_tests::{Golden, goldens, relative_error};
use std::sync::Arc;

fn golden() -> Golden {
    goldens().into_iter().find(|g| g.name == "tiny-llama-q4_0").unwrap()
}

fn gpu(options: GpuOptions) -> Arc<Gpu> {
    pollster::block_on(Gpu::open(&options)).unwrap()
}

fn engine(gpu: &Arc<Gpu>, options: EngineOptions) -> Engine {
    Engine::load(gpu.clone(), &golden().model, &options, &mut |_| true).unwrap()
}

fn logits(engine: &mut Engine, ids: &[u32]) -> Vec<f32> {
    let branch = engine.open_branch().unwrap();
    let logits = pollster::block_on(engine.logits(branch, ids)).unwrap();
    engine.close_branch(branch).unwrap();
    logits
}

#[test]
fn chunks_and_pages_do_not_matter() {
    let ids = golden().ids;
    let usual = gpu(GpuOptions::default());
    let want = logits(&mut engine(&usual, EngineOptions::default()), &ids);
    for (chunk, page) in [(8, 16), (16, 64), (64, 128)] {
        let options = EngineOptions { chunk: Some(chunk), page, ..EngineOptions::default() };
        let error = relative_error(&logits(&mut engine(&usual, options), &ids), &want);
        assert!(error < 1e-5, "chunk {chunk} page {page}: {error:e}");
    }
}

#[test]
fn tensors_above_the_binding_limit_are_cut_by_rows() {
    let ids = golden().ids;
    let at = |limit| GpuOptions { tier: Some(Tier::Portable), max_binding: limit, ..GpuOptions::default() };
    let options = EngineOptions { context: Some(96), chunk: Some(32), ..EngineOptions::default() };
    let want = logits(&mut engine(&gpu(at(None)), options), &ids);
    // The embedding has 55 KB of quants, which no longer fit.
    let mut cut = engine(&gpu(at(Some(48 << 10))), options);
    let shape = Shape::decoding(1, Head::Score);
    let heads = cut.describe(shape).unwrap().lines().filter(|line| line.starts_with("embed")).count();
    assert!(heads > 1, "the embedding was not cut");
    assert!(relative_error(&logits(&mut cut, &ids), &want) < 1e-5);
    // Buffers between kernels are not cut: a limit too small for them is named, not exceeded.
    let mut small = engine(&gpu(at(Some(8 << 10))), options);
    let branch = small.open_branch().unwrap();
    let error = pollster::block_on(small.logits(branch, &ids)).unwrap_err();
    assert!(error.to_string().contains("binding limit"), "{error}");
}

#[test]
fn rows_of_a_batch_are_as_alone() {
    let ids = golden().ids;
    let gpu = gpu(GpuOptions::default());
    let mut engine = engine(&gpu, EngineOptions { branches: 4, ..EngineOptions::default() });
    let vocab = engine.config.vocab as usize;
    // Three branches with different lengths.
    let prompts = [&ids[..20], &ids[5..40], &ids[30..33]];
    let alone: Vec<Vec<f32>> = prompts
        .iter()
        .map(|prompt| {
            let branch = engine.open_branch().unwrap();
            pollster::block_on(engine.logits(branch, prompt)).unwrap();
            let logits = pollster::block_on(engine.decode_logits(&[(branch, ids[50])])).unwrap();
            engine.close_branch(branch).unwrap();
            logits
        })
        .collect();
    let branches: Vec<_> = prompts
        .iter()
        .map(|prompt| {
            let branch = engine.open_branch().unwrap();
            pollster::block_on(engine.logits(branch, prompt)).unwrap();
            branch
        })
        .collect();
    let rows: Vec<_> = branches.iter().map(|&branch| (branch, ids[50])).collect();
    let together = pollster::block_on(engine.decode_logits(&rows)).unwrap();
    for (row, want) in alone.iter().enumerate() {
        let error = relative_error(&together[row * vocab..(row + 1) * vocab], want);
        assert!(error < 1e-5, "row {row}: {error:e}");
    }
}

fn generate(engine: &mut Engine, sampling: Sampling, most: usize) -> (Vec<u32>, Stop) {
    let branch = engine.open_branch().unwrap();
    let stop = StopConditions { max_tokens: Some(most), ..StopConditions::default() };
    let prompt = golden().ids[..9].to_vec();
    let request = Request { prompt, sampling, stop, special: Special::Show, ..Request::default() };
    let mut generation = engine.generate(branch, request).unwrap();
    let (mut ids, mut why) = (Vec::new(), None);
    while let Some(event) = pollster::block_on(generation.next()).unwrap() {
        match event {
            Event::Token { id, .. } => ids.push(id),
            Event::End { stop, statistics, .. } => {
                assert_eq!(statistics.tokens, ids.len());
                why = Some(stop);
            }
            _ => {}
        }
    }
    drop(generation);
    // What was decoded past the end is undone.
    assert_eq!(engine.branch_length(branch).unwrap() as usize, 9 + ids.len() - 1);
    engine.close_branch(branch).unwrap();
    (ids, why.unwrap())
}

#[test]
fn a_seed_gives_the_same_text_again() {
    let gpu = gpu(GpuOptions::default());
    let mut engine = engine(&gpu, EngineOptions::default());
    let sampling = |seed| Sampling { temperature: 1.0, top_p: 1.0, seed, ..Sampling::default() };
    let (first, stop) = generate(&mut engine, sampling(7), 24);
    assert_eq!((first.len(), stop), (24, Stop::Length));
    assert_eq!(generate(&mut engine, sampling(7), 24).0, first);
    assert_ne!(generate(&mut engine, sampling(8), 24).0, first);
    // Fewer tokens are the beginning of more: steps in flight past the end change nothing.
    assert_eq!(generate(&mut engine, sampling(7), 5).0, first[..5]);
}

#[test]
fn greedy_follows_the_logits() {
    let gpu = gpu(GpuOptions::default());
    let mut engine = engine(&gpu, EngineOptions::default());
    let (ids, _) = generate(&mut engine, Sampling::greedy(), 12);
    let vocab = engine.config.vocab as usize;
    let branch = engine.open_branch().unwrap();
    let mut row = pollster::block_on(engine.logits(branch, &golden().ids[..9])).unwrap().split_off(8 * vocab);
    for id in ids {
        let best = (0..vocab).rev().max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
        assert_eq!(id as usize, best);
        row = pollster::block_on(engine.decode_logits(&[(branch, id)])).unwrap();
    }
}

#[test]
fn a_full_context_ends_the_text_and_refuses_longer_prompts() {
    let gpu = gpu(GpuOptions::default());
    let mut engine = engine(&gpu, EngineOptions { context: Some(16), page: 16, ..EngineOptions::default() });
    let (ids, stop) = generate(&mut engine, Sampling::greedy(), 100);
    assert_eq!((ids.len(), stop), (7, Stop::Length));
    let scored = pollster::block_on(engine.score(&golden().ids, None, &mut |_, _| true));
    assert!(matches!(scored, Err(Error::ContextFull { needed: 71, context: 16, .. })));
    let outside = pollster::block_on(engine.score(&[0, u32::MAX], None, &mut |_, _| true));
    assert!(matches!(outside, Err(Error::Invalid(_))));
    // Refusals leave nothing behind.
    assert_eq!(generate(&mut engine, Sampling::greedy(), 100).0, ids);
}

#[test]
fn too_large_a_buffer_is_named() {
    let gpu = gpu(GpuOptions::default());
    let size = gpu.caps.max_buffer + 16;
    let error = gpu.create_buffer("weights", size, wgpu::BufferUsages::STORAGE).unwrap_err();
    assert!(matches!(error, Error::OutOfMemory { ref what, bytes, .. } if what == "weights" && bytes == size));
}

#[test]
fn scores_are_the_log_softmax_of_the_logits() {
    let ids = golden().ids;
    for tier in [Tier::Portable, Tier::Software, Tier::Subgroup] {
        let gpu = gpu(GpuOptions { tier: Some(tier), ..GpuOptions::default() });
        let mut engine = engine(&gpu, EngineOptions::default());
        let vocab = engine.config.vocab as usize;
        let logits = logits(&mut engine, &ids);
        // A part of a block, a block and a part, and one token, which has no score.
        for length in [1, 34, 41, 67, 71] {
            let scores = pollster::block_on(engine.score(&ids[..length], None, &mut |_, _| true)).unwrap();
            assert_eq!(scores.len(), length - 1);
            for (i, score) in scores.iter().enumerate() {
                let row = &logits[i * vocab..(i + 1) * vocab];
                let sum: f64 = row.iter().map(|&l| f64::from(l).exp()).sum();
                let want = f64::from(row[ids[i + 1] as usize]) - sum.ln();
                assert!((f64::from(*score) - want).abs() < 1e-3, "{tier} {length} tokens, {i}: {score} not {want}");
            }
        }
    }
}
