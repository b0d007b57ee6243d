//! [`Matmul`] in halves, on any device that computes with them: x in halves, weights decoded to halves, 16 products
//! summed in halves and those sums in f32.

use super::matmul::{self, Matmul};
use super::{Activation, Case, Sizes};
use crate::formats::blocks::Encoding;
use crate::gpu::{Caps, Plan};

/// Rows and columns of y that a workgroup makes.
const EDGE: u32 = 64;

/// The plan of `matmul`, or nothing where [`Matmul::plan`] serves: without f16 arithmetic, and for F32 weights.
///
/// Binds what [`Matmul::plan`] does, with x in [`Activation::F16`].
pub fn plan(matmul: &Matmul, caps: &Caps) -> Option<Plan> {
    (caps.f16 && matmul.encoding != Encoding::F32)
        .then(|| matmul.plan_of("matmul_f16", &[]).grid(matmul.rows.div_ceil(EDGE), matmul.outputs.div_ceil(EDGE), 1))
}

/// The table of cases: none without f16 arithmetic.
pub fn cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    let case =
        |(dtype, matmul): &(_, Matmul)| matmul.case(*dtype, "matmul_f16", plan(matmul, caps)?, Activation::F16, sizes);
    matmul::table(sizes).iter().filter_map(case).collect()
}
