//! Q4_1: w = d * q + m, 4-bit q. A block is f16 d, f16 m, then 16 bytes: byte i has weight i low and 16 + i high.

use super::{Block, half, half_bits, little_endian, put_half};

/// 32 weights in 20 bytes.
pub(super) struct Q4_1;

impl Block for Q4_1 {
    const BYTES: usize = 20;

    fn dequantize(block: &[u8], out: &mut [f32]) {
        let (d, m) = (half(block, 0), half(block, 2));
        let (low, high) = out.split_at_mut(16);
        for (i, byte) in block[4..].iter().enumerate() {
            low[i] = f32::from(byte & 15) * d + m;
            high[i] = f32::from(byte >> 4) * d + m;
        }
    }

    fn quantize(weights: &[f32], block: &mut [u8]) {
        let least = weights.iter().copied().fold(f32::INFINITY, f32::min);
        let most = weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let d = (most - least) / 15.0;
        let inverse = if d == 0.0 { 0.0 } else { 1.0 / d };
        put_half(block, 0, d);
        put_half(block, 2, least);
        let quant = |w: f32| (((w - least) * inverse + 0.5) as u8).min(15);
        for i in 0..16 {
            block[4 + i] = quant(weights[i]) | quant(weights[16 + i]) << 4;
        }
    }

    fn words(block: &[u8], words: &mut [u32]) -> u32 {
        little_endian(&block[4..], words);
        u32::from(half_bits(block, 0)) | u32::from(half_bits(block, 2)) << 16
    }
}
