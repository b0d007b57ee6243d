//! A model's weights as buffers.

use crate::formats::blocks::Encoding;
use crate::gpu::View;

/// Consecutive outputs of a matrix in one pair of buffers.
#[derive(Debug, Clone)]
pub struct Slice {
    /// How the weights are held.
    pub encoding: Encoding,
    /// First output.
    pub first: u32,
    /// Outputs.
    pub outputs: u32,
    /// The quants.
    pub quants: View,
    /// The scales, if the encoding has any.
    pub scales: Option<View>,
    /// The bias of these outputs, f32.
    pub bias: Option<View>,
}

/// A matrix `[outputs, width]`, cut into slices where a binding would be too large or the encoding changes.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// Numbers a row.
    pub width: u32,
    /// Rows.
    pub outputs: u32,
    /// The slices, in order.
    pub slices: Vec<Slice>,
}

/// One layer.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Normalisation before attention, `[hidden]` f32.
    pub attention_norm: View,
    /// Query, key and value projections, one after the other.
    pub qkv: Matrix,
    /// Output projection.
    pub output: Matrix,
    /// Normalisation before the feed-forward block, `[hidden]` f32.
    pub ffn_norm: View,
    /// Gate and up projections, one after the other.
    pub gate_up: Matrix,
    /// Down projection.
    pub down: Matrix,
}

/// All weights.
#[derive(Debug, Clone)]
pub struct Weights {
    /// The embedding table.
    pub embedding: Matrix,
    /// The layers.
    pub layers: Vec<Layer>,
    /// Normalisation before the head, `[hidden]` f32.
    pub final_norm: View,
    /// The language-model head: the embedding table itself where the file ties them.
    pub head: Matrix,
    /// Turns a position, `[head_dim / 2]` fixed-point pairs.
    pub rope_turns: View,
}

impl Weights {
    /// (weights, bytes on the GPU) of all matrices and vectors; a tied head counts once.
    pub fn size(&self) -> (u64, u64) {
        let vectors = self.layers.iter().flat_map(|layer| [layer.attention_norm, layer.ffn_norm]);
        let vectors = vectors.chain([self.final_norm]).map(|view| (view.size / 4, view.size));
        let is_tied = self.head.slices.first().map(|s| s.quants) == self.embedding.slices.first().map(|s| s.quants);
        let matrices = self.layers.iter().flat_map(|l| [&l.qkv, &l.output, &l.gate_up, &l.down]);
        let matrices = matrices.chain([&self.embedding]).chain((!is_tied).then_some(&self.head)).map(Matrix::size);
        vectors.chain(matrices).fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1))
    }
}

impl Matrix {
    /// (weights and biases, bytes).
    fn size(&self) -> (u64, u64) {
        let views = |s: &Slice| s.quants.size + s.scales.map_or(0, |v| v.size) + s.bias.map_or(0, |v| v.size);
        let biases: u64 = self.slices.iter().filter(|s| s.bias.is_some()).map(|s| u64::from(s.outputs)).sum();
        let weights = u64::from(self.width) * u64::from(self.outputs) + biases;
        (weights, self.slices.iter().map(views).sum())
    }
}
