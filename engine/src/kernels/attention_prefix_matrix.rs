//! [`AttentionPrefix`] on cooperative matrices: queries and weights in halves, sums in f32.

use super::attention_prefix::{self, AttentionPrefix, Form};
use super::{Case, Sizes};
use crate::gpu::{Caps, Plan};

/// Positions whose scores are held at a time; splits are whole blocks.
const BLOCK: u32 = 64;
/// Most rows of matrices a workgroup: it keeps their sums in registers.
const MOST_TILES: u32 = 4;

/// The plan of `shape`, or nothing where the device or the shape does not suit and [`AttentionPrefix::plan`] serves:
/// without cooperative matrices, and where the size of heads is no power of two.
///
/// Binds what [`AttentionPrefix::plan`] does. Its partials have a sum of 1 and, as their maximum, the log-sum-exp.
pub fn plan(shape: &AttentionPrefix, caps: &Caps) -> Option<Plan> {
    let queries = shape.rows * shape.heads / shape.kv.kv_heads;
    let most = queries.div_ceil(caps.matrix_tile?).min(MOST_TILES);
    (1..=most).rev().find_map(|tiles| plan_cut(shape, caps, tiles))
}

/// [`plan`] with a given number of rows of matrices a workgroup, 1 to 4.
fn plan_cut(shape: &AttentionPrefix, caps: &Caps, query_tiles: u32) -> Option<Plan> {
    let (tile, subgroup) = (caps.matrix_tile?, caps.subgroup?);
    let define = match tile {
        16 => "TILE=16",
        8 => "TILE=8",
        _ => return None,
    };
    let head_dim = shape.kv.head_dim;
    let subgroups = head_dim / (2 * tile);
    let rows = query_tiles * tile;
    // All queries at once, where there are invocations enough.
    let lanes = 1 << (subgroups * subgroup / rows).clamp(1, subgroup).ilog2();
    let score_width = BLOCK.max(head_dim / 2) + 8;
    let memory = rows * ((head_dim + 8) * 2 + score_width * 4 + (BLOCK + 8) * 2 + 12) + 16;
    // Heads of 96 crash the compiler of NVIDIA's driver 580.
    let suits = subgroups.is_power_of_two()
        && subgroup.is_power_of_two()
        && head_dim.is_multiple_of(2 * tile)
        && subgroups * subgroup <= caps.max_invocations
        && memory <= caps.workgroup_memory;
    let blocks = (shape.rows * shape.heads / shape.kv.kv_heads).div_ceil(rows);
    suits.then(|| {
        let plan = Plan::new("attention_prefix_matrix", &[define])
            .subgroup(caps)
            .constant("HEAD_DIM", head_dim)
            .constant("PAGE", shape.kv.page)
            .constant("SUBGROUPS", subgroups)
            .constant("QUERY_TILES", query_tiles)
            .constant("LANES", lanes)
            .constant("SCORE_WIDTH", score_width);
        shape.with_params(plan, blocks).grid(shape.kv.kv_heads, shape.splits, shape.tiles * blocks)
    })
}

/// The table of cases: none without cooperative matrices.
pub fn cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    let form = Form { kernel: "attention_prefix_matrix", run: BLOCK, is_f16: true };
    if sizes == Sizes::Bench {
        return attention_prefix::cases_of(sizes, form, |shape| plan(shape, caps));
    }
    // The queries of a tile in one block and in several.
    let cases_of_cut = |tiles| {
        let mut cases = attention_prefix::cases_of(sizes, form, |shape| plan_cut(shape, caps, tiles));
        cases.iter_mut().for_each(|case| case.label += &format!(" rows of matrices {tiles}"));
        cases
    };
    (1..=MOST_TILES).flat_map(cases_of_cut).collect()
}
