//! Steps of several branches at once, each with positions of its own.

use super::model::{load, synthetic};
use super::runner::step_ms;
use crate::args::{EngineArgs, Global};
use crate::loading;
use crate::table::{Format, Table};
use anyhow::{Result, bail};
use ruminate::cache::BranchId;
use ruminate::model::{DECODE_ROWS, Head, Shape, Synthetic};
use ruminate::sample::{Sampling, StopConditions};
use ruminate::session::{Engine, EngineOptions, Request};
use serde::Serialize;

#[derive(clap::Args)]
pub struct Args {
    /// Branches a step
    #[arg(short, long, value_delimiter = ',', default_value = "1,2,4,8,16")]
    rows: Vec<u32>,
    /// Positions of each branch
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
    depth: u32,
    gpu_ms_per_step: f64,
    tokens_per_second: f64,
    /// Times the first line's of the same depth.
    ratio: f64,
}

/// Measures every depth and number of rows.
pub fn run(global: &Global, args: &Args) -> Result<()> {
    let most = args.rows.iter().copied().max().unwrap_or(1);
    if args.rows.iter().any(|rows| !(1..=DECODE_ROWS).contains(rows)) {
        bail!("--rows takes 1 to {DECODE_ROWS}");
    }
    let deepest = args.depth.iter().copied().max().unwrap_or(0);
    let context = args.engine.ctx.unwrap_or(deepest + 64).next_multiple_of(64);
    let options = EngineOptions {
        context: Some(context),
        branches: most,
        positions: Some(context * most),
        ..args.engine.options()
    };
    let (model, mut engine) = load(global, args.synthetic, &options)?;
    let branches = (0..most).map(|_| engine.open_branch()).collect::<ruminate::Result<Vec<_>>>()?;
    let progress = loading::spinner();
    let mut results: Vec<Row> = Vec::new();
    for &depth in &args.depth {
        for &branch in &branches {
            engine.truncate_branch(branch, 0)?;
            fill(&mut engine, branch, depth.max(1))?;
        }
        for &rows in &args.rows {
            progress.set_message(format!("{rows} rows at {depth}"));
            let step: Vec<(BranchId, u32)> = branches[..rows as usize].iter().map(|&branch| (branch, 1)).collect();
            // The step buffer holds this step when it is timed.
            pollster::block_on(engine.decode_logits(&step))?;
            let head = Head::Sample { greedy: true };
            let shape = Shape { rows: rows.next_power_of_two(), is_chunk: false, wanted: 0, adapted: false, head };
            let gpu = engine.gpu.clone();
            let Some(gpu_ms_per_step) = step_ms(&gpu, engine.replay(shape)?)? else {
                bail!("this device has no timestamps");
            };
            let first =
                results.iter().find(|row| row.depth == depth).map_or(gpu_ms_per_step, |row| row.gpu_ms_per_step);
            results.push(Row {
                model: model.clone(),
                rows,
                depth,
                gpu_ms_per_step,
                tokens_per_second: f64::from(rows) / gpu_ms_per_step * 1e3,
                ratio: gpu_ms_per_step / first,
            });
        }
    }
    progress.finish_and_clear();
    print(&results, args.output)
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
    let mut table = Table::new(&["model", ">rows", ">depth", ">GPU ms/step", ">t/s", ">times one"]);
    for row in rows {
        table.push([
            row.model.clone(),
            row.rows.to_string(),
            row.depth.to_string(),
            format!("{:.3}", row.gpu_ms_per_step),
            format!("{:.0}", row.tokens_per_second),
            format!("{:.2}", row.ratio),
        ]);
    }
    table.print(format, &rows)
}
