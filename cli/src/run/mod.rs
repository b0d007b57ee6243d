//! `ruminate run`: chat, or one prompt.

mod branches;
mod printer;
mod repl;

use crate::adapters::AdapterArgs;
use crate::args::{EngineArgs, Global};
use crate::{interrupt, loading};
use anyhow::Result;
use printer::Printer;
use ruminate::cache::BranchId;
use ruminate::model::DECODE_ROWS;
use ruminate::sample::{Sampling, StopConditions};
use ruminate::session::{Chat, DEFAULT_CONTEXT, Engine, EngineOptions, MAX_BRANCHES, Request};
use std::hash::{BuildHasher, RandomState};
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Args {
    /// Answer this and exit; without it, chat: a line is a turn
    #[arg(short, long, value_name = "TEXT", allow_hyphen_values = true)]
    prompt: Option<String>,
    /// What the model is told before the conversation
    #[arg(long, value_name = "TEXT", conflicts_with = "raw", allow_hyphen_values = true)]
    system: Option<String>,
    /// Continue the prompt as it is: no chat template, control tokens that are written out count
    #[arg(long, requires = "prompt")]
    raw: bool,
    /// Answer this many times at once, with seeds one apart
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 1, requires = "prompt",
          value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_BRANCHES)))]
    branches: u32,
    /// Print events, an object a line
    #[arg(long)]
    json: bool,
    /// Most tokens of an answer [default: what the context holds]
    #[arg(long, value_name = "TOKENS")]
    max_tokens: Option<usize>,
    /// End the answer at this text; may be repeated
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    stop: Vec<String>,
    #[command(flatten)]
    sampling: SamplingArgs,
    #[command(flatten)]
    adapter: AdapterArgs,
    #[command(flatten)]
    engine: EngineArgs,
}

#[derive(clap::Args)]
struct SamplingArgs {
    /// Divides the logits; 0 always takes the most likely token
    #[arg(long, default_value_t = Sampling::default().temperature, allow_negative_numbers = true)]
    temperature: f32,
    /// Keep only this many of the most likely tokens; 0 keeps all
    #[arg(long, default_value_t = Sampling::default().top_k)]
    top_k: u32,
    /// Keep the fewest tokens whose probabilities reach this sum; 1 keeps all
    #[arg(long, default_value_t = Sampling::default().top_p, allow_negative_numbers = true)]
    top_p: f32,
    /// Keep tokens at least this many times as probable as the most likely one; 0 keeps all
    #[arg(long, default_value_t = Sampling::default().min_p, allow_negative_numbers = true)]
    min_p: f32,
    /// The same seed gives the same text on the same device [default: a new one each time]
    #[arg(long)]
    seed: Option<u64>,
}

impl SamplingArgs {
    fn sampling(&self) -> Sampling {
        let Self { temperature, top_k, top_p, min_p, seed } = *self;
        // Each RandomState has keys of its own; 32 bits are easier to type again.
        let seed = seed.unwrap_or_else(|| RandomState::new().hash_one(0u8) >> 32);
        Sampling { temperature, top_k, top_p, min_p, seed }
    }
}

impl Args {
    fn stop(&self) -> StopConditions {
        StopConditions { tokens: Vec::new(), strings: self.stop.clone(), max_tokens: self.max_tokens }
    }

    /// Several branches share the prompt, which is at most one context. Each that runs has room for what `--max-tokens`
    /// allows, or else for what most answers need; if that is not enough, the others' pages come free as they end.
    fn options(&self) -> EngineOptions {
        let options = self.engine.options();
        if self.branches == 1 {
            return options;
        }
        let context = options.context.unwrap_or(DEFAULT_CONTEXT);
        let most = self.max_tokens.map_or(ANSWER, |most| u32::try_from(most).unwrap_or(context));
        // Every fork copies the prompt's last page, and the last page of an answer is only begun.
        let answers = self.branches.min(DECODE_ROWS).saturating_mul(most.min(context) + options.page);
        let positions = context.saturating_add(answers).saturating_add(self.branches * options.page);
        EngineOptions { branches: self.branches, positions: Some(positions), ..options }
    }
}

/// Positions reserved for an answer of unknown length, where several share the cache.
const ANSWER: u32 = 1024;

/// Loads the model and talks.
pub fn run(global: &Global, args: &Args) -> Result<ExitCode> {
    let sampling = args.sampling.sampling();
    sampling.validate()?;
    args.stop().validate()?;
    let mut engine = loading::load(global, global.open_gpu()?, &args.options())?;
    args.adapter.load(&mut engine)?;
    loading::warm_up(&mut engine, args.branches, sampling.is_greedy())?;
    let printer = Printer::new(args.json, &engine, sampling);
    match &args.prompt {
        None => repl::run(&mut engine, args, sampling, &printer),
        Some(prompt) => one(&mut engine, args, prompt, sampling, &printer),
    }
}

/// Answers one prompt, once or several times.
fn one(engine: &mut Engine, args: &Args, prompt: &str, sampling: Sampling, printer: &Printer) -> Result<ExitCode> {
    let (branch, request) = request(engine, args, prompt, sampling)?;
    let was_interrupted = if args.branches > 1 {
        branches::run(engine, branch, request, args.branches, printer)?
    } else {
        printer.drive(&mut engine.generate(branch, request)?, &mut |_| Ok(()))?.was_interrupted
    };
    Ok(if was_interrupted { ExitCode::from(interrupt::EXIT_CODE) } else { ExitCode::SUCCESS })
}

fn request(engine: &mut Engine, args: &Args, prompt: &str, sampling: Sampling) -> Result<(BranchId, Request)> {
    if !args.raw {
        let mut chat = Chat::new(engine, args.system.as_deref())?;
        chat.set_adapter(engine, args.adapter.first())?;
        return Ok((chat.branch(), chat.request(engine, prompt, sampling, args.stop())?));
    }
    let branch = engine.open_branch()?;
    let tokenizer = engine.tokenizer()?;
    let bos = tokenizer.bos().filter(|_| tokenizer.add_bos());
    let prompt: Vec<u32> = bos.into_iter().chain(tokenizer.encode(prompt, true)?).collect();
    let stop = StopConditions { tokens: tokenizer.end_ids().to_vec(), ..args.stop() };
    let request = Request { prompt, sampling, stop, ..Request::default() };
    let Some(alias) = args.adapter.first() else { return Ok((branch, request)) };
    if let Some(at) = engine.find_adapter(alias)?.invoked_at(&request.prompt) {
        return Ok((branch, Request { response_adapter: Some(alias.to_owned()), adapter_from: Some(at), ..request }));
    }
    // Without a template nothing else tells a prompt from a response: the adapter is on from the first token.
    engine.set_adapter(branch, Some(alias))?;
    Ok((branch, request))
}
