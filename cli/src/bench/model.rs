//! A model's speed, in llama-bench's columns and some more.

use super::profile::{self, Part};
use super::runner::{Measured, Runner, Test};
use crate::args::{EngineArgs, Global};
use crate::loading;
use crate::statistics::mean_and_deviation;
use crate::table::{Format, Table};
use anyhow::{Result, bail};
use ruminate::installed;
use ruminate::model::Synthetic;
use ruminate::session::{Engine, EngineOptions};
use ruminate::units;
use serde::Serialize;

#[derive(clap::Args)]
#[group(skip)]
pub struct Args {
    /// Tokens of the prompts; 0 for none
    #[arg(short, long, value_name = "TOKENS", value_delimiter = ',', default_value = "512")]
    prompt: Vec<u32>,
    /// Tokens to generate; 0 for none
    #[arg(short = 'n', long, value_name = "TOKENS", value_delimiter = ',', default_value = "128")]
    generate: Vec<u32>,
    /// Positions that are there before
    #[arg(short, long, value_name = "TOKENS", value_delimiter = ',', default_value = "0")]
    depth: Vec<u32>,
    /// How often to run each test
    #[arg(short, long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    repetitions: u32,
    /// How to print the results
    #[arg(short, long, value_enum, default_value = "md")]
    output: Format,
    /// Random weights of this shape instead of a model: qwen2.5-7b, qwen2.5-1.5b or qwen2.5-0.5b
    #[arg(long, value_name = "SHAPE", value_parser = synthetic)]
    synthetic: Option<Synthetic>,
    /// GPU time by part of the model
    #[arg(long, visible_alias = "kernels-breakdown")]
    profile: bool,
    #[command(flatten)]
    engine: EngineArgs,
}

/// A result, with llama-bench's names where it has one.
#[derive(Debug, Serialize)]
struct Row {
    model_type: String,
    model_size: u64,
    model_n_params: u64,
    backend: String,
    gpu_info: String,
    driver: String,
    tier: String,
    n_ctx: u32,
    n_prompt: u32,
    n_gen: u32,
    n_depth: u32,
    test: String,
    avg_ts: f64,
    stddev_ts: f64,
    samples_ts: Vec<f64>,
    wall_ms_per_token: f64,
    gpu_ms_per_token: Option<f64>,
    dispatches_per_step: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<Vec<Part>>,
}

/// Measures a model and prints a row a test.
pub fn run(global: &Global, args: &Args) -> Result<()> {
    let prompts = args.prompt.iter().filter(|&&tokens| tokens > 0).map(|&tokens| Test::Prompt(tokens));
    let generations = args.generate.iter().filter(|&&tokens| tokens > 0).map(|&tokens| Test::Generate(tokens));
    let tests: Vec<Test> = prompts.chain(generations).collect();
    let deepest = args.depth.iter().copied().max().unwrap_or(0);
    let Some(most) = tests.iter().map(|test| test.positions()).max() else {
        bail!("nothing to measure: --prompt and --generate are both 0");
    };
    let options = EngineOptions { context: args.engine.ctx.or(Some(deepest + most)), ..args.engine.options() };
    let (name, engine) = load(global, args.synthetic, &options)?;
    let mut runner = Runner::new(engine)?;
    loading::warm_up(&mut runner.engine, 1, true)?;

    let progress = loading::spinner();
    let mut rows = Vec::new();
    for &depth in &args.depth {
        for &test in &tests {
            progress.set_message(test_name(test, depth));
            let measured = runner.measure(test, depth, args.repetitions, args.profile)?;
            rows.push(row(&name, &runner.engine, test, depth, measured));
        }
    }
    progress.finish_and_clear();
    print(&rows, args.output)
}

/// The model to measure, and its name.
pub fn load(global: &Global, shape: Option<Synthetic>, options: &EngineOptions) -> Result<(String, Engine)> {
    let gpu = global.open_gpu()?;
    if let Some(shape) = shape {
        return Ok((format!("{} (synthetic)", shape.name()), loading::synthetic(gpu, shape, options)?));
    }
    let path = installed::model(global.model.as_deref())?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok((name, loading::load(global, gpu, options)?))
}

fn row(name: &str, engine: &Engine, test: Test, depth: u32, measured: Measured) -> Row {
    let (avg_ts, stddev_ts) = mean_and_deviation(&measured.rates);
    let (params, bytes) = engine.model_size();
    let info = &engine.gpu.info;
    let (n_prompt, n_gen) = match test {
        Test::Prompt(tokens) => (tokens, 0),
        Test::Generate(tokens) => (0, tokens),
    };
    Row {
        model_type: name.to_owned(),
        model_size: bytes,
        model_n_params: params,
        backend: info.backend.to_string(),
        gpu_info: info.name.clone(),
        driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
        tier: engine.gpu.caps.tier.to_string(),
        n_ctx: engine.context(),
        n_prompt,
        n_gen,
        n_depth: depth,
        test: test_name(test, depth),
        avg_ts,
        stddev_ts,
        wall_ms_per_token: 1e3 / avg_ts,
        samples_ts: measured.rates,
        gpu_ms_per_token: measured.gpu_ms,
        dispatches_per_step: measured.dispatches,
        profile: measured.parts,
    }
}

fn test_name(test: Test, depth: u32) -> String {
    let name = match test {
        Test::Prompt(tokens) => format!("pp{tokens}"),
        Test::Generate(tokens) => format!("tg{tokens}"),
    };
    if depth == 0 { name } else { format!("{name} @ d{depth}") }
}

fn print(rows: &[Row], format: Format) -> Result<()> {
    let mut table = Table::new(&[
        "model",
        ">size",
        ">params",
        "backend",
        "device",
        "tier",
        ">test",
        ">t/s",
        ">wall ms/token",
        ">GPU ms/token",
        ">dispatches/step",
    ]);
    for row in rows {
        table.push([
            row.model_type.clone(),
            units::bytes(row.model_size),
            params(row.model_n_params),
            row.backend.clone(),
            row.gpu_info.clone(),
            row.tier.clone(),
            row.test.clone(),
            format!("{:.2} ± {:.2}", row.avg_ts, row.stddev_ts),
            format!("{:.3}", row.wall_ms_per_token),
            row.gpu_ms_per_token.map_or("-".into(), |ms| format!("{ms:.3}")),
            row.dispatches_per_step.to_string(),
        ]);
    }
    table.print(format, &rows)?;
    profile::print(rows.iter().map(|row| (row.test.as_str(), row.profile.as_ref())), format)
}

fn params(count: u64) -> String {
    match count as f64 {
        n if n >= 1e9 => format!("{:.2} B", n / 1e9),
        n if n >= 1e6 => format!("{:.2} M", n / 1e6),
        n => format!("{:.1} K", n / 1e3),
    }
}

/// A shape by its name, or by its size alone.
pub fn synthetic(text: &str) -> ruminate::Result<Synthetic> {
    let text = text.to_lowercase();
    Synthetic::from_name(&text).or_else(|error| Synthetic::from_name(&format!("qwen2.5-{text}")).map_err(|_| error))
}
