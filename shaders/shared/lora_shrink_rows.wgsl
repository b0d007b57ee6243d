// Eight rows of A by a workgroup, over all of the input or one of several equal parts of it, which is read in chunks of 16
// numbers. The kernel that imports this also declares `modules` (that share the input) and `parts` in `params`, and:
//   fn shrink_input(row: u32, c: u32) -> mat4x4<f32>   numbers 16 * c..16 * c + 16 of the row's input
//   fn shrink_scale(lane: u32) -> f32                  what they are still to be multiplied by, asked for after them
#import lora_shrink
#ifdef SUBGROUP
var<workgroup> shrink_partial: array<mat2x4<f32>, WG / SG>;
#else
var<workgroup> shrink_partial: array<mat2x4<f32>, WG>;
#endif

// Chunk `c` of rows first..first + 8 of A times the input. All loads are asked for before any is used, those of A, which
// come from farther away, before those of the input.
fn shrink_dots(entry: vec4<u32>, row: u32, first: u32, chunks: u32, c: u32) -> mat2x4<f32> {
    if (entry.z > 0xffffu) {
        let at = entry.x + (first * chunks + c) * 2u;
        let a0 = factors[at];
        let b0 = factors[at + 1u];
        let a1 = factors[at + chunks * 2u];
        let b1 = factors[at + chunks * 2u + 1u];
        let a2 = factors[at + chunks * 4u];
        let b2 = factors[at + chunks * 4u + 1u];
        let a3 = factors[at + chunks * 6u];
        let b3 = factors[at + chunks * 6u + 1u];
        let a4 = factors[at + chunks * 8u];
        let b4 = factors[at + chunks * 8u + 1u];
        let a5 = factors[at + chunks * 10u];
        let b5 = factors[at + chunks * 10u + 1u];
        let a6 = factors[at + chunks * 12u];
        let b6 = factors[at + chunks * 12u + 1u];
        let a7 = factors[at + chunks * 14u];
        let b7 = factors[at + chunks * 14u + 1u];
        let v = shrink_input(row, c);
        return mat2x4<f32>(
            dot_halves(a0, b0, v), dot_halves(a1, b1, v), dot_halves(a2, b2, v), dot_halves(a3, b3, v),
            dot_halves(a4, b4, v), dot_halves(a5, b5, v), dot_halves(a6, b6, v), dot_halves(a7, b7, v),
        );
    }
    let at = entry.x + first * chunks + c;
    let a0 = factors[at];
    let a1 = factors[at + chunks];
    let a2 = factors[at + chunks * 2u];
    let a3 = factors[at + chunks * 3u];
    let a4 = factors[at + chunks * 4u];
    let a5 = factors[at + chunks * 5u];
    let a6 = factors[at + chunks * 6u];
    let a7 = factors[at + chunks * 7u];
    let v = shrink_input(row, c);
    return mat2x4<f32>(dot_bytes(a0, v), dot_bytes(a1, v), dot_bytes(a2, v), dot_bytes(a3, v),
                       dot_bytes(a4, v), dot_bytes(a5, v), dot_bytes(a6, v), dot_bytes(a7, v));
}

// Workgroup `index` of a row whose input has `chunks` chunks; the first also writes the row's header.
fn shrink(row: u32, index: u32, chunks: u32, lane: u32) {
    let entry = shrink_entry(row);
    let numbers = params.modules * (entry.z & 0xffffu);
    if (index == 0u && lane == 0u) {
        shrink_header(row, entry, params.parts, numbers);
    }
    let eight = index / params.parts;
    let part = index % params.parts;
    if (eight * 8u >= numbers) {
        return;
    }
    // Loaded here, so that they are there at the end.
    var low_scales = vec4<f32>(1.0);
    var high_scales = vec4<f32>(1.0);
    if (entry.z <= 0xffffu) {
        let scales = entry.x + numbers * chunks + eight * 2u;
        low_scales = bitcast<vec4<f32>>(factors[scales]);
        high_scales = bitcast<vec4<f32>>(factors[scales + 1u]);
    }
    let share = (chunks + params.parts - 1u) / params.parts;
    var sums = mat2x4<f32>();
    for (var c = part * share + lane; c < min((part + 1u) * share, chunks); c += WG) {
        sums += shrink_dots(entry, row, eight * 8u, chunks, c);
    }
    let scale = shrink_scale(lane) * bitcast<f32>(entry.w);
#ifdef SUBGROUP
    let sum = mat2x4<f32>(subgroupAdd(sums[0]), subgroupAdd(sums[1]));
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
        var total = mat2x4<f32>();
        for (var p = 0u; p < partials; p++) {
            total += shrink_partial[p];
        }
        let at = row * params.lora_stride + 1u + part * (numbers / 4u) + eight * 2u;
        h[at] = bitcast<vec4<u32>>(total[0] * scale * low_scales);
        h[at + 1u] = bitcast<vec4<u32>>(total[1] * scale * high_scales);
    }
}
