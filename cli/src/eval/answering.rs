//! The controller, asked some questions at a time.

use super::data::Question;
use super::tape::Moment;
use super::transcript::{Ask, Branch, Solver, Thinking, Transcript, Work};
use anyhow::{Context, Result};
use ruminate::Error;
use ruminate::reason::controller::{Route, Stopped};
use ruminate::reason::{BudgetRules, Event, Policy, Reasoner, Replies, Rule, Settings};
use ruminate::session::Engine;
use ruminate::text::{Message, Role};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

/// What transcripts depend on, of the reasoner on its engine.
pub fn identity(engine: &Engine, reasoner: &Reasoner, args: &super::Args) -> Value {
    let manifest = &reasoner.bundle().manifest;
    json!({
        "bundle": manifest.name,
        "adapter": args.reasoner.adapter(reasoner.bundle()),
        "base": manifest.base.name,
        "base_sha256": manifest.base.sha256,
        "device": engine.gpu.info.name,
        "tier": engine.gpu.caps.tier.to_string(),
        "context": engine.context(),
        "seed": args.seed,
        "parallel": args.parallel(),
    })
}

/// A reasoner that answers.
#[derive(Debug)]
pub struct Answering<'a> {
    replies: Replies<'a>,
    reasoner: &'a Reasoner,
    seed: u64,
    /// Questions that are answered at once.
    most: usize,
    /// By the number of [`Replies::ask`], with what was asked.
    running: BTreeMap<u64, (Ask, Transcript)>,
    /// What is over.
    ready: VecDeque<Transcript>,
}

impl Solver for Answering<'_> {
    fn has_room(&self) -> bool {
        self.running.len() + self.ready.len() < self.most
    }

    fn begin(&mut self, index: usize, question: &Question, ask: &Ask) -> Result<()> {
        let put = self
            .settings(index, question, ask)
            .and_then(|settings| self.replies.ask(question.before.clone(), &question.question, &settings));
        match put {
            Ok(number) => drop(self.running.insert(number, (ask.clone(), Transcript::new(index, ask)))),
            Err(error) => self.ready.push_back(refused(index, ask, error)?),
        }
        Ok(())
    }

    fn next(&mut self, is_cancelled: &dyn Fn() -> bool) -> Result<Option<Transcript>> {
        while self.ready.is_empty() {
            let Some((number, event)) = pollster::block_on(self.replies.next())? else { return Ok(None) };
            // Dropping the replies cancels them.
            if is_cancelled() {
                return Err(Error::Cancelled.into());
            }
            let (ask, mut transcript) = self.running.remove(&number).context("an answer to no question")?;
            match event {
                Err(error) => self.ready.push_back(refused(transcript.question, &ask, error)?),
                Ok(event) => {
                    let is_over = matches!(event, Event::End { .. });
                    transcript.take(event, self.reasoner.rules());
                    match is_over {
                        true => self.ready.push_back(transcript.finished()),
                        false => drop(self.running.insert(number, (ask, transcript))),
                    }
                }
            }
        }
        Ok(self.ready.pop_front())
    }
}

/// The transcript of a question that cannot be put, if the error is the question's own: others are answered all the
/// same.
fn refused(index: usize, ask: &Ask, error: Error) -> Result<Transcript> {
    match error {
        Error::ContextFull { .. } | Error::PagesTooFew { .. } => {
            Ok(Transcript { error: Some(error.to_string()), ..Transcript::new(index, ask) })
        }
        error => Err(anyhow::Error::new(error).context(format!("question {}", index + 1))),
    }
}

impl<'a> Answering<'a> {
    /// Answers up to `most` questions at once.
    pub fn new(engine: &'a mut Engine, reasoner: &'a Reasoner, seed: u64, most: usize) -> Result<Self> {
        let (running, ready) = (BTreeMap::new(), VecDeque::new());
        Ok(Self { replies: reasoner.replies(engine)?, reasoner, seed, most, running, ready })
    }

    fn settings(&self, index: usize, question: &Question, ask: &Ask) -> ruminate::Result<Settings> {
        // Each question has draws of its own.
        let seed = self.seed.wrapping_add(index as u64);
        let (policy, threshold, thinking) = match ask {
            Ask::This(Work::Chat) => return Ok(Settings { policy: Policy::Chat, seed, ..Settings::default() }),
            Ask::This(Work::Reason(thinking)) => (Policy::Reason, None, thinking),
            Ask::Switched(threshold, thinking) => (Policy::Auto, Some(*threshold), thinking),
        };
        let Thinking { branches, budget, vote, early_stop } = *thinking;
        let budget = Some(budget.map_or_else(|| self.rest_of_context(question), Ok)?);
        Ok(Settings { policy, threshold, branches, budget, vote, early_stop, seed, ..Settings::default() })
    }

    /// Tokens that the context holds after a question, with room for the verification.
    fn rest_of_context(&self, question: &Question) -> ruminate::Result<u32> {
        let manifest = &self.reasoner.bundle().manifest;
        let mut messages = question.before.clone();
        messages.push(Message::new(Role::User, question.question.as_str()));
        messages.extend(manifest.budget_message.clone());
        let engine = self.replies.engine();
        let tokenizer = engine.tokenizer()?;
        let prompt = tokenizer.encode(&engine.template()?.render(&messages, true)?, true)?.len();
        let verification = tokenizer.encode(&manifest.verifier.append, true)?.len();
        let taken = prompt + verification + NUMBER;
        Ok(engine.context().saturating_sub(u32::try_from(taken).unwrap_or(u32::MAX)))
    }
}

/// Tokens that the number of a stated budget may take.
const NUMBER: usize = 8;

impl Transcript {
    /// Of a question that is about to be asked.
    fn new(question: usize, ask: &Ask) -> Self {
        let work = match ask {
            Ask::This(work) => work.clone(),
            // Until the switcher says otherwise.
            Ask::Switched(_, thinking) => Work::Reason(thinking.clone()),
        };
        Self {
            question,
            work,
            score: None,
            branches: Vec::new(),
            tokens: 0,
            first_token_seconds: 0.0,
            seconds: 0.0,
            joules: None,
            error: None,
            tape: Vec::new(),
            is_simulated: false,
        }
    }

    /// Takes what is told of an answer, with what its branches were given.
    fn take(&mut self, event: Event, rules: &BudgetRules) {
        match event {
            Event::Forked { branch, .. } => self.tape.push(Moment(branch, rules.begin.len() as i64, None)),
            Event::Token { branch, id, logprob, is_thought, .. } => {
                self.tape.push(Moment(branch, 1, is_thought.then_some((id, logprob))));
            }
            Event::Warned { branch, .. } => {
                let tokens = rules.warning.as_ref().map_or(0, |warning| warning.tokens.len());
                self.tape.push(Moment(branch, tokens as i64, None));
            }
            Event::BudgetForced { branch, dropped, .. } => {
                self.tape.push(Moment(branch, rules.closing.len() as i64 - dropped as i64, None));
            }
            Event::Routed { score, route, .. } => {
                self.score = score;
                if route == Route::Chat {
                    self.work = Work::Chat;
                }
            }
            Event::Stopped { branch, reason, tokens, text, answer } => {
                let duplicate_of = match reason {
                    Stopped::Early(Rule::Duplicate { of, .. }) => Some(of),
                    _ => None,
                };
                let end = match reason {
                    Stopped::Ended(end) => end.to_string(),
                    Stopped::Early(rule) => rule.to_string(),
                    Stopped::Failed(error) => error.to_string(),
                };
                let told: i64 = self.tape.iter().filter(|moment| moment.0 == branch).map(|moment| moment.1).sum();
                self.tape.push(Moment(branch, tokens as i64 - told, None));
                *self.branch(branch) = Branch { text, answer, score: None, tokens, end, duplicate_of };
            }
            Event::Scored { branch, score } => self.branch(branch).score = Some(score),
            Event::Answer { text, answer, .. } if self.work == Work::Chat => {
                *self.branch(0) = Branch { text, answer, ..Branch::default() };
            }
            Event::End { statistics } => {
                self.tokens = statistics.tokens;
                self.first_token_seconds = statistics.first_token_seconds;
                self.seconds = statistics.seconds;
                self.joules = statistics.joules;
                if self.work == Work::Chat {
                    self.branch(0).tokens = statistics.tokens;
                }
            }
            _ => {}
        }
    }

    /// Forgets what nobody will ask: one branch is not stopped, and branches that were stopped say nothing about what
    /// other rules would have done.
    fn finished(mut self) -> Self {
        if !matches!(&self.work, Work::Reason(Thinking { branches: 2.., early_stop, .. }) if early_stop.is_off()) {
            self.tape = Vec::new();
        }
        self
    }

    fn branch(&mut self, index: usize) -> &mut Branch {
        if self.branches.len() <= index {
            self.branches.resize(index + 1, Branch::default());
        }
        &mut self.branches[index]
    }
}
