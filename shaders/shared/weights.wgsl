// A matrix of weights, [rows, K] with K a multiple of 32, in groups of 32 along K. Group g of a row is number
// row * K/32 + g. A weight is scale * q + minimum.
//   W4:  one vec4 a group; word j holds weights 4j..4j+4 in its low nibbles and 16+4j..16+4j+4 in its high ones;
//        scales: a half a group, two a word; minimum = -8 * scale
//   W4M: the same with scales: a word a group, low half the scale, high half the minimum
//   W8:  two vec4 a group, int8 in order; scales as in W4; minimum = 0
//   F16: four vec4 a group, halves in order; F32: eight vec4 a group; no scales
@group(0) @binding(1) var<storage, read> quants: array<vec4<u32>>;
#ifdef W4
@group(0) @binding(2) var<storage, read> scales: array<u32>;
#endif
#ifdef W4M
@group(0) @binding(2) var<storage, read> scales: array<u32>;
#endif
#ifdef W8
@group(0) @binding(2) var<storage, read> scales: array<u32>;
#endif

#ifdef W4
fn scale_and_minimum(group: u32) -> vec2<f32> {
    let pair = unpack2x16float(scales[group >> 1u]);
    let scale = select(pair.x, pair.y, (group & 1u) == 1u);
    return vec2<f32>(scale, -8.0 * scale);
}
#endif
#ifdef W4M
fn scale_and_minimum(group: u32) -> vec2<f32> {
    return unpack2x16float(scales[group]);
}
#endif
#ifdef W8
fn scale_and_minimum(group: u32) -> vec2<f32> {
    let pair = unpack2x16float(scales[group >> 1u]);
    return vec2<f32>(select(pair.x, pair.y, (group & 1u) == 1u), 0.0);
}
#endif

// The four bytes of a word as numbers; signed conversions are the cheaper ones on CPUs.
fn nibbles4(word: u32) -> vec4<f32> {
    return vec4<f32>(vec4<i32>(unpack4xU8(word & 0x0f0f0f0fu)));
}

fn bytes4(word: u32) -> vec4<f32> {
    return vec4<f32>(unpack4xI8(word));
}

// Weights 4*i..4*i+4 of the run of groups that starts at `first_group` (a row's first: row * K/32).
fn weight4(first_group: u32, i: u32) -> vec4<f32> {
    let group = first_group + i / 8u;
    let part = i & 7u;
#ifdef W4
    let s = scale_and_minimum(group);
    return s.x * nibbles4(quants[group][part & 3u] >> (part & 4u)) + s.y;
#endif
#ifdef W4M
    let s = scale_and_minimum(group);
    return s.x * nibbles4(quants[group][part & 3u] >> (part & 4u)) + s.y;
#endif
#ifdef W8
    return scale_and_minimum(group).x * bytes4(quants[group * 2u + part / 4u][part & 3u]);
#endif
#ifdef F16
    let words = quants[group * 4u + part / 2u];
    let pair = select(words.xy, words.zw, (part & 1u) == 1u);
    return vec4<f32>(unpack2x16float(pair.x), unpack2x16float(pair.y));
#endif
#ifdef F32
    return bitcast<vec4<f32>>(quants[group * 8u + part]);
#endif
}
