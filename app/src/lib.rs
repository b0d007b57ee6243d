//! The studio: chat with a small model, and see it think.
//!
//! The engine runs on a thread (in a browser: a worker) and a device of its own ([`backend`]). Everything that is drawn
//! comes from recorded [`run`]s, so that time can be scrubbed back, and views are tested without an engine.

pub mod backend;
pub mod controls;
pub mod export;
pub mod history;
pub mod icon;
pub mod library;
mod platform;
pub mod run;
pub mod studio;
pub mod theme;
mod views;

#[cfg(not(target_family = "wasm"))]
pub use platform::run;
pub use studio::{Places, Said, Shop, Studio};
