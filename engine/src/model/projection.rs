//! Products with a layer's matrices: which kernel, which format of the input, and what adapters add.

use super::forward::Forward;
use super::shape::{DECODE_ROWS, Precision, Shape};
use super::{Matrix, Scratch, Slice};
use crate::adapter::Site;
use crate::formats::blocks::Encoding;
use crate::gpu::{Plan, Recording, Tier, View};
use crate::kernels::lora::{Expansion, LoraShape};
use crate::kernels::lora_expand::LoraExpand;
use crate::kernels::lora_shrink::{LoraShrink, Shrink};
use crate::kernels::matmul::Matmul;
use crate::kernels::matvec::MatVec;
use crate::kernels::{Activation, ActivationViews, matmul_f16, matmul_int8, matmul_matrix};
use crate::{Error, Result};

/// A product y[rows, outputs] = x[rows, width] · Wᵀ.
pub(super) struct Linear<'a> {
    pub matrix: &'a Matrix,
    pub rows: u32,
    pub x: ActivationViews,
    pub y: View,
    /// What adapters add to y.
    pub lora: Option<Lora>,
}

/// Adapters at one of a layer's inputs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lora {
    /// The factors A and B.
    pub factors: (View, View),
    /// The low-rank product of the input.
    pub shrink: Shrink,
    /// The matrix that its expansion adds to.
    pub matrix: LoraShape,
    /// The product is made by the kernel that makes the input and expanded by the one that multiplies by the matrix,
    /// not by kernels of their own.
    pub is_beside: bool,
}

impl Forward<'_> {
    /// The adapters of a layer's input, if any row may have one.
    pub(super) fn lora(&self, shape: Shape, layer: usize, site: Site) -> Option<Lora> {
        let max_rank = self.lora.ranks[site as usize];
        if !shape.adapted || max_rank == 0 {
            return None;
        }
        let matrix = site.shape(self.config);
        // Chunks have many rows, and dispatches cost little on software drivers.
        let is_beside = !shape.is_chunk && self.caps.tier != Tier::Software;
        let parts = match site {
            // Each head's workgroup of the merge makes its own part.
            Site::Output if is_beside => self.config.heads,
            Site::Down if is_beside => Shrink::parts_of(self.config.ffn),
            _ => 1,
        };
        let stride = LoraShape::stride(parts * matrix.modules(), max_rank);
        Some(Lora {
            factors: self.lora.layers[layer][site as usize],
            shrink: Shrink { site: site as u32, modules: matrix.modules(), parts, max_rank, stride },
            matrix: LoraShape { stride, ..matrix },
            is_beside,
        })
    }

    /// What a kernel that makes a matrix's input does for the adapters, and binds for it.
    pub(super) fn beside(&self, lora: Option<Lora>) -> (Option<Shrink>, Vec<View>) {
        match lora.filter(|lora| lora.is_beside) {
            Some(lora) => (Some(lora.shrink), vec![self.step.adapters, lora.factors.0, self.scratch.lora_h]),
            None => (None, Vec::new()),
        }
    }

    /// The product with a layer's matrix and what adapters add to it.
    pub(super) fn project(&self, rec: &mut Recording, label: String, linear: Linear<'_>) -> Result<()> {
        let Self { caps, scratch, step, .. } = *self;
        let Linear { rows, x, y, lora, matrix } = linear;
        let Some(lora) = lora else { return self.linear(rec, label, linear) };
        if lora.is_beside {
            return self.linear(rec, label, linear);
        }
        let shrink = LoraShrink { rows, width: matrix.width, shrink: lora.shrink, x: x.format };
        let mut views = vec![step.adapters, lora.factors.0];
        views.extend(x.views());
        views.push(scratch.lora_h);
        rec.push(format!("{label} lora shrink"), shrink.plan(caps), &views);
        let expand = LoraExpand { rows, shape: lora.matrix };
        let expand_label = format!("{label} lora expand");
        self.linear(rec, label, Linear { lora: None, ..linear })?;
        rec.push(expand_label, expand.plan(caps), &[y, scratch.lora_h, lora.factors.1]);
        Ok(())
    }

    /// y = x · Wᵀ + bias, a dispatch a slice.
    pub(super) fn linear(&self, rec: &mut Recording, label: String, linear: Linear<'_>) -> Result<()> {
        let Linear { matrix, rows, x, y, lora } = linear;
        for slice in &matrix.slices {
            let plan =
                self.product(matrix, slice, rows, x.format, lora.as_ref().map(Lora::expansion)).ok_or_else(|| {
                    Error::Invalid(format!("{label}: no kernel multiplies {:?} by {:?}", slice.encoding, x.format))
                })?;
            let mut views = weight_views(slice);
            views.extend(x.views());
            views.extend(slice.bias);
            views.push(y);
            if let Some(lora) = lora {
                views.extend([self.scratch.lora_h, lora.factors.1]);
            }
            rec.push(&label, plan, &views);
        }
        Ok(())
    }

    /// The dispatch that multiplies rows in a format by a slice, if there is one.
    fn product(
        &self,
        matrix: &Matrix,
        slice: &Slice,
        rows: u32,
        format: Activation,
        lora: Option<Expansion>,
    ) -> Option<Plan> {
        let product = matmul(matrix, slice, rows);
        let is_float = matches!(slice.encoding, Encoding::F32 | Encoding::F16);
        match (format, self.uses_matvec(rows)) {
            (Activation::F16, true) => None,
            (_, true) if is_float && format.is_integer() => None,
            (_, true) => Some(
                MatVec {
                    width: matrix.width,
                    outputs: slice.outputs,
                    rows,
                    stride: matrix.outputs,
                    first: slice.first,
                    encoding: slice.encoding,
                    x: format,
                    bias: slice.bias.is_some(),
                    lora,
                }
                .plan(self.caps),
            ),
            (Activation::F32, false) => Some(product.plan()),
            (Activation::F16, false) => {
                matmul_matrix::plan(&product, self.caps).or_else(|| matmul_f16::plan(&product, self.caps))
            }
            (Activation::I8, false) => matmul_int8::plan(&product),
            (Activation::I16, false) => None,
        }
    }

    /// Few rows, or a driver where tiles in workgroup memory do not pay.
    fn uses_matvec(&self, rows: u32) -> bool {
        rows <= DECODE_ROWS || self.caps.tier == Tier::Software
    }

    /// Where and how a matrix wants its input.
    pub(super) fn input(&self, matrix: &Matrix, shape: Shape) -> ActivationViews {
        let precise = if self.precision == Precision::Int8 { Activation::I8 } else { Activation::I16 };
        let wanted: &[Activation] = match (self.precision, self.uses_matvec(shape.rows)) {
            (Precision::Float, _) => &[],
            (_, true) => &[precise],
            // Matrices of halves before all, then int8 for whoever asked for it, then halves without matrices.
            (Precision::Int8, false) if self.caps.matrix_tile.is_none() => &[Activation::I8, Activation::F16],
            (Precision::Int8, false) => &[Activation::F16, Activation::I8],
            (Precision::Int16, false) => &[Activation::F16],
        };
        let suits = |format: &&Activation| {
            matrix.slices.iter().all(|slice| self.product(matrix, slice, shape.rows, **format, None).is_some())
        };
        let format = wanted.iter().find(suits).copied().unwrap_or(Activation::F32);
        self.scratch.activation(format)
    }
}

impl Lora {
    /// What is added beside the product.
    fn expansion(&self) -> Expansion {
        Expansion { shape: self.matrix, gains: Scratch::gains(self.matrix.outputs) }
    }
}

/// The number of a matrix's outputs where begins what adapters add to them.
pub(super) fn gains(lora: Option<Lora>) -> Option<u32> {
    lora.filter(|lora| lora.is_beside).map(|lora| lora.expansion().gains)
}

fn matmul(matrix: &Matrix, slice: &Slice, rows: u32) -> Matmul {
    Matmul {
        width: matrix.width,
        outputs: slice.outputs,
        rows,
        stride: matrix.outputs,
        first: slice.first,
        encoding: slice.encoding,
        bias: slice.bias.is_some(),
    }
}

pub(super) fn weight_views(slice: &Slice) -> Vec<View> {
    std::iter::once(slice.quants).chain(slice.scales).collect()
}
