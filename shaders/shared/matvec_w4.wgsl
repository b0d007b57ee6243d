        // Inside matvec's loop over groups `g`: 4-bit weights.
        var words: array<vec4<u32>, OUTPUTS>;
        var scale: array<vec2<f32>, OUTPUTS>;
        for (var o = 0u; o < OUTPUTS; o++) {
            words[o] = quants[weight_base[o] + g];
            scale[o] = scale_and_minimum(weight_base[o] + g);
        }
#ifndef ACT_F32
        for (var r = 0u; r < ROWS; r++) {
            let at = x_base[r] + g;
            let x_scale = x_scales[at];
#ifdef ACT_I8
            let low = x[group_part(at, 0u, 2u)];
            let high = x[group_part(at, 1u, 2u)];
#else
            let low = x[group_part(at, 0u, 4u)];
            let high = x[group_part(at, 1u, 4u)];
            let fine_low = x[group_part(at, 2u, 4u)];
            let fine_high = x[group_part(at, 3u, 4u)];
#endif
            for (var o = 0u; o < OUTPUTS; o++) {
                let a = words[o] & vec4<u32>(0x0f0f0f0fu);
                let b = (words[o] >> vec4<u32>(4u)) & vec4<u32>(0x0f0f0f0fu);
                var dots = dot16(a, low) + dot16(b, high);
#ifdef ACT_I16
                dots = dots * 256 + dot16(a, fine_low) + dot16(b, fine_high);
#endif
                sums[r * OUTPUTS + o] += scale[o].x * (f32(dots) * x_scale.x) + scale[o].y * x_scale.y;
            }
        }
#else
        var dots: array<f32, SUMS>;
        var x_sum: array<vec4<f32>, ROWS>;
        for (var s = 0u; s < SUMS; s++) {
            dots[s] = 0.0;
        }
        for (var r = 0u; r < ROWS; r++) {
            x_sum[r] = vec4<f32>(0.0);
        }
        for (var j = 0u; j < 4u; j++) {
            var low: array<vec4<f32>, OUTPUTS>;
            var high: array<vec4<f32>, OUTPUTS>;
            for (var o = 0u; o < OUTPUTS; o++) {
                low[o] = nibbles4(words[o][j]);
                high[o] = nibbles4(words[o][j] >> 4u);
            }
            for (var r = 0u; r < ROWS; r++) {
                let a = x[(x_base[r] + g) * 8u + j];
                let b = x[(x_base[r] + g) * 8u + j + 4u];
                x_sum[r] += a + b;
                for (var o = 0u; o < OUTPUTS; o++) {
                    dots[r * OUTPUTS + o] += dot(low[o], a) + dot(high[o], b);
                }
            }
        }
        for (var r = 0u; r < ROWS; r++) {
            let sum = x_sum[r].x + x_sum[r].y + x_sum[r].z + x_sum[r].w;
            for (var o = 0u; o < OUTPUTS; o++) {
                sums[r * OUTPUTS + o] += scale[o].x * dots[r * OUTPUTS + o] + scale[o].y * sum;
            }
        }
#endif
