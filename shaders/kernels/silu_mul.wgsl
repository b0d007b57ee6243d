// out = silu(gate) * up, where gate and up are the halves of a row of gate_up. One invocation makes 8 numbers.
override WG: u32 = 64u;

struct Params {
    width: u32,   // K, a multiple of 32
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gate_up: array<vec4<f32>>;          // [rows, 2 * K]: gate, then up
#ifdef ACT_F32
@group(0) @binding(2) var<storage, read_write> out: array<vec4<f32>>;        // [rows, K]
#endif
#ifdef ACT_F16
@group(0) @binding(2) var<storage, read_write> out: array<vec4<u32>>;        // [rows, K] halves
#endif
#ifdef ACT_I8
@group(0) @binding(2) var<storage, read_write> out: array<vec2<u32>>;        // [rows, K] int8
@group(0) @binding(3) var<storage, read_write> out_scales: array<vec2<f32>>; // [rows, K/32]
#endif
#ifdef ACT_I16
@group(0) @binding(2) var<storage, read_write> out: array<vec2<u32>>;        // [rows, K] int16
@group(0) @binding(3) var<storage, read_write> out_scales: array<vec2<f32>>; // [rows, K/32]
#endif
#import activation

fn silu(v: vec4<f32>) -> vec4<f32> {
    return v / (1.0 + exp(-v));
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let width4 = params.width / 4u;
    let width8 = params.width / 8u;
    let i = group.x * WG + lane;
    let is_active = i < width8;
    let j = group.y * width4 * 2u + select(0u, i * 2u, is_active);
    let a = silu(gate_up[j]) * gate_up[j + width4];
    let b = silu(gate_up[j + 1u]) * gate_up[j + 1u + width4];
    store_activation(group.y * width8, i, a, b, lane, is_active);
}
