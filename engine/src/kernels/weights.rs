//! Matrices of weights as kernels see them, and random ones for cases.

use super::{CaseBuffer, Data, Storage, weight_store};
use crate::formats::Dtype;
use crate::formats::blocks::{Encoding, Packed, RowOrder, pack, quantize};
use crate::gpu::Caps;

/// The define that selects an encoding in shaders.
pub fn define(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::F32 => "F32",
        Encoding::F16 => "F16",
        Encoding::W8 => "W8",
        Encoding::W4 { min: false } => "W4",
        Encoding::W4 { min: true } => "W4M",
    }
}

/// The define that selects an encoding in shaders that read textures, where every group has a minimum.
pub(super) fn texture_define(encoding: Encoding) -> &'static str {
    if encoding == Encoding::W8 { "W8" } else { "W4M" }
}

/// Bytes that reading a matrix moves.
pub(super) fn bytes(encoding: Encoding, rows: u32, cols: u32) -> u64 {
    let groups = rows as usize * cols as usize / 32;
    ((encoding.group_words() * groups + encoding.scale_words(groups)) * 4) as u64
}

/// Every file type that packs into a different encoding.
pub(super) const DTYPES: [Dtype; 5] = [Dtype::Q4_0, Dtype::Q4_1, Dtype::Q8_0, Dtype::F16, Dtype::F32];

/// Random weights in [-1, 1) as a file of type `dtype` would give them.
pub(super) fn random(data: &mut Data, dtype: Dtype, rows: u32, cols: u32) -> crate::Result<Packed> {
    let weights = data.floats(rows as usize * cols as usize, 1.0);
    pack(dtype, &quantize(dtype, &weights)?, rows as usize, cols as usize, RowOrder::AsStored)
}

/// The bindings of weights as [`Storage::of`] them.
pub(super) fn stored(weights: &Packed, caps: &Caps) -> Vec<CaseBuffer> {
    match Storage::of(caps, weights.encoding) {
        Storage::Buffers => buffers(weights),
        Storage::Texture => vec![CaseBuffer::texture(&weight_store::texture_words(weights))],
    }
}

/// The bindings of `shared/weights.wgsl`.
pub(super) fn buffers(weights: &Packed) -> Vec<CaseBuffer> {
    let mut buffers = vec![CaseBuffer::input(&weights.quants)];
    if !weights.scales.is_empty() {
        buffers.push(CaseBuffer::input(&weights.scales));
    }
    buffers
}

/// The CPU twin of every matmul: y[row, n] = sum over k of W[n, k] * x[row, k] (+ bias[n]), in f64.
pub fn matmul_twin(weights: &Packed, x: &[f32], bias: Option<&[f32]>) -> Vec<f32> {
    let w = weights.dequantize();
    let mut y = Vec::with_capacity(x.len() / weights.cols * weights.rows);
    for row in x.chunks_exact(weights.cols) {
        for (n, w) in w.chunks_exact(weights.cols).enumerate() {
            let sum: f64 = w.iter().zip(row).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
            y.push((sum + bias.map_or(0.0, |b| f64::from(b[n]))) as f32);
        }
    }
    y
}
