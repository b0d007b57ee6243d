//! The gated activation of the feed-forward block.

use super::{Activation, Case, CaseBuffer, Data, Sizes};
use crate::gpu::{Caps, Plan};

/// out = silu(gate) * up for `[rows, width]`.
#[derive(Debug, Clone, Copy)]
pub struct SiluMul {
    /// Rows.
    pub rows: u32,
    /// Numbers a row of the output, a multiple of 32.
    pub width: u32,
    /// Format of the output.
    pub out: Activation,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    width: u32,
}

impl SiluMul {
    /// Binds gate_up `[rows, 2 * width]` (gate first), then the output.
    pub fn plan(&self, caps: &Caps) -> Plan {
        let workgroup = if self.width >= 2048 { 128 } else { 32 };
        let subgroup = if caps.small_subgroup().is_some() { "SUBGROUP" } else { "" };
        Plan::new("silu_mul", &[self.out.define(), subgroup])
            .constant("WG", workgroup)
            .params(Params { width: self.width })
            .grid((self.width / 8).div_ceil(workgroup), self.rows, 1)
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
        for out in [Activation::F32, Activation::F16, Activation::I8, Activation::I16] {
            let count = u64::from(rows) * u64::from(width);
            // Gates to ±100: the exponential overflows and must give 0, not NaN.
            let gate_up = Data::new(u64::from(width)).floats(count as usize * 2, if rows == 2 { 100.0 } else { 4.0 });
            let mut buffers = vec![CaseBuffer::input(&gate_up)];
            let values = twin(&gate_up, width as usize);
            buffers.extend(out.expect(&values).into_iter().map(CaseBuffer::output));
            cases.push(Case {
                kernel: "silu_mul",
                label: format!("{rows}x{width} {out:?}"),
                plan: SiluMul { rows, width, out }.plan(caps),
                buffers,
                bytes: count * (8 + out.bytes()),
                flops: count * 5,
            });
        }
    }
    cases
}
