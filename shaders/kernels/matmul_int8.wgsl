// y = x * W^T (+ bias) for many rows, x quantized to int8: dot products of four int8 at a time. A workgroup makes a
// 64 x 64 tile of y, an invocation 4 x 4 of it.
//
// In a group of 32, with x ~ d * p and w = s * q + m: sum(x * w) = d * s * sum(p * q) + d * sum(p) * m.
// The tiles of x and W, two groups deep, lie in workgroup memory as vec4s of four neighbouring rows (of x or of W) at one
// word. The next tiles are fetched while these multiply.
#import matmul_params
#import weights
#import int_groups
@group(0) @binding(3) var<storage, read> x: array<vec4<u32>>;        // [rows, K] int8, see shared/int_groups.wgsl
@group(0) @binding(4) var<storage, read> x_scales: array<vec2<f32>>; // [rows, K/32] (d, d * sum(p))
#ifdef BIAS
@group(0) @binding(5) var<storage, read> bias: array<f32>;           // [N]
#endif
@group(0) @binding(6) var<storage, read_write> y: array<f32>;        // [rows, stride], columns first..first+N

const EDGE = 64u;   // rows and columns of y a workgroup
const QUADS = 16u;  // EDGE / 4
const GROUPS = 2u;  // depth of the tiles

var<workgroup> x_tile: array<vec4<u32>, 256>;       // [GROUPS, 8 words, QUADS]
var<workgroup> w_tile: array<vec4<u32>, 256>;       // the same
var<workgroup> x_scale_tile: array<vec2<f32>, 128>; // [GROUPS, EDGE] (d, d * sum(p))
var<workgroup> w_scale_tile: array<vec2<f32>, 128>; // [GROUPS, EDGE] (s, m)

// Where quad `quad` of word 4*part + i lies. The exclusive or spreads the writes of neighbouring invocations, which
// hold different parts of two quads, over the memory banks.
fn place(part: u32, i: u32, quad: u32) -> u32 {
    return (part * 4u + i) * QUADS + (quad ^ (part * 2u));
}

// Four words, 16 int8, of x: half `half` of a group.
fn x_words(row: u32, group: u32, half: u32) -> vec4<u32> {
    return x[group_part(min(row, params.rows - 1u) * (params.width / 32u) + group, half, 2u)];
}

// The same of W.
fn w_words(row: u32, group: u32, half: u32) -> vec4<u32> {
    let at = min(row, params.outputs - 1u) * (params.width / 32u) + group;
#ifdef W8
    return quants[at * 2u + half];
#else
    return (quants[at] >> vec4<u32>(half * 4u)) & vec4<u32>(0x0f0f0f0fu);
#endif
}

// What an invocation fetches: invocations 0..64 a block of 4 rows x 4 words of x, 64..128 one of W, the others the
// scales of a row of each.
struct Fetched {
    a: vec4<u32>,
    b: vec4<u32>,
    c: vec4<u32>,
    d: vec4<u32>,
    x_scale: vec2<f32>,
    w_scale: vec2<f32>,
}

// Fetches the tiles that begin at group `first`. Rows past the end repeat the last one, and their sums are not stored;
// groups past the end repeat the last one, times 0.
fn fetch(row0: u32, column0: u32, first: u32, lane: u32) -> Fetched {
    var out: Fetched;
    let groups = params.width / 32u;
    let quad = lane % 64u / 4u;
    let group = min(first + lane % 4u / 2u, groups - 1u);
    let half = lane % 2u;
    if (lane < 64u) {
        let row = row0 + quad * 4u;
        out.a = x_words(row, group, half);
        out.b = x_words(row + 1u, group, half);
        out.c = x_words(row + 2u, group, half);
        out.d = x_words(row + 3u, group, half);
    } else if (lane < 128u) {
        let row = column0 + quad * 4u;
        out.a = w_words(row, group, half);
        out.b = w_words(row + 1u, group, half);
        out.c = w_words(row + 2u, group, half);
        out.d = w_words(row + 3u, group, half);
    } else {
        let at = first + (lane - 128u) / EDGE;
        let inside = min(at, groups - 1u);
        let x_scale = x_scales[min(row0 + lane % EDGE, params.rows - 1u) * groups + inside];
        out.x_scale = select(vec2<f32>(), x_scale, at < groups);
        out.w_scale = scale_and_minimum(min(column0 + lane % EDGE, params.outputs - 1u) * groups + inside);
    }
    return out;
}

// The dot products of four int8 of one row of x with those of four rows of W.
fn dot4(p: u32, q: vec4<u32>) -> vec4<i32> {
    return vec4<i32>(dot4I8Packed(p, q.x), dot4I8Packed(p, q.y), dot4I8Packed(p, q.z), dot4I8Packed(p, q.w));
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row0 = group.x * EDGE;
    let column0 = group.y * EDGE;
    let part = lane % 4u;
    let quad = lane % 64u / 4u;
    // The invocation's place in the tile of y.
    let down = lane / QUADS;
    let across = lane % QUADS;

    var y0 = vec4<f32>();
    var y1 = vec4<f32>();
    var y2 = vec4<f32>();
    var y3 = vec4<f32>();
    var next = fetch(row0, column0, 0u, lane);
    for (var first = 0u; first < params.width / 32u; first += GROUPS) {
        if (lane < 64u) {
            x_tile[place(part, 0u, quad)] = vec4<u32>(next.a.x, next.b.x, next.c.x, next.d.x);
            x_tile[place(part, 1u, quad)] = vec4<u32>(next.a.y, next.b.y, next.c.y, next.d.y);
            x_tile[place(part, 2u, quad)] = vec4<u32>(next.a.z, next.b.z, next.c.z, next.d.z);
            x_tile[place(part, 3u, quad)] = vec4<u32>(next.a.w, next.b.w, next.c.w, next.d.w);
        } else if (lane < 128u) {
            w_tile[place(part, 0u, quad)] = vec4<u32>(next.a.x, next.b.x, next.c.x, next.d.x);
            w_tile[place(part, 1u, quad)] = vec4<u32>(next.a.y, next.b.y, next.c.y, next.d.y);
            w_tile[place(part, 2u, quad)] = vec4<u32>(next.a.z, next.b.z, next.c.z, next.d.z);
            w_tile[place(part, 3u, quad)] = vec4<u32>(next.a.w, next.b.w, next.c.w, next.d.w);
        } else {
            x_scale_tile[lane - 128u] = next.x_scale;
            w_scale_tile[lane - 128u] = next.w_scale;
        }
        workgroupBarrier();
        // Past the end, in the last round, this fetches the last group again, for nothing: a branch less.
        next = fetch(row0, column0, first + GROUPS, lane);
        for (var g = 0u; g < GROUPS; g++) {
            var sum0 = vec4<i32>();
            var sum1 = vec4<i32>();
            var sum2 = vec4<i32>();
            var sum3 = vec4<i32>();
            for (var word = 0u; word < 8u; word++) {
                let p = x_tile[place(g * 2u + word / 4u, word % 4u, down)];
                let q = w_tile[place(g * 2u + word / 4u, word % 4u, across)];
                sum0 += dot4(p.x, q);
                sum1 += dot4(p.y, q);
                sum2 += dot4(p.z, q);
                sum3 += dot4(p.w, q);
            }
            let w_at = g * EDGE + across * 4u;
            let w0 = w_scale_tile[w_at];
            let w1 = w_scale_tile[w_at + 1u];
            let w2 = w_scale_tile[w_at + 2u];
            let w3 = w_scale_tile[w_at + 3u];
            let s = vec4<f32>(w0.x, w1.x, w2.x, w3.x);
            let m = vec4<f32>(w0.y, w1.y, w2.y, w3.y);
            let x_at = g * EDGE + down * 4u;
            let d0 = x_scale_tile[x_at];
            let d1 = x_scale_tile[x_at + 1u];
            let d2 = x_scale_tile[x_at + 2u];
            let d3 = x_scale_tile[x_at + 3u];
            y0 += d0.x * s * vec4<f32>(sum0) + d0.y * m;
            y1 += d1.x * s * vec4<f32>(sum1) + d1.y * m;
            y2 += d2.x * s * vec4<f32>(sum2) + d2.y * m;
            y3 += d3.x * s * vec4<f32>(sum3) + d3.y * m;
        }
        workgroupBarrier();
    }

    let results = array<vec4<f32>, 4>(y0, y1, y2, y3);
    for (var i = 0u; i < 4u; i++) {
        let row = row0 + down * 4u + i;
        for (var j = 0u; j < 4u; j++) {
            let column = column0 + across * 4u + j;
            if (row < params.rows && column < params.outputs) {
                var value = results[i][j];
#ifdef BIAS
                value += bias[column];
#endif
                y[row * params.stride + params.first + column] = value;
            }
        }
    }
}
