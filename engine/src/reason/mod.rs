//! Thinking only when it pays: the paper's controller, piece by piece.
//!
//! A [`Bundle`] is a reasoner on disk. [`Policy`] and [`Efforts`] say who answers and with how much, a [`Budget`] bounds
//! each branch to the token, [`EarlyStop`] ends those that are not worth their tokens, an [`Answer`] is what a branch
//! answers, and a [`Tally`] of their votes decides. All of these are plain state machines without a device or a
//! clock; a [`Reasoner`] drives them, with an engine's branches, and tells what happens as [`Event`]s.

pub mod answer;
pub mod budget;
pub mod bundle;
pub mod controller;
pub mod early_stop;
pub mod policy;
pub mod vote;

pub use answer::Answer;
pub use budget::{Action, Budget, BudgetPool, BudgetRules};
pub use bundle::Bundle;
pub use controller::{Event, Reasoner, Replies, Reply, Settings, room};
pub use early_stop::{EarlyStop, EarlyStopSettings, Rule};
pub use policy::{Effort, Efforts, Limit, Policy, Rates};
pub use vote::{Candidate, Tally, VoteKind};
