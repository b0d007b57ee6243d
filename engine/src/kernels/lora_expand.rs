//! The expansion of low-rank adapters after a matmul of many rows.

use super::lora::{LANES, LoraCase, LoraShape};
use super::{Case, CaseBuffer, Data, Expect, Sizes};
use crate::gpu::{Caps, Plan, Tier};

/// y[row, :] += B · h[row, :] of the row's adapter.
#[derive(Debug, Clone, Copy)]
pub struct LoraExpand {
    /// Rows of y.
    pub rows: u32,
    /// The matrix.
    pub shape: LoraShape,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    stride: u32,
    lora_stride: u32,
    lora_outputs: u32,
    second: u32,
    third: u32,
}

impl LoraExpand {
    /// Binds y f32 `[rows, outputs]`, h (in one part on software drivers) and B.
    pub fn plan(&self, caps: &Caps) -> Plan {
        let LoraShape { outputs, second, third, stride } = self.shape;
        let (reduce, workgroup, lanes) = match caps.tier {
            Tier::Software => ("REDUCE_LANE", 16, 1),
            Tier::Portable | Tier::Subgroup | Tier::Matrix => ("", 128, LANES),
        };
        Plan::new("lora_expand", &[reduce])
            .constant("WG", workgroup)
            .params(Params { stride: outputs, lora_stride: stride, lora_outputs: outputs, second, third })
            .grid(outputs.div_ceil(workgroup / lanes), self.rows, 1)
    }
}

/// The table of cases.
pub fn cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    // (rows, outputs, second, third, largest rank, ranks)
    type Shape = (u32, u32, u32, u32, u32, [u32; 2]);
    const NONE: u32 = u32::MAX;
    let shapes: &[Shape] = match sizes {
        Sizes::Check => {
            &[(1, 5, NONE, NONE, 16, [16, 16]), (5, 130, 65, NONE, 48, [16, 48]), (7, 96, 64, 80, 256, [256, 32])]
        }
        Sizes::Bench => &[(512, 4608, 3584, 4096, 128, [128, 128]), (512, 37888, 18944, NONE, 128, [128, 128])],
    };
    let most_parts = if caps.tier == Tier::Software { 1 } else { usize::MAX };
    shapes
        .iter()
        .map(|&(rows, outputs, second, third, max_rank, ranks)| {
            let shape = LoraShape { outputs, second, third, stride: LoraShape::stride(3, max_rank) };
            let mut data = Data::new(u64::from(outputs));
            let lora = LoraCase::new(&shape, rows, ranks, most_parts, &mut data);
            let before = data.floats((rows * outputs) as usize, 1.0);
            let after = before.iter().zip(&lora.gains).map(|(&y, gain)| (f64::from(y) + gain) as f32).collect();
            let mut buffers = vec![CaseBuffer::in_out(&before, Expect::F32(after))];
            buffers.extend(lora.buffers);
            Case {
                kernel: "lora_expand",
                label: format!("{rows} rows, {outputs} outputs, ranks {ranks:?}"),
                plan: LoraExpand { rows, shape }.plan(caps),
                buffers,
                bytes: u64::from(rows * outputs) * 8,
                flops: u64::from(rows * outputs) * u64::from(ranks[0] + ranks[1]) * 2 / 3,
            }
        })
        .collect()
}
