//! Steps of several branches at once: forks of one prefix, each with positions of its own.

use super::model::{load, synthetic};
use super::runner::decode_ms;
use crate::args::{EngineArgs, Global};
use crate::loading;
use crate::table::{Format, Table};
use anyhow::{Result, bail};
use ruminate::cache::BranchId;
use ruminate::model::{DECODE_ROWS, Synthetic};
use ruminate::sample::{Sampling, StopConditions};
use ruminate::session::{Engine, EngineOptions, Request};
use serde::Serialize;

#[derive(clap::Args)]
pub struct Args {
    /// Branches a step
    #[arg(short, long, value_delimiter = ',', default_value = "1,2,4,8,16")]
    rows: Vec<u32>,
    /// Positions that all branches share
    #[arg(short, long, value_name = "TOKENS", value_delimiter = ',', default_value = "0,1024")]
    prefix: Vec<u32>,
    /// Positions of each branch after those
    #[arg(short, long, value_name = "TOKENS", value_delimiter = ',', default_value = "0,1024")]
    depth: Vec<u32>,
    /// How to print the results
    #[arg(short, long, value_enum, default_value = "md")]
    output: Format,
    /// Random weights of this shape instead of a model: qwen2.5-7b, qwen2.5-1.5b or qwen2.5-0.5b
    #[arg(long, value_name = "SHAPE", value_parser = synthetic)]
    synthetic: Option<Synthetic>,
    #[command(flatten)]
    engine: EngineArgs,
}

#[derive(Debug, Serialize)]
struct Row {
    model: String,
    rows: u32,
    prefix: u32,
    depth: u32,
    gpu_ms_per_step: f64,
    tokens_per_second: f64,
    /// Times the first number of rows of the same prefix and depth.
    ratio: f64,
    /// Times the first prefix of the same rows and depth.
    prefix_ratio: f64,
    /// The same step when each row reads the prefix for itself, where that is another step.
    #[serde(skip_serializing_if = "Option::is_none")]
    unshared_gpu_ms_per_step: Option<f64>,
}

/// Measures every prefix, depth and number of rows.
pub fn run(global: &Global, args: &Args) -> Result<()> {
    let most = args.rows.iter().copied().max().unwrap_or(1);
    if args.rows.iter().any(|rows| !(1..=DECODE_ROWS).contains(rows)) {
        bail!("--rows takes 1 to {DECODE_ROWS}");
    }
    let [longest, deepest] = [&args.prefix, &args.depth].map(|list| list.iter().copied().max().unwrap_or(0));
    let base = args.engine.options();
    // A position for each branch's first token and one to decode; forks copy a page that is not full.
    let own = (deepest + 2).next_multiple_of(base.page) + base.page;
    let options = EngineOptions {
        context: args.engine.ctx.or(Some(longest + deepest + 2)),
        branches: most,
        positions: Some(longest + most * own),
        ..base
    };
    let (model, mut engine) = load(global, args.synthetic, &options)?;
    let progress = loading::spinner();
    let mut results: Vec<Row> = Vec::new();
    for &prefix in &args.prefix {
        for &depth in &args.depth {
            progress.set_message(format!("{prefix} shared and {depth} own positions"));
            let branches = grow(&mut engine, most, prefix, depth.max(1))?;
            for &rows in &args.rows {
                progress.set_message(format!("{rows} rows at {prefix} + {depth}"));
                let step = &branches[..rows as usize];
                let gpu_ms_per_step = timed(&mut engine, step)?;
                let is_shared = engine.decode_shape(step, true)?.0.prefix.is_some();
                let unshared = is_shared.then(|| timed_unshared(&mut engine, step)).transpose()?;
                let first = results.iter().find(|row| (row.prefix, row.depth) == (prefix, depth));
                let same = results.iter().find(|row| (row.rows, row.depth) == (rows, depth));
                let ratio_to = |row: Option<&Row>| gpu_ms_per_step / row.map_or(gpu_ms_per_step, |r| r.gpu_ms_per_step);
                results.push(Row {
                    model: model.clone(),
                    rows,
                    prefix,
                    depth,
                    gpu_ms_per_step,
                    tokens_per_second: f64::from(rows) / gpu_ms_per_step * 1e3,
                    ratio: ratio_to(first),
                    prefix_ratio: ratio_to(same),
                    unshared_gpu_ms_per_step: unshared,
                });
            }
            branches.into_iter().try_for_each(|branch| engine.close_branch(branch))?;
        }
    }
    progress.finish_and_clear();
    print(&results, args.output)
}

/// Branches that share a prefix and have more positions of their own.
fn grow(engine: &mut Engine, count: u32, prefix: u32, own: u32) -> Result<Vec<BranchId>> {
    let root = engine.open_branch()?;
    if prefix > 0 {
        fill(engine, root, prefix)?;
    }
    let forks = (1..count).map(|_| engine.fork_branch(root, None)).collect::<ruminate::Result<Vec<_>>>()?;
    let branches: Vec<BranchId> = std::iter::once(root).chain(forks).collect();
    branches.iter().try_for_each(|&branch| fill(engine, branch, own))?;
    Ok(branches)
}

/// GPU milliseconds of a step that decodes a row of each branch.
fn timed(engine: &mut Engine, branches: &[BranchId]) -> Result<f64> {
    let (Some(ms), _) = decode_ms(engine, branches, false)? else { bail!("this device has no timestamps") };
    Ok(ms)
}

/// [`timed`], with each row reading all of its positions for itself.
fn timed_unshared(engine: &mut Engine, branches: &[BranchId]) -> Result<f64> {
    let least = engine.shared_prefix.take();
    let ms = timed(engine, branches);
    engine.shared_prefix = least;
    ms
}

/// Gives a branch positions; any tokens will do.
fn fill(engine: &mut Engine, branch: BranchId, positions: u32) -> Result<()> {
    let vocab = engine.config.vocab;
    let prompt = (0..positions).map(|i| i.wrapping_mul(2_654_435_761) % vocab).collect();
    let stop = StopConditions { max_tokens: Some(1), ..StopConditions::default() };
    let request = Request { prompt, sampling: Sampling::greedy(), stop, ..Request::default() };
    let mut generation = engine.generate(branch, request)?;
    while pollster::block_on(generation.next())?.is_some() {}
    Ok(())
}

fn print(rows: &[Row], format: Format) -> Result<()> {
    let mut table = Table::new(&[
        "model",
        ">rows",
        ">prefix",
        ">depth",
        ">GPU ms/step",
        ">t/s",
        ">times one",
        ">times no prefix",
        ">unshared ms",
    ]);
    for row in rows {
        table.push([
            row.model.clone(),
            row.rows.to_string(),
            row.prefix.to_string(),
            row.depth.to_string(),
            format!("{:.3}", row.gpu_ms_per_step),
            format!("{:.0}", row.tokens_per_second),
            format!("{:.2}", row.ratio),
            format!("{:.2}", row.prefix_ratio),
            row.unshared_gpu_ms_per_step.map_or("-".into(), |ms| format!("{ms:.3}")),
        ]);
    }
    table.print(format, &rows)
}
