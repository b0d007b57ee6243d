//! Ruminate: small language models on any GPU that wgpu reaches.
//!
//! Dependencies inside this crate point one way: `gpu` ← `kernels` ← `model` ← `session` ← `reason` ← `installed`.

pub mod adapter;
pub mod cache;
pub mod error;
pub mod formats;
pub mod gpu;
pub mod installed;
pub mod kernels;
pub mod model;
pub mod reason;
pub mod sample;
pub mod selftest;
pub mod session;
pub mod text;
pub mod units;

pub use error::{Error, Result};
