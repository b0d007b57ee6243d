//! What adapters cost: decoding with adapters of random factors on all seven modules, against the base.

use super::model::{load, synthetic};
use super::profile::{self, Part};
use super::runner::{Runner, Test};
use super::statistics::median;
use crate::args::{EngineArgs, Global};
use crate::loading;
use crate::table::{self, Format, Table};
use anyhow::Result;
use ruminate::adapter::{AdapterFile, AdapterLimits, AdapterOptions, Module};
use ruminate::kernels::lora::LoraFormat;
use ruminate::model::Synthetic;
use ruminate::session::EngineOptions;
use serde::Serialize;
use std::time::Instant;

#[derive(clap::Args)]
pub struct Args {
    /// Ranks of the adapters
    #[arg(short, long, value_delimiter = ',', default_value = "16,128")]
    rank: Vec<u32>,
    /// Formats of their factors: int8, f16
    #[arg(short, long, value_delimiter = ',', default_value = "int8,f16")]
    format: Vec<LoraFormat>,
    /// Tokens to generate
    #[arg(short = 'n', long, value_name = "TOKENS", default_value_t = 64)]
    generate: u32,
    /// Positions that are there before
    #[arg(short, long, value_name = "TOKENS", default_value_t = 1024)]
    depth: u32,
    /// How often to run each test
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    repetitions: u32,
    /// How to print the results
    #[arg(short, long, value_enum, default_value = "md")]
    output: Format,
    /// Random weights of this shape instead of a model: qwen2.5-7b, qwen2.5-1.5b or qwen2.5-0.5b
    #[arg(long, value_name = "SHAPE", value_parser = synthetic)]
    synthetic: Option<Synthetic>,
    /// GPU time by part of the model
    #[arg(long)]
    profile: bool,
    #[command(flatten)]
    engine: EngineArgs,
}

#[derive(Debug, Serialize)]
struct Row {
    model: String,
    adapter: String,
    rank: u32,
    bytes: u64,
    wall_ms_per_token: f64,
    gpu_ms_per_token: Option<f64>,
    /// Percent of the base's GPU time (its wall time where the device has no timestamps).
    tax_percent: f64,
    switch_us: Option<f64>,
    dispatches_per_step: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<Vec<Part>>,
}

/// Measures the base, then each adapter.
pub fn run(global: &Global, args: &Args) -> Result<()> {
    let test = Test::Generate(args.generate);
    let options = EngineOptions {
        context: args.engine.ctx.or(Some(args.depth + test.positions())),
        adapters: AdapterLimits { bytes: 8 << 30, ..AdapterLimits::DEFAULT },
        ..args.engine.options()
    };
    let (model, engine) = load(global, args.synthetic, &options)?;
    let mut runner = Runner::new(engine)?;
    loading::warm_up(&mut runner.engine, 1, true)?;
    let progress = loading::spinner();
    let mut rows: Vec<Row> = Vec::new();
    let mut measure = |runner: &mut Runner, adapter: String, rank, bytes, switch_us| -> Result<()> {
        progress.set_message(adapter.clone());
        let measured = runner.measure(test, args.depth, args.repetitions, args.profile)?;
        let wall_ms_per_token = 1e3 / median(measured.rates);
        let time = measured.gpu_ms.unwrap_or(wall_ms_per_token);
        let base = rows.first().map_or(time, |base| base.gpu_ms_per_token.unwrap_or(base.wall_ms_per_token));
        rows.push(Row {
            model: model.clone(),
            adapter,
            rank,
            bytes,
            wall_ms_per_token,
            gpu_ms_per_token: measured.gpu_ms,
            tax_percent: (time / base - 1.0) * 100.0,
            switch_us,
            dispatches_per_step: measured.dispatches,
            profile: measured.parts,
        });
        Ok(())
    };
    measure(&mut runner, "base".into(), 0, 0, None)?;
    for &rank in &args.rank {
        let file = AdapterFile::synthetic(&runner.engine.config, 1, rank, &Module::ALL);
        for &format in &args.format {
            let loaded = AdapterOptions { format, ..AdapterOptions::default() };
            let info = runner.engine.add_adapter("measured", &file, loaded)?;
            let switch_us = switch_us(&mut runner)?;
            runner.engine.set_adapter(runner.branch, Some("measured"))?;
            measure(&mut runner, format!("rank {rank} {format:?}"), rank, info.bytes, Some(switch_us))?;
            runner.engine.set_adapter(runner.branch, None)?;
            runner.engine.unload_adapter("measured")?;
        }
    }
    progress.finish_and_clear();
    print(&rows, args.output)
}

/// The median microseconds of giving a branch another adapter.
fn switch_us(runner: &mut Runner) -> Result<f64> {
    let mut times = Vec::new();
    for i in 0..1000 {
        let start = Instant::now();
        runner.engine.set_adapter(runner.branch, (i % 2 == 0).then_some("measured"))?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    Ok(median(times))
}

fn print(rows: &[Row], format: Format) -> Result<()> {
    let columns =
        ["model", "adapter", ">bytes", ">wall ms/token", ">GPU ms/token", ">tax", ">switch us", ">dispatches"];
    let mut table = Table::new(&columns);
    for row in rows {
        table.push([
            row.model.clone(),
            row.adapter.clone(),
            table::bytes(row.bytes),
            format!("{:.3}", row.wall_ms_per_token),
            row.gpu_ms_per_token.map_or("-".into(), |ms| format!("{ms:.3}")),
            format!("{:.1} %", row.tax_percent),
            row.switch_us.map_or("-".into(), |us| format!("{us:.2}")),
            row.dispatches_per_step.to_string(),
        ]);
    }
    table.print(format, &rows)?;
    profile::print(rows.iter().map(|row| (row.adapter.as_str(), row.profile.as_ref())), format)
}
