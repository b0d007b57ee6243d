//! The matvec of software drivers, whose weights lie in a texture: same parameters, twin and cases as [`MatVec`].

use super::matvec::MatVec;
use super::{Activation, weights};
use crate::gpu::Plan;

/// How the work is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextureCut {
    /// Outputs of a lane: 2, 4 or 8.
    pub outputs: u32,
    /// Rows of a lane: 1, 2 or 4.
    pub rows: u32,
}

/// The cut that measured best on two cores: many outputs a lane, as they share the loads of x, while there are enough
/// workgroups to go round.
pub fn cut(matvec: &MatVec, lanes: u32) -> TextureCut {
    let rows = matvec.rows.next_power_of_two().min(4);
    let workgroups = matvec.outputs.div_ceil(lanes * 8) * matvec.rows.div_ceil(rows);
    let outputs = match (matvec.x, workgroups) {
        (Activation::I8 | Activation::I16, 8..) => 8,
        (Activation::I8 | Activation::I16, _) => 4,
        _ => 2,
    };
    TextureCut { outputs, rows }
}

/// Binds the texture, x (and its scales), the bias if there is one, y.
pub fn plan(matvec: &MatVec, lanes: u32, cut: TextureCut) -> Plan {
    Plan::new(
        "matvec_texture",
        &[
            weights::texture_define(matvec.encoding),
            matvec.x.define(),
            &format!("ROWS={}", cut.rows),
            &format!("OUTPUTS={}", cut.outputs),
            &format!("SG={lanes}"),
            if matvec.bias { "BIAS" } else { "" },
        ],
    )
    .params(matvec.params(lanes))
    .grid(matvec.outputs.div_ceil(lanes * cut.outputs), matvec.rows.div_ceil(cut.rows), 1)
}
