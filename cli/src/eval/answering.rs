//! The controller, asked one question after the other.

use super::data::Question;
use super::transcript::{Ask, Branch, Solver, Thinking, Transcript, Work};
use anyhow::Result;
use ruminate::Error;
use ruminate::reason::controller::{Route, Stopped};
use ruminate::reason::{Event, Policy, Reasoner, Rule, Settings};
use ruminate::session::{Chat, Engine};
use ruminate::text::{Message, Role};
use serde_json::{Value, json};

/// A reasoner on its engine.
#[derive(Debug)]
pub struct Answering<'a> {
    pub engine: &'a mut Engine,
    pub reasoner: &'a Reasoner,
    /// The name of the adapter that thinks.
    pub adapter: &'a str,
    pub seed: u64,
}

impl Solver for Answering<'_> {
    fn identity(&self) -> Value {
        let manifest = &self.reasoner.bundle().manifest;
        json!({
            "bundle": manifest.name,
            "adapter": self.adapter,
            "base": manifest.base.name,
            "base_sha256": manifest.base.sha256,
            "device": self.engine.gpu.info.name,
            "tier": self.engine.gpu.caps.tier.to_string(),
            "context": self.engine.context(),
            "seed": self.seed,
        })
    }

    fn solve(
        &mut self,
        index: usize,
        question: &Question,
        ask: &Ask,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Transcript> {
        let mut chat = Chat::resume(self.engine, question.before.clone())?;
        let mut transcript = Transcript::new(index, ask);
        let told = self
            .settings(index, question, ask)
            .and_then(|settings| self.ask(&mut chat, &question.question, &settings, &mut transcript, is_cancelled));
        self.engine.close_branch(chat.branch())?;
        match told {
            Ok(()) => Ok(transcript),
            Err(error) if cannot_be_put(&error) => {
                Ok(Transcript { error: Some(error.to_string()), ..Transcript::new(index, ask) })
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Answering<'_> {
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
        let tokenizer = self.engine.tokenizer()?;
        let prompt = tokenizer.encode(&self.engine.template()?.render(&messages, true)?, true)?.len();
        let verification = tokenizer.encode(&manifest.verifier.append, true)?.len();
        let taken = prompt + verification + NUMBER;
        Ok(self.engine.context().saturating_sub(u32::try_from(taken).unwrap_or(u32::MAX)))
    }

    fn ask(
        &mut self,
        chat: &mut Chat,
        question: &str,
        settings: &Settings,
        transcript: &mut Transcript,
        is_cancelled: &dyn Fn() -> bool,
    ) -> ruminate::Result<()> {
        let mut reply = self.reasoner.ask(self.engine, chat, question, settings)?;
        while let Some(event) = pollster::block_on(reply.next())? {
            // Dropping the reply cancels it.
            if is_cancelled() {
                return Err(Error::Cancelled);
            }
            transcript.take(event);
        }
        Ok(())
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
        }
    }

    /// Takes what is told of an answer.
    fn take(&mut self, event: Event) {
        match event {
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

    fn branch(&mut self, index: usize) -> &mut Branch {
        if self.branches.len() <= index {
            self.branches.resize(index + 1, Branch::default());
        }
        &mut self.branches[index]
    }
}

/// Whether an error is the question's own: others are answered all the same.
fn cannot_be_put(error: &Error) -> bool {
    matches!(error, Error::ContextFull { .. } | Error::PagesTooFew { .. })
}
