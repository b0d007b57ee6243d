//! One generation of a batch: what it was given, what it made of it, and how far the steps have come.

use super::engine::Engine;
use super::generate::{Event, ProbeRead, Request, Statistics};
use crate::adapter::AdapterId;
use crate::cache::{BranchId, Sharing};
use crate::kernels::embed::TOKEN_SAMPLED;
use crate::kernels::pool::Read;
use crate::kernels::sample::Settings;
use crate::sample::{Sampling, Stop, StopMatcher};
use crate::text::Detokenizer;
use crate::{Error, Result};
use std::ops::Range;
use web_time::Instant;

/// Whether a row takes part in steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It waits for room.
    Waiting,
    /// It does; what is sampled for it goes to this slot.
    Running(u32),
    /// It is over, and its branch closes once its end has been told: until then the branch is not another's.
    Closing,
    /// It is over, and only remembered.
    Over,
}

/// The adapter of the prompt and that of the response: the branch has one of them, and this holds the other.
#[derive(Debug)]
pub(super) struct Switch {
    /// The response's until it is on, the prompt's from then on.
    pub other: Option<AdapterId>,
    /// The branch has the response's.
    pub is_on: bool,
}

/// A generation on a branch.
///
/// `tokens` are known to the CPU, and `submitted` of them are in steps; where `submitted` is not less than their number,
/// the steps in flight sample those that follow.
#[derive(Debug)]
pub(super) struct Row {
    pub branch: BranchId,
    /// Samples in flight count only while this stays the same.
    pub ticket: u64,
    /// The first of its tickets: a number that no other request has.
    pub request: u64,
    pub state: State,
    pub close_at_end: bool,
    /// Writers may mix on the branch; said again whenever positions are undone.
    pub is_mixed: bool,
    /// Comes on with the first row of the response, and off if that is undone. `None` = they have the same adapter.
    pub switch: Option<Switch>,
    /// The first of the tokens that has the response's adapter.
    switch_at: usize,
    /// Positions of the branch before.
    start: u32,
    /// The prompt, then what was generated and appended.
    tokens: Vec<u32>,
    prompt: usize,
    submitted: usize,
    generated: usize,
    most_tokens: usize,
    context: usize,
    /// Of the tokens, those whose progress is told.
    given: Range<usize>,
    pub sampling: Sampling,
    /// Until its last row is submitted.
    probe: Option<(Read, usize)>,
    /// Of the tokens, those that were given: only sampled ones are ever taken back.
    fixed: usize,
    /// A probe was submitted and is not told yet.
    is_probing: bool,
    matcher: StopMatcher,
    /// Synthetic models have none: their tokens are not text.
    detokenizer: Option<Detokenizer>,
    started: Instant,
    first_token: Option<Instant>,
    ended: Option<Instant>,
}

/// What a step does for a row.
#[derive(Debug)]
pub(super) struct Work {
    /// What it appends.
    pub tokens: Vec<u32>,
    /// How the token after these is picked, if they end in the last one known.
    pub sampling: Option<Settings>,
    /// What its probe reads of these tokens, counted from the first.
    pub read: Option<Read>,
}

/// Most appended tokens that are decoded, one a step: what a chunk would cost the branches beside them is more.
const STEPWISE: usize = 16;

impl Row {
    /// A request that makes sense and could ever be served; otherwise an error says what to change.
    pub fn new(engine: &mut Engine, branch: BranchId, request: Request, ticket: u64) -> Result<Self> {
        let Request { prompt, sampling, response_adapter, adapter_from, probe, stop, special, close_at_end } = request;
        engine.check_ids(&prompt)?;
        sampling.validate()?;
        if response_adapter.is_some() {
            engine.check_continues(branch, response_adapter.as_deref())?;
        }
        if prompt.is_empty() {
            return Err(Error::Invalid("the prompt is empty. Give at least one token".into()));
        }
        let probe = probe.map(|ProbeRead { name, from }| Ok((engine.probes.find(&name)?, from))).transpose()?;
        if let Some((_, from)) = probe.filter(|&(_, from)| from >= prompt.len()) {
            return Err(Error::Invalid(format!("a probe from token {from} on of a prompt of {}", prompt.len())));
        }
        let switch_at = adapter_from.unwrap_or(prompt.len());
        if switch_at > prompt.len() {
            return Err(Error::Invalid(format!(
                "an adapter from token {switch_at} on of a prompt of {}",
                prompt.len()
            )));
        }
        let start = engine.branch_length(branch)?;
        let most_tokens = stop.max_tokens.unwrap_or(usize::MAX);
        engine.check_room(start as usize + prompt.len() + most_tokens.min(1))?;
        let matcher = stop.matcher()?;
        let is_mixed = engine.cache.branches.sharing(branch)? == Sharing::Mixed;
        // Held from here on, so that nothing may fail after.
        let response = response_adapter.map(|alias| engine.hold_adapter(Some(&alias))).transpose()?;
        Ok(Self {
            branch,
            ticket,
            request: ticket,
            state: State::Waiting,
            close_at_end,
            is_mixed,
            switch: response.map(|other| Switch { other, is_on: false }),
            switch_at,
            start,
            prompt: prompt.len(),
            submitted: 0,
            generated: 0,
            most_tokens,
            context: engine.context() as usize,
            given: 0..prompt.len(),
            fixed: prompt.len(),
            tokens: prompt,
            sampling,
            probe,
            is_probing: false,
            matcher,
            detokenizer: engine.tokenizer.as_ref().map(|tokenizer| tokenizer.stream(special)),
            started: Instant::now(),
            first_token: None,
            ended: None,
        })
    }

    /// Known tokens that no step has yet.
    pub fn pending(&self) -> usize {
        self.tokens.len().saturating_sub(self.submitted)
    }

    /// Samples in flight.
    fn ahead(&self) -> usize {
        (self.submitted + 1).saturating_sub(self.tokens.len())
    }

    /// It is not over.
    pub fn is_live(&self) -> bool {
        matches!(self.state, State::Waiting | State::Running(_))
    }

    pub fn is_running(&self) -> bool {
        matches!(self.state, State::Running(_))
    }

    /// Its next tokens go through a chunk: those of a prompt, so that all forks of it have what a run alone would have,
    /// and others if they are many.
    pub fn has_prompt(&self) -> bool {
        let least = if self.has_begun() { STEPWISE + 1 } else { 1 };
        self.is_running() && self.pending() >= least
    }

    /// One row of it can be decoded.
    pub fn can_decode(&self) -> bool {
        let ahead = self.ahead();
        let is_enough = self.generated + ahead >= self.most_tokens || self.places_left() <= ahead;
        self.is_running() && !self.has_prompt() && !is_enough
    }

    /// Whether a token of the response was told.
    pub fn has_begun(&self) -> bool {
        self.generated > 0
    }

    /// Whether its next row has the response's adapter.
    pub fn responds(&self) -> bool {
        self.submitted >= self.switch_at
    }

    /// Pending tokens that one step may take: the adapter may change between them.
    pub fn run(&self) -> usize {
        let before = self.switch_at.saturating_sub(self.submitted);
        if self.switch.is_some() && before > 0 { self.pending().min(before) } else { self.pending() }
    }

    /// Positions before the response's adapter.
    pub fn unadapted(&self) -> u32 {
        self.start + self.switch_at as u32
    }

    /// The response's adapter is to come on after the prompt.
    pub fn switch_after_prompt(&mut self, switch: Switch) {
        self.switch = Some(switch);
        self.switch_at = self.prompt;
    }

    /// Tokens that the context still holds.
    fn places_left(&self) -> usize {
        self.context.saturating_sub(self.start as usize + self.tokens.len())
    }

    /// Positions that its steps have come to.
    pub fn position(&self) -> u32 {
        self.start + self.submitted as u32
    }

    /// Positions whose tokens are known: what stays when it ends.
    pub fn settled(&self) -> u32 {
        self.start + self.submitted.min(self.tokens.len()) as u32
    }

    /// Positions after `count` more tokens of any kind, with room for one that is sampled.
    pub fn positions_with(&self, count: usize) -> usize {
        self.start as usize + self.tokens.len() + count + 1
    }

    /// The next `count` tokens of it for a step.
    pub fn work(&self, count: usize, slot: u32) -> Result<Work> {
        let tokens = match self.pending() {
            0 => vec![TOKEN_SAMPLED | slot],
            _ => self.tokens[self.submitted..][..count].to_vec(),
        };
        let is_last = self.submitted + count >= self.tokens.len() && self.most_tokens > 0;
        let sampling = is_last.then(|| self.sampling.settings(self.sample(), slot)).transpose()?;
        Ok(Work { tokens, sampling, read: self.read(count) })
    }

    /// What the probe reads of the next `count` tokens.
    fn read(&self, count: usize) -> Option<Read> {
        let (read, from) = self.probe?;
        let (first, end) = (self.submitted.max(from), (self.submitted + count).min(self.prompt));
        let rows = end.checked_sub(first).filter(|&rows| rows > 0)?;
        let (first, before) = (first - self.submitted, first - from);
        let is_last = u32::from(end == self.prompt);
        Some(Read { first: first as u32, rows: rows as u32, before: before as u32, is_last, ..read })
    }

    /// Counts the samples drawn: what the next one's chance depends on.
    pub fn sample(&self) -> u32 {
        (self.generated + self.ahead()) as u32
    }

    /// A step with `count` of its tokens was submitted; tells how far the prompt has come.
    pub fn advance(&mut self, count: usize) -> Option<Event> {
        let before = self.submitted;
        self.submitted += count;
        if self.submitted >= self.prompt && self.probe.take().is_some() {
            self.is_probing = true;
        }
        let is_given = before < self.given.end && self.submitted > self.given.start;
        let done = self.submitted.min(self.given.end).saturating_sub(self.given.start);
        is_given.then_some(Event::Prefill { done, total: self.given.len() })
    }

    /// Undoes what was decoded past the known tokens, and submits the last of these again. Gives the positions that are
    /// left, if that changes anything.
    pub fn rewind(&mut self, ticket: u64) -> Option<u32> {
        if self.pending() > 0 {
            return None;
        }
        self.ticket = ticket;
        self.submitted = self.tokens.len() - 1;
        self.given = 0..0;
        Some(self.position())
    }

    /// It generates nothing, and all that it was to do is done.
    pub fn is_complete(&self) -> bool {
        self.most_tokens == 0 && self.pending() == 0 && !self.is_probing
    }

    /// Its probe was read.
    pub fn probed(&mut self) {
        self.is_probing = false;
    }

    /// Forgets the last `count` tokens, as if they had not been sampled.
    pub fn take_back(&mut self, count: usize) -> Result<()> {
        let left = self.tokens.len().checked_sub(count).filter(|&left| left >= self.fixed).ok_or_else(|| {
            let sampled = self.tokens.len() - self.fixed;
            Error::Invalid(format!("{count} tokens to take back of {sampled}. Take back what was sampled last"))
        })?;
        self.tokens.truncate(left);
        self.generated -= count;
        self.matcher.take_back(count);
        if let Some(detokenizer) = &mut self.detokenizer {
            detokenizer.resume(&self.tokens[self.prompt..]);
        }
        Ok(())
    }

    /// Adds tokens as if they had been sampled. Gives their text, and what was held back before.
    pub fn append(&mut self, tokens: &[u32]) -> String {
        let end = self.tokens.len();
        let continues = self.pending() > 0 && self.given.end == end;
        self.given = if continues { self.given.start } else { end }..end + tokens.len();
        self.tokens.extend_from_slice(tokens);
        self.fixed = self.tokens.len();
        let mut text = self.matcher.finish();
        if let Some(detokenizer) = &mut self.detokenizer {
            text.extend(tokens.iter().map(|&id| detokenizer.push(id)));
        }
        text
    }

    /// Takes a sampled token: the event, and the end if it is one.
    pub fn accept(&mut self, id: u32, logprob: f32) -> (Option<Event>, Option<(Stop, String)>) {
        self.first_token.get_or_insert_with(Instant::now);
        let text = self.detokenizer.as_mut().map(|d| d.push(id)).unwrap_or_default();
        let (text, stop) = self.matcher.push(id, &text);
        if let Some(stop @ Stop::Token(_)) = stop {
            return (None, Some((stop, text + &self.held(stop))));
        }
        self.tokens.push(id);
        self.generated += 1;
        let stop = stop.or((self.places_left() == 0).then_some(Stop::Length));
        (Some(Event::Token { id, text, logprob }), stop.map(|stop| (stop, self.held(stop))))
    }

    /// Text that the matcher or the detokenizer still holds at the end: it is shown, unless a string ended it.
    pub fn held(&mut self, stop: Stop) -> String {
        if matches!(stop, Stop::String(_)) {
            return String::new();
        }
        self.matcher.finish() + &self.detokenizer.as_mut().map(Detokenizer::finish).unwrap_or_default()
    }

    /// It is over.
    pub fn end(&mut self) {
        self.state = if self.close_at_end { State::Closing } else { State::Over };
        self.ended = Some(Instant::now());
    }

    /// The tokens after the prompt.
    pub fn accepted(&self) -> &[u32] {
        &self.tokens[self.prompt..]
    }

    /// Those of them that are in the branch.
    pub fn kept(&self) -> &[u32] {
        &self.tokens[self.prompt..][..self.submitted.min(self.tokens.len()).saturating_sub(self.prompt)]
    }

    /// How it goes.
    pub fn statistics(&self) -> Statistics {
        let now = self.ended.unwrap_or_else(Instant::now);
        let first_token = self.first_token.unwrap_or(now);
        Statistics {
            cached_tokens: self.start as usize,
            prompt_tokens: self.prompt,
            tokens: self.generated,
            first_token_seconds: (first_token - self.started).as_secs_f64(),
            decode_seconds: now.saturating_duration_since(first_token).as_secs_f64(),
        }
    }
}
