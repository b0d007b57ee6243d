// y[row, output] += B[output, :] · h[row, :]: the expansion of low-rank adapters after a matmul of many rows, whose
// tiles have no room for it. A workgroup makes some outputs of a row; with REDUCE_LANE (software drivers), an invocation
// makes one, without barriers.
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
    let row = group.y;
    if (lora_rank(row) == 0u) {
        return;
    }
#ifdef REDUCE_LANE
    let output = group.x * WG + lane;
    if (output < params.lora_outputs) {
        y[row * params.stride + output] += lora_share(row, lora_h[row * params.lora_stride], output, 0u, 1u);
    }
#else
    let first = group.x * (WG / LORA_LANES);
    let gain = lora_gain(row, first, params.lora_outputs - 1u, lane);
    if (lane < WG / LORA_LANES && first + lane < params.lora_outputs) {
        y[row * params.stride + first + lane] += gain;
    }
#endif
}
