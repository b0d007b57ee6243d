//! The rows of a chunk whose logits are wanted.

use super::{Case, CaseBuffer, Data, Expect, Sizes};
use crate::gpu::{Caps, Plan};

/// out[i] = x[rows[i]] + delta[rows[i]].
#[derive(Debug, Clone, Copy)]
pub struct Gather {
    /// Rows of the output.
    pub wanted: u32,
    /// Numbers a row, a multiple of 4.
    pub width: u32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    width: u32,
}

impl Gather {
    /// Binds the row numbers `[wanted]`, x, delta (both `[rows, width]`), out `[wanted, width]`.
    pub fn plan(&self, _caps: &Caps) -> Plan {
        Plan::new("gather", &[]).constant("WG", 32).params(Params { width: self.width }).grid(self.wanted, 1, 1)
    }
}

/// The CPU twin.
pub fn twin(rows: &[u32], x: &[f32], delta: &[f32], width: usize) -> Vec<f32> {
    let row = |&row: &u32| (row as usize * width..(row as usize + 1) * width).map(|i| x[i] + delta[i]);
    rows.iter().flat_map(row).collect()
}

/// The table of cases.
pub fn cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    let shapes: &[(u32, u32)] = match sizes {
        Sizes::Check => &[(1, 32), (3, 576), (5, 2080)],
        Sizes::Bench => &[(1, 3584)],
    };
    let case = |&(wanted, width): &(u32, u32)| {
        let mut data = Data::new(u64::from(width));
        let rows: Vec<u32> = (0..wanted).map(|_| data.below(9)).collect();
        let (x, delta) = (data.floats(9 * width as usize, 1.0), data.floats(9 * width as usize, 1.0));
        let out = twin(&rows, &x, &delta, width as usize);
        Case {
            kernel: "gather",
            label: format!("{wanted}x{width}"),
            plan: Gather { wanted, width }.plan(caps),
            buffers: vec![
                CaseBuffer::input(&rows),
                CaseBuffer::input(&x),
                CaseBuffer::input(&delta),
                CaseBuffer::output(Expect::F32(out)),
            ],
            bytes: u64::from(wanted * width) * 12,
            flops: u64::from(wanted * width),
        }
    };
    shapes.iter().map(case).collect()
}
