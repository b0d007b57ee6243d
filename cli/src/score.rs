//! `ruminate score`: how likely a model finds a text, token by token.

use crate::adapters::AdapterArgs;
use crate::args::{EngineArgs, Global};
use crate::loading;
use crate::table::{self, Table};
use anyhow::{Context, Result, bail};
use ruminate::session::Engine;
use ruminate::text::Tokenizer;
use serde::Serialize;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: Input,
    /// Print one object: {"ids":[…],"logprobs":[null,…]}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    adapter: AdapterArgs,
    /// Positions before this are the base's, those from it on have the adapter, on the same KV
    #[arg(long, value_name = "POS", default_value_t = 0, requires = "adapters")]
    adapter_from: usize,
    #[command(flatten)]
    engine: EngineArgs,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Input {
    /// The text, tokenized as it is: no chat template, control tokens that are written out count
    #[arg(long, allow_hyphen_values = true)]
    text: Option<String>,
    /// A file with the text
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    /// The tokens themselves
    #[arg(long, value_name = "1,2,3", value_delimiter = ',')]
    ids: Option<Vec<u32>>,
}

/// Entry i of `logprobs` is the natural logarithm of p(ids[i] | ids[..i]); the first has none.
#[derive(Debug, Serialize)]
struct Scores {
    ids: Vec<u32>,
    logprobs: Vec<Option<f32>>,
}

/// Scores what was given and prints it.
pub fn run(global: &Global, args: &Args) -> Result<()> {
    let text = match &args.input.file {
        Some(path) => {
            Some(std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?)
        }
        None => args.input.text.clone(),
    };
    let mut engine = loading::load(global, global.open_gpu()?, &args.engine.options())?;
    let ids = match text {
        Some(text) => tokens(engine.tokenizer()?, &text)?,
        None => args.input.ids.clone().unwrap_or_default(),
    };
    if ids.is_empty() {
        bail!("there is nothing to score: the text is empty");
    }
    let progress = loading::spinner();
    args.adapter.load(&mut engine)?;
    let adapter = args.adapter.only()?.map(|alias| (alias, args.adapter_from));
    let rest = pollster::block_on(engine.score(&ids, adapter, &mut |done, total| {
        progress.set_message(format!("{done} of {total} tokens"));
        true
    }));
    progress.finish_and_clear();
    let rest = rest?;
    if let Some(at) = rest.iter().position(|logprob| !logprob.is_finite()) {
        bail!("the log-probability of token {} is not a number. Check the device with `ruminate selftest`", at + 1);
    }
    let logprobs = std::iter::once(None).chain(rest.into_iter().map(Some)).collect();
    let scores = Scores { ids, logprobs };
    if args.json { table::print_json(&scores) } else { print(&engine, &scores) }
}

/// The tokens of a text, after the token that begins texts where the model wants one.
fn tokens(tokenizer: &Tokenizer, text: &str) -> Result<Vec<u32>> {
    let mut ids = tokenizer.encode(text, true)?;
    if let Some(bos) = tokenizer.bos().filter(|_| tokenizer.add_bos()) {
        ids.insert(0, bos);
    }
    Ok(ids)
}

fn print(engine: &Engine, scores: &Scores) -> Result<()> {
    let mut table = Table::new(&[">position", ">id", ">logprob", "token"]);
    for (index, (&id, logprob)) in scores.ids.iter().zip(&scores.logprobs).enumerate() {
        let token = String::from_utf8_lossy(engine.tokenizer()?.bytes(id).unwrap_or_default()).into_owned();
        let logprob = logprob.map_or("-".into(), |value| format!("{value:.4}"));
        table.push([index.to_string(), id.to_string(), logprob, format!("{token:?}")]);
    }
    table::print(&table.plain())?;
    let known: Vec<f64> = scores.logprobs.iter().flatten().map(|&value| f64::from(value)).collect();
    if known.is_empty() {
        return Ok(());
    }
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    table::print(&format!("\nmean {mean:.4}, perplexity {:.4}, over {} tokens\n", (-mean).exp(), known.len()))
}
