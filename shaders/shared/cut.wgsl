// Where top-k and top-p cut, from the row's histograms: (count, weight) of BINS bins in each of three sections.
//   coarse: bin = cell / BINS of every token
//   fine k: bin = cell % BINS of the tokens in the coarse bin that top-k cuts
//   fine p: the same for top-p
// The kernel declares `settings`, `partials` and `histograms` (atomics), and imports sampling, top and prefix.
const COARSE: u32 = 0u;
const FINE_K: u32 = 1u;
const FINE_P: u32 = 2u;
const BY_COUNT: u32 = 0u;
const BY_WEIGHT: u32 = 1u;

struct Cut {
    bin: u32,          // the first bin whose running sum reaches what is wanted; BINS if none does
    before: vec2<u32>, // (count, weight) before the bin
    upto: vec2<u32>,   // (count, weight) with it
}
var<workgroup> cut_found: Cut;

fn bin_at(row: u32, section: u32, bin: u32) -> vec2<u32> {
    let at = ((row * 3u + section) * BINS + bin) * 2u;
    return vec2<u32>(atomicLoad(&histograms[at]), atomicLoad(&histograms[at + 1u]));
}

// The bin where the running count or weight reaches `want`, at least 1. All of the workgroup must call.
fn find_cut(row: u32, section: u32, measure: u32, want: u32, lane: u32) -> Cut {
    let run = BINS / WG;
    var sum = vec2<u32>(0u);
    for (var i = 0u; i < run; i++) {
        sum += bin_at(row, section, lane * run + i);
    }
    let prefix = workgroup_prefix(sum, lane);
    if (prefix.total[measure] < want) {
        if (lane == 0u) {
            cut_found = Cut(BINS, prefix.total, prefix.total);
        }
    } else if (prefix.before[measure] < want && want - prefix.before[measure] <= sum[measure]) {
        var cut = Cut(lane * run, prefix.before, prefix.before);
        for (var i = 0u; i < run; i++) {
            cut.before = cut.upto;
            cut.upto += bin_at(row, section, lane * run + i);
            cut.bin = lane * run + i;
            if (cut.upto[measure] >= want) {
                break;
            }
        }
        cut_found = cut;
    }
    workgroupBarrier();
    let cut = cut_found;
    workgroupBarrier();
    return cut;
}

// What top-k keeps: the last cell, and the weight of all kept.
fn cut_top_k(row: u32, top_k: u32, lane: u32) -> vec2<u32> {
    let coarse = find_cut(row, COARSE, BY_COUNT, max(top_k, 1u), lane);
    let fine = find_cut(row, FINE_K, BY_COUNT, max(top_k - min(top_k, coarse.before.x), 1u), lane);
    let last = coarse.bin * BINS + min(fine.bin, BINS - 1u);
    return select(vec2<u32>(last, coarse.before.y + fine.upto.y), vec2<u32>(CELLS - 1u, coarse.upto.y), coarse.bin == BINS);
}

// The weight that top-p must reach, at least 1.
fn wanted_weight(weight: u32, top_p: f32) -> u32 {
    return clamp(u32(f32(weight) * top_p), 1u, max(weight, 1u));
}

// The last cell that top-p keeps of tokens that weigh `weight`.
fn cut_top_p(row: u32, weight: u32, top_p: f32, lane: u32) -> u32 {
    let want = wanted_weight(weight, top_p);
    let coarse = find_cut(row, COARSE, BY_WEIGHT, want, lane);
    let fine = find_cut(row, FINE_P, BY_WEIGHT, max(want - min(want, coarse.before.y), 1u), lane);
    return coarse.bin * BINS + min(fine.bin, BINS - 1u);
}
