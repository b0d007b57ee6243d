//! The log-sum-exp merge of attention's splits into the next matmul's input, with the adapters' low-rank product of it.

use super::kv::Partial;
use super::lora::LoraShape;
use super::lora_shrink::{Shrink, ShrinkCase};
use super::{Activation, Case, CaseBuffer, Data, Sizes};
use crate::gpu::{Caps, Plan, Tier};

/// Merges `splits` partials of each row and head, wherever they come from.
#[derive(Debug, Clone, Copy)]
pub struct AttentionMerge {
    /// First of the step's rows to write; partials start at 0.
    pub first_row: u32,
    /// Rows.
    pub rows: u32,
    /// Query heads.
    pub heads: u32,
    /// Numbers a head, a multiple of 32.
    pub head_dim: u32,
    /// Partials to merge.
    pub splits: u32,
    /// Format of the output.
    pub out: Activation,
    /// The low-rank product of the output with the rows' adapters, in a part a head, if any row may have one.
    pub shrink: Option<Shrink>,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    heads: u32,
    splits: u32,
    first_row: u32,
    // Only read with LORA.
    site: u32,
    lora_stride: u32,
}

impl AttentionMerge {
    /// Binds the partials' vectors and totals, as [`super::attention_decode::AttentionDecode`] leaves them, then the
    /// output `[rows, heads * head_dim]`, and with `shrink` the rows' adapters u32 `[rows, 4 sites, 4]`, A and h. A head
    /// of which every split is empty becomes zeros.
    pub fn plan(&self, caps: &Caps) -> Plan {
        let chunks = self.head_dim / 8;
        let slices = match caps.tier {
            Tier::Software => 1,
            _ => self.splits.next_power_of_two().min(256 / chunks).max(1),
        };
        let subgroup = if caps.small_subgroup().is_some() { "SUBGROUP" } else { "" };
        let lora = if self.shrink.is_some() { "LORA" } else { "" };
        let Shrink { site, stride: lora_stride, max_rank, .. } = self.shrink.unwrap_or_default();
        let workgroup = chunks * slices;
        // An invocation for every 16 numbers of a row of A.
        let shrinking = self.shrink.map_or(0, |_| max_rank.div_ceil(workgroup / (self.head_dim / 16)).max(1));
        Plan::new("attention_merge", &[self.out.define(), lora, subgroup])
            .constant("WG", workgroup)
            .constant("HEAD_DIM", self.head_dim)
            .constant("CHUNKS", chunks)
            .constant("SLICES", slices)
            .params(Params { heads: self.heads, splits: self.splits, first_row: self.first_row, site, lora_stride })
            .grid(self.heads * (1 + shrinking), self.rows, 1)
    }
}

/// The CPU twin: one head's splits as one.
pub fn twin(splits: &[Partial]) -> Partial {
    let max = splits.iter().map(|p| p.max).fold(Partial::EMPTY_MAX, f64::max);
    let width = splits.first().map_or(0, |p| p.weighted.len());
    let mut merged = Partial { weighted: vec![0.0; width], max, sum: 0.0 };
    for split in splits.iter().filter(|p| p.sum > 0.0) {
        let weight = (split.max - max).exp2();
        merged.sum += weight * split.sum;
        merged.weighted.iter_mut().zip(&split.weighted).for_each(|(m, s)| *m += weight * s);
    }
    merged
}

/// The table of cases.
pub fn cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    // (rows, heads, head_dim, splits)
    let shapes: &[(u32, u32, u32, u32)] = match sizes {
        Sizes::Check => &[(1, 1, 32, 1), (3, 9, 64, 3), (2, 7, 128, 64), (1, 4, 96, 5)],
        Sizes::Bench => &[(1, 28, 128, 32), (1, 28, 128, 64), (8, 28, 128, 16), (1, 9, 64, 4)],
    };
    let max_rank = if sizes == Sizes::Check { 48 } else { 128 };
    let mut cases = Vec::new();
    for &(rows, heads, head_dim, splits) in shapes {
        for out in [Activation::F32, Activation::F16, Activation::I8, Activation::I16] {
            let merge = AttentionMerge { first_row: 0, rows, heads, head_dim, splits, out, shrink: None };
            let shrink =
                Shrink { site: 1, modules: 1, parts: heads, max_rank, stride: LoraShape::stride(heads, max_rank) };
            cases.push(case(&merge, caps));
            cases.push(case(&AttentionMerge { shrink: Some(shrink), ..merge }, caps));
        }
    }
    cases
}

fn case(merge: &AttentionMerge, caps: &Caps) -> Case {
    let width = merge.head_dim as usize;
    let heads = (merge.rows * merge.heads) as usize;
    let mut data = Data::new(u64::from(merge.heads * merge.splits));
    let mut partials: Vec<Partial> = (0..heads * merge.splits as usize)
        .map(|i| {
            let vector = data.floats(width, 1.0);
            // Every third split is empty, and so is all of the last head; what lies in its vector must not matter.
            let is_empty = i % 3 == 2 || (heads > 1 && i / merge.splits as usize == heads - 1);
            let (max, sum) = if is_empty { (-3e38, 0.0) } else { (data.unit() * 3.0, 1.5 + data.unit()) };
            Partial {
                weighted: vector.iter().map(|&v| f64::from(v)).collect(),
                max: f64::from(max),
                sum: f64::from(sum),
            }
        })
        .collect();
    let vectors: Vec<f32> = partials.iter().flat_map(|p| p.weighted.iter().map(|&w| w as f32)).collect();
    let totals: Vec<[f32; 2]> = partials.iter().map(|p| [p.max as f32, p.sum as f32]).collect();
    // The twin sees the numbers as rounded for the kernel.
    partials.iter_mut().zip(&totals).for_each(|(p, t)| (p.max, p.sum) = (f64::from(t[0]), f64::from(t[1])));
    let merged: Vec<f32> = partials.chunks_exact(merge.splits as usize).flat_map(|s| twin(s).normalized()).collect();
    let mut buffers = vec![CaseBuffer::input(&vectors), CaseBuffer::input(&totals)];
    buffers.extend(merge.out.expect(&merged).into_iter().map(CaseBuffer::output));
    if let Some(shrink) = &merge.shrink {
        buffers.extend(ShrinkCase::new(shrink, merge.rows, &merged, &mut data).buffers);
    }
    Case {
        kernel: "attention_merge",
        label: format!(
            "{}x{}x{width} splits {}{} {:?}",
            merge.rows,
            merge.heads,
            merge.splits,
            if merge.shrink.is_some() { " lora" } else { "" },
            merge.out
        ),
        plan: merge.plan(caps),
        buffers,
        bytes: (vectors.len() + totals.len() * 2) as u64 * 4 + merged.len() as u64 * merge.out.bytes(),
        flops: vectors.len() as u64 * 2,
    }
}
