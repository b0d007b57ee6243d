//! Devices that do not do what they say. One line each, with the evidence.

use super::tier::Tier;

/// An exception for the devices that match.
#[derive(Debug)]
pub struct Quirk {
    /// PCI vendor id.
    vendor: u32,
    /// Part of the adapter's name, in lower case.
    name: &'static str,
    /// The highest tier that is safe there.
    pub highest_tier: Tier,
    /// Where the problem is described.
    pub evidence: &'static str,
}

const QUIRKS: &[Quirk] = &[
    Quirk {
        vendor: 0x5143,
        name: "adreno",
        highest_tier: Tier::Portable,
        evidence: "wrong output and failing pipelines by driver version: github.com/ggml-org/llama.cpp issues 16881 and 28635",
    },
    Quirk {
        vendor: 0x13b5,
        name: "mali",
        highest_tier: Tier::Portable,
        evidence: "hangs and lost devices under large kernels: github.com/mybigday/llama.rn issue 364",
    },
];

pub(super) fn find(info: &wgpu::AdapterInfo) -> Option<&'static Quirk> {
    let name = info.name.to_lowercase();
    QUIRKS.iter().find(|q| q.vendor == info.vendor && name.contains(q.name))
}
