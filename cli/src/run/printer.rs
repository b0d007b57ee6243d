//! What the person or program sees of a generation: text as it comes, or an object a line.

use crate::interrupt::Listening;
use crate::table::{print, print_json};
use anyhow::Result;
use ruminate::sample::{Sampling, Stop};
use ruminate::session::{Engine, Event, Generation, Statistics};
use serde::Serialize;

/// Prints generations.
pub struct Printer {
    /// Events instead of text.
    pub json: bool,
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
struct Line<'a> {
    /// Which of several answers, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<usize>,
    #[serde(flatten)]
    kind: Kind<'a>,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Kind<'a> {
    Waiting {
        ahead: usize,
    },
    Prefill {
        done: usize,
        total: usize,
    },
    Probed {
        value: f32,
    },
    Token {
        id: u32,
        text: &'a str,
        logprob: f32,
    },
    /// From the next token on, this adapter answers.
    Switched {
        to: &'a str,
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
    Failed {
        error: String,
    },
}

impl Printer {
    /// For generations of an engine.
    pub fn new(json: bool, engine: &Engine, sampling: Sampling) -> Self {
        let adapter = engine.gpu.info.name.clone();
        Self { json, seed: sampling.seed, adapter, tier: engine.gpu.caps.tier.to_string() }
    }

    /// Drives a generation to its end, or until Ctrl-C; `meanwhile` comes before each event.
    pub fn drive(
        &self,
        generation: &mut Generation<'_>,
        meanwhile: &mut dyn FnMut(&mut Generation<'_>) -> Result<()>,
    ) -> Result<Answer> {
        let interrupt = Listening::start();
        let mut answer = String::new();
        let mut end = (Stop::Cancelled, String::new());
        while !interrupt.is_requested() {
            meanwhile(generation)?;
            match pollster::block_on(generation.next())? {
                None => break,
                Some(Event::End { stop, text, .. }) => {
                    answer.push_str(&text);
                    end = (stop, text);
                    break;
                }
                Some(event) => {
                    if let Event::Token { text, .. } = &event {
                        answer.push_str(text);
                    }
                    self.event(None, self.seed, &event)?;
                }
            }
        }
        let ((stop, text), statistics) = (end, generation.statistics());
        self.event(None, self.seed, &Event::End { stop, text, statistics })?;
        Ok(Answer { text: answer, kept: generation.kept().to_vec(), was_interrupted: stop == Stop::Cancelled })
    }

    /// Prints an event of an answer, one of several if `branch` is given.
    pub fn event(&self, branch: Option<usize>, seed: u64, event: &Event) -> Result<()> {
        if self.json {
            return print_json(&Line { branch, kind: self.kind(seed, event) });
        }
        match event {
            Event::Token { text, .. } if !text.is_empty() => print(text),
            Event::End { stop, text, statistics } => {
                print(&format!("{text}\n"))?;
                eprintln!("[{}, seed {seed}, {}]", summary(*stop, statistics), self.device());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Tells that an adapter answers from the next token on.
    pub fn switched(&self, to: &str) -> Result<()> {
        match self.json {
            true => print_json(&Line { branch: None, kind: Kind::Switched { to } }),
            false => Ok(()),
        }
    }

    /// Where it runs.
    pub fn device(&self) -> String {
        format!("{}, {} tier", self.adapter, self.tier)
    }

    fn kind<'a>(&'a self, seed: u64, event: &'a Event) -> Kind<'a> {
        match event {
            &Event::Waiting { ahead } => Kind::Waiting { ahead },
            &Event::Prefill { done, total } => Kind::Prefill { done, total },
            &Event::Probed { value } => Kind::Probed { value },
            &Event::Token { id, ref text, logprob } => Kind::Token { id, text, logprob },
            Event::Failed { error } => Kind::Failed { error: error.to_string() },
            Event::End { stop, text, statistics } => {
                let &Statistics { cached_tokens, prompt_tokens, tokens, first_token_seconds, decode_seconds } =
                    statistics;
                Kind::End {
                    stop: name(*stop),
                    text,
                    prompt_tokens,
                    cached_tokens,
                    tokens,
                    first_token_seconds,
                    decode_seconds,
                    tokens_per_second: statistics.decode_rate(),
                    seed,
                    adapter: &self.adapter,
                    tier: &self.tier,
                }
            }
        }
    }
}

/// How an answer went, in a few words.
pub fn summary(stop: Stop, statistics: &Statistics) -> String {
    let &Statistics { prompt_tokens, tokens, first_token_seconds, .. } = statistics;
    let rate = statistics.decode_rate().map(|rate| format!(", {rate:.1} tok/s")).unwrap_or_default();
    let stop = name(stop);
    format!("{tokens} tokens{rate}, first after {first_token_seconds:.2} s ({prompt_tokens} of prompt), {stop}")
}

fn name(stop: Stop) -> &'static str {
    match stop {
        Stop::Token(_) => "token",
        Stop::String(_) => "string",
        Stop::Length => "length",
        Stop::Cancelled => "interrupted",
    }
}
