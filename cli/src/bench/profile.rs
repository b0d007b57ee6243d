//! Where a step's GPU time goes, by part of the model.

use crate::statistics::median;
use crate::table::{self, Format, Table};
use anyhow::Result;
use ruminate::gpu::{Gpu, Replay, kernel_times};
use serde::Serialize;

/// Replays timed.
const TIMES: usize = 7;

/// All dispatches of a step with one label, the layer aside.
#[derive(Debug, Clone, Serialize)]
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

/// Times a replay of what the step buffer holds, the longest part first.
pub fn parts(gpu: &Gpu, replay: &Replay) -> Result<Vec<Part>> {
    let runs: Vec<Vec<f64>> =
        (0..TIMES).map(|_| pollster::block_on(kernel_times(gpu, replay))).collect::<ruminate::Result<_>>()?;
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
    parts.sort_by(|a, b| b.us.total_cmp(&a.us));
    Ok(parts)
}

/// `layer 3 qkv` is `qkv`.
fn part_of(label: &str) -> &str {
    let after = label.strip_prefix("layer ").and_then(|rest| rest.split_once(' '));
    after.map_or(label, |(_, part)| part)
}

/// The table of a test's parts.
fn as_table(test: &str, parts: &[Part]) -> Table {
    let mut table = Table::new(&["test", "part", ">dispatches", ">us", ">us each", ">%", "kernel"]);
    for p in parts {
        table.push([
            test.to_owned(),
            p.part.clone(),
            p.dispatches.to_string(),
            format!("{:.1}", p.us),
            format!("{:.2}", p.us / p.dispatches as f64),
            format!("{:.1}", p.percent),
            p.kernel.clone(),
        ]);
    }
    let (dispatches, us) = parts.iter().fold((0, 0.0), |sum, p| (sum.0 + p.dispatches, sum.1 + p.us));
    let each = us / dispatches.max(1) as f64;
    table.push([
        test.to_owned(),
        "all".into(),
        dispatches.to_string(),
        format!("{us:.1}"),
        format!("{each:.2}"),
        "100.0".into(),
        String::new(),
    ]);
    table
}

/// Prints a table for each test that has parts; JSON holds them already.
pub fn print<'a>(tests: impl Iterator<Item = (&'a str, Option<&'a Vec<Part>>)>, format: Format) -> Result<()> {
    for (test, parts) in tests.filter_map(|(test, parts)| Some((test, parts?))).filter(|_| format != Format::Json) {
        table::print("\n")?;
        as_table(test, parts).print(format, &())?;
    }
    Ok(())
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
