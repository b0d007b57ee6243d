//! Probes: small heads that read hidden states after the final norm beside the language-model head, and give a number
//! for a run of positions.

use super::Config;
use crate::gpu::{Buffers, Gpu, View};
use crate::kernels::pool::Read;
use crate::kernels::probe::Weights;
use crate::{Error, Result};

/// A probe: how it pools the hidden states of its positions, and what it makes of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The head.
    pub weights: Weights,
    /// Positions that are averaged, counted from the first that the probe reads; the last of these chunks may be short.
    pub chunk: u32,
    /// The averages are combined one after the other: s = ema · s + (1 - ema) · average, from the first average on.
    pub ema: f32,
}

impl Probe {
    /// w · h + b of one position.
    pub fn linear(w: Vec<f32>, b: f32) -> Self {
        Self { weights: Weights { w1: w, b1: vec![0.0], w2: vec![1.0], b2: b, slope: 1.0 }, chunk: 1, ema: 0.0 }
    }

    /// [`Error::Invalid`] if its shapes disagree, or a number makes no sense.
    pub fn check(&self, config: &Config) -> Result<()> {
        let Self { weights, chunk, ema } = self;
        let (units, width) = (weights.b1.len(), config.hidden as usize);
        let fail = |problem: String| Err(Error::Invalid(format!("a probe {problem}")));
        if weights.w1.len() != units * width || weights.w2.len() != units || units == 0 || units > MOST_UNITS {
            return fail(format!(
                "has {} numbers in W1, {units} in b1 and {} in w2. The model needs [units, {width}], [units], [units], \
                 1 to {MOST_UNITS} units",
                weights.w1.len(),
                weights.w2.len()
            ));
        }
        if !weights.pack().iter().all(|v| v.is_finite()) {
            return fail("has a weight that is no finite number".into());
        }
        if *chunk == 0 || !(0.0..=1.0).contains(ema) {
            return fail(format!("pools chunks of {chunk} positions by {ema}: use at least 1, and 0 to 1"));
        }
        Ok(())
    }
}

/// Most rows of a probe's first matrix.
const MOST_UNITS: usize = 1024;

/// The probes on a device, by name.
#[derive(Debug)]
pub struct Probes {
    probes: Vec<(String, Probe)>,
    view: View,
}

impl Probes {
    /// Names the buffer; weights come with probes.
    pub fn reserve(buffers: &mut Buffers) -> Self {
        Self { probes: Vec::new(), view: buffers.reserve("probes", 16) }
    }

    /// Puts a probe under a name, in place of what had it. Replays that read probes must be made anew.
    pub fn load(&mut self, gpu: &Gpu, buffers: &mut Buffers, name: &str, probe: Probe) -> Result<()> {
        let mut probes: Vec<_> = self.probes.iter().filter(|(other, _)| other != name).cloned().collect();
        probes.push((name.to_owned(), probe));
        let words: Vec<f32> = probes.iter().flat_map(|(_, probe)| probe.weights.pack()).collect();
        let buffer = buffers.sibling(gpu, self.view.buffer, words.len() as u64 * 4)?;
        gpu.queue.write_buffer(&buffer, 0, bytemuck::cast_slice(&words));
        self.view = buffers.replace(self.view.buffer, buffer);
        self.probes = probes;
        Ok(())
    }

    /// The weights.
    pub fn view(&self) -> View {
        self.view
    }

    /// The most rows of a probe's first matrix.
    pub fn units(&self) -> u32 {
        self.probes.iter().map(|(_, probe)| probe.weights.b1.len() as u32).max().unwrap_or(0)
    }

    /// A probe's part of a [`Read`]: what does not depend on the step.
    pub fn find(&self, name: &str) -> Result<Read> {
        let mut first = 0;
        for (other, Probe { weights, chunk, ema }) in &self.probes {
            let units = weights.b1.len() as u32;
            if other == name {
                let (chunk, ema, weights) = (*chunk, *ema, first as u32 / 4);
                return Ok(Read { first: 0, rows: 0, before: 0, is_last: 0, chunk, ema, weights, units });
            }
            first += weights.pack().len();
        }
        let names = self.probes.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        Err(Error::Invalid(format!("no probe is named {name:?}. There are: {names}")))
    }
}
