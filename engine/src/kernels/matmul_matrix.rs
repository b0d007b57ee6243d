//! [`Matmul`] on cooperative matrices: x in halves, weights decoded to halves, sums in f32.

use super::matmul::{self, Matmul};
use super::{Activation, Case, Sizes};
use crate::formats::Dtype;
use crate::formats::blocks::Encoding;
use crate::gpu::{Caps, Plan};

/// Rows and columns of y that a workgroup makes, when there are as many rows.
const EDGE: u32 = 64;

/// How a workgroup is cut.
#[derive(Debug, Clone, Copy)]
pub struct Tiling {
    /// Subgroups along the rows of y; each makes two matrices.
    pub down: u32,
    /// Subgroups along its columns; each makes two matrices.
    pub across: u32,
    /// Numbers of a row of x and of W held in workgroup memory at a time: a multiple of 32 that divides K.
    pub depth: u32,
}

impl Tiling {
    /// The tiling for so many rows, of matrices with edge `tile`: 64 x 64, or 32 x 128 and 16 x 256 for fewer rows.
    pub fn best(rows: u32, tile: u32) -> Self {
        let subgroups = EDGE / (2 * tile);
        let down = rows.div_ceil(2 * tile).clamp(1, subgroups);
        Self { down, across: subgroups * subgroups / down, depth: 32 }
    }
}

/// The plan of `matmul`, or nothing where the device, the encoding or the shape does not suit and
/// [`Matmul::plan`] serves: without cooperative matrices, for F32 weights, and when `rows` or `outputs` is no multiple
/// of 16 or `stride` or `first` none of 4.
///
/// Binds what [`Matmul::plan`] does, with x in [`Activation::F16`].
pub fn plan(matmul: &Matmul, caps: &Caps) -> Option<Plan> {
    plan_tiled(matmul, caps, Tiling::best(matmul.rows, caps.matrix_tile?))
}

/// [`plan`] with a given tiling; nothing where that does not suit either.
pub fn plan_tiled(matmul: &Matmul, caps: &Caps, tiling: Tiling) -> Option<Plan> {
    let (tile, subgroup) = (caps.matrix_tile?, caps.subgroup?);
    let define = match tile {
        16 => "TILE=16",
        8 => "TILE=8",
        _ => return None,
    };
    let Tiling { down, across, depth } = tiling;
    let [rows, columns] = [down, across].map(|subgroups| subgroups * 2 * tile);
    let invocations = down * across * subgroup;
    let bias_tile = if matmul.bias { tile * columns * 4 } else { 0 };
    let memory = (rows + columns) * (depth + 8) * 2 + bias_tile;
    let shape_suits = matmul.rows.is_multiple_of(16)
        && matmul.outputs.is_multiple_of(16)
        && matmul.width.is_multiple_of(depth)
        && matmul.stride.is_multiple_of(4)
        && matmul.first.is_multiple_of(4);
    // The kernel has room for 16 and 8 pieces of the next tiles an invocation.
    let tiling_suits = invocations <= caps.max_invocations
        && memory <= caps.workgroup_memory
        && depth.is_multiple_of(32)
        && rows * depth / 4 <= 16 * invocations
        && columns * depth / 8 <= 8 * invocations;
    (matmul.encoding != Encoding::F32 && shape_suits && tiling_suits).then(|| {
        matmul
            .plan_of("matmul_matrix", &[define])
            .subgroup(caps)
            .constant("SM", down)
            .constant("SN", across)
            .constant("BK", depth)
            // Neighbouring workgroups share weights.
            .grid(matmul.rows.div_ceil(rows), matmul.outputs.div_ceil(columns), 1)
    })
}

/// The table of cases: none without cooperative matrices.
pub fn cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    let Some(tile) = caps.matrix_tile else { return Vec::new() };
    let shapes: &[(u32, u32, u32)] = match sizes {
        Sizes::Check => &[(16, 16, 32), (32, 176, 96), (64, 64, 64), (80, 144, 576), (128, 208, 128)],
        Sizes::Bench => {
            &[(32, 4608, 3584), (64, 4608, 3584), (512, 4608, 3584), (512, 18944, 3584), (512, 3584, 18944)]
        }
    };
    let mut cases = Vec::new();
    let mut push = |dtype: Dtype, matmul: &Matmul, tiling: Tiling| {
        let made = |plan| matmul.case(dtype, "matmul_matrix", plan, Activation::F16, sizes);
        if let Some(mut case) = plan_tiled(matmul, caps, tiling).and_then(made) {
            case.label += &format!(" {}x{}x{}", tiling.down * 2 * tile, tiling.across * 2 * tile, tiling.depth);
            cases.push(case);
        }
    };
    for (dtype, encoding) in matmul::encodings() {
        for &(rows, outputs, width) in shapes {
            let matmul = Matmul::new(rows, outputs, width, encoding);
            let best = Tiling::best(rows, tile);
            push(dtype, &matmul, best);
            if sizes == Sizes::Check {
                push(dtype, &Matmul { bias: true, ..matmul }, best);
                push(dtype, &Matmul { bias: true, stride: outputs + 48, first: 16, ..matmul }, best);
            } else if rows > 64 {
                push(dtype, &matmul, Tiling { depth: 64, ..best });
                push(dtype, &matmul, Tiling { down: best.down * 2, ..best });
                push(dtype, &matmul, Tiling { across: best.across * 2, ..best });
            }
        }
    }
    if sizes == Sizes::Check {
        let matmul = Matmul { bias: true, ..Matmul::new(128, 208, 128, Encoding::W8) };
        let best = Tiling::best(128, tile);
        push(Dtype::Q8_0, &matmul, Tiling { depth: 64, ..best });
        push(Dtype::Q8_0, &matmul, Tiling { down: best.down * 2, ..best });
    }
    cases
}
