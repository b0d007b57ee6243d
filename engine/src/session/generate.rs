//! Generation as a stream of events.
//!
//! Sampled tokens stay on the GPU: several steps are submitted before the first token comes back, and what was decoded
//! past a stop is undone.

use super::engine::{ChunkHead, Engine};
use crate::cache::BranchId;
use crate::gpu::{Readback, Tier};
use crate::kernels::embed::TOKEN_SAMPLED;
use crate::sample::{Sampling, Stop, StopConditions, StopMatcher};
use crate::text::{Detokenizer, Special};
use crate::{Error, Result};
use std::collections::VecDeque;
use std::time::Instant;

/// What to generate.
#[derive(Debug, Clone)]
pub struct Request {
    /// Tokens to append to the branch first; at least one.
    pub prompt: Vec<u32>,
    /// How tokens are picked.
    pub sampling: Sampling,
    /// The adapter of the response, by name: the prompt's rows have the branch's adapter, those from the first token of
    /// the response on have this one. `None` keeps the branch's.
    pub response_adapter: Option<String>,
    /// When to stop. Without `max_tokens`, at the end of the context.
    pub stop: StopConditions,
    /// Whether special tokens appear in the text.
    pub special: Special,
}

/// What happens while generating.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A part of the prompt was submitted.
    Prefill {
        /// Tokens so far.
        done: usize,
        /// Tokens in all.
        total: usize,
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

/// A generation under way; dropping it cancels it and leaves the branch at the last accepted token.
#[derive(Debug)]
pub struct Generation<'e> {
    engine: &'e mut Engine,
    branch: BranchId,
    request: Request,
    matcher: StopMatcher,
    /// Synthetic models have none: their tokens are not text.
    detokenizer: Option<Detokenizer>,
    /// Readbacks of steps in flight, oldest first, and those that are free.
    in_flight: VecDeque<Readback>,
    free: Vec<Readback>,
    look_ahead: usize,
    most_tokens: usize,
    prefilled: usize,
    submitted: usize,
    accepted: Vec<u32>,
    cached: u32,
    last_chunk: Option<wgpu::SubmissionIndex>,
    started: Instant,
    first_token: Option<Instant>,
    stop: Option<Stop>,
    is_over: bool,
}

/// Where a single branch's tokens go.
const SLOT: u32 = 0;

impl Engine {
    /// Appends a prompt to a branch and generates from it.
    pub fn generate(&mut self, branch: BranchId, mut request: Request) -> Result<Generation<'_>> {
        self.check_ids(&request.prompt)?;
        request.sampling.validate()?;
        if let Some(alias) = &request.response_adapter {
            let info = self.adapters.find(alias)?;
            if !info.kv_shareable && self.branch_adapters[branch.0 as usize] != Some(info.id) {
                return Err(Error::KvNotShareable { adapter: alias.clone() });
            }
        }
        let cached = self.branch_length(branch)?;
        let needed = cached as usize + request.prompt.len() + 1;
        let context = self.context() as usize;
        if request.prompt.is_empty() {
            return Err(Error::Invalid("the prompt is empty. Give at least one token".into()));
        }
        if needed > context {
            return Err(Error::ContextFull { needed, context, limit: self.config.context as usize });
        }
        let room = context - needed + 1;
        if request.stop.max_tokens == Some(0) {
            return Err(Error::Invalid("a generation of 0 tokens. Ask for at least one".into()));
        }
        let most_tokens = request.stop.max_tokens.unwrap_or(room).min(room);
        request.stop.max_tokens = Some(most_tokens);
        let detokenizer = self.tokenizer.as_ref().map(|tokenizer| tokenizer.stream(request.special));
        // Software drivers gain nothing from deep queues, and pay for what is undone.
        let look_ahead = if self.gpu.caps.tier == Tier::Software { 2 } else { 4 };
        let free = (0..look_ahead).map(|_| Readback::new(&self.gpu, 16)).collect::<Result<Vec<_>>>()?;
        Ok(Generation {
            matcher: request.stop.matcher()?,
            detokenizer,
            engine: self,
            branch,
            request,
            in_flight: VecDeque::with_capacity(look_ahead),
            free,
            look_ahead,
            most_tokens,
            prefilled: 0,
            submitted: 0,
            accepted: Vec::new(),
            cached,
            last_chunk: None,
            started: Instant::now(),
            first_token: None,
            stop: None,
            is_over: false,
        })
    }
}

impl Generation<'_> {
    /// The next event, or `None` after [`Event::End`].
    pub async fn next(&mut self) -> Result<Option<Event>> {
        if self.is_over {
            return Ok(None);
        }
        if self.prefilled < self.request.prompt.len() {
            self.prefill()?;
            return Ok(Some(Event::Prefill { done: self.prefilled, total: self.request.prompt.len() }));
        }
        if let Some(stop) = self.stop {
            return Ok(Some(self.end(stop, String::new())));
        }
        while self.in_flight.len() < self.look_ahead && self.submitted < self.most_tokens {
            self.decode()?;
        }
        let Some(mut readback) = self.in_flight.pop_front() else {
            return Ok(Some(self.end(Stop::Length, String::new())));
        };
        let words: Vec<u32> = bytemuck::pod_collect_to_vec(&readback.bytes(&self.engine.gpu).await?[..8]);
        self.free.push(readback);
        self.first_token.get_or_insert_with(Instant::now);
        self.accept(words[0], f32::from_bits(words[1])).map(Some)
    }

    /// The tokens generated so far.
    pub fn accepted(&self) -> &[u32] {
        &self.accepted
    }

    /// The tokens generated so far whose keys and values are in the branch.
    pub fn kept(&self) -> &[u32] {
        &self.accepted[..self.accepted.len().min(self.submitted.saturating_sub(1))]
    }

    /// How it goes: what [`Event::End`] reports, at any time.
    pub fn statistics(&self) -> Statistics {
        let first_token = self.first_token.unwrap_or_else(Instant::now);
        Statistics {
            cached_tokens: self.cached as usize,
            prompt_tokens: self.request.prompt.len(),
            tokens: self.accepted.len(),
            first_token_seconds: (first_token - self.started).as_secs_f64(),
            decode_seconds: first_token.elapsed().as_secs_f64(),
        }
    }

    fn accept(&mut self, id: u32, logprob: f32) -> Result<Event> {
        if id >= self.engine.config.vocab {
            return Err(Error::Kernel {
                kernel: "sample".into(),
                problem: format!("chose token {id} of {}: the logits are not numbers", self.engine.config.vocab),
            });
        }
        let text = self.detokenizer.as_mut().map(|d| d.push(id)).unwrap_or_default();
        let (text, stop) = self.matcher.push(id, &text);
        if let Some(stop @ Stop::Token(_)) = stop {
            return Ok(self.end(stop, text));
        }
        self.accepted.push(id);
        self.stop = stop;
        Ok(Event::Token { id, text, logprob })
    }

    /// Submits the next chunk of the prompt, once the one before the last has run.
    fn prefill(&mut self) -> Result<()> {
        let rest = &self.request.prompt[self.prefilled..];
        let chunk = &rest[..rest.len().min(self.engine.chunk() as usize)];
        self.prefilled += chunk.len();
        let previous = self.last_chunk.take();
        if chunk.len() == rest.len() {
            let settings = self.request.sampling.settings(self.submitted as u32, SLOT)?;
            let mut readback = take(&mut self.free)?;
            let copy = self.engine.sampled(self.submitted as u32, &readback);
            let submission = self.engine.submit_chunk(self.branch, chunk, ChunkHead::Sample(settings), Some(copy))?;
            readback.request(submission);
            self.in_flight.push_back(readback);
            self.submitted = 1;
        } else {
            self.last_chunk = Some(self.engine.submit_chunk(self.branch, chunk, ChunkHead::None, None)?);
        }
        previous.map_or(Ok(()), |previous| self.engine.gpu.wait_for(previous))
    }

    /// Submits a step that decodes the token sampled by the step before, wherever that is by now.
    fn decode(&mut self) -> Result<()> {
        let step = self.submitted as u32;
        if let Some(alias) = self.request.response_adapter.take() {
            self.engine.set_adapter(self.branch, Some(&alias))?;
        }
        let settings = self.request.sampling.settings(step, SLOT)?;
        let mut readback = take(&mut self.free)?;
        let copy = self.engine.sampled(step, &readback);
        let row = (self.branch, TOKEN_SAMPLED | SLOT, settings);
        let submission = self.engine.submit_decode(&[row], Some(copy))?;
        readback.request(submission);
        self.in_flight.push_back(readback);
        self.submitted += 1;
        Ok(())
    }

    fn end(&mut self, stop: Stop, mut text: String) -> Event {
        self.is_over = true;
        // The matcher has seen the end: text that it or the detokenizer still holds is shown, unless a string ended it.
        if !matches!(stop, Stop::String(_)) {
            text.push_str(&self.matcher.finish());
            text.push_str(&self.detokenizer.as_mut().map(Detokenizer::finish).unwrap_or_default());
        }
        Event::End { stop, text, statistics: self.statistics() }
    }
}

impl Drop for Generation<'_> {
    /// Undoes what was decoded past the last accepted token.
    fn drop(&mut self) {
        let length = self.cached as usize + self.prefilled + self.kept().len();
        if let Err(error) = self.engine.truncate_branch(self.branch, length as u32) {
            tracing::warn!(%error, "a branch closed while it generated");
        }
    }
}

fn take(free: &mut Vec<Readback>) -> Result<Readback> {
    free.pop().ok_or_else(|| Error::Invalid("more steps in flight than readbacks".into()))
}
