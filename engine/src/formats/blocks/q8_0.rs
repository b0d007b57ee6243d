//! Q8_0: w = d * q, int8 q. A block is f16 d, then 32 int8 in order.

use super::{Block, half, half_bits, little_endian, put_half};

/// 32 weights in 34 bytes.
pub(super) struct Q8_0;

impl Block for Q8_0 {
    const BYTES: usize = 34;

    fn dequantize(block: &[u8], out: &mut [f32]) {
        let d = half(block, 0);
        for (byte, out) in block[2..].iter().zip(out) {
            *out = f32::from(byte.cast_signed()) * d;
        }
    }

    fn quantize(weights: &[f32], block: &mut [u8]) {
        let peak = weights.iter().fold(0.0f32, |peak, w| peak.max(w.abs()));
        let d = peak / 127.0;
        let inverse = if d == 0.0 { 0.0 } else { 1.0 / d };
        put_half(block, 0, d);
        for (weight, byte) in weights.iter().zip(&mut block[2..]) {
            *byte = ((weight * inverse).round() as i8).cast_unsigned();
        }
    }

    fn words(block: &[u8], words: &mut [u32]) -> u32 {
        little_endian(&block[2..], words);
        half_bits(block, 0).into()
    }
}
