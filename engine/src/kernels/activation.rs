//! How activations are stored between kernels, and the CPU twin of `shared/activation.wgsl`.

use super::case::Expect;
use crate::gpu::{Buffers, View};
use half::f16;

/// The format of a matmul's input, `[rows, width]` with `width` a multiple of 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Activation {
    /// f32.
    F32,
    /// Pairs of halves in a word.
    F16,
    /// Four int8 a word, and for each group of 32 the pair (d, d * sum(q)) with x ≈ d * q.
    I8,
}

/// Where activations lie: the numbers, and the group scales of [`Activation::I8`].
#[derive(Debug, Clone, Copy)]
pub struct ActivationViews {
    /// The format.
    pub format: Activation,
    /// The numbers.
    pub data: View,
    /// The scales.
    pub scales: Option<View>,
}

impl Activation {
    /// The define that selects it in shaders.
    pub fn define(self) -> &'static str {
        match self {
            Self::F32 => "ACT_F32",
            Self::F16 => "ACT_F16",
            Self::I8 => "ACT_I8",
        }
    }

    /// Reserves buffers for `[rows, width]`.
    pub fn reserve(self, buffers: &mut Buffers, name: &str, rows: u32, width: u32) -> ActivationViews {
        let count = u64::from(rows) * u64::from(width);
        let data = buffers.reserve(name, count * self.bytes());
        let scales = (self == Self::I8).then(|| buffers.reserve(format!("{name} scales"), count / 32 * 8));
        ActivationViews { format: self, data, scales }
    }

    /// Bytes a number, without scales.
    pub fn bytes(self) -> u64 {
        match self {
            Self::F32 => 4,
            Self::F16 => 2,
            Self::I8 => 1,
        }
    }

    /// What a kernel that stores `values` in this format must leave in its output buffers.
    pub fn expect(self, values: &[f32]) -> Vec<Expect> {
        match self {
            Self::F32 => vec![Expect::F32(values.to_vec())],
            Self::F16 => vec![Expect::F16(values.to_vec())],
            Self::I8 => {
                let quantized = Quantized::new(values);
                vec![Expect::Int8(quantized.q), Expect::GroupScales(quantized.scales)]
            }
        }
    }

    /// `values` as input buffers of a case, and the values as a kernel will read them.
    pub fn store(self, values: &[f32]) -> (Vec<Vec<u8>>, Vec<f32>) {
        match self {
            Self::F32 => (vec![bytemuck::cast_slice(values).to_vec()], values.to_vec()),
            Self::F16 => {
                let halves: Vec<f16> = values.iter().map(|&v| f16::from_f32(v)).collect();
                let read = halves.iter().map(|h| h.to_f32()).collect();
                (vec![bytemuck::cast_slice(&halves).to_vec()], read)
            }
            Self::I8 => {
                let quantized = Quantized::new(values);
                let read = quantized.values();
                let scales: &[u8] = bytemuck::cast_slice(&quantized.scales);
                (vec![bytemuck::cast_slice(&quantized.q).to_vec(), scales.to_vec()], read)
            }
        }
    }
}

impl ActivationViews {
    /// The views in the order kernels bind them.
    pub fn views(&self) -> Vec<View> {
        std::iter::once(self.data).chain(self.scales).collect()
    }
}

/// Numbers as int8 groups of 32: the twin of `store_activation` with `ACT_I8`.
#[derive(Debug, Clone)]
pub struct Quantized {
    /// The quants.
    pub q: Vec<i8>,
    /// (d, d * sum(q)) of each group.
    pub scales: Vec<[f32; 2]>,
}

impl Quantized {
    /// Quantizes; `values.len()` is a multiple of 32.
    pub fn new(values: &[f32]) -> Self {
        let mut q = Vec::with_capacity(values.len());
        let mut scales = Vec::with_capacity(values.len() / 32);
        for group in values.chunks_exact(32) {
            let peak = group.iter().fold(0f32, |m, v| m.max(v.abs()));
            let d = peak / 127.0;
            let inverse = if d > 0.0 { 1.0 / d } else { 0.0 };
            let start = q.len();
            q.extend(group.iter().map(|v| (v * inverse).round_ties_even() as i8));
            let sum: i32 = q[start..].iter().map(|&v| i32::from(v)).sum();
            scales.push([d, d * sum as f32]);
        }
        Self { q, scales }
    }

    /// The numbers that the groups stand for.
    pub fn values(&self) -> Vec<f32> {
        self.q.iter().enumerate().map(|(i, &q)| f32::from(q) * self.scales[i / 32][0]).collect()
    }
}
