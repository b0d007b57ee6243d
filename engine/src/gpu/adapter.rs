//! Which adapters there are, and which one to take.

use crate::{Error, Result};
use wgpu::{Backends, DeviceType};

#[cfg(not(target_family = "wasm"))]
const LOOKED_FOR: &str = "Vulkan, Metal and DX12";
#[cfg(not(target_family = "wasm"))]
const REMEDY: &str =
    "Install a GPU driver, or a software one: on Debian, `apt-get install libvulkan1 mesa-vulkan-drivers`";
#[cfg(target_family = "wasm")]
const LOOKED_FOR: &str = "WebGPU";
#[cfg(target_family = "wasm")]
const REMEDY: &str = "Use a current Chrome, Edge, Firefox or Safari with hardware acceleration on, over https or on \
     localhost; on Linux, Chrome may need chrome://flags/#enable-unsafe-webgpu";

/// What a person needs to choose an adapter.
#[derive(Debug, Clone)]
pub struct AdapterSummary {
    /// Its place in the list: what `--gpu 0` means.
    pub index: usize,
    /// The driver's name for it.
    pub name: String,
    /// Discrete, integrated, virtual or software.
    pub kind: &'static str,
    /// Vulkan, Metal or DX12.
    pub backend: String,
    /// Driver and version.
    pub driver: String,
}

impl std::fmt::Display for AdapterSummary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} ({}, {}, {})", self.index, self.name, self.kind, self.backend, self.driver)
    }
}

pub(super) fn instance() -> wgpu::Instance {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    // OpenGL adapters repeat the same devices with fewer features.
    descriptor.backends = Backends::VULKAN | Backends::METAL | Backends::DX12 | Backends::BROWSER_WEBGPU;
    // No validation of indirect dispatches: there are none, and it would add dispatches of its own.
    descriptor.flags = wgpu::InstanceFlags::empty();
    wgpu::Instance::new(descriptor)
}

/// Discrete before virtual before integrated before software: never silently an integrated GPU over a discrete one.
fn rank(kind: DeviceType) -> u32 {
    match kind {
        DeviceType::DiscreteGpu => 0,
        DeviceType::VirtualGpu => 1,
        DeviceType::IntegratedGpu => 2,
        DeviceType::Other => 3,
        DeviceType::Cpu => 4,
    }
}

fn summary(index: usize, adapter: &wgpu::Adapter) -> AdapterSummary {
    let info = adapter.get_info();
    AdapterSummary {
        index,
        name: info.name,
        kind: match info.device_type {
            DeviceType::DiscreteGpu => "discrete",
            DeviceType::VirtualGpu => "virtual",
            DeviceType::IntegratedGpu => "integrated",
            DeviceType::Other => "other",
            DeviceType::Cpu => "software",
        },
        backend: info.backend.to_string(),
        driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
    }
}

/// All adapters, the preferred one first.
async fn sorted(instance: &wgpu::Instance) -> Vec<wgpu::Adapter> {
    if cfg!(target_family = "wasm") {
        // A browser shows one.
        let power_preference = wgpu::PowerPreference::HighPerformance;
        let options = wgpu::RequestAdapterOptions { power_preference, ..Default::default() };
        return instance.request_adapter(&options).await.into_iter().collect();
    }
    let mut adapters = instance.enumerate_adapters(Backends::all()).await;
    adapters.sort_by_key(|a| rank(a.get_info().device_type));
    adapters
}

/// Every adapter that could run models, the one taken by default first.
pub async fn list() -> Vec<AdapterSummary> {
    sorted(&instance()).await.iter().enumerate().map(|(i, a)| summary(i, a)).collect()
}

/// The adapter that `wanted` names: an index of [`list`], or part of a name in any case; `None` takes the first.
pub(super) async fn pick(wanted: Option<&str>) -> Result<wgpu::Adapter> {
    let instance = instance();
    let mut adapters = sorted(&instance).await;
    if adapters.is_empty() {
        return Err(Error::Adapter {
            problem: format!("no GPU adapter found (looked for {LOOKED_FOR})"),
            remedy: REMEDY.into(),
        });
    }
    let summaries: Vec<AdapterSummary> = adapters.iter().enumerate().map(|(i, a)| summary(i, a)).collect();
    let index = match wanted {
        None => Some(0),
        Some(text) => match text.parse::<usize>() {
            Ok(index) => (index < adapters.len()).then_some(index),
            Err(_) => summaries.iter().position(|s| s.name.to_lowercase().contains(&text.to_lowercase())),
        },
    };
    match index {
        Some(index) => Ok(adapters.swap_remove(index)),
        None => Err(Error::Adapter {
            problem: format!("no adapter matches {:?}", wanted.unwrap_or_default()),
            remedy: format!("There are: {}", summaries.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
        }),
    }
}
