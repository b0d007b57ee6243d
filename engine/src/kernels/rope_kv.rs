//! Rotary positions, and keys and values into their pages.

use super::kv::{KvPages, KvShape, ROW_UNUSED};
use super::{Case, CaseBuffer, Data, Expect, Sizes};
use crate::gpu::{Caps, Plan};
use half::f16;
use std::f64::consts::TAU;

/// Rotates q and k of `[rows, heads + 2 kv_heads, head_dim]` by position and stores k and v in pages.
#[derive(Debug, Clone, Copy)]
pub struct RopeKv {
    /// Rows of the step.
    pub rows: u32,
    /// Query heads.
    pub heads: u32,
    /// Shape of the pages.
    pub kv: KvShape,
    /// Numbers of a head that are rotated, a multiple of 8.
    pub rotary: u32,
    /// The number of qkv where what adapters add to it begins, if any row may have one.
    pub gains: Option<u32>,
    /// Pairs are (2i, 2i + 1) instead of (i, i + rotary / 2).
    pub interleaved: bool,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    heads: u32,
    kv_heads: u32,
    table_stride: u32,
    // Only read with GAINS.
    gains: u32,
}

impl RopeKv {
    /// Binds rows, qkv f32 `[rows, heads + 2 kv_heads, head_dim]`, the page table, [`turns`] `[rotary / 2]`,
    /// q f32 `[rows, heads, head_dim]`, keys, values. Rows that are [`ROW_UNUSED`] write nothing, q included.
    pub fn plan(&self, caps: &Caps) -> Plan {
        let wg = if caps.tier == crate::gpu::Tier::Software { 32 } else { 64 };
        let units = (self.heads + 2 * self.kv.kv_heads) * self.kv.head_dim / 8;
        let interleaved = if self.interleaved { "INTERLEAVED" } else { "" };
        let params = Params {
            heads: self.heads,
            kv_heads: self.kv.kv_heads,
            table_stride: self.kv.table_stride,
            gains: self.gains.unwrap_or(0) / 4,
        };
        Plan::new("rope_kv", &[interleaved, if self.gains.is_some() { "GAINS" } else { "" }])
            .constant("WG", wg)
            .constant("HEAD_DIM", self.kv.head_dim)
            .constant("ROTARY", self.rotary)
            .constant("PAGE", self.kv.page)
            .params(params)
            .grid(units.div_ceil(wg), self.rows, 1)
    }
}

/// Frequencies as fixed-point turns a position, 40 bits after the point: `[first 32, next 8]`. Any scaling of rope is
/// done on `inverse_freq` (radians a position) before. At position 2^17 the angle is off by at most 4e-7.
pub fn turns(inverse_freq: &[f64]) -> Vec<[u32; 2]> {
    let fixed = |f: &f64| ((f / TAU).rem_euclid(1.0) * (1u64 << 40) as f64).round() as u64;
    inverse_freq.iter().map(fixed).map(|x| [(x >> 8) as u32, (x & 255) as u32]).collect()
}

/// The frequencies of unscaled rope: theta^(-2i / rotary).
pub fn inverse_freq(theta: f64, rotary: u32) -> Vec<f64> {
    (0..rotary / 2).map(|i| theta.powf(-2.0 * f64::from(i) / f64::from(rotary))).collect()
}

/// The CPU twin: rotates one head in place.
pub fn twin(head: &mut [f32], position: u32, inverse_freq: &[f64], interleaved: bool) {
    let pairs = inverse_freq.len();
    for (i, frequency) in inverse_freq.iter().enumerate() {
        let (first, second) = if interleaved { (2 * i, 2 * i + 1) } else { (i, i + pairs) };
        let (sin, cos) = (f64::from(position) * frequency).sin_cos();
        let (a, b) = (f64::from(head[first]), f64::from(head[second]));
        head[first] = (a * cos - b * sin) as f32;
        head[second] = (b * cos + a * sin) as f32;
    }
}

/// The table of cases.
pub fn cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    let rope = |rows, heads, kv_heads, head_dim, rotary, interleaved| RopeKv {
        rows,
        heads,
        kv: KvShape { kv_heads, head_dim, page: 64, table_stride: 2 },
        rotary,
        gains: None,
        interleaved,
    };
    let shapes = match sizes {
        Sizes::Check => vec![
            rope(1, 1, 1, 32, 32, false),
            rope(5, 9, 3, 64, 64, false),
            rope(4, 3, 1, 96, 96, true),
            rope(7, 7, 1, 128, 128, false),
            rope(3, 4, 2, 128, 128, true),
            rope(3, 4, 4, 64, 24, false),
            rope(3, 4, 4, 64, 24, true),
            RopeKv { gains: Some(6 * 1280), ..rope(5, 9, 3, 64, 64, false) },
        ],
        Sizes::Bench => [1, 8, 512].map(|rows| rope(rows, 28, 4, 128, 128, false)).to_vec(),
    };
    // Far positions: each branch's window of pages starts where its first row is.
    let far = if sizes == Sizes::Check { [0, 1_000, 131_000] } else { [0, 0, 0] };
    shapes.iter().zip(far.iter().cycle()).map(|(shape, &start)| case(shape, start, caps)).collect()
}

fn case(shape: &RopeKv, start: u32, caps: &Caps) -> Case {
    let mut shape = *shape;
    let KvShape { kv_heads, head_dim, page, .. } = shape.kv;
    let (heads, width) = (shape.heads as usize, head_dim as usize);
    let mut data = Data::new(u64::from(shape.rows * head_dim));
    // A page table that reaches `start` and maps only the window in use; branch 1 of two.
    shape.kv.table_stride = (start + 3 + shape.rows).div_ceil(page) + 1;
    let first_page = start / page;
    let small = KvShape { table_stride: shape.kv.table_stride - first_page, ..shape.kv };
    let mut pages = KvPages::random(small, 2, &mut data);
    let stride = shape.kv.table_stride as usize;
    let mut table = vec![0u32; 2 * stride];
    for (branch, window) in pages.table.chunks_exact(small.table_stride as usize).enumerate() {
        table[branch * stride + first_page as usize..(branch + 1) * stride].copy_from_slice(window);
    }
    pages = KvPages { shape: shape.kv, table, ..pages };
    let before = pages.clone();

    // Consecutive positions from start + 3, over a page's edge; the second row is unused.
    let rows: Vec<[u32; 4]> =
        (0..shape.rows).map(|i| [7, if i == 1 { ROW_UNUSED } else { start + 3 + i }, 1, 0]).collect();
    let all_heads = heads + 2 * kv_heads as usize;
    let numbers = rows.len() * all_heads * width;
    let qkv = data.floats(shape.gains.map_or(0, |gains| gains as usize) + numbers, 2.0);
    let gain = |i: usize| shape.gains.map_or(0.0, |gains| qkv[gains as usize + i]);
    let sums: Vec<f32> = (0..numbers).map(|i| qkv[i] + gain(i)).collect();
    let frequencies = inverse_freq(1e6, shape.rotary);
    let mut q = vec![0f32; rows.len() * heads * width];
    for (r, row) in rows.iter().enumerate().filter(|(_, row)| row[1] != ROW_UNUSED) {
        for (h, head) in sums[r * all_heads * width..][..all_heads * width].chunks_exact(width).enumerate() {
            let mut head = head.to_vec();
            if h < heads + kv_heads as usize {
                twin(&mut head, row[1], &frequencies, shape.interleaved);
            }
            if h < heads {
                q[(r * heads + h) * width..][..width].copy_from_slice(&head);
                continue;
            }
            let at = pages.at(row[2], row[1], (h - heads) as u32 % kv_heads);
            let store = if h < heads + kv_heads as usize { &mut pages.keys } else { &mut pages.values };
            store[at..at + width].iter_mut().zip(&head).for_each(|(s, &v)| *s = f16::from_f32(v));
        }
    }
    let floats = |halves: &[f16]| Expect::F16(halves.iter().map(|h| h.to_f32()).collect());
    Case {
        kernel: "rope_kv",
        label: format!("{shape:?} from {start}"),
        plan: shape.plan(caps),
        buffers: vec![
            CaseBuffer::input(&rows),
            CaseBuffer::input(&qkv),
            CaseBuffer::input(&pages.table),
            CaseBuffer::input(&turns(&frequencies)),
            CaseBuffer::in_out(&vec![0f32; q.len()], Expect::F32(q)),
            CaseBuffer::in_out(&before.keys, floats(&pages.keys)),
            CaseBuffer::in_out(&before.values, floats(&pages.values)),
        ],
        bytes: (qkv.len() * 4 + rows.len() * width * (heads * 4 + kv_heads as usize * 4)) as u64,
        flops: (rows.len() * all_heads * width * 3) as u64,
    }
}
