//! [`Matmul`] with x quantized to int8: dot products of four int8 at a time, on any device.

use super::matmul::{self, Matmul};
use super::{Activation, Case, Sizes};
use crate::formats::blocks::Encoding;
use crate::gpu::{Caps, Plan};

/// Rows and columns of y that a workgroup makes.
const EDGE: u32 = 64;

/// The plan of `matmul`, or nothing for weights in floats, where [`Matmul::plan`] serves.
///
/// Binds what [`Matmul::plan`] does, with x in [`Activation::I8`]: its numbers, then its scales.
pub fn plan(matmul: &Matmul) -> Option<Plan> {
    let is_integer = matches!(matmul.encoding, Encoding::W8 | Encoding::W4 { .. });
    is_integer
        .then(|| matmul.plan_of("matmul_int8", &[]).grid(matmul.rows.div_ceil(EDGE), matmul.outputs.div_ceil(EDGE), 1))
}

/// The table of cases.
pub fn cases(_caps: &Caps, sizes: Sizes) -> Vec<Case> {
    let case = |(dtype, matmul): &(_, Matmul)| matmul.case(*dtype, "matmul_int8", plan(matmul)?, Activation::I8, sizes);
    matmul::table(sizes).iter().filter_map(case).collect()
}
