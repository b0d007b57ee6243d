//! Quantized matrix times many rows of activations, such as a prompt's chunks, on any device.

use super::weights;
use super::{Activation, Case, CaseBuffer, Data, Expect, Sizes};
use crate::formats::Dtype;
use crate::formats::blocks::Encoding;
use crate::gpu::{Caps, Plan};

/// Rows and columns of y that a workgroup makes.
const EDGE: u32 = 64;

/// y[row, first + n] = W[n, :] · x[row, :] (+ bias[n]).
#[derive(Debug, Clone, Copy)]
pub struct Matmul {
    /// Numbers in a row of x, a multiple of 32.
    pub width: u32,
    /// Rows of W.
    pub outputs: u32,
    /// Rows of x.
    pub rows: u32,
    /// Numbers in a row of y; more than `outputs` where W is a slice of a larger matrix.
    pub stride: u32,
    /// Where in a row of y the outputs begin.
    pub first: u32,
    /// How W is held.
    pub encoding: Encoding,
    /// Whether there is a bias.
    pub bias: bool,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    width: u32,
    outputs: u32,
    rows: u32,
    stride: u32,
    first: u32,
}

impl Matmul {
    /// A product with a whole matrix, without bias.
    pub fn new(rows: u32, outputs: u32, width: u32, encoding: Encoding) -> Self {
        Self { width, outputs, rows, stride: outputs, first: 0, encoding, bias: false }
    }

    /// Binds quants (and scales), x `[rows, width]` in [`Activation::F32`], the bias if there is one, y.
    pub fn plan(&self) -> Plan {
        self.plan_of("matmul", &[]).grid(self.rows.div_ceil(EDGE), self.outputs.div_ceil(EDGE), 1)
    }

    /// The plan of a kernel with these parameters, without its grid.
    pub(super) fn plan_of(&self, kernel: &str, defines: &[&str]) -> Plan {
        let mut all = vec![weights::define(self.encoding)];
        all.extend(defines);
        all.push(if self.bias { "BIAS" } else { "" });
        let Self { width, outputs, rows, stride, first, .. } = *self;
        Plan::new(kernel, &all).params(Params { width, outputs, rows, stride, first })
    }

    /// A case of `plan` on random weights of a file type, with x in the format `format`.
    pub(super) fn case(
        &self,
        dtype: Dtype,
        kernel: &'static str,
        plan: Plan,
        format: Activation,
        sizes: Sizes,
    ) -> Option<Case> {
        let Self { width, outputs, rows, stride, first, encoding, .. } = *self;
        let mut data = Data::new(u64::from(rows) << 32 | u64::from(outputs));
        let weights = weights::random(&mut data, dtype, outputs, width).ok()?;
        let (x_buffers, x) = format.store(&data.floats((rows * width) as usize, 1.0));
        let bias = self.bias.then(|| data.floats(outputs as usize, 3.0));
        // What lies beside the outputs must stay.
        let before = data.floats((rows * stride) as usize, 1.0);
        let mut after = before.clone();
        if sizes == Sizes::Check {
            let products = weights::matmul_twin(&weights, &x, bias.as_deref());
            for (row, products) in after.chunks_mut(stride as usize).zip(products.chunks(outputs as usize)) {
                row[first as usize..(first + outputs) as usize].copy_from_slice(products);
            }
        }
        let expect = if format == Activation::F16 { Expect::F32FromF16(after) } else { Expect::F32(after) };
        let mut buffers = weights::buffers(&weights);
        buffers.extend(x_buffers.iter().map(|bytes| CaseBuffer::input(bytes)));
        buffers.extend(bias.iter().map(|bias| CaseBuffer::input(bias)));
        buffers.push(CaseBuffer::in_out(&before, expect));
        Some(Case {
            kernel,
            label: format!("{rows}x{width} -> {outputs} {dtype}{}", if self.bias { " bias" } else { "" }),
            plan,
            buffers,
            bytes: weights::bytes(encoding, outputs, width)
                + u64::from(rows) * (u64::from(width) * format.bytes() + u64::from(outputs) * 4),
            flops: 2 * u64::from(rows) * u64::from(outputs) * u64::from(width),
        })
    }
}

/// The table of cases.
pub fn cases(_caps: &Caps, sizes: Sizes) -> Vec<Case> {
    table(sizes)
        .iter()
        .filter_map(|(dtype, matmul)| matmul.case(*dtype, "matmul", matmul.plan(), Activation::F32, sizes))
        .collect()
}

/// The products in the tables of kernels that take any number of rows and outputs.
pub(super) fn table(sizes: Sizes) -> Vec<(Dtype, Matmul)> {
    let shapes: &[(u32, u32, u32)] = match sizes {
        Sizes::Check => &[(17, 33, 32), (64, 64, 64), (70, 130, 96), (129, 65, 576)],
        Sizes::Bench => &[(64, 4608, 3584), (512, 4608, 3584), (512, 18944, 3584), (512, 3584, 18944)],
    };
    let mut all = Vec::new();
    for (dtype, encoding) in encodings() {
        for &(rows, outputs, width) in shapes {
            let matmul = Matmul::new(rows, outputs, width, encoding);
            all.push((dtype, matmul));
            if sizes == Sizes::Check {
                all.push((dtype, Matmul { bias: true, ..matmul }));
                all.push((dtype, Matmul { stride: outputs + 101, first: 37, ..matmul }));
            }
        }
    }
    all
}

/// Every encoding, with a file type that gives it.
pub(super) fn encodings() -> impl Iterator<Item = (Dtype, Encoding)> {
    weights::DTYPES.into_iter().filter_map(|dtype| Some((dtype, dtype.encoding().ok()?)))
}
