//! Q4_0: w = d * (q - 8), 4-bit q. A block is f16 d, then 16 bytes: byte i has weight i low and weight 16 + i high.

use super::{Block, half, half_bits, little_endian, put_half};

/// 32 weights in 18 bytes.
pub(super) struct Q4_0;

impl Block for Q4_0 {
    const BYTES: usize = 18;

    fn dequantize(block: &[u8], out: &mut [f32]) {
        let d = half(block, 0);
        let (low, high) = out.split_at_mut(16);
        for (i, byte) in block[2..].iter().enumerate() {
            low[i] = (i32::from(byte & 15) - 8) as f32 * d;
            high[i] = (i32::from(byte >> 4) - 8) as f32 * d;
        }
    }

    /// The weight of largest magnitude becomes exactly q = 0, that is -8 d.
    fn quantize(weights: &[f32], block: &mut [u8]) {
        let peak = weights.iter().copied().fold(0.0f32, |peak, w| if w.abs() > peak.abs() { w } else { peak });
        let d = peak / -8.0;
        let inverse = if d == 0.0 { 0.0 } else { 1.0 / d };
        put_half(block, 0, d);
        let quant = |w: f32| ((w * inverse + 8.5) as u8).min(15);
        for i in 0..16 {
            block[2 + i] = quant(weights[i]) | quant(weights[16 + i]) << 4;
        }
    }

    fn words(block: &[u8], words: &mut [u32]) -> u32 {
        little_endian(&block[2..], words);
        half_bits(block, 0).into()
    }
}
