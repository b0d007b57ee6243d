    // Inside matvec_texture: int8 activations. A lane loads half a group of x, the subgroup a block of SG / 2 groups.
    for (var first = 0u; first < groups; first += SG / 2u) {
        var scales: array<vec4<u32>, OUTPUTS>;
        for (var o = 0u; o < OUTPUTS; o++) {
            scales[o] = texel(weight_base[o] + first / 4u * 8u);
        }
        var part_scale: array<vec2<f32>, ROWS>;
#ifdef W8
        var part: array<vec4<u32>, ROWS>;
#else
        // Two products at a time: with a and b in the halves of one word, and c and d in those of another, the words'
        // product has a * d + b * c in its upper half, above a * c. Bytes 0 and 2 of a word of x are a pair, 1 and 3
        // another, the first of each in the upper half, while words of weights have it in the lower.
        var even: array<vec4<i32>, ROWS>;
        var odd: array<vec4<i32>, ROWS>;
#endif
        for (var r = 0u; r < ROWS; r++) {
            let words = x[x_base[r] * 2u + min(first * 2u + lane, groups * 2u - 1u)];
            part_scale[r] = x_scales[x_base[r] + min(first + lane, groups - 1u)];
#ifdef W8
            part[r] = words;
#else
            let v = bitcast<vec4<i32>>(words);
            even[r] = ((v << vec4<u32>(24u)) >> vec4<u32>(8u)) + ((v << vec4<u32>(8u)) >> vec4<u32>(24u));
            odd[r] = (((v << vec4<u32>(16u)) >> vec4<u32>(24u)) << vec4<u32>(16u)) + (v >> vec4<u32>(24u));
#endif
        }
        let count = min(SG / 2u, groups - first);
        for (var j = 0u; j < count; j++) {
            let g = first + j;
            var x_scale: array<vec2<f32>, ROWS>;
#ifdef W8
            var low: array<vec4<u32>, ROWS>;
            var high: array<vec4<u32>, ROWS>;
#else
            var low_even: array<vec4<i32>, ROWS>;
            var low_odd: array<vec4<i32>, ROWS>;
            var high_even: array<vec4<i32>, ROWS>;
            var high_odd: array<vec4<i32>, ROWS>;
#endif
            for (var r = 0u; r < ROWS; r++) {
                x_scale[r] = subgroupShuffle(part_scale[r], j);
#ifdef W8
                low[r] = subgroupShuffle(part[r], 2u * j);
                high[r] = subgroupShuffle(part[r], 2u * j + 1u);
#else
                low_even[r] = subgroupShuffle(even[r], 2u * j);
                low_odd[r] = subgroupShuffle(odd[r], 2u * j);
                high_even[r] = subgroupShuffle(even[r], 2u * j + 1u);
                high_odd[r] = subgroupShuffle(odd[r], 2u * j + 1u);
#endif
            }
            for (var o = 0u; o < OUTPUTS; o++) {
                let scale = unpack2x16float(scales[o][g & 3u]);
                let at = weight_base[o] + (quants + g * GROUP_TEXELS) * 8u;
#ifdef W8
                let a = texel(at);
                let b = texel(at + 8u);
                for (var r = 0u; r < ROWS; r++) {
                    let dots = dot4I8Packed(a.x, low[r].x) + dot4I8Packed(a.y, low[r].y)
                        + dot4I8Packed(a.z, low[r].z) + dot4I8Packed(a.w, low[r].w)
                        + dot4I8Packed(b.x, high[r].x) + dot4I8Packed(b.y, high[r].y)
                        + dot4I8Packed(b.z, high[r].z) + dot4I8Packed(b.w, high[r].w);
                    sums[r * OUTPUTS + o] += scale.x * x_scale[r].x * f32(dots);
                }
#else
                let words = texel(at);
                let mask = vec4<u32>(0x000f000fu);
                let a = bitcast<vec4<i32>>(words & mask);
                let b = bitcast<vec4<i32>>((words >> vec4<u32>(8u)) & mask);
                let c = bitcast<vec4<i32>>((words >> vec4<u32>(4u)) & mask);
                let d = bitcast<vec4<i32>>((words >> vec4<u32>(12u)) & mask);
                for (var r = 0u; r < ROWS; r++) {
                    // Eight products a word: at most 8 * 15 * 128 in the lower half, whose sign 0x8000 makes up for,
                    // and 16 * 15 * 128 = 30720 in the upper.
                    let low = a * low_even[r] + b * low_odd[r];
                    let high = c * high_even[r] + d * high_odd[r];
                    let dots = ((low.x + low.y + low.z + low.w + 0x8000) >> 16u)
                        + ((high.x + high.y + high.z + high.w + 0x8000) >> 16u);
                    sums[r * OUTPUTS + o] += scale.x * (f32(dots) * x_scale[r].x) + scale.y * x_scale[r].y;
                }
#endif
            }
        }
    }
