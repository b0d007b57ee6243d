//! Blocks of weights: decoding and encoding ggml's formats, and repacking them without loss into GPU words.
//!
//! Every format is a file with one type that implements `Block`: a group of 32 weights as it lies in a GGUF file.

mod float;
mod order;
mod pack;
mod q4_0;
mod q4_1;
mod q8_0;
#[cfg(test)]
mod tests;

pub use order::RowOrder;
pub use pack::{Encoding, GROUP, Packed, Run, pack, pack_rows};

use super::Dtype;
use crate::{Error, Result};

/// A group of [`GROUP`] weights in a file's format.
trait Block {
    /// Bytes of a group.
    const BYTES: usize;

    /// Decodes a group: `block` has [`Block::BYTES`] bytes, `out` 32 weights.
    fn dequantize(block: &[u8], out: &mut [f32]);

    /// Encodes a group with ggml's reference rounding: `weights` has 32, `block` [`Block::BYTES`] bytes.
    fn quantize(weights: &[f32], block: &mut [u8]);

    /// Rearranges a group's quants into GPU words without loss: `words` is the group's share of an
    /// [`Encoding`]'s quants. Returns the bits of the group's scale: see [`Encoding`].
    fn words(block: &[u8], words: &mut [u32]) -> u32;
}

/// Calls `$call::<B>($args)` with the [`Block`] of a [`Dtype`], or returns the error that it is not supported.
macro_rules! with_block {
    ($dtype:expr, $call:ident($($arg:expr),*)) => {
        match $dtype {
            Dtype::F32 => $call::<float::F32>($($arg),*),
            Dtype::F16 => $call::<float::F16>($($arg),*),
            Dtype::Q4_0 => $call::<q4_0::Q4_0>($($arg),*),
            Dtype::Q4_1 => $call::<q4_1::Q4_1>($($arg),*),
            Dtype::Q8_0 => $call::<q8_0::Q8_0>($($arg),*),
            other => return Err(other.encoding().err().unwrap_or_else(|| Error::Invalid(format!("{other} has no codec")))),
        }
    };
}
use with_block;

/// How the GPU holds rows of `cols` weights of a type.
///
/// # Errors
/// [`Error::Invalid`] if the type is not supported or `cols` is no multiple of [`GROUP`].
pub fn encoding(dtype: Dtype, cols: usize) -> Result<Encoding> {
    let encoding = dtype.encoding()?;
    if cols == 0 || !cols.is_multiple_of(GROUP) {
        return Err(Error::Invalid(format!("rows of {cols} weights are no multiple of {GROUP}")));
    }
    Ok(encoding)
}

/// Decodes a run of weights with ggml's semantics, in f32. F32 and F16 take any count, other types whole blocks.
///
/// # Errors
/// [`Error::Invalid`] if the type is not supported or `bytes` are not exactly `out.len()` weights.
pub fn dequantize(dtype: Dtype, bytes: &[u8], out: &mut [f32]) -> Result<()> {
    dtype.encoding()?;
    check_length(dtype, bytes.len(), out.len())?;
    with_block!(dtype, dequantize_blocks(bytes, out));
    Ok(())
}

/// Encodes weights as ggml's reference does. F32 and F16 take any count, other types whole blocks.
///
/// # Errors
/// [`Error::Invalid`] if the type is not supported or `weights` are no whole number of blocks.
pub fn quantize(dtype: Dtype, weights: &[f32]) -> Result<Vec<u8>> {
    dtype.encoding()?;
    let Some(size) = dtype.bytes(weights.len()) else {
        return Err(Error::Invalid(format!("{} weights are no whole number of {dtype} blocks", weights.len())));
    };
    let mut bytes = vec![0; size];
    with_block!(dtype, quantize_blocks(weights, &mut bytes));
    Ok(bytes)
}

fn dequantize_blocks<B: Block>(bytes: &[u8], out: &mut [f32]) {
    for (block, out) in bytes.chunks(B::BYTES).zip(out.chunks_mut(GROUP)) {
        B::dequantize(block, out);
    }
}

fn quantize_blocks<B: Block>(weights: &[f32], bytes: &mut [u8]) {
    for (weights, block) in weights.chunks(GROUP).zip(bytes.chunks_mut(B::BYTES)) {
        B::quantize(weights, block);
    }
}

fn check_length(dtype: Dtype, bytes: usize, weights: usize) -> Result<()> {
    if dtype.bytes(weights) == Some(bytes) {
        return Ok(());
    }
    Err(Error::Invalid(format!("{bytes} bytes are not {weights} {dtype} weights")))
}

/// The bits of the f16 at `block[at..at + 2]`.
fn half_bits(block: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([block[at], block[at + 1]])
}

/// The f16 at `block[at..at + 2]`, as f32.
fn half(block: &[u8], at: usize) -> f32 {
    half::f16::from_bits(half_bits(block, at)).to_f32()
}

/// Writes a value as f16, rounded to nearest.
fn put_half(block: &mut [u8], at: usize, value: f32) {
    block[at..at + 2].copy_from_slice(&half::f16::from_f32(value).to_le_bytes());
}

/// Bytes into little-endian words, four by four.
fn little_endian(bytes: &[u8], words: &mut [u32]) {
    for (bytes, word) in bytes.chunks_exact(4).zip(words) {
        *word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
}
