//! The controller: a question goes in, and events come out until there is an answer.
//!
//! The base reads the conversation while the switcher reads along; the base answers at once, or branches of that one
//! prompt think, with the adapter on from their first token, each within its budget. When all have ended, the verifier
//! reads them on their own keys and values, and they vote.

mod branch;
mod course;
mod energy;
mod event;
mod json;
mod judge;
mod prompt;
mod reasoner;
mod replies;
mod reply;
mod room;
mod settings;
mod think;

pub use event::{Count, Event, Route, Statistics, Stopped};
pub use reasoner::Reasoner;
pub use replies::Replies;
pub use reply::Reply;
pub use room::room;
pub use settings::Settings;
