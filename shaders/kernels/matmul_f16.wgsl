// y = x * W^T (+ bias) for many rows, in halves: x in halves, W decoded to halves, 16 products summed in halves and those
// sums in f32. A workgroup makes a 64 x 64 tile of y, an invocation 4 x 8 of it.
//
// The tiles of x and W, a group of 32 deep, lie in workgroup memory row by row. A pair of halves sums the products at even
// k and those at odd k, so that nothing is spread over the lanes of a vector. The next tiles are fetched while these
// multiply.
enable f16;

#import matmul_params
#import weights
#import weights_f16
@group(0) @binding(3) var<storage, read> x: array<vec4<f16>>;      // [rows, K]
#ifdef BIAS
@group(0) @binding(4) var<storage, read> bias: array<f32>;         // [N]
#endif
@group(0) @binding(5) var<storage, read_write> y: array<f32>;      // [rows, stride], columns first..first+N

const EDGE = 64u;       // rows and columns of y a workgroup
const WG = 128u;        // invocations
const QUADS = 8u;       // of a row of a tile
const WIDTH = 9u;       // the same, padded: neighbouring rows lie in other memory banks
const SHRINK = 0.0625h; // x is taken times this, so that sums do not overflow before they reach 2^20

var<workgroup> x_tile: array<vec4<f16>, 576>; // [EDGE, WIDTH]
var<workgroup> w_tile: array<vec4<f16>, 576>; // [EDGE, WIDTH]

// What an invocation fetches: quads lane + i * WG of the tile of x, parts lane + i * WG of the tile of W with their
// (scale, minimum).
struct Fetched {
    x0: vec4<f16>,
    x1: vec4<f16>,
    x2: vec4<f16>,
    x3: vec4<f16>,
    w0: Part,
    w1: Part,
    scale0: vec2<f16>,
    scale1: vec2<f16>,
}

// Rows past the end repeat the last one; their products are not stored.
fn x_quad(row0: u32, group: u32, at: u32) -> vec4<f16> {
    let row = min(row0 + at / QUADS, params.rows - 1u);
    return x[row * (params.width / 4u) + group * QUADS + at % QUADS];
}

fn w_group(column0: u32, group: u32, at: u32) -> u32 {
    return min(column0 + at / 4u, params.outputs - 1u) * (params.width / 32u) + group;
}

fn fetch(row0: u32, column0: u32, group: u32, lane: u32) -> Fetched {
    var out: Fetched;
    out.x0 = x_quad(row0, group, lane);
    out.x1 = x_quad(row0, group, lane + WG);
    out.x2 = x_quad(row0, group, lane + 2u * WG);
    out.x3 = x_quad(row0, group, lane + 3u * WG);
    let group0 = w_group(column0, group, lane);
    let group1 = w_group(column0, group, lane + WG);
    out.w0 = part_of(group0, lane % 4u);
    out.w1 = part_of(group1, lane % 4u);
#ifndef F16
    out.scale0 = vec2<f16>(scale_and_minimum(group0));
    out.scale1 = vec2<f16>(scale_and_minimum(group1));
#endif
    return out;
}

fn put_x(at: u32, quad: vec4<f16>) {
    x_tile[at / QUADS * WIDTH + at % QUADS] = quad * SHRINK;
}

fn put_w(at: u32, weights: mat2x4<f16>) {
    let quads = at / 4u * WIDTH + quads_of(at % 4u);
    w_tile[quads.x] = weights[0];
    w_tile[quads.y] = weights[1];
}

fn put(next: Fetched, lane: u32) {
    put_x(lane, next.x0);
    put_x(lane + WG, next.x1);
    put_x(lane + 2u * WG, next.x2);
    put_x(lane + 3u * WG, next.x3);
    put_w(lane, part_weights(next.w0, next.scale0));
    put_w(lane + WG, part_weights(next.w1, next.scale1));
}

// Adds a quad's products of a row of x with four rows of W; column j of the sums is row j's.
fn add(sums: mat4x2<f16>, a: vec4<f16>, b0: vec4<f16>, b1: vec4<f16>, b2: vec4<f16>, b3: vec4<f16>) -> mat4x2<f16> {
    return mat4x2<f16>(
        fma(a.zw, b0.zw, fma(a.xy, b0.xy, sums[0])),
        fma(a.zw, b1.zw, fma(a.xy, b1.xy, sums[1])),
        fma(a.zw, b2.zw, fma(a.xy, b2.xy, sums[2])),
        fma(a.zw, b3.zw, fma(a.xy, b3.xy, sums[3])),
    );
}

fn total(sums: mat4x2<f16>) -> vec4<f32> {
    let pairs = transpose(sums);
    return vec4<f32>(pairs[0]) + vec4<f32>(pairs[1]);
}

fn store(row: u32, column: u32, sum: f32) {
    if (row < params.rows && column < params.outputs) {
        var value = sum / f32(SHRINK);
#ifdef BIAS
        value += bias[column];
#endif
        y[row * params.stride + params.first + column] = value;
    }
}

// Columns lie eight apart.
fn store4(row: u32, column: u32, sums: vec4<f32>) {
    store(row, column, sums.x);
    store(row, column + 8u, sums.y);
    store(row, column + 16u, sums.z);
    store(row, column + 24u, sums.w);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row0 = group.x * EDGE;
    let column0 = group.y * EDGE;
    // The invocation has rows down + 16 * i and columns across + 8 * j of the tile of y.
    let down = lane / 8u;
    let across = lane % 8u;

    // Row i's first four columns in yi0, the others in yi1.
    var y00 = vec4<f32>();
    var y01 = vec4<f32>();
    var y10 = vec4<f32>();
    var y11 = vec4<f32>();
    var y20 = vec4<f32>();
    var y21 = vec4<f32>();
    var y30 = vec4<f32>();
    var y31 = vec4<f32>();
    let groups = params.width / 32u;
    var next = fetch(row0, column0, 0u, lane);
    for (var g = 0u; g < groups; g++) {
        put(next, lane);
        workgroupBarrier();
        // The last round fetches its own tiles again, for nothing: a branch less.
        next = fetch(row0, column0, min(g + 1u, groups - 1u), lane);
        var s00 = mat4x2<f16>();
        var s01 = mat4x2<f16>();
        var s10 = mat4x2<f16>();
        var s11 = mat4x2<f16>();
        var s20 = mat4x2<f16>();
        var s21 = mat4x2<f16>();
        var s30 = mat4x2<f16>();
        var s31 = mat4x2<f16>();
        for (var k = 0u; k < QUADS; k++) {
            let w_at = across * WIDTH + k;
            let b0 = w_tile[w_at];
            let b1 = w_tile[w_at + 8u * WIDTH];
            let b2 = w_tile[w_at + 16u * WIDTH];
            let b3 = w_tile[w_at + 24u * WIDTH];
            let b4 = w_tile[w_at + 32u * WIDTH];
            let b5 = w_tile[w_at + 40u * WIDTH];
            let b6 = w_tile[w_at + 48u * WIDTH];
            let b7 = w_tile[w_at + 56u * WIDTH];
            let x_at = down * WIDTH + k;
            let a0 = x_tile[x_at];
            let a1 = x_tile[x_at + 16u * WIDTH];
            let a2 = x_tile[x_at + 32u * WIDTH];
            let a3 = x_tile[x_at + 48u * WIDTH];
            s00 = add(s00, a0, b0, b1, b2, b3);
            s01 = add(s01, a0, b4, b5, b6, b7);
            s10 = add(s10, a1, b0, b1, b2, b3);
            s11 = add(s11, a1, b4, b5, b6, b7);
            s20 = add(s20, a2, b0, b1, b2, b3);
            s21 = add(s21, a2, b4, b5, b6, b7);
            s30 = add(s30, a3, b0, b1, b2, b3);
            s31 = add(s31, a3, b4, b5, b6, b7);
        }
        y00 += total(s00);
        y01 += total(s01);
        y10 += total(s10);
        y11 += total(s11);
        y20 += total(s20);
        y21 += total(s21);
        y30 += total(s30);
        y31 += total(s31);
        workgroupBarrier();
    }

    let row = row0 + down;
    let column = column0 + across;
    store4(row, column, y00);
    store4(row, column + 32u, y01);
    store4(row + 16u, column, y10);
    store4(row + 16u, column + 32u, y11);
    store4(row + 32u, column, y20);
    store4(row + 32u, column + 32u, y21);
    store4(row + 48u, column, y30);
    store4(row + 48u, column + 32u, y31);
}
