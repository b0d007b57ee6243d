//! Driving batches of the tiny models.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

use crate::goldens;
use ruminate::cache::BranchId;
use ruminate::gpu::{Gpu, GpuOptions, Tier};
use ruminate::sample::{Sampling, Stop, StopConditions};
use ruminate::session::{Batch, Engine, EngineOptions, Event, Request};
use std::collections::HashMap;

/// A tiny model in a tier.
///
/// # Panics
/// If it cannot be loaded.
pub fn tiny(tier: Tier, options: &EngineOptions) -> Engine {
    let gpu = pollster::block_on(Gpu::open(&GpuOptions { tier: Some(tier), ..GpuOptions::default() })).unwrap();
    let golden = goldens().into_iter().find(|golden| golden.name == "tiny-llama").unwrap();
    Engine::load(gpu, &golden.model, options, &mut |_| true).unwrap()
}

/// The first `length` tokens of the golden's text, from `from` on.
///
/// # Panics
/// If there are not so many.
pub fn prompt(from: usize, length: usize) -> Vec<u32> {
    let golden = goldens().into_iter().find(|golden| golden.name == "tiny-llama").unwrap();
    golden.ids[from..from + length].to_vec()
}

/// Draws that differ from seed to seed.
pub fn warm(seed: u64) -> Sampling {
    Sampling { temperature: 1.0, top_p: 1.0, seed, ..Sampling::default() }
}

/// A request for `most` tokens, whose branch closes at the end.
pub fn request(prompt: Vec<u32>, sampling: Sampling, most: usize) -> Request {
    let stop = StopConditions { max_tokens: Some(most), ..StopConditions::default() };
    Request { prompt, sampling, stop, close_at_end: true, ..Request::default() }
}

/// What a request gives on a new branch, alone.
///
/// # Panics
/// If it fails.
pub fn alone(engine: &mut Engine, request: Request) -> Vec<u32> {
    let branch = engine.open_branch().unwrap();
    let mut batch = engine.batch().unwrap();
    batch.start(branch, request).unwrap();
    let mut seen = Seen::default();
    seen.drive(&mut batch);
    drop(batch);
    if engine.branch_length(branch).is_ok() {
        engine.close_branch(branch).unwrap();
    }
    seen.tokens(branch)
}

/// What events told, by branch.
#[derive(Debug, Default)]
pub struct Seen {
    /// Tokens of each branch.
    pub tokens: HashMap<BranchId, Vec<u32>>,
    /// What its probe gave.
    pub probed: HashMap<BranchId, f32>,
    /// Why each ended.
    pub ends: HashMap<BranchId, Result<Stop, ruminate::Error>>,
    /// Every event's name and branch, in order.
    pub order: Vec<(&'static str, BranchId)>,
}

impl Seen {
    /// Takes the next event; `false` after the last.
    ///
    /// # Panics
    /// If the batch fails.
    pub fn next(&mut self, batch: &mut Batch<'_>) -> bool {
        let Some((branch, event)) = pollster::block_on(batch.next()).unwrap() else { return false };
        let name = match event {
            Event::Waiting { .. } => "waiting",
            Event::Prefill { .. } => "prefill",
            Event::Probed { value } => {
                assert!(self.probed.insert(branch, value).is_none(), "{branch:?} was probed twice");
                "probed"
            }
            Event::Token { id, .. } => {
                self.tokens.entry(branch).or_default().push(id);
                "token"
            }
            Event::End { stop, statistics, .. } => {
                assert_eq!(statistics.tokens, self.tokens.get(&branch).map_or(0, Vec::len));
                assert!(self.ends.insert(branch, Ok(stop)).is_none(), "{branch:?} ended twice");
                "end"
            }
            Event::Failed { error } => {
                assert!(self.ends.insert(branch, Err(error)).is_none(), "{branch:?} ended twice");
                "failed"
            }
        };
        self.order.push((name, branch));
        true
    }

    /// Goes on to the end of all generations.
    pub fn drive(&mut self, batch: &mut Batch<'_>) {
        while self.next(batch) {}
    }

    /// Goes on until a branch has so many tokens.
    ///
    /// # Panics
    /// If it never has.
    pub fn until(&mut self, batch: &mut Batch<'_>, branch: BranchId, tokens: usize) {
        while self.tokens(branch).len() < tokens {
            assert!(self.next(batch), "{branch:?} has {} tokens", self.tokens(branch).len());
        }
    }

    /// Tokens of a branch.
    pub fn tokens(&self, branch: BranchId) -> Vec<u32> {
        self.tokens.get(&branch).cloned().unwrap_or_default()
    }
}
