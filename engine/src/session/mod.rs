//! Using a model: loading it, generating on several branches as a stream of events, scoring, chatting.

mod adapters;
mod batch;
mod chat;
mod chunk;
mod engine;
mod generate;
mod row;
mod schedule;
mod score;

pub use batch::Batch;
pub use chat::Chat;
pub use engine::{DEFAULT_CONTEXT, Engine, EngineOptions, LoadEvent, MAX_BRANCHES};
pub use generate::{Event, Generation, Request, Statistics};
