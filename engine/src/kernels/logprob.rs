//! Log-probabilities of given tokens, for scoring.

use super::case::{Case, CaseBuffer, Expect, Word};
use super::{Data, Sizes, sample_twin};
use crate::gpu::{Caps, Plan, Tier};

/// log softmax(logits)[target] for `[rows, vocab]` logits.
#[derive(Debug, Clone, Copy)]
pub struct LogProb {
    /// Rows.
    pub rows: u32,
    /// Logits a row.
    pub vocab: u32,
}

/// A target that asks for no log-probability: 0 is given.
pub const NO_TARGET: u32 = u32::MAX;

/// What a row gives, as the GPU writes it.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct Score {
    /// The target's log-probability; 0 without a target, [`sample_twin::NO_PROBABILITY`] where no logit is finite.
    pub logprob: f32,
    /// log(sum(exp(logits))).
    pub log_sum_exp: f32,
    /// The top logit's lowest index.
    pub argmax: u32,
    /// The top logit.
    pub top: f32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    vocab: u32,
}

impl LogProb {
    /// Binds logits `[rows, vocab]`, targets u32 `[rows]`, out [`Score`] `[rows]`.
    pub fn plan(&self, caps: &Caps) -> Plan {
        let subgroup = if caps.subgroup.is_some() { "SUBGROUP" } else { "" };
        Plan::new("logprob", &[subgroup])
            .constant("WG", if caps.tier == Tier::Software { 64 } else { 256 })
            .subgroup(caps)
            .params(Params { vocab: self.vocab })
            .grid(self.rows, 1, 1)
    }
}

/// The CPU twin for one row.
pub fn twin(logits: &[f32], target: u32) -> Score {
    let top = sample_twin::top(logits, 0, 0.0);
    let top_logit = sample_twin::logit_of(top.key);
    let log_sum = f64::from(top_logit) + top.sum.max(1.0).ln();
    let logprob = match logits.get(target as usize) {
        Some(&logit) if top.sum > 0.0 => {
            (f64::from(sample_twin::logit_of(sample_twin::ordered(logit))) - log_sum) as f32
        }
        Some(_) => sample_twin::NO_PROBABILITY,
        None => 0.0,
    };
    Score { logprob, log_sum_exp: log_sum as f32, argmax: top.index, top: top_logit }
}

/// The table of cases.
pub fn cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    let shapes: &[(u32, u32)] = match sizes {
        Sizes::Check => &[(1, 1), (3, 7), (2, 257), (33, 1000), (5, 5003)],
        Sizes::Bench => &[(1, 49152), (16, 152_064), (128, 152_064)],
    };
    shapes.iter().map(|&(rows, vocab)| case(&LogProb { rows, vocab }, caps)).collect()
}

fn case(logprob: &LogProb, caps: &Caps) -> Case {
    let vocab = logprob.vocab as usize;
    let count = logprob.rows as usize * vocab;
    let mut data = Data::new(u64::from(logprob.vocab));
    let mut logits = data.floats(count, 12.0);
    // A tie, a masked token, a NaN; a row of NaNs.
    logits[vocab - 1] = 12.5;
    logits[vocab / 2] = 12.5;
    if vocab > 4 {
        logits[1] = f32::NEG_INFINITY;
        logits[2] = f32::NAN;
    }
    if logprob.rows > 4 {
        logits[2 * vocab..3 * vocab].fill(f32::NAN);
    }
    let targets: Vec<u32> =
        (0..logprob.rows).map(|row| if row == 1 { NO_TARGET } else { 3 + data.below(logprob.vocab) }).collect();
    let targets: Vec<u32> =
        targets.iter().map(|&t| if t == NO_TARGET { t } else { t.min(logprob.vocab - 1) }).collect();
    let words = logits.chunks_exact(vocab).zip(&targets).flat_map(|(row, &target)| {
        let score = twin(row, target);
        // The lowest number, which is the top of a row of NaNs, would hide the errors of the others.
        let word = |value: f32| {
            if score.logprob >= sample_twin::NO_PROBABILITY { Word::Bits(value.to_bits()) } else { Word::F32(value) }
        };
        [word(score.logprob), word(score.log_sum_exp), Word::Bits(score.argmax), word(score.top)]
    });
    Case {
        kernel: "logprob",
        label: format!("{}x{}", logprob.rows, logprob.vocab),
        plan: logprob.plan(caps),
        buffers: vec![
            CaseBuffer::input(&logits),
            CaseBuffer::input(&targets),
            CaseBuffer::output(Expect::Mixed(words.collect())),
        ],
        bytes: count as u64 * 4,
        flops: count as u64 * 4,
    }
}
