// Sampling 2 to 4: histograms of the row's tokens by how likely they are, one workgroup a (chunk, row).
//   COARSE_BINS: all tokens; CUT_K, CUT_P: the tokens of the coarse bin that top-k or top-p cuts (see shared/cut.wgsl)
override WG: u32 = 256u;
#import sampling
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> settings: array<Settings>;               // [rows]
@group(0) @binding(2) var<storage, read> logits: array<f32>;                      // [rows, vocab]
@group(0) @binding(3) var<storage, read> partials: array<vec4<u32>>;              // [rows, chunks] a Top each
@group(0) @binding(4) var<storage, read_write> histograms: array<atomic<u32>>;    // [rows, 3, BINS, 2]
#ifdef SUBGROUP
override SG: u32 = 32u;
#endif
#import top
#import row_top
#import prefix
#import cut
var<workgroup> counts: array<atomic<u32>, BINS>;
var<workgroup> weights: array<atomic<u32>, BINS>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = settings[group.y];
    if (row.slot == SLOT_UNUSED || row.temperature <= 0.0) {
        return;
    }
#ifdef COARSE_BINS
    if (row.top_k == 0u && row.top_p >= 1.0) {
        return;
    }
#endif
#ifdef CUT_K
    if (row.top_k == 0u) {
        return;
    }
#endif
#ifdef CUT_P
    if (row.top_p >= 1.0) {
        return;
    }
#endif
    for (var bin = lane; bin < BINS; bin += WG) {
        atomicStore(&counts[bin], 0u);
        atomicStore(&weights[bin], 0u);
    }
    let cooling = cooling_of(row);
    let top = row_top(group.y, cooling, lane);
    let top_logit = logit_of(top.key);
    let scale = weight_scale(top.sum_cooled);
    var section = COARSE;
    var only = 0u;
#ifdef CUT_K
    section = FINE_K;
    only = find_cut(group.y, COARSE, BY_COUNT, row.top_k, lane).bin;
#endif
#ifdef CUT_P
    section = FINE_P;
    var weight = 0u;
    if (row.top_k > 0u) {
        weight = cut_top_k(group.y, row.top_k, lane).y;
    } else {
        weight = find_cut(group.y, COARSE, BY_WEIGHT, NONE, lane).upto.y;
    }
    only = find_cut(group.y, COARSE, BY_WEIGHT, wanted_weight(weight, row.top_p), lane).bin;
#endif
    workgroupBarrier();
    let start = group.x * params.chunk;
    let end = min(start + params.chunk, params.vocab);
    let offsets = vec4<u32>(0u, WG, 2u * WG, 3u * WG);
    for (var first = start + lane; first < end; first += 4u * WG) {
        let i = vec4<u32>(first) + offsets;
        let at = vec4<u32>(group.y * params.vocab) + min(i, vec4<u32>(end - 1u));
        let some = vec4<f32>(logits[at.x], logits[at.y], logits[at.z], logits[at.w]);
        let cells = cells_of(some, top_logit, cooling, scale);
        for (var j = 0u; j < 4u; j++) {
#ifdef COARSE_BINS
            let bin = cells.cell[j] / BINS;
            let counted = cells.cell[j] < CELLS && i[j] < end;
#else
            let bin = cells.cell[j] % BINS;
            let counted = cells.cell[j] / BINS == only && cells.cell[j] < CELLS && i[j] < end;
#endif
            if (counted) {
                atomicAdd(&counts[bin], 1u);
                atomicAdd(&weights[bin], cells.weight[j]);
            }
        }
    }
    workgroupBarrier();
    for (var bin = lane; bin < BINS; bin += WG) {
        let count = atomicLoad(&counts[bin]);
        if (count > 0u) {
            let at = ((group.y * 3u + section) * BINS + bin) * 2u;
            atomicAdd(&histograms[at], count);
            atomicAdd(&histograms[at + 1u], atomicLoad(&weights[bin]));
        }
    }
}
