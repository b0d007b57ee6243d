// Hidden states of consecutive positions made one vector, step by step: the mean m of each chunk of them, and of those
// s = m at first, then s = ema * s + (1 - ema) * m. The last chunk may be short. One invocation makes four numbers.
override WG: u32 = 64u;

struct Params {
    width: u32,   // K, a multiple of 4
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> reads: array<vec4<u32>>;            // [slots, 2]: shared/probe_reads.wgsl
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;                // [rows, K] after the final norm
@group(0) @binding(3) var<storage, read_write> pooled: array<vec4<f32>>;     // [slots, 2, K]: s, and the sum of the chunk so far

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let width4 = params.width / 4u;
    let i = group.x * WG + lane;
    let rows = reads[group.y * 2u];
    let how = reads[group.y * 2u + 1u];
    if (rows.y == 0u || i >= width4) {
        return;
    }
    let at = group.y * 2u * width4 + i;
    let ema = bitcast<f32>(how.y);
    // What was left there by others counts for nothing before the first position and the first chunk.
    var s = pooled[at];
    var sum = pooled[at + width4];
    for (var row = 0u; row < rows.y; row++) {
        let position = rows.z + row;
        let filled = position % how.x;
        let v = x[(rows.x + row) * width4 + i];
        if (filled == 0u) {
            sum = v;
        } else {
            sum += v;
        }
        if (filled + 1u == how.x || (rows.w == 1u && row + 1u == rows.y)) {
            let mean = sum / f32(filled + 1u);
            if (position < how.x) {
                s = mean;
            } else {
                s = ema * s + (1.0 - ema) * mean;
            }
        }
    }
    pooled[at] = s;
    pooled[at + width4] = sum;
}
