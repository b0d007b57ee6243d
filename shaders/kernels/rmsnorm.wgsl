// out = x / sqrt(mean(x^2) + eps) * weight, one workgroup a row. With ADD, x + delta takes the place of x and is kept.
// With GAINS, so do those that adapters add to delta.
// With LORA, further workgroups of a row make the low-rank product of the same numbers with the row's adapter.
override WG: u32 = 128u;

struct Params {
    width: u32,     // K, a multiple of 32
    eps: f32,
    first: u32,     // where in x the rows are read, in vec4s
    kept: u32,      // where they are kept: elsewhere, as several workgroups read a row
    gains: u32,     // the vec4 of delta where they begin
#ifdef LORA
    site: u32,      // see shared/lora_shrink_rows.wgsl
    modules: u32,
    parts: u32,
    lora_stride: u32,
#endif
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<vec4<f32>>;         // [K]
#ifdef ADD
@group(0) @binding(2) var<storage, read_write> x: array<vec4<f32>>;        // [2, rows, K]
@group(0) @binding(3) var<storage, read> delta: array<vec4<f32>>;          // [rows, K], then gains
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
#ifdef LORA
@group(0) @binding(6) var<storage, read> adapters: array<vec4<u32>>;         // [rows, 4 sites]
@group(0) @binding(7) var<storage, read> factors: array<vec4<u32>>;
@group(0) @binding(8) var<storage, read_write> h: array<vec4<u32>>;
#endif
#import reduce
#import activation

fn summed(i: u32) -> vec4<f32> {
#ifdef ADD
#ifdef GAINS
    return x[params.first + i] + (delta[i] + delta[params.gains + i]);
#else
    return x[params.first + i] + delta[i];
#endif
#else
    return x[params.first + i];
#endif
}

fn scale_of(squares: f32, lane: u32) -> f32 {
    return inverseSqrt(workgroup_sum(squares, lane) / f32(params.width) + params.eps);
}

#ifdef LORA
#import lora_shrink_rows
// Of all numbers that `shrink_input` gave.
var<private> squares: f32 = 0.0;

// The row's numbers without the scale, which is known only at the end.
fn shrink_input(row: u32, c: u32) -> mat4x4<f32> {
    let i = row * (params.width / 4u) + c * 4u;
    let a = summed(i);
    let b = summed(i + 1u);
    let e = summed(i + 2u);
    let d = summed(i + 3u);
    squares += dot(a, a) + dot(b, b) + dot(e, e) + dot(d, d);
    return mat4x4<f32>(a * weight[c * 4u], b * weight[c * 4u + 1u], e * weight[c * 4u + 2u], d * weight[c * 4u + 3u]);
}

fn shrink_scale(lane: u32) -> f32 {
    return scale_of(squares, lane);
}
#endif

fn normalize(row: u32, lane: u32) {
    let width4 = params.width / 4u;
    let first = row * width4;
    var sum = 0.0;
    for (var i = lane; i < width4; i += WG) {
        let v = summed(first + i);
#ifdef ADD
        x[params.kept + first + i] = v;
#endif
        sum += dot(v, v);
    }
    let scale = scale_of(sum, lane);
#ifdef ADD
    storageBarrier();
    let kept = params.kept + first;
#else
    let kept = params.first + first;
#endif
    let width8 = params.width / 8u;
    for (var start = 0u; start < width8; start += WG) {
        let i = start + lane;
        let is_active = i < width8;
        let j = select(0u, i * 2u, is_active);
        let a = x[kept + j] * scale * weight[j];
        let b = x[kept + j + 1u] * scale * weight[j + 1u];
        store_activation(row * width8, i, a, b, lane, is_active);
    }
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
#ifdef LORA
    if (group.x > 0u) {
        shrink(group.y, group.x - 1u, params.width / 16u, lane);
        return;
    }
#endif
    normalize(group.y, lane);
}
