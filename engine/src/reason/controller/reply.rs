//! An answer coming about, event by event. Which phase follows which is read here; what happens in them, in `think.rs`
//! and `judge.rs`.

use super::super::policy::Effort;
use super::super::{Answer, BudgetPool, EarlyStop};
use super::branch::Branch;
use super::energy::Meter;
use super::event::{Event, Route, Statistics};
use super::prompt::Prompt;
use super::reasoner::Reasoner;
use super::settings::Settings;
use crate::cache::BranchId;
use crate::sample::{Sampling, Stop, StopConditions};
use crate::session::{self, Batch, Chat, Engine, KvBytes, ProbeRead, Request};
use crate::text::Message;
use crate::{Error, Result};
use std::collections::VecDeque;
use std::time::Instant;

/// An answer coming about: [`Self::next`] gives the events.
///
/// Dropping it cancels: every branch is closed, and the conversation is as it was before the question, with keys and
/// values that the base made.
#[derive(Debug)]
pub struct Reply<'e> {
    pub(super) batch: Batch<'e>,
    pub(super) chat: &'e mut Chat,
    pub(super) reasoner: &'e Reasoner,
    pub(super) settings: Settings,
    pub(super) prompt: Prompt,
    pub(super) phase: Phase,
    pub(super) events: VecDeque<Event>,
    /// What the branches are forked from.
    pub(super) parent: Option<BranchId>,
    /// Those that think, in their order.
    pub(super) branches: Vec<Branch>,
    pub(super) score: Option<f32>,
    pub(super) effort: Option<Effort>,
    pub(super) early: EarlyStop,
    pub(super) pool: Option<BudgetPool>,
    /// Tokens of a response that the context has room for.
    pub(super) most_response: usize,
    /// The caller wants the answer now.
    pub(super) is_urgent: bool,
    pub(super) kv: KvBytes,
    header: Vec<u32>,
    chat_text: String,
    chat_tokens: usize,
    cached_tokens: usize,
    pub(super) prompt_tokens: usize,
    started: Instant,
    first_token: Option<Instant>,
    meter: Option<Meter>,
    is_answered: bool,
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

impl<'e> Reply<'e> {
    /// Puts a question into a conversation and starts to read it.
    pub(super) fn new(
        reasoner: &'e Reasoner,
        engine: &'e mut Engine,
        chat: &'e mut Chat,
        question: Message,
        settings: Settings,
    ) -> Result<Self> {
        let started = Instant::now();
        let meter = Meter::start(engine.gpu.info.device_type);
        let early = settings.early_stop()?;
        chat.say(question);
        let begun = begin(reasoner, engine, chat, &settings);
        if begun.is_err() {
            chat.unsay();
        }
        let (prompt, batch, prompt_tokens) = begun?;
        let cached_tokens = prompt.tokens.len() - prompt_tokens;
        Ok(Self {
            batch,
            early,
            pool: None,
            most_response: 0,
            chat,
            reasoner,
            settings,
            prompt,
            phase: Phase::Reading,
            events: VecDeque::new(),
            parent: None,
            branches: Vec::new(),
            score: None,
            effort: None,
            is_urgent: false,
            kv: KvBytes::default(),
            header: Vec::new(),
            chat_text: String::new(),
            chat_tokens: 0,
            cached_tokens,
            prompt_tokens,
            started,
            first_token: None,
            meter,
            is_answered: false,
        })
    }

    /// The next event, or `None` after [`Event::End`]. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(Some(event));
            }
            match self.batch.next().await? {
                Some((branch, event)) => self.take(branch, event)?,
                None if self.phase == Phase::Over => return Ok(None),
                None => return Err(Error::Invalid("an answer ended before its end was told".into())),
            }
        }
    }

    /// Asks for the answer at once: branches close their thoughts and answer, and the base ends its answer where it is.
    pub fn answer_now(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.is_urgent, true) {
            return Ok(());
        }
        match self.phase {
            Phase::Chatting if self.batch.generates(self.chat.branch()) => self.batch.stop(self.chat.branch()),
            Phase::Thinking => self.hurry(),
            _ => Ok(()),
        }
    }

    /// The engine, to look at.
    pub fn engine(&self) -> &Engine {
        self.batch.engine()
    }

    fn take(&mut self, branch: BranchId, event: session::Event) -> Result<()> {
        use session::Event as Told;
        match (self.phase, event) {
            (Phase::Reading, Told::Prefill { done, total }) => self.events.push_back(Event::Prefill { done, total }),
            (Phase::Reading, Told::Probed { value }) => self.score = Some(sigmoid(value)),
            (Phase::Reading, Told::End { .. }) => self.route()?,
            (Phase::Preparing, Told::End { .. }) => self.fork()?,
            (Phase::Chatting, Told::Token { id, text, logprob }) => {
                self.first_token.get_or_insert_with(Instant::now);
                self.chat_text.push_str(&text);
                self.events.push_back(Event::Token { branch: 0, id, text, logprob, is_thought: false, left: None });
            }
            (Phase::Chatting, Told::End { text, stop, statistics }) => {
                self.chat_text.push_str(&text);
                self.chat_tokens = statistics.tokens + usize::from(matches!(stop, Stop::Token(_)));
                self.end_chat()?;
            }
            (Phase::Reading | Phase::Preparing | Phase::Chatting, Told::Failed { error }) => return Err(error),
            (Phase::Thinking | Phase::Judging, event) => {
                if let Some(index) = self.branches.iter().position(|known| known.id == branch) {
                    if matches!(event, Told::Token { .. }) {
                        self.first_token.get_or_insert_with(Instant::now);
                    }
                    self.take_of(index, event)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The conversation was read: who answers?
    fn route(&mut self) -> Result<()> {
        let threshold = self.settings.threshold(self.reasoner);
        // Where the policy does not ask for a score, it does not look at it either.
        let reasons = self.settings.policy.reasons(self.score.unwrap_or(0.0), threshold);
        let effort = self.settings.effort(self.reasoner, self.score)?;
        let Effort { branches, budget } = effort;
        let route = if reasons { Route::Reason { branches, budget } } else { Route::Chat };
        self.events.push_back(Event::Routed { score: self.score, threshold, route });
        let more = self.reasoner.budget_message(budget).filter(|_| reasons);
        let tail = self.prompt.tail(self.batch.engine(), self.chat.messages(), more)?;
        self.prompt_tokens += tail.len();
        if !reasons {
            let manifest = &self.reasoner.bundle.manifest;
            let most = self.settings.chat_tokens.unwrap_or(manifest.chat.max_tokens as usize);
            let tokens = self.reasoner.rules.end_ids.clone();
            let stop = StopConditions { tokens, max_tokens: Some(most), ..StopConditions::default() };
            let sampling = self.settings.chat_sampling.unwrap_or(Sampling::greedy());
            self.header = tail.clone();
            self.batch.start(self.chat.branch(), Request { prompt: tail, sampling, stop, ..Request::default() })?;
            self.phase = Phase::Chatting;
            return Ok(());
        }
        self.effort = Some(effort);
        let taken = self.prompt.tokens.len() + tail.len() + self.reasoner.verification.len();
        self.most_response = (self.batch.engine().context() as usize).saturating_sub(taken);
        self.pool = self.settings.pool(self.reasoner, branches)?;
        let parent = self.batch.fork(self.chat.branch(), None)?;
        self.parent = Some(parent);
        self.phase = Phase::Preparing;
        self.batch.start(parent, Request { prompt: tail, stop: nothing(), ..Request::default() })
    }

    fn end_chat(&mut self) -> Result<()> {
        let branch = self.chat.branch();
        self.kv = self.batch.engine().kv_bytes(&[branch])?;
        let kept = [&self.header[..], self.batch.kept(branch)].concat();
        let answer = Answer::in_chat(&self.chat_text, &self.reasoner.bundle.manifest.response.answer_marker);
        let text = std::mem::take(&mut self.chat_text);
        self.answered(text, answer, 0, &kept);
        Ok(())
    }

    /// Puts the answer into the conversation, and ends. `kept` are its tokens that are in the conversation's branch.
    pub(super) fn answered(&mut self, text: String, answer: Option<Answer>, winner: usize, kept: &[u32]) {
        self.chat.answered(text.clone(), kept);
        self.is_answered = true;
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
        self.close_branches();
        self.events.push_back(Event::End { statistics });
    }

    fn close_branches(&mut self) {
        for id in self.branches.drain(..).map(|branch| branch.id).chain(self.parent.take()) {
            if let Err(error) = self.batch.close(id) {
                tracing::warn!(%error, "a branch could not be closed");
            }
        }
    }
}

impl Drop for Reply<'_> {
    fn drop(&mut self) {
        self.close_branches();
        if !self.is_answered {
            self.chat.unsay();
        }
    }
}

/// Starts to read a conversation whose last message is the question. Gives its prompt, and how much of that is new.
fn begin<'e>(
    reasoner: &Reasoner,
    engine: &'e mut Engine,
    chat: &mut Chat,
    settings: &Settings,
) -> Result<(Prompt, Batch<'e>, usize)> {
    let prompt = Prompt::new(engine, chat.messages())?;
    engine.set_adapter(chat.branch(), None)?;
    // What the switcher reads must be computed while it does.
    let reads = settings.needs_score();
    let new = chat.align(engine, prompt.tokens.clone(), if reads { prompt.turn } else { usize::MAX })?;
    let count = new.len();
    reasoner.check_room(engine, settings, (&prompt, chat.messages()), count)?;
    let from = (prompt.turn + count).saturating_sub(prompt.tokens.len());
    let probe = reads.then(|| ProbeRead { name: reasoner.probe("switcher"), from });
    let mut batch = engine.batch()?;
    batch.start(chat.branch(), Request { prompt: new, probe, stop: nothing(), ..Request::default() })?;
    Ok((prompt, batch, count))
}

/// A request that only appends its prompt.
pub(super) fn nothing() -> StopConditions {
    StopConditions { max_tokens: Some(0), ..StopConditions::default() }
}

/// What a head's number says: a probability.
pub(super) fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}
