// y = x * W^T (+ bias) for many rows: a workgroup makes a 64 x 64 tile of y, an invocation 4 x 4 of it.
//
// The tiles of x and W, 32 of K deep, lie in workgroup memory as vec4s of four neighbouring rows (of x or of W) at one
// k: a step of the inner loop is two loads and four vec4 products. The next tiles are fetched while these multiply.
#import matmul_params
#import weights
@group(0) @binding(3) var<storage, read> x: array<vec4<f32>>;      // [rows, K]
#ifdef BIAS
@group(0) @binding(4) var<storage, read> bias: array<f32>;         // [N]
#endif
@group(0) @binding(5) var<storage, read_write> y: array<f32>;      // [rows, stride], columns first..first+N

const EDGE = 64u;   // rows and columns of y a workgroup
const QUADS = 16u;  // EDGE / 4
const DEPTH4 = 8u;  // depth of the tiles in vec4s

var<workgroup> x_tile: array<vec4<f32>, 512>; // [32, QUADS]
var<workgroup> w_tile: array<vec4<f32>, 512>; // [32, QUADS]

// Where quad `quad` of depth 4*part + i lies. The exclusive or spreads the writes of neighbouring invocations, which
// hold different parts of one quad, over the memory banks.
fn place(part: u32, i: u32, quad: u32) -> u32 {
    return (part * 4u + i) * QUADS + (quad ^ part);
}

// Four rows of x at numbers 4*i..4*i+4, transposed: column j has the four rows at number 4*i+j. Rows past the end
// repeat the last one; their products are not stored.
fn x_block(row: u32, i: u32) -> mat4x4<f32> {
    let last = params.rows - 1u;
    let width4 = params.width / 4u;
    return transpose(mat4x4<f32>(
        x[min(row, last) * width4 + i],
        x[min(row + 1u, last) * width4 + i],
        x[min(row + 2u, last) * width4 + i],
        x[min(row + 3u, last) * width4 + i],
    ));
}

// The same of W.
fn w_block(row: u32, i: u32) -> mat4x4<f32> {
    let last = params.outputs - 1u;
    let groups = params.width / 32u;
    return transpose(mat4x4<f32>(
        weight4(min(row, last) * groups, i),
        weight4(min(row + 1u, last) * groups, i),
        weight4(min(row + 2u, last) * groups, i),
        weight4(min(row + 3u, last) * groups, i),
    ));
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row0 = group.x * EDGE;
    let column0 = group.y * EDGE;
    // The first half of the invocations fetches x, the second W: a block of 4 x 4 each.
    let is_x = lane < 128u;
    let part = lane % DEPTH4;
    let quad = (lane % 128u) / DEPTH4;
    // The invocation's place in the tile of y.
    let down = lane / QUADS;
    let across = lane % QUADS;

    var y0 = vec4<f32>();
    var y1 = vec4<f32>();
    var y2 = vec4<f32>();
    var y3 = vec4<f32>();
    let depth = params.width / 4u;
    var next: mat4x4<f32>;
    if (is_x) {
        next = x_block(row0 + quad * 4u, part);
    } else {
        next = w_block(column0 + quad * 4u, part);
    }
    for (var first = 0u; first < depth; first += DEPTH4) {
        if (is_x) {
            x_tile[place(part, 0u, quad)] = next[0];
            x_tile[place(part, 1u, quad)] = next[1];
            x_tile[place(part, 2u, quad)] = next[2];
            x_tile[place(part, 3u, quad)] = next[3];
        } else {
            w_tile[place(part, 0u, quad)] = next[0];
            w_tile[place(part, 1u, quad)] = next[1];
            w_tile[place(part, 2u, quad)] = next[2];
            w_tile[place(part, 3u, quad)] = next[3];
        }
        workgroupBarrier();
        // The last round fetches its own tiles again, for nothing: a branch less.
        let following = min(first + DEPTH4, depth - DEPTH4) + part;
        if (is_x) {
            next = x_block(row0 + quad * 4u, following);
        } else {
            next = w_block(column0 + quad * 4u, following);
        }
        for (var p = 0u; p < DEPTH4; p++) {
            for (var i = 0u; i < 4u; i++) {
                let a = x_tile[place(p, i, down)];
                let b = w_tile[place(p, i, across)];
                y0 += a.x * b;
                y1 += a.y * b;
                y2 += a.z * b;
                y3 += a.w * b;
            }
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
