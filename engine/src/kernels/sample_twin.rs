//! The CPU twins of the sampling kernels, and of `shared/{top,sampling,cut,random}.wgsl`.

use super::sample::Settings;

/// Cells of a bin, and bins of a histogram.
const BINS: u32 = 1024;
/// Cells in all: a token beyond is never drawn.
const CELLS: u32 = BINS * BINS;
const CELLS_A_NAT: f32 = 49152.0;
const KEY_MASKED: u32 = 0x007f_ffff;

/// The log-probability of a token in a row without any finite logit: what none can be.
pub const NO_PROBABILITY: f32 = 1.0;

/// A top logit, where it is, and sums of exponentials relative to it.
#[derive(Debug, Clone, Copy)]
pub struct Top {
    /// The logit's [`ordered`] key.
    pub key: u32,
    /// Its lowest index.
    pub index: u32,
    /// Sum of exp(logit - top).
    pub sum: f64,
    /// Sum of exp((logit - top) / temperature); 0 for a greedy row.
    pub sum_cooled: f64,
}

/// An integer that orders like the logit: NaN lowest, -0 = +0, infinity cut to the largest number.
pub fn ordered(logit: f32) -> u32 {
    if logit.is_nan() {
        return 0;
    }
    let bits = if logit == 0.0 { 0 } else { logit.min(f32::MAX).to_bits() };
    if bits >> 31 == 0 { bits | 0x8000_0000 } else { !bits }
}

/// The logit of a key; NaN and -infinity become the lowest number.
pub fn logit_of(key: u32) -> f32 {
    let key = key.max(KEY_MASKED + 1);
    f32::from_bits(if key >> 31 == 1 { key & 0x7fff_ffff } else { !key })
}

fn cooling(temperature: f32) -> f32 {
    if temperature > 0.0 { 1.0 / temperature } else { 0.0 }
}

/// The top of `logits`, whose first is token `first`.
pub fn top(logits: &[f32], first: u32, temperature: f32) -> Top {
    let mut key = 0;
    let mut index = first;
    for (i, &logit) in (first..).zip(logits) {
        if ordered(logit) > key {
            (key, index) = (ordered(logit), i);
        }
    }
    let sum_with = |cooling: f64| -> f64 {
        let kept = logits.iter().map(|&l| ordered(l)).filter(|&k| k > KEY_MASKED);
        kept.map(|k| ((f64::from(logit_of(k)) - f64::from(logit_of(key))) * cooling).exp()).sum()
    };
    let sum_cooled = if temperature > 0.0 { sum_with(f64::from(cooling(temperature))) } else { 0.0 };
    Top { key, index, sum: sum_with(1.0), sum_cooled }
}

/// 2^31 / (the sum rounded up to a power of two).
fn weight_scale(sum: f64) -> f32 {
    (31.0 - sum.max(1.0).log2().ceil()).exp2() as f32
}

/// (cell, weight) of every token of a row.
pub fn cells(logits: &[f32], temperature: f32) -> Vec<(u32, u32)> {
    let top = top(logits, 0, temperature);
    let scale = weight_scale(top.sum_cooled);
    let cell = |&logit: &f32| {
        let key = ordered(logit);
        let distance = ((logit_of(top.key) - logit_of(key)) * cooling(temperature)).min(200.0);
        let cell = if key > KEY_MASKED { (distance * CELLS_A_NAT) as u32 } else { CELLS };
        (cell, if cell < CELLS { ((-distance).exp() * scale + 0.5) as u32 } else { 0 })
    };
    logits.iter().map(cell).collect()
}

fn scramble(mut x: u32) -> u32 {
    x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
    x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// The random number of a step.
pub fn random_bits(seed: [u32; 2], step: u32) -> u32 {
    let a = scramble(step.wrapping_mul(0x9e37_79b9).wrapping_add(seed[0]));
    let b = scramble(a ^ seed[1].wrapping_mul(0x85eb_ca6b).wrapping_add(0x68e3_1da4));
    scramble(b.wrapping_add(seed[0]))
}

/// What a row's sampling gives.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// The token.
    pub token: u32,
    /// Its log-probability at temperature 1, unfiltered; [`NO_PROBABILITY`] where no logit is finite.
    pub logprob: f32,
    /// How far the decision was from another, as a part of the kept weight: below 1e-5, a GPU's rounding of the
    /// exponentials may choose a neighbour.
    pub margin: f64,
}

/// The last cell that the filters keep, and how far top-p was from cutting elsewhere.
pub fn last_cell(cells: &[(u32, u32)], row: &Settings) -> (u32, f64) {
    let mut sorted: Vec<(u32, u32)> = cells.iter().copied().filter(|c| c.0 < CELLS).collect();
    sorted.sort_unstable();
    let mut last = CELLS - 1;
    let mut margin = f64::INFINITY;
    if row.min_p > 0.0 {
        last = last.min(((-row.min_p.ln()).max(0.0) * CELLS_A_NAT) as u32);
    }
    let mut k_last = CELLS - 1;
    if let Some(&(cell, _)) = sorted.get((row.top_k as usize).wrapping_sub(1)) {
        k_last = cell;
    }
    sorted.retain(|c| c.0 <= k_last);
    if row.top_p < 1.0 {
        let all: u32 = sorted.iter().map(|c| c.1).sum();
        let want = ((all as f32 * row.top_p) as u32).clamp(1, all.max(1));
        let mut running = 0u32;
        for tied in sorted.chunk_by(|a, b| a.0 == b.0) {
            let before = running;
            running += tied.iter().map(|c| c.1).sum::<u32>();
            if running >= want {
                k_last = tied[0].0;
                let nearest = (running - want).min(want - before);
                margin = f64::from(nearest) / f64::from(all.max(1));
                break;
            }
        }
    }
    (last.min(k_last), margin)
}

/// The whole of sampling for one row.
pub fn choose(logits: &[f32], row: &Settings) -> Choice {
    let top = top(logits, 0, row.temperature);
    let logprob_of = |token: u32| match top.key {
        ..=KEY_MASKED => NO_PROBABILITY,
        _ => {
            let fall = f64::from(logit_of(top.key)) - f64::from(logit_of(ordered(logits[token as usize])));
            (-fall - top.sum.ln()) as f32
        }
    };
    let greedy = Choice { token: top.index, logprob: logprob_of(top.index), margin: f64::INFINITY };
    if row.temperature <= 0.0 {
        return greedy;
    }
    let cells = cells(logits, row.temperature);
    let (last, mut margin) = last_cell(&cells, row);
    let kept = |cell: &(u32, u32)| if cell.0 <= last { cell.1 } else { 0 };
    let total: u32 = cells.iter().map(kept).sum();
    let goal = (u64::from(random_bits(row.seed, row.step)) * u64::from(total)) >> 32;
    let mut running = 0u64;
    for (token, cell) in (0..).zip(&cells) {
        let before = running;
        running += u64::from(kept(cell));
        if running > goal {
            // The row's ends are no edges.
            let below = if before == 0 { u64::MAX } else { goal - before };
            let above = if running == u64::from(total) { u64::MAX } else { running - goal };
            margin = margin.min(below.min(above) as f64 / f64::from(total));
            return Choice { token, logprob: logprob_of(token), margin };
        }
    }
    greedy
}
