//! Numbers that no format holds are told, not made into tokens.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy.toml allows them in tests, but not in their helpers")]

use ruminate::Error;
use ruminate::formats::Gguf;
use ruminate::gpu::{Gpu, GpuOptions, Tier};
use ruminate::sample::Sampling;
use ruminate::session::{Engine, Event};
use ruminate_tests::asking::OPTIONS;
use ruminate_tests::batches::{prompt, request, warm};
use ruminate_tests::goldens;

/// The last norm's gains are so large that what they multiply overflows.
#[test]
fn numbers_that_overflow_are_an_error_not_a_token() {
    let golden = goldens().into_iter().find(|golden| golden.name == "tiny-llama").unwrap();
    let mut bytes = std::fs::read(&golden.model).unwrap();
    let gguf = Gguf::open(&golden.model).unwrap();
    let norm = gguf.tensor("output_norm.weight").unwrap();
    for gain in bytes[norm.place(0..norm.rows)].chunks_exact_mut(4) {
        gain.copy_from_slice(&3e38f32.to_le_bytes());
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.gguf");
    std::fs::write(&path, bytes).unwrap();
    for tier in [Tier::Software, Tier::Portable, Tier::Subgroup] {
        let gpu = pollster::block_on(Gpu::open(&GpuOptions { tier: Some(tier), ..GpuOptions::default() })).unwrap();
        let mut engine = Engine::load(gpu, &path, &OPTIONS, &mut |_| true).unwrap();
        for sampling in [Sampling::greedy(), warm(1)] {
            let branch = engine.open_branch().unwrap();
            let mut batch = engine.batch().unwrap();
            batch.start(branch, request(prompt(0, 21), sampling, 8)).unwrap();
            let failed = loop {
                match pollster::block_on(batch.next()).unwrap().expect("it ends") {
                    (_, Event::Failed { error }) => break error,
                    (_, Event::Token { id, logprob, .. }) => panic!("{tier}: token {id}, {logprob}"),
                    _ => {}
                }
            };
            assert!(matches!(failed, Error::Overflow { position: 21 }), "{tier}: {failed}");
            assert!(failed.to_string().contains("--precision float"), "{failed}");
        }
        let scored = pollster::block_on(engine.score(&prompt(0, 21), None, &mut |_, _| true));
        assert!(matches!(scored, Err(Error::Overflow { position: 1 })), "{tier}: {scored:?}");
    }
}
