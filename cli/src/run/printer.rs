//! What the person or program sees of a generation: text as it comes, or an object a line.

use crate::interrupt::Listening;
use crate::table::{print, print_json};
use anyhow::Result;
use ruminate::sample::{Sampling, Stop};
use ruminate::session::{Engine, Event, Generation, Statistics};
use serde::Serialize;

/// Prints generations.
pub struct Printer {
    json: bool,
    seed: u64,
    adapter: String,
    tier: String,
}

/// What was printed.
pub struct Answer {
    /// The text.
    pub text: String,
    /// Its tokens whose keys and values are in the branch.
    pub kept: Vec<u32>,
    /// Ctrl-C ended it.
    pub was_interrupted: bool,
}

/// A line of `--json`.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Line<'a> {
    Prefill {
        done: usize,
        total: usize,
    },
    Token {
        id: u32,
        text: &'a str,
        logprob: f32,
    },
    End {
        /// `token`, `string`, `length` or `interrupted`.
        stop: &'a str,
        /// Text that was held back until now.
        text: &'a str,
        prompt_tokens: usize,
        cached_tokens: usize,
        tokens: usize,
        first_token_seconds: f64,
        decode_seconds: f64,
        tokens_per_second: Option<f64>,
        seed: u64,
        adapter: &'a str,
        tier: &'a str,
    },
}

impl Printer {
    /// For generations of an engine.
    pub fn new(json: bool, engine: &Engine, sampling: Sampling) -> Self {
        let adapter = engine.gpu.info.name.clone();
        Self { json, seed: sampling.seed, adapter, tier: engine.gpu.caps.tier.to_string() }
    }

    /// Drives a generation to its end, or until Ctrl-C.
    pub fn drive(&self, generation: &mut Generation<'_>) -> Result<Answer> {
        let interrupt = Listening::start();
        let mut answer = String::new();
        let mut end = ("interrupted", String::new());
        let mut was_interrupted = true;
        while !interrupt.is_requested() {
            match pollster::block_on(generation.next())? {
                None => break,
                Some(Event::Prefill { done, total }) => {
                    if self.json {
                        print_json(&Line::Prefill { done, total })?;
                    }
                }
                Some(Event::Token { id, text, logprob }) => {
                    answer.push_str(&text);
                    if self.json {
                        print_json(&Line::Token { id, text: &text, logprob })?;
                    } else if !text.is_empty() {
                        print(&text)?;
                    }
                }
                Some(Event::End { stop, text, .. }) => {
                    was_interrupted = false;
                    answer.push_str(&text);
                    end = (name(stop), text);
                    break;
                }
            }
        }
        self.end(end.0, &end.1, &generation.statistics())?;
        Ok(Answer { text: answer, kept: generation.kept().to_vec(), was_interrupted })
    }

    fn end(&self, stop: &str, text: &str, statistics: &Statistics) -> Result<()> {
        let &Statistics { cached_tokens, prompt_tokens, tokens, first_token_seconds, decode_seconds } = statistics;
        let tokens_per_second = statistics.decode_rate();
        let Self { seed, adapter, tier, .. } = self;
        if self.json {
            return print_json(&Line::End {
                stop,
                text,
                prompt_tokens,
                cached_tokens,
                tokens,
                first_token_seconds,
                decode_seconds,
                tokens_per_second,
                seed: *seed,
                adapter,
                tier,
            });
        }
        print(&format!("{text}\n"))?;
        let rate = tokens_per_second.map(|rate| format!(", {rate:.1} tok/s")).unwrap_or_default();
        eprintln!(
            "[{tokens} tokens{rate}, first after {first_token_seconds:.2} s ({prompt_tokens} of prompt), {stop}, \
             seed {seed}, {adapter}, {tier} tier]"
        );
        Ok(())
    }
}

fn name(stop: Stop) -> &'static str {
    match stop {
        Stop::Token(_) => "token",
        Stop::String(_) => "string",
        Stop::Length => "length",
    }
}
