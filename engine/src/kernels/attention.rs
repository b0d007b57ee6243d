//! What the attention kernels share: which form of `shared/attend.wgsl` a device runs.

use super::kv::KvShape;
use crate::gpu::{Caps, Plan, Tier};

/// Builds the plan of `kernel`, which handles `queries` (1 to 8) at once.
pub(super) fn plan(kernel: &str, queries: u32, format: &str, kv: &KvShape, caps: &Caps) -> Plan {
    let queries = format!("QUERIES={queries}");
    let chunks = kv.head_dim / 8;
    let plan = match caps.subgroup.and_then(|size| words(chunks, size)) {
        Some(words) => Plan::new(kernel, &[&queries, format, &format!("WORDS={words}"), "SUBGROUP"])
            .constant("WG", 128)
            .constant("LANES", chunks / words)
            .constant("TEAMS", 128 * words / chunks)
            .subgroup(caps),
        None => {
            // On a CPU a workgroup of one SIMD register switches least at barriers.
            let whole = chunks.next_multiple_of(8);
            let wg = if caps.tier == Tier::Software || whole > 16 { whole } else { 64 };
            Plan::new(kernel, &[&queries, format])
                .constant("WG", wg)
                .constant("CHUNKS", chunks)
                .constant("SLICES", wg / chunks)
        }
    };
    plan.constant("HEAD_DIM", kv.head_dim).constant("PAGE", kv.page)
}

/// Words of 8 halves that each invocation of a team holds of a key of `chunks` words: the team is a power of two, within
/// a subgroup. None where that takes too many registers.
fn words(chunks: u32, subgroup: u32) -> Option<u32> {
    let lanes = (1 << chunks.trailing_zeros()).min(subgroup);
    Some(chunks / lanes).filter(|&words| words <= 4)
}
