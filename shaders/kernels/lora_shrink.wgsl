// h[row, r] = scale * sum over k of A[r, k] * x[row, k]: the low-rank product of a layer's input with the adapter of
// each row, for all modules that share the input. A workgroup makes four numbers of a row; see shared/lora.wgsl for h.
// A: [modules * rank, K] int8, then an f32 scale for each of its rows; or halves without scales.
override WG: u32 = 64u;

struct Params {
    width: u32,       // K, a multiple of 32
    group: u32,       // which of a layer's inputs: 0 attention, 1 attention's output, 2 feed-forward, 3 down
    modules: u32,     // that share it
    lora_stride: u32, // vec4s of a row of h
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<vec4<u32>>;      // [rows] see shared/rows.wgsl
// [adapters, 4 groups] (where A begins, where B begins, rank | 0x10000 for halves, scale); rank 0 = nothing to add
@group(0) @binding(2) var<storage, read> adapters: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> factors: array<vec4<u32>>;
#ifdef ACT_F32
@group(0) @binding(4) var<storage, read> x: array<vec4<f32>>;         // [rows, K]
#endif
#ifdef ACT_F16
@group(0) @binding(4) var<storage, read> x: array<vec4<u32>>;         // [rows, K] halves
#endif
#ifdef ACT_I8
@group(0) @binding(4) var<storage, read> x: array<vec4<u32>>;         // [rows, K] int8, see shared/int_groups.wgsl
@group(0) @binding(5) var<storage, read> x_scales: array<vec2<f32>>;  // [rows, K/32] (d, d * sum(q))
#endif
#ifdef ACT_I16
@group(0) @binding(4) var<storage, read> x: array<vec4<u32>>;         // [rows, K] int16, see shared/int_groups.wgsl
@group(0) @binding(5) var<storage, read> x_scales: array<vec2<f32>>;  // [rows, K/32] (d, d * sum(q))
#endif
@group(0) @binding(6) var<storage, read_write> h: array<vec4<u32>>;
#import rows
#import int_groups
#ifdef SUBGROUP
override SG: u32 = 32u;
var<workgroup> partial: array<vec4<f32>, WG / SG>;
#else
var<workgroup> partial: array<vec4<f32>, WG>;
#endif

fn halves4(a: u32, b: u32) -> vec4<f32> {
    return vec4<f32>(unpack2x16float(a), unpack2x16float(b));
}

fn bytes4(word: u32) -> vec4<f32> {
    return vec4<f32>(unpack4xI8(word));
}

fn dot_bytes(a: vec4<u32>, v: mat4x4<f32>) -> f32 {
    return dot(bytes4(a.x), v[0]) + dot(bytes4(a.y), v[1]) + dot(bytes4(a.z), v[2]) + dot(bytes4(a.w), v[3]);
}

fn dot_halves(a: vec4<u32>, b: vec4<u32>, v: mat4x4<f32>) -> f32 {
    return dot(halves4(a.x, a.y), v[0]) + dot(halves4(a.z, a.w), v[1]) + dot(halves4(b.x, b.y), v[2])
        + dot(halves4(b.z, b.w), v[3]);
}

// Numbers 16*c..16*c+16 of x, where `c` counts from the first row's first.
fn x16(c: u32) -> mat4x4<f32> {
#ifdef ACT_F32
    return mat4x4<f32>(x[c * 4u], x[c * 4u + 1u], x[c * 4u + 2u], x[c * 4u + 3u]);
#endif
#ifdef ACT_F16
    let a = x[c * 2u];
    let b = x[c * 2u + 1u];
    return mat4x4<f32>(halves4(a.x, a.y), halves4(a.z, a.w), halves4(b.x, b.y), halves4(b.z, b.w));
#endif
#ifdef ACT_I8
    let q = x[group_part(c / 2u, c & 1u, 2u)];
    return x_scales[c / 2u].x * mat4x4<f32>(bytes4(q.x), bytes4(q.y), bytes4(q.z), bytes4(q.w));
#endif
#ifdef ACT_I16
    let high = x[group_part(c / 2u, c & 1u, 4u)];
    let low = x[group_part(c / 2u, (c & 1u) + 2u, 4u)];
    return x_scales[c / 2u].x * mat4x4<f32>(
        bytes4(high.x) * 256.0 + bytes4(low.x),
        bytes4(high.y) * 256.0 + bytes4(low.y),
        bytes4(high.z) * 256.0 + bytes4(low.z),
        bytes4(high.w) * 256.0 + bytes4(low.w),
    );
#endif
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = group.y;
    let step_row = rows[row];
    let entry = adapters[select(step_row.w, 0u, step_row.y == ROW_UNUSED) * 4u + params.group];
    if (group.x == 0u && lane == 0u) {
        h[row * params.lora_stride] = vec4<u32>(entry.y, entry.z, 0u, 0u);
    }
    let count = params.modules * (entry.z & 0xffffu);
    let first = group.x * 4u;
    if (first >= count) {
        return;
    }
    let chunks = params.width / 16u;
    var sums = vec4<f32>();
    for (var c = lane; c < chunks; c += WG) {
        // All loads are asked for before any is used.
        if (entry.z > 0xffffu) {
            let at = entry.x + (first * chunks + c) * 2u;
            let a0 = factors[at];
            let b0 = factors[at + 1u];
            let a1 = factors[at + chunks * 2u];
            let b1 = factors[at + chunks * 2u + 1u];
            let a2 = factors[at + chunks * 4u];
            let b2 = factors[at + chunks * 4u + 1u];
            let a3 = factors[at + chunks * 6u];
            let b3 = factors[at + chunks * 6u + 1u];
            let v = x16(row * chunks + c);
            sums += vec4<f32>(dot_halves(a0, b0, v), dot_halves(a1, b1, v), dot_halves(a2, b2, v),
                              dot_halves(a3, b3, v));
        } else {
            let at = entry.x + first * chunks + c;
            let a0 = factors[at];
            let a1 = factors[at + chunks];
            let a2 = factors[at + chunks * 2u];
            let a3 = factors[at + chunks * 3u];
            let v = x16(row * chunks + c);
            sums += vec4<f32>(dot_bytes(a0, v), dot_bytes(a1, v), dot_bytes(a2, v), dot_bytes(a3, v));
        }
    }
#ifdef SUBGROUP
    let sum = subgroupAdd(sums);
    if (lane % SG == 0u) {
        partial[lane / SG] = sum;
    }
    let parts = WG / SG;
#else
    partial[lane] = sums;
    let parts = WG;
#endif
    workgroupBarrier();
    if (lane == 0u) {
        var total = vec4<f32>();
        for (var p = 0u; p < parts; p++) {
            total += partial[p];
        }
        total *= bitcast<f32>(entry.w);
        if (entry.z <= 0xffffu) {
            total *= bitcast<vec4<f32>>(factors[entry.x + count * chunks + group.x]);
        }
        h[row * params.lora_stride + 1u + group.x] = bitcast<vec4<u32>>(total);
    }
}
