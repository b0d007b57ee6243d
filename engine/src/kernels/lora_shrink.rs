//! The low-rank product of a layer's input with each row's adapter: on its own, and what kernels share that make it
//! beside the input.

use super::case::Word;
use super::lora::{self, LoraFormat, LoraShape, PackedLora};
use super::{Activation, Case, CaseBuffer, Data, Expect, Sizes};
use crate::gpu::{Caps, Plan, Tier};

/// h[row, :] = scale * A · x[row, :] of the row's adapter, with the header that the expansion reads.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shrink {
    /// Which of a layer's inputs: a column of the rows' adapters.
    pub site: u32,
    /// Modules that share the input.
    pub modules: u32,
    /// Equal parts of the input that it is made of, or heads: the expansion sums them.
    pub parts: u32,
    /// The largest rank of any adapter at the site.
    pub max_rank: u32,
    /// vec4s in a row of h.
    pub stride: u32,
}

impl Shrink {
    /// Parts for which each invocation of a workgroup of 256 has at most one chunk of 16 numbers of the input.
    pub fn parts_of(width: u32) -> u32 {
        (width / 16).div_ceil(256)
    }

    /// Workgroups a row, two numbers of a part each. The first one writes the header, whatever the rank.
    pub(super) fn workgroups(&self) -> u32 {
        (self.modules * self.max_rank / 2).max(1) * self.parts
    }
}

/// [`Shrink`] of an input that is there already, for chunks.
#[derive(Debug, Clone, Copy)]
pub struct LoraShrink {
    /// Rows of the step.
    pub rows: u32,
    /// Numbers in a row of x, a multiple of 32.
    pub width: u32,
    /// The product.
    pub shrink: Shrink,
    /// Format of x.
    pub x: Activation,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    width: u32,
    site: u32,
    modules: u32,
    parts: u32,
    lora_stride: u32,
}

impl LoraShrink {
    /// Binds the rows' adapters u32 `[rows, 4 sites, 4]`, A, x (and its scales), h.
    pub fn plan(&self, caps: &Caps) -> Plan {
        let workgroup = match caps.tier {
            Tier::Software => caps.subgroup.unwrap_or(8),
            // An invocation for every 16 numbers of x, up to what every device takes.
            _ => (self.width / 16).next_power_of_two().clamp(64, 256),
        };
        let Shrink { site, modules, parts, stride, .. } = self.shrink;
        Plan::new("lora_shrink", &[self.x.define(), if caps.subgroup.is_some() { "SUBGROUP" } else { "" }])
            .subgroup(caps)
            .constant("WG", workgroup)
            .params(Params { width: self.width, site, modules, parts, lora_stride: stride })
            .grid(self.shrink.workgroups(), self.rows, 1)
    }
}

/// The CPU twin, of one row: A `[modules * rank, width]`.
pub fn twin(a: &[f32], x: &[f32], scale: f32) -> Vec<f32> {
    let dot = |a: &[f32]| a.iter().zip(x).map(|(&a, &x)| f64::from(a) * f64::from(x)).sum::<f64>();
    a.chunks_exact(x.len()).map(|a| (f64::from(scale) * dot(a)) as f32).collect()
}

/// Random adapters for cases of kernels that shrink: the first row in int8 of the largest rank, the second in halves of
/// the smallest, the third on the base, and so on.
pub(super) struct ShrinkCase {
    /// The bindings: the rows' adapters, A, h.
    pub buffers: [CaseBuffer; 3],
}

impl ShrinkCase {
    /// For `input` `[rows, width]`.
    pub fn new(shrink: &Shrink, rows: u32, input: &[f32], data: &mut Data) -> Self {
        let &Shrink { site, modules, parts, max_rank, stride } = shrink;
        let width = input.len() / rows as usize;
        let mut factors: Vec<u32> = Vec::new();
        let mut adapters = Vec::new();
        for (format, rank, scale) in [(LoraFormat::Int8, max_rank, 1.5f32), (LoraFormat::F16, 16, 0.25)] {
            let a = data.floats((modules * rank) as usize * width, 1.0);
            let packed = PackedLora::new(format, rank, width as u32, &a, &[]);
            let entry = lora::entry(format, rank, factors.len(), 40 * rank as usize, scale);
            factors.extend(&packed.a);
            adapters.push((entry, packed.unpacked(modules * rank, 0).0, scale));
        }
        let before = vec![3.0f32.to_bits(); (rows * stride * 4) as usize];
        let mut after: Vec<Word> = before.iter().map(|&word| Word::Bits(word)).collect();
        let mut table = Vec::new();
        for (row, x) in input.chunks_exact(width).enumerate() {
            let adapter = adapters.get(row % 3);
            let mut entries = [[7u32; 4]; 4];
            entries[site as usize] = adapter.map_or([0; 4], |(entry, ..)| *entry);
            table.extend(entries);
            let [_, b_at, rank, _] = entries[site as usize];
            let numbers = modules * (rank & 0xffff);
            let at = row * stride as usize * 4;
            after[at..at + 4].copy_from_slice(&[b_at, rank, parts, numbers / 4].map(Word::Bits));
            let Some((_, a, scale)) = adapter else { continue };
            let columns = (width / 16).div_ceil(parts as usize) * 16;
            for part in 0..parts as usize {
                // Only this part of x counts.
                let mut only = vec![0f32; width];
                let columns = (part * columns).min(width)..((part + 1) * columns).min(width);
                only[columns.clone()].copy_from_slice(&x[columns]);
                let to = &mut after[at + 4 + part * numbers as usize..][..numbers as usize];
                to.iter_mut().zip(twin(a, &only, *scale)).for_each(|(word, h)| *word = Word::F32(h));
            }
        }
        let h = CaseBuffer::in_out(&before, Expect::Mixed(after));
        Self { buffers: [CaseBuffer::input(&table), CaseBuffer::input(&factors), h] }
    }
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
            let parts = if rows == 5 { 3 } else { 1 };
            let stride = LoraShape::stride(3 * parts, max_rank);
            let shrink = Shrink { site: 2, modules, parts, max_rank, stride };
            cases.push(case(&LoraShrink { rows, width, shrink, x }, caps));
        }
    }
    cases
}

fn case(lora: &LoraShrink, caps: &Caps) -> Case {
    let &LoraShrink { rows, width, shrink, x } = lora;
    let mut data = Data::new(u64::from(width) << 8 | u64::from(rows));
    let (x_buffers, numbers) = x.store(&data.floats((rows * width) as usize, 1.0));
    let [adapters, factors, h] = ShrinkCase::new(&shrink, rows, &numbers, &mut data).buffers;
    let mut buffers = vec![adapters, factors];
    buffers.extend(x_buffers.iter().map(|bytes| CaseBuffer::input(bytes)));
    buffers.push(h);
    let numbers = u64::from(shrink.modules * shrink.max_rank * width);
    Case {
        kernel: "lora_shrink",
        label: format!("{rows}x{width} -> {}x{} {x:?}", shrink.modules, shrink.max_rank),
        plan: lora.plan(caps),
        buffers,
        bytes: numbers,
        flops: numbers * u64::from(rows) * 2,
    }
}
