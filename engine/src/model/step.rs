//! The step buffer: everything that changes from step to step, written by the CPU in one go before each.

use crate::gpu::{Buffers, Gpu, View};
use crate::kernels::attention_prefill::AttentionPrefill;
use crate::kernels::attention_prefix::PrefixTile;
use crate::kernels::kv::ROW_UNUSED;
use crate::kernels::pool::Read;
use crate::kernels::sample::Settings;
use crate::{Error, Result};

/// Where the parts of the step buffer lie.
#[derive(Debug, Clone, Copy)]
pub struct StepViews {
    /// Sampling settings of up to 16 rows.
    pub settings: View,
    /// Rows of a chunk after which a token is sampled, u32 `[16]`.
    pub wanted: View,
    /// Where each decoding row's own positions begin, u32: the rest it shares with the rows of a prefix tile.
    pub starts: View,
    /// Tiles of decoding rows that share a prefix.
    pub prefixes: View,
    /// (token, position, branch, adapter) of each row.
    pub rows: View,
    /// Where each row's adapter lies, u32 `[rows, 4 sites, 4]`: see [`crate::kernels::lora::entry`].
    pub adapters: View,
    /// (first row, rows, branch, position) of each tile of a chunk.
    pub tiles: View,
    /// The token that each row of a chunk is scored against, u32.
    pub targets: View,
    /// What probes read, [`Read`] `[16]`.
    pub reads: View,
    /// The whole.
    whole: View,
    max_rows: u32,
}

impl StepViews {
    /// Tiles of a chunk of `rows` rows: each of up to 16 branches may end in a partly filled one.
    pub fn tiles(rows: u32) -> u32 {
        rows.div_ceil(AttentionPrefill::TILE) + super::shape::DECODE_ROWS - 1
    }

    /// Reserves a step buffer for up to `max_rows` rows.
    pub fn reserve(buffers: &mut Buffers, max_rows: u32) -> Self {
        let tiles = Self::tiles(max_rows);
        // What decoding needs comes first, so that its step writes little.
        let sizes = [
            super::shape::DECODE_ROWS * size_of::<Settings>() as u32,
            super::shape::DECODE_ROWS * 4,
            super::shape::DECODE_ROWS * 4,
            super::shape::DECODE_ROWS / 2 * 16,
            max_rows * 16,
            max_rows * 64,
            tiles * 16,
            max_rows * 4,
            super::shape::DECODE_ROWS * size_of::<Read>() as u32,
        ];
        let mut end = 0;
        let offsets = sizes.map(|size| {
            let start = end;
            end += u64::from(size).next_multiple_of(256);
            start
        });
        let whole = buffers.reserve("step", end);
        let view = |i: usize| View { buffer: whole.buffer, offset: offsets[i], size: u64::from(sizes[i]) };
        Self {
            settings: view(0),
            wanted: view(1),
            starts: view(2),
            prefixes: view(3),
            rows: view(4),
            adapters: view(5),
            tiles: view(6),
            targets: view(7),
            reads: view(8),
            whole,
            max_rows,
        }
    }
}

/// One step's contents.
#[derive(Debug, Clone, Default)]
pub struct StepData {
    /// (token, position, branch, adapter) of each row.
    pub rows: Vec<[u32; 4]>,
    /// Where each row's adapter lies, by site; empty where all rows are the base's.
    pub adapters: Vec<[[u32; 4]; 4]>,
    /// Decoding rows that share a prefix.
    pub prefixes: Vec<PrefixTile>,
    /// (first row, rows, branch, position) of each tile.
    pub tiles: Vec<[u32; 4]>,
    /// Rows of a chunk after which a token is sampled: `settings` are theirs, in this order.
    pub wanted: Vec<u32>,
    /// Tokens to score.
    pub targets: Vec<u32>,
    /// Sampling settings.
    pub settings: Vec<Settings>,
    /// What probes read, by slot.
    pub reads: Vec<Read>,
}

impl StepData {
    /// Where the own positions of each decoding row begin, up to the last row that shares any.
    fn starts(&self) -> Vec<u32> {
        let mut starts = Vec::new();
        for tile in &self.prefixes {
            for &row in &tile.rows {
                starts.resize(starts.len().max(row as usize + 1), 0);
                starts[row as usize] = tile.length;
            }
        }
        starts
    }
}

/// The step buffer's CPU side, used again and again.
#[derive(Debug)]
pub struct StepBuffer {
    views: StepViews,
    bytes: Vec<u8>,
}

impl StepBuffer {
    /// The CPU side of `views`.
    pub fn new(views: StepViews) -> Self {
        Self { bytes: vec![0; views.whole.size as usize], views }
    }

    /// Where the parts lie.
    pub fn views(&self) -> &StepViews {
        &self.views
    }

    /// Writes a step of `shape_rows` rows; those that `data` lacks are marked unused.
    pub fn write(&mut self, gpu: &Gpu, buffers: &Buffers, data: &StepData, shape_rows: u32) -> Result<()> {
        if data.rows.len() > shape_rows as usize || shape_rows > self.views.max_rows {
            let most = shape_rows.min(self.views.max_rows);
            return Err(Error::Invalid(format!("{} rows in a step of {most}", data.rows.len())));
        }
        let StepViews { settings, wanted, starts, prefixes, rows, adapters, tiles, targets, reads, .. } = self.views;
        // Settings and targets that are not given are all ones: no slot, no target. Tiles that are not given are zeros.
        self.put(settings, &data.settings, 0xff)?;
        self.put(wanted, &data.wanted, 0)?;
        self.put(starts, &data.starts(), 0)?;
        self.put(prefixes, &data.prefixes.iter().map(PrefixTile::words).collect::<Vec<_>>(), 0)?;
        let mut all_rows = data.rows.clone();
        all_rows.resize(shape_rows as usize, [0, ROW_UNUSED, 0, 0]);
        self.put(rows, &all_rows, 0)?;
        let mut end = rows.offset + u64::from(shape_rows) * 16;
        if !data.adapters.is_empty() {
            // Rows that are not given have none.
            self.put(adapters, &data.adapters, 0)?;
            end = adapters.offset + u64::from(shape_rows) * 64;
        }
        if !data.tiles.is_empty() {
            self.put(tiles, &data.tiles, 0)?;
            self.put(targets, &data.targets, 0xff)?;
            end = reads.offset;
        }
        if !data.reads.is_empty() {
            self.put(reads, &data.reads, 0)?;
            end = self.views.whole.size;
        }
        let buffer = buffers.get(self.views.whole.buffer)?;
        gpu.queue.write_buffer(buffer, 0, &self.bytes[..end as usize]);
        Ok(())
    }

    /// Fills a part: `data`, then bytes of `rest`.
    fn put<T: bytemuck::NoUninit>(&mut self, view: View, data: &[T], rest: u8) -> Result<()> {
        let bytes: &[u8] = bytemuck::cast_slice(data);
        let part = &mut self.bytes[view.offset as usize..(view.offset + view.size) as usize];
        if bytes.len() > part.len() {
            return Err(Error::Invalid(format!("{} bytes in a part of {} of a step", bytes.len(), part.len())));
        }
        part[..bytes.len()].copy_from_slice(bytes);
        part[bytes.len()..].fill(rest);
        Ok(())
    }
}
