// The random number of a step: a hash of the row's seed and the step, nothing else.
fn scramble(value: u32) -> u32 {
    var x = value;
    x = (x ^ (x >> 16u)) * 0x7feb352du;
    x = (x ^ (x >> 15u)) * 0x846ca68bu;
    return x ^ (x >> 16u);
}

fn random_bits(seed: vec2<u32>, step: u32) -> u32 {
    let a = scramble(step * 0x9e3779b9u + seed.x);
    let b = scramble(a ^ (seed.y * 0x85ebca6bu + 0x68e31da4u));
    return scramble(b + seed.x);
}

// The high word of a * b.
fn multiply_high(a: u32, b: u32) -> u32 {
    let low = (a & 0xffffu) * (b & 0xffffu);
    let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
    let other = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
    return (a >> 16u) * (b >> 16u) + (middle >> 16u) + (other >> 16u);
}
