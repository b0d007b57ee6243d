//! What is generated, as a stream of events.

use super::batch::Batch;
use super::engine::Engine;
use crate::cache::BranchId;
use crate::sample::{Sampling, Stop, StopConditions};
use crate::text::Special;
use crate::{Error, Result};

/// What to generate.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Tokens to append to the branch first; at least one.
    pub prompt: Vec<u32>,
    /// How tokens are picked.
    pub sampling: Sampling,
    /// The adapter of the response, by name: the prompt's rows have the branch's adapter, those from the first token of
    /// the response on have this one. `None` keeps the branch's.
    pub response_adapter: Option<String>,
    /// Where in the prompt that adapter comes on already, counted in its tokens: what an activated LoRA is invoked with
    /// belongs to its response ([`crate::adapter::AdapterInfo::invoked_at`]). `None` = after the prompt.
    pub adapter_from: Option<usize>,
    /// A probe of the prompt.
    pub probe: Option<ProbeRead>,
    /// When to stop. Without `max_tokens`, at the end of the context; with 0, the prompt is appended, its probe is read,
    /// and nothing is generated.
    pub stop: StopConditions,
    /// Whether special tokens appear in the text.
    pub special: Special,
    /// Close the branch at the end, so that its pages are free for others at once. Otherwise it stays, with every token
    /// of the response that was decoded.
    pub close_at_end: bool,
}

/// Which probe reads a prompt, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeRead {
    /// Its name.
    pub name: String,
    /// The first token of the prompt that it reads; it reads all from there on.
    pub from: usize,
}

/// What happens while generating.
#[derive(Debug, Clone)]
pub enum Event {
    /// There is no room yet: the request starts when others have ended.
    Waiting {
        /// Requests that start before it.
        ahead: usize,
    },
    /// A part of the prompt, or of what was appended later, was submitted.
    Prefill {
        /// Tokens so far.
        done: usize,
        /// Tokens in all.
        total: usize,
    },
    /// The prompt's probe was read.
    Probed {
        /// Its number.
        value: f32,
    },
    /// A token was sampled.
    Token {
        /// Its id.
        id: u32,
        /// Text that can be shown now; empty inside a character or what may become a stop string.
        text: String,
        /// Its log-probability at temperature 1, unfiltered.
        logprob: f32,
    },
    /// The end.
    End {
        /// Why.
        stop: Stop,
        /// Text that was still held back.
        text: String,
        /// How it went.
        statistics: Statistics,
    },
    /// The end of this branch alone, by an error; others go on.
    Failed {
        /// What went wrong.
        error: Error,
    },
}

/// How a generation went.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Statistics {
    /// Positions that the branch had before.
    pub cached_tokens: usize,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Tokens generated.
    pub tokens: usize,
    /// Seconds from the start to the first token.
    pub first_token_seconds: f64,
    /// Seconds from the first token to the last.
    pub decode_seconds: f64,
}

impl Statistics {
    /// Tokens a second after the first, if there were any.
    pub fn decode_rate(&self) -> Option<f64> {
        (self.tokens > 1 && self.decode_seconds > 0.0).then(|| (self.tokens - 1) as f64 / self.decode_seconds)
    }
}

/// A [`Batch`] of one branch. Dropping it cancels it and leaves the branch at the last accepted token.
#[derive(Debug)]
pub struct Generation<'e> {
    batch: Batch<'e>,
    branch: BranchId,
}

impl Engine {
    /// Appends a prompt to a branch and generates from it.
    pub fn generate(&mut self, branch: BranchId, request: Request) -> Result<Generation<'_>> {
        let mut batch = self.batch()?;
        batch.start(branch, request)?;
        Ok(Generation { batch, branch })
    }
}

impl Generation<'_> {
    /// The next event, or `None` after [`Event::End`]. What would be [`Event::Failed`] is an error here.
    pub async fn next(&mut self) -> Result<Option<Event>> {
        match self.batch.next().await? {
            Some((_, Event::Failed { error })) => Err(error),
            event => Ok(event.map(|(_, event)| event)),
        }
    }

    /// The tokens generated so far.
    pub fn accepted(&self) -> &[u32] {
        self.batch.accepted(self.branch)
    }

    /// The tokens generated so far whose keys and values are in the branch.
    pub fn kept(&self) -> &[u32] {
        self.batch.kept(self.branch)
    }

    /// How it goes: what [`Event::End`] reports, at any time.
    pub fn statistics(&self) -> Statistics {
        self.batch.statistics(self.branch)
    }

    /// [`Batch::set_adapter`].
    pub fn set_adapter(&mut self, alias: Option<&str>) -> Result<()> {
        self.batch.set_adapter(self.branch, alias)
    }

    /// Changes who answers from the next token on, also where the adapter's KV would differ from what the base wrote:
    /// it is this answer alone that is continued on another's KV.
    ///
    /// # Errors
    /// [`Error::KvNotShareable`] for an adapter that was not trained to go on where the base was: for it, the
    /// conversation is to be computed again.
    pub fn switch_adapter(&mut self, alias: Option<&str>) -> Result<()> {
        if let Some(info) = alias.map(|alias| self.engine().find_adapter(alias)).transpose()?
            && !info.kv_shareable
        {
            return Err(Error::KvNotShareable { adapter: info.alias.clone() });
        }
        match self.set_adapter(alias) {
            Err(Error::KvMismatch { .. }) => {
                self.allow_mixed()?;
                self.set_adapter(alias)
            }
            other => other,
        }
    }

    /// [`Batch::allow_mixed`].
    pub fn allow_mixed(&mut self) -> Result<()> {
        self.batch.allow_mixed(self.branch)
    }

    /// The engine, to look at.
    pub fn engine(&self) -> &Engine {
        self.batch.engine()
    }
}
