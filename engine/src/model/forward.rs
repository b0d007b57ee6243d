//! The forward pass as a recording: read [`Forward::record`] from top to bottom.
//!
//! A recording is made for a shape (how many rows, decoding or a prompt chunk, what the head is for) and replayed for
//! every step of that shape; only the step buffer changes.

use super::projection::{Linear, Lora, gains, weight_views};
use super::scratch::{Scratch, sample_shape};
use super::shape::{DECODE_ROWS, Head, Precision, SCORE_ROWS, Shape};
use super::splits::PrefixShape;
use super::step::StepViews;
use super::{Config, Probes, Weights};
use crate::Result;
use crate::adapter::{LoraViews, Site};
use crate::cache::KvViews;
use crate::gpu::{Caps, Recording, View};
use crate::kernels::attention_decode::AttentionDecode;
use crate::kernels::attention_merge::AttentionMerge;
use crate::kernels::attention_prefill::AttentionPrefill;
use crate::kernels::attention_prefix::AttentionPrefix;
use crate::kernels::pool::Pool;
use crate::kernels::probe::Probe;
use crate::kernels::rope_kv::RopeKv;
use crate::kernels::{Activation, ActivationViews, attention_prefix_matrix};
use crate::kernels::{embed::Embed, gather::Gather, logprob, rmsnorm::RmsNorm, silu_mul::SiluMul};

/// What a recording binds and depends on.
#[derive(Debug, Clone, Copy)]
pub struct Forward<'a> {
    /// The dimensions.
    pub config: &'a Config,
    /// The weights.
    pub weights: &'a Weights,
    /// The device.
    pub caps: &'a Caps,
    /// The KV pages.
    pub kv: &'a KvViews,
    /// The adapters.
    pub lora: &'a LoraViews,
    /// The probes.
    pub probes: &'a Probes,
    /// Buffers between kernels.
    pub scratch: &'a Scratch,
    /// The step buffer.
    pub step: &'a StepViews,
    /// How finely activations are held.
    pub precision: Precision,
}

/// Rows that are normalised.
#[derive(Debug, Clone, Copy)]
struct Stream {
    /// What they lie in.
    view: View,
    /// The number of it where they begin.
    from: u32,
    /// What is added to them before.
    added: Option<Added>,
}

/// What is added to rows that are normalised.
#[derive(Debug, Clone, Copy)]
struct Added {
    /// The last block's output.
    delta: View,
    /// The number of it where begins what adapters add to that.
    gains: Option<u32>,
    /// From which number of the stream on the sums are kept.
    kept: u32,
}

impl Forward<'_> {
    /// Records a step.
    pub fn record(&self, shape: Shape) -> Result<Recording> {
        let Self { config, weights, caps, kv, scratch, step, .. } = *self;
        let rows = shape.rows;
        let mut rec = Recording::default();

        // x[rows, hidden] = embedding of each row's token
        for slice in &weights.embedding.slices {
            let embed = Embed {
                width: config.hidden,
                rows,
                first_token: slice.first,
                tokens: slice.outputs,
                encoding: slice.encoding,
            };
            let mut views = weight_views(slice);
            views.extend([step.rows, scratch.sampling.sampled, scratch.x_half(0)]);
            rec.push("embed", embed.plan(caps), &views);
        }

        let mut x = Stream { view: scratch.x, from: 0, added: None };
        for (index, layer) in weights.layers.iter().enumerate() {
            let label = |part: &str| format!("layer {index} {part}");
            let lora = |site| self.lora(shape, index, site);

            // x += the block before; qkv[rows, (heads + 2 kv_heads) * head_dim] = norm(x) · Wqkv
            let (input, adapters) = (self.input(&layer.qkv, shape), lora(Site::Attention));
            self.norm(&mut rec, label("attention norm"), (rows, x), layer.attention_norm, input, adapters);
            let qkv = Linear { matrix: &layer.qkv, rows, x: input, y: scratch.qkv, lora: adapters };
            self.project(&mut rec, label("qkv"), qkv)?;

            // q, and this step's k and v into the pages
            let rope = RopeKv {
                rows,
                heads: config.heads,
                kv: kv.shape,
                rotary: config.head_dim,
                gains: gains(adapters),
                interleaved: false,
            };
            let (keys, values) = kv.layers[index];
            let views = [step.rows, scratch.qkv, kv.page_table, weights.rope_turns, scratch.q, keys, values];
            rec.push(label("rope"), rope.plan(caps), &views);

            // attention[rows, heads * head_dim], then the output projection
            let (input, adapters) = (self.input(&layer.output, shape), lora(Site::Output));
            self.attention(&mut rec, &label, shape, index, input, adapters);
            let output = Linear { matrix: &layer.output, rows, x: input, y: scratch.delta, lora: adapters };
            self.project(&mut rec, label("output"), output)?;
            x = self.after(x, adapters);

            // x += attention; delta = (silu(norm(x) · Wgate) * (norm(x) · Wup)) · Wdown
            let (input, adapters) = (self.input(&layer.gate_up, shape), lora(Site::FeedForward));
            self.norm(&mut rec, label("ffn norm"), (rows, x), layer.ffn_norm, input, adapters);
            let gate_up = Linear { matrix: &layer.gate_up, rows, x: input, y: scratch.gate_up, lora: adapters };
            self.project(&mut rec, label("gate_up"), gate_up)?;
            let added = gains(adapters);
            let (input, adapters) = (self.input(&layer.down, shape), lora(Site::Down));
            self.silu(&mut rec, label("silu"), (rows, added), input, adapters);
            let down = Linear { matrix: &layer.down, rows, x: input, y: scratch.delta, lora: adapters };
            self.project(&mut rec, label("down"), down)?;
            x = self.after(x, adapters);
        }

        if shape.probed {
            self.probes(&mut rec, rows, x);
        }
        match shape.head {
            Head::None => {}
            Head::Sample { greedy } => self.sample(&mut rec, shape, x, greedy)?,
            Head::Score => self.score(&mut rec, rows, x)?,
        }
        Ok(rec)
    }

    /// The residual stream after `x` was normalised, and a block made what is to be added to it. It alternates between
    /// the halves of its buffer, so that every workgroup that reads a row finds it as it was.
    fn after(&self, x: Stream, lora: Option<Lora>) -> Stream {
        let half = (self.scratch.x.size / 8) as u32;
        let from = x.added.map_or(x.from, |added| added.kept);
        let delta = self.scratch.delta;
        let added = Added { delta, gains: gains(lora), kept: (from + half) % (2 * half) };
        Stream { from, added: Some(added), ..x }
    }

    fn attention(
        &self,
        rec: &mut Recording,
        label: &dyn Fn(&str) -> String,
        shape: Shape,
        layer: usize,
        out: ActivationViews,
        lora: Option<Lora>,
    ) {
        let Self { config, caps, kv, scratch, step, .. } = *self;
        let (keys, values) = kv.layers[layer];
        if shape.is_chunk {
            let tiles = StepViews::tiles(shape.rows);
            let attention = AttentionPrefill { tiles, heads: config.heads, kv: kv.shape, out: out.format };
            let mut views = vec![step.tiles, scratch.q, kv.page_table, keys, values];
            views.extend(out.views());
            rec.push(label("attention"), attention.plan(caps), &views);
            return;
        }
        let splits = scratch.splits(caps, &kv.shape, shape.rows, shape.prefix);
        let (first_row, rows, heads, all_splits) = (0, shape.rows, config.heads, splits.all());
        let attention = AttentionDecode { first_row, rows, heads, kv: kv.shape, splits: splits.own, all_splits };
        let kv_views = [scratch.q, kv.page_table, keys, values, scratch.partials, scratch.partial_totals];
        rec.push(label("attention"), attention.plan(caps), &[&[step.rows, step.starts], &kv_views[..]].concat());
        if let Some(PrefixShape { tiles, rows }) = shape.prefix {
            let (splits, first_split) = (splits.prefix, splits.own);
            let prefix =
                AttentionPrefix { first_row, rows, tiles, heads, kv: kv.shape, splits, first_split, all_splits };
            let plan = attention_prefix_matrix::plan(&prefix, caps).unwrap_or_else(|| prefix.plan(caps));
            rec.push(label("attention prefix"), plan, &[&[step.prefixes], &kv_views[..]].concat());
        }
        let (shrink, more) = self.beside(lora);
        let merge = AttentionMerge {
            first_row: 0,
            rows: shape.rows,
            heads: config.heads,
            head_dim: config.head_dim,
            splits: all_splits,
            out: out.format,
            shrink,
        };
        let mut views = vec![scratch.partials, scratch.partial_totals];
        views.extend(out.views());
        views.extend(more);
        rec.push(label("attention merge"), merge.plan(caps), &views);
    }

    fn silu(
        &self,
        rec: &mut Recording,
        label: String,
        (rows, gains): (u32, Option<u32>),
        out: ActivationViews,
        lora: Option<Lora>,
    ) {
        let (shrink, more) = self.beside(lora);
        let silu = SiluMul { rows, width: self.config.ffn, gains, out: out.format, shrink };
        let mut views = vec![self.scratch.gate_up];
        views.extend(out.views());
        views.extend(more);
        rec.push(label, silu.plan(self.caps), &views);
    }

    /// The next token of each row: logits[rows, vocab] = norm(x) · Whead, then sampling.
    fn sample(&self, rec: &mut Recording, shape: Shape, x: Stream, greedy: bool) -> Result<()> {
        let Self { config, weights, caps, scratch, step, .. } = *self;
        let (rows, x) = if shape.is_chunk {
            let gather = Gather { wanted: shape.wanted, width: config.hidden };
            let side = u32::from(x.from > 0);
            let views = [step.wanted, scratch.x_half(side), scratch.delta, scratch.chosen];
            rec.push("gather", gather.plan(caps), &views);
            (shape.wanted, Stream { view: scratch.chosen, from: 0, added: None })
        } else {
            (shape.rows, x)
        };
        let head = Shape::decoding(rows, shape.head);
        self.logits(rec, head, x, weights.final_norm)?;
        sample_shape(config, rows).record(rec, caps, scratch.logits, &scratch.sampling, greedy);
        Ok(())
    }

    /// Probes of rows of a chunk: h[rows, hidden] = norm(x), pooled by slot, and a number of each run that ends here.
    fn probes(&self, rec: &mut Recording, rows: u32, x: Stream) {
        let Self { config, weights, caps, scratch, step, probes, .. } = *self;
        let (width, slots) = (config.hidden, DECODE_ROWS);
        let hidden = scratch.activation(Activation::F32);
        self.norm(rec, "probe norm".into(), (rows, x), weights.final_norm, hidden, None);
        rec.push("pool", Pool { width, slots }.plan(caps), &[step.reads, hidden.data, scratch.pooled]);
        let probe = Probe { width, slots, units: probes.units() };
        rec.push("probe", probe.plan(caps), &[step.reads, scratch.pooled, probes.view(), scratch.probed]);
    }

    /// Scores every row of a chunk, some at a time so that logits stay small.
    fn score(&self, rec: &mut Recording, rows: u32, x: Stream) -> Result<()> {
        let Self { config, weights, caps, scratch, step, .. } = *self;
        for first in (0..rows).step_by(SCORE_ROWS as usize) {
            let block = SCORE_ROWS.min(rows - first);
            let part = |view: View, row_bytes: u64| View {
                buffer: view.buffer,
                offset: view.offset + u64::from(first) * row_bytes,
                size: u64::from(block) * row_bytes,
            };
            let shape = Shape::chunk(block, Head::Score);
            let row_bytes = u64::from(config.hidden) * 4;
            let skipped = first * config.hidden;
            let added = |a: Added| Added { delta: part(a.delta, row_bytes), kept: a.kept + skipped, ..a };
            let added = x.added.map(added);
            self.logits(rec, shape, Stream { from: x.from + skipped, added, ..x }, weights.final_norm)?;
            let plan = logprob::LogProb { rows: block, vocab: config.vocab }.plan(caps);
            let views = [scratch.logits, part(step.targets, 4), part(scratch.scores, 16)];
            rec.push("logprob", plan, &views);
        }
        Ok(())
    }

    fn logits(&self, rec: &mut Recording, shape: Shape, x: Stream, norm: View) -> Result<()> {
        let input = self.input(&self.weights.head, shape);
        self.norm(rec, "final norm".into(), (shape.rows, x), norm, input, None);
        let head =
            Linear { matrix: &self.weights.head, rows: shape.rows, x: input, y: self.scratch.logits, lora: None };
        self.linear(rec, "head".into(), head)
    }

    fn norm(
        &self,
        rec: &mut Recording,
        label: String,
        (rows, x): (u32, Stream),
        weight: View,
        out: ActivationViews,
        lora: Option<Lora>,
    ) {
        let (shrink, more) = self.beside(lora);
        let norm = RmsNorm {
            rows,
            width: self.config.hidden,
            eps: self.config.rms_eps,
            from: x.from,
            keep: x.added.map(|added| added.kept),
            gains: x.added.and_then(|added| added.gains),
            out: out.format,
            shrink,
        };
        let mut views = vec![weight, x.view];
        views.extend(x.added.map(|added| added.delta));
        views.extend(out.views());
        views.extend(more);
        rec.push(label, norm.plan(self.caps), &views);
    }
}
