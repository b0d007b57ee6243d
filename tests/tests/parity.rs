//! Models against reference implementations: goldens made by `tests/goldens/make.py`.

use ruminate::gpu::{Gpu, GpuOptions, Tier};
use ruminate::session::{Engine, EngineOptions};
use ruminate_tests::{Golden, goldens, relative_error};
use std::sync::Arc;

fn gpu(tier: Tier) -> Arc<Gpu> {
    pollster::block_on(Gpu::open(&GpuOptions { tier: Some(tier), ..GpuOptions::default() })).unwrap()
}

fn engine(gpu: &Arc<Gpu>, golden: &Golden, options: EngineOptions) -> Engine {
    Engine::load(gpu.clone(), &golden.model, &options, &mut |_| true).unwrap()
}

/// Exact activations: what is compared is the model, not the rounding to int8.
const EXACT: EngineOptions = EngineOptions { context: None, branches: 2, page: 32, chunk: None, int8: Some(false) };

#[test]
fn tiny_models_agree_with_transformers_in_chunks_and_one_by_one() {
    for tier in [Tier::Portable, Tier::Software, Tier::Subgroup] {
        let gpu = gpu(tier);
        for golden in goldens() {
            let mut engine = engine(&gpu, &golden, EXACT);
            let branch = engine.open_branch().unwrap();
            let chunked = pollster::block_on(engine.logits(branch, &golden.ids)).unwrap();
            let error = relative_error(&chunked, &golden.logits);
            assert!(error <= 2e-3, "{tier} {} in chunks: {error:e}", golden.name);

            let branch = engine.open_branch().unwrap();
            let mut single = Vec::new();
            for &id in &golden.ids {
                single.extend(pollster::block_on(engine.decode_logits(&[(branch, id)])).unwrap());
            }
            let error = relative_error(&single, &golden.logits);
            assert!(error <= 2e-3, "{tier} {} one by one: {error:e}", golden.name);
        }
    }
}
