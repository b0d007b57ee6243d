//! Rows that read a common prefix together give what they give when each reads it for itself.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows it in tests, but not in their helpers")]

use ruminate::adapter::{AdapterFile, AdapterOptions, Module};
use ruminate::cache::BranchId;
use ruminate::gpu::{Gpu, GpuOptions, Tier};
use ruminate::model::{Precision, PrefixShape};
use ruminate::session::{Engine, EngineOptions};
use ruminate_tests::{Golden, goldens, relative_error};
use std::sync::Arc;

/// Those that the device at hand can run; sharing in the matrix tier goes through halves.
fn tiers() -> Vec<(Arc<Gpu>, f64)> {
    let open = |tier| pollster::block_on(Gpu::open(&GpuOptions { tier: Some(tier), ..GpuOptions::default() }));
    let mut tiers: Vec<_> =
        [Tier::Portable, Tier::Software, Tier::Subgroup].map(|tier| (open(tier).unwrap(), 3e-5)).into();
    tiers.extend(open(Tier::Matrix).map(|gpu| (gpu, 2e-3)));
    tiers
}

fn engine(gpu: &Arc<Gpu>, golden: &Golden, page: u32) -> Engine {
    let options = EngineOptions {
        branches: 13,
        positions: Some(13 * 128),
        page,
        precision: Some(Precision::Float),
        ..EngineOptions::default()
    };
    Engine::load(gpu.clone(), &golden.model, &options, &mut |_| true).unwrap()
}

/// Tokens, as many as are wanted.
fn tokens(golden: &Golden, seed: usize, count: usize) -> Vec<u32> {
    golden.ids.iter().cycle().skip(seed).step_by(1 + seed % 3).take(count).copied().collect()
}

fn append(engine: &mut Engine, branch: BranchId, ids: &[u32]) {
    if !ids.is_empty() {
        pollster::block_on(engine.logits(branch, ids)).unwrap();
    }
}

/// The logits of a step with and without sharing, and what its tiles are.
fn both(engine: &mut Engine, branches: &[BranchId]) -> (Vec<f32>, Vec<f32>, Option<PrefixShape>) {
    let rows: Vec<_> = branches.iter().zip(1..).map(|(&branch, i)| (branch, i * 3)).collect();
    let mut step = |least| {
        engine.shared_prefix = least;
        let prefix = engine.decode_shape(branches, true).unwrap().0.prefix;
        let logits = pollster::block_on(engine.decode_logits(&rows)).unwrap();
        for &branch in branches {
            let length = engine.branch_length(branch).unwrap();
            engine.truncate_branch(branch, length - 1).unwrap();
        }
        (prefix, logits)
    };
    let (none, unshared) = step(None);
    assert_eq!(none, None);
    let (prefix, shared) = step(Some(1));
    (shared, unshared, prefix)
}

#[test]
fn shared_is_unshared_in_a_forest_of_forks() {
    for (gpu, tolerance) in tiers() {
        for golden in goldens().iter().filter(|golden| ["tiny-llama", "tiny-qwen2-q8_0"].contains(&&*golden.name)) {
            for page in [16, 32, 64] {
                let mut engine = engine(&gpu, golden, page);
                // Two conversations with nothing in common. The first is forked inside a page, and a fork of it again.
                let (first, second) = (engine.open_branch().unwrap(), engine.open_branch().unwrap());
                append(&mut engine, first, &tokens(golden, 1, 70));
                append(&mut engine, second, &tokens(golden, 2, 64));
                let mut branches = vec![first];
                for (i, own) in [0, 1, 23].into_iter().enumerate() {
                    let fork = engine.fork_branch(first, None).unwrap();
                    append(&mut engine, fork, &tokens(golden, 10 + i, own));
                    branches.push(fork);
                }
                let deep = engine.fork_branch(branches[3], None).unwrap();
                append(&mut engine, deep, &tokens(golden, 20, 9));
                branches.push(deep);
                // The second ends with a page: one fork is exactly the prefix, one branches off before its end.
                branches.push(engine.fork_branch(second, None).unwrap());
                let early = engine.fork_branch(second, Some(39)).unwrap();
                append(&mut engine, early, &tokens(golden, 30, 40));
                branches.push(early);
                let alone = engine.open_branch().unwrap();
                append(&mut engine, alone, &tokens(golden, 40, 5));
                branches.extend([alone, second]);
                // Nine rows, in an order that takes the groups apart; seven rows of the class of 16 are unused.
                branches.swap(0, 5);
                branches.swap(2, 7);
                let (shared, unshared, prefix) = both(&mut engine, &branches);
                let (tier, name) = (gpu.caps.tier, &golden.name);
                assert_eq!(prefix, Some(PrefixShape { tiles: 2, rows: 8 }), "{tier} {name} page {page}");
                let error = relative_error(&shared, &unshared);
                assert!(error <= tolerance, "{tier} {name} page {page}: {error:e}");
            }
        }
    }
}

#[test]
fn more_rows_than_a_tile_and_adapters_among_them() {
    for (gpu, tolerance) in tiers() {
        let golden = &goldens()[0];
        let mut engine = engine(&gpu, golden, 16);
        let file = AdapterFile::synthetic(&engine.config, 5, 8, &Module::ALL);
        let shareable = AdapterOptions { kv_shareable: Some(true), ..AdapterOptions::default() };
        engine.add_adapter("a", &file, shareable).unwrap();
        let root = engine.open_branch().unwrap();
        append(&mut engine, root, &tokens(golden, 3, 100));
        let forks: Vec<_> = (0..12).map(|_| engine.fork_branch(root, None).unwrap()).collect();
        for (i, &fork) in forks.iter().enumerate() {
            engine.set_adapter(fork, (i % 3 == 0).then_some("a")).unwrap();
            append(&mut engine, fork, &tokens(golden, i, i % 5));
        }
        let (shared, unshared, prefix) = both(&mut engine, &forks);
        assert_eq!(prefix, Some(PrefixShape { tiles: 2, rows: 8 }));
        let error = relative_error(&shared, &unshared);
        assert!(error <= tolerance, "{}: {error:e}", gpu.caps.tier);
        // A prefix that spares little is left alone.
        engine.shared_prefix = Some(10 * 96 + 1);
        assert_eq!(engine.decode_shape(&forks, true).unwrap().0.prefix, None);
        engine.shared_prefix = Some(10 * 96);
        assert!(engine.decode_shape(&forks, true).unwrap().0.prefix.is_some());
    }
}
