        // Inside matvec's loop over groups `g`: f16 or f32 weights.
        for (var j = 0u; j < 8u; j++) {
            var w: array<vec4<f32>, OUTPUTS>;
            for (var o = 0u; o < OUTPUTS; o++) {
                w[o] = weight4(weight_base[o] + g, j);
            }
            for (var r = 0u; r < ROWS; r++) {
                let a = x[(x_base[r] + g) * 8u + j];
                for (var o = 0u; o < OUTPUTS; o++) {
                    sums[r * OUTPUTS + o] += dot(w[o], a);
                }
            }
        }
