// The low-rank product of a layer's input with the adapter of each row, for all modules that share the input:
// h[row, r] = scale * sum over k of A[r, k] * x[row, k]. See shared/lora.wgsl for h.
// A: [modules * rank, K] int8, then an f32 scale for each of its rows; or halves without scales.
// The kernel that imports this declares WG, the bindings below, and in `params`:
//   site:        which of a layer's inputs: 0 attention, 1 attention's output, 2 feed-forward, 3 down
//   lora_stride: vec4s of a row of h
//     adapters: array<vec4<u32>>  [rows, 4 sites] (where A begins, where B begins, rank | 0x10000 for halves, scale);
//                                 rank 0 = nothing to add
//     factors:  array<vec4<u32>>  A of every adapter
//     h:        array<vec4<u32>>

fn shrink_entry(row: u32) -> vec4<u32> {
    return adapters[row * 4u + params.site];
}

// Tells the expansion where B is, and how many parts of the product of `numbers` numbers there are to sum.
fn shrink_header(row: u32, entry: vec4<u32>, parts: u32, numbers: u32) {
    h[row * params.lora_stride] = vec4<u32>(entry.y, entry.z, parts, numbers / 4u);
}

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
