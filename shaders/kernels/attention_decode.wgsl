// Attention of decoding rows: one workgroup for each KV head, split of the row's positions, and row. The query heads
// that share the KV head are taken together. Splits meet in attention_merge; one without positions leaves a sum of 0
// and does not write its vector. Positions before a row's start are attention_prefix's, whose splits come after these;
// those of a row that starts at 0 are marked empty here.
override WG: u32 = 64u;
#ifdef SUBGROUP
const UNROLL = 4u / WORDS;
#endif

struct Params {
    heads: u32,        // kv_heads * QUERIES
    kv_heads: u32,
    table_stride: u32, // logical pages of a branch
    first_row: u32,    // of the step; partials start at 0
    splits: u32,       // of the grid
    all_splits: u32,   // of the partials
    scale: f32,        // log2(e) / sqrt(HEAD_DIM)
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<vec4<u32>>;       // [rows] see shared/rows.wgsl
@group(0) @binding(2) var<storage, read> starts: array<u32>;           // [rows] from first_row on: whole pages
@group(0) @binding(3) var<storage, read> q: array<vec4<f32>>;          // [rows, heads, HEAD_DIM]
@group(0) @binding(4) var<storage, read> page_table: array<u32>;       // [branches, table_stride]
@group(0) @binding(5) var<storage, read> keys: array<vec4<u32>>;       // [pages, kv_heads, PAGE, HEAD_DIM] halves
@group(0) @binding(6) var<storage, read> values: array<vec4<u32>>;     // [pages, kv_heads, PAGE, HEAD_DIM] halves
@group(0) @binding(7) var<storage, read_write> partial: array<vec4<f32>>;       // [rows, heads, all_splits, HEAD_DIM]
@group(0) @binding(8) var<storage, read_write> partial_totals: array<vec2<f32>>; // [rows, heads, all_splits]
#import rows
#import attend

// Splits are whole runs of this many positions: the smallest page, so that a run has one page.
const RUN: u32 = 16u;

// Query g is the next head.
fn query_at(s: Span, g: u32) -> u32 {
    return s.q_first + g * (HEAD_DIM / 4u);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = params.first_row + group.z;
    let position = rows[row].y;
    let own = starts[group.z];
    let length = select(position + 1u, own, position == ROW_UNUSED);
    let share = ((length - own + RUN - 1u) / RUN + params.splits - 1u) / params.splits * RUN;
    let start = own + group.y * share;
    // The first of QUERIES heads in the partials.
    let head = (group.z * params.heads + group.x * QUERIES) * params.all_splits;
    if (own == 0u && group.y == 0u) {
        let others = params.all_splits - params.splits;
        for (var i = lane; i < QUERIES * others; i += WG) {
            partial_totals[head + i / others * params.all_splits + params.splits + i % others] = vec2<f32>(LOWEST, 0.0);
        }
    }
    let first = head + group.y;
    if (start >= length) {
        if (lane < QUERIES) {
            partial_totals[first + lane * params.all_splits] = vec2<f32>(LOWEST, 0.0);
        }
        return;
    }
    var s: Span;
    s.table = rows[row].z * params.table_stride;
    s.kv_head = group.x;
    s.kv_heads = params.kv_heads;
    s.start = start;
    s.end = min(length, start + share);
    s.q_first = (row * params.heads + group.x * QUERIES) * (HEAD_DIM / 4u);
    s.q_count = QUERIES;
    s.limit = length;
    s.limit_step = 0u;
    s.scale = params.scale;
    attend(s, lane);
    for (var i = lane; i < QUERIES * (HEAD_DIM / 4u); i += WG) {
        let at = first + i / (HEAD_DIM / 4u) * params.all_splits;
        partial[at * (HEAD_DIM / 4u) + i % (HEAD_DIM / 4u)] = vectors[i];
    }
    if (lane < QUERIES) {
        partial_totals[first + lane * params.all_splits] = totals[lane];
    }
}
