//! Reading memory and nothing else: the bandwidth that other kernels are measured against.

use super::{Case, CaseBuffer, Data, Expect, Sizes};
use crate::gpu::{Caps, Plan, Tier};

/// sums[i] = the wrapping sum of what invocation i reads of `[rounds, 4, invocations]` vectors of 4 words.
#[derive(Debug, Clone, Copy)]
pub struct StreamRead {
    /// Rounds of 4 vectors an invocation.
    pub rounds: u32,
    /// Workgroups of [`StreamRead::WORKGROUP`].
    pub groups: u32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    rounds: u32,
    stride: u32,
}

impl StreamRead {
    /// Invocations a workgroup.
    pub const WORKGROUP: u32 = 128;

    /// Bytes read in one dispatch.
    pub fn bytes(&self) -> u64 {
        u64::from(self.rounds) * 4 * u64::from(self.invocations()) * 16
    }

    /// Binds the words, then the sums `[invocations]`.
    pub fn plan(&self) -> Plan {
        Plan::new("stream_read", &[])
            .constant("WG", Self::WORKGROUP)
            .params(Params { rounds: self.rounds, stride: self.invocations() })
            .grid(self.groups, 1, 1)
    }

    fn invocations(&self) -> u32 {
        self.groups * Self::WORKGROUP
    }
}

/// The CPU twin.
pub fn twin(words: &[u32], invocations: usize) -> Vec<u32> {
    let mut sums = vec![0u32; invocations];
    for (index, vector) in words.chunks_exact(4).enumerate() {
        let sum = &mut sums[index % invocations];
        *sum = vector.iter().fold(*sum, |sum, &word| sum.wrapping_add(word));
    }
    sums
}

/// The table of cases. The timed one is larger than any cache, as far as bindings reach.
pub fn cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    let shapes = match sizes {
        Sizes::Check => vec![StreamRead { rounds: 1, groups: 1 }, StreamRead { rounds: 3, groups: 5 }],
        Sizes::Bench => {
            let (groups, most) = match caps.tier {
                Tier::Software => (64, 64 << 20),
                Tier::Portable | Tier::Subgroup | Tier::Matrix => (1024, 512 << 20),
            };
            let round = StreamRead { rounds: 1, groups }.bytes();
            vec![StreamRead { rounds: (caps.max_binding.min(most) / round).max(1) as u32, groups }]
        }
    };
    shapes.iter().map(case).collect()
}

fn case(shape: &StreamRead) -> Case {
    let mut data = Data::new(u64::from(shape.groups));
    let words: Vec<u32> = (0..shape.bytes() / 4).map(|_| data.bits() as u32).collect();
    let sums = twin(&words, shape.invocations() as usize);
    Case {
        kernel: "stream_read",
        label: format!("{} KiB by {} invocations", shape.bytes() >> 10, shape.invocations()),
        plan: shape.plan(),
        buffers: vec![CaseBuffer::input(&words), CaseBuffer::output(Expect::Words(sums))],
        bytes: shape.bytes(),
        flops: 0,
    }
}
