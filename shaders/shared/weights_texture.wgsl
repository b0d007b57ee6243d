// A matrix of 4- or 8-bit weights, [rows, K] with K a multiple of 32, in a texture: software drivers read one a vector
// at a time, but a storage buffer number by number. A texel is four words. Along a row there are first the scales, a
// word a group of 32 weights (low half d, high half m: a weight is d * q + m), up to a whole texel, then the quants:
//   W4M: a texel a group, W8: two, as in shared/weights.wgsl
// Texels of eight neighbouring rows alternate, so that SIMD lanes, each with a row of its own, read neighbours:
// texel t of a row is number ((row / 8) * row_texels + t) * 8 + row % 8. Texel i lies at (i % 4096, i / 4096).
@group(0) @binding(1) var weights: texture_storage_2d<rgba32uint, read>;
#ifdef W4M
const GROUP_TEXELS = 1u;
#endif
#ifdef W8
const GROUP_TEXELS = 2u;
#endif

fn scale_texels(groups: u32) -> u32 {
    return (groups + 3u) / 4u;
}

// The number of a row's first texel; the next one is 8 further.
fn row_start(row: u32, groups: u32) -> u32 {
    return (row / 8u) * 8u * (scale_texels(groups) + groups * GROUP_TEXELS) + row % 8u;
}

fn texel(i: u32) -> vec4<u32> {
    return textureLoad(weights, vec2<u32>(i & 4095u, i >> 12u));
}

// The four bytes of a word as numbers.
fn nibbles4(word: u32) -> vec4<f32> {
    return vec4<f32>(vec4<i32>(unpack4xU8(word & 0x0f0f0f0fu)));
}

fn bytes4(word: u32) -> vec4<f32> {
    return vec4<f32>(unpack4xI8(word));
}

// Weights 4*i..4*i+4 of a row.
fn texture_weight4(row: u32, groups: u32, i: u32) -> vec4<f32> {
    let start = row_start(row, groups);
    let group = i / 8u;
    let part = i & 7u;
    let scale = unpack2x16float(texel(start + group / 4u * 8u)[group & 3u]);
    let quants = start + (scale_texels(groups) + group * GROUP_TEXELS) * 8u;
#ifdef W4M
    return scale.x * nibbles4(texel(quants)[part & 3u] >> (part & 4u)) + scale.y;
#endif
#ifdef W8
    return scale.x * bytes4(texel(quants + part / 4u * 8u)[part & 3u]);
#endif
}
