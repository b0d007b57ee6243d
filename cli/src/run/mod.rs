//! `ruminate run`: chat, or one prompt.

mod printer;
mod repl;

use crate::adapters::AdapterArgs;
use crate::args::{EngineArgs, Global};
use crate::{interrupt, loading};
use anyhow::Result;
use printer::Printer;
use ruminate::sample::{Sampling, StopConditions};
use ruminate::session::{Chat, Engine, Request};
use ruminate::text::Special;
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
    /// Print events, an object a line
    #[arg(long)]
    json: bool,
    /// Most tokens of an answer [default: what the context holds]
    #[arg(short = 'n', long, value_name = "TOKENS")]
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
}

/// Loads the model and talks.
pub fn run(global: &Global, args: &Args) -> Result<ExitCode> {
    let sampling = args.sampling.sampling();
    sampling.validate()?;
    args.stop().validate()?;
    let mut engine = loading::load(global, global.open_gpu()?, &args.engine.options())?;
    args.adapter.load(&mut engine)?;
    loading::warm_up(&mut engine, sampling.is_greedy())?;
    let printer = Printer::new(args.json, &engine, sampling);
    match &args.prompt {
        None => repl::run(&mut engine, args, sampling, &printer),
        Some(prompt) => one(&mut engine, args, prompt, sampling, &printer),
    }
}

/// Answers one prompt.
fn one(engine: &mut Engine, args: &Args, prompt: &str, sampling: Sampling, printer: &Printer) -> Result<ExitCode> {
    let mut generation = if args.raw {
        let branch = engine.open_branch()?;
        let tokenizer = engine.tokenizer()?;
        let bos = tokenizer.bos().filter(|_| tokenizer.add_bos());
        let prompt = bos.into_iter().chain(tokenizer.encode(prompt, true)?).collect();
        let stop = StopConditions { tokens: tokenizer.end_ids().to_vec(), ..args.stop() };
        // Without a template nothing tells a prompt from a response: the adapter is on from the first token.
        engine.set_adapter(branch, args.adapter.first())?;
        let request = Request { prompt, sampling, response_adapter: None, stop, special: Special::Skip };
        engine.generate(branch, request)?
    } else {
        let mut chat = Chat::new(engine, args.system.as_deref())?;
        chat.set_adapter(engine, args.adapter.first())?;
        chat.ask(engine, prompt, sampling, args.stop())?
    };
    let answer = printer.drive(&mut generation)?;
    Ok(if answer.was_interrupted { ExitCode::from(interrupt::EXIT_CODE) } else { ExitCode::SUCCESS })
}
