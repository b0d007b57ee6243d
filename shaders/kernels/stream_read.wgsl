// sums[i] = the wrapping sum of every word that invocation i reads: how fast this device reads memory at best.
override WG: u32 = 128u;

struct Params {
    rounds: u32,   // each invocation reads 4 vectors a round
    stride: u32,   // invocations in all
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> words: array<vec4<u32>>;         // [rounds, 4, stride]
@group(0) @binding(2) var<storage, read_write> sums: array<u32>;          // [stride]

@compute @workgroup_size(WG)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let stride = params.stride;
    var sum = vec4<u32>();
    var at = id.x;
    for (var round = 0u; round < params.rounds; round++) {
        // Four loads that do not wait for one another.
        let a = words[at];
        let b = words[at + stride];
        let c = words[at + 2u * stride];
        let d = words[at + 3u * stride];
        sum += (a + b) + (c + d);
        at += 4u * stride;
    }
    sums[id.x] = (sum.x + sum.y) + (sum.z + sum.w);
}
