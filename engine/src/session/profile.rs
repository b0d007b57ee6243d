//! Where a step's GPU time goes, by part of the model.

use crate::Result;
use crate::gpu::{Gpu, Replay, kernel_times};
use serde::{Deserialize, Serialize};

/// Replays timed.
const TIMES: usize = 7;

/// All dispatches of a step with one label, the layer aside.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Part {
    /// The label: `qkv`, `attention`.
    pub part: String,
    /// The kernel's permutation; of the first, where layers differ.
    pub kernel: String,
    /// Dispatches.
    pub dispatches: usize,
    /// Microseconds of all.
    pub us: f64,
    /// Share of the step, in percent.
    pub percent: f64,
}

/// Times a replay of what the step buffer holds; the parts in the order in which they come first.
pub async fn profile(gpu: &Gpu, replay: &Replay) -> Result<Vec<Part>> {
    let mut runs: Vec<Vec<f64>> = Vec::new();
    for _ in 0..TIMES {
        runs.push(kernel_times(gpu, replay).await?);
    }
    let mut parts: Vec<Part> = Vec::new();
    for index in 0..replay.len() {
        let us = median(runs.iter().filter_map(|run| run.get(index)).map(|s| s * 1e6).collect());
        let (label, kernel) = replay.label(index);
        let part = part_of(label);
        match parts.iter_mut().find(|p| p.part == part) {
            Some(p) => {
                p.us += us;
                p.dispatches += 1;
            }
            None => parts.push(Part { part: part.into(), kernel: kernel.into(), dispatches: 1, us, percent: 0.0 }),
        }
    }
    let total: f64 = parts.iter().map(|p| p.us).sum();
    parts.iter_mut().for_each(|p| p.percent = p.us / total.max(1e-9) * 100.0);
    Ok(parts)
}

/// `layer 3 qkv` is `qkv`.
fn part_of(label: &str) -> &str {
    let after = label.strip_prefix("layer ").and_then(|rest| rest.split_once(' '));
    after.map_or(label, |(_, part)| part)
}

/// The median; 0 of nothing.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::part_of;

    #[test]
    fn the_layer_is_left_out() {
        assert_eq!(
            [part_of("layer 12 ffn norm"), part_of("final norm"), part_of("embed")],
            ["ffn norm", "final norm", "embed"]
        );
    }
}
