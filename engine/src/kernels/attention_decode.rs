//! Attention of decoding rows to their branches, in splits of the positions.

use super::kv::{self, KvPages, KvShape, Partial, ROW_UNUSED};
use super::{Case, CaseBuffer, Data, Expect, Sizes, attention};
use crate::gpu::{Caps, Plan, Tier};
use std::ops::Range;

/// Splits are whole runs of this many positions.
const RUN: u32 = 16;

/// Attention of `rows` rows, each with its own branch and position, left in partials for
/// [`super::attention_merge::AttentionMerge`].
#[derive(Debug, Clone, Copy)]
pub struct AttentionDecode {
    /// First of the step's rows to take.
    pub first_row: u32,
    /// Rows.
    pub rows: u32,
    /// Query heads: 1 to 8 for each KV head.
    pub heads: u32,
    /// Shape of the pages.
    pub kv: KvShape,
    /// Equal slices that each row's positions are cut into.
    pub splits: u32,
    /// Splits of the partials: these, then those of [`super::attention_prefix::AttentionPrefix`].
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
    all_splits: u32,
    scale: f32,
}

impl AttentionDecode {
    /// Splits that fill a device with `rows` rows of up to `context` positions.
    pub fn suggested_splits(caps: &Caps, kv: &KvShape, rows: u32, context: u32) -> u32 {
        let wanted = if caps.tier == Tier::Software { 4 } else { 256 };
        // A workgroup without subgroups takes four positions an invocation.
        let least = if caps.subgroup.is_some() { 2 * RUN } else { 8 * RUN };
        let most = context.div_ceil(least).clamp(1, 64);
        (wanted / (kv.kv_heads * rows).max(1)).clamp(1, most)
    }

    /// Binds rows, where each of them starts (u32, whole pages; positions before are a shared prefix), q f32 `[rows,
    /// heads, head_dim]`, the page table, keys, values, the partials' vectors f32 `[rows, heads, all_splits, head_dim]`
    /// and totals f32 `[rows, heads, all_splits, 2]`: the maximum of the scores times log2 of e, and the sum of
    /// 2^(score - maximum). A split without positions (all of a row that is [`ROW_UNUSED`]) has sum 0 and leaves its
    /// vector as it was. For rows that start at 0 the splits after these get sum 0 too; those of other rows are left as
    /// they were. Starts and partials count from `first_row` on.
    pub fn plan(&self, caps: &Caps) -> Plan {
        let kv_heads = self.kv.kv_heads;
        attention::plan("attention_decode", self.heads / kv_heads, "", &self.kv, caps)
            .params(Params {
                heads: self.heads,
                kv_heads,
                table_stride: self.kv.table_stride,
                first_row: self.first_row,
                splits: self.splits,
                all_splits: self.all_splits,
                scale: kv::score_scale(self.kv.head_dim),
            })
            .grid(kv_heads, self.splits, self.rows)
    }

    /// The positions of split `index` of a row that has the positions `own`.
    pub fn split(&self, index: u32, own: Range<u32>) -> Range<u32> {
        let share = (own.end - own.start).div_ceil(RUN).div_ceil(self.splits) * RUN;
        let start = own.start + index * share;
        start.min(own.end)..(start + share).min(own.end)
    }
}

/// The CPU twin: `[rows, heads, splits]` partials of `rows` (token, position, branch, adapter) that start at `starts`.
pub fn twin(shape: &AttentionDecode, rows: &[[u32; 4]], starts: &[u32], q: &[f32], pages: &KvPages) -> Vec<Partial> {
    let group = shape.heads / shape.kv.kv_heads;
    let width = shape.kv.head_dim as usize;
    let mut partials = Vec::new();
    for (row, &start) in (shape.first_row..shape.first_row + shape.rows).zip(starts) {
        let [_, position, branch, _] = rows[row as usize];
        let own = if position == ROW_UNUSED { start..start } else { start..position + 1 };
        for head in 0..shape.heads {
            let query = &q[(row * shape.heads + head) as usize * width..][..width];
            let part = |i| pages.attend(query, branch, head / group, shape.split(i, own.clone()));
            partials.extend((0..shape.splits).map(part));
        }
    }
    partials
}

/// The table of cases.
pub fn cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    // (query heads, KV heads, head_dim, page, splits, positions of the rows; every other row starts after whole pages)
    type Shape = (u32, u32, u32, u32, u32, &'static [u32]);
    const UNUSED: u32 = ROW_UNUSED;
    let shapes: &[Shape] = match sizes {
        Sizes::Check => &[
            (1, 1, 32, 16, 1, &[0]),
            (4, 2, 64, 16, 4, &[14, 15, 16, 63, UNUSED]),
            (9, 3, 64, 64, 3, &[63, 130, 64]),
            (28, 4, 128, 32, 5, &[97]),
            (5, 1, 128, 16, 2, &[200, 31]),
            (8, 1, 96, 128, 3, &[150]),
            (6, 1, 96, 16, 64, &[40, UNUSED]),
            (8, 2, 128, 16, 1, &[127]),
        ],
        Sizes::Bench => &[
            (28, 4, 128, 64, 32, &[1023]),
            (28, 4, 128, 64, 64, &[1023]),
            (28, 4, 128, 64, 32, &[8191]),
            (28, 4, 128, 64, 64, &[8191]),
            (28, 4, 128, 64, 8, &[1023; 8]),
            (28, 4, 128, 64, 16, &[8191; 8]),
            (9, 3, 64, 64, 1, &[511]),
            (9, 3, 64, 64, 4, &[511]),
        ],
    };
    let case = |&(heads, kv_heads, head_dim, page, splits, positions): &Shape| {
        let longest = positions.iter().filter(|&&p| p != UNUSED).max().copied().unwrap_or(0);
        let kv = KvShape { kv_heads, head_dim, page, table_stride: longest / page + 1 };
        // Checks use a part of the step's rows and of the partials' splits.
        let (first_row, others) = if sizes == Sizes::Check { (1, 2) } else { (0, 0) };
        let rows = positions.len() as u32;
        case(&AttentionDecode { first_row, rows, heads, kv, splits, all_splits: splits + others }, positions, caps)
    };
    shapes.iter().map(case).collect()
}

fn case(shape: &AttentionDecode, positions: &[u32], caps: &Caps) -> Case {
    let width = shape.kv.head_dim as usize;
    let mut data = Data::new(u64::from(shape.heads * shape.splits));
    let pages = KvPages::random(shape.kv, shape.rows, &mut data);
    let rows: Vec<[u32; 4]> = (0..shape.first_row)
        .map(|_| [0, 0, 0, 0])
        .chain(positions.iter().enumerate().map(|(i, &position)| [0, position, shape.rows - 1 - i as u32, 0]))
        .collect();
    // Where partials leave room for a prefix, every other row has one, up to the last whole page before its own
    // position.
    let starts: Vec<u32> = (0..)
        .zip(positions)
        .map(|(i, &position)| match (shape.all_splits > shape.splits && i % 2 == 1, position) {
            (true, ROW_UNUSED) | (false, _) => 0,
            (true, position) => position / shape.kv.page * shape.kv.page,
        })
        .collect();
    let q = data.floats(rows.len() * shape.heads as usize * width, 2.0);
    let count = (shape.rows * shape.heads * shape.all_splits) as usize;
    let (mut vectors, mut totals) = (vec![0f32; count * width], vec![[0f32; 2]; count]);
    let (splits, all_splits) = (shape.splits as usize, shape.all_splits as usize);
    for (row, &start) in starts.iter().enumerate() {
        for head in row * shape.heads as usize..(row + 1) * shape.heads as usize {
            if start == 0 {
                totals[head * all_splits + splits..(head + 1) * all_splits].fill([Partial::EMPTY_MAX as f32, 0.0]);
            }
        }
    }
    for (i, partial) in twin(shape, &rows, &starts, &q, &pages).iter().enumerate() {
        let at = i / splits * all_splits + i % splits;
        totals[at] = [partial.max as f32, partial.sum as f32];
        vectors[at * width..][..width].iter_mut().zip(&partial.weighted).for_each(|(v, &w)| *v = w as f32);
    }
    let mut buffers = vec![CaseBuffer::input(&rows), CaseBuffer::input(&starts), CaseBuffer::input(&q)];
    buffers.extend(pages.inputs());
    buffers.push(CaseBuffer::in_out(&vec![0f32; vectors.len()], Expect::F32(vectors)));
    buffers.push(CaseBuffer::in_out(&vec![[0f32; 2]; count], Expect::SoftmaxTotals(totals)));
    let seen: u64 = positions.iter().filter(|&&p| p != ROW_UNUSED).map(|&p| u64::from(p) + 1).sum();
    let KvShape { kv_heads, head_dim, page, .. } = shape.kv;
    Case {
        kernel: "attention_decode",
        label: format!("{}/{kv_heads}x{head_dim} page {page} splits {} at {positions:?}", shape.heads, shape.splits),
        plan: shape.plan(caps),
        buffers,
        bytes: seen * u64::from(kv_heads * head_dim) * 4 + count as u64 * (width as u64 + 2) * 4,
        flops: seen * u64::from(shape.heads * head_dim) * 4,
    }
}
