    // Inside matvec_texture: int8 activations, or int16 as two PARTS. A lane loads half a group of x, the subgroup a
    // block of SG / 2 groups. Row r's part p is number r * PARTS + p.
    for (var first = 0u; first < groups; first += SG / 2u) {
        var scales: array<vec4<u32>, OUTPUTS>;
        for (var o = 0u; o < OUTPUTS; o++) {
            scales[o] = texel(weight_base[o] + first / 4u * 8u);
        }
        var lane_scale: array<vec2<f32>, ROWS>;
        for (var r = 0u; r < ROWS; r++) {
            lane_scale[r] = x_scales[x_base[r] + min(first + lane, groups - 1u)];
        }
#ifdef W8
        var half: array<vec4<u32>, XS>;
#else
        // Two products at a time: with a and b in the halves of one word, and c and d in those of another, the words'
        // product has a * d + b * c in its upper half, above a * c. Bytes 0 and 2 of a word of x are a pair, 1 and 3
        // another, the first of each in the upper half, while words of weights have it in the lower.
        var even: array<vec4<i32>, XS>;
        var odd: array<vec4<i32>, XS>;
#endif
        for (var i = 0u; i < XS; i++) {
            let group = x_base[i / PARTS] + min(first + lane / 2u, groups - 1u);
            let words = x[group_part(group, i % PARTS * 2u + lane % 2u, PARTS * 2u)];
#ifdef W8
            half[i] = words;
#else
            let v = bitcast<vec4<i32>>(words);
            even[i] = ((v << vec4<u32>(24u)) >> vec4<u32>(8u)) + ((v << vec4<u32>(8u)) >> vec4<u32>(24u));
            odd[i] = (((v << vec4<u32>(16u)) >> vec4<u32>(24u)) << vec4<u32>(16u)) + (v >> vec4<u32>(24u));
#endif
        }
        let count = min(SG / 2u, groups - first);
        for (var j = 0u; j < count; j++) {
            let g = first + j;
            var x_scale: array<vec2<f32>, ROWS>;
            for (var r = 0u; r < ROWS; r++) {
                x_scale[r] = subgroupShuffle(lane_scale[r], j);
            }
#ifdef W8
            var x0: array<vec4<u32>, XS>;
            var x1: array<vec4<u32>, XS>;
#else
            var even0: array<vec4<i32>, XS>;
            var odd0: array<vec4<i32>, XS>;
            var even1: array<vec4<i32>, XS>;
            var odd1: array<vec4<i32>, XS>;
#endif
            for (var i = 0u; i < XS; i++) {
#ifdef W8
                x0[i] = subgroupShuffle(half[i], 2u * j);
                x1[i] = subgroupShuffle(half[i], 2u * j + 1u);
#else
                even0[i] = subgroupShuffle(even[i], 2u * j);
                odd0[i] = subgroupShuffle(odd[i], 2u * j);
                even1[i] = subgroupShuffle(even[i], 2u * j + 1u);
                odd1[i] = subgroupShuffle(odd[i], 2u * j + 1u);
#endif
            }
            for (var o = 0u; o < OUTPUTS; o++) {
                let scale = unpack2x16float(scales[o][g & 3u]);
                let at = weight_base[o] + (quants + g * GROUP_TEXELS) * 8u;
                let words = texel(at);
#ifdef W8
                let words1 = texel(at + 8u);
#else
                let mask = vec4<u32>(0x000f000fu);
                let w_even0 = bitcast<vec4<i32>>(words & mask);
                let w_odd0 = bitcast<vec4<i32>>((words >> vec4<u32>(8u)) & mask);
                let w_even1 = bitcast<vec4<i32>>((words >> vec4<u32>(4u)) & mask);
                let w_odd1 = bitcast<vec4<i32>>((words >> vec4<u32>(12u)) & mask);
#endif
                for (var r = 0u; r < ROWS; r++) {
                    var dots = 0;
                    for (var p = 0u; p < PARTS; p++) {
                        let i = r * PARTS + p;
#ifdef W8
                        dots = dots * 256 + dot16(words, x0[i]) + dot16(words1, x1[i]);
#else
                        // Eight products a word: at most 8 * 15 * 128 in the lower half, for whose sign 0x8000 makes
                        // up, and 16 * 15 * 128 = 30720 in the upper.
                        let a = w_even0 * even0[i] + w_odd0 * odd0[i];
                        let b = w_even1 * even1[i] + w_odd1 * odd1[i];
                        dots = dots * 256 + ((a.x + a.y + a.z + a.w + 0x8000) >> 16u)
                            + ((b.x + b.y + b.z + b.w + 0x8000) >> 16u);
#endif
                    }
                    sums[r * OUTPUTS + o] += scale.x * (f32(dots) * x_scale[r].x) + scale.y * x_scale[r].y;
                }
            }
        }
    }
