//! What is told of an answer, in a form that goes to disk and back: the engine's events, with those of plain chat.

use ruminate::reason::controller::{Count, Route, Statistics, Stopped};
use ruminate::reason::{self, Rule};
use serde::{Deserialize, Serialize};

/// Something that happened while an answer came about. Branches are counted from 0; a chat answer is branch 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Told {
    /// A part of the conversation was submitted: tokens so far, and in all.
    Prefill {
        /// So far.
        done: usize,
        /// In all.
        total: usize,
    },
    /// It is decided who answers.
    Routed {
        /// The switcher's score, if it was read.
        score: Option<f32>,
        /// Scores from here on are reasoned about.
        threshold: f32,
        /// Branches that think and the most tokens of each; nothing where the base answers at once.
        effort: Option<(u32, u32)>,
    },
    /// From the next token on, this adapter answers; the base where there is none.
    Switched {
        /// Its name.
        adapter: Option<String>,
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
    Token(Token),
    /// A branch was reminded that its thoughts are to end.
    Warned {
        /// Which.
        branch: usize,
        /// What was appended.
        text: String,
    },
    /// A branch's thoughts were closed, by its budget or because the answer was wanted.
    BudgetForced {
        /// Which.
        branch: usize,
        /// What was appended.
        text: String,
    },
    /// A branch is over.
    Stopped {
        /// Which.
        branch: usize,
        /// Why, in words.
        reason: String,
        /// The rule that stopped it early.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rule: Option<Rule>,
        /// It could not go on.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        failed: bool,
        /// Tokens of its response.
        tokens: usize,
        /// What it answers.
        answer: Option<String>,
    },
    /// The verifier judged a branch.
    Scored {
        /// Which.
        branch: usize,
        /// The probability that its answer is right.
        score: f32,
    },
    /// The branches' answers were counted, the best first.
    Vote {
        /// The answers.
        tally: Vec<Count>,
    },
    /// The answer.
    Answer {
        /// The text that stays in the conversation.
        text: String,
        /// What it answers.
        answer: Option<String>,
        /// The branch that it is from.
        winner: usize,
    },
    /// The end.
    End {
        /// How it went.
        statistics: Statistics,
    },
    /// It was stopped; a chat answer stays as far as it came.
    Cancelled,
    /// It could not be answered.
    Failed {
        /// Why, and what to do.
        error: String,
    },
}

/// A token that was sampled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// Of which branch.
    pub branch: usize,
    /// Its id.
    pub id: u32,
    /// Text that can be shown now; empty inside a character.
    pub text: String,
    /// Its log-probability at temperature 1, unfiltered.
    pub logprob: f32,
    /// It belongs to the thoughts.
    pub is_thought: bool,
    /// Most tokens that can follow in this part of the response, by its budget.
    pub left: Option<usize>,
}

/// What could have been said in a token's place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The token.
    pub id: u32,
    /// Its text.
    pub text: String,
    /// Its log-probability.
    pub logprob: f32,
}

impl From<reason::Event> for Told {
    fn from(event: reason::Event) -> Self {
        use reason::Event;
        match event {
            Event::Prefill { done, total } => Self::Prefill { done, total },
            Event::Routed { score, threshold, route } => {
                let effort = match route {
                    Route::Chat => None,
                    Route::Reason { branches, budget } => Some((branches, budget)),
                };
                Self::Routed { score, threshold, effort }
            }
            Event::AdapterSwitched { adapter } => Self::Switched { adapter: Some(adapter) },
            Event::Forked { branch, seed, text } => Self::Forked { branch, seed, text },
            Event::Token { branch, id, text, logprob, is_thought, left } => {
                Self::Token(Token { branch, id, text, logprob, is_thought, left })
            }
            Event::Warned { branch, text } => Self::Warned { branch, text },
            Event::BudgetForced { branch, text, .. } => Self::BudgetForced { branch, text },
            Event::Stopped { branch, reason, tokens, answer, .. } => Self::Stopped {
                branch,
                rule: if let Stopped::Early(rule) = &reason { Some(*rule) } else { None },
                failed: matches!(reason, Stopped::Failed(_)),
                reason: reason.to_string(),
                tokens,
                answer: answer.map(|answer| answer.text().to_owned()),
            },
            Event::Scored { branch, score } => Self::Scored { branch, score },
            Event::Vote { tally } => Self::Vote { tally },
            Event::Answer { text, answer, winner } => {
                Self::Answer { text, answer: answer.map(|answer| answer.text().to_owned()), winner }
            }
            Event::End { statistics } => Self::End { statistics },
        }
    }
}
