// out = x / sqrt(mean(x^2) + eps) * weight, one workgroup a row. With ADD: x += delta first, and x is kept.
override WG: u32 = 128u;

struct Params {
    width: u32,     // K, a multiple of 32
    eps: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<vec4<f32>>;         // [K]
#ifdef ADD
@group(0) @binding(2) var<storage, read_write> x: array<vec4<f32>>;        // [rows, K]
@group(0) @binding(3) var<storage, read> delta: array<vec4<f32>>;          // [rows, K]
#else
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;              // [rows, K]
#endif
#ifdef ACT_F32
@group(0) @binding(4) var<storage, read_write> out: array<vec4<f32>>;      // [rows, K]
#endif
#ifdef ACT_F16
@group(0) @binding(4) var<storage, read_write> out: array<vec4<u32>>;      // [rows, K] halves
#endif
#ifdef ACT_I8
@group(0) @binding(4) var<storage, read_write> out: array<vec2<u32>>;      // [rows, K] int8
@group(0) @binding(5) var<storage, read_write> out_scales: array<vec2<f32>>; // [rows, K/32]
#endif
#ifdef ACT_I16
@group(0) @binding(4) var<storage, read_write> out: array<vec2<u32>>;      // [rows, K] int16
@group(0) @binding(5) var<storage, read_write> out_scales: array<vec2<f32>>; // [rows, K/32]
#endif
#import reduce
#import activation

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let width4 = params.width / 4u;
    let first = group.x * width4;
    var sum = 0.0;
    for (var i = lane; i < width4; i += WG) {
#ifdef ADD
        let v = x[first + i] + delta[first + i];
        x[first + i] = v;
#else
        let v = x[first + i];
#endif
        sum += dot(v, v);
    }
    let scale = inverseSqrt(workgroup_sum(sum, lane) / f32(params.width) + params.eps);
#ifdef ADD
    storageBarrier();
#endif
    let width8 = params.width / 8u;
    for (var start = 0u; start < width8; start += WG) {
        let i = start + lane;
        let is_active = i < width8;
        let j = select(0u, i * 2u, is_active);
        let a = x[first + j] * scale * weight[j];
        let b = x[first + j + 1u] * scale * weight[j + 1u];
        store_activation(group.x * width8, i, a, b, lane, is_active);
    }
}
