//! The pages that hold keys and values, as kernels see them, and the attention over them that twins share.

use super::{CaseBuffer, Data};
use half::f16;
use std::ops::Range;

/// A step's row that stands for nothing: its position.
pub const ROW_UNUSED: u32 = u32::MAX;

/// One layer's keys, or its values: halves `[pages, kv_heads, page, head_dim]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KvShape {
    /// Heads.
    pub kv_heads: u32,
    /// Numbers a head, a multiple of 32.
    pub head_dim: u32,
    /// Positions a page, a power of two from 16 to 128.
    pub page: u32,
    /// Logical pages of a branch: the page table is `[branches, table_stride]`.
    pub table_stride: u32,
}

/// The log2 of e times the usual scale of scores: kernels take exponentials to base 2.
pub fn score_scale(head_dim: u32) -> f32 {
    std::f32::consts::LOG2_E / (head_dim as f32).sqrt()
}

/// Filled pages on the CPU.
#[derive(Debug, Clone)]
pub struct KvPages {
    /// The shape.
    pub shape: KvShape,
    /// Physical page of each logical one, `[branches, table_stride]`.
    pub table: Vec<u32>,
    /// Keys.
    pub keys: Vec<f16>,
    /// Values.
    pub values: Vec<f16>,
}

impl KvPages {
    /// Random pages for `branches`, in no order.
    pub(super) fn random(shape: KvShape, branches: u32, data: &mut Data) -> Self {
        let pages = branches * shape.table_stride;
        let mut table: Vec<u32> = (0..pages).collect();
        for i in (1..pages).rev() {
            table.swap(i as usize, data.below(i + 1) as usize);
        }
        let count = (pages * shape.kv_heads * shape.page * shape.head_dim) as usize;
        let mut halves = |scale| (0..count).map(|_| f16::from_f32(data.unit() * scale)).collect();
        Self { shape, table, keys: halves(2.0), values: halves(1.0) }
    }

    /// Index of the first number of a position's head.
    pub fn at(&self, branch: u32, position: u32, head: u32) -> usize {
        let KvShape { kv_heads, head_dim, page, table_stride } = self.shape;
        let physical = self.table[(branch * table_stride + position / page) as usize] as usize;
        ((physical * kv_heads as usize + head as usize) * page as usize + (position % page) as usize)
            * head_dim as usize
    }

    /// Attention of `query` to `positions` of a branch, not yet divided by its sum.
    pub fn attend(&self, query: &[f32], branch: u32, head: u32, positions: Range<u32>) -> Partial {
        let width = query.len();
        let scale = f64::from(std::f32::consts::LOG2_E) / (width as f64).sqrt();
        let score = |position| {
            let key = &self.keys[self.at(branch, position, head)..][..width];
            scale * query.iter().zip(key).map(|(&a, b)| f64::from(a) * b.to_f64()).sum::<f64>()
        };
        let scores: Vec<f64> = positions.clone().map(score).collect();
        let max = scores.iter().copied().fold(Partial::EMPTY_MAX, f64::max);
        let mut partial = Partial { weighted: vec![0.0; width], max, sum: 0.0 };
        for (position, score) in positions.zip(scores) {
            let weight = (score - max).exp2();
            partial.sum += weight;
            let value = &self.values[self.at(branch, position, head)..][..width];
            partial.weighted.iter_mut().zip(value).for_each(|(w, v)| *w += weight * v.to_f64());
        }
        partial
    }

    /// The table, keys and values as inputs of a case, in that order.
    pub(super) fn inputs(&self) -> [CaseBuffer; 3] {
        [CaseBuffer::input(&self.table), CaseBuffer::input(&self.keys), CaseBuffer::input(&self.values)]
    }
}

/// Attention to some positions: what the log-sum-exp merge works on.
#[derive(Debug, Clone, PartialEq)]
pub struct Partial {
    /// Sum of 2^(score - max) * value.
    pub weighted: Vec<f64>,
    /// The largest score, times log2 of e; [`Partial::EMPTY_MAX`] where there was no position.
    pub max: f64,
    /// Sum of 2^(score - max).
    pub sum: f64,
}

impl Partial {
    /// The maximum over nothing: finite, so that differences are too.
    pub const EMPTY_MAX: f64 = -3e38;

    /// The same attention with a sum of 1, its maximum moved to the log-sum-exp.
    pub fn with_unit_sum(mut self) -> Self {
        if self.sum > 0.0 {
            self.weighted.iter_mut().for_each(|w| *w /= self.sum);
            (self.max, self.sum) = (self.max + self.sum.log2(), 1.0);
        }
        self
    }

    /// The attention itself: zeros where there was no position.
    pub fn normalized(&self) -> Vec<f32> {
        let inverse = if self.sum > 0.0 { 1.0 / self.sum } else { 0.0 };
        self.weighted.iter().map(|w| (w * inverse) as f32).collect()
    }
}
