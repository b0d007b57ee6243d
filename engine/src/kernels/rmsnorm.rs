//! Root-mean-square normalisation, with the residual addition before it and the adapters' low-rank product beside it.

use super::lora::LoraShape;
use super::lora_shrink::{Shrink, ShrinkCase};
use super::{Activation, Case, CaseBuffer, Data, Expect, Sizes};
use crate::gpu::{Caps, Plan, Tier};

/// out = x / sqrt(mean(x²) + eps) * weight for `[rows, width]`.
#[derive(Debug, Clone, Copy)]
pub struct RmsNorm {
    /// Rows.
    pub rows: u32,
    /// Numbers a row, a multiple of 32.
    pub width: u32,
    /// Added to the mean square.
    pub eps: f32,
    /// Where in x the rows begin, in numbers.
    pub from: u32,
    /// First x += delta, kept from this number of x on: not where it came from, as several workgroups read a row.
    pub keep: Option<u32>,
    /// The number of delta where what adapters add to it begins, if any row may have one.
    pub gains: Option<u32>,
    /// Format of the output.
    pub out: Activation,
    /// The low-rank product of the output with the rows' adapters, if any of them may have one.
    pub shrink: Option<Shrink>,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    width: u32,
    eps: f32,
    first: u32,
    kept: u32,
    gains: u32,
    // Only read with LORA.
    site: u32,
    modules: u32,
    parts: u32,
    lora_stride: u32,
}

impl RmsNorm {
    /// Binds weight `[width]`, x `[rows, width]`, with `keep` delta `[rows, width]`, then the output, and with `shrink`
    /// the rows' adapters u32 `[rows, 4 sites, 4]`, A and h; one part.
    pub fn plan(&self, caps: &Caps) -> Plan {
        let add = if self.keep.is_some() { "ADD" } else { "" };
        let gains = if self.gains.is_some() { "GAINS" } else { "" };
        let lora = if self.shrink.is_some() { "LORA" } else { "" };
        let subgroup = caps.small_subgroup();
        let workgroup = match caps.tier {
            Tier::Software => 8,
            _ if self.width >= 2048 => 256,
            _ => 64,
        };
        let plan = Plan::new(
            "rmsnorm",
            &[add, gains, self.out.define(), lora, if subgroup.is_some() { "SUBGROUP" } else { "" }],
        )
        .constant("WG", workgroup);
        let plan = match subgroup {
            Some(size) => plan.constant("SG", size),
            None => plan,
        };
        let Shrink { site, modules, parts, stride: lora_stride, .. } = self.shrink.unwrap_or_default();
        let [first, kept, gains] =
            [self.from, self.keep.unwrap_or(0), self.gains.unwrap_or(0)].map(|number| number / 4);
        let params = Params { width: self.width, eps: self.eps, first, kept, gains, site, modules, parts, lora_stride };
        plan.params(params).grid(1 + self.shrink.map_or(0, |shrink| shrink.workgroups()), self.rows, 1)
    }
}

/// The CPU twin: normalises every row of `x`, which is `weight.len()` wide.
pub fn twin(x: &[f32], weight: &[f32], eps: f32) -> Vec<f32> {
    let mut out = Vec::with_capacity(x.len());
    for row in x.chunks_exact(weight.len()) {
        let mean = row.iter().map(|&v| f64::from(v) * f64::from(v)).sum::<f64>() / row.len() as f64;
        let scale = 1.0 / (mean + f64::from(eps)).sqrt();
        out.extend(row.iter().zip(weight).map(|(&v, &w)| (f64::from(v) * scale * f64::from(w)) as f32));
    }
    out
}

/// The table of cases.
pub fn cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    let shapes: &[(u32, u32)] = match sizes {
        Sizes::Check => &[(1, 32), (1, 576), (3, 96), (7, 2080), (2, 3584)],
        Sizes::Bench => &[(1, 3584), (16, 3584), (512, 3584)],
    };
    let mut cases = Vec::new();
    for &(rows, width) in shapes {
        for out in [Activation::F32, Activation::F16, Activation::I8, Activation::I16] {
            let norm = RmsNorm { rows, width, eps: 1e-5, from: 0, keep: None, gains: None, out, shrink: None };
            let added = RmsNorm { from: rows * width, keep: Some(0), ..norm };
            let shrink = Shrink { site: 1, modules: 3, parts: 1, max_rank: 128, stride: LoraShape::stride(3, 144) };
            cases.extend([norm, added].map(|norm| case(&norm, caps)));
            if rows <= 16 {
                let gained = RmsNorm { keep: Some(rows * width), gains: Some((rows + 1) * width), ..norm };
                cases.push(case(&gained, caps));
                cases.push(case(&RmsNorm { shrink: Some(shrink), ..gained }, caps));
            }
        }
        let shrink = Shrink { site: 0, modules: 2, parts: 1, max_rank: 16, stride: LoraShape::stride(3, 16) };
        let norm = RmsNorm {
            rows,
            width,
            eps: 1e-5,
            from: 0,
            keep: None,
            gains: None,
            out: Activation::F32,
            shrink: Some(shrink),
        };
        cases.push(case(&norm, caps));
    }
    cases
}

fn case(norm: &RmsNorm, caps: &Caps) -> Case {
    let count = (norm.rows * norm.width) as usize;
    let mut data = Data::new(u64::from(norm.width));
    let weight = data.floats(norm.width as usize, 2.0);
    let x = data.floats(count, 3.0);
    let mut buffers = vec![CaseBuffer::input(&weight)];
    let input = if let Some(keep) = norm.keep {
        let delta = data.floats(2 * count + norm.width as usize, 1.0);
        let gain = |i: usize| norm.gains.map_or(0.0, |gains| delta[gains as usize + i]);
        let sum: Vec<f32> = x.iter().zip(&delta).enumerate().map(|(i, (a, b))| a + (b + gain(i))).collect();
        // What was there stays, and the sum goes beside it.
        let mut before = vec![7.0; 2 * count];
        before[norm.from as usize..][..count].copy_from_slice(&x);
        let mut after = before.clone();
        after[keep as usize..][..count].copy_from_slice(&sum);
        buffers.push(CaseBuffer::in_out(&before, Expect::F32(after)));
        buffers.push(CaseBuffer::input(&delta));
        sum
    } else {
        buffers.push(CaseBuffer::input(&x));
        x
    };
    let output = twin(&input, &weight, norm.eps);
    buffers.extend(norm.out.expect(&output).into_iter().map(CaseBuffer::output));
    if let Some(shrink) = &norm.shrink {
        buffers.extend(ShrinkCase::new(shrink, norm.rows, &output, &mut data).buffers);
    }
    let add = if norm.keep.is_some() { " add" } else { "" };
    let gains = if norm.gains.is_some() { " gains" } else { "" };
    let lora = if norm.shrink.is_some() { " lora" } else { "" };
    Case {
        kernel: "rmsnorm",
        label: format!("{}x{}{add}{gains}{lora} {:?}", norm.rows, norm.width, norm.out),
        plan: norm.plan(caps),
        buffers,
        bytes: count as u64 * (4 + norm.out.bytes() + if norm.keep.is_some() { 8 } else { 0 }),
        flops: count as u64 * 4,
    }
}
