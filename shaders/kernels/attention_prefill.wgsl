// Attention of prompt rows: one workgroup for each head and tile of at most QUERIES consecutive positions of a branch.
// Row i of a tile sees the positions up to its own. A tile without rows does nothing.
override WG: u32 = 64u;
#ifdef SUBGROUP
const UNROLL = (WORDS + 1u) / WORDS;
#endif

struct Params {
    heads: u32,
    kv_heads: u32,
    table_stride: u32, // logical pages of a branch
    scale: f32,        // log2(e) / sqrt(HEAD_DIM)
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> tiles: array<vec4<u32>>;      // [tiles] (first row, rows, branch, position)
@group(0) @binding(2) var<storage, read> q: array<vec4<f32>>;          // [rows, heads, HEAD_DIM]
@group(0) @binding(3) var<storage, read> page_table: array<u32>;       // [branches, table_stride]
@group(0) @binding(4) var<storage, read> keys: array<vec4<u32>>;       // [pages, kv_heads, PAGE, HEAD_DIM] halves
@group(0) @binding(5) var<storage, read> values: array<vec4<u32>>;     // [pages, kv_heads, PAGE, HEAD_DIM] halves
#ifdef ACT_F32
@group(0) @binding(6) var<storage, read_write> out: array<vec4<f32>>;  // [rows, K], K = heads * HEAD_DIM
#endif
#ifdef ACT_F16
@group(0) @binding(6) var<storage, read_write> out: array<vec4<u32>>;  // [rows, K] halves
#endif
#ifdef ACT_I8
@group(0) @binding(6) var<storage, read_write> out: array<vec2<u32>>;  // [rows, K] int8
@group(0) @binding(7) var<storage, read_write> out_scales: array<vec2<f32>>; // [rows, K/32]
#endif
#ifdef ACT_I16
@group(0) @binding(6) var<storage, read_write> out: array<vec2<u32>>;  // [rows, K] int16
@group(0) @binding(7) var<storage, read_write> out_scales: array<vec2<f32>>; // [rows, K/32]
#endif
#import attend
#import activation

// Query g is row g of the tile.
fn query_at(s: Span, g: u32) -> u32 {
    return s.q_first + g * params.heads * (HEAD_DIM / 4u);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let tile = tiles[group.y];
    if (tile.y == 0u) {
        return;
    }
    var s: Span;
    s.table = tile.z * params.table_stride;
    s.kv_head = group.x / (params.heads / params.kv_heads);
    s.kv_heads = params.kv_heads;
    s.start = 0u;
    s.end = tile.w + tile.y;
    s.q_first = (tile.x * params.heads + group.x) * (HEAD_DIM / 4u);
    s.q_count = tile.y;
    s.limit = tile.w + 1u;
    s.limit_step = 1u;
    s.scale = params.scale;
    attend(s, lane);
    for (var start = 0u; start < QUERIES * (HEAD_DIM / 8u); start += WG) {
        let i = start + lane;
        let g = min(i / (HEAD_DIM / 8u), QUERIES - 1u);
        let chunk = i % (HEAD_DIM / 8u);
        let is_active = i < s.q_count * (HEAD_DIM / 8u);
        let inverse = 1.0 / totals[g].y;
        let at = g * (HEAD_DIM / 4u) + chunk * 2u;
        let first8 = (tile.x + g) * params.heads * (HEAD_DIM / 8u);
        store_activation(first8, group.x * (HEAD_DIM / 8u) + chunk, vectors[at] * inverse, vectors[at + 1u] * inverse,
                         lane, is_active);
    }
}
