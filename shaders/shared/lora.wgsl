// The expansion of low-rank adapters: what row `row` adds to an output of a layer's matrix, B[output, :] · h[row, :].
// h holds for each row of the step one vec4 of header, then `parts` times the low-rank product of each module whose
// outputs the matrix holds, rank numbers each; the parts are to be summed (shared/lora_shrink.wgsl makes them):
//   header: (where the adapter's B begins in lora_b, rank | 0x10000 where factors are halves, parts, vec4s a part);
//           rank 0 = base
// B, from there: [outputs, rank] int8, then an f32 scale for each output; or [outputs, rank] halves without scales.
// With REDUCE_LANE (software drivers) there is one part, and no workgroup memory.
// The kernel that imports this declares WG, and in `params`:
//   lora_stride:   vec4s of a row of h
//   lora_outputs:  outputs of the whole matrix
//   second, third: the outputs where its second and third module begin
@group(0) @binding(7) var<storage, read> lora_h: array<vec4<u32>>;
@group(0) @binding(8) var<storage, read> lora_b: array<vec4<u32>>;

#ifndef REDUCE_LANE
// Invocations that share an output, each with 16 numbers of its row of B at a time.
const LORA_LANES = 8u;
var<workgroup> lora_dots: array<f32, WG>;
var<workgroup> lora_sums: array<vec4<f32>, WG>; // shares of the sum of h's parts, [shares, vec4s a part]
#endif

// The rank of a row's adapter, 0 for the base.
fn lora_rank(row: u32) -> u32 {
    return lora_h[row * params.lora_stride].y & 0xffffu;
}

// Four numbers of a part of h.
fn lora_number4(row: u32, header: vec4<u32>, part: u32, i: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(lora_h[row * params.lora_stride + 1u + part * header.w + i]);
}

#ifdef REDUCE_LANE
// Sixteen numbers of h, of which there is one part: a loop over them costs a CPU a tenth.
fn lora_h16(row: u32, header: vec4<u32>, i: u32) -> mat4x4<f32> {
    return mat4x4<f32>(lora_number4(row, header, 0u, i), lora_number4(row, header, 0u, i + 1u),
                       lora_number4(row, header, 0u, i + 2u), lora_number4(row, header, 0u, i + 3u));
}
#else
// Sums the parts: only an input of one module comes in several, so there is room for at least one share.
fn lora_sum_parts(row: u32, header: vec4<u32>, lane: u32) {
    let shares = WG / header.w;
    let share = lane / header.w;
    if (share < shares) {
        var sum = vec4<f32>();
        for (var part = share; part < header.z; part += shares * 4u) {
            // All loads are asked for before any is used.
            var number: array<vec4<f32>, 4>;
            for (var i = 0u; i < 4u; i++) {
                number[i] = lora_number4(row, header, min(part + i * shares, header.z - 1u), lane % header.w);
            }
            for (var i = 0u; i < 4u; i++) {
                sum += select(vec4<f32>(), number[i], part + i * shares < header.z);
            }
        }
        lora_sums[lane] = sum;
    }
    workgroupBarrier();
}

// Sixteen numbers of h.
fn lora_h16(row: u32, header: vec4<u32>, i: u32) -> mat4x4<f32> {
    if (header.z == 1u) {
        return mat4x4<f32>(lora_number4(row, header, 0u, i), lora_number4(row, header, 0u, i + 1u),
                           lora_number4(row, header, 0u, i + 2u), lora_number4(row, header, 0u, i + 3u));
    }
    var sum = mat4x4<f32>();
    for (var at = i; at < WG / header.w * header.w; at += header.w) {
        sum += mat4x4<f32>(lora_sums[at], lora_sums[at + 1u], lora_sums[at + 2u], lora_sums[at + 3u]);
    }
    return sum;
}
#endif

// Share `share` of `shares` of what is added to an output of the whole matrix, for a row with an adapter; where h comes in
// several parts, after `lora_sum_parts`.
fn lora_share(row: u32, header: vec4<u32>, output: u32, share: u32, shares: u32) -> f32 {
    let chunks = (header.y & 0xffffu) / 16u;
    let which = select(0u, 1u, output >= params.second) + select(0u, 1u, output >= params.third);
    var sum = 0.0;
    for (var c = share; c < chunks; c += shares) {
        let at = output * chunks + c;
        let i = (which * chunks + c) * 4u;
        if (header.y > 0xffffu) {
            let a = lora_b[header.x + at * 2u];
            let b = lora_b[header.x + at * 2u + 1u];
            let h = lora_h16(row, header, i);
            sum += dot(vec4<f32>(unpack2x16float(a.x), unpack2x16float(a.y)), h[0])
                + dot(vec4<f32>(unpack2x16float(a.z), unpack2x16float(a.w)), h[1])
                + dot(vec4<f32>(unpack2x16float(b.x), unpack2x16float(b.y)), h[2])
                + dot(vec4<f32>(unpack2x16float(b.z), unpack2x16float(b.w)), h[3]);
        } else {
            // Asked for by its address: a vector's component by a number that is not constant costs more.
            let scale = bitcast<f32>(lora_b[header.x + params.lora_outputs * chunks + output / 4u][output & 3u]);
            let b = lora_b[header.x + at];
            let h = lora_h16(row, header, i);
            sum += scale * (dot(vec4<f32>(unpack4xI8(b.x)), h[0]) + dot(vec4<f32>(unpack4xI8(b.y)), h[1])
                + dot(vec4<f32>(unpack4xI8(b.z)), h[2]) + dot(vec4<f32>(unpack4xI8(b.w)), h[3]));
        }
    }
    return sum;
}

#ifndef REDUCE_LANE
// What is added to output `first` + lane of the whole matrix, for lane < WG / LORA_LANES and a row with an adapter. All
// of a workgroup must call; outputs past `last` are computed as the last.
fn lora_gain(row: u32, first: u32, last: u32, lane: u32) -> f32 {
    let header = lora_h[row * params.lora_stride];
    if (header.z > 1u) {
        lora_sum_parts(row, header, lane);
    }
    lora_dots[lane] = lora_share(row, header, min(first + lane / LORA_LANES, last), lane % LORA_LANES, LORA_LANES);
    workgroupBarrier();
    var gain = 0.0;
    if (lane < WG / LORA_LANES) {
        for (var i = 0u; i < LORA_LANES; i++) {
            gain += lora_dots[lane * LORA_LANES + i];
        }
    }
    workgroupBarrier();
    return gain;
}
#endif
