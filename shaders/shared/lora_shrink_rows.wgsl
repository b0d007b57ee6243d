// Two rows of A by a workgroup, over all of the input or one of several equal parts of it, which is read in chunks of 16
// numbers. The kernel that imports this also declares `modules` (that share the input) and `parts` in `params`, and:
//   fn shrink_input(row: u32, c: u32) -> mat4x4<f32>   numbers 16 * c..16 * c + 16 of the row's input
//   fn shrink_scale(lane: u32) -> f32                  what they are still to be multiplied by, asked for after them
#import lora_shrink
#ifdef SUBGROUP
var<workgroup> shrink_partial: array<vec2<f32>, WG / SG>;
#else
var<workgroup> shrink_partial: array<vec2<f32>, WG>;
#endif

// Chunk `c` of rows first and first + 1 of A times the input. All loads are asked for before any is used, those of A,
// which come from farther away, before those of the input.
fn shrink_dots(entry: vec4<u32>, row: u32, first: u32, chunks: u32, c: u32) -> vec2<f32> {
    if (entry.z > 0xffffu) {
        let at = entry.x + (first * chunks + c) * 2u;
        let a0 = factors[at];
        let b0 = factors[at + 1u];
        let a1 = factors[at + chunks * 2u];
        let b1 = factors[at + chunks * 2u + 1u];
        let v = shrink_input(row, c);
        return vec2<f32>(dot_halves(a0, b0, v), dot_halves(a1, b1, v));
    }
    let at = entry.x + first * chunks + c;
    let a0 = factors[at];
    let a1 = factors[at + chunks];
    let v = shrink_input(row, c);
    return vec2<f32>(dot_bytes(a0, v), dot_bytes(a1, v));
}

// Workgroup `index` of a row whose input has `chunks` chunks; the first also writes the row's header.
fn shrink(row: u32, index: u32, chunks: u32, lane: u32) {
    let entry = shrink_entry(row);
    let numbers = params.modules * (entry.z & 0xffffu);
    if (index == 0u && lane == 0u) {
        shrink_header(row, entry, params.parts, numbers);
    }
    let first = index / params.parts * 2u;
    let part = index % params.parts;
    if (first >= numbers) {
        return;
    }
    // Loaded here, so that they are there at the end.
    var scales = vec2<f32>(1.0);
    if (entry.z <= 0xffffu) {
        let at = entry.x + numbers * chunks + first / 4u;
        scales = bitcast<vec2<f32>>(vec2<u32>(factors[at][first % 4u], factors[at][first % 4u + 1u]));
    }
    let share = (chunks + params.parts - 1u) / params.parts;
    var sums = vec2<f32>();
    for (var c = part * share + lane; c < min((part + 1u) * share, chunks); c += WG) {
        sums += shrink_dots(entry, row, first, chunks, c);
    }
    let scale = shrink_scale(lane) * bitcast<f32>(entry.w);
#ifdef SUBGROUP
    let sum = subgroupAdd(sums);
    if (lane % SG == 0u) {
        shrink_partial[lane / SG] = sum;
    }
    let partials = WG / SG;
#else
    shrink_partial[lane] = sums;
    let partials = WG;
#endif
    workgroupBarrier();
    if (lane == 0u) {
        var total = vec2<f32>();
        for (var p = 0u; p < partials; p++) {
            total += shrink_partial[p];
        }
        total *= scale * scales;
        let at = part * numbers + first;
        h[row * params.lora_stride + 1u + at / 4u][at % 4u] = bitcast<u32>(total.x);
        h[row * params.lora_stride + 1u + at / 4u][at % 4u + 1u] = bitcast<u32>(total.y);
    }
}
