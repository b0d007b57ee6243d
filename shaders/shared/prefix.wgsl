// Prefix sums of pairs over a workgroup of WG invocations, in order. All of them must call.
struct Prefix {
    before: vec2<u32>, // sum of the lanes before
    total: vec2<u32>,
}
#ifdef SUBGROUP
var<workgroup> prefix_partial: array<vec2<u32>, WG / SG>;

fn workgroup_prefix(value: vec2<u32>, lane: u32) -> Prefix {
    var result = Prefix(subgroupExclusiveAdd(value), vec2<u32>(0u));
    let sum = subgroupAdd(value);
    if (lane % SG == 0u) {
        prefix_partial[lane / SG] = sum;
    }
    workgroupBarrier();
    for (var i = 0u; i < WG / SG; i++) {
        result.before += select(vec2<u32>(0u), prefix_partial[i], i < lane / SG);
        result.total += prefix_partial[i];
    }
    workgroupBarrier();
    return result;
}
#else
const PREFIX_BLOCKS: u32 = 8u;
var<workgroup> prefix_partial: array<vec2<u32>, WG>;
var<workgroup> prefix_blocks: array<vec2<u32>, PREFIX_BLOCKS>;

fn workgroup_prefix(value: vec2<u32>, lane: u32) -> Prefix {
    let width = WG / PREFIX_BLOCKS;
    prefix_partial[lane] = value;
    workgroupBarrier();
    if (lane < PREFIX_BLOCKS) {
        var sum = vec2<u32>(0u);
        for (var i = 0u; i < width; i++) {
            let next = sum + prefix_partial[lane * width + i];
            prefix_partial[lane * width + i] = sum;
            sum = next;
        }
        prefix_blocks[lane] = sum;
    }
    workgroupBarrier();
    var result = Prefix(prefix_partial[lane], vec2<u32>(0u));
    for (var i = 0u; i < PREFIX_BLOCKS; i++) {
        result.before += select(vec2<u32>(0u), prefix_blocks[i], i < lane / width);
        result.total += prefix_blocks[i];
    }
    workgroupBarrier();
    return result;
}
#endif
