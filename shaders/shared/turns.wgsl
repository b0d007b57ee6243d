// Cosines and sines of rotary angles that stay exact at any position. A frequency is a fixed-point number of turns a
// position: x holds the first 32 bits after the binary point, y the next 8. Whole turns fall off in the integer
// product, so there is no large float to reduce and nothing for a compiler to reassociate; the polynomials are ours
// because a driver's own sin may be off by 2^-11. Positions below 2^24.
struct Rotation {
    cos: vec4<f32>,
    sin: vec4<f32>,
}

fn rotation(position: u32, a: vec2<u32>, b: vec2<u32>, c: vec2<u32>, d: vec2<u32>) -> Rotation {
    let high = vec4<u32>(a.x, b.x, c.x, d.x);
    let low = vec4<u32>(a.y, b.y, c.y, d.y);
    let fraction = position * high + ((position * low) >> vec4<u32>(8u));
    let quadrant = (fraction + 0x20000000u) >> vec4<u32>(30u);
    // 2 pi / 2^32: an eighth of a turn either side.
    let t = vec4<f32>(bitcast<vec4<i32>>(fraction - (quadrant << vec4<u32>(30u)))) * 1.4629180792671596e-9;
    let u = t * t;
    let s = t + t * u * (-1.6666667e-1 + u * (8.3333333e-3 + u * (-1.9841270e-4 + u * 2.7557319e-6)));
    let co = 1.0 + u * (-0.5 + u * (4.1666667e-2 + u * (-1.3888889e-3 + u * 2.4801587e-5)));
    let is_odd = (quadrant & vec4<u32>(1u)) == vec4<u32>(1u);
    let cosine = select(co, s, is_odd);
    let sine = select(s, co, is_odd);
    let cos_negative = ((quadrant + 1u) & vec4<u32>(2u)) == vec4<u32>(2u);
    let sin_negative = (quadrant & vec4<u32>(2u)) == vec4<u32>(2u);
    return Rotation(select(cosine, -cosine, cos_negative), select(sine, -sine, sin_negative));
}
