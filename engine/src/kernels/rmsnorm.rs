//! Root-mean-square normalisation, with the residual addition before it.

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
    /// First x += delta, keeping x.
    pub add: bool,
    /// Format of the output.
    pub out: Activation,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    width: u32,
    eps: f32,
}

impl RmsNorm {
    /// Binds weight `[width]`, x `[rows, width]`, with `add` delta `[rows, width]`, then the output.
    pub fn plan(&self, caps: &Caps) -> Plan {
        let add = if self.add { "ADD" } else { "" };
        let subgroup = caps.small_subgroup();
        let workgroup = match caps.tier {
            Tier::Software => 8,
            _ if self.width >= 2048 => 256,
            _ => 64,
        };
        let plan = Plan::new("rmsnorm", &[add, self.out.define(), if subgroup.is_some() { "SUBGROUP" } else { "" }])
            .constant("WG", workgroup);
        let plan = match subgroup {
            Some(size) => plan.constant("SG", size),
            None => plan,
        };
        plan.params(Params { width: self.width, eps: self.eps }).grid(self.rows, 1, 1)
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
            for add in [false, true] {
                cases.push(case(&RmsNorm { rows, width, eps: 1e-5, add, out }, caps));
            }
        }
    }
    cases
}

fn case(norm: &RmsNorm, caps: &Caps) -> Case {
    let count = (norm.rows * norm.width) as usize;
    let mut data = Data::new(u64::from(norm.width));
    let weight = data.floats(norm.width as usize, 2.0);
    let x = data.floats(count, 3.0);
    let mut buffers = vec![CaseBuffer::input(&weight)];
    let input = if norm.add {
        let delta = data.floats(count, 1.0);
        let sum: Vec<f32> = x.iter().zip(&delta).map(|(a, b)| a + b).collect();
        buffers.push(CaseBuffer::in_out(&x, Expect::F32(sum.clone())));
        buffers.push(CaseBuffer::input(&delta));
        sum
    } else {
        buffers.push(CaseBuffer::input(&x));
        x
    };
    buffers.extend(norm.out.expect(&twin(&input, &weight, norm.eps)).into_iter().map(CaseBuffer::output));
    let add = if norm.add { " add" } else { "" };
    Case {
        kernel: "rmsnorm",
        label: format!("{}x{}{add} {:?}", norm.rows, norm.width, norm.out),
        plan: norm.plan(caps),
        buffers,
        bytes: count as u64 * (4 + norm.out.bytes() + if norm.add { 8 } else { 0 }),
        flops: count as u64 * 4,
    }
}
