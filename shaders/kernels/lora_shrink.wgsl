// The low-rank product of a layer's input with the adapter of each row, see shared/lora_shrink.wgsl: for chunks. A
// step that decodes has it beside what makes the input: rmsnorm, attention_merge, silu_mul.
override WG: u32 = 64u;

struct Params {
    width: u32,       // K, a multiple of 32
    site: u32,        // which of a layer's inputs
    modules: u32,     // that share it
    parts: u32,       // see shared/lora_shrink_rows.wgsl
    lora_stride: u32, // vec4s of a row of h
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> adapters: array<vec4<u32>>;  // [rows, 4 sites]
@group(0) @binding(2) var<storage, read> factors: array<vec4<u32>>;
#ifdef ACT_F32
@group(0) @binding(3) var<storage, read> x: array<vec4<f32>>;         // [rows, K]
#endif
#ifdef ACT_F16
@group(0) @binding(3) var<storage, read> x: array<vec4<u32>>;         // [rows, K] halves
#endif
#ifdef ACT_I8
@group(0) @binding(3) var<storage, read> x: array<vec4<u32>>;         // [rows, K] int8, see shared/int_groups.wgsl
@group(0) @binding(4) var<storage, read> x_scales: array<vec2<f32>>;  // [rows, K/32] (d, d * sum(q))
#endif
#ifdef ACT_I16
@group(0) @binding(3) var<storage, read> x: array<vec4<u32>>;         // [rows, K] int16, see shared/int_groups.wgsl
@group(0) @binding(4) var<storage, read> x_scales: array<vec2<f32>>;  // [rows, K/32] (d, d * sum(q))
#endif
@group(0) @binding(5) var<storage, read_write> h: array<vec4<u32>>;
#ifdef SUBGROUP
override SG: u32 = 32u;
#endif
#import int_groups
#import lora_shrink_rows

fn shrink_input(row: u32, c: u32) -> mat4x4<f32> {
    let i = row * (params.width / 16u) + c;
#ifdef ACT_F32
    return mat4x4<f32>(x[i * 4u], x[i * 4u + 1u], x[i * 4u + 2u], x[i * 4u + 3u]);
#endif
#ifdef ACT_F16
    let a = x[i * 2u];
    let b = x[i * 2u + 1u];
    return mat4x4<f32>(halves4(a.x, a.y), halves4(a.z, a.w), halves4(b.x, b.y), halves4(b.z, b.w));
#endif
#ifdef ACT_I8
    let q = x[group_part(i / 2u, i & 1u, 2u)];
    return x_scales[i / 2u].x * mat4x4<f32>(bytes4(q.x), bytes4(q.y), bytes4(q.z), bytes4(q.w));
#endif
#ifdef ACT_I16
    let high = x[group_part(i / 2u, i & 1u, 4u)];
    let low = x[group_part(i / 2u, (i & 1u) + 2u, 4u)];
    return x_scales[i / 2u].x * mat4x4<f32>(
        bytes4(high.x) * 256.0 + bytes4(low.x),
        bytes4(high.y) * 256.0 + bytes4(low.y),
        bytes4(high.z) * 256.0 + bytes4(low.z),
        bytes4(high.w) * 256.0 + bytes4(low.w),
    );
#endif
}

fn shrink_scale(lane: u32) -> f32 {
    return 1.0;
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    shrink(group.y, group.x, params.width / 16u, lane);
}
