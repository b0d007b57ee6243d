// Attention of decoding rows to positions that several of them share: one workgroup for each QUERIES queries of a tile
// that have a KV head in common, split of the shared positions, and tile. Splits meet in attention_merge with those of
// attention_decode; one without positions leaves a sum of 0 and does not write its vector.
override WG: u32 = 64u;
#ifdef SUBGROUP
const UNROLL = (WORDS + 1u) / WORDS;
#endif

struct Params {
    heads: u32,
    kv_heads: u32,
    table_stride: u32, // logical pages of a branch
    first_row: u32,    // of the step; partials start at 0
    splits: u32,       // of the grid
    first_split: u32,  // where the grid's splits lie
    all_splits: u32,   // in the partials
    blocks: u32,       // of QUERIES queries a tile
    scale: f32,        // log2(e) / sqrt(HEAD_DIM)
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> tiles: array<vec4<u32>>;      // [tiles] see shared/prefix_tiles.wgsl
@group(0) @binding(2) var<storage, read> q: array<vec4<f32>>;          // [rows, heads, HEAD_DIM]
@group(0) @binding(3) var<storage, read> page_table: array<u32>;       // [branches, table_stride]
@group(0) @binding(4) var<storage, read> keys: array<vec4<u32>>;       // [pages, kv_heads, PAGE, HEAD_DIM] halves
@group(0) @binding(5) var<storage, read> values: array<vec4<u32>>;     // [pages, kv_heads, PAGE, HEAD_DIM] halves
@group(0) @binding(6) var<storage, read_write> partial: array<vec4<f32>>;       // [rows, heads, all_splits, HEAD_DIM]
@group(0) @binding(7) var<storage, read_write> partial_totals: array<vec2<f32>>; // [rows, heads, all_splits]
#import prefix_tiles
#import attend

// Splits are whole runs of this many positions: the smallest page, so that a run has one page.
const RUN: u32 = 16u;

// The tile for what attend calls. The barriers' conditions are made of a copy that browsers know to be uniform.
var<private> own_tile: vec4<u32>;

// Row and head of a tile's query, counted from the first decoding row.
fn head_of(kv_head: u32, query: u32) -> u32 {
    let group = params.heads / params.kv_heads;
    return tile_row(own_tile, query, group) * params.heads + kv_head * group + query % group;
}

fn query_at(s: Span, g: u32) -> u32 {
    return (params.first_row * params.heads + head_of(s.kv_head, s.q_first + g)) * (HEAD_DIM / 4u);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let tile = tiles[group.z];
    own_tile = tile;
    let kv_head = group.x / params.blocks;
    let first_query = group.x % params.blocks * QUERIES;
    let tile_queries = tile.z * (params.heads / params.kv_heads);
    if (first_query >= tile_queries) {
        return;
    }
    let count = min(QUERIES, tile_queries - first_query);
    let share = ((tile.y + RUN - 1u) / RUN + params.splits - 1u) / params.splits * RUN;
    let start = group.y * share;
    let split = params.first_split + group.y;
    if (start >= tile.y) {
        if (lane < count) {
            let head = head_of(kv_head, first_query + lane);
            partial_totals[head * params.all_splits + split] = vec2<f32>(LOWEST, 0.0);
        }
        return;
    }
    var s: Span;
    s.table = tile.x * params.table_stride;
    s.kv_head = kv_head;
    s.kv_heads = params.kv_heads;
    s.start = start;
    s.end = min(tile.y, start + share);
    s.q_first = first_query;
    s.q_count = count;
    s.limit = tile.y;
    s.limit_step = 0u;
    s.scale = params.scale;
    attend(s, lane);
    for (var i = lane; i < count * (HEAD_DIM / 4u); i += WG) {
        let at = head_of(kv_head, first_query + i / (HEAD_DIM / 4u)) * params.all_splits + split;
        partial[at * (HEAD_DIM / 4u) + i % (HEAD_DIM / 4u)] = vectors[i];
    }
    if (lane < count) {
        partial_totals[head_of(kv_head, first_query + lane) * params.all_splits + split] = totals[lane];
    }
}
