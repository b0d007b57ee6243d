// y = x * W^T (+ bias) on cooperative matrices: x in halves, W decoded to halves, sums in f32.
//
// A subgroup makes 2 x 2 matrices of y, SM x SN subgroups make a workgroup's tile. The tiles of x and W, BK deep, lie in
// workgroup memory row by row; the next ones are fetched to registers while these multiply, and decoded when stored.
enable f16;
enable wgpu_cooperative_matrix;

const EDGE = 2u * TILE;             // rows and columns of y a subgroup
// All before the arrays that they size: naga 30 wants it so.
override SG: u32 = 32u;             // subgroup size
override SM: u32 = 2u;              // subgroups along the rows of y
override SN: u32 = 2u;              // subgroups along its columns
override BK: u32 = 32u;             // depth of the tiles, 32 or a multiple that divides K
override WG: u32 = SM * SN * SG;    // invocations
override W_TILE: u32 = SM * EDGE;   // the row in `tiles` where W's begin
override WIDTH: u32 = BK + 8u;      // halves in a row of `tiles`: the padding spreads rows over the memory banks
// What an invocation fetches of the next tiles: quads of x, parts of W.
override X_COUNT: u32 = (SM * EDGE * BK / 4u + WG - 1u) / WG;
override W_COUNT: u32 = (SN * EDGE * BK / 8u + WG - 1u) / WG;

struct Params {
    width: u32,   // K, a multiple of BK
    outputs: u32, // N, rows of W, a multiple of TILE
    rows: u32,    // of x and y, a multiple of TILE
    stride: u32,  // numbers in a row of y, a multiple of 4
    first: u32,   // where in a row of y the outputs begin, a multiple of 4
}
@group(0) @binding(0) var<uniform> params: Params;
#import weights
@group(0) @binding(3) var<storage, read> x: array<vec4<f16>>;      // [rows, K]
#ifdef BIAS
@group(0) @binding(4) var<storage, read> bias: array<f32>;         // [N]
#endif
@group(0) @binding(5) var<storage, read_write> y: array<f32>;      // [rows, stride], columns first..first+N

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

// Rows of x, then rows of W.
#ifdef TILE=8
// Metal, where matrices have this edge, loads them through pointers to scalars only.
const UNIT = 1u;
var<workgroup> tiles: array<f16, (SM + SN) * EDGE * WIDTH>;

fn put(row: u32, quad: u32, v: vec4<f16>) {
    let at = row * WIDTH + quad * 4u;
    tiles[at] = v.x;
    tiles[at + 1u] = v.y;
    tiles[at + 2u] = v.z;
    tiles[at + 3u] = v.w;
}
#else
const UNIT = 4u;
var<workgroup> tiles: array<vec4<f16>, (SM + SN) * EDGE * WIDTH / 4u>;

fn put(row: u32, quad: u32, v: vec4<f16>) {
    tiles[row * (WIDTH / 4u) + quad] = v;
}
#endif
#ifdef BIAS
var<workgroup> bias_tile: array<f32, TILE * SN * EDGE>; // TILE equal rows
#endif

#import weights_f16

// An invocation's share of the next tiles; the parts of W with their (scale, minimum).
var<private> next_x: array<vec4<f16>, 16>;
var<private> next_w: array<Part, 8>;
var<private> next_scale: array<vec2<f16>, 8>;

// Fetches the tiles at depth `k`. Rows past the end repeat the last one; their products are not stored.
fn fetch(row0: u32, column0: u32, k: u32, lane: u32) {
    for (var i = 0u; i < X_COUNT; i++) {
        let at = lane + i * WG;
        let row = min(row0 + at / (BK / 4u), params.rows - 1u);
        next_x[i] = x[row * (params.width / 4u) + k / 4u + at % (BK / 4u)];
    }
    for (var i = 0u; i < W_COUNT; i++) {
        let at = lane + i * WG;
        let row = min(column0 + at / (BK / 8u), params.outputs - 1u);
        let group = row * (params.width / 32u) + k / 32u + at % (BK / 8u) / 4u;
        next_w[i] = part_of(group, at % 4u);
#ifndef F16
        next_scale[i] = vec2<f16>(scale_and_minimum(group));
#endif
    }
}

// Stores what was fetched in `tiles`.
fn store_fetched(lane: u32) {
    for (var i = 0u; i < X_COUNT; i++) {
        let at = lane + i * WG;
        if (at < SM * EDGE * BK / 4u) {
            put(at / (BK / 4u), at % (BK / 4u), next_x[i]);
        }
    }
    for (var i = 0u; i < W_COUNT; i++) {
        let at = lane + i * WG;
        if (at < SN * EDGE * BK / 8u) {
            let row = W_TILE + at / (BK / 8u);
            let quads = at % (BK / 8u) / 4u * 8u + quads_of(at % 4u);
            let weights = part_weights(next_w[i], next_scale[i]);
            put(row, quads.x, weights[0]);
            put(row, quads.y, weights[1]);
        }
    }
}

@compute @workgroup_size(WG)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
    @builtin(subgroup_id) subgroup: u32,
) {
    let row0 = group.x * SM * EDGE;
    let column0 = group.y * SN * EDGE;
    // The subgroup's place in the workgroup's tile of y.
    let down = subgroup % SM * EDGE;
    let across = subgroup / SM * EDGE;

#ifdef BIAS
    for (var i = lane; i < TILE * SN * EDGE; i += WG) {
        bias_tile[i] = bias[min(column0 + i % (SN * EDGE), params.outputs - 1u)];
    }
    workgroupBarrier();
    var y00 = coopLoadT<MatrixC>(&bias_tile[across], SN * EDGE);
    var y01 = coopLoadT<MatrixC>(&bias_tile[across + TILE], SN * EDGE);
    var y10 = y00;
    var y11 = y01;
#else
    var y00 = MatrixC();
    var y01 = MatrixC();
    var y10 = MatrixC();
    var y11 = MatrixC();
#endif

    fetch(row0, column0, 0u, lane);
    for (var k = 0u; k < params.width; k += BK) {
        store_fetched(lane);
        workgroupBarrier();
        // The last round fetches its own tiles again, for nothing: a branch less.
        fetch(row0, column0, min(k + BK, params.width - BK), lane);
        for (var i = 0u; i < BK; i += TILE) {
            let x_at = (down * WIDTH + i) / UNIT;
            let w_at = ((W_TILE + across) * WIDTH + i) / UNIT;
            let x0 = coopLoadT<MatrixA>(&tiles[x_at], WIDTH / UNIT);
            let x1 = coopLoadT<MatrixA>(&tiles[x_at + TILE * WIDTH / UNIT], WIDTH / UNIT);
            let w0 = coopLoad<MatrixB>(&tiles[w_at], WIDTH / UNIT);
            let w1 = coopLoad<MatrixB>(&tiles[w_at + TILE * WIDTH / UNIT], WIDTH / UNIT);
            y00 = coopMultiplyAdd(x0, w0, y00);
            y01 = coopMultiplyAdd(x0, w1, y01);
            y10 = coopMultiplyAdd(x1, w0, y10);
            y11 = coopMultiplyAdd(x1, w1, y11);
        }
        workgroupBarrier();
    }

    let row = row0 + down;
    let column = column0 + across;
    // naga 30 wants every argument of coopStoreT evaluated by a `let` before.
    let stride = params.stride;
    let at = row * stride + params.first + column;
    let at01 = at + TILE;
    let at10 = at + TILE * stride;
    let at11 = at10 + TILE;
    let sum00 = y00;
    let sum01 = y01;
    let sum10 = y10;
    let sum11 = y11;
    if (row < params.rows && column < params.outputs) {
        coopStoreT(sum00, &y[at], stride);
    }
    if (row < params.rows && column + TILE < params.outputs) {
        coopStoreT(sum01, &y[at01], stride);
    }
    if (row + TILE < params.rows && column < params.outputs) {
        coopStoreT(sum10, &y[at10], stride);
    }
    if (row + TILE < params.rows && column + TILE < params.outputs) {
        coopStoreT(sum11, &y[at11], stride);
    }
}
