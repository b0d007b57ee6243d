// Activations written for the next matmul, eight numbers an invocation (K = row width, a multiple of 32).
//   ACT_F32: out[row, K] f32
//   ACT_F16: out[row, K/2] pairs of halves
//   ACT_I8:  int8 in groups of 32 (shared/int_groups.wgsl), and out_scales[row, K/32] = (d, d * sum(q)), x ~ d * q
//   ACT_I16: the same with 16-bit q = 256 * high + low
// The kernel that imports this declares WG and the bindings `out` (and `out_scales`).
#ifdef ACT_I8
const ACTIVATION_STEPS = 127.0;
#endif
#ifdef ACT_I16
const ACTIVATION_STEPS = 32512.0;  // 127 * 256, so that the high byte stays within int8
#endif
#ifndef ACT_F32
#ifndef ACT_F16
#import int_groups
#ifndef SUBGROUP
var<workgroup> activation_partial: array<vec2<f32>, WG>;
#endif
#endif
#endif

// Stores numbers 8*i..8*i+8 of a row, where `first8` = row * K / 8. Four neighbouring invocations share a group of 32,
// so all of a workgroup must call, those past the end with `is_active` false.
fn store_activation(first8: u32, i: u32, a: vec4<f32>, b: vec4<f32>, lane: u32, is_active: bool) {
    let at = first8 + i;
#ifdef ACT_F32
    if (is_active) {
        out[at * 2u] = a;
        out[at * 2u + 1u] = b;
    }
#else
#ifdef ACT_F16
    if (is_active) {
        out[at] = vec4<u32>(pack2x16float(a.xy), pack2x16float(a.zw), pack2x16float(b.xy), pack2x16float(b.zw));
    }
#else
    let m = max(abs(a), abs(b));
    var peak = max(max(m.x, m.y), max(m.z, m.w));
#ifdef SUBGROUP
    peak = max(peak, subgroupShuffleXor(peak, 1u));
    peak = max(peak, subgroupShuffleXor(peak, 2u));
#else
    let first = lane & ~3u;
    activation_partial[lane].x = peak;
    workgroupBarrier();
    peak = max(max(activation_partial[first].x, activation_partial[first + 1u].x),
               max(activation_partial[first + 2u].x, activation_partial[first + 3u].x));
#endif
    let d = peak / ACTIVATION_STEPS;
    let inverse = select(0.0, 1.0 / d, d > 0.0);
    let qa = round(a * inverse);
    let qb = round(b * inverse);
    let both = qa + qb;
    var sum = both.x + both.y + both.z + both.w;
#ifdef SUBGROUP
    sum += subgroupShuffleXor(sum, 1u);
    sum += subgroupShuffleXor(sum, 2u);
#else
    activation_partial[lane].y = sum;
    workgroupBarrier();
    sum = activation_partial[first].y + activation_partial[first + 1u].y
        + activation_partial[first + 2u].y + activation_partial[first + 3u].y;
    workgroupBarrier();
#endif
    if (is_active) {
#ifdef ACT_I8
        let to = group_part(at / 4u, (at & 3u) / 2u, 2u) * 2u + (at & 1u);
        out[to] = vec2<u32>(pack4xI8(vec4<i32>(qa)), pack4xI8(vec4<i32>(qb)));
#else
        let ia = vec4<i32>(qa);
        let ib = vec4<i32>(qb);
        let high_a = (ia + 128) >> vec4<u32>(8u);
        let high_b = (ib + 128) >> vec4<u32>(8u);
        let to = group_part(at / 4u, (at & 3u) / 2u, 4u) * 2u + (at & 1u);
        out[to] = vec2<u32>(pack4xI8(high_a), pack4xI8(high_b));
        // Two parts on, eight groups each.
        out[to + 32u] = vec2<u32>(pack4xI8(ia - high_a * 256), pack4xI8(ib - high_b * 256));
#endif
        if ((i & 3u) == 0u) {
            out_scales[at / 4u] = vec2<f32>(d, d * sum);
        }
    }
#endif
#endif
}
