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
use ruminate::sample::{Sampling, StopConditions};
use ruminate::session::{EngineOptions, Event, Request};
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
    #[arg(short = 'n', long, value_name = "TOKENS", default_value_t = 64, value_parser = clap::value_parser!(u32).range(3..))]
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
    /// Of giving an idle branch another adapter.
    switch_us: Option<f64>,
    /// Between the tokens of an answer, with several steps in flight.
    token_ms_mid_answer: Option<f64>,
    /// The same where the adapter changes between the two: steps ahead are undone.
    switch_ms_mid_answer: Option<f64>,
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
            let loaded = AdapterOptions { format, kv_shareable: Some(true), ..AdapterOptions::default() };
            let info = runner.engine.add_adapter("measured", &file, loaded)?;
            let switched = Switched::measure(&mut runner, args)?;
            runner.engine.set_adapter(runner.branch, Some("measured"))?;
            results.measure(&mut runner, args, (&name, rank), Some((info.bytes, switched)))?;
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
        loaded: Option<(u64, Switched)>,
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
            switch_us: loaded.map(|(_, switched)| switched.idle_us),
            token_ms_mid_answer: loaded.map(|(_, switched)| switched.token_ms),
            switch_ms_mid_answer: loaded.map(|(_, switched)| switched.switch_ms),
            profile: measured.parts,
        };
        self.push(one.clone());
        for &rows in &args.rows {
            if let (Some(ms), profile) = forked_ms(runner, args.depth, rows, args.profile)? {
                let times = Row { wall_ms_per_step: None, gpu_ms_per_step: Some(ms), ..one.clone() };
                let unmeasured =
                    Row { switch_us: None, token_ms_mid_answer: None, switch_ms_mid_answer: None, ..times };
                self.push(Row { rows, profile, ..unmeasured });
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

/// What switching takes, medians.
#[derive(Debug, Clone, Copy)]
struct Switched {
    idle_us: f64,
    token_ms: f64,
    switch_ms: f64,
}

impl Switched {
    /// On an idle branch, then eight times in an answer.
    fn measure(runner: &mut Runner, args: &Args) -> Result<Self> {
        let idle_us = switch_us(runner)?;
        let (mut tokens, mut switches) = (Vec::new(), Vec::new());
        // The first time compiles what it needs.
        for repetition in 0..=args.repetitions {
            let [between, switched] = intervals(runner, args)?;
            if repetition > 0 {
                tokens.extend(between);
                switches.extend(switched);
            }
        }
        Ok(Self { idle_us, token_ms: median(tokens), switch_ms: median(switches) })
    }
}

/// The median microseconds of giving an idle branch another adapter.
fn switch_us(runner: &mut Runner) -> Result<f64> {
    let mut times = Vec::new();
    for i in 0..1000 {
        let start = Instant::now();
        runner.engine.set_adapter(runner.branch, (i % 2 == 0).then_some("measured"))?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    Ok(median(times))
}

/// Milliseconds between the tokens of an answer that begins with the base: those of one adapter, and those between which
/// it changes.
fn intervals(runner: &mut Runner, args: &Args) -> Result<[Vec<f64>; 2]> {
    let Runner { engine, branch } = runner;
    engine.set_adapter(*branch, None)?;
    engine.truncate_branch(*branch, args.depth)?;
    let stop = StopConditions { max_tokens: Some(args.generate as usize), ..StopConditions::default() };
    let request = Request { prompt: vec![1], sampling: Sampling::greedy(), stop, ..Request::default() };
    let mut generation = engine.generate(*branch, request)?;
    // What follows serves this answer alone.
    generation.allow_mixed()?;
    let apart = (args.generate / 8).max(2);
    let mut intervals = [Vec::new(), Vec::new()];
    let (mut before, mut told) = (None::<Instant>, 0);
    while let Some(event) = pollster::block_on(generation.next())? {
        if !matches!(event, Event::Token { .. }) {
            continue;
        }
        let now = Instant::now();
        if let Some(before) = before.replace(now) {
            intervals[usize::from(told % apart == 0)].push((now - before).as_secs_f64() * 1e3);
        }
        told += 1;
        if told % apart == 0 {
            generation.set_adapter((told / apart % 2 == 1).then_some("measured"))?;
        }
    }
    drop(generation);
    engine.truncate_branch(*branch, args.depth)?;
    engine.set_adapter(*branch, None)?;
    Ok(intervals)
}

fn print(rows: &[Row], format: Format) -> Result<()> {
    let columns = [
        "model",
        "adapter",
        ">bytes",
        ">rows",
        ">wall ms/step",
        ">GPU ms/step",
        ">tax",
        ">switch us",
        ">ms/token mid-answer",
        ">and a switch",
    ];
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
            ms(row.token_ms_mid_answer),
            ms(row.switch_ms_mid_answer),
        ]);
    }
    table.print(format, &rows)?;
    let names: Vec<String> = rows.iter().map(|row| format!("{}, rows: {}", row.adapter, row.rows)).collect();
    profile::print(names.iter().zip(rows).map(|(name, row)| (name.as_str(), row.profile.as_ref())), format)
}
