//! A device in words.

use super::DeviceInfo;
use crate::platform::Host;
use ruminate::gpu::{Gpu, list_adapters};
use ruminate::units::bytes;

/// Describes a device.
pub async fn describe(host: &Host, gpu: &Gpu) -> DeviceInfo {
    let (info, caps) = (&gpu.info, &gpu.caps);
    let adapters = list_adapters().await;
    let this = adapters.iter().find(|adapter| adapter.name == info.name);
    let mut limits = Vec::new();
    limits.extend(caps.subgroup.map(|size| ("Subgroups".into(), format!("of {size}"))));
    limits.extend(caps.f16.then(|| ("Halves".into(), "f16 arithmetic".into())));
    limits.extend(caps.matrix_tile.map(|edge| ("Matrices".into(), format!("{edge} x {edge}, f16 to f32"))));
    limits.extend([
        ("Largest binding".into(), bytes(caps.max_binding)),
        ("Largest buffer".into(), bytes(caps.max_buffer)),
        ("Workgroup memory".into(), bytes(caps.workgroup_memory.into())),
        ("Invocations a workgroup".into(), caps.max_invocations.to_string()),
        ("Storage alignment".into(), format!("{} B", caps.storage_align)),
        (
            "Timestamps".into(),
            match (caps.timestamps, caps.timestamps_inside) {
                (_, true) => "of each dispatch".to_owned(),
                (true, false) => "of passes".to_owned(),
                (false, false) => "none".to_owned(),
            },
        ),
    ]);
    let quirk = gpu.quirk().map(|quirk| format!("No higher than the {} tier: {}", quirk.highest_tier, quirk.evidence));
    DeviceInfo {
        name: host.name(gpu),
        kind: this.map_or("other", |adapter| adapter.kind).to_owned(),
        backend: info.backend.to_string(),
        driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
        tier: caps.tier.to_string(),
        limits,
        quirk,
        others: adapters.iter().filter(|adapter| adapter.name != info.name).map(ToString::to_string).collect(),
    }
}
