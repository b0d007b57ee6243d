        // Inside matvec's loop over groups `g`: 8-bit weights.
        var scale: array<f32, OUTPUTS>;
        for (var o = 0u; o < OUTPUTS; o++) {
            scale[o] = scale_and_minimum(weight_base[o] + g).x;
        }
#ifndef ACT_F32
        for (var r = 0u; r < ROWS; r++) {
            let at = x_base[r] + g;
            let x_scale = x_scales[at].x;
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
                let a = quants[(weight_base[o] + g) * 2u];
                let b = quants[(weight_base[o] + g) * 2u + 1u];
                var dots = dot16(a, low) + dot16(b, high);
#ifdef ACT_I16
                dots = dots * 256 + dot16(a, fine_low) + dot16(b, fine_high);
#endif
                sums[r * OUTPUTS + o] += scale[o] * x_scale * f32(dots);
            }
        }
#else
        var dots: array<f32, SUMS>;
        for (var s = 0u; s < SUMS; s++) {
            dots[s] = 0.0;
        }
        for (var half = 0u; half < 2u; half++) {
            var words: array<vec4<u32>, OUTPUTS>;
            for (var o = 0u; o < OUTPUTS; o++) {
                words[o] = quants[(weight_base[o] + g) * 2u + half];
            }
            for (var j = 0u; j < 4u; j++) {
                var w: array<vec4<f32>, OUTPUTS>;
                for (var o = 0u; o < OUTPUTS; o++) {
                    w[o] = bytes4(words[o][j]);
                }
                for (var r = 0u; r < ROWS; r++) {
                    let a = x[(x_base[r] + g) * 8u + half * 4u + j];
                    for (var o = 0u; o < OUTPUTS; o++) {
                        dots[r * OUTPUTS + o] += dot(w[o], a);
                    }
                }
            }
        }
        for (var s = 0u; s < SUMS; s++) {
            sums[s] += scale[s % OUTPUTS] * dots[s];
        }
#endif
