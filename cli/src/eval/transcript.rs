//! What was answered once, as it is kept in the file of `--resume`, and who answers.

use super::data::Question;
use super::tape::Moment;
use anyhow::Result;
use ruminate::reason::{Answer, EarlyStopSettings, Tally, VoteKind};
use serde::{Deserialize, Serialize};

/// One way of answering a question. With the question and the run's seed, it says all that a transcript depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "route", rename_all = "snake_case")]
pub enum Work {
    /// By the base.
    Chat,
    /// By the adapter.
    Reason(Thinking),
}

/// How the adapter answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Thinking {
    /// Branches.
    pub branches: u32,
    /// Most tokens of each branch's response; `None` is what the context holds.
    pub budget: Option<u32>,
    /// The vote that it is run for. It decides whether branches are scored, and when a settled vote stops them.
    pub vote: VoteKind,
    /// Rules that stop branches.
    pub early_stop: EarlyStopSettings,
}

/// An answer to a question, with everything that votes and tables need.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    /// The question's place in the data, from 0.
    pub question: usize,
    /// Who answered.
    pub work: Work,
    /// The switcher's score, where it was asked.
    pub score: Option<f32>,
    /// The branches in their order; a chat answer is one.
    pub branches: Vec<Branch>,
    /// Tokens of all branches.
    pub tokens: usize,
    /// Seconds from the question to the first token.
    pub first_token_seconds: f64,
    /// Seconds from the question to the answer.
    pub seconds: f64,
    /// Joules of the device, where the platform tells them.
    pub joules: Option<f64>,
    /// Why there is no answer, where this question could not be put: it counts as wrong.
    pub error: Option<String>,
    /// What happened on several branches that nothing stopped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tape: Vec<Moment>,
    /// It was made of another's tape.
    #[serde(skip)]
    pub is_simulated: bool,
}

/// One branch's response.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Branch {
    /// The response.
    pub text: String,
    /// What it answers.
    pub answer: Option<Answer>,
    /// The verifier's score.
    pub score: Option<f32>,
    /// Its tokens.
    pub tokens: usize,
    /// Why it ended.
    pub end: String,
    /// The branch that votes for it, where it was stopped as that one's duplicate.
    pub duplicate_of: Option<usize>,
}

impl Transcript {
    /// The answer under a vote.
    pub fn answer(&self, vote: VoteKind) -> Option<Answer> {
        let mut tally = Tally::new(vote);
        for at in 0..self.branches.len() {
            let branch = self.voice(at);
            tally.add(at, branch.and_then(|branch| branch.answer.as_ref()), branch.and_then(|branch| branch.score));
        }
        tally.winner().map(|winner| winner.answer.clone())
    }

    /// The branch that votes for a branch: itself, or the one it was a duplicate of.
    fn voice(&self, at: usize) -> Option<&Branch> {
        let mut branch = self.branches.get(at)?;
        // Each is a duplicate of an earlier one.
        for _ in 0..at {
            let Some(of) = branch.duplicate_of else { break };
            branch = self.branches.get(of)?;
        }
        Some(branch)
    }
}

/// Who is to answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// This, whatever the switcher would say.
    This(Work),
    /// The adapter where the switcher's score reaches the threshold, else the base.
    Switched(f32, Thinking),
}

/// Answers questions, some at a time. The controller is one; tests have another.
pub trait Solver {
    /// Whether another question can be begun beside those that are.
    fn has_room(&self) -> bool;

    /// Begins to answer a question.
    ///
    /// # Errors
    /// They end the evaluation. A question that cannot be put, like one that is longer than the context, has a
    /// [`Transcript::error`] instead.
    fn begin(&mut self, index: usize, question: &Question, ask: &Ask) -> Result<()>;

    /// Waits for the next that is answered; nothing if none was begun. `is_cancelled` is looked at between tokens.
    ///
    /// # Errors
    /// [`ruminate::Error::Cancelled`] if it was; other errors end the evaluation.
    fn next(&mut self, is_cancelled: &dyn Fn() -> bool) -> Result<Option<Transcript>>;
}
