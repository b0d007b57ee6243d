//! Using a model: loading it, generating on several branches as a stream of events, scoring, chatting.

mod adapters;
mod batch;
mod chat;
mod chunk;
mod engine;
mod generate;
mod options;
mod probes;
mod profile;
mod room;
mod row;
mod schedule;
mod score;

pub use batch::Batch;
pub use chat::Chat;
pub use engine::Engine;
pub use generate::{Event, Generation, ProbeRead, Request, Statistics};
pub use options::{DEFAULT_CONTEXT, EngineOptions, LoadEvent, MAX_BRANCHES};
pub use profile::{Part, profile};
pub use room::{KvBytes, PageUse};
