//! Buffers between kernels, allocated once for the largest step.

use super::shape::{DECODE_ROWS, SCORE_ROWS};
use super::splits::{PrefixShape, Splits};
use super::{Config, StepViews};
use crate::cache::KvViews;
use crate::gpu::{Buffers, Caps, View};
use crate::kernels::kv::KvShape;
use crate::kernels::lora::{LoraShape, MAX_RANK};
use crate::kernels::lora_shrink::Shrink;
use crate::kernels::sample::Sample;
use crate::kernels::{Activation, ActivationViews, SampleViews};

/// Steps whose tokens wait for the CPU at most.
pub const HISTORY_STEPS: u32 = 16;

/// Sampling of `rows` rows; each has a slot.
pub(super) fn sample_shape(config: &Config, rows: u32) -> Sample {
    Sample { rows, vocab: config.vocab, slots: DECODE_ROWS, ring: HISTORY_STEPS }
}

/// The buffers of a step of up to `max_rows` rows.
#[derive(Debug, Clone, Copy)]
pub struct Scratch {
    /// The residual stream, f32 `[2, rows, hidden]`: a block reads one half and leaves the other.
    pub x: View,
    /// What the last block adds to it, f32 `[rows, hidden]`, and [`Self::gains`].
    pub delta: View,
    /// Queries, keys, values, f32 `[rows, (heads + 2 kv_heads) * head_dim]`, and [`Self::gains`].
    pub qkv: View,
    /// Rotated queries, f32 `[rows, heads * head_dim]`.
    pub q: View,
    /// Partial attention vectors, f32 `[rows, heads, splits, head_dim]`.
    pub partials: View,
    /// Their maxima and sums, f32 `[rows, heads, splits, 2]`.
    pub partial_totals: View,
    /// Gate, then up, f32 `[rows, 2 * ffn]`, and [`Self::gains`].
    pub gate_up: View,
    /// Low-rank products of a layer's input: `shared/lora.wgsl`.
    pub lora_h: View,
    /// Rows chosen for the head, f32 `[16, hidden]`.
    pub chosen: View,
    /// Logits, f32 `[rows of a head, vocab]`.
    pub logits: View,
    /// Scores of a chunk, f32 `[rows, 4]`: log-probability of the target, log-sum-exp, best token (bits), its logit.
    pub scores: View,
    /// What probes pool, f32 `[16, 2, hidden]`: `kernels/pool.wgsl`.
    pub pooled: View,
    /// The probes' numbers, f32 `[16]`.
    pub probed: View,
    /// What the CPU reads after a step: [`SampleViews::history`], then [`Self::probed`].
    pub results: View,
    /// What sampling works with; its settings are the step buffer's.
    pub sampling: SampleViews,
    /// The most positions of a branch, in whole pages.
    context: u32,
    activations: View,
    activation_scales: View,
}

impl Scratch {
    /// Reserves the buffers.
    pub fn reserve(
        buffers: &mut Buffers,
        config: &Config,
        caps: &Caps,
        kv: &KvViews,
        step: &StepViews,
        max_rows: u32,
    ) -> Self {
        let sample = sample_shape(config, DECODE_ROWS);
        let history_end = sample.history_bytes().next_multiple_of(256);
        let results = buffers.reserve("results", history_end + u64::from(DECODE_ROWS) * 4);
        let history = View { size: sample.history_bytes(), ..results };
        let probed = View { offset: history_end, size: u64::from(DECODE_ROWS) * 4, ..results };
        let sampling = sample.reserve(buffers, caps, step.settings, history);
        let floats = |rows: u32, width: u32| u64::from(rows) * u64::from(width) * 4;
        // Three modules a row; or, of rows that decode, one in several parts.
        let parts = config.heads.max(Shrink::parts_of(config.ffn)).max(3);
        let lora_h = (max_rows * LoraShape::stride(3, MAX_RANK)).max(DECODE_ROWS * LoraShape::stride(parts, MAX_RANK));
        let with_gains = max_rows.max(2 * DECODE_ROWS);
        let widest = config.hidden.max(config.ffn).max(config.query_width());
        let context = kv.shape.page * kv.shape.table_stride;
        let partials = config.heads * Splits::most_partials(caps, &kv.shape, context);
        let mut reserve = |name: &str, bytes: u64| buffers.reserve(name, bytes);
        Self {
            x: reserve("x", 2 * floats(max_rows, config.hidden)),
            delta: reserve("delta", floats(with_gains, config.hidden)),
            qkv: reserve("qkv", floats(with_gains, config.qkv_width())),
            q: reserve("q", floats(max_rows, config.query_width())),
            partials: reserve("attention partials", floats(partials, config.head_dim)),
            partial_totals: reserve("attention totals", floats(partials, 2)),
            gate_up: reserve("gate_up", floats(with_gains, 2 * config.ffn)),
            lora_h: reserve("lora h", u64::from(lora_h) * 16),
            chosen: reserve("chosen", floats(DECODE_ROWS, config.hidden)),
            logits: reserve("logits", floats(SCORE_ROWS.min(max_rows).max(DECODE_ROWS), config.vocab)),
            scores: reserve("scores", floats(max_rows, 4)),
            pooled: reserve("pooled", floats(2 * DECODE_ROWS, config.hidden)),
            probed,
            results,
            sampling,
            context,
            // Integers lie in blocks of 512 bytes at most.
            activations: reserve("activations", floats(max_rows, widest).next_multiple_of(512)),
            activation_scales: reserve("activation scales", floats(max_rows, widest / 32 * 2)),
        }
    }

    /// How decoding cuts the KV of so many rows.
    pub fn splits(&self, caps: &Caps, kv: &KvShape, rows: u32, prefix: Option<PrefixShape>) -> Splits {
        Splits::new(caps, kv, self.context, rows, prefix)
    }

    /// The number of rows of `width` numbers where what adapters add to rows that decode begins: where chunks have rows.
    pub fn gains(width: u32) -> u32 {
        DECODE_ROWS * width
    }

    /// Half `side` of the residual stream.
    pub fn x_half(&self, side: u32) -> View {
        let size = self.x.size / 2;
        View { offset: self.x.offset + u64::from(side) * size, size, ..self.x }
    }

    /// The activations in a format.
    pub fn activation(&self, format: Activation) -> ActivationViews {
        let scales = format.is_integer().then_some(self.activation_scales);
        ActivationViews { format, data: self.activations, scales }
    }
}
