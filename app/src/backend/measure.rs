//! Timing the device: what it reads at best, and what a decoding step takes, row by row and part by part.

use super::load::Model;
use super::worker::Desk;
use super::{Measured, StepTime};
use ruminate::cache::BranchId;
use ruminate::gpu::StepTimer;
use ruminate::kernels::{Sizes, bench, stream_read};
use ruminate::session::{Engine, profile};
use ruminate::{Error, Result};

/// Rows that are timed.
const ROWS: [u32; 5] = [1, 2, 4, 8, 16];
/// Positions that each branch has while it is timed.
const DEPTH: u32 = 64;
/// Runs, of which the median counts.
const RUNS: usize = 5;
/// Seconds that a run takes at least, by repeating its step.
const RUN: f64 = 10e-3;

/// Times what the device does. [`Error::Invalid`] where it has no timestamps.
pub async fn measure(model: &mut Model, desk: &mut Desk) -> Result<Measured> {
    let gpu = model.engine.gpu.clone();
    let mut bandwidth = 0f64;
    for case in stream_read::cases(&gpu.caps, Sizes::Bench) {
        desk.check_stop()?;
        bandwidth = bandwidth.max(bench(&gpu, &case).await?.bytes_per_second);
    }
    let mut measured = Measured { bandwidth, ..Measured::default() };
    // The conversation's branch is needed again only for what it shares with the next prompt.
    model.engine.truncate_branch(model.chat.branch(), 0)?;
    let adapter = model.engine.adapters().find(|info| info.kv_shareable).map(|info| info.alias.clone());
    for rows in ROWS {
        desk.check_stop()?;
        measured.steps.push(step(&mut model.engine, rows, None, &mut measured.parts).await?);
    }
    if let Some(adapter) = adapter {
        for rows in [1, 8] {
            desk.check_stop()?;
            measured.steps.push(step(&mut model.engine, rows, Some(&adapter), &mut Vec::new()).await?);
        }
    }
    Ok(measured)
}

/// Times a step of so many rows; the parts of the step of one go into `parts`.
async fn step(
    engine: &mut Engine,
    rows: u32,
    adapter: Option<&str>,
    parts: &mut Vec<ruminate::session::Part>,
) -> Result<StepTime> {
    let mut branches = Vec::new();
    let timed = time(engine, rows, adapter, &mut branches, parts).await;
    for branch in branches {
        engine.close_branch(branch)?;
    }
    timed
}

async fn time(
    engine: &mut Engine,
    rows: u32,
    adapter: Option<&str>,
    branches: &mut Vec<BranchId>,
    parts: &mut Vec<ruminate::session::Part>,
) -> Result<StepTime> {
    let prompt: Vec<u32> = (0..DEPTH).map(|i| i * 131 % engine.config.vocab).collect();
    branches.push(engine.open_branch()?);
    // Fills the first branch; the others are forks of it.
    engine.logits(branches[0], &prompt).await?;
    for _ in 1..rows {
        branches.push(engine.fork_branch(branches[0], None)?);
    }
    for &branch in branches.iter() {
        engine.set_adapter(branch, adapter)?;
    }
    let steps: Vec<(BranchId, u32)> = branches.iter().map(|&branch| (branch, 1)).collect();
    let (shape, _) = engine.decode_shape(branches, true)?;
    // The step buffer holds this step when it is timed.
    engine.decode_logits(&steps).await?;
    let gpu = engine.gpu.clone();
    let replay = engine.replay(shape)?;
    let timer = StepTimer::new(&gpu, 2)?;
    // Browsers round times to 0.1 ms: a run is long enough for that not to matter, where steps are short.
    let once = timer.time(&gpu, replay, 2).await?;
    let times = (RUN / once.max(1e-6)).clamp(2.0, 100.0) as u32;
    let mut seconds = Vec::new();
    for _ in 0..RUNS {
        seconds.push(timer.time(&gpu, replay, times).await?);
    }
    seconds.sort_by(f64::total_cmp);
    if rows == 1 && adapter.is_none() && gpu.caps.timestamps_inside {
        *parts = profile(&gpu, replay).await?;
    }
    let (parameters, weight_bytes) = engine.model_size();
    let (_, page_bytes) = engine.page_size();
    let kv = f64::from(DEPTH) / f64::from(engine.page_size().0) * page_bytes as f64 * f64::from(rows);
    let adapter_bytes = match adapter {
        Some(alias) => engine.find_adapter(alias)?.bytes as f64,
        None => 0.0,
    };
    match seconds.get(RUNS / 2) {
        Some(&seconds) => Ok(StepTime {
            rows,
            adapted: adapter.is_some(),
            seconds,
            bytes: weight_bytes as f64 + kv + adapter_bytes,
            flops: 2.0 * parameters as f64 * f64::from(rows),
        }),
        None => Err(Error::Invalid("nothing was timed".into())),
    }
}
