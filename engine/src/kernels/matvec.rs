//! Quantized matrix times few rows of activations: decoding reads every weight once a step, so this is where its time
//! goes.

use super::lora::{self, Expansion, LoraCase, LoraShape};
use super::weights::{self, matmul_twin};
use super::{Activation, Case, CaseBuffer, Data, Expect, Sizes, Storage, matvec_texture};
use crate::formats::blocks::Encoding;
use crate::gpu::{Caps, Plan, Tier};

/// y[row, first + n] = W[n, :] · x[row, :] (+ bias[n]).
#[derive(Debug, Clone, Copy)]
pub struct MatVec {
    /// Numbers a row of x, a multiple of 32.
    pub width: u32,
    /// Rows of W.
    pub outputs: u32,
    /// Rows of x.
    pub rows: u32,
    /// Numbers a row of y.
    pub stride: u32,
    /// Where in a row of y the outputs begin.
    pub first: u32,
    /// How W is held.
    pub encoding: Encoding,
    /// How x is held: [`Activation::F32`], or an integer format with 4- and 8-bit weights.
    pub x: Activation,
    /// Whether there is a bias.
    pub bias: bool,
    /// What adapters add, if any of the rows may have one; not on software drivers.
    pub lora: Option<Expansion>,
}

/// How the work is cut. A new cut needs its line in `permutations.txt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Invocations a workgroup.
    pub workgroup: u32,
    /// Invocations that share a run of outputs.
    pub lanes: u32,
    /// Outputs an invocation works on at a time.
    pub outputs: u32,
    /// Rows an invocation works on at a time: a power of two up to 8.
    pub rows: u32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct Params {
    width: u32,
    outputs: u32,
    rows: u32,
    stride: u32,
    first: u32,
    // Only read with LORA.
    lora_stride: u32,
    lora_outputs: u32,
    second: u32,
    third: u32,
    gains: u32,
    lora_groups: u32,
}

impl MatVec {
    /// Binds the weights as [`Storage::of`] them (quants and scales, or a texture), x (and its scales), the bias if
    /// there is one, y, and with adapters h and B (`shared/lora.wgsl`); these also make the rows of y from
    /// [`Expansion::gains`] on.
    pub fn plan(&self, caps: &Caps) -> Plan {
        match (Storage::of(caps, self.encoding), caps.texture_lanes) {
            (Storage::Texture, Some(lanes)) => matvec_texture::plan(self, lanes, matvec_texture::cut(self, lanes)),
            _ => self.plan_cut(caps, self.cut(caps)),
        }
    }

    /// For workgroups of so many invocations.
    pub(super) fn params(&self, workgroup: u32) -> Params {
        let &Self { width, outputs, rows, stride, first, .. } = self;
        let none = Expansion { shape: LoraShape { outputs: 0, second: 0, third: 0, stride: 0 }, gains: 0 };
        let Expansion { shape, gains } = self.lora.unwrap_or(none);
        let LoraShape { outputs: lora_outputs, second, third, stride: lora_stride } = shape;
        let lora_groups = self.lora.map_or(0, |_| outputs.div_ceil(workgroup / lora::LANES));
        Params { width, outputs, rows, stride, first, lora_stride, lora_outputs, second, third, gains, lora_groups }
    }

    /// The cut that measured best by tier (docs/benchmarks.md).
    pub fn cut(&self, caps: &Caps) -> Cut {
        let rows = self.rows.next_power_of_two().min(8);
        match caps.tier {
            Tier::Software => Cut { workgroup: 16, lanes: 1, outputs: 4, rows: rows.min(4) },
            Tier::Portable if rows == 1 => Cut { workgroup: 64, lanes: 32, outputs: 2, rows },
            Tier::Subgroup | Tier::Matrix if rows <= 2 => {
                let size = caps.subgroup.unwrap_or(32);
                let lanes = if self.width >= 2048 { 64 } else { 32 };
                Cut { workgroup: 128, lanes: lanes.max(size).min(128), outputs: 2, rows }
            }
            // Of many rows' sums, bringing those of many lanes together would take longer than making them. The lanes
            // depend on the shape alone, so that a row's bits do not depend on how many rows there are.
            Tier::Portable | Tier::Subgroup | Tier::Matrix => {
                let lanes = if self.outputs >= 8192 { 16 } else { 32 };
                Cut { workgroup: 64, lanes, outputs: if rows == 8 { 4 } else { 2 }, rows }
            }
        }
    }

    /// A plan over weights in buffers with a given cut; lanes shrink where the grid would exceed 65535 workgroups.
    pub fn plan_cut(&self, caps: &Caps, mut cut: Cut) -> Plan {
        let least = caps.subgroup.unwrap_or(1);
        let expanding = self.lora.map_or(0, |_| self.outputs.div_ceil(cut.workgroup / lora::LANES));
        let groups = |cut: Cut| self.outputs.div_ceil(cut.workgroup / cut.lanes * cut.outputs);
        while expanding + groups(cut) > 65535 && cut.lanes / 2 >= least {
            cut.lanes /= 2;
        }
        let reduce = match (cut.lanes, caps.subgroup) {
            (1, _) => "REDUCE_LANE",
            // A subgroup's sum takes five steps; many sums are quicker in workgroup memory.
            (_, Some(_)) if cut.rows <= 2 => "SUBGROUP",
            _ => "REDUCE_SHARED",
        };
        let plan = Plan::new(
            "matvec",
            &[
                weights::define(self.encoding),
                self.x.define(),
                &format!("ROWS={}", cut.rows),
                &format!("OUTPUTS={}", cut.outputs),
                reduce,
                if self.bias { "BIAS" } else { "" },
                if self.lora.is_some() { "LORA" } else { "" },
            ],
        );
        let plan = if reduce == "SUBGROUP" { plan.subgroup(caps) } else { plan };
        let params = self.params(cut.workgroup);
        plan.constant("WG", cut.workgroup).constant("LANES", cut.lanes).params(params).grid(
            params.lora_groups + groups(cut),
            self.rows.div_ceil(cut.rows),
            1,
        )
    }
}

/// The table of cases.
pub fn cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    // Software drivers with other subgroups keep weights in buffers.
    let with_buffers = Caps { texture_lanes: None, ..caps.clone() };
    let mut cases = cases_of(caps, sizes);
    if caps.texture_lanes.is_some() && sizes == Sizes::Check {
        cases.extend(cases_of(&with_buffers, sizes));
    }
    cases
}

fn cases_of(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    let shapes: &[(u32, u32, u32)] = match sizes {
        // (rows, outputs, width): one group, odd counts of groups and outputs, more rows than one dispatch takes
        Sizes::Check => &[(1, 5, 32), (1, 67, 96), (2, 33, 576), (3, 8, 2080), (8, 19, 160), (16, 10, 64), (21, 6, 96)],
        Sizes::Bench => &[
            (1, 4608, 3584),
            (1, 3584, 3584),
            (1, 37888, 3584),
            (1, 3584, 18944),
            (1, 152_064, 3584),
            (4, 37888, 3584),
            (16, 37888, 3584),
        ],
    };
    let mut cases = Vec::new();
    for (i, &(rows, outputs, width)) in shapes.iter().enumerate() {
        for dtype in weights::DTYPES {
            if sizes == Sizes::Bench && !matches!(dtype, crate::formats::Dtype::Q4_0 | crate::formats::Dtype::Q8_0) {
                continue;
            }
            let Ok(encoding) = dtype.encoding() else { continue };
            let floats = matches!(encoding, Encoding::F32 | Encoding::F16);
            for x in [Activation::F32, Activation::I8, Activation::I16] {
                if !(floats && x.is_integer()) {
                    let bias = i % 2 == 1;
                    let (stride, first) = (outputs + 3, 2);
                    let matvec = MatVec { width, outputs, rows, stride, first, encoding, x, bias, lora: None };
                    cases.extend(case(&matvec, dtype, caps, sizes));
                    if caps.tier != Tier::Software {
                        // The slice begins in the first module and ends in the third; h has room for several parts.
                        let row = LoraShape::stride(3, if sizes == Sizes::Check { 112 } else { 128 });
                        let shape = LoraShape { outputs: stride, second: 3, third: outputs, stride: row };
                        let lora = Some(Expansion { shape, gains: (rows + 1) * stride });
                        cases.extend(case(&MatVec { lora, ..matvec }, dtype, caps, sizes));
                    }
                }
            }
        }
    }
    cases
}

/// A case of `matvec` on random weights of a file type.
pub fn case(matvec: &MatVec, dtype: crate::formats::Dtype, caps: &Caps, sizes: Sizes) -> Option<Case> {
    let &MatVec { width, outputs, rows, stride, first, encoding, .. } = matvec;
    let mut data = Data::new(u64::from(outputs));
    let weights = weights::random(&mut data, dtype, outputs, width).ok()?;
    let (x_buffers, x) = matvec.x.store(&data.floats((rows * width) as usize, 1.0));
    let bias = data.floats(outputs as usize, 1.0);
    let mut buffers = weights::stored(&weights, caps);
    buffers.extend(x_buffers.iter().map(|bytes| CaseBuffer::input(bytes)));
    if matvec.bias {
        buffers.push(CaseBuffer::input(&bias));
    }
    // What lies beside the outputs must stay.
    let numbers = (rows * stride) as usize;
    let gains = matvec.lora.map_or(0, |lora| lora.gains as usize);
    let mut y = vec![7.0f32; gains + numbers];
    let before = y.clone();
    let ranks = if sizes == Sizes::Check { [32, 48] } else { [128, 128] };
    let lora = matvec.lora.map(|lora| LoraCase::new(&lora.shape, rows, ranks, usize::MAX, &mut data));
    if sizes == Sizes::Check {
        let products = matmul_twin(&weights, &x, matvec.bias.then_some(&bias));
        for (row, products) in y.chunks_mut(stride as usize).zip(products.chunks(outputs as usize)) {
            row[first as usize..(first + outputs) as usize].copy_from_slice(products);
        }
        for (i, gain) in lora.iter().flat_map(|lora| lora.gains.iter().enumerate()) {
            if (first..first + outputs).contains(&(i as u32 % stride)) {
                y[gains + i] = *gain as f32;
            }
        }
    }
    buffers.push(CaseBuffer::in_out(&before, Expect::F32(y)));
    buffers.extend(lora.into_iter().flat_map(|lora| lora.buffers));
    Some(Case {
        kernel: "matvec",
        label: format!(
            "{rows}x{width} -> {outputs} {dtype} {:?}{}{}",
            matvec.x,
            if matvec.bias { " bias" } else { "" },
            if matvec.lora.is_some() { " lora" } else { "" }
        ),
        plan: matvec.plan(caps),
        buffers,
        bytes: weights::bytes(encoding, outputs, width),
        flops: 2 * u64::from(rows) * u64::from(outputs) * u64::from(width),
    })
}
