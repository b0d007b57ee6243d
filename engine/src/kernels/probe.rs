//! A probe's number: a small head on a pooled vector.

use super::pool::Read;
use super::{Case, CaseBuffer, Data, Expect, Sizes};
use crate::gpu::{Caps, Plan};

/// w2 · act(W1 s + b1) + b2 for some slots.
#[derive(Debug, Clone, Copy)]
pub struct Probe {
    /// Numbers of s, a multiple of 4.
    pub width: u32,
    /// Slots.
    pub slots: u32,
    /// The most rows of a probe's W1.
    pub units: u32,
}

/// A probe's weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// `[units, width]`.
    pub w1: Vec<f32>,
    /// `[units]`.
    pub b1: Vec<f32>,
    /// `[units]`.
    pub w2: Vec<f32>,
    /// Added at the end.
    pub b2: f32,
    /// act(v) = max(v, slope · v): 0 is a ReLU, 1 nothing at all.
    pub slope: f32,
}

impl Weights {
    /// As the kernel reads them: W1, then (b1, w2, slope, 0) a unit, then (b2, 0, 0, 0).
    pub fn pack(&self) -> Vec<f32> {
        let units = self.b1.iter().zip(&self.w2).flat_map(|(&b1, &w2)| [b1, w2, self.slope, 0.0]);
        self.w1.iter().copied().chain(units).chain([self.b2, 0.0, 0.0, 0.0]).collect()
    }
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    width: u32,
    units: u32,
}

impl Probe {
    /// Binds the [`Read`]s `[slots]`, what is pooled `[slots, 2, width]`, the weights, out f32 `[slots]`: numbers of the
    /// slots whose last rows are in the step.
    pub fn plan(&self, caps: &Caps) -> Plan {
        let subgroup = if caps.subgroup.is_some() { "SUBGROUP" } else { "" };
        Plan::new("probe", &[subgroup])
            .constant("WG", 64)
            .subgroup(caps)
            .params(Params { width: self.width, units: self.units })
            .grid(self.slots, 1, 1)
    }
}

/// The CPU twin of one vector.
pub fn twin(weights: &Weights, s: &[f32]) -> f32 {
    let unit = |((row, &b1), &w2): ((&[f32], &f32), &f32)| {
        let v = row.iter().zip(s).map(|(&w, &s)| f64::from(w) * f64::from(s)).sum::<f64>() + f64::from(b1);
        f64::from(w2) * v.max(f64::from(weights.slope) * v)
    };
    let units = weights.w1.chunks_exact(s.len()).zip(&weights.b1).zip(&weights.w2);
    (units.map(unit).sum::<f64>() + f64::from(weights.b2)) as f32
}

/// The table of cases.
pub fn cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    let widths: &[u32] = match sizes {
        Sizes::Check => &[32, 576, 2080],
        Sizes::Bench => &[576, 3584],
    };
    widths.iter().map(|&width| case(width, caps)).collect()
}

/// A linear probe, one of eight units, one whose last rows are still to come, and an unused slot.
fn case(width: u32, caps: &Caps) -> Case {
    let mut data = Data::new(u64::from(width));
    let mut weights = |units: usize, slope: f32| Weights {
        w1: data.floats(units * width as usize, 0.5),
        b1: data.floats(units, 0.5),
        w2: data.floats(units, 1.0),
        b2: data.unit(),
        slope,
    };
    let probes = [weights(1, 1.0), weights(8, 0.0)];
    let [linear, deep] = probes.each_ref().map(Weights::pack);
    let read =
        |rows, is_last, weights, units| Read { first: 0, rows, before: 0, is_last, chunk: 1, ema: 0.0, weights, units };
    let second = linear.len() as u32 / 4;
    let reads = [read(3, 1, 0, 1), read(1, 1, second, 8), read(2, 0, second, 8), read(0, 0, 0, 0)];
    let pooled = data.floats(reads.len() * 2 * width as usize, 1.0);
    let s = |slot: usize| &pooled[slot * 2 * width as usize..][..width as usize];
    let out = vec![twin(&probes[0], s(0)), twin(&probes[1], s(1)), 7.0, 7.0];
    let all = [linear, deep].concat();
    Case {
        kernel: "probe",
        label: format!("{width}"),
        plan: Probe { width, slots: reads.len() as u32, units: 8 }.plan(caps),
        buffers: vec![
            CaseBuffer::input(&reads),
            CaseBuffer::input(&pooled),
            CaseBuffer::input(&all),
            CaseBuffer::in_out(&[7.0f32; 4], Expect::F32(out)),
        ],
        bytes: all.len() as u64 * 4,
        flops: all.len() as u64 * 2,
    }
}
