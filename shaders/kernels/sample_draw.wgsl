// Sampling's end: each row's token, one workgroup a row. Greedy rows take the top. The others take the first token, in
// index order, at which the running weight of the kept tokens exceeds random * total.
// With GREEDY every row is greedy: the logits and what the kernels between computed are not needed.
override WG: u32 = 64u;
#import sampling
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> settings: array<Settings>;             // [rows]
@group(0) @binding(2) var<storage, read> partials: array<vec4<u32>>;            // [rows, chunks] a Top each
@group(0) @binding(3) var<storage, read_write> sampled: array<u32>;             // [slots] tokens
@group(0) @binding(4) var<storage, read_write> chosen_logprob: array<f32>;      // [slots] at temperature 1, unfiltered
@group(0) @binding(5) var<storage, read_write> history: array<vec2<u32>>;       // [ring, slots] (token, logprob's bits)
#ifndef GREEDY
@group(0) @binding(6) var<storage, read> logits: array<f32>;                    // [rows, vocab]
@group(0) @binding(7) var<storage, read> kept: array<vec2<u32>>;                // [rows, chunks] (weight, last cell)
#endif
#ifdef SUBGROUP
override SG: u32 = 32u;
#endif
#import top
#import row_top
#ifndef GREEDY
#import random
#import prefix
var<workgroup> drawn_chunk: vec2<u32>; // (chunk, the weight left to go in it)
var<workgroup> drawn_token: u32;

// The token of a sampled row; the top where no token has a weight. All of the workgroup must call.
fn draw(row_index: u32, row: Settings, top: Top, lane: u32) -> u32 {
    let cooling = cooling_of(row);
    let run = (params.chunks + WG - 1u) / WG;
    var sum = 0u;
    for (var i = lane * run; i < min((lane + 1u) * run, params.chunks); i++) {
        sum += kept[row_index * params.chunks + i].x;
    }
    if (lane == 0u) {
        drawn_chunk = vec2<u32>(0u);
        drawn_token = top.index;
    }
    let chunks = workgroup_prefix(vec2<u32>(sum, 0u), lane);
    let goal = multiply_high(random_bits(row.seed, row.step), chunks.total.x);
    if (chunks.before.x <= goal && goal - chunks.before.x < sum) {
        var left = goal - chunks.before.x;
        var chunk = lane * run;
        while (chunk + 1u < params.chunks && left >= kept[row_index * params.chunks + chunk].x) {
            left -= kept[row_index * params.chunks + chunk].x;
            chunk++;
        }
        drawn_chunk = vec2<u32>(chunk, left);
    }
    workgroupBarrier();
    let last = kept[row_index * params.chunks].y;
    let scale = weight_scale(top.sum_cooled);
    let width = params.chunk / WG;
    let start = drawn_chunk.x * params.chunk + lane * width;
    let end = min(start + width, params.vocab);
    sum = 0u;
    for (var i = start; i < end; i++) {
        sum += weight_of(row_index, i, top, cooling, scale, last);
    }
    let lanes = workgroup_prefix(vec2<u32>(sum, 0u), lane);
    // Another kernel added up the chunk's weight; should it differ by a rounding, the chunk's last token is taken.
    let wanted = min(drawn_chunk.y, max(lanes.total.x, 1u) - 1u);
    if (lanes.before.x <= wanted && wanted - lanes.before.x < sum) {
        var left = wanted - lanes.before.x;
        for (var i = start; i < end; i++) {
            let weight = weight_of(row_index, i, top, cooling, scale, last);
            if (left < weight) {
                drawn_token = i;
                break;
            }
            left -= weight;
        }
    }
    workgroupBarrier();
    return drawn_token;
}

fn weight_of(row_index: u32, token: u32, top: Top, cooling: f32, scale: f32, last: u32) -> u32 {
    let cells = cells_of(vec4<f32>(logits[row_index * params.vocab + token]), logit_of(top.key), cooling, scale);
    return select(0u, cells.weight.x, cells.cell.x <= last);
}
#endif

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = settings[group.x];
    if (row.slot == SLOT_UNUSED) {
        return;
    }
    let cooling = cooling_of(row);
    let top = row_top(group.x, cooling, lane);
    var token = top.index;
    var fall = 0.0;
#ifndef GREEDY
    if (row.temperature > 0.0) {
        token = draw(group.x, row, top, lane);
        fall = logit_of(top.key) - logit_of(ordered(vec4<f32>(logits[group.x * params.vocab + token])).x);
    }
#endif
    if (lane == 0u) {
        // A row without any finite logit has no probabilities: its log-probability is given as 1, which none can be.
        let logprob = select(1.0, -fall - log(top.sum), top.key > KEY_MASKED);
        sampled[row.slot] = token;
        chosen_logprob[row.slot] = logprob;
        history[(row.step % params.ring) * params.slots + row.slot] = vec2<u32>(token, bitcast<u32>(logprob));
    }
}
