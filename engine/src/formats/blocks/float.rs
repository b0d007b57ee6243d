//! F32 and F16 weights: no scale, a group is 32 plain values. The last run of a vector may be shorter.

use super::{Block, half, little_endian, put_half};

/// 32 f32.
pub(super) struct F32;

impl Block for F32 {
    const BYTES: usize = 128;

    fn dequantize(block: &[u8], out: &mut [f32]) {
        for (bytes, out) in block.chunks_exact(4).zip(out) {
            *out = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
    }

    fn quantize(weights: &[f32], block: &mut [u8]) {
        for (weight, bytes) in weights.iter().zip(block.chunks_exact_mut(4)) {
            bytes.copy_from_slice(&weight.to_le_bytes());
        }
    }

    fn words(block: &[u8], words: &mut [u32]) -> u32 {
        little_endian(block, words);
        0
    }
}

/// 32 f16.
pub(super) struct F16;

impl Block for F16 {
    const BYTES: usize = 64;

    fn dequantize(block: &[u8], out: &mut [f32]) {
        for (i, out) in out.iter_mut().enumerate() {
            *out = half(block, 2 * i);
        }
    }

    fn quantize(weights: &[f32], block: &mut [u8]) {
        for (i, &weight) in weights.iter().enumerate() {
            put_half(block, 2 * i, weight);
        }
    }

    fn words(block: &[u8], words: &mut [u32]) -> u32 {
        little_endian(block, words);
        0
    }
}
