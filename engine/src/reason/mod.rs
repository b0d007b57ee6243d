//! Thinking only when it pays: the paper's controller, piece by piece.
//!
//! [`Bundle`] is a reasoner on disk. [`Answer`] is what a response answers.

pub mod answer;
pub mod budget;
pub mod bundle;
pub mod early_stop;
pub mod vote;

pub use answer::Answer;
pub use budget::{Action, Budget, BudgetPool, BudgetRules};
pub use bundle::Bundle;
pub use early_stop::{EarlyStop, EarlyStopSettings, Rule};
pub use vote::{Candidate, Tally, VoteKind};
