    // Inside matvec_texture: f32 activations, a group at a time; a lane loads 8 / SG of its parts of four numbers.
    for (var g = 0u; g < groups; g++) {
        var part: array<vec4<f32>, ROWS * (8u / SG)>;
        for (var p = 0u; p < ROWS * (8u / SG); p++) {
            part[p] = x[(x_base[p % ROWS] + g) * 8u + p / ROWS * SG + lane];
        }
        var dots: array<vec4<f32>, SUMS>;
        for (var s = 0u; s < SUMS; s++) {
            dots[s] = vec4<f32>(0.0);
        }
        var x_sum: array<vec4<f32>, ROWS>;
        for (var r = 0u; r < ROWS; r++) {
            x_sum[r] = vec4<f32>(0.0);
        }
        var words: array<vec4<u32>, OUTPUTS * GROUP_TEXELS>;
        for (var t = 0u; t < OUTPUTS * GROUP_TEXELS; t++) {
            words[t] = texel(weight_base[t % OUTPUTS] + (quants + g * GROUP_TEXELS + t / OUTPUTS) * 8u);
        }
        for (var i = 0u; i < 8u; i++) {
            var w: array<vec4<f32>, OUTPUTS>;
            for (var o = 0u; o < OUTPUTS; o++) {
#ifdef W8
                w[o] = bytes4(words[i / 4u * OUTPUTS + o][i & 3u]);
#else
                w[o] = nibbles4(words[o][i & 3u] >> (i & 4u));
#endif
            }
            for (var r = 0u; r < ROWS; r++) {
                let a = subgroupShuffle(part[i / SG * ROWS + r], i % SG);
                x_sum[r] += a;
                for (var o = 0u; o < OUTPUTS; o++) {
                    dots[r * OUTPUTS + o] += w[o] * a;
                }
            }
        }
        for (var o = 0u; o < OUTPUTS; o++) {
            let scale = unpack2x16float(texel(weight_base[o] + g / 4u * 8u)[g & 3u]);
            for (var r = 0u; r < ROWS; r++) {
                let sum = scale.x * dots[r * OUTPUTS + o] + scale.y * x_sum[r];
                sums[r * OUTPUTS + o] += sum.x + sum.y + sum.z + sum.w;
            }
        }
    }
