//! Attention of decoding rows to positions that several of them share: keys and values are read once for all queries.

use super::kv::{self, KvPages, KvShape, Partial};
use super::{Case, CaseBuffer, Data, Expect, Sizes, attention};
use crate::gpu::{Caps, Plan, Tier};
use std::ops::Range;

/// Attention of tiles of rows to their shared prefix, left in partials for [`super::attention_merge::AttentionMerge`]
/// beside those of [`super::attention_decode::AttentionDecode`], which takes the rest.
#[derive(Debug, Clone, Copy)]
pub struct AttentionPrefix {
    /// First decoding row of the step; tiles count rows from it, and partials start at it.
    pub first_row: u32,
    /// Most rows that a tile has in fact, up to [`Self::TILE`].
    pub rows: u32,
    /// Tiles of the grid. The list may end in tiles without rows.
    pub tiles: u32,
    /// Query heads: 1 to 8 for each KV head.
    pub heads: u32,
    /// Shape of the pages.
    pub kv: KvShape,
    /// Equal slices that each tile's positions are cut into.
    pub splits: u32,
    /// Index of the first of them in the partials.
    pub first_split: u32,
    /// Splits of the partials.
    pub all_splits: u32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    heads: u32,
    kv_heads: u32,
    table_stride: u32,
    first_row: u32,
    splits: u32,
    first_split: u32,
    all_splits: u32,
    blocks: u32,
    scale: f32,
}

/// Queries that a workgroup takes without matrices.
const QUERIES: u32 = 8;
/// Splits are whole runs of this many positions.
const RUN: u32 = 16;

/// Rows that share the positions `0..length` of `branch`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrefixTile {
    /// A branch that has the positions.
    pub branch: u32,
    /// Positions, a multiple of the page.
    pub length: u32,
    /// The rows' places among the decoding ones, each below 16; at most [`AttentionPrefix::TILE`].
    pub rows: Vec<u32>,
}

impl PrefixTile {
    /// As `shared/prefix_tiles.wgsl` has it.
    pub fn words(&self) -> [u32; 4] {
        let which = self.rows.iter().rev().fold(0, |which, row| which << 4 | row);
        [self.branch, self.length, self.rows.len() as u32, which]
    }
}

impl AttentionPrefix {
    /// The most rows a tile may have.
    pub const TILE: u32 = 8;

    /// Splits that fill a device with `tiles` tiles of up to `context` positions.
    pub fn suggested_splits(caps: &Caps, kv: &KvShape, tiles: u32, context: u32) -> u32 {
        // Each split costs reading the queries and writing their sums: a workgroup a multiprocessor is enough.
        let wanted = if caps.tier == Tier::Software { 4 } else { 128 };
        (wanted / (kv.kv_heads * tiles).max(1)).clamp(1, context.div_ceil(64).clamp(1, 64))
    }

    /// Binds tiles, q f32 `[rows, heads, head_dim]`, the page table, keys, values, and the partials as
    /// [`super::attention_decode::AttentionDecode`] has them. Partials of rows that no tile has are left as they were.
    pub fn plan(&self, caps: &Caps) -> Plan {
        let blocks = (self.rows * self.heads / self.kv.kv_heads).div_ceil(QUERIES);
        self.with_params(attention::plan("attention_prefix", QUERIES, "", &self.kv, caps), blocks).grid(
            // Neighbouring workgroups read the same keys and values.
            blocks * self.kv.kv_heads,
            self.splits,
            self.tiles,
        )
    }

    pub(super) fn with_params(&self, plan: Plan, blocks: u32) -> Plan {
        plan.params(Params {
            heads: self.heads,
            kv_heads: self.kv.kv_heads,
            table_stride: self.kv.table_stride,
            first_row: self.first_row,
            splits: self.splits,
            first_split: self.first_split,
            all_splits: self.all_splits,
            blocks,
            scale: kv::score_scale(self.kv.head_dim),
        })
    }

    /// The positions of split `index` of a prefix of `length` positions, in runs of `run`.
    fn split(&self, index: u32, length: u32, run: u32) -> Range<u32> {
        let share = length.div_ceil(run).div_ceil(self.splits) * run;
        (index * share).min(length)..((index + 1) * share).min(length)
    }
}

/// The CPU twin: (row, head, split, partial) of every query of `tile`, whose splits are whole runs of `run` positions.
pub fn twin(
    shape: &AttentionPrefix,
    tile: &PrefixTile,
    run: u32,
    q: &[f32],
    pages: &KvPages,
) -> Vec<(u32, u32, u32, Partial)> {
    let group = shape.heads / shape.kv.kv_heads;
    let width = shape.kv.head_dim as usize;
    let mut partials = Vec::new();
    for &row in &tile.rows {
        for head in 0..shape.heads {
            let query = &q[((shape.first_row + row) * shape.heads + head) as usize * width..][..width];
            for split in 0..shape.splits {
                let positions = shape.split(split, tile.length, run);
                partials.push((row, head, split, pages.attend(query, tile.branch, head / group, positions)));
            }
        }
    }
    partials
}

/// The table of cases.
pub fn cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    cases_of(sizes, Form { kernel: "attention_prefix", run: RUN, is_f16: false }, |shape| Some(shape.plan(caps)))
}

/// Shapes: (query heads, KV heads, head_dim, page, splits, tiles: length and rows of each).
type CaseShape = (u32, u32, u32, u32, u32, &'static [(u32, &'static [u32])]);

const ALL8: &[u32] = &[0, 1, 2, 3, 4, 5, 6, 7];

/// One of the kernels.
#[derive(Clone, Copy)]
pub(super) struct Form {
    pub kernel: &'static str,
    /// Splits are whole runs of this many positions.
    pub run: u32,
    /// Computed from halves, and partials have a sum of 1.
    pub is_f16: bool,
}

/// The table of cases of a kernel.
pub(super) fn cases_of(sizes: Sizes, form: Form, plan: impl Fn(&AttentionPrefix) -> Option<Plan>) -> Vec<Case> {
    let shapes: &[CaseShape] = match sizes {
        Sizes::Check => &[
            (1, 1, 32, 16, 1, &[(16, &[0, 1])]),
            (4, 2, 64, 16, 4, &[(160, &[0, 3, 5]), (48, &[1, 2])]),
            (9, 3, 64, 64, 3, &[(192, &[9, 2, 15, 7, 1])]),
            (28, 4, 128, 32, 2, &[(352, ALL8), (96, &[8, 11])]),
            (5, 1, 96, 128, 2, &[(128, &[1, 0])]),
            (8, 1, 128, 16, 1, &[(144, ALL8)]),
        ],
        Sizes::Bench => &[
            (28, 4, 128, 64, 32, &[(8192, ALL8)]),
            (28, 4, 128, 64, 32, &[(8192, &[0, 1])]),
            (28, 4, 128, 64, 16, &[(4096, &[0, 1, 2, 3]), (4096, &[4, 5, 6, 7])]),
            (28, 4, 128, 64, 16, &[(1024, ALL8)]),
            (9, 3, 64, 64, 4, &[(512, ALL8)]),
        ],
    };
    let mut cases = Vec::new();
    for &(heads, kv_heads, head_dim, page, splits, tiles) in shapes {
        let longest = tiles.iter().map(|t| t.0).max().unwrap_or(page);
        let kv = KvShape { kv_heads, head_dim, page, table_stride: longest / page };
        // Checks use a part of the step's rows and of the partials' splits, and have a tile without rows.
        let (first_row, first_split) = if sizes == Sizes::Check { (1, 2) } else { (0, 0) };
        let unused = u32::from(sizes == Sizes::Check);
        let rows = tiles.iter().map(|t| t.1.len() as u32).max().unwrap_or(1);
        let all_splits = splits + 2 * first_split;
        let count = tiles.len() as u32 + unused;
        let shape = AttentionPrefix { first_row, rows, tiles: count, heads, kv, splits, first_split, all_splits };
        if let Some(plan) = plan(&shape) {
            cases.push(case(&shape, tiles, form, plan));
        }
    }
    cases
}

fn case(shape: &AttentionPrefix, tiles: &[(u32, &[u32])], form: Form, plan: Plan) -> Case {
    let KvShape { kv_heads, head_dim, page, .. } = shape.kv;
    let width = head_dim as usize;
    let mut data = Data::new(u64::from(shape.heads * shape.splits));
    let mut pages = KvPages::random(shape.kv, tiles.len() as u32, &mut data);
    let tiles: Vec<PrefixTile> =
        (0..).zip(tiles).map(|(branch, &(length, rows))| PrefixTile { branch, length, rows: rows.to_vec() }).collect();
    // Scores that rise along the positions make the maxima move.
    let longest = shape.kv.table_stride * page;
    for tile in &tiles {
        for position in 0..tile.length {
            for head in 0..kv_heads {
                let at = pages.at(tile.branch, position, head);
                let gain = 0.25 + 1.5 * position as f32 / longest as f32;
                pages.keys[at..at + width].iter_mut().for_each(|k| *k = half::f16::from_f32(k.to_f32() * gain));
            }
        }
    }
    let rows = tiles.iter().flat_map(|t| &t.rows).max().map_or(1, |row| row + 1);
    let q = data.floats(((shape.first_row + rows) * shape.heads) as usize * width, 2.0);
    let count = (rows * shape.heads * shape.all_splits) as usize;
    let (mut vectors, mut totals) = (vec![0f32; count * width], vec![[0f32; 2]; count]);
    for tile in &tiles {
        for (row, head, split, partial) in twin(shape, tile, form.run, &q, &pages) {
            let partial = if form.is_f16 { partial.with_unit_sum() } else { partial };
            let at = ((row * shape.heads + head) * shape.all_splits + shape.first_split + split) as usize;
            totals[at] = [partial.max as f32, partial.sum as f32];
            vectors[at * width..][..width].iter_mut().zip(&partial.weighted).for_each(|(v, &w)| *v = w as f32);
        }
    }
    let mut words: Vec<[u32; 4]> = tiles.iter().map(PrefixTile::words).collect();
    words.resize(shape.tiles as usize, [0; 4]);
    let mut buffers = vec![CaseBuffer::input(&words), CaseBuffer::input(&q)];
    buffers.extend(pages.inputs());
    let empty = (vec![0f32; vectors.len()], vec![[0f32; 2]; count]);
    let (vectors, totals) = match form.is_f16 {
        true => (Expect::F32FromF16(vectors), Expect::SoftmaxTotalsFromF16(totals)),
        false => (Expect::F32(vectors), Expect::SoftmaxTotals(totals)),
    };
    buffers.extend([CaseBuffer::in_out(&empty.0, vectors), CaseBuffer::in_out(&empty.1, totals)]);
    let read: u64 = tiles.iter().map(|t| u64::from(t.length)).sum();
    let seen: u64 = tiles.iter().map(|t| u64::from(t.length) * t.rows.len() as u64).sum();
    let lengths: Vec<_> = tiles.iter().map(|t| (t.length, t.rows.len())).collect();
    Case {
        kernel: form.kernel,
        label: format!("{}/{kv_heads}x{head_dim} page {page} splits {} of {lengths:?}", shape.heads, shape.splits),
        plan,
        buffers,
        bytes: read * u64::from(kv_heads * head_dim) * 4 + count as u64 * (width as u64 + 2) * 4,
        flops: seen * u64::from(shape.heads * head_dim) * 4,
    }
}
