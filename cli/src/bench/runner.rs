//! Runs tests on an engine the way users do: through [`Engine::generate`], greedily, with several steps in flight.

use super::profile::{self, Part};
use crate::statistics::median;
use anyhow::Result;
use ruminate::cache::BranchId;
use ruminate::gpu::{Gpu, Replay, StepTimer};
use ruminate::model::{Head, Shape};
use ruminate::sample::{Sampling, StopConditions};
use ruminate::session::{Engine, Event, Request, Statistics};

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// A prompt of this many tokens.
    Prompt(u32),
    /// Decoding this many tokens.
    Generate(u32),
}

impl Test {
    /// Positions it needs after those that are there.
    pub fn positions(self) -> u32 {
        match self {
            // The token that is sampled at the end wants a position too.
            Self::Prompt(tokens) => tokens + 1,
            // One token is the prompt, and one is sampled from it before the clock starts.
            Self::Generate(tokens) => tokens + 2,
        }
    }
}

/// What a test took.
#[derive(Debug)]
pub struct Measured {
    /// Tokens a second, a number a repetition.
    pub rates: Vec<f64>,
    /// GPU milliseconds a token, where the device has timestamps.
    pub gpu_ms: Option<f64>,
    /// Dispatches a step.
    pub dispatches: usize,
    /// GPU time by part, if asked for.
    pub parts: Option<Vec<Part>>,
}

/// An engine with one branch.
pub struct Runner {
    pub engine: Engine,
    pub branch: BranchId,
}

impl Runner {
    /// Opens the branch.
    pub fn new(mut engine: Engine) -> ruminate::Result<Self> {
        let branch = engine.open_branch()?;
        Ok(Self { engine, branch })
    }

    /// Runs a test after `depth` positions, once to warm up and then `repetitions` times.
    pub fn measure(&mut self, test: Test, depth: u32, repetitions: u32, with_parts: bool) -> Result<Measured> {
        self.engine.truncate_branch(self.branch, 0)?;
        if depth > 0 {
            self.generate(depth, 1)?;
        }
        self.once(test, depth)?;
        let rates = (0..repetitions).map(|_| self.once(test, depth)).collect::<Result<_>>()?;

        // The step buffer still holds the test's last step: replaying that is timing it.
        let (shape, tokens) = self.last_step(test);
        let gpu = self.engine.gpu.clone();
        let replay = self.engine.replay(shape)?;
        let gpu_ms = step_ms(&gpu, replay)?.map(|ms| ms / f64::from(tokens));
        let parts = if with_parts { Some(profile::parts(&gpu, replay)?) } else { None };
        Ok(Measured { rates, gpu_ms, dispatches: replay.len(), parts })
    }

    /// Tokens a second.
    fn once(&mut self, test: Test, depth: u32) -> Result<f64> {
        self.engine.truncate_branch(self.branch, depth)?;
        Ok(match test {
            Test::Prompt(tokens) => f64::from(tokens) / self.generate(tokens, 1)?.first_token_seconds,
            // The first token belongs to the prompt.
            Test::Generate(tokens) => f64::from(tokens) / self.generate(1, tokens as usize + 1)?.decode_seconds,
        })
    }

    fn generate(&mut self, prompt: u32, tokens: usize) -> Result<Statistics> {
        // Any tokens will do: what they are does not change how long they take.
        let vocab = self.engine.config.vocab;
        let prompt = (0..prompt).map(|i| i.wrapping_mul(2_654_435_761) % vocab).collect();
        let stop = StopConditions { max_tokens: Some(tokens), ..StopConditions::default() };
        let request = Request { prompt, sampling: Sampling::greedy(), stop, ..Request::default() };
        let mut generation = self.engine.generate(self.branch, request)?;
        while let Some(event) = pollster::block_on(generation.next())? {
            if let Event::End { statistics, .. } = event {
                return Ok(statistics);
            }
        }
        Ok(generation.statistics())
    }

    /// The shape of a test's last step, and its tokens.
    fn last_step(&self, test: Test) -> (Shape, u32) {
        let head = Head::Sample { greedy: true };
        let adapted = self.engine.adapter(self.branch).is_ok_and(|adapter| adapter.is_some());
        match test {
            Test::Prompt(tokens) => {
                let last = (tokens - 1) % self.engine.chunk() + 1;
                (Shape { wanted: 1, adapted, ..Shape::chunk(self.engine.chunk_rows(last), head) }, last)
            }
            Test::Generate(_) => (Shape { adapted, ..Shape::decoding(1, head) }, 1),
        }
    }
}

/// GPU milliseconds of a step, where the device has timestamps: the median of five runs.
pub fn step_ms(gpu: &Gpu, replay: &Replay) -> Result<Option<f64>> {
    if !gpu.caps.timestamps {
        return Ok(None);
    }
    let timer = StepTimer::new(gpu, 2)?;
    let once = pollster::block_on(timer.time(gpu, replay, 1))?;
    let times = (50e-3 / once.max(1e-6)).clamp(1.0, 20.0) as u32;
    let time = |_| pollster::block_on(timer.time(gpu, replay, times));
    let seconds = (0..5).map(time).collect::<ruminate::Result<Vec<f64>>>()?;
    Ok(Some(median(seconds) * 1e3))
}

/// GPU milliseconds of a step that decodes a row of each branch, where the device has timestamps, and on request its
/// parts; the branches stay as long as they were.
pub fn decode_ms(
    engine: &mut Engine,
    branches: &[BranchId],
    with_parts: bool,
) -> Result<(Option<f64>, Option<Vec<Part>>)> {
    let rows: Vec<(BranchId, u32)> = branches.iter().map(|&branch| (branch, 1)).collect();
    let (shape, _) = engine.decode_shape(branches, true)?;
    // The step buffer holds this step when it is timed.
    pollster::block_on(engine.decode_logits(&rows))?;
    let gpu = engine.gpu.clone();
    let replay = engine.replay(shape)?;
    let ms = step_ms(&gpu, replay)?;
    let parts = if with_parts { Some(profile::parts(&gpu, replay)?) } else { None };
    for &branch in branches {
        let length = engine.branch_length(branch)?;
        engine.truncate_branch(branch, length - 1)?;
    }
    Ok((ms, parts))
}
