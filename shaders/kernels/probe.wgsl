// One number of each pooled vector s: w2 . act(W1 s + b1) + b2, where act(v) = max(v, slope * v): slope 0 is a ReLU,
// slope 1 makes the probe linear. One workgroup a slot.
override WG: u32 = 64u;

struct Params {
    width: u32,   // K, a multiple of 4
    units: u32,   // the most rows of a probe's W1
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> reads: array<vec4<u32>>;        // [slots, 2]: shared/probe_reads.wgsl
@group(0) @binding(2) var<storage, read> pooled: array<vec4<f32>>;       // [slots, 2, K], of which s
@group(0) @binding(3) var<storage, read> weights: array<vec4<f32>>;      // a probe: W1 [units, K], then (b1, w2, slope, 0) a unit, then (b2, 0, 0, 0)
@group(0) @binding(4) var<storage, read_write> out: array<f32>;          // [slots]
#import reduce

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let width4 = params.width / 4u;
    let rows = reads[group.x * 2u];
    let how = reads[group.x * 2u + 1u];
    // Every invocation takes part in every sum.
    let units = select(0u, how.w, rows.y > 0u && rows.w == 1u);
    let tail = how.z + units * width4;
    var total = 0.0;
    for (var unit = 0u; unit < params.units; unit++) {
        var part = 0.0;
        if (unit < units) {
            for (var i = lane; i < width4; i += WG) {
                part += dot(weights[how.z + unit * width4 + i], pooled[group.x * 2u * width4 + i]);
            }
        }
        let sum = workgroup_sum(part, lane);
        if (unit < units) {
            let last = weights[tail + unit];
            let v = sum + last.x;
            total += last.y * max(v, last.z * v);
        }
    }
    if (lane == 0u && units > 0u) {
        out[group.x] = total + weights[tail + units].x;
    }
}
