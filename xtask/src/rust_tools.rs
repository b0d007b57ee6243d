//! Rust's own tools that the tests use: rustfmt, clippy, nextest.

use crate::steps::{cargo, check, works};
use anyhow::{Result, bail};
use std::process::Command;

/// Adds rustfmt and clippy where the toolchain came without them.
pub fn ensure_components() -> Result<()> {
    for (tool, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if works(cargo().args([tool, "--version"])) {
            continue;
        }
        let mut add = Command::new("rustup");
        if check(add.args(["component", "add", component])).is_err() {
            bail!("`cargo {tool}` is missing: install {component} for this Rust toolchain");
        }
    }
    Ok(())
}

/// Whether `cargo nextest` can be used; tries to install it, and says why where it cannot.
pub fn ensure_nextest() -> bool {
    if has_nextest() {
        return true;
    }
    eprintln!("    installing cargo-nextest (a few minutes, once)");
    match check(cargo().args(["install", "cargo-nextest", "--locked"])) {
        Ok(()) => has_nextest(),
        Err(error) => {
            eprintln!("    {error:#}: the tests will run by `cargo test`");
            false
        }
    }
}

/// Cheap enough to ask twice, so nothing has to carry the answer around.
pub fn has_nextest() -> bool {
    works(cargo().args(["nextest", "--version"]))
}
