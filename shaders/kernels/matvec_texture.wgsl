// y[row, first + n] = sum over k of W[n, k] * x[row, k] (+ bias[n]) with W in a texture, for drivers that run on the CPU.
// A workgroup is one subgroup of SG lanes. A lane makes OUTPUTS outputs, SG apart, for ROWS rows, so a texel of weights
// serves ROWS rows. Lanes share x: each loads a part of it, and all get each part by shuffles.
struct Params {
    width: u32,    // K, a multiple of 32
    outputs: u32,  // n: rows of W
    rows: u32,     // rows of x
    stride: u32,   // numbers a row of y
    first: u32,    // where in a row of y this matrix's outputs begin
}
@group(0) @binding(0) var<uniform> params: Params;
#import weights_texture
#import int_groups
#ifdef ACT_F32
@group(0) @binding(3) var<storage, read> x: array<vec4<f32>>;            // [rows, K]
#endif
#ifdef ACT_I8
@group(0) @binding(3) var<storage, read> x: array<vec4<u32>>;            // [rows, K] int8, see shared/int_groups.wgsl
@group(0) @binding(4) var<storage, read> x_scales: array<vec2<f32>>;     // [rows, K/32] (d, d * sum(q))
#endif
#ifdef ACT_I16
@group(0) @binding(3) var<storage, read> x: array<vec4<u32>>;            // [rows, K] int16, see shared/int_groups.wgsl
@group(0) @binding(4) var<storage, read> x_scales: array<vec2<f32>>;     // [rows, K/32] (d, d * sum(q))
#endif
#ifdef BIAS
@group(0) @binding(5) var<storage, read> bias: array<f32>;               // [n]
#endif
@group(0) @binding(6) var<storage, read_write> y: array<f32>;            // [rows, stride]

const SUMS = ROWS * OUTPUTS;
#ifdef ACT_I8
const PARTS = 1u;
#endif
#ifdef ACT_I16
const PARTS = 2u;  // high bytes, low bytes
#endif
#ifndef ACT_F32
const XS = ROWS * PARTS;

fn dot16(a: vec4<u32>, b: vec4<u32>) -> i32 {
    return dot4I8Packed(a.x, b.x) + dot4I8Packed(a.y, b.y) + dot4I8Packed(a.z, b.z) + dot4I8Packed(a.w, b.w);
}
#endif

fn store(row: u32, output: u32, sum: f32) {
    if (row < params.rows && output < params.outputs) {
#ifdef BIAS
        y[row * params.stride + params.first + output] = sum + bias[output];
#else
        y[row * params.stride + params.first + output] = sum;
#endif
    }
}

@compute @workgroup_size(SG)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
    let groups = params.width / 32u;
    let first_output = workgroup.x * (OUTPUTS * SG) + lane;
    let first_row = workgroup.y * ROWS;
    // Past the end, the last row or output is computed again and not stored.
    var weight_base: array<u32, OUTPUTS>;
    for (var o = 0u; o < OUTPUTS; o++) {
        weight_base[o] = row_start(min(first_output + o * SG, params.outputs - 1u), groups);
    }
    var x_base: array<u32, ROWS>;
    for (var r = 0u; r < ROWS; r++) {
        x_base[r] = min(first_row + r, params.rows - 1u) * groups;
    }
    var sums: array<f32, SUMS>;
    for (var s = 0u; s < SUMS; s++) {
        sums[s] = 0.0;
    }
    let quants = scale_texels(groups);
#ifdef ACT_F32
#import matvec_texture_f32
#else
#import matvec_texture_int
#endif
    for (var s = 0u; s < SUMS; s++) {
        store(first_row + s / OUTPUTS, first_output + s % OUTPUTS * SG, sums[s]);
    }
}
