//! Repacking blocks into two arrays of GPU words without loss: quants apart from scales, for wide aligned loads.

use std::ops::Range;

use super::{Block, RowOrder, check_length, encoding, float, q4_0, q4_1, q8_0, with_block};
use crate::formats::Dtype;
use crate::{Error, Result};

/// Weights that share a scale.
pub const GROUP: usize = 32;

/// How the GPU holds a run of rows: `quants` and `scales`, both arrays of u32. Groups of 32 weights are counted
/// through the run, row after row; in a word, index 0 is in the lowest bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// A word a weight; no scales.
    F32,
    /// Two f16 a word; no scales.
    F16,
    /// 8 words a group: 32 int8 q in order. Scales: f16 d, those of groups 2i and 2i+1 in word i. w = d * q.
    W8,
    /// 4 words a group: word j has q of weights 4j..4j+4 in the low nibbles of its bytes and of 16+4j..16+4j+4 in
    /// the high ones.
    W4 {
        /// With: a word of scales a group, d in the low and m in the high half; w = d * q + m.
        /// Without: scales as in [`Encoding::W8`]; w = d * (q - 8).
        min: bool,
    },
}

impl Encoding {
    /// Words of quants that a group takes.
    pub const fn group_words(self) -> usize {
        match self {
            Self::F32 => 32,
            Self::F16 => 16,
            Self::W8 => 8,
            Self::W4 { .. } => 4,
        }
    }

    /// Words of scales that a run of `groups` groups takes.
    pub const fn scale_words(self, groups: usize) -> usize {
        match self {
            Self::F32 | Self::F16 => 0,
            Self::W8 | Self::W4 { min: false } => groups.div_ceil(2),
            Self::W4 { min: true } => groups,
        }
    }
}

/// Rows of a tensor in GPU words, which are also the weights of the kernels' CPU twins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// What the words mean.
    pub encoding: Encoding,
    /// Rows.
    pub rows: usize,
    /// Weights in a row, a multiple of [`GROUP`].
    pub cols: usize,
    /// The weights' codes.
    pub quants: Vec<u32>,
    /// The groups' scales.
    pub scales: Vec<u32>,
}

/// A run of packed rows, and how they are taken from the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The tensor's element type in the file.
    pub dtype: Dtype,
    /// Weights in a row, a multiple of [`GROUP`].
    pub cols: usize,
    /// The packed rows to make, counted after reordering.
    pub rows: Range<usize>,
    /// Where they are in the file.
    pub order: RowOrder,
}

impl Run {
    /// Words of quants and of scales that the run takes.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the type is not supported, `cols` no multiple of [`GROUP`] or the size overflows.
    pub fn words(&self) -> Result<(usize, usize)> {
        let encoding = encoding(self.dtype, self.cols)?;
        let groups = self.rows.len().checked_mul(self.cols / GROUP);
        let sizes = groups.and_then(|n| Some((n.checked_mul(encoding.group_words())?, encoding.scale_words(n))));
        sizes.ok_or_else(|| Error::Invalid(format!("{} rows of {} weights overflow", self.rows.len(), self.cols)))
    }

    /// Cuts the run into consecutive ones of at most `bytes` bytes of quants (but at least two rows). Their words,
    /// one after the other, are the words of the whole run: each but the last has an even count of rows, so that
    /// none ends inside a word of scales.
    pub fn split(&self, bytes: usize) -> impl Iterator<Item = Run> + use<> {
        let row_bytes = self.dtype.encoding().map_or(4, Encoding::group_words) * 4 * (self.cols / GROUP).max(1);
        let step = (bytes / row_bytes / 2 * 2).max(2);
        let whole = self.clone();
        let end = whole.rows.end;
        whole
            .rows
            .clone()
            .step_by(step)
            .map(move |row| Run { rows: row..end.min(row.saturating_add(step)), ..whole.clone() })
    }
}

/// Packs a whole tensor of `rows` x `cols` weights.
///
/// # Errors
/// As [`pack_rows`].
pub fn pack(dtype: Dtype, bytes: &[u8], rows: usize, cols: usize, order: RowOrder) -> Result<Packed> {
    let encoding = encoding(dtype, cols)?;
    let weights = rows.checked_mul(cols).ok_or_else(|| Error::Invalid(format!("{rows} x {cols} weights overflow")))?;
    check_length(dtype, bytes.len(), weights)?;
    let run = Run { dtype, cols, rows: 0..rows, order };
    let (quants, scales) = run.words()?;
    let mut packed = Packed { encoding, rows, cols, quants: vec![0; quants], scales: vec![0; scales] };
    pack_rows(&run, bytes, &mut packed.quants, &mut packed.scales)?;
    Ok(packed)
}

/// Packs a run of rows into the caller's buffers, of [`Run::words`] words. `bytes` is the whole tensor in the file.
///
/// # Errors
/// [`Error::Invalid`] if the type is not supported, `cols` no multiple of [`GROUP`], a buffer not of the run's size,
/// or a row outside of `bytes`.
pub fn pack_rows(run: &Run, bytes: &[u8], quants: &mut [u32], scales: &mut [u32]) -> Result<()> {
    let encoding = encoding(run.dtype, run.cols)?;
    let wanted = run.words()?;
    if (quants.len(), scales.len()) != wanted {
        let got = (quants.len(), scales.len());
        return Err(Error::Invalid(format!("buffers of {got:?} words for a run that takes {wanted:?}")));
    }
    with_block!(run.dtype, pack_run(encoding, run, bytes, quants, scales))
}

fn pack_run<B: Block>(
    encoding: Encoding,
    run: &Run,
    bytes: &[u8],
    quants: &mut [u32],
    scales: &mut [u32],
) -> Result<()> {
    let groups = run.cols / GROUP;
    let row_bytes = groups * B::BYTES;
    let group_words = encoding.group_words();
    let one_word_each = encoding == Encoding::W4 { min: true };
    scales.fill(0);
    for (row, words) in run.rows.clone().zip(quants.chunks_mut(groups * group_words)) {
        let source = run.order.source(row);
        let start = source.checked_mul(row_bytes);
        let Some(blocks) = start.and_then(|start| bytes.get(start..start.checked_add(row_bytes)?)) else {
            return Err(Error::Invalid(format!("row {source} is outside of the tensor's {} bytes", bytes.len())));
        };
        let first = (row - run.rows.start) * groups;
        for (i, (block, words)) in blocks.chunks(B::BYTES).zip(words.chunks_mut(group_words)).enumerate() {
            let scale = B::words(block, words);
            let group = first + i;
            if one_word_each {
                scales[group] = scale;
            } else if !scales.is_empty() {
                scales[group / 2] |= scale << (16 * (group % 2));
            }
        }
    }
    Ok(())
}

impl Packed {
    /// Decodes every weight, row after row: bit for bit what [`super::dequantize`] makes of the file's blocks.
    pub fn dequantize(&self) -> Vec<f32> {
        let mut out = Vec::with_capacity(self.rows * self.cols);
        for (group, words) in self.quants.chunks(self.encoding.group_words()).enumerate() {
            self.group(group, words, &mut out);
        }
        out
    }

    /// Decodes row `row`, or nothing if there is no such row.
    pub fn row(&self, row: usize) -> Vec<f32> {
        let mut out = Vec::with_capacity(self.cols);
        let groups = self.cols / GROUP;
        let rows = self.quants.chunks(groups * self.encoding.group_words());
        for (i, words) in rows.skip(row).take(1).flat_map(|row| row.chunks(self.encoding.group_words())).enumerate() {
            self.group(row * groups + i, words, &mut out);
        }
        out
    }

    /// Decodes one group from its words and appends its 32 weights.
    fn group(&self, group: usize, words: &[u32], out: &mut Vec<f32>) {
        let half = |bits: u32| half::f16::from_bits(bits as u16).to_f32();
        let shared = || half(self.scales[group / 2] >> (16 * (group % 2)));
        let nibbles = || (0..GROUP).map(|i| words[i % 16 / 4] >> (8 * (i % 4) + 4 * (i / 16)) & 15);
        match self.encoding {
            Encoding::F32 => out.extend(words.iter().map(|&word| f32::from_bits(word))),
            Encoding::F16 => out.extend(words.iter().flat_map(|&word| [half(word), half(word >> 16)])),
            Encoding::W8 => {
                let d = shared();
                out.extend(words.iter().flat_map(|word| word.to_le_bytes()).map(|q| f32::from(q.cast_signed()) * d));
            }
            Encoding::W4 { min: false } => {
                let d = shared();
                out.extend(nibbles().map(|q| (q as i32 - 8) as f32 * d));
            }
            Encoding::W4 { min: true } => {
                let (d, m) = (half(self.scales[group]), half(self.scales[group] >> 16));
                out.extend(nibbles().map(|q| q as f32 * d + m));
            }
        }
    }
}
