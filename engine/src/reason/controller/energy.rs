//! Energy, where the platform tells it honestly.

use std::path::PathBuf;
use wgpu::DeviceType;

/// Counts joules from when it was started.
#[derive(Debug)]
pub(super) struct Meter {
    /// A processor package's counter: its file, microjoules then, and where it wraps.
    packages: Vec<(PathBuf, u64, u64)>,
}

impl Meter {
    /// On Linux, the counters of Intel's and AMD's processor packages, if the device is a part of them: an integrated GPU,
    /// or a driver that runs on the CPU. They hold what everything else on the machine takes, too. Nothing elsewhere, or
    /// where reading them needs rights that the process lacks.
    pub fn start(device: DeviceType) -> Option<Self> {
        if !matches!(device, DeviceType::IntegratedGpu | DeviceType::Cpu) {
            return None;
        }
        let zones = std::fs::read_dir("/sys/class/powercap").ok()?.flatten().map(|entry| entry.path());
        let is_package =
            |zone: &PathBuf| std::fs::read_to_string(zone.join("name")).is_ok_and(|name| name.starts_with("package-"));
        let counter = |zone: PathBuf| {
            let range = read(&zone.join("max_energy_range_uj"))?;
            let file = zone.join("energy_uj");
            let now = read(&file)?;
            Some((file, now, range))
        };
        let packages: Option<Vec<_>> = zones.filter(is_package).map(counter).collect();
        packages.filter(|packages| !packages.is_empty()).map(|packages| Self { packages })
    }

    /// Joules since.
    pub fn joules(&self) -> Option<f64> {
        let since = |(file, then, range): &(PathBuf, u64, u64)| {
            let now = read(file)?;
            // It wraps once an hour at the most.
            Some(if now >= *then { now - then } else { now + range - then })
        };
        let microjoules: Option<u64> = self.packages.iter().map(since).sum();
        microjoules.map(|count| count as f64 / 1e6)
    }
}

fn read(file: &PathBuf) -> Option<u64> {
    std::fs::read_to_string(file).ok()?.trim().parse().ok()
}
