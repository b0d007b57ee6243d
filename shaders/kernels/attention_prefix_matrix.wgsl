// attention_prefix on cooperative matrices: queries, keys, values and weights in halves, sums in f32. One workgroup for
// each KV head, split of the shared positions, and block of a tile's queries. Keys and values are in halves anyway; of
// queries and weights 2^-12 each is lost, as much as one rounding of the KV.
//
// Scores of BLOCK positions go through workgroup memory to become weights. The sums stay in matrices, which nothing can
// scale in place: weights are relative to a reference that follows a query's largest score only when that rises by more
// than SLACK above it, and then the sums take a way through workgroup memory.
enable f16;
enable wgpu_cooperative_matrix;

override SG: u32 = 32u;          // subgroup size
override HEAD_DIM: u32 = 64u;    // a multiple of 32
override PAGE: u32 = 16u;        // positions a page, a power of two
override SUBGROUPS: u32 = 2u;    // HEAD_DIM / (2 * TILE): each sums two columns of matrices
override QUERY_TILES: u32 = 4u;  // rows of matrices, 1 to 4
override LANES: u32 = 1u;        // invocations a query while scores become weights: a power of two, at most SG
override WG: u32 = SUBGROUPS * SG;
override QUERIES: u32 = QUERY_TILES * TILE;
override WIDTH: u32 = HEAD_DIM + 8u;  // halves in a row of queries, keys or values: the padding spreads rows over banks
override SCORE_WIDTH: u32 = 72u; // floats in a row of `scores`: the larger of BLOCK and HEAD_DIM / 2, and padding
const BLOCK = 64u;               // positions at a time
const WEIGHT_WIDTH = BLOCK + 8u;
const SLACK = 8.0;               // weights up to 2^8 are far from a half's largest
const LOWEST = -3e38;            // finite, so that differences are too

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
@group(0) @binding(4) var<storage, read> keys: array<Halves>;          // [pages, kv_heads, PAGE, HEAD_DIM] halves
@group(0) @binding(5) var<storage, read> values: array<Halves>;        // [pages, kv_heads, PAGE, HEAD_DIM] halves
@group(0) @binding(6) var<storage, read_write> partial: array<vec4<f32>>;       // [rows, heads, all_splits, HEAD_DIM]
@group(0) @binding(7) var<storage, read_write> partial_totals: array<vec2<f32>>; // [rows, heads, all_splits]
#import prefix_tiles

#ifdef TILE=16
alias MatrixA = coop_mat16x16<f16, A>;
alias MatrixB = coop_mat16x16<f16, B>;
alias MatrixC = coop_mat16x16<f32, C>;
#endif
#ifdef TILE=8
alias MatrixA = coop_mat8x8<f16, A>;
alias MatrixB = coop_mat8x8<f16, B>;
alias MatrixC = coop_mat8x8<f32, C>;
#endif

// Metal, where matrices have edge 8, loads them through pointers to scalars only.
#ifdef TILE=8
const UNIT = 1u;
alias Halves = f16;
alias Floats = f32;
#else
const UNIT = 4u;
alias Halves = vec4<f16>;
alias Floats = vec4<f32>;
#endif
var<workgroup> queries: array<Halves, QUERIES * WIDTH / UNIT>;
var<workgroup> scores: array<Floats, QUERIES * SCORE_WIDTH / UNIT>;
var<workgroup> weights: array<Halves, QUERIES * WEIGHT_WIDTH / UNIT>;
var<workgroup> totals: array<vec2<f32>, QUERIES>; // (reference, sum of weights)
var<workgroup> shrinks: array<f32, QUERIES>;      // what a query's sums are to be multiplied by
// Whether any of them is not 1, in x. Four words, so that whatever a driver puts after it is aligned as matrices are.
var<workgroup> is_shrunk: vec4<u32>;

fn put_query(at: u32, v: vec4<f16>) {
#ifdef TILE=8
    queries[at] = v.x;
    queries[at + 1u] = v.y;
    queries[at + 2u] = v.z;
    queries[at + 3u] = v.w;
#else
    queries[at / 4u] = v;
#endif
}

fn put_weights(at: u32, v: vec4<f16>) {
#ifdef TILE=8
    weights[at] = v.x;
    weights[at + 1u] = v.y;
    weights[at + 2u] = v.z;
    weights[at + 3u] = v.w;
#else
    weights[at / 4u] = v;
#endif
}

fn get_scores(at: u32) -> vec4<f32> {
#ifdef TILE=8
    return vec4<f32>(scores[at], scores[at + 1u], scores[at + 2u], scores[at + 3u]);
#else
    return scores[at / 4u];
#endif
}

fn put_scores(at: u32, v: vec4<f32>) {
#ifdef TILE=8
    scores[at] = v.x;
    scores[at + 1u] = v.y;
    scores[at + 2u] = v.z;
    scores[at + 3u] = v.w;
#else
    scores[at / 4u] = v;
#endif
}

// Index of the first half of a position's head in keys and values.
fn kv_at(table: u32, position: u32, kv_head: u32) -> u32 {
    let page = page_table[table + position / PAGE];
    return ((page * params.kv_heads + kv_head) * PAGE + position % PAGE) * HEAD_DIM;
}


// Stores a column of matrices in `scores`.
fn put_column(column: u32, m0: MatrixC, m1: MatrixC, m2: MatrixC, m3: MatrixC) {
    // naga 30 wants every argument of coopStoreT evaluated by a `let` before.
    let at0 = column / UNIT;
    let at1 = at0 + TILE * SCORE_WIDTH / UNIT;
    let at2 = at1 + TILE * SCORE_WIDTH / UNIT;
    let at3 = at2 + TILE * SCORE_WIDTH / UNIT;
    let stride = SCORE_WIDTH / UNIT;
    let n0 = m0;
    let n1 = m1;
    let n2 = m2;
    let n3 = m3;
    coopStoreT(n0, &scores[at0], stride);
    if (QUERY_TILES > 1u) {
        coopStoreT(n1, &scores[at1], stride);
    }
    if (QUERY_TILES > 2u) {
        coopStoreT(n2, &scores[at2], stride);
    }
    if (QUERY_TILES > 3u) {
        coopStoreT(n3, &scores[at3], stride);
    }
}

// Multiplies the HEAD_DIM / 2 columns of sums in `scores`.
fn shrink_scores(lane: u32) {
    for (var i = lane; i < QUERIES * (HEAD_DIM / 8u); i += WG) {
        let query = i / (HEAD_DIM / 8u);
        let at = query * SCORE_WIDTH + i % (HEAD_DIM / 8u) * 4u;
        put_scores(at, get_scores(at) * shrinks[query]);
    }
}

// Turns the scores of positions below `count` of the block into weights.
fn weigh(count: u32, lane: u32) {
    let member = lane % LANES;
    for (var query = lane / LANES; query < QUERIES; query += WG / LANES) {
        let row = query * SCORE_WIDTH;
        var highest4 = vec4<f32>(LOWEST);
        for (var quad = member; quad < count / 4u; quad += LANES) {
            highest4 = max(highest4, get_scores(row + quad * 4u));
        }
        var highest = max(max(highest4.x, highest4.y), max(highest4.z, highest4.w));
        for (var distance = 1u; distance < LANES; distance <<= 1u) {
            highest = max(highest, subgroupShuffleXor(highest, distance));
        }
        let before = totals[query];
        let reference = select(before.x, highest, highest > before.x + SLACK);
        var sums = vec4<f32>();
        for (var quad = member; quad < count / 4u; quad += LANES) {
            // The sum is of the weights as they are rounded.
            let weight = vec4<f16>(exp2(get_scores(row + quad * 4u) - reference));
            put_weights(query * WEIGHT_WIDTH + quad * 4u, weight);
            sums += vec4<f32>(weight);
        }
        var sum = (sums.x + sums.y) + (sums.z + sums.w);
        for (var distance = 1u; distance < LANES; distance <<= 1u) {
            sum += subgroupShuffleXor(sum, distance);
        }
        if (member == 0u) {
            let shrink = exp2(before.x - reference);
            totals[query] = vec2<f32>(reference, before.y * shrink + sum);
            shrinks[query] = shrink;
            if (before.y > 0.0 && shrink != 1.0) {
                is_shrunk.x = 1u;
            }
        }
    }
}

@compute @workgroup_size(WG)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
    @builtin(subgroup_id) subgroup: u32,
) {
    let kv_head = group.x;
    let group_heads = params.heads / params.kv_heads;
    let tile = tiles[group.z / params.blocks];
    let first_query = group.z % params.blocks * QUERIES;
    if (first_query >= tile.z * group_heads) {
        return;
    }
    let count = min(QUERIES, tile.z * group_heads - first_query);
    let share = ((tile.y + BLOCK - 1u) / BLOCK + params.splits - 1u) / params.splits * BLOCK;
    let start = group.y * share;
    let end = min(tile.y, start + share);
    if (start >= tile.y) {
        for (var i = lane; i < count; i += WG) {
            let row = tile_row(tile, first_query + i, group_heads);
            let head = row * params.heads + kv_head * group_heads + (first_query + i) % group_heads;
            partial_totals[head * params.all_splits + params.first_split + group.y] = vec2<f32>(LOWEST, 0.0);
        }
        return;
    }
    let table = tile.x * params.table_stride;

    for (var i = lane; i < QUERIES * (HEAD_DIM / 4u); i += WG) {
        let query = i / (HEAD_DIM / 4u);
        let quad = i % (HEAD_DIM / 4u);
        // Queries past the last repeat it.
        let at = first_query + min(query, count - 1u);
        let row = params.first_row + tile_row(tile, at, group_heads);
        let head = row * params.heads + kv_head * group_heads + at % group_heads;
        put_query(query * WIDTH + quad * 4u, vec4<f16>(q[head * (HEAD_DIM / 4u) + quad] * params.scale));
    }
    for (var i = lane; i < QUERIES; i += WG) {
        totals[i] = vec2<f32>(LOWEST, 0.0);
    }
    if (lane == 0u) {
        is_shrunk.x = 0u;
    }
    workgroupBarrier();

    // The sums: rows of matrices down, the subgroup's column in the first and in the second half of HEAD_DIM.
    var a0 = MatrixC();
    var a1 = MatrixC();
    var a2 = MatrixC();
    var a3 = MatrixC();
    var b0 = MatrixC();
    var b1 = MatrixC();
    var b2 = MatrixC();
    var b3 = MatrixC();
    let column = subgroup * TILE;
    for (var first = start; first < end; first += BLOCK) {
        let positions = min(BLOCK, end - first);
        // scores[QUERIES, BLOCK] = queries * keys^T
        for (var n = column; n < positions; n += SUBGROUPS * TILE) {
            let key_at = kv_at(table, first + n, kv_head);
            var s0 = MatrixC();
            var s1 = MatrixC();
            var s2 = MatrixC();
            var s3 = MatrixC();
            for (var k = 0u; k < HEAD_DIM; k += TILE) {
                let key = coopLoad<MatrixB>(&keys[(key_at + k) / UNIT], HEAD_DIM / UNIT);
                let q0 = coopLoadT<MatrixA>(&queries[k / UNIT], WIDTH / UNIT);
                s0 = coopMultiplyAdd(q0, key, s0);
                if (QUERY_TILES > 1u) {
                    let q1 = coopLoadT<MatrixA>(&queries[(TILE * WIDTH + k) / UNIT], WIDTH / UNIT);
                    s1 = coopMultiplyAdd(q1, key, s1);
                }
                if (QUERY_TILES > 2u) {
                    let q2 = coopLoadT<MatrixA>(&queries[(2u * TILE * WIDTH + k) / UNIT], WIDTH / UNIT);
                    s2 = coopMultiplyAdd(q2, key, s2);
                }
                if (QUERY_TILES > 3u) {
                    let q3 = coopLoadT<MatrixA>(&queries[(3u * TILE * WIDTH + k) / UNIT], WIDTH / UNIT);
                    s3 = coopMultiplyAdd(q3, key, s3);
                }
            }
            put_column(n, s0, s1, s2, s3);
        }
        workgroupBarrier();
        weigh(positions, lane);
        let must_shrink = workgroupUniformLoad(&is_shrunk).x;
        if (must_shrink != 0u) {
            put_column(column, a0, a1, a2, a3);
            workgroupBarrier();
            shrink_scores(lane);
            workgroupBarrier();
            // Rows of matrices that are not there repeat the last.
            let stride = SCORE_WIDTH / UNIT;
            let at0 = column / UNIT;
            let at1 = at0 + min(1u, QUERY_TILES - 1u) * TILE * stride;
            let at2 = at0 + min(2u, QUERY_TILES - 1u) * TILE * stride;
            let at3 = at0 + min(3u, QUERY_TILES - 1u) * TILE * stride;
            a0 = coopLoadT<MatrixC>(&scores[at0], stride);
            a1 = coopLoadT<MatrixC>(&scores[at1], stride);
            a2 = coopLoadT<MatrixC>(&scores[at2], stride);
            a3 = coopLoadT<MatrixC>(&scores[at3], stride);
            workgroupBarrier();
            put_column(column, b0, b1, b2, b3);
            workgroupBarrier();
            shrink_scores(lane);
            workgroupBarrier();
            b0 = coopLoadT<MatrixC>(&scores[at0], stride);
            b1 = coopLoadT<MatrixC>(&scores[at1], stride);
            b2 = coopLoadT<MatrixC>(&scores[at2], stride);
            b3 = coopLoadT<MatrixC>(&scores[at3], stride);
            if (lane == 0u) {
                is_shrunk.x = 0u;
            }
            workgroupBarrier();
        }
        // sums += weights * values
        for (var k = 0u; k < positions; k += TILE) {
            let at = kv_at(table, first + k, kv_head) + column;
            let left = coopLoadT<MatrixB>(&values[at / UNIT], HEAD_DIM / UNIT);
            let right = coopLoadT<MatrixB>(&values[(at + HEAD_DIM / 2u) / UNIT], HEAD_DIM / UNIT);
            let w0 = coopLoadT<MatrixA>(&weights[k / UNIT], WEIGHT_WIDTH / UNIT);
            a0 = coopMultiplyAdd(w0, left, a0);
            b0 = coopMultiplyAdd(w0, right, b0);
            if (QUERY_TILES > 1u) {
                let w1 = coopLoadT<MatrixA>(&weights[(TILE * WEIGHT_WIDTH + k) / UNIT], WEIGHT_WIDTH / UNIT);
                a1 = coopMultiplyAdd(w1, left, a1);
                b1 = coopMultiplyAdd(w1, right, b1);
            }
            if (QUERY_TILES > 2u) {
                let w2 = coopLoadT<MatrixA>(&weights[(2u * TILE * WEIGHT_WIDTH + k) / UNIT], WEIGHT_WIDTH / UNIT);
                a2 = coopMultiplyAdd(w2, left, a2);
                b2 = coopMultiplyAdd(w2, right, b2);
            }
            if (QUERY_TILES > 3u) {
                let w3 = coopLoadT<MatrixA>(&weights[(3u * TILE * WEIGHT_WIDTH + k) / UNIT], WEIGHT_WIDTH / UNIT);
                a3 = coopMultiplyAdd(w3, left, a3);
                b3 = coopMultiplyAdd(w3, right, b3);
            }
        }
    }

    for (var half = 0u; half < 2u; half++) {
        if (half == 0u) {
            put_column(column, a0, a1, a2, a3);
        } else {
            put_column(column, b0, b1, b2, b3);
        }
        workgroupBarrier();
        for (var i = lane; i < count * (HEAD_DIM / 8u); i += WG) {
            let query = i / (HEAD_DIM / 8u);
            let quad = i % (HEAD_DIM / 8u);
            let row = tile_row(tile, first_query + query, group_heads);
            let head = row * params.heads + kv_head * group_heads + (first_query + query) % group_heads;
            let at = head * params.all_splits + params.first_split + group.y;
            let total = totals[query];
            partial[at * (HEAD_DIM / 4u) + half * (HEAD_DIM / 8u) + quad] =
                get_scores(query * SCORE_WIDTH + quad * 4u) * (1.0 / total.y);
            if (half == 0u && quad == 0u) {
                // Not the largest score and the sum relative to it: which reference was taken shall not show.
                partial_totals[at] = vec2<f32>(total.x + log2(total.y), 1.0);
            }
        }
        workgroupBarrier();
    }
}
