//! The engine in a browser's worker: what `npm/worker.js` calls. Elsewhere there is nothing here.

#![cfg(target_family = "wasm")]

mod asked;
mod failure;
mod hash;
mod model;
mod selftest;
mod source;

pub use source::{File, Source};

use wasm_bindgen::prelude::wasm_bindgen;

/// Has panics, which would be errors of the engine's own, say on the console where they arose.
#[wasm_bindgen(start)]
fn start() {
    std::panic::set_hook(Box::new(|panic| web_sys::console::error_1(&panic.to_string().into())));
}
