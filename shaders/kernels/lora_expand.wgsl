// y[row, output] += B[output, :] · h[row, :]: the expansion of low-rank adapters after a matmul of many rows, whose
// tiles have no room for it. One invocation an output and row.
override WG: u32 = 64u;

struct Params {
    stride: u32,       // numbers in a row of y
    lora_stride: u32,
    lora_outputs: u32,
    second: u32,
    third: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;  // [rows, stride]
#import lora

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let output = group.x * WG + lane;
    let header = lora_header(group.y);
    if (output < params.lora_outputs && header.y > 0u) {
        y[group.y * params.stride + output] += lora_part(header, group.y, output, 0u, 1u);
    }
}
