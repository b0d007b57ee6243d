//! Loading an engine with progress bars, which show on terminals only.

use crate::args::Global;
use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use ruminate::gpu::Gpu;
use ruminate::model::Synthetic;
use ruminate::models;
use ruminate::session::{Engine, EngineOptions, LoadEvent};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Loads the model that `--model` names.
pub fn load(global: &Global, gpu: Arc<Gpu>, options: &EngineOptions) -> Result<Engine> {
    load_file(&models::resolve(global.model.as_deref())?, gpu, options)
}

/// Loads a model's file.
pub fn load_file(path: &Path, gpu: Arc<Gpu>, options: &EngineOptions) -> Result<Engine> {
    let bar = bar("loading", "{bytes} of {total_bytes} {bytes_per_sec}");
    let engine = Engine::load(gpu, path, options, &mut |event| show(&bar, event));
    bar.finish_and_clear();
    Ok(engine?)
}

/// Makes a model of random weights.
pub fn synthetic(gpu: Arc<Gpu>, synthetic: Synthetic, options: &EngineOptions) -> Result<Engine> {
    let bar = bar("making weights", "layer {pos} of {len}");
    let engine = Engine::synthetic(gpu, synthetic, options, &mut |event| show(&bar, event));
    bar.finish_and_clear();
    Ok(engine?)
}

/// Compiles the kernels of ordinary use.
pub fn warm_up(engine: &mut Engine, branches: u32, greedy: bool) -> Result<()> {
    warm_up_with(|progress| engine.warm_up(branches, greedy, progress))
}

/// Compiles the kernels that `warm_up` asks for.
pub fn warm_up_with(warm_up: impl FnOnce(&(dyn Fn(LoadEvent) + Sync)) -> ruminate::Result<()>) -> Result<()> {
    let bar = bar("compiling", "kernel {pos} of {len}");
    let done = warm_up(&|event| {
        show(&bar, event);
    });
    bar.finish_and_clear();
    Ok(done?)
}

/// A spinner with a message, for work of unknown length.
pub fn spinner() -> ProgressBar {
    let spinner = ProgressBar::new_spinner();
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}

/// A bar of known length; `counter` is what stands behind it.
pub fn bar(message: &'static str, counter: &str) -> ProgressBar {
    let bar = ProgressBar::new(0).with_message(message);
    // A template that does not parse is no reason to fail: the default style does.
    match ProgressStyle::with_template(&format!("{{msg}} [{{bar:30}}] {counter}")) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn show(bar: &ProgressBar, event: LoadEvent) -> bool {
    let (done, total) = match event {
        LoadEvent::Weights { done, total } => (done, total),
        LoadEvent::Pipelines { done, total } => (done as u64, total as u64),
    };
    bar.set_length(total);
    bar.set_position(done);
    true
}
