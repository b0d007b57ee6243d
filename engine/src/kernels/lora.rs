//! Low-rank factors as kernels see them: packing, and the CPU twins of `shared/lora.wgsl`.
//!
//! A layer has four inputs that matrices multiply, and some matrices hold the outputs of several modules: q, k and v
//! one after the other, gate and up. An adapter's factors for an input are packed together: A is `[modules * rank,
//! width]`, B is `[outputs, rank]`, where every module has the same rank, padded with zeros.

use super::{CaseBuffer, Data};
use half::f16;

/// Ranks are multiples of this, padded with zeros.
pub const RANK_STEP: u32 = 16;
/// The largest rank.
pub const MAX_RANK: u32 = 256;

/// How factors are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LoraFormat {
    /// int8 with an f32 scale for each row of A and each output of B.
    Int8,
    /// Halves.
    F16,
}

impl std::str::FromStr for LoraFormat {
    type Err = crate::Error;

    fn from_str(text: &str) -> crate::Result<Self> {
        match text {
            "int8" => Ok(Self::Int8),
            "f16" => Ok(Self::F16),
            _ => Err(crate::Error::Invalid(format!("unknown adapter format {text:?}: use int8 or f16"))),
        }
    }
}

/// A matrix whose outputs adapters add to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoraShape {
    /// Outputs of the matrix.
    pub outputs: u32,
    /// Where the second module's outputs begin; `u32::MAX` if there is none.
    pub second: u32,
    /// Where the third module's outputs begin; `u32::MAX` if there is none.
    pub third: u32,
    /// vec4s in a row of h, at least [`LoraShape::stride`].
    pub stride: u32,
}

impl LoraShape {
    /// vec4s in a row of h that has room for so many products of a rank.
    pub fn stride(products: u32, max_rank: u32) -> u32 {
        1 + products * max_rank / 4
    }

    /// How many modules' outputs the matrix holds.
    pub fn modules(&self) -> u32 {
        1 + u32::from(self.second < self.outputs) + u32::from(self.third < self.outputs)
    }

    /// The module an output belongs to.
    pub fn module_of(&self, output: u32) -> u32 {
        u32::from(output >= self.second) + u32::from(output >= self.third)
    }
}

/// Invocations of an expanding workgroup that share an output: `shared/lora.wgsl`.
pub(super) const LANES: u32 = 8;

/// What adapters add, beside a product of few rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expansion {
    /// The matrix.
    pub shape: LoraShape,
    /// The number of y where its rows begin: the product does not wait for them, and who reads y adds them.
    pub gains: u32,
}

/// The factors of one layer's input, as words.
#[derive(Debug, Clone, PartialEq)]
pub struct PackedLora {
    /// The format.
    pub format: LoraFormat,
    /// A, then its scales; a multiple of 4 words.
    pub a: Vec<u32>,
    /// B, then its scales; a multiple of 4 words.
    pub b: Vec<u32>,
}

impl PackedLora {
    /// Packs A `[modules * rank, width]` and B `[outputs, rank]`; `rank` is a multiple of [`RANK_STEP`].
    pub fn new(format: LoraFormat, rank: u32, width: u32, a: &[f32], b: &[f32]) -> Self {
        Self { format, a: pack(format, a, width as usize), b: pack(format, b, rank as usize) }
    }

    /// A and B as kernels see them; `a_rows` is modules * rank.
    pub fn unpacked(&self, a_rows: u32, outputs: u32) -> (Vec<f32>, Vec<f32>) {
        (unpack(self.format, &self.a, a_rows as usize), unpack(self.format, &self.b, outputs as usize))
    }
}

/// What a step says of a row's adapter at a site, whose A and B begin `a_at` and `b_at` words into their buffers.
pub fn entry(format: LoraFormat, rank: u32, a_at: usize, b_at: usize, scale: f32) -> [u32; 4] {
    let flags = if format == LoraFormat::F16 { 0x10000 } else { 0 };
    [(a_at / 4) as u32, (b_at / 4) as u32, rank | flags, scale.to_bits()]
}

/// Words that `rows` rows of `width` numbers take, their scales among them; `width` is a multiple of [`RANK_STEP`].
pub fn words(format: LoraFormat, rows: u32, width: u32) -> usize {
    let (rows, width) = (rows as usize, width as usize);
    match format {
        LoraFormat::Int8 => (rows * width / 4 + rows).next_multiple_of(4),
        LoraFormat::F16 => rows * width / 2,
    }
}

fn pack(format: LoraFormat, numbers: &[f32], width: usize) -> Vec<u32> {
    let mut words = Vec::with_capacity(numbers.len() / 2);
    match format {
        LoraFormat::F16 => {
            let half = |&v: &f32| u32::from(f16::from_f32(v).to_bits());
            words.extend(numbers.chunks_exact(2).map(|pair| half(&pair[0]) | half(&pair[1]) << 16));
        }
        LoraFormat::Int8 => {
            let mut scales = Vec::with_capacity(numbers.len() / width);
            for row in numbers.chunks_exact(width) {
                let scale = row.iter().fold(0f32, |m, v| m.max(v.abs())) / 127.0;
                let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
                let byte = |v: &f32| u32::from((v * inverse).round_ties_even() as i8 as u8);
                let word = |four: &[f32]| four.iter().rev().fold(0, |word, v| word << 8 | byte(v));
                words.extend(row.chunks_exact(4).map(word));
                scales.push(scale.to_bits());
            }
            words.extend(scales);
        }
    }
    words.resize(words.len().next_multiple_of(4), 0);
    words
}

fn unpack(format: LoraFormat, words: &[u32], rows: usize) -> Vec<f32> {
    match format {
        LoraFormat::F16 => {
            let halves = words.iter().flat_map(|word| [*word as u16, (word >> 16) as u16]);
            halves.map(|bits| f16::from_bits(bits).to_f32()).collect()
        }
        LoraFormat::Int8 => {
            let row_words = (words.len() - rows) / rows.max(1) / 4 * 4;
            let (quants, scales) = words.split_at(row_words * rows);
            let bytes = quants.iter().flat_map(|word| word.to_le_bytes());
            bytes.enumerate().map(|(i, b)| f32::from(b as i8) * f32::from_bits(scales[i / (row_words * 4)])).collect()
        }
    }
}

/// The twin of the expansion: what a row of h adds to each output, for B `[outputs, rank]`.
pub fn expand_twin(shape: &LoraShape, rank: u32, b: &[f32], h: &[f32]) -> Vec<f64> {
    let sum = |output: u32| {
        let b = &b[(output * rank) as usize..][..rank as usize];
        let h = &h[(shape.module_of(output) * rank) as usize..];
        b.iter().zip(h).map(|(&b, &h)| f64::from(b) * f64::from(h)).sum()
    };
    (0..shape.outputs).map(sum).collect()
}

/// Random adapters for cases of kernels that expand: h of `rows` rows and B of two adapters, in both formats, and what
/// they add. Every third row is on the base.
pub(super) struct LoraCase {
    /// The bindings lora_h and lora_b.
    pub buffers: [CaseBuffer; 2],
    /// What each row's outputs gain, `[rows, outputs]`.
    pub gains: Vec<f64>,
}

impl LoraCase {
    /// h has as many parts as there is room for, up to `most_parts`.
    pub fn new(shape: &LoraShape, rows: u32, ranks: [u32; 2], most_parts: usize, data: &mut Data) -> Self {
        let mut words: Vec<u32> = Vec::new();
        let mut adapters = Vec::new();
        for (rank, format) in ranks.into_iter().zip([LoraFormat::Int8, LoraFormat::F16]) {
            let b = data.floats((shape.outputs * rank) as usize, 0.5);
            let packed = PackedLora::new(format, rank, 32, &[], &b);
            adapters.push((entry(format, rank, 0, words.len(), 1.0), packed.unpacked(0, shape.outputs).1));
            words.extend(&packed.b);
        }
        let mut h = Vec::new();
        let mut gains = Vec::new();
        for row in 0..rows as usize {
            let numbers = data.floats(shape.stride as usize * 4 - 4, 0.5);
            let adapter = adapters.get(row % 3);
            let Some((entry, b)) = adapter else {
                h.extend([0; 4]);
                h.extend(numbers.iter().map(|v| v.to_bits()));
                gains.extend(std::iter::repeat_n(0.0, shape.outputs as usize));
                continue;
            };
            let numbers_a_part = (shape.modules() * (entry[2] & 0xffff)) as usize;
            let parts = numbers.chunks_exact(numbers_a_part).take(most_parts);
            h.extend([entry[1], entry[2], parts.len() as u32, numbers_a_part as u32 / 4]);
            h.extend(numbers.iter().map(|v| v.to_bits()));
            let mut gain = vec![0.0; shape.outputs as usize];
            for part in parts {
                let more = expand_twin(shape, entry[2] & 0xffff, b, part);
                gain.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
            }
            gains.extend(gain);
        }
        Self { buffers: [CaseBuffer::input(&h), CaseBuffer::input(&words)], gains }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_keeps_numbers_to_the_format() {
        let numbers: Vec<f32> = (0..96).map(|i| (i as f32 - 40.0) / 100.0).collect();
        for (format, error) in [(LoraFormat::F16, 3e-4), (LoraFormat::Int8, 0.56 / 127.0 / 2.0 + 1e-6)] {
            let packed = PackedLora::new(format, 16, 32, &numbers, &numbers);
            let (a, b) = packed.unpacked(3, 6);
            assert_eq!((a.len(), b.len()), (96, 96));
            assert_eq!((packed.a.len(), packed.b.len()), (words(format, 3, 32), words(format, 6, 16)));
            for (got, want) in a.iter().chain(&b).zip(numbers.iter().chain(&numbers)) {
                assert!((got - want).abs() <= error, "{format:?}: {got} for {want}");
            }
        }
    }
}
