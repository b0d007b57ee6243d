//! Hidden states of a run of positions, pooled into one vector a slot while the steps that make them go by.

use super::{Case, CaseBuffer, Data, Expect, Sizes};
use crate::gpu::{Caps, Plan};

/// What a slot's probe reads in a step, as the GPU sees it: `shared/probe_reads.wgsl`. All zeros is an unused slot.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct Read {
    /// First row of the step that is pooled.
    pub first: u32,
    /// How many are.
    pub rows: u32,
    /// Positions that were pooled in steps before.
    pub before: u32,
    /// 1 if these rows are the last, and the probe's number is to be made.
    pub is_last: u32,
    /// Positions that are averaged, at least 1.
    pub chunk: u32,
    /// How much of what was pooled before stays when an average comes, 0 to 1.
    pub ema: f32,
    /// Where the probe's weights begin, in vec4s.
    pub weights: u32,
    /// Rows of its first matrix.
    pub units: u32,
}

/// Pools rows of `[rows, width]` for some slots.
#[derive(Debug, Clone, Copy)]
pub struct Pool {
    /// Numbers a row, a multiple of 4.
    pub width: u32,
    /// Slots.
    pub slots: u32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    width: u32,
}

impl Pool {
    /// Binds the [`Read`]s `[slots]`, x `[rows, width]`, what is pooled `[slots, 2, width]`.
    pub fn plan(&self, _caps: &Caps) -> Plan {
        const WG: u32 = 32;
        let params = Params { width: self.width };
        Plan::new("pool", &[]).constant("WG", WG).params(params).grid((self.width / 4).div_ceil(WG), self.slots, 1)
    }
}

/// The CPU twin: the whole run of positions, `[positions, width]`, at once.
pub fn twin(x: &[f32], width: usize, chunk: usize, ema: f32) -> Vec<f32> {
    let mut pooled: Option<Vec<f64>> = None;
    for rows in x.chunks(chunk * width) {
        let count = (rows.len() / width) as f64;
        let mean = |k: usize| rows.iter().skip(k).step_by(width).map(|&v| f64::from(v)).sum::<f64>() / count;
        let kept = f64::from(ema);
        let next = |(k, s): (usize, &f64)| kept * s + (1.0 - kept) * mean(k);
        pooled = Some(match pooled {
            None => (0..width).map(mean).collect(),
            Some(s) => s.iter().enumerate().map(next).collect(),
        });
    }
    pooled.unwrap_or_else(|| vec![0.0; width]).into_iter().map(|v| v as f32).collect()
}

/// The table of cases.
pub fn cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    // (width, rows of the step)
    let shapes: &[(u32, u32)] = match sizes {
        Sizes::Check => &[(32, 9), (576, 40), (2080, 17)],
        Sizes::Bench => &[(576, 512), (3584, 512)],
    };
    shapes.iter().map(|&(width, rows)| case(width, rows, sizes, caps)).collect()
}

/// Slots at several places of their runs: a whole run in one step, a first part, a last part, one in the middle that
/// ends with a chunk, and an unused one.
fn case(width: u32, rows: u32, sizes: Sizes, caps: &Caps) -> Case {
    let read = |first, rows, before, is_last, chunk| Read {
        first,
        rows,
        before,
        is_last,
        chunk,
        ema: 0.5,
        weights: 0,
        units: 0,
    };
    let reads = match sizes {
        Sizes::Check => vec![
            read(0, rows, 0, 1, 4),
            read(1, 5, 0, 0, 4),
            read(2, 3, 5, 1, 4),
            Read { ema: 0.9, ..read(0, 6, 6, 0, 4) },
            read(0, 0, 0, 0, 1),
            read(rows - 1, 1, 0, 1, 1),
        ],
        Sizes::Bench => vec![read(0, rows, 0, 1, 128)],
    };
    let wide = width as usize;
    let mut data = Data::new(u64::from(width));
    let x = data.floats((rows * width) as usize, 2.0);
    let mut before = vec![7.0f32; reads.len() * 2 * wide];
    let mut after = before.clone();
    for (slot, read) in reads.iter().enumerate().filter(|(_, read)| read.rows > 0) {
        // What came before the step, and what the step adds.
        let mut run = data.floats(read.before as usize * wide, 2.0);
        let (chunk, place) = (read.chunk as usize, slot * 2 * wide);
        let state = |run: &[f32], is_last: bool| {
            let whole = if is_last { run.len() } else { run.len() / (chunk * wide) * chunk * wide };
            let rest = &run[(run.len() / wide).saturating_sub(1) / chunk * chunk * wide..];
            let sum = |k: usize| rest.iter().skip(k).step_by(wide).sum::<f32>();
            let pooled = if whole == 0 { vec![7.0; wide] } else { twin(&run[..whole], wide, chunk, read.ema) };
            [pooled, (0..wide).map(sum).collect()].concat()
        };
        if !run.is_empty() {
            before[place..][..2 * wide].copy_from_slice(&state(&run, false));
        }
        run.extend_from_slice(&x[read.first as usize * wide..][..read.rows as usize * wide]);
        after[place..][..2 * wide].copy_from_slice(&state(&run, read.is_last == 1));
    }
    let pool = Pool { width, slots: reads.len() as u32 };
    let pooled_rows: u32 = reads.iter().map(|read| read.rows).sum();
    Case {
        kernel: "pool",
        label: format!("{rows}x{width}"),
        plan: pool.plan(caps),
        buffers: vec![
            CaseBuffer::input(&reads),
            CaseBuffer::input(&x),
            CaseBuffer::in_out(&before, Expect::F32(after)),
        ],
        bytes: u64::from(pooled_rows * width) * 4,
        flops: u64::from(pooled_rows * width),
    }
}
