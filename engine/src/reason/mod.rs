//! Thinking only when it pays: the paper's controller, piece by piece.
//!
//! [`Bundle`] is a reasoner on disk. [`Answer`] is what a response answers.

pub mod answer;
pub mod bundle;

pub use answer::Answer;
pub use bundle::Bundle;
