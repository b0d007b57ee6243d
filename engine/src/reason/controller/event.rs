//! What is told of an answer while it comes about.

use super::super::Answer;
use super::super::budget::End;
use super::super::early_stop::Rule;
use crate::Error;
use crate::session::KvBytes;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// The base, at once.
    Chat,
    /// The adapter, after thoughts.
    Reason {
        /// Branches that think.
        branches: u32,
        /// Most tokens of each one's response; without those that others leave over.
        budget: u32,
    },
}

/// What happens, in this order; branches are counted from 0, and a chat answer is branch 0.
#[derive(Debug, Clone)]
pub enum Event {
    /// A part of the conversation was submitted.
    Prefill {
        /// Tokens so far.
        done: usize,
        /// Tokens in all, those that were there already not counted.
        total: usize,
    },
    /// It is decided who answers.
    Routed {
        /// The switcher's score, if it was read.
        score: Option<f32>,
        /// Scores from here on are reasoned about.
        threshold: f32,
        /// Who answers.
        route: Route,
    },
    /// From the next token on, this adapter answers.
    AdapterSwitched {
        /// Its name.
        adapter: String,
    },
    /// A branch was made of the prompt.
    Forked {
        /// Which.
        branch: usize,
        /// What its tokens are drawn with.
        seed: u64,
        /// The forced beginning of its response.
        text: String,
    },
    /// A token was sampled.
    Token {
        /// Of which branch.
        branch: usize,
        /// Its id.
        id: u32,
        /// Text that can be shown now; empty inside a character.
        text: String,
        /// Its log-probability at temperature 1, unfiltered.
        logprob: f32,
        /// It belongs to the thoughts.
        is_thought: bool,
        /// Most tokens that can follow in this part of the response, by its budget.
        left: Option<usize>,
    },
    /// A branch was reminded that its thoughts are to come to an end.
    Warned {
        /// Which.
        branch: usize,
        /// What was appended.
        text: String,
    },
    /// A branch's thoughts were closed: by its budget, or because the caller wants the answer now.
    BudgetForced {
        /// Which.
        branch: usize,
        /// Tokens told last that were taken back: parts of a character that was not whole.
        dropped: usize,
        /// What was appended.
        text: String,
    },
    /// A branch is over.
    Stopped {
        /// Which.
        branch: usize,
        /// Why.
        reason: Stopped,
        /// Tokens of its response, all that was forced included.
        tokens: usize,
        /// Its response.
        text: String,
        /// What that answers.
        answer: Option<Answer>,
    },
    /// The verifier judged a branch.
    Scored {
        /// Which.
        branch: usize,
        /// The probability that its answer is right.
        score: f32,
    },
    /// The branches' answers were counted.
    Vote {
        /// The answers, the best first.
        tally: Vec<Count>,
    },
    /// The answer.
    Answer {
        /// The text that stays in the conversation: a reasoned response without its thoughts.
        text: String,
        /// What it answers.
        answer: Option<Answer>,
        /// The branch that it is from.
        winner: usize,
    },
    /// The end.
    End {
        /// How it went.
        statistics: Statistics,
    },
}

/// Why a branch is over.
#[derive(Debug, Clone)]
pub enum Stopped {
    /// Its response ended.
    Ended(End),
    /// What it could still add was not worth its tokens.
    Early(Rule),
    /// It could not go on; the others do.
    Failed(Error),
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended(end) => end.fmt(f),
            Self::Early(rule) => rule.fmt(f),
            Self::Failed(error) => write!(f, "failed: {error}"),
        }
    }
}

/// An answer in the vote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Count {
    /// The answer.
    pub answer: Answer,
    /// The first branch that gave it.
    pub branch: usize,
    /// Branches that gave it.
    pub votes: u32,
    /// The sum of their scores.
    pub weight: f64,
}

/// How an answer went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Tokens of the conversation that were there already.
    pub cached_tokens: usize,
    /// Tokens of the conversation and of the answer's header that were computed.
    pub prompt_tokens: usize,
    /// Tokens of all responses, all that was forced included.
    pub tokens: usize,
    /// Those of each branch.
    pub branch_tokens: Vec<usize>,
    /// Seconds from the question to the first token that was sampled.
    pub first_token_seconds: f64,
    /// Seconds from the question to the answer.
    pub seconds: f64,
    /// Keys and values of the conversation and the branches, when the last branch had ended.
    pub kv: KvBytes,
    /// Joules of the device, where the platform tells them.
    pub joules: Option<f64>,
}
