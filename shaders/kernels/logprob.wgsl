// The log-probability of a given token in each row, for scoring; one workgroup a row.
override WG: u32 = 256u;

struct Params {
    vocab: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;              // [rows, vocab]
@group(0) @binding(2) var<storage, read> targets: array<u32>;             // [rows] a token, or NONE
@group(0) @binding(3) var<storage, read_write> out: array<vec4<u32>>;     // [rows] (logprob of the target; 0 without one, 1 without any finite logit, log of the sum of exponentials, argmax, top logit), the floats as bits
#ifdef SUBGROUP
override SG: u32 = 32u;
#endif
#import top
#import lane_top

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let base = group.x * params.vocab;
    let top = workgroup_top(lane_top(base, 0u, params.vocab, 0.0, lane), 0.0, lane);
    if (lane == 0u) {
        let wanted = targets[group.x];
        var logprob = 0.0;
        if (wanted < params.vocab) {
            let logit = logit_of(ordered(vec4<f32>(logits[base + wanted])).x);
            logprob = select(1.0, logit - logit_of(top.key) - log(top.sum), top.key > KEY_MASKED);
        }
        let top_logit = logit_of(top.key);
        let log_sum = top_logit + log(max(top.sum, 1.0));
        out[group.x] = vec4<u32>(bitcast<u32>(logprob), bitcast<u32>(log_sum), top.index, bitcast<u32>(top_logit));
    }
}
