//! How activations are stored between kernels, and the CPU twin of `shared/activation.wgsl`.

use super::case::Expect;
use crate::gpu::View;
use half::f16;

/// The format of a matmul's input, `[rows, width]` with `width` a multiple of 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Activation {
    /// f32.
    F32,
    /// Pairs of halves in a word.
    F16,
    /// int8 in groups of 32, laid out as `shared/int_groups.wgsl` says, and for each group the pair (d, d * sum(q)) with
    /// x ≈ d * q.
    I8,
    /// The same with 16-bit q = 256 * high + low.
    I16,
}

/// Where activations lie: the numbers, and the group scales of the integer formats.
#[derive(Debug, Clone, Copy)]
pub struct ActivationViews {
    /// The format.
    pub format: Activation,
    /// The numbers.
    pub data: View,
    /// The scales of integer formats.
    pub scales: Option<View>,
}

impl Activation {
    /// The define that selects it in shaders.
    pub fn define(self) -> &'static str {
        match self {
            Self::F32 => "ACT_F32",
            Self::F16 => "ACT_F16",
            Self::I8 => "ACT_I8",
            Self::I16 => "ACT_I16",
        }
    }

    /// Whether numbers are integers with a scale a group of 32.
    pub fn is_integer(self) -> bool {
        matches!(self, Self::I8 | Self::I16)
    }

    /// Bytes a number, without scales.
    pub fn bytes(self) -> u64 {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::I16 => 2,
            Self::I8 => 1,
        }
    }

    /// What a kernel that stores `values` in this format must leave in its output buffers.
    pub fn expect(self, values: &[f32]) -> Vec<Expect> {
        match self {
            Self::F32 => vec![Expect::F32(values.to_vec())],
            Self::F16 => vec![Expect::F16(values.to_vec())],
            Self::I8 => {
                let quantized = Quantized::new(values, self);
                vec![Expect::Int8(quantized.q), Expect::GroupScales(quantized.scales)]
            }
            Self::I16 => {
                let quantized = Quantized::new(values, self);
                vec![Expect::Int16(quantized.q), Expect::GroupScales(quantized.scales)]
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
            Self::I8 | Self::I16 => {
                let quantized = Quantized::new(values, self);
                let read = quantized.values();
                let scales: &[u8] = bytemuck::cast_slice(&quantized.scales);
                (vec![quantized.bytes(self), scales.to_vec()], read)
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

/// Numbers as integers in groups of 32: the twin of `store_activation` with `ACT_I8` and `ACT_I16`.
#[derive(Debug, Clone)]
pub struct Quantized {
    /// The integers.
    pub q: Vec<i32>,
    /// (d, d * sum(q)) of each group.
    pub scales: Vec<[f32; 2]>,
}

impl Quantized {
    /// Quantizes to an integer format; `values.len()` is a multiple of 32.
    pub fn new(values: &[f32], format: Activation) -> Self {
        // 127 * 256 keeps the high byte of 16 bits within int8.
        let steps = if format == Activation::I8 { 127.0 } else { 32512.0 };
        let mut q = Vec::with_capacity(values.len());
        let mut scales = Vec::with_capacity(values.len() / 32);
        for group in values.chunks_exact(32) {
            let peak = group.iter().fold(0f32, |m, v| m.max(v.abs()));
            let d = peak / steps;
            let inverse = if d > 0.0 { 1.0 / d } else { 0.0 };
            let start = q.len();
            q.extend(group.iter().map(|v| (v * inverse).round_ties_even() as i32));
            let sum: i32 = q[start..].iter().sum();
            scales.push([d, d * sum as f32]);
        }
        Self { q, scales }
    }

    /// The integers as kernels read them.
    fn bytes(&self, format: Activation) -> Vec<u8> {
        let planes = if format == Activation::I8 { 1 } else { 2 };
        let mut bytes = vec![0; int_bytes(self.q.len(), planes)];
        for (i, &q) in self.q.iter().enumerate() {
            bytes[int_place(i, 0, planes)] = if planes == 1 { q as u8 } else { ((q + 128) >> 8) as u8 };
            if planes == 2 {
                bytes[int_place(i, 1, planes)] = q as u8;
            }
        }
        bytes
    }

    /// `count` integers from bytes as kernels write them.
    pub(super) fn read(bytes: &[u8], count: usize, format: Activation) -> Vec<i32> {
        let planes = if format == Activation::I8 { 1 } else { 2 };
        let number = |i| (0..planes).fold(0, |sum, p| sum * 256 + i32::from(bytes[int_place(i, p, planes)] as i8));
        (0..count).map(number).collect()
    }

    /// The numbers that the groups stand for.
    pub fn values(&self) -> Vec<f32> {
        self.q.iter().enumerate().map(|(i, &q)| q as f32 * self.scales[i / 32][0]).collect()
    }
}

/// Bytes of `count` integers in `planes` planes of bytes, in whole blocks of eight groups: see `shared/int_groups.wgsl`.
pub(super) fn int_bytes(count: usize, planes: usize) -> usize {
    count.next_multiple_of(8 * 32) * planes
}

/// Where a plane's byte of integer `i` lies.
fn int_place(i: usize, plane: usize, planes: usize) -> usize {
    let (group, part) = (i / 32, plane * 2 + i % 32 / 16);
    ((group / 8 * planes * 2 + part) * 8 + group % 8) * 16 + i % 16
}
