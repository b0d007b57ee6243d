//! y = x · Wᵀ (+ bias) for many rows, such as a prompt's chunks, on any device.

use super::{Activation, Case, CaseBuffer, Data, Expect, Sizes};
use crate::formats::{Encoding, Packed};
use crate::gpu::{Caps, Plan};
use half::f16;

/// Rows and columns of y that a workgroup makes.
const EDGE: u32 = 64;

/// A product with a matrix of weights `[n, k]`, or with a slice of its rows.
#[derive(Debug, Clone, Copy)]
pub struct Matmul {
    /// Rows of x and y.
    pub rows: u32,
    /// Rows of W.
    pub n: u32,
    /// Numbers in a row of x and of W, a multiple of 32.
    pub k: u32,
    /// How W is held.
    pub weights: Encoding,
    /// Whether a bias is added.
    pub bias: bool,
    /// Numbers in a row of y: `n`, or more where W is a slice of a larger matrix.
    pub y_width: u32,
    /// The column of y that W's first row makes.
    pub y_first: u32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    rows: u32,
    n: u32,
    k: u32,
    y_width: u32,
    y_first: u32,
}

impl Matmul {
    /// A product with a whole matrix, without bias.
    pub fn new(rows: u32, n: u32, k: u32, weights: Encoding) -> Self {
        Self { rows, n, k, weights, bias: false, y_width: n, y_first: 0 }
    }

    /// Binds the weights' quants and, but for floats, scales; x `[rows, k]` in [`Activation::F32`]; with `bias`
    /// `[n]` f32; y `[rows, y_width]` f32. Any rows and n.
    pub fn plan(&self) -> Plan {
        self.plan_of("matmul", &[]).grid(self.rows.div_ceil(EDGE), self.n.div_ceil(EDGE), 1)
    }

    /// The plan of a kernel with these parameters, without its grid.
    pub(super) fn plan_of(&self, kernel: &str, defines: &[&str]) -> Plan {
        let mut all = vec![define(self.weights)];
        all.extend(defines);
        all.push(if self.bias { "BIAS" } else { "" });
        let Self { rows, n, k, y_width, y_first, .. } = *self;
        Plan::new(kernel, &all).params(Params { rows, n, k, y_width, y_first })
    }

    /// A case of `plan` on random data, x in the format `format`.
    pub(super) fn case(&self, kernel: &'static str, plan: Plan, format: Activation, sizes: Sizes) -> Case {
        let (rows, n, k) = (self.rows as usize, self.n as usize, self.k as usize);
        let mut data = Data::new(u64::from(self.rows) << 32 | u64::from(self.n));
        let weights = random(&mut data, self.weights, n, k);
        let (stored, x) = format.store(&data.floats(rows * k, 1.0));
        let bias = self.bias.then(|| data.floats(n, 3.0));
        // What lies outside of a slice's columns must stay.
        let before = data.floats(rows * self.y_width as usize, 1.0);
        let mut after = before.clone();
        if sizes == Sizes::Check {
            let made = twin(&x, &weights.dequantize(), k, bias.as_deref());
            for (row, made) in after.chunks_mut(self.y_width as usize).zip(made.chunks(n)) {
                row[self.y_first as usize..][..n].copy_from_slice(made);
            }
        }
        let expect = if format == Activation::F32 { Expect::F32(after) } else { Expect::F32FromF16(after) };
        let mut buffers = vec![CaseBuffer::input(&weights.quants)];
        if !weights.scales.is_empty() {
            buffers.push(CaseBuffer::input(&weights.scales));
        }
        buffers.extend(stored.iter().map(|bytes| CaseBuffer::input(bytes)));
        buffers.extend(bias.iter().map(|bias| CaseBuffer::input(bias)));
        buffers.push(CaseBuffer::in_out(&before, expect));
        let bias = if self.bias { " bias" } else { "" };
        Case {
            kernel,
            label: format!("{}x{}x{}{bias} {}", self.rows, self.n, self.k, define(self.weights)),
            plan,
            bytes: (weights.quants.len() + weights.scales.len() + rows * n) as u64 * 4
                + (rows * k) as u64 * format.bytes(),
            buffers,
            flops: 2 * (rows * n * k) as u64,
        }
    }
}

/// The CPU twin: `[rows, n]` from x `[rows, k]` and the decoded weights `[n, k]`.
pub fn twin(x: &[f32], weights: &[f32], k: usize, bias: Option<&[f32]>) -> Vec<f32> {
    let mut y = Vec::with_capacity(x.len() / k * (weights.len() / k));
    for x in x.chunks_exact(k) {
        for (column, w) in weights.chunks_exact(k).enumerate() {
            let product: f64 = x.iter().zip(w).map(|(&x, &w)| f64::from(x) * f64::from(w)).sum();
            y.push((product + bias.map_or(0.0, |bias| f64::from(bias[column]))) as f32);
        }
    }
    y
}

/// The table of cases.
pub fn cases(_caps: &Caps, sizes: Sizes) -> Vec<Case> {
    let shapes: &[(u32, u32, u32)] = match sizes {
        Sizes::Check => &[(17, 33, 32), (64, 64, 64), (70, 130, 96), (129, 65, 576)],
        Sizes::Bench => &[(64, 4608, 3584), (512, 3584, 3584), (512, 18944, 3584), (512, 3584, 18944)],
    };
    let mut cases = Vec::new();
    for weights in ENCODINGS {
        for &(rows, n, k) in shapes {
            for bias in [false, true].into_iter().take(if sizes == Sizes::Check { 2 } else { 1 }) {
                let matmul = Matmul { bias, ..Matmul::new(rows, n, k, weights) };
                cases.push(matmul.case("matmul", matmul.plan(), Activation::F32, sizes));
            }
        }
    }
    if sizes == Sizes::Check {
        let slice = Matmul { bias: true, y_width: 200, y_first: 90, ..Matmul::new(20, 70, 64, Encoding::W8) };
        cases.push(slice.case("matmul", slice.plan(), Activation::F32, sizes));
    }
    cases
}

/// Every way of holding weights.
pub(super) const ENCODINGS: [Encoding; 5] =
    [Encoding::W4 { min: false }, Encoding::W4 { min: true }, Encoding::W8, Encoding::F16, Encoding::F32];

/// The define that selects an encoding in shaders.
pub(super) fn define(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::F32 => "F32",
        Encoding::F16 => "F16",
        Encoding::W8 => "W8",
        Encoding::W4 { min: false } => "W4",
        Encoding::W4 { min: true } => "W4M",
    }
}

/// Random weights `[rows, cols]` of magnitudes up to about one, with every code.
pub(super) fn random(data: &mut Data, encoding: Encoding, rows: usize, cols: usize) -> Packed {
    let groups = rows * cols / 32;
    let (words, scale_words) = (groups * encoding.group_words(), encoding.scale_words(groups));
    let mut halves = |count: usize, low: f32, high: f32| -> Vec<u32> {
        let mut half = |scale: f32| u32::from(f16::from_f32(data.unit() * scale).to_bits());
        (0..count).map(|_| half(low) | half(high) << 16).collect()
    };
    let scales = match encoding {
        Encoding::F32 | Encoding::F16 => vec![],
        Encoding::W8 => halves(scale_words, 1.0 / 127.0, 1.0 / 127.0),
        Encoding::W4 { min: false } => halves(scale_words, 1.0 / 8.0, 1.0 / 8.0),
        Encoding::W4 { min: true } => halves(scale_words, 1.0 / 15.0, 0.5),
    };
    let quants = match encoding {
        Encoding::F16 => halves(words, 1.0, 1.0),
        Encoding::F32 => data.floats(words, 1.0).iter().map(|v| v.to_bits()).collect(),
        Encoding::W8 | Encoding::W4 { .. } => (0..words).map(|_| data.bits() as u32).collect(),
    };
    Packed { encoding, rows, cols, quants, scales }
}
