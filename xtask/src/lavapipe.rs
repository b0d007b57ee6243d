//! What lends Chromium's WebGPU Mesa's software driver, so that f16 arithmetic is tested in a browser without a GPU.

use crate::folders::repository;
use crate::steps::check;
use crate::vulkan;
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds `web/tests/lavapipe.c` in a folder with the system's C compiler, which Rust links by, too; nothing where that
/// driver is not installed.
pub fn build(folder: &Path) -> Result<Option<PathBuf>> {
    if !vulkan::has_lavapipe() {
        return Ok(None);
    }
    let library = folder.join("lavapipe.so");
    let source = repository().join("web/tests/lavapipe.c");
    check(Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source))?;
    Ok(Some(library))
}
