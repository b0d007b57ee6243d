// out = silu(gate) * up, where gate and up are the halves of a row of gate_up. One invocation makes 8 numbers.
// With GAINS, what adapters add to gate_up is added first.
// With LORA, further workgroups of a row make the low-rank product of the same numbers with the row's adapter.
override WG: u32 = 64u;

struct Params {
    width: u32,   // K, a multiple of 32
    gains: u32,   // the vec4 of gate_up where they begin
#ifdef LORA
    site: u32,    // see shared/lora_shrink_rows.wgsl
    modules: u32,
    parts: u32,
    lora_stride: u32,
#endif
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gate_up: array<vec4<f32>>;          // [rows, 2 * K]: gate, then up; then gains
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
#ifdef LORA
@group(0) @binding(4) var<storage, read> adapters: array<vec4<u32>>;         // [rows, 4 sites]
@group(0) @binding(5) var<storage, read> factors: array<vec4<u32>>;
@group(0) @binding(6) var<storage, read_write> h: array<vec4<u32>>;
#endif
#ifdef SUBGROUP
override SG: u32 = 32u;
#endif
#import activation

fn silu(v: vec4<f32>) -> vec4<f32> {
    return v / (1.0 + exp(-v));
}

// Numbers 4 * i..4 * i + 4 of a row of the output.
fn product(row: u32, i: u32) -> vec4<f32> {
    let width4 = params.width / 4u;
    let at = row * width4 * 2u + i;
    var gate = gate_up[at];
    var up = gate_up[at + width4];
#ifdef GAINS
    gate += gate_up[params.gains + at];
    up += gate_up[params.gains + at + width4];
#endif
    return silu(gate) * up;
}

#ifdef LORA
#import lora_shrink_rows
fn shrink_input(row: u32, c: u32) -> mat4x4<f32> {
    let i = c * 4u;
    return mat4x4<f32>(product(row, i), product(row, i + 1u), product(row, i + 2u), product(row, i + 3u));
}

fn shrink_scale(lane: u32) -> f32 {
    return 1.0;
}
#endif

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let width8 = params.width / 8u;
#ifdef LORA
    let own = (width8 + WG - 1u) / WG;
    if (group.x >= own) {
        shrink(group.y, group.x - own, params.width / 16u, lane);
        return;
    }
#endif
    let i = group.x * WG + lane;
    let is_active = i < width8;
    let j = select(0u, i * 2u, is_active);
    store_activation(group.y * width8, i, product(group.y, j), product(group.y, j + 1u), lane, is_active);
}
