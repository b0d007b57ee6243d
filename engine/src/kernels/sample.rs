//! Sampling on the GPU: greedy in two dispatches, with temperature, top-k, top-p and min-p in six.
//!
//! A row's tokens are never sorted. Weights are integers (see `shared/sampling.wgsl`), so their sums are exact and a
//! seed's choice does not depend on how the work was cut. Filters apply in the order top-k, top-p of what top-k kept,
//! min-p; each keeps every token at least as likely as the last one it needs, so tokens tied there are all kept, and
//! tokens count as tied within 2e-5 of a nat (of logit / temperature). Tokens 21.3 nats below the top are never drawn.

use crate::gpu::{Caps, Plan, Tier};

/// What the GPU samples a row by; written by the CPU before a step. 32 bytes, as `Settings` in the shaders.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct Settings {
    /// 0 is greedy, and then only `step` and `slot` matter.
    pub temperature: f32,
    /// 1 is off.
    pub top_p: f32,
    /// 0 is off.
    pub min_p: f32,
    /// 0 is off.
    pub top_k: u32,
    /// The generator's seed, low word first.
    pub seed: [u32; 2],
    /// The random number is a hash of seed and step; the history keeps the token at `step % ring`.
    pub step: u32,
    /// Where the token goes, or [`SLOT_UNUSED`].
    pub slot: u32,
}

/// The slot of a row that is not sampled.
pub const SLOT_UNUSED: u32 = u32::MAX;

/// Words of a row's histograms: three of 1024 bins, each a count and a weight.
const HISTOGRAM_WORDS: u64 = 3 * 1024 * 2;

/// Sampling of `[rows, vocab]` logits.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Rows.
    pub rows: u32,
    /// Logits a row.
    pub vocab: u32,
    /// Places in `sampled`; a row's slot lies below.
    pub slots: u32,
    /// Steps that the history holds.
    pub ring: u32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    vocab: u32,
    chunk: u32,
    chunks: u32,
    slots: u32,
    ring: u32,
}

/// One of the histogram dispatches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Histogram {
    /// All tokens.
    Coarse,
    /// The bin that top-k cuts.
    CutK,
    /// The bin that top-p cuts.
    CutP,
}

impl Sample {
    /// Tokens a workgroup handles.
    pub fn chunk(&self, caps: &Caps) -> u32 {
        if caps.tier == Tier::Software { 4096 } else { 2048 }
    }

    /// Workgroups a row.
    pub fn chunks(&self, caps: &Caps) -> u32 {
        self.vocab.div_ceil(self.chunk(caps))
    }

    /// Bytes of `partials`, 16 a chunk and row.
    pub fn partials_bytes(&self, caps: &Caps) -> u64 {
        u64::from(self.rows) * u64::from(self.chunks(caps)) * 16
    }

    /// Bytes of `kept`, 8 a chunk and row.
    pub fn kept_bytes(&self, caps: &Caps) -> u64 {
        self.partials_bytes(caps) / 2
    }

    /// Bytes of `histograms`, 24 KiB a row.
    pub fn histograms_bytes(&self) -> u64 {
        u64::from(self.rows) * HISTOGRAM_WORDS * 4
    }

    /// Bytes of `history`, `[ring, slots]` pairs of a token and its log-probability's bits.
    pub fn history_bytes(&self) -> u64 {
        u64::from(self.ring) * u64::from(self.slots) * 8
    }

    /// The tops of chunks. Binds settings `[rows]`, logits `[rows, vocab]`, partials, histograms.
    pub fn top(&self, caps: &Caps) -> Plan {
        self.over_chunks(caps, "sample_top", "")
    }

    /// A histogram. Binds settings, logits, partials, histograms.
    pub fn histogram(&self, caps: &Caps, which: Histogram) -> Plan {
        let define = match which {
            Histogram::Coarse => "COARSE_BINS",
            Histogram::CutK => "CUT_K",
            Histogram::CutP => "CUT_P",
        };
        self.over_chunks(caps, "sample_histogram", define)
    }

    /// The kept weight of chunks. Binds settings, logits, partials, histograms, kept.
    pub fn weight(&self, caps: &Caps) -> Plan {
        self.over_chunks(caps, "sample_weight", "")
    }

    /// The tokens of rows that are all greedy, after [`Self::top`]. Binds settings, partials, sampled `[slots]`,
    /// chosen_logprob `[slots]`, history.
    pub fn draw_greedy(&self, caps: &Caps) -> Plan {
        self.plan(caps, "sample_draw", "GREEDY").constant("WG", 64).grid(self.rows, 1, 1)
    }

    /// The tokens of any rows. Binds as [`Self::draw_greedy`], then logits and kept.
    pub fn draw(&self, caps: &Caps) -> Plan {
        self.plan(caps, "sample_draw", "").constant("WG", workgroup(caps)).grid(self.rows, 1, 1)
    }

    fn over_chunks(&self, caps: &Caps, kernel: &str, define: &str) -> Plan {
        self.plan(caps, kernel, define).constant("WG", workgroup(caps)).grid(self.chunks(caps), self.rows, 1)
    }

    fn plan(&self, caps: &Caps, kernel: &str, define: &str) -> Plan {
        let subgroup = if caps.subgroup.is_some() { "SUBGROUP" } else { "" };
        Plan::new(kernel, &[define, subgroup]).subgroup(caps).params(Params {
            vocab: self.vocab,
            chunk: self.chunk(caps),
            chunks: self.chunks(caps),
            slots: self.slots,
            ring: self.ring,
        })
    }
}

fn workgroup(caps: &Caps) -> u32 {
    if caps.tier == Tier::Software { 64 } else { 256 }
}
