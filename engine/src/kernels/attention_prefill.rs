//! Attention of prompt rows, several consecutive positions at a time.

use super::kv::{self, KvPages, KvShape};
use super::{Activation, Case, CaseBuffer, Data, Sizes, attention};
use crate::gpu::{Caps, Plan};

/// Causal attention of tiles of prompt rows, straight into the next matmul's input.
#[derive(Debug, Clone, Copy)]
pub struct AttentionPrefill {
    /// Tiles of the grid. The list may end in tiles without rows.
    pub tiles: u32,
    /// Query heads.
    pub heads: u32,
    /// Shape of the pages.
    pub kv: KvShape,
    /// Format of the output.
    pub out: Activation,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    heads: u32,
    kv_heads: u32,
    table_stride: u32,
    scale: f32,
}

impl AttentionPrefill {
    /// The most rows a tile may have.
    pub const TILE: u32 = 8;

    /// Binds the tiles (first row of the step, rows up to [`Self::TILE`], branch, position of the first row), q f32
    /// `[rows, heads, head_dim]`, the page table, keys, values, then the output `[rows, heads * head_dim]`. Rows of no
    /// tile are left as they were; a tile without rows does nothing.
    pub fn plan(&self, caps: &Caps) -> Plan {
        attention::plan("attention_prefill", Self::TILE, self.out.define(), &self.kv, caps)
            .params(Params {
                heads: self.heads,
                kv_heads: self.kv.kv_heads,
                table_stride: self.kv.table_stride,
                scale: kv::score_scale(self.kv.head_dim),
            })
            .grid(self.heads, self.tiles, 1)
    }

    /// The tiles of a chunk of `rows` rows.
    pub fn tiles(first_row: u32, rows: u32, branch: u32, position: u32) -> impl Iterator<Item = [u32; 4]> {
        let tile = move |start| [first_row + start, Self::TILE.min(rows - start), branch, position + start];
        (0..rows).step_by(Self::TILE as usize).map(tile)
    }
}

/// The CPU twin: one head of one row at `position`, which sees all up to itself.
pub fn twin(query: &[f32], pages: &KvPages, branch: u32, kv_head: u32, position: u32) -> Vec<f32> {
    pages.attend(query, branch, kv_head, 0..position + 1).normalized()
}

/// The table of cases.
pub fn cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    // (query heads, KV heads, head_dim, page, chunks: rows and first position of each branch)
    type Shape = (u32, u32, u32, u32, &'static [(u32, u32)]);
    let shapes: &[Shape] = match sizes {
        Sizes::Check => &[
            (1, 1, 32, 16, &[(1, 0)]),
            (9, 3, 64, 16, &[(13, 0), (3, 30)]),
            (7, 1, 128, 32, &[(17, 60)]),
            (2, 2, 96, 64, &[(9, 120)]),
        ],
        Sizes::Bench => &[
            (28, 4, 128, 64, &[(512, 0)]),
            (28, 4, 128, 64, &[(64, 4032)]),
            (9, 3, 64, 64, &[(64, 0)]),
            (9, 3, 64, 64, &[(128, 0)]),
            (9, 3, 64, 64, &[(128, 384)]),
        ],
    };
    let mut cases = Vec::new();
    for &(heads, kv_heads, head_dim, page, chunks) in shapes {
        let longest = chunks.iter().map(|c| c.0 + c.1).max().unwrap_or(1);
        let kv = KvShape { kv_heads, head_dim, page, table_stride: longest.div_ceil(page) };
        // Every format once: a pipeline takes a second or more to compile on a CPU.
        let formats: &[Activation] = match sizes {
            Sizes::Check if heads == 9 => &[Activation::F32, Activation::F16, Activation::I8, Activation::I16],
            Sizes::Check => &[Activation::F32],
            Sizes::Bench => &[Activation::I8],
        };
        cases.extend(formats.iter().map(|&out| case(&AttentionPrefill { tiles: 0, heads, kv, out }, chunks, caps)));
    }
    cases
}

fn case(shape: &AttentionPrefill, chunks: &[(u32, u32)], caps: &Caps) -> Case {
    let KvShape { kv_heads, head_dim, page, .. } = shape.kv;
    let width = head_dim as usize;
    let mut data = Data::new(u64::from(shape.heads * head_dim));
    let pages = KvPages::random(shape.kv, chunks.len() as u32, &mut data);
    let rows: u32 = chunks.iter().map(|c| c.0).sum();
    let q = data.floats((rows * shape.heads) as usize * width, 2.0);
    let (mut tiles, mut want, mut row, mut seen) = (Vec::new(), Vec::new(), 0, 0);
    for (branch, &(count, position)) in (0..).zip(chunks) {
        tiles.extend(AttentionPrefill::tiles(row, count, branch, position));
        tiles.push([0, 0, 0, 0]);
        for i in 0..count {
            for head in 0..shape.heads {
                let query = &q[((row + i) * shape.heads + head) as usize * width..][..width];
                want.extend(twin(query, &pages, branch, head * kv_heads / shape.heads, position + i));
            }
            seen += u64::from(position + i + 1);
        }
        row += count;
    }
    let mut buffers = vec![CaseBuffer::input(&tiles), CaseBuffer::input(&q)];
    buffers.extend(pages.inputs());
    buffers.extend(shape.out.expect(&want).into_iter().map(CaseBuffer::output));
    let shape = AttentionPrefill { tiles: tiles.len() as u32, ..*shape };
    Case {
        kernel: "attention_prefill",
        label: format!("{}/{kv_heads}x{head_dim} page {page} chunks {chunks:?} {:?}", shape.heads, shape.out),
        plan: shape.plan(caps),
        buffers,
        bytes: (q.len() * 4) as u64 + want.len() as u64 * shape.out.bytes() + (pages.keys.len() * 4) as u64,
        flops: seen * u64::from(shape.heads * head_dim) * 4,
    }
}
