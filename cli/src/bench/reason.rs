//! What reasoning takes once the base has read a prompt: to the first token on the base's keys and values against those
//! that the adapter makes anew, and then with several branches; and what their keys and values take.

use super::model::{load, synthetic};
use crate::args::{EngineArgs, Global};
use crate::loading;
use crate::reasoner::ReasonerArgs;
use crate::statistics::median;
use crate::table::{Format, Table};
use anyhow::{Context, Result};
use ruminate::adapter::{AdapterFile, AdapterLimits, AdapterOptions, Module};
use ruminate::cache::BranchId;
use ruminate::kernels::lora::LoraFormat;
use ruminate::model::{DECODE_ROWS, Synthetic};
use ruminate::sample::{Sampling, StopConditions};
use ruminate::session::{Batch, Engine, EngineOptions, Event, KvBytes, Request};
use ruminate::units;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Instant;

#[derive(clap::Args)]
pub struct Args {
    /// Tokens of the prompt that the base has read
    #[arg(short, long, value_name = "TOKENS", value_delimiter = ',', default_value = "128,1024,4096",
          value_parser = clap::value_parser!(u32).range(1..))]
    prompt: Vec<u32>,
    /// Branches that think
    #[arg(short = 'n', long, value_name = "COUNT", value_delimiter = ',', default_value = "1,2,4,8",
          value_parser = clap::value_parser!(u32).range(1..=i64::from(DECODE_ROWS)))]
    branches: Vec<u32>,
    /// Tokens that each branch samples
    #[arg(short, long, value_name = "TOKENS", default_value_t = 128, value_parser = clap::value_parser!(u32).range(2..))]
    tokens: u32,
    /// How often to run each test
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    repetitions: u32,
    /// How to print the results
    #[arg(short, long, value_enum, default_value = "md")]
    output: Format,
    /// Random weights of this shape instead of a model: qwen2.5-7b, qwen2.5-1.5b or qwen2.5-0.5b
    #[arg(long, value_name = "SHAPE", value_parser = synthetic, conflicts_with = "bundle")]
    synthetic: Option<Synthetic>,
    /// A reasoner's adapter on its base, instead of a random one
    #[arg(long, value_name = "PATH|NAME", conflicts_with = "rank")]
    bundle: Option<PathBuf>,
    /// Rank of a random adapter
    #[arg(short, long, default_value_t = 16)]
    rank: u32,
    #[command(flatten)]
    engine: EngineArgs,
}

/// The rest of a prompt, which the base reads only if it is routed: the header of the answer, with a stated budget.
const HEADER: u32 = 16;
/// What a response begins with.
const BEGIN: u32 = 4;

#[derive(Debug, Serialize)]
struct Row {
    model: String,
    adapter: String,
    prompt: u32,
    branches: u32,
    /// Of each branch.
    tokens: u32,
    /// From the routing to the first sampled token of any branch.
    first_token_ms: f64,
    /// The same where the adapter reads the prompt anew.
    reencoded_first_token_ms: f64,
    /// Between a branch's tokens.
    step_ms: f64,
    /// From the routing to the end of the last branch.
    total_ms: f64,
    reencoded_total_ms: f64,
    /// Keys and values at the end: of prompt and branches.
    kv_bytes: u64,
    /// If each branch had its own of the prompt.
    kv_unshared_bytes: u64,
}

/// Measures every prompt and number of branches.
pub fn run(global: &Global, args: &Args) -> Result<()> {
    let most = args.branches.iter().copied().max().unwrap_or(1);
    let longest = args.prompt.iter().copied().max().unwrap_or(1);
    let base = args.engine.options();
    let all = longest + HEADER + BEGIN + args.tokens + 1;
    // The prompt, the same made anew, and pages of each branch's own, of which a fork copies one.
    let own = (HEADER + BEGIN + args.tokens).next_multiple_of(base.page) + 2 * base.page;
    let options = EngineOptions {
        context: args.engine.ctx.or(Some(all)),
        branches: most + 3,
        positions: Some(2 * all + (most + 1) * own),
        adapters: AdapterLimits { bytes: 8 << 30, ..AdapterLimits::DEFAULT },
        ..base
    };
    let (model, mut engine, adapter) = prepare(global, args, &options)?;
    let progress = loading::spinner();
    let mut rows = Vec::new();
    for &prompt in &args.prompt {
        progress.set_message(format!("a prompt of {prompt}"));
        let root = engine.open_branch()?;
        let tokens = any_tokens(&engine, prompt);
        let mut batch = engine.batch()?;
        batch.start(root, reads(tokens.clone()))?;
        until_over(&mut batch)?;
        drop(batch);
        for &branches in &args.branches {
            progress.set_message(format!("{branches} branches after a prompt of {prompt}"));
            let think = Thinking { adapter: &adapter, branches, tokens: args.tokens };
            let mut times = [Vec::new(), Vec::new()];
            // The first time compiles what it needs.
            for repetition in 0..=args.repetitions {
                let shared = think.on(&mut engine, root)?;
                let reencoded = think.anew(&mut engine, &tokens)?;
                if repetition > 0 {
                    times[0].push(shared);
                    times[1].push(reencoded);
                }
            }
            let [shared, reencoded] = times;
            let of = |times: &[Times], value: fn(&Times) -> f64| median(times.iter().map(value).collect());
            let kv = shared.last().map(|times| times.kv).unwrap_or_default();
            rows.push(Row {
                model: model.clone(),
                adapter: adapter.clone(),
                prompt,
                branches,
                tokens: args.tokens,
                first_token_ms: of(&shared, |times| times.first_token_ms),
                reencoded_first_token_ms: of(&reencoded, |times| times.first_token_ms),
                step_ms: of(&shared, |times| times.step_ms),
                total_ms: of(&shared, |times| times.total_ms),
                reencoded_total_ms: of(&reencoded, |times| times.total_ms),
                kv_bytes: kv.shared + kv.own,
                kv_unshared_bytes: kv.unshared,
            });
        }
        engine.close_branch(root)?;
    }
    progress.finish_and_clear();
    print(&rows, args.output)
}

/// The model's name, an engine with it, and the name of the adapter that is on it.
fn prepare(global: &Global, args: &Args, options: &EngineOptions) -> Result<(String, Engine, String)> {
    if let Some(path) = &args.bundle {
        let reasoner = ReasonerArgs::of(path.clone());
        let bundle = reasoner.open()?;
        let model = bundle.manifest.base.name.clone();
        let (engine, _) = reasoner.load(global, bundle, options)?;
        let adapter = engine.adapters().next().context("the bundle's adapter was not loaded")?.alias.clone();
        return Ok((model, engine, adapter));
    }
    let (model, mut engine) = load(global, args.synthetic, options)?;
    let adapter = format!("random, rank {}", args.rank);
    let file = AdapterFile::synthetic(&engine.config, 1, args.rank, &Module::ALL);
    // As a bundle's is loaded.
    engine.add_adapter(&adapter, &file, AdapterOptions { format: LoraFormat::F16, ..AdapterOptions::default() })?;
    Ok((model, engine, adapter))
}

/// How to think.
struct Thinking<'a> {
    adapter: &'a str,
    branches: u32,
    tokens: u32,
}

/// How long it took.
struct Times {
    first_token_ms: f64,
    step_ms: f64,
    total_ms: f64,
    kv: KvBytes,
}

impl Thinking<'_> {
    /// On the keys and values that the base has made of a prompt, as the controller does.
    fn on(&self, engine: &mut Engine, root: BranchId) -> Result<Times> {
        let start = Instant::now();
        let header = any_tokens(engine, HEADER);
        let mut batch = engine.batch()?;
        let parent = batch.fork(root, None)?;
        batch.start(parent, reads(header))?;
        until_over(&mut batch)?;
        self.think(batch, start, parent, Some(root))
    }

    /// After the adapter has read the prompt for itself.
    fn anew(&self, engine: &mut Engine, prompt: &[u32]) -> Result<Times> {
        let start = Instant::now();
        let whole = [prompt, &any_tokens(engine, HEADER)].concat();
        let parent = engine.open_branch()?;
        engine.set_adapter(parent, Some(self.adapter))?;
        let mut batch = engine.batch()?;
        batch.start(parent, reads(whole))?;
        until_over(&mut batch)?;
        self.think(batch, start, parent, None)
    }

    /// On forks of a branch, all of which are closed then.
    fn think(&self, mut batch: Batch<'_>, start: Instant, parent: BranchId, root: Option<BranchId>) -> Result<Times> {
        let begin = any_tokens(batch.engine(), BEGIN);
        let mut forks = Vec::new();
        for seed in 0..self.branches {
            let fork = batch.fork(parent, None)?;
            forks.push(fork);
            batch.set_adapter(fork, Some(self.adapter))?;
            // One alone is greedy.
            let temperature = if self.branches > 1 { 0.8 } else { 0.0 };
            let sampling = Sampling { temperature, seed: u64::from(seed), ..Sampling::default() };
            let stop = StopConditions { max_tokens: Some(self.tokens as usize), ..StopConditions::default() };
            batch.start(fork, Request { prompt: begin.clone(), sampling, stop, ..Request::default() })?;
        }
        batch.close(parent)?;
        if self.branches > 1 {
            batch.set_steady();
        }
        let mut first = None;
        while let Some((_, event)) = pollster::block_on(batch.next())? {
            match event {
                Event::Token { .. } => drop(first.get_or_insert_with(Instant::now)),
                Event::Failed { error } => return Err(error.into()),
                _ => {}
            }
        }
        let (first, end) = (first.context("no token was sampled")?, Instant::now());
        let holders: Vec<BranchId> = forks.iter().copied().chain(root).collect();
        let kv = batch.engine().kv_bytes(&holders)?;
        forks.into_iter().try_for_each(|fork| batch.close(fork))?;
        let ms = |from: Instant, to: Instant| (to - from).as_secs_f64() * 1e3;
        Ok(Times {
            first_token_ms: ms(start, first),
            step_ms: ms(first, end) / f64::from(self.tokens - 1),
            total_ms: ms(start, end),
            kv,
        })
    }
}

/// A request that only appends its prompt.
fn reads(prompt: Vec<u32>) -> Request {
    let stop = StopConditions { max_tokens: Some(0), ..StopConditions::default() };
    Request { prompt, stop, ..Request::default() }
}

fn until_over(batch: &mut Batch<'_>) -> Result<()> {
    while let Some((_, event)) = pollster::block_on(batch.next())? {
        if let Event::Failed { error } = event {
            return Err(error.into());
        }
    }
    Ok(())
}

/// What they are does not change how long they take.
fn any_tokens(engine: &Engine, count: u32) -> Vec<u32> {
    (0..count).map(|i| i.wrapping_mul(2_654_435_761) % engine.config.vocab).collect()
}

fn print(rows: &[Row], format: Format) -> Result<()> {
    let mut table = Table::new(&[
        "model",
        "adapter",
        ">prompt",
        ">branches",
        ">first token, ms",
        ">re-encoded, ms",
        ">times",
        ">ms/step",
        ">total, ms",
        ">re-encoded, ms",
        ">KV",
        ">KV unshared",
    ]);
    for row in rows {
        table.push([
            row.model.clone(),
            row.adapter.clone(),
            row.prompt.to_string(),
            row.branches.to_string(),
            format!("{:.2}", row.first_token_ms),
            format!("{:.2}", row.reencoded_first_token_ms),
            format!("{:.1}", row.reencoded_first_token_ms / row.first_token_ms),
            format!("{:.3}", row.step_ms),
            format!("{:.1}", row.total_ms),
            format!("{:.1}", row.reencoded_total_ms),
            units::bytes(row.kv_bytes),
            units::bytes(row.kv_unshared_bytes),
        ]);
    }
    table.print(format, &rows)
}
