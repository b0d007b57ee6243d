// Sampling 5: the weight that each chunk keeps after top-k, top-p and min-p, one workgroup a (chunk, row).
override WG: u32 = 256u;
#import sampling
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> settings: array<Settings>;               // [rows]
@group(0) @binding(2) var<storage, read> logits: array<f32>;                      // [rows, vocab]
@group(0) @binding(3) var<storage, read> partials: array<vec4<u32>>;              // [rows, chunks] a Top each
@group(0) @binding(4) var<storage, read_write> histograms: array<atomic<u32>>;    // [rows, 3, BINS, 2]
@group(0) @binding(5) var<storage, read_write> kept: array<vec2<u32>>;            // [rows, chunks] (weight, last cell)
#ifdef SUBGROUP
override SG: u32 = 32u;
#endif
#import top
#import row_top
#import prefix
#import cut

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = settings[group.y];
    if (row.slot == SLOT_UNUSED || row.temperature <= 0.0) {
        return;
    }
    let cooling = cooling_of(row);
    let top = row_top(group.y, cooling, lane);
    let top_logit = logit_of(top.key);
    let scale = weight_scale(top.sum_cooled);
    var last = CELLS - 1u;
    if (row.min_p > 0.0) {
        last = min(last, u32(max(-log(row.min_p), 0.0) * CELLS_A_NAT));
    }
    if (row.top_k > 0u) {
        let k = cut_top_k(group.y, row.top_k, lane);
        last = min(last, k.x);
        if (row.top_p < 1.0) {
            last = min(last, cut_top_p(group.y, k.y, row.top_p, lane));
        }
    } else if (row.top_p < 1.0) {
        let all = find_cut(group.y, COARSE, BY_WEIGHT, NONE, lane).upto.y;
        last = min(last, cut_top_p(group.y, all, row.top_p, lane));
    }
    let start = group.x * params.chunk;
    let end = min(start + params.chunk, params.vocab);
    let offsets = vec4<u32>(0u, WG, 2u * WG, 3u * WG);
    var sum = vec4<u32>(0u);
    for (var first = start + lane; first < end; first += 4u * WG) {
        let i = vec4<u32>(first) + offsets;
        let at = vec4<u32>(group.y * params.vocab) + min(i, vec4<u32>(end - 1u));
        let some = vec4<f32>(logits[at.x], logits[at.y], logits[at.z], logits[at.w]);
        let cells = cells_of(some, top_logit, cooling, scale);
        sum += select(vec4<u32>(0u), cells.weight, (cells.cell <= vec4<u32>(last)) & (i < vec4<u32>(end)));
    }
    let total = workgroup_prefix(vec2<u32>(sum.x + sum.y + sum.z + sum.w, 0u), lane).total.x;
    if (lane == 0u) {
        kept[group.y * params.chunks + group.x] = vec2<u32>(total, last);
    }
}
