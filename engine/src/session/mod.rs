//! Using a model: loading it, generating as a stream of events, scoring, chatting.

mod adapters;
mod chat;
mod engine;
mod generate;
mod score;

pub use chat::Chat;
pub use engine::{Engine, EngineOptions, LoadEvent};
pub use generate::{Event, Generation, Request, Statistics};
