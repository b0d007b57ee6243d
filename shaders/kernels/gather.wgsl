// out[i] = x[rows[i]] + delta[rows[i]]: the rows of a chunk whose logits are wanted, one workgroup each.
override WG: u32 = 64u;

struct Params {
    width: u32,   // K, a multiple of 4
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<u32>;               // [wanted]
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;            // [rows, K]
@group(0) @binding(3) var<storage, read> delta: array<vec4<f32>>;        // [rows, K]
@group(0) @binding(4) var<storage, read_write> out: array<vec4<f32>>;    // [wanted, K]

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let width4 = params.width / 4u;
    let row = rows[group.x];
    for (var i = lane; i < width4; i += WG) {
        out[group.x * width4 + i] = x[row * width4 + i] + delta[row * width4 + i];
    }
}
