// Sampling 1: the top logit of every chunk and its sums of exponentials, one workgroup a (chunk, row). It also clears
// the row's histograms for the kernels that follow. Greedy rows go from here to sample_draw.
override WG: u32 = 256u;
#import sampling
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> settings: array<Settings>;             // [rows]
@group(0) @binding(2) var<storage, read> logits: array<f32>;                    // [rows, vocab]
@group(0) @binding(3) var<storage, read_write> partials: array<vec4<u32>>;      // [rows, chunks] a Top each
@group(0) @binding(4) var<storage, read_write> histograms: array<vec2<u32>>;    // [rows, 3, BINS]
#ifdef SUBGROUP
override SG: u32 = 32u;
#endif
#import top
#import lane_top

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = settings[group.y];
    if (row.slot == SLOT_UNUSED) {
        return;
    }
    let cooling = cooling_of(row);
    if (cooling > 0.0) {
        for (var i = group.x * WG + lane; i < 3u * BINS; i += params.chunks * WG) {
            histograms[group.y * 3u * BINS + i] = vec2<u32>(0u);
        }
    }
    let start = group.x * params.chunk;
    let end = min(start + params.chunk, params.vocab);
    let top = workgroup_top(lane_top(group.y * params.vocab, start, end, cooling, lane), cooling, lane);
    if (lane == 0u) {
        partials[group.y * params.chunks + group.x] = top_pack(top);
    }
}
