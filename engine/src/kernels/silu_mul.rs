//! The gated activation of the feed-forward block, with the adapters' low-rank product beside it.

use super::lora::LoraShape;
use super::lora_shrink::{Shrink, ShrinkCase};
use super::{Activation, Case, CaseBuffer, Data, Sizes};
use crate::gpu::{Caps, Plan, Tier};

/// out = silu(gate) * up for `[rows, width]`.
#[derive(Debug, Clone, Copy)]
pub struct SiluMul {
    /// Rows.
    pub rows: u32,
    /// Numbers a row of the output, a multiple of 32.
    pub width: u32,
    /// The number of gate_up where what adapters add to it begins, if any row may have one.
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
    gains: u32,
    // Only read with LORA.
    site: u32,
    modules: u32,
    parts: u32,
    lora_stride: u32,
}

impl SiluMul {
    /// Binds gate_up `[rows, 2 * width]` (gate first), then the output, and with `shrink` the rows' adapters u32
    /// `[rows, 4 sites, 4]`, A and h.
    pub fn plan(&self, caps: &Caps) -> Plan {
        let workgroup = match (self.width, self.shrink, caps.tier) {
            (..2048, ..) => 32,
            // The products' workgroups read all of a row.
            (_, Some(_), Tier::Portable | Tier::Subgroup | Tier::Matrix) => 256,
            _ => 128,
        };
        let subgroup = caps.small_subgroup();
        let lora = if self.shrink.is_some() { "LORA" } else { "" };
        let gains = if self.gains.is_some() { "GAINS" } else { "" };
        let defines = [gains, self.out.define(), lora, if subgroup.is_some() { "SUBGROUP" } else { "" }];
        let plan = Plan::new("silu_mul", &defines).constant("WG", workgroup);
        let plan = match subgroup {
            Some(size) => plan.constant("SG", size),
            None => plan,
        };
        let Shrink { site, modules, parts, stride: lora_stride, .. } = self.shrink.unwrap_or_default();
        let gains = self.gains.unwrap_or(0) / 4;
        let shrinks = self.shrink.map_or(0, |shrink| shrink.workgroups());
        plan.params(Params { width: self.width, gains, site, modules, parts, lora_stride }).grid(
            (self.width / 8).div_ceil(workgroup) + shrinks,
            self.rows,
            1,
        )
    }
}

/// The CPU twin: `gate_up` is `[rows, 2 * width]`.
pub fn twin(gate_up: &[f32], width: usize) -> Vec<f32> {
    let silu = |v: f64| v / (1.0 + (-v).exp());
    let rows = gate_up.chunks_exact(2 * width).map(|row| row.split_at(width));
    rows.flat_map(|(gate, up)| gate.iter().zip(up).map(move |(&g, &u)| (silu(f64::from(g)) * f64::from(u)) as f32))
        .collect()
}

/// The table of cases.
pub fn cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    let shapes: &[(u32, u32)] = match sizes {
        Sizes::Check => &[(1, 32), (2, 96), (3, 1536), (2, 2080)],
        Sizes::Bench => &[(1, 18944), (512, 18944)],
    };
    let mut cases = Vec::new();
    for &(rows, width) in shapes {
        let parts = Shrink::parts_of(width).max(rows);
        let shrink = Shrink { site: 3, modules: 1, parts, max_rank: 128, stride: LoraShape::stride(parts, 128) };
        for out in [Activation::F32, Activation::F16, Activation::I8, Activation::I16] {
            let silu = SiluMul { rows, width, gains: None, out, shrink: None };
            cases.push(case(&silu, caps));
            if rows <= 16 {
                let gained = SiluMul { gains: Some((2 * rows + 2) * width), ..silu };
                cases.push(case(&gained, caps));
                cases.push(case(&SiluMul { shrink: Some(shrink), ..gained }, caps));
            }
        }
    }
    cases
}

fn case(silu: &SiluMul, caps: &Caps) -> Case {
    let &SiluMul { rows, width, gains, out, shrink } = silu;
    let count = u64::from(rows) * u64::from(width);
    let mut data = Data::new(u64::from(width));
    // Gates to ±100: the exponential overflows and must give 0, not NaN.
    let numbers = count as usize * 2;
    let gate_up = data.floats(numbers * 2 + 2 * width as usize, if rows == 2 { 100.0 } else { 4.0 });
    let gain = |i: usize| gains.map_or(0.0, |gains| gate_up[gains as usize + i]);
    let sums: Vec<f32> = (0..numbers).map(|i| gate_up[i] + gain(i)).collect();
    let values = twin(&sums, width as usize);
    let mut buffers = vec![CaseBuffer::input(&gate_up)];
    buffers.extend(out.expect(&values).into_iter().map(CaseBuffer::output));
    if let Some(shrink) = &shrink {
        buffers.extend(ShrinkCase::new(shrink, rows, &values, &mut data).buffers);
    }
    Case {
        kernel: "silu_mul",
        label: format!(
            "{rows}x{width}{}{} {out:?}",
            if gains.is_some() { " gains" } else { "" },
            if shrink.is_some() { " lora" } else { "" }
        ),
        plan: silu.plan(caps),
        buffers,
        bytes: count * (8 + out.bytes()),
        flops: count * 5,
    }
}
