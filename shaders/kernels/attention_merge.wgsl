// out = the splits of each row and head merged by log-sum-exp, one workgroup a head and row. Whatever wrote a split
// (a slice of the positions, a shared prefix), it counts by its total. A head without any is zeros.
// With LORA, a head's workgroup also makes its part of the row's low-rank product: the columns of A that are the head's.
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

// Rows of A that an invocation works on at a time, 16 columns of each.
const BATCH = 4u;

struct Chunk {
    a: vec4<u32>,
    b: vec4<u32>, // the second half of 16 halves
}

// Chunks of 16 columns of A that are the head's.
fn units() -> u32 {
    return HEAD_DIM / 16u;
}

// A chunk of row `r` of A for this invocation, whose place among the head's chunks is lane % units().
fn shrink_chunk(entry: vec4<u32>, head: u32, r: u32, lane: u32) -> Chunk {
    let rank = entry.z & 0xffffu;
    let at = (min(r, rank - 1u) * params.heads + head) * units() + lane % units();
    if (entry.z > 0xffffu) {
        return Chunk(factors[entry.x + at * 2u], factors[entry.x + at * 2u + 1u]);
    }
    return Chunk(factors[entry.x + at], vec4<u32>());
}

// What row `r` of A is to be multiplied by.
fn shrink_scale(entry: vec4<u32>, r: u32) -> f32 {
    let scale = bitcast<f32>(entry.w);
    if (entry.z > 0xffffu) {
        return scale;
    }
    let scales = entry.x + (entry.z & 0xffffu) * params.heads * units();
    return scale * bitcast<f32>(factors[scales + r / 4u][r % 4u]);
}

fn shrink_dot(entry: vec4<u32>, chunk: Chunk, v: mat4x4<f32>) -> f32 {
    if (entry.z > 0xffffu) {
        return dot_halves(chunk.a, chunk.b, v);
    }
    return dot_bytes(chunk.a, v);
}

// Rows start..start + BATCH * WG / units() of the head's part, from an invocation's chunks of them.
fn shrink_rows(entry: vec4<u32>, c0: Chunk, c1: Chunk, c2: Chunk, c3: Chunk, start: u32, row: u32, head: u32, lane: u32) {
    let rank = entry.z & 0xffffu;
    let at_once = WG / units();
    let end = min(BATCH * at_once, rank - start);
    var scale = shrink_scale(entry, start + min(lane, end - 1u));
    let u = lane % units() * 4u;
    let v = mat4x4<f32>(merged[u], merged[u + 1u], merged[u + 2u], merged[u + 3u]);
    slice_sums[lane] = vec4<f32>(shrink_dot(entry, c0, v), shrink_dot(entry, c1, v), shrink_dot(entry, c2, v),
                                 shrink_dot(entry, c3, v));
    workgroupBarrier();
    for (var i = lane; i < end; i += WG) {
        if (i != lane) {
            scale = shrink_scale(entry, start + i);
        }
        var sum = 0.0;
        for (var p = 0u; p < units(); p++) {
            sum += slice_sums[i % at_once * units() + p][i / at_once];
        }
        let at = head * rank + start + i;
        h[row * params.lora_stride + 1u + at / 4u][at % 4u] = bitcast<u32>(sum * scale);
    }
    workgroupBarrier();
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
    let first = (group.y * params.heads + group.x) * params.splits;
    let chunk = lane % CHUNKS;
    let slice = lane / CHUNKS;
#ifdef LORA
    let row = params.first_row + group.y;
    let entry = shrink_entry(row);
#endif
    // Read at once by all: one after another, the waits for memory would add up.
    for (var i = lane; i < params.splits; i += WG) {
        split_totals[i] = partial_totals[first + i];
    }
#ifdef LORA
    // Loaded here, so that they are there when the head is.
    let at_once = WG / units();
    let r = lane / units();
    var c0: Chunk;
    var c1: Chunk;
    var c2: Chunk;
    var c3: Chunk;
    if (entry.z > 0u) {
        c0 = shrink_chunk(entry, group.x, r, lane);
        c1 = shrink_chunk(entry, group.x, r + at_once, lane);
        c2 = shrink_chunk(entry, group.x, r + 2u * at_once, lane);
        c3 = shrink_chunk(entry, group.x, r + 3u * at_once, lane);
    }
    if (group.x == 0u && lane == 0u) {
        shrink_header(row, entry, params.heads, entry.z & 0xffffu);
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
    let first8 = (params.first_row + group.y) * params.heads * CHUNKS;
    store_activation(first8, group.x * CHUNKS + chunk, a * inverse, b * inverse, lane, is_active);
#ifdef LORA
    if (is_active) {
        merged[chunk * 2u] = a * inverse;
        merged[chunk * 2u + 1u] = b * inverse;
    }
    workgroupBarrier();
    for (var start = 0u; start < (entry.z & 0xffffu); start += BATCH * at_once) {
        if (start > 0u) {
            c0 = shrink_chunk(entry, group.x, start + r, lane);
            c1 = shrink_chunk(entry, group.x, start + r + at_once, lane);
            c2 = shrink_chunk(entry, group.x, start + r + 2u * at_once, lane);
            c3 = shrink_chunk(entry, group.x, start + r + 3u * at_once, lane);
        }
        shrink_rows(entry, c0, c1, c2, c3, start, row, group.x, lane);
    }
#endif
}
