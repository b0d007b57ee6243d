//! What a device can do, decided once. Kernels ask [`Caps`], never wgpu.

use super::quirks;
use crate::{Error, Result};
use wgpu::Features;

/// A level of capability; it chooses kernel variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tier {
    /// WebGPU's default limits: 8 storage buffers a stage, 128 MiB bindings, 16 KiB workgroup memory, 256
    /// invocations; no subgroups. Where it is asked for by name, no f16 arithmetic either, unless that is asked for, too.
    Portable,
    /// A driver that runs on the CPU: no barriers, one invocation a matrix row, SIMD lanes over rows, weights in
    /// textures.
    Software,
    /// Subgroups of one known size.
    Subgroup,
    /// Subgroups and cooperative matrices (f16 in, f32 out).
    Matrix,
}

impl std::fmt::Display for Tier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Portable => "portable",
            Self::Software => "software",
            Self::Subgroup => "subgroup",
            Self::Matrix => "matrix",
        })
    }
}

impl std::str::FromStr for Tier {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "portable" => Ok(Self::Portable),
            "software" => Ok(Self::Software),
            "subgroup" => Ok(Self::Subgroup),
            "matrix" => Ok(Self::Matrix),
            _ => Err(Error::Invalid(format!(
                "unknown tier {text:?}. RUMINATE_TIER is portable, software, subgroup or matrix"
            ))),
        }
    }
}

/// What kernels may use on this device.
#[derive(Debug, Clone)]
pub struct Caps {
    /// The tier in force.
    pub tier: Tier,
    /// Whether kernels may compute with halves, apart from matrices.
    pub f16: bool,
    /// Subgroup size, when it is fixed and the tier uses subgroups.
    pub subgroup: Option<u32>,
    /// Lanes of a subgroup in the software tier, 4 or 8, where it keeps quantized weights in textures.
    pub texture_lanes: Option<u32>,
    /// Edge of the cooperative matrices, 16 or 8, in the matrix tier.
    pub matrix_tile: Option<u32>,
    /// Largest storage binding in bytes: tensors above it are split by rows.
    pub max_binding: u64,
    /// Largest buffer in bytes.
    pub max_buffer: u64,
    /// Alignment of a storage binding's offset in bytes.
    pub storage_align: u64,
    /// Alignment of a uniform binding's offset in bytes.
    pub uniform_align: u64,
    /// Workgroup memory in bytes.
    pub workgroup_memory: u32,
    /// Invocations a workgroup.
    pub max_invocations: u32,
    /// Whether passes can be timed.
    pub timestamps: bool,
    /// Whether single dispatches can be timed.
    pub timestamps_inside: bool,
}

impl Caps {
    /// Subgroup size for kernels that sum or round a few numbers (normalisation, activations): there subgroups pay on
    /// software drivers too: they save a third at 64 rows.
    pub fn small_subgroup(&self) -> Option<u32> {
        self.subgroup.or(self.texture_lanes)
    }
}

/// The tier, features and limits to ask of an adapter.
pub(super) struct Choice {
    pub caps: Caps,
    pub features: Features,
    pub limits: wgpu::Limits,
}

/// What is asked for, besides an adapter.
pub(super) struct Wish {
    /// A tier; refused where the adapter cannot give it.
    pub tier: Option<Tier>,
    /// The adapter has subgroups, whatever its features are.
    pub has_subgroups: bool,
    /// Whether kernels may compute with halves where the adapter does; `None`: unless the portable tier is asked for.
    pub f16: Option<bool>,
}

/// Decides what to ask of `adapter`.
pub(super) fn choose(adapter: &wgpu::Adapter, wish: &Wish) -> Result<Choice> {
    let info = adapter.get_info();
    let has = adapter.features();
    let quirk = quirks::find(&info);
    let subgroup = ((wish.has_subgroups || has.contains(Features::SUBGROUP))
        && info.subgroup_min_size == info.subgroup_max_size
        && info.subgroup_min_size >= 4)
        .then_some(info.subgroup_min_size);
    let matrix_tile = subgroup.and(matrix_tile(adapter, has));
    let best = if info.device_type == wgpu::DeviceType::Cpu {
        Tier::Software
    } else if matrix_tile.is_some() {
        Tier::Matrix
    } else if subgroup.is_some() {
        Tier::Subgroup
    } else {
        Tier::Portable
    };
    let best = quirk.map_or(best, |q| best.min(q.highest_tier));
    let tier = wish.tier.unwrap_or(best);
    let possible = match tier {
        Tier::Portable | Tier::Software => true,
        Tier::Subgroup => subgroup.is_some(),
        Tier::Matrix => matrix_tile.is_some(),
    };
    if !possible {
        // Browsers may keep the name to themselves.
        let name = if info.name.is_empty() { "this device" } else { &info.name };
        return Err(Error::Adapter {
            problem: format!("{name} cannot run the {tier} tier"),
            remedy: format!("Unset RUMINATE_TIER, or set it to {best}"),
        });
    }
    let mut wanted = Features::TIMESTAMP_QUERY | Features::TIMESTAMP_QUERY_INSIDE_PASSES;
    let texture_lanes = subgroup.filter(|&size| tier == Tier::Software && (size == 4 || size == 8));
    if tier >= Tier::Subgroup || texture_lanes.is_some() {
        wanted |= Features::SUBGROUP | Features::SUBGROUP_BARRIER;
    }
    if tier == Tier::Matrix {
        wanted |= Features::EXPERIMENTAL_COOPERATIVE_MATRIX | Features::SHADER_F16;
    }
    // A CPU computes with f32 as fast.
    let f16 = has.contains(Features::SHADER_F16)
        && tier != Tier::Software
        && wish.f16.unwrap_or(wish.tier != Some(Tier::Portable));
    if f16 {
        wanted |= Features::SHADER_F16;
    }
    let features = has & wanted;
    // The portable tier asks for the defaults alone, so that tests prove it stays within them.
    let limits = if tier == Tier::Portable { wgpu::Limits::default() } else { adapter.limits() };
    let caps = Caps {
        tier,
        f16,
        subgroup: subgroup.filter(|_| tier >= Tier::Subgroup),
        texture_lanes,
        matrix_tile: matrix_tile.filter(|_| tier == Tier::Matrix),
        max_binding: limits.max_storage_buffer_binding_size.min(limits.max_buffer_size),
        max_buffer: limits.max_buffer_size,
        storage_align: u64::from(limits.min_storage_buffer_offset_alignment),
        uniform_align: u64::from(limits.min_uniform_buffer_offset_alignment),
        workgroup_memory: limits.max_compute_workgroup_storage_size,
        max_invocations: limits.max_compute_invocations_per_workgroup,
        timestamps: features.contains(Features::TIMESTAMP_QUERY),
        timestamps_inside: features.contains(Features::TIMESTAMP_QUERY_INSIDE_PASSES),
    };
    Ok(Choice { caps, features, limits })
}

/// The edge of the square f16 → f32 matrices the adapter has, the larger first.
fn matrix_tile(adapter: &wgpu::Adapter, has: Features) -> Option<u32> {
    if !has.contains(Features::EXPERIMENTAL_COOPERATIVE_MATRIX | Features::SHADER_F16) {
        return None;
    }
    let properties = adapter.cooperative_matrix_properties();
    [16, 8].into_iter().find(|&edge| {
        properties.iter().any(|p| {
            (p.m_size, p.n_size, p.k_size) == (edge, edge, edge)
                && p.ab_type == wgpu::CooperativeScalarType::F16
                && p.cr_type == wgpu::CooperativeScalarType::F32
        })
    })
}
