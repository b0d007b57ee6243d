// y[row, first + n] = sum over k of W[n, k] * x[row, k] (+ bias[n]), for few rows: each weight is read once for ROWS
// rows. A team of LANES invocations shares the groups of OUTPUTS neighbouring outputs.
//   REDUCE_LANE:   a team is one invocation: no barrier, SIMD lanes run over outputs (software drivers)
//   REDUCE_SHARED: partial sums meet in workgroup memory
//   SUBGROUP:      in a subgroup first; LANES is a multiple of SG
// With LORA, further workgroups, the first ones, make what adapters add; the base's numbers are the same bits without.
override WG: u32 = 64u;
override LANES: u32 = 1u;

struct Params {
    width: u32,    // K, a multiple of 32
    outputs: u32,  // n: rows of W
    rows: u32,     // rows of x
    stride: u32,   // numbers a row of y
    first: u32,    // where in a row of y this matrix's outputs begin
#ifdef LORA
    lora_stride: u32,  // see shared/lora.wgsl
    lora_outputs: u32,
    second: u32,
    third: u32,
    gains: u32,        // the number of y where rows of what adapters add begin, zeros for the base
    lora_groups: u32,  // workgroups in x that make them
#endif
}
@group(0) @binding(0) var<uniform> params: Params;
#import weights
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
@group(0) @binding(6) var<storage, read_write> y: array<f32>;            // [rows, stride], then the gains
#ifdef LORA
#import lora
#endif

const SUMS = ROWS * OUTPUTS;
#ifdef SUBGROUP
override SG: u32 = 32u;
var<workgroup> partial: array<f32, SUMS * (WG / SG)>;
#endif
#ifdef REDUCE_SHARED
var<workgroup> partial: array<f32, SUMS * WG>;
#endif

#ifndef ACT_F32
#import int_groups
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

#ifdef LORA
fn expand(block: u32, first_row: u32, lane: u32) {
    let first = params.first + block * (WG / LORA_LANES);
    let end = params.first + params.outputs;
    for (var row = first_row; row < min(first_row + ROWS, params.rows); row++) {
        var gain = 0.0;
        if (lora_rank(row) > 0u) {
            gain = lora_gain(row, first, end - 1u, lane);
        }
        if (lane < WG / LORA_LANES && first + lane < end) {
            y[params.gains + row * params.stride + first + lane] = gain;
        }
    }
}
#endif

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let groups = params.width / 32u;
    let first_row = workgroup.y * ROWS;
#ifdef LORA
    if (workgroup.x < params.lora_groups) {
        expand(workgroup.x, first_row, lane);
        return;
    }
    let block = workgroup.x - params.lora_groups;
#else
    let block = workgroup.x;
#endif
    let first_output = (block * (WG / LANES) + lane / LANES) * OUTPUTS;
    // Past the end, the last row or output is computed again and not stored.
    var weight_base: array<u32, OUTPUTS>;
    for (var o = 0u; o < OUTPUTS; o++) {
        weight_base[o] = min(first_output + o, params.outputs - 1u) * groups;
    }
    var x_base: array<u32, ROWS>;
    for (var r = 0u; r < ROWS; r++) {
        x_base[r] = min(first_row + r, params.rows - 1u) * groups;
    }
    var sums: array<f32, SUMS>;
    for (var s = 0u; s < SUMS; s++) {
        sums[s] = 0.0;
    }
    for (var g = lane % LANES; g < groups; g += LANES) {
#ifdef W4
#import matvec_w4
#endif
#ifdef W4M
#import matvec_w4
#endif
#ifdef W8
#import matvec_w8
#endif
#ifdef F16
#import matvec_float
#endif
#ifdef F32
#import matvec_float
#endif
    }
#ifdef REDUCE_LANE
    for (var s = 0u; s < SUMS; s++) {
        store(first_row + s / OUTPUTS, first_output + s % OUTPUTS, sums[s]);
    }
#else
#ifdef SUBGROUP
    for (var s = 0u; s < SUMS; s++) {
        let sum = subgroupAdd(sums[s]);
        if (lane % SG == 0u) {
            partial[s * (WG / SG) + lane / SG] = sum;
        }
    }
    let parts = LANES / SG;
#endif
#ifdef REDUCE_SHARED
    for (var s = 0u; s < SUMS; s++) {
        partial[s * WG + lane] = sums[s];
    }
    let parts = LANES;
#endif
    workgroupBarrier();
    // partial[sum, team, part]: one invocation finishes each (sum, team).
    let teams = WG / LANES;
    for (var i = lane; i < SUMS * teams; i += WG) {
        var sum = 0.0;
        for (var p = 0u; p < parts; p++) {
            sum += partial[i * parts + p];
        }
        let s = i / teams;
        let output = (block * teams + i % teams) * OUTPUTS + s % OUTPUTS;
        store(first_row + s / OUTPUTS, output, sum);
    }
#endif
}
