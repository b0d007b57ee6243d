//! The low-rank product of a layer's input with each row's adapter.

use super::case::Word;
use super::kv::ROW_UNUSED;
use super::lora::{self, LoraFormat, LoraShape, PackedLora};
use super::{Activation, Case, CaseBuffer, Data, Expect, Sizes};
use crate::gpu::{Caps, Plan, Tier};

/// h[row, :] = scale * A · x[row, :] of the row's adapter, with the header that the expansion reads.
#[derive(Debug, Clone, Copy)]
pub struct LoraShrink {
    /// Rows of the step.
    pub rows: u32,
    /// Numbers in a row of x, a multiple of 32.
    pub width: u32,
    /// Which of a layer's inputs: a column of the adapter table.
    pub group: u32,
    /// Modules that share the input.
    pub modules: u32,
    /// The largest rank of any adapter in the table.
    pub max_rank: u32,
    /// vec4s in a row of h.
    pub stride: u32,
    /// Format of x.
    pub x: Activation,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    width: u32,
    group: u32,
    modules: u32,
    lora_stride: u32,
}

impl LoraShrink {
    /// Binds the step's rows, the adapter table u32 `[adapters, 4 groups, 4]`, A, x (and its scales), h.
    pub fn plan(&self, caps: &Caps) -> Plan {
        let workgroup = match caps.tier {
            Tier::Software => caps.subgroup.unwrap_or(8),
            // An invocation for every 16 numbers of x, up to what every device takes.
            _ => (self.width / 16).next_power_of_two().clamp(64, 256),
        };
        Plan::new("lora_shrink", &[self.x.define(), if caps.subgroup.is_some() { "SUBGROUP" } else { "" }])
            .subgroup(caps)
            .constant("WG", workgroup)
            .params(Params { width: self.width, group: self.group, modules: self.modules, lora_stride: self.stride })
            // The first workgroup of a row writes its header.
            .grid((self.modules * self.max_rank / 4).max(1), self.rows, 1)
    }
}

/// The CPU twin, of one row: A `[modules * rank, width]`.
pub fn twin(a: &[f32], x: &[f32], scale: f32) -> Vec<f32> {
    let dot = |a: &[f32]| a.iter().zip(x).map(|(&a, &x)| f64::from(a) * f64::from(x)).sum::<f64>();
    a.chunks_exact(x.len()).map(|a| (f64::from(scale) * dot(a)) as f32).collect()
}

/// The table of cases.
pub fn cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    // (rows, width, modules, largest rank)
    let shapes: &[(u32, u32, u32, u32)] = match sizes {
        Sizes::Check => &[(1, 32, 1, 16), (6, 96, 3, 32), (5, 576, 2, 128), (4, 2080, 1, 256)],
        Sizes::Bench => &[(1, 3584, 3, 128), (1, 3584, 1, 128), (1, 18944, 1, 128), (8, 3584, 3, 128)],
    };
    let mut cases = Vec::new();
    for &(rows, width, modules, max_rank) in shapes {
        for x in [Activation::F32, Activation::F16, Activation::I8, Activation::I16] {
            let stride = LoraShape::stride(max_rank);
            cases.push(case(&LoraShrink { rows, width, group: 2, modules, max_rank, stride, x }, caps));
        }
    }
    cases
}

fn case(shrink: &LoraShrink, caps: &Caps) -> Case {
    let &LoraShrink { rows, width, group, modules, max_rank, stride, x } = shrink;
    let mut data = Data::new(u64::from(width) << 8 | u64::from(rows));
    // Adapter 0 is the base; 1 in int8 of the largest rank, 2 in halves of the smallest.
    let mut factors: Vec<u32> = Vec::new();
    let mut table = vec![[0u32; 4]; 4];
    let mut adapters = Vec::new();
    for (format, rank, scale) in [(LoraFormat::Int8, max_rank, 1.5f32), (LoraFormat::F16, 16, 0.25)] {
        let a = data.floats((modules * rank * width) as usize, 1.0);
        let packed = PackedLora::new(format, rank, width, &a, &[]);
        let mut entries = [[7u32; 4]; 4];
        entries[group as usize] = lora::entry(format, rank, factors.len(), 0, scale);
        table.extend(entries);
        factors.extend(&packed.a);
        adapters.push((entries[group as usize], packed.unpacked(modules * rank, 0).0, scale));
    }
    let (x_buffers, numbers) = x.store(&data.floats((rows * width) as usize, 1.0));
    let step: Vec<[u32; 4]> =
        (0..rows).map(|row| [0, if row == 4 { ROW_UNUSED } else { row }, 0, (row + 1) % 3]).collect();
    let before = vec![3.0f32.to_bits(); (rows * stride * 4) as usize];
    let mut after: Vec<Word> = before.iter().map(|&word| Word::Bits(word)).collect();
    for (row, step) in step.iter().enumerate() {
        let at = row * stride as usize * 4;
        let adapter = step[3].checked_sub(1).filter(|_| step[1] != ROW_UNUSED).map(|i| &adapters[i as usize]);
        let header = adapter.map_or([0; 4], |(entry, ..)| [entry[1], entry[2], 0, 0]);
        after[at..at + 4].copy_from_slice(&header.map(Word::Bits));
        if let Some((_, a, scale)) = adapter {
            let x = &numbers[row * width as usize..][..width as usize];
            let h = twin(a, x, *scale);
            after[at + 4..at + 4 + h.len()].iter_mut().zip(&h).for_each(|(word, &h)| *word = Word::F32(h));
        }
    }
    let mut buffers = vec![CaseBuffer::input(&step), CaseBuffer::input(&table), CaseBuffer::input(&factors)];
    buffers.extend(x_buffers.iter().map(|bytes| CaseBuffer::input(bytes)));
    buffers.push(CaseBuffer::in_out(&before, Expect::Mixed(after)));
    let numbers = u64::from(modules * max_rank * width);
    Case {
        kernel: "lora_shrink",
        label: format!("{rows}x{width} -> {modules}x{max_rank} {x:?}"),
        plan: shrink.plan(caps),
        buffers,
        bytes: numbers,
        flops: numbers * u64::from(rows) * 2,
    }
}
