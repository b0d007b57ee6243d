// out = the splits of each row and head merged by log-sum-exp, one workgroup a head and row. Whatever wrote a split
// (a slice of the positions, a shared prefix), it counts by its total. A head without any is zeros.
// With LORA, further workgroups merge a head as well and make its part of the row's low-rank product with the columns of
// A that are the head's, some rows of A each.
override WG: u32 = 64u;
override HEAD_DIM: u32 = 64u; // a multiple of 32
override CHUNKS: u32 = 8u;    // HEAD_DIM / 8
override SLICES: u32 = 8u;    // WG / CHUNKS

struct Params {
    heads: u32,
    splits: u32,
    first_row: u32, // of the step; partials start at 0
#ifdef LORA
    site: u32,      // see shared/lora_shrink.wgsl
    lora_stride: u32,
#endif
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
#ifdef LORA
@group(0) @binding(5) var<storage, read> adapters: array<vec4<u32>>;         // [rows, 4 sites]
@group(0) @binding(6) var<storage, read> factors: array<vec4<u32>>;
@group(0) @binding(7) var<storage, read_write> h: array<vec4<u32>>;
#import lora_shrink
var<workgroup> merged: array<vec4<f32>, HEAD_DIM / 4u>;
var<workgroup> dots: array<f32, WG>;

// Sixteen columns of a row of A: bytes in `a`, or halves in both.
struct Chunk {
    a: vec4<u32>,
    b: vec4<u32>,
}

// An invocation's chunk of the head's columns: of row `r`, the lane % units-th.
fn shrink_chunk(entry: vec4<u32>, head: u32, r: u32, units: u32, lane: u32) -> Chunk {
    let row = min(r, (entry.z & 0xffffu) - 1u);
    let at = (row * params.heads + head) * units + lane % units;
    if (entry.z > 0xffffu) {
        return Chunk(factors[entry.x + at * 2u], factors[entry.x + at * 2u + 1u]);
    }
    return Chunk(factors[entry.x + at], vec4<u32>());
}

// What row `r` of A is to be multiplied by.
fn shrink_scale(entry: vec4<u32>, r: u32, units: u32) -> f32 {
    let scale = bitcast<f32>(entry.w);
    if (entry.z > 0xffffu) {
        return scale;
    }
    let row = min(r, (entry.z & 0xffffu) - 1u);
    return scale * bitcast<f32>(factors[entry.x + (entry.z & 0xffffu) * params.heads * units + row / 4u][row % 4u]);
}

// Rows first..first + WG / units of the head's part, one for each of the first invocations.
fn shrink(entry: vec4<u32>, chunk: Chunk, scale: f32, row: u32, head: u32, first: u32, units: u32, lane: u32) {
    let i = lane % units * 4u;
    let v = mat4x4<f32>(merged[i], merged[i + 1u], merged[i + 2u], merged[i + 3u]);
    if (entry.z > 0xffffu) {
        dots[lane] = dot_halves(chunk.a, chunk.b, v);
    } else {
        dots[lane] = dot_bytes(chunk.a, v);
    }
    workgroupBarrier();
    let rank = entry.z & 0xffffu;
    if (lane < WG / units && first + lane < rank) {
        var sum = 0.0;
        for (var p = 0u; p < units; p++) {
            sum += dots[lane * units + p];
        }
        let at = head * rank + first + lane;
        h[row * params.lora_stride + 1u + at / 4u][at % 4u] = bitcast<u32>(sum * scale);
    }
}
#endif
#import activation

// Most splits of a row.
const MOST: u32 = 256u;
var<workgroup> split_totals: array<vec2<f32>, MOST>;
var<workgroup> slice_sums: array<vec4<f32>, WG * 2u>;
var<workgroup> slice_totals: array<f32, SLICES>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let head = group.x % params.heads;
    let first = (group.y * params.heads + head) * params.splits;
    let chunk = lane % CHUNKS;
    let slice = lane / CHUNKS;
#ifdef LORA
    let row = params.first_row + group.y;
    let entry = shrink_entry(row);
    let units = HEAD_DIM / 16u;
    // Rows of A from the second workgroup of a head on.
    let first_r = (max(group.x / params.heads, 1u) - 1u) * (WG / units);
    let is_shrinking = group.x >= params.heads;
#endif
    // Read at once by all: one after another, the waits for memory would add up.
    for (var i = lane; i < params.splits; i += WG) {
        split_totals[i] = partial_totals[first + i];
    }
#ifdef LORA
    // Loaded here, so that they are there when the head is.
    var chunk_of_a: Chunk;
    var scale = 0.0;
    if (is_shrinking) {
        if (group.x == params.heads && lane == 0u) {
            shrink_header(row, entry, params.heads, entry.z & 0xffffu);
        }
        if (first_r >= (entry.z & 0xffffu)) {
            return;
        }
        chunk_of_a = shrink_chunk(entry, head, first_r + lane / units, units, lane);
        scale = shrink_scale(entry, first_r + lane, units);
    }
#endif
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
#ifdef LORA
    if (is_shrinking) {
        if (is_active) {
            merged[chunk * 2u] = a * inverse;
            merged[chunk * 2u + 1u] = b * inverse;
        }
        workgroupBarrier();
        shrink(entry, chunk_of_a, scale, row, head, first_r, units, lane);
        return;
    }
#endif
    let first8 = (params.first_row + group.y) * params.heads * CHUNKS;
    store_activation(first8, head * CHUNKS + chunk, a * inverse, b * inverse, lane, is_active);
}
