//! An answer coming about, without the batch that it runs in. Which phase follows which is read here; what happens in
//! them, in `think.rs` and `judge.rs`.

use super::super::policy::Effort;
use super::super::{Answer, BudgetPool, EarlyStop};
use super::branch::Branch;
use super::energy::Meter;
use super::event::{Event, Route, Statistics};
use super::prompt::Prompt;
use super::reasoner::Reasoner;
use super::settings::Settings;
use crate::Result;
use crate::cache::BranchId;
use crate::sample::{Sampling, Stop, StopConditions};
use crate::session::{self, Batch, Chat, KvBytes, ProbeRead, Request};
use crate::text::{Message, Role};
use std::collections::VecDeque;
use web_time::Instant;

/// An answer coming about. Its batch may have others.
#[derive(Debug)]
pub(super) struct Course<'e> {
    pub reasoner: &'e Reasoner,
    pub settings: Settings,
    pub phase: Phase,
    pub events: VecDeque<Event>,
    /// The branch that the conversation is on.
    pub chat_branch: BranchId,
    /// What the branches are forked from.
    pub parent: Option<BranchId>,
    /// Those that think, in their order.
    pub branches: Vec<Branch>,
    pub score: Option<f32>,
    pub effort: Option<Effort>,
    pub early: EarlyStop,
    pub pool: Option<BudgetPool>,
    /// Tokens of a response that the context has room for.
    pub most_response: usize,
    /// The caller wants the answer now.
    pub is_urgent: bool,
    pub kv: KvBytes,
    /// What the conversation is to have of the answer once there is one: its text, and those of its tokens that are in
    /// the conversation's branch.
    pub answered: Option<(String, Vec<u32>)>,
    prompt: Prompt,
    /// The conversation, with the question.
    messages: Vec<Message>,
    header: Vec<u32>,
    chat_text: String,
    /// Tokens of a chat answer that were told.
    chat_tokens: usize,
    cached_tokens: usize,
    prompt_tokens: usize,
    started: Instant,
    first_token: Option<Instant>,
    /// Joules of the whole device are its own only if nothing else runs.
    pub meter: Option<Meter>,
}

/// What runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The base reads the conversation.
    Reading,
    /// The base answers.
    Chatting,
    /// The base reads what only the branches see, on the branch that they are forked from.
    Preparing,
    /// The branches think and answer; those that have ended may be verified.
    Thinking,
    /// All have ended, and are verified.
    Judging,
    /// Nothing: all is told.
    Over,
}

impl<'e> Course<'e> {
    /// Puts a question into a conversation and starts to read it.
    ///
    /// # Errors
    /// As [`Reasoner::ask`]; the conversation is as it was then.
    pub fn begin(
        reasoner: &'e Reasoner,
        batch: &mut Batch<'_>,
        chat: &mut Chat,
        question: &str,
        settings: &Settings,
    ) -> Result<Self> {
        settings.check(reasoner)?;
        chat.say(Message::new(Role::User, question));
        let begun = Self::read(reasoner, batch, chat, settings);
        if begun.is_err() {
            chat.unsay();
        }
        begun
    }

    /// Starts to read a conversation whose last message is the question.
    fn read(reasoner: &'e Reasoner, batch: &mut Batch<'_>, chat: &mut Chat, settings: &Settings) -> Result<Self> {
        let started = Instant::now();
        let meter = Meter::start(batch.engine().gpu.info.device_type);
        let early = settings.early_stop()?;
        let engine = batch.engine_mut();
        let prompt = Prompt::new(engine, chat.messages())?;
        engine.set_adapter(chat.branch(), None)?;
        // What the switcher reads must be computed while it does.
        let reads = settings.needs_score();
        let new = chat.align(engine, prompt.tokens.clone(), if reads { prompt.turn } else { usize::MAX })?;
        let count = new.len();
        reasoner.check_room(engine, settings, (&prompt, chat.messages()), count)?;
        let from = (prompt.turn + count).saturating_sub(prompt.tokens.len());
        let probe = reads.then(|| ProbeRead { name: reasoner.probe("switcher"), from });
        batch.start(chat.branch(), Request { prompt: new, probe, stop: nothing(), ..Request::default() })?;
        Ok(Self {
            reasoner,
            settings: settings.clone(),
            phase: Phase::Reading,
            events: VecDeque::new(),
            chat_branch: chat.branch(),
            parent: None,
            branches: Vec::new(),
            score: None,
            effort: None,
            early,
            pool: None,
            most_response: 0,
            is_urgent: false,
            kv: KvBytes::default(),
            answered: None,
            cached_tokens: prompt.tokens.len() - count,
            prompt_tokens: count,
            prompt,
            messages: chat.messages().to_vec(),
            header: Vec::new(),
            chat_text: String::new(),
            chat_tokens: 0,
            started,
            first_token: None,
            meter,
        })
    }

    /// Whether a branch is one of its own.
    pub fn has(&self, branch: BranchId) -> bool {
        let is_other = || self.branches.iter().any(|known| known.id == branch);
        branch == self.chat_branch || self.parent == Some(branch) || is_other()
    }

    /// Asks for the answer at once.
    pub fn answer_now(&mut self, batch: &mut Batch<'_>) -> Result<()> {
        let was_urgent = std::mem::replace(&mut self.is_urgent, true);
        match self.phase {
            // Before there is anything of it, no more of it is waited for than of a forced answer.
            Phase::Chatting if self.chat_tokens > 0 => self.stop_chat(batch),
            Phase::Thinking if !was_urgent => self.hurry(batch),
            _ => Ok(()),
        }
    }

    /// Ends a chat answer where it is.
    fn stop_chat(&self, batch: &mut Batch<'_>) -> Result<()> {
        if batch.generates(self.chat_branch) { batch.stop(self.chat_branch) } else { Ok(()) }
    }

    /// Takes what the batch tells of one of its branches.
    pub fn take(&mut self, batch: &mut Batch<'_>, branch: BranchId, event: session::Event) -> Result<()> {
        use session::Event as Told;
        match (self.phase, event) {
            (Phase::Reading, Told::Prefill { done, total }) => self.events.push_back(Event::Prefill { done, total }),
            (Phase::Reading, Told::Probed { value }) => self.score = Some(sigmoid(value)),
            (Phase::Reading, Told::End { .. }) => self.route(batch)?,
            (Phase::Preparing, Told::End { .. }) => self.fork(batch)?,
            (Phase::Chatting, Told::Token { id, text, logprob }) => {
                self.first_token.get_or_insert_with(Instant::now);
                self.chat_text.push_str(&text);
                self.events.push_back(Event::Token { branch: 0, id, text, logprob, is_thought: false, left: None });
                self.chat_tokens += 1;
                if self.is_urgent && self.chat_tokens >= self.reasoner.rules.answer_tokens {
                    self.stop_chat(batch)?;
                }
            }
            (Phase::Chatting, Told::End { text, stop, statistics }) => {
                self.chat_text.push_str(&text);
                self.chat_tokens = statistics.tokens + usize::from(matches!(stop, Stop::Token(_)));
                self.end_chat(batch)?;
            }
            (Phase::Reading | Phase::Preparing | Phase::Chatting, Told::Failed { error }) => return Err(error),
            (Phase::Thinking | Phase::Judging, event) => {
                if let Some(index) = self.branches.iter().position(|known| known.id == branch) {
                    if matches!(event, Told::Token { .. }) {
                        self.first_token.get_or_insert_with(Instant::now);
                    }
                    self.take_of(batch, index, event)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The conversation was read: who answers?
    fn route(&mut self, batch: &mut Batch<'_>) -> Result<()> {
        let threshold = self.settings.threshold(self.reasoner);
        // Where the policy does not ask for a score, it does not look at it either.
        let reasons = self.settings.policy.reasons(self.score.unwrap_or(0.0), threshold);
        let effort = self.settings.effort(self.reasoner, self.score)?;
        let Effort { branches, budget } = effort;
        let route = if reasons { Route::Reason { branches, budget } } else { Route::Chat };
        self.events.push_back(Event::Routed { score: self.score, threshold, route });
        let more = self.reasoner.budget_message(budget).filter(|_| reasons);
        let tail = self.prompt.tail(batch.engine(), &self.messages, more)?;
        self.prompt_tokens += tail.len();
        if !reasons {
            let manifest = &self.reasoner.bundle.manifest;
            let most = self.settings.chat_tokens.unwrap_or(manifest.chat.max_tokens as usize);
            let tokens = self.reasoner.rules.end_ids.clone();
            let stop = StopConditions { tokens, max_tokens: Some(most), ..StopConditions::default() };
            let sampling = self.settings.chat_sampling.unwrap_or(Sampling::greedy());
            self.header = tail.clone();
            batch.start(self.chat_branch, Request { prompt: tail, sampling, stop, ..Request::default() })?;
            self.phase = Phase::Chatting;
            return Ok(());
        }
        self.effort = Some(effort);
        let taken = self.prompt.tokens.len() + tail.len() + self.reasoner.verification.len();
        self.most_response = (batch.engine().context() as usize).saturating_sub(taken);
        self.pool = self.settings.pool(self.reasoner, branches)?;
        let parent = batch.fork(self.chat_branch, None)?;
        self.parent = Some(parent);
        self.phase = Phase::Preparing;
        batch.start(parent, Request { prompt: tail, stop: nothing(), ..Request::default() })
    }

    fn end_chat(&mut self, batch: &mut Batch<'_>) -> Result<()> {
        let branch = self.chat_branch;
        self.kv = batch.engine().kv_bytes(&[branch])?;
        let kept = [&self.header[..], batch.kept(branch)].concat();
        let answer = Answer::in_chat(&self.chat_text, &self.reasoner.bundle.manifest.response.answer_marker);
        let text = std::mem::take(&mut self.chat_text);
        self.answered(batch, text, answer, 0, kept);
        Ok(())
    }

    /// Has the answer, and ends. `kept` are its tokens that are in the conversation's branch.
    pub fn answered(
        &mut self,
        batch: &mut Batch<'_>,
        text: String,
        answer: Option<Answer>,
        winner: usize,
        kept: Vec<u32>,
    ) {
        self.answered = Some((text.clone(), kept));
        self.phase = Phase::Over;
        self.events.push_back(Event::Answer { text, answer, winner });
        let branch_tokens: Vec<usize> = match self.branches.is_empty() {
            true => vec![self.chat_tokens],
            false => self.branches.iter().map(|branch| branch.budget.tokens()).collect(),
        };
        let now = Instant::now();
        let statistics = Statistics {
            cached_tokens: self.cached_tokens,
            prompt_tokens: self.prompt_tokens,
            tokens: branch_tokens.iter().sum(),
            branch_tokens,
            first_token_seconds: (self.first_token.unwrap_or(now) - self.started).as_secs_f64(),
            seconds: (now - self.started).as_secs_f64(),
            kv: self.kv,
            joules: self.meter.as_ref().and_then(Meter::joules),
        };
        self.close_branches(batch);
        self.events.push_back(Event::End { statistics });
    }

    /// Closes what it has opened.
    pub fn close_branches(&mut self, batch: &mut Batch<'_>) {
        for id in self.branches.drain(..).map(|branch| branch.id).chain(self.parent.take()) {
            if let Err(error) = batch.close(id) {
                tracing::warn!(%error, "a branch could not be closed");
            }
        }
    }
}

/// A request that only appends its prompt.
pub(super) fn nothing() -> StopConditions {
    StopConditions { max_tokens: Some(0), ..StopConditions::default() }
}

/// What a head's number says: a probability.
pub(super) fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}
