//! What differs between a desktop and a browser, under the same names: how the studio and its engine start, where files
//! are, and where chance is from. Everything else is the same code.

#[cfg(not(target_family = "wasm"))]
mod native;
#[cfg(target_family = "wasm")]
mod web;

#[cfg(not(target_family = "wasm"))]
pub use native::{Disk, Host, random, run};
#[cfg(target_family = "wasm")]
pub use web::{Disk, Host, random};
