// Weights decoded to halves, eight at a time: what an invocation reads at once of a group of `weights`. The importer
// enables f16.

// Eight weights as they are stored: part 0..4 of a group.
#ifdef W4
alias Part = u32;
#endif
#ifdef W4M
alias Part = u32;
#endif
#ifdef W8
alias Part = vec2<u32>;
#endif
#ifdef F16
alias Part = vec4<u32>;
#endif

fn part_of(group: u32, part: u32) -> Part {
#ifdef W8
    let words = quants[group * 2u + part / 2u];
    return select(words.xy, words.zw, (part & 1u) == 1u);
#else
#ifdef F16
    return quants[group * 4u + part];
#else
    return quants[group][part];
#endif
#endif
}

// The quads of a group, 0..8, that part `part` holds.
fn quads_of(part: u32) -> vec2<u32> {
#ifdef W8
    return vec2<u32>(part * 2u, part * 2u + 1u);
#else
#ifdef F16
    return vec2<u32>(part * 2u, part * 2u + 1u);
#else
    return vec2<u32>(part, part + 4u);
#endif
#endif
}

fn halves(pairs: vec2<u32>) -> vec4<f16> {
    return vec4<f16>(vec4<f32>(unpack2x16float(pairs.x), unpack2x16float(pairs.y)));
}

// 1024 + the four bytes of a word: a half's last bit is worth 1 there, so an integer goes into its low bits as it is.
fn bytes_above_1024(word: u32) -> vec4<f16> {
    let even = halves((vec2<u32>(word, word >> 8u) & vec2<u32>(0x00ff00ffu)) | vec2<u32>(0x64006400u));
    return even.xzyw;
}

// The weights of a part, a column for each of `quads_of`, from the group's (scale, minimum).
fn part_weights(q: Part, scale: vec2<f16>) -> mat2x4<f16> {
#ifdef W4
    let low = (bytes_above_1024(q & 0x0f0f0f0fu) - 1032.0h) * scale.x;
    let high = (bytes_above_1024((q >> 4u) & 0x0f0f0f0fu) - 1032.0h) * scale.x;
#endif
#ifdef W4M
    let low = (bytes_above_1024(q & 0x0f0f0f0fu) - 1024.0h) * scale.x + scale.y;
    let high = (bytes_above_1024((q >> 4u) & 0x0f0f0f0fu) - 1024.0h) * scale.x + scale.y;
#endif
#ifdef W8
    let low = (bytes_above_1024(q.x ^ 0x80808080u) - 1152.0h) * scale.x;
    let high = (bytes_above_1024(q.y ^ 0x80808080u) - 1152.0h) * scale.x;
#endif
#ifdef F16
    let low = halves(q.xy);
    let high = halves(q.zw);
#endif
    return mat2x4<f16>(low, high);
}
