//! What adapters cost: decoding with adapters of random factors on all seven modules, against the base.

use super::model::{load, synthetic};
use super::profile::{self, Part};
use super::runner::{Runner, Test, decode_ms};
use crate::args::{EngineArgs, Global};
use crate::loading;
use crate::statistics::median;
use crate::table::{Format, Table};
use anyhow::Result;
use ruminate::adapter::{AdapterFile, AdapterLimits, AdapterOptions, Module};
use ruminate::kernels::lora::LoraFormat;
use ruminate::model::{DECODE_ROWS, Synthetic};
use ruminate::session::EngineOptions;
use ruminate::units;
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
    /// Rows of steps that are timed besides those of one row, all of them with the adapter
    #[arg(long, value_name = "ROWS", value_delimiter = ',', default_value = "8",
          value_parser = clap::value_parser!(u32).range(2..=i64::from(DECODE_ROWS)))]
    rows: Vec<u32>,
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

#[derive(Debug, Clone, Serialize)]
struct Row {
    model: String,
    adapter: String,
    rank: u32,
    bytes: u64,
    rows: u32,
    /// Of generating, for one row.
    wall_ms_per_step: Option<f64>,
    gpu_ms_per_step: Option<f64>,
    /// Percent of the base's GPU time (its wall time where the device has no timestamps).
    tax_percent: f64,
    switch_us: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<Vec<Part>>,
}

/// Measures the base, then each adapter.
pub fn run(global: &Global, args: &Args) -> Result<()> {
    let test = Test::Generate(args.generate);
    let most = args.rows.iter().copied().max().unwrap_or(1);
    let base = args.engine.options();
    let context = args.engine.ctx.unwrap_or(args.depth + test.positions());
    let options = EngineOptions {
        context: Some(context),
        branches: most,
        // Forks share all but a page of the first branch, and each decodes into one more.
        positions: Some(context + most * 2 * base.page),
        adapters: AdapterLimits { bytes: 8 << 30, ..AdapterLimits::DEFAULT },
        ..base
    };
    let (model, engine) = load(global, args.synthetic, &options)?;
    let mut runner = Runner::new(engine)?;
    loading::warm_up(&mut runner.engine, 1, true)?;
    let progress = loading::spinner();
    let mut results = Results { model, rows: Vec::new() };
    progress.set_message("base");
    results.measure(&mut runner, args, ("base", 0), None)?;
    for &rank in &args.rank {
        let file = AdapterFile::synthetic(&runner.engine.config, 1, rank, &Module::ALL);
        for &format in &args.format {
            let name = format!("rank {rank} {format:?}");
            progress.set_message(name.clone());
            let loaded = AdapterOptions { format, ..AdapterOptions::default() };
            let info = runner.engine.add_adapter("measured", &file, loaded)?;
            let switch_us = switch_us(&mut runner)?;
            runner.engine.set_adapter(runner.branch, Some("measured"))?;
            results.measure(&mut runner, args, (&name, rank), Some((info.bytes, switch_us)))?;
            runner.engine.set_adapter(runner.branch, None)?;
            runner.engine.unload_adapter("measured")?;
        }
    }
    progress.finish_and_clear();
    print(&results.rows, args.output)
}

struct Results {
    model: String,
    rows: Vec<Row>,
}

impl Results {
    /// Generates on the runner's branch, then times steps of more rows.
    fn measure(
        &mut self,
        runner: &mut Runner,
        args: &Args,
        (adapter, rank): (&str, u32),
        loaded: Option<(u64, f64)>,
    ) -> Result<()> {
        let measured = runner.measure(Test::Generate(args.generate), args.depth, args.repetitions, args.profile)?;
        let one = Row {
            model: self.model.clone(),
            adapter: adapter.to_owned(),
            rank,
            bytes: loaded.map_or(0, |loaded| loaded.0),
            rows: 1,
            wall_ms_per_step: Some(1e3 / median(measured.rates)),
            gpu_ms_per_step: measured.gpu_ms,
            tax_percent: 0.0,
            switch_us: loaded.map(|loaded| loaded.1),
            profile: measured.parts,
        };
        self.push(one.clone());
        for &rows in &args.rows {
            if let (Some(ms), profile) = forked_ms(runner, args.depth, rows, args.profile)? {
                let times = Row { wall_ms_per_step: None, gpu_ms_per_step: Some(ms), ..one.clone() };
                self.push(Row { rows, switch_us: None, profile, ..times });
            }
        }
        Ok(())
    }

    fn push(&mut self, row: Row) {
        let time = |row: &Row| row.gpu_ms_per_step.or(row.wall_ms_per_step).unwrap_or_default();
        // The base comes first.
        let base = self.rows.iter().find(|base| base.rows == row.rows).map_or(time(&row), time);
        self.rows.push(Row { tax_percent: (time(&row) / base - 1.0) * 100.0, ..row });
    }
}

/// GPU milliseconds of a step of the runner's branch at `depth` and forks of it, and on request its parts.
fn forked_ms(runner: &mut Runner, depth: u32, rows: u32, with_parts: bool) -> Result<(Option<f64>, Option<Vec<Part>>)> {
    let Runner { engine, branch } = runner;
    engine.truncate_branch(*branch, depth.max(1))?;
    let forks = (1..rows).map(|_| engine.fork_branch(*branch, None)).collect::<ruminate::Result<Vec<_>>>()?;
    let branches: Vec<_> = std::iter::once(*branch).chain(forks).collect();
    let times = decode_ms(engine, &branches, with_parts);
    branches[1..].iter().try_for_each(|&fork| engine.close_branch(fork))?;
    times
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
    let columns = ["model", "adapter", ">bytes", ">rows", ">wall ms/step", ">GPU ms/step", ">tax", ">switch us"];
    let ms = |ms: Option<f64>| ms.map_or("-".into(), |ms| format!("{ms:.3}"));
    let mut table = Table::new(&columns);
    for row in rows {
        table.push([
            row.model.clone(),
            row.adapter.clone(),
            units::bytes(row.bytes),
            row.rows.to_string(),
            ms(row.wall_ms_per_step),
            ms(row.gpu_ms_per_step),
            format!("{:.1} %", row.tax_percent),
            row.switch_us.map_or("-".into(), |us| format!("{us:.2}")),
        ]);
    }
    table.print(format, &rows)?;
    let names: Vec<String> = rows.iter().map(|row| format!("{}, rows: {}", row.adapter, row.rows)).collect();
    profile::print(names.iter().zip(rows).map(|(name, row)| (name.as_str(), row.profile.as_ref())), format)
}
