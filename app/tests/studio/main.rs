//! The window, tested without an engine: what the engine tells is told by the tests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

mod behaviour;
mod bench;
mod downloads;
mod engine;
mod lost;
mod samples;
mod views;
