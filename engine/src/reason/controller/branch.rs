//! A branch of thought: its budget, and what it came to.

use super::super::Answer;
use super::super::budget::{Budget, Phase};
use super::event::Stopped;
use crate::cache::BranchId;

/// A branch that thinks or has thought.
#[derive(Debug)]
pub(super) struct Branch {
    /// Where its keys and values are.
    pub id: BranchId,
    /// Says what is forced when, and counts.
    pub budget: Budget,
    /// Why it is over, or is to be.
    pub stopped: Option<Stopped>,
    /// It is over.
    pub is_over: bool,
    /// Its response's text.
    pub text: String,
    /// What that answers.
    pub answer: Option<Answer>,
    /// Tokens of its response that have neither keys nor values yet.
    pub unread: Vec<u32>,
    /// It is being verified.
    pub is_verifying: bool,
    /// The verifier's score.
    pub score: Option<f32>,
}

impl Branch {
    /// One that begins.
    pub fn new(id: BranchId, budget: Budget) -> Self {
        let (text, unread) = (String::new(), Vec::new());
        Self { id, budget, stopped: None, is_over: false, text, answer: None, unread, is_verifying: false, score: None }
    }

    /// What it samples belongs to its thoughts.
    pub fn is_thinking(&self) -> bool {
        self.budget.phase() == Phase::Thinking
    }

    /// It came to its end by itself with an answer, which counts.
    pub fn has_answer(&self) -> bool {
        self.answer.is_some() && matches!(self.stopped, Some(Stopped::Ended(_)))
    }
}
