// What the sampling kernels share: a row's settings, and the weight and cell of a token.
//   weight: exp((logit - top) / temperature) as an integer, so that sums are exact and the same in any order; the
//           row's weights sum to between 2^30 and 2^31, give or take a half for each token
//   cell:   (top - logit) / temperature in steps of 1 / CELLS_A_NAT: 0 is the most likely. Tokens of one cell count as
//           tied: a filter keeps all of them or none. Tokens beyond CELLS are never drawn.
struct Settings {
    temperature: f32, // 0 = greedy
    top_p: f32,       // 1 = off
    min_p: f32,       // 0 = off
    top_k: u32,       // 0 = off
    seed: vec2<u32>,
    step: u32,        // the random number depends on seed and step alone; also the place in the history, modulo ring
    slot: u32,        // where the token goes, or SLOT_UNUSED
}
const SLOT_UNUSED: u32 = 0xffffffffu;

struct Params {
    vocab: u32,
    chunk: u32,   // tokens a workgroup, a multiple of WG
    chunks: u32,  // ceil(vocab / chunk)
    slots: u32,
    ring: u32,    // steps the history holds
}

const BINS: u32 = 1024u;
const CELLS: u32 = 1048576u;      // BINS * BINS
const CELLS_A_NAT: f32 = 49152.0; // so that CELLS reaches 21.3 nats below the top: exp(-21.3) * 2^31 = 1.2

// 1 / temperature, 0 for greedy rows.
fn cooling_of(row: Settings) -> f32 {
    return select(0.0, 1.0 / row.temperature, row.temperature > 0.0);
}

// 2^31 / (the sum rounded up to a power of two).
fn weight_scale(sum_cooled: f32) -> f32 {
    let bits = bitcast<u32>(max(sum_cooled, 1.0));
    let rounded = select(bits & 0x7f800000u, (bits & 0x7f800000u) + 0x00800000u, (bits & 0x007fffffu) != 0u);
    return bitcast<f32>(((127u + 31u + 127u) << 23u) - rounded);
}

struct Cells {
    cell: vec4<u32>,
    weight: vec4<u32>,
}

fn cells_of(logits4: vec4<f32>, top: f32, cooling: f32, scale: f32) -> Cells {
    let keys = ordered(logits4);
    let distances = min((vec4<f32>(top) - logits_of(keys)) * cooling, vec4<f32>(200.0));
    let cell = select(vec4<u32>(CELLS), vec4<u32>(distances * CELLS_A_NAT), keys > vec4<u32>(KEY_MASKED));
    let weight = vec4<u32>(exp(-distances) * scale + vec4<f32>(0.5));
    return Cells(cell, select(vec4<u32>(0u), weight, cell < vec4<u32>(CELLS)));
}
