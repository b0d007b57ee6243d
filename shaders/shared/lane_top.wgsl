// The kernel that imports this declares WG and the binding `logits`, and imports top.

// What one lane sees of logits[base + start .. base + end], WG apart. `cooling` is 1 / temperature, or 0.
fn lane_top(base: u32, start: u32, end: u32, cooling: f32, lane: u32) -> Top {
    let offsets = vec4<u32>(0u, WG, 2u * WG, 3u * WG);
    var top = Top(0u, select(NONE, start + lane, start + lane < end), 0.0, 0.0);
    for (var first = start + lane; first < end; first += 4u * WG) {
        let i = vec4<u32>(first) + offsets;
        let at = vec4<u32>(base) + min(i, vec4<u32>(end - 1u));
        let some = vec4<f32>(logits[at.x], logits[at.y], logits[at.z], logits[at.w]);
        let keys = select(vec4<u32>(0u), ordered(some), i < vec4<u32>(end));
        let best = max(max(keys.x, keys.y), max(keys.z, keys.w));
        if (best > top.key) {
            let rise = logit_of(best) - logit_of(top.key);
            top.sum *= decay(rise);
            top.sum_cooled *= decay(rise * cooling);
            top.key = best;
            let later = select(select(i.w, i.z, keys.z == best), i.y, keys.y == best);
            top.index = select(later, i.x, keys.x == best);
        }
        let distances = vec4<f32>(logit_of(top.key)) - logits_of(keys);
        let weights = select(vec4<f32>(0.0), decay4(distances), keys > vec4<u32>(KEY_MASKED));
        top.sum += weights.x + weights.y + weights.z + weights.w;
        if (cooling > 0.0) {
            let cooled = select(vec4<f32>(0.0), decay4(distances * cooling), keys > vec4<u32>(KEY_MASKED));
            top.sum_cooled += cooled.x + cooled.y + cooled.z + cooled.w;
        }
    }
    return top;
}
