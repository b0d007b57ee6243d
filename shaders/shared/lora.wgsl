// The expansion of low-rank adapters: what row `row` adds to an output of a layer's matrix, B[output, :] · h[row, :].
// lora_shrink has left in h, for each row of the step, one vec4 of header, then the low-rank product of each module
// whose outputs the matrix holds, rank numbers each:
//   header: (where the adapter's B begins in lora_b, rank | 0x10000 where factors are halves, 0, 0); rank 0 = base
// B, from there: [outputs, rank] int8, then an f32 scale for each output; or [outputs, rank] halves without scales.
// The kernel that imports this declares in `params`:
//   lora_stride:   vec4s of a row of h
//   lora_outputs:  outputs of the whole matrix
//   second, third: the outputs where its second and third module begin
@group(0) @binding(7) var<storage, read> lora_h: array<vec4<u32>>;
@group(0) @binding(8) var<storage, read> lora_b: array<vec4<u32>>;

// A row's header: (where B begins, rank and format); a rank of 0 is the base.
fn lora_header(row: u32) -> vec2<u32> {
    return lora_h[row * params.lora_stride].xy;
}

// Part `part` of `parts` of the sum for a row with header `header`; `output` counts in the whole matrix.
fn lora_part(header: vec2<u32>, row: u32, output: u32, part: u32, parts: u32) -> f32 {
    let rank = header.y & 0xffffu;
    let which = select(0u, 1u, output >= params.second) + select(0u, 1u, output >= params.third);
    let h = row * params.lora_stride + 1u + which * rank / 4u;
    var sum = 0.0;
    if (header.y > 0xffffu) {
        let at = header.x + output * (rank / 8u);
        for (var c = part; c < rank / 8u; c += parts) {
            let b = lora_b[at + c];
            sum += dot(vec4<f32>(unpack2x16float(b.x), unpack2x16float(b.y)), bitcast<vec4<f32>>(lora_h[h + c * 2u]))
                + dot(vec4<f32>(unpack2x16float(b.z), unpack2x16float(b.w)),
                      bitcast<vec4<f32>>(lora_h[h + c * 2u + 1u]));
        }
        return sum;
    }
    let at = header.x + output * (rank / 16u);
    let scale = bitcast<f32>(lora_b[header.x + params.lora_outputs * (rank / 16u) + output / 4u][output & 3u]);
    for (var c = part; c < rank / 16u; c += parts) {
        let b = lora_b[at + c];
        let h0 = bitcast<vec4<f32>>(lora_h[h + c * 4u]);
        let h1 = bitcast<vec4<f32>>(lora_h[h + c * 4u + 1u]);
        let h2 = bitcast<vec4<f32>>(lora_h[h + c * 4u + 2u]);
        let h3 = bitcast<vec4<f32>>(lora_h[h + c * 4u + 3u]);
        sum += dot(vec4<f32>(unpack4xI8(b.x)), h0) + dot(vec4<f32>(unpack4xI8(b.y)), h1)
            + dot(vec4<f32>(unpack4xI8(b.z)), h2) + dot(vec4<f32>(unpack4xI8(b.w)), h3);
    }
    return sum * scale;
}
