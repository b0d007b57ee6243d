// out = the splits of each row and head merged by log-sum-exp, one workgroup a head and row. Whatever wrote a split
// (a slice of the positions, a shared prefix), it counts by its total. A head without any is zeros.
override WG: u32 = 64u;
override HEAD_DIM: u32 = 64u; // a multiple of 32
override CHUNKS: u32 = 8u;    // HEAD_DIM / 8
override SLICES: u32 = 8u;    // WG / CHUNKS

struct Params {
    heads: u32,
    splits: u32,
    first_row: u32, // of the step; partials start at 0
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partial: array<vec4<f32>>;          // [rows, heads, splits, HEAD_DIM]
@group(0) @binding(2) var<storage, read> partial_totals: array<vec2<f32>>;   // [rows, heads, splits] (max, sum)
#ifdef ACT_F32
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;        // [rows, K], K = heads * HEAD_DIM
#endif
#ifdef ACT_F16
@group(0) @binding(3) var<storage, read_write> out: array<vec4<u32>>;        // [rows, K] halves
#endif
#ifdef ACT_I8
@group(0) @binding(3) var<storage, read_write> out: array<vec2<u32>>;        // [rows, K] int8
@group(0) @binding(4) var<storage, read_write> out_scales: array<vec2<f32>>; // [rows, K/32]
#endif
#ifdef ACT_I16
@group(0) @binding(3) var<storage, read_write> out: array<vec2<u32>>;        // [rows, K] int16
@group(0) @binding(4) var<storage, read_write> out_scales: array<vec2<f32>>; // [rows, K/32]
#endif
#import activation

// Most splits of a row.
const MOST: u32 = 256u;
var<workgroup> split_totals: array<vec2<f32>, MOST>;
var<workgroup> slice_sums: array<vec4<f32>, WG * 2u>;
var<workgroup> slice_totals: array<f32, SLICES>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let first = (group.y * params.heads + group.x) * params.splits;
    let chunk = lane % CHUNKS;
    let slice = lane / CHUNKS;
    // Read at once by all: one after another, the waits for memory would add up.
    for (var i = lane; i < params.splits; i += WG) {
        split_totals[i] = partial_totals[first + i];
    }
    workgroupBarrier();
    var highest = -3e38;
    for (var i = 0u; i < params.splits; i++) {
        highest = max(highest, split_totals[i].x);
    }
    var total = 0.0;
    var a = vec4<f32>();
    var b = vec4<f32>();
    if (slice < SLICES) {
        for (var i = slice; i < params.splits; i += SLICES) {
            let t = split_totals[i];
            if (t.y > 0.0) {
                let weight = exp2(t.x - highest);
                let at = (first + i) * (HEAD_DIM / 4u) + chunk * 2u;
                total += t.y * weight;
                a += partial[at] * weight;
                b += partial[at + 1u] * weight;
            }
        }
        slice_sums[lane * 2u] = a;
        slice_sums[lane * 2u + 1u] = b;
        if (chunk == 0u) {
            slice_totals[slice] = total;
        }
    }
    workgroupBarrier();
    let is_active = lane < CHUNKS;
    if (is_active) {
        for (var i = 1u; i < SLICES; i++) {
            total += slice_totals[i];
            a += slice_sums[(i * CHUNKS + chunk) * 2u];
            b += slice_sums[(i * CHUNKS + chunk) * 2u + 1u];
        }
    }
    let inverse = select(0.0, 1.0 / total, total > 0.0);
    let first8 = (params.first_row + group.y) * params.heads * CHUNKS;
    store_activation(first8, group.x * CHUNKS + chunk, a * inverse, b * inverse, lane, is_active);
}
