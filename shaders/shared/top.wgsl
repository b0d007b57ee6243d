// A row's top logit, where it is, and sums of exp(logit - top): what greedy decoding, log-probabilities and sampling
// begin with. The kernel that imports this declares WG and, for subgroups, SG.
//
// Logits are compared as integers that order like the numbers do: NaN lowest, -0 = +0, infinity cut to the largest
// number. So NaN never wins whatever a driver's fast maths makes of it, and ties go to the lowest index.
struct Top {
    key: u32,        // ordered(top logit)
    index: u32,      // its lowest index; NONE when nothing was seen
    sum: f32,        // sum of exp(logit - top)
    sum_cooled: f32, // sum of exp((logit - top) / temperature), where the row is sampled
}
const NONE: u32 = 0xffffffffu;
const KEY_MASKED: u32 = 0x007fffffu;   // ordered(-infinity); at or below it a token has no probability
const KEY_LARGEST: u32 = 0xff7fffffu;  // ordered(largest f32)

fn ordered(logits4: vec4<f32>) -> vec4<u32> {
    var bits = bitcast<vec4<u32>>(logits4);
    bits = select(bits, vec4<u32>(0u), bits == vec4<u32>(0x80000000u));
    let keys = select(~bits, bits | vec4<u32>(0x80000000u), bits < vec4<u32>(0x80000000u));
    let is_nan = (bits & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u);
    return select(min(keys, vec4<u32>(KEY_LARGEST)), vec4<u32>(0u), is_nan);
}

// The logit of a key, finite for every key: masked ones become the lowest number.
fn logit_of(key: u32) -> f32 {
    let k = max(key, KEY_MASKED + 1u);
    return bitcast<f32>(select(~k, k & 0x7fffffffu, k >= 0x80000000u));
}

fn logits_of(keys: vec4<u32>) -> vec4<f32> {
    let k = max(keys, vec4<u32>(KEY_MASKED + 1u));
    return bitcast<vec4<f32>>(select(~k, k & vec4<u32>(0x7fffffffu), k >= vec4<u32>(0x80000000u)));
}

// exp(-distance) of a non-negative distance, which may be infinite.
fn decay(distance: f32) -> f32 {
    return exp(-min(distance, 200.0));
}

fn decay4(distances: vec4<f32>) -> vec4<f32> {
    return exp(-min(distances, vec4<f32>(200.0)));
}

fn top_join(a: Top, b: Top, cooling: f32) -> Top {
    let key = max(a.key, b.key);
    let fall = vec2<f32>(logit_of(key)) - vec2<f32>(logit_of(a.key), logit_of(b.key));
    let scale = vec2<f32>(decay(fall.x), decay(fall.y));
    let cooled = vec2<f32>(decay(fall.x * cooling), decay(fall.y * cooling));
    let b_wins = b.key > a.key || (b.key == a.key && b.index < a.index);
    return Top(
        key,
        select(a.index, b.index, b_wins),
        a.sum * scale.x + b.sum * scale.y,
        a.sum_cooled * cooled.x + b.sum_cooled * cooled.y,
    );
}

fn top_pack(top: Top) -> vec4<u32> {
    return vec4<u32>(top.key, top.index, bitcast<u32>(top.sum), bitcast<u32>(top.sum_cooled));
}

fn top_unpack(words: vec4<u32>) -> Top {
    return Top(words.x, words.y, bitcast<f32>(words.z), bitcast<f32>(words.w));
}

// The top of all lanes, in every lane. All of the workgroup must call, once a kernel.
#ifdef SUBGROUP
var<workgroup> top_partial: array<vec4<u32>, WG / SG>;

fn workgroup_top(mine: Top, cooling: f32, lane: u32) -> Top {
    let key = subgroupMax(mine.key);
    let index = subgroupMin(select(NONE, mine.index, mine.key == key));
    let fall = logit_of(key) - logit_of(mine.key);
    let sum = subgroupAdd(mine.sum * decay(fall));
    let sum_cooled = subgroupAdd(mine.sum_cooled * decay(fall * cooling));
    if (lane % SG == 0u) {
        top_partial[lane / SG] = top_pack(Top(key, index, sum, sum_cooled));
    }
    workgroupBarrier();
    var top = top_unpack(top_partial[0]);
    for (var i = 1u; i < WG / SG; i++) {
        top = top_join(top, top_unpack(top_partial[i]), cooling);
    }
    return top;
}
#else
const TOP_FAN: u32 = 8u;
var<workgroup> top_partial: array<vec4<u32>, WG>;

fn workgroup_top(mine: Top, cooling: f32, lane: u32) -> Top {
    top_partial[lane] = top_pack(mine);
    workgroupBarrier();
    if (lane < TOP_FAN) {
        var top = mine;
        for (var i = lane + TOP_FAN; i < WG; i += TOP_FAN) {
            top = top_join(top, top_unpack(top_partial[i]), cooling);
        }
        top_partial[lane] = top_pack(top);
    }
    workgroupBarrier();
    if (lane == 0u) {
        var top = top_unpack(top_partial[0]);
        for (var i = 1u; i < TOP_FAN; i++) {
            top = top_join(top, top_unpack(top_partial[i]), cooling);
        }
        top_partial[0] = top_pack(top);
    }
    workgroupBarrier();
    return top_unpack(top_partial[0]);
}
#endif
