// Sums over a workgroup of WG invocations. All of them must call.
#ifdef SUBGROUP
override SG: u32 = 32u;  // subgroup size, the same for every subgroup
var<workgroup> reduce_partial: array<f32, WG / SG>;

fn workgroup_sum(value: f32, lane: u32) -> f32 {
    let partial = subgroupAdd(value);
    if (lane % SG == 0u) {
        reduce_partial[lane / SG] = partial;
    }
    workgroupBarrier();
    var total = 0.0;
    for (var i = 0u; i < WG / SG; i++) {
        total += reduce_partial[i];
    }
    workgroupBarrier();
    return total;
}
#else
var<workgroup> reduce_partial: array<f32, WG>;

fn workgroup_sum(value: f32, lane: u32) -> f32 {
    reduce_partial[lane] = value;
    workgroupBarrier();
    for (var stride = WG / 2u; stride > 0u; stride >>= 1u) {
        if (lane < stride) {
            reduce_partial[lane] += reduce_partial[lane + stride];
        }
        workgroupBarrier();
    }
    let total = reduce_partial[0];
    workgroupBarrier();
    return total;
}
#endif
