//! Every kernel on a device against its CPU twin, as a report that fits into an issue.

use crate::gpu::{Caps, Gpu, Tier};
use crate::kernels::{Case, Outcome, Sizes, Table, check};
use crate::units::bytes;
use crate::{Error, Result};
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// What was found on a device.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The engine's version.
    pub version: &'static str,
    /// Operating system and processor.
    pub system: String,
    /// The device's name.
    pub adapter: String,
    /// Driver and version.
    pub driver: String,
    /// Vulkan, Metal or DX12.
    pub backend: String,
    /// What kind of device, and its PCI numbers.
    pub kind: String,
    /// The tiers that were tried.
    pub tiers: Vec<TierReport>,
    /// No kernel differs from its twin.
    pub passed: bool,
}

/// A tier of a device.
#[derive(Debug, Clone, Serialize)]
pub struct TierReport {
    /// Its name.
    pub tier: String,
    /// It is what the device takes by default.
    #[serde(skip)]
    pub is_default: bool,
    /// What its kernels may use.
    pub limits: String,
    /// Why the tier was left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// What was checked.
    pub kernels: Vec<KernelReport>,
}

/// A kernel's cases, and of them the one that was worst against its tolerance.
#[derive(Debug, Clone, Serialize)]
pub struct KernelReport {
    /// Its name.
    pub kernel: String,
    /// How many.
    pub cases: usize,
    /// Of them, those that differ.
    pub failed: usize,
    /// The worst error.
    pub error: f32,
    /// What is allowed there.
    pub tolerance: f32,
    /// What failed, a line each.
    pub failures: Vec<String>,
}

/// What is told while it runs.
#[derive(Debug)]
pub enum Progress<'a> {
    /// A tier begins, or is left out.
    Tier(&'a TierReport),
    /// A case was run.
    Case(&'a Case, &'a Result<Outcome>),
    /// A kernel's cases were run.
    Kernel(&'a KernelReport),
    /// So much of it is done, of 1.
    Done(f32),
}

/// What a tier is tried with.
#[derive(Debug)]
pub struct Selection<'a> {
    /// The tiers.
    pub tiers: &'a [Tier],
    /// The tables of cases.
    pub tables: &'a [(&'static str, Table)],
    /// Only kernels whose name contains this.
    pub filter: &'a str,
}

/// All tiers, the lowest first.
pub const TIERS: [Tier; 4] = [Tier::Portable, Tier::Software, Tier::Subgroup, Tier::Matrix];

impl Report {
    /// One without tiers.
    pub fn new(gpu: &Gpu) -> Self {
        let info = &gpu.info;
        Self {
            version: env!("CARGO_PKG_VERSION"),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            adapter: info.name.clone(),
            driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
            backend: info.backend.to_string(),
            kind: format!("{:?}, vendor {:#06x}, device {:#06x}", info.device_type, info.vendor, info.device),
            tiers: Vec::new(),
            passed: true,
        }
    }

    /// Runs the cases tier by tier; `open` opens the device in a tier, `progress` returns `false` to cancel.
    ///
    /// # Errors
    /// [`Error::DeviceLost`], [`Error::Cancelled`], and what `open` gives but [`Error::Adapter`]: a tier that the device
    /// does not have is left out.
    pub async fn run(
        &mut self,
        selection: &Selection<'_>,
        default: Tier,
        open: impl AsyncFn(Tier) -> Result<Arc<Gpu>>,
        progress: &mut dyn FnMut(Progress<'_>) -> bool,
    ) -> Result<()> {
        let parts = (selection.tiers.len() * selection.tables.len()) as f32;
        for (index, &tier) in selection.tiers.iter().enumerate() {
            let (name, is_default) = (tier.to_string(), tier == default);
            let mut entry =
                TierReport { tier: name, is_default, limits: String::new(), skipped: None, kernels: Vec::new() };
            match open(tier).await {
                // The adapter opened before: what is missing now is what the tier needs.
                Err(Error::Adapter { problem, .. }) => {
                    entry.skipped = Some(problem);
                    told(progress(Progress::Tier(&entry)))?;
                }
                Err(error) => return Err(error),
                Ok(gpu) => {
                    entry.limits = limits(&gpu.caps);
                    told(progress(Progress::Tier(&entry)))?;
                    for (part, (_, cases)) in selection.tables.iter().enumerate() {
                        told(progress(Progress::Done((index * selection.tables.len() + part) as f32 / parts)))?;
                        let cases: Vec<Case> = cases(&gpu.caps, Sizes::Check);
                        let cases = cases.iter().filter(|case| case.kernel.contains(selection.filter));
                        for kernel in check_all(&gpu, cases, progress).await? {
                            told(progress(Progress::Kernel(&kernel)))?;
                            self.passed &= kernel.failed == 0;
                            entry.kernels.push(kernel);
                        }
                    }
                }
            }
            self.tiers.push(entry);
        }
        told(progress(Progress::Done(1.0)))
    }

    /// (cases, of which failed)
    pub fn counts(&self) -> (usize, usize) {
        let all = self.tiers.iter().flat_map(|tier| &tier.kernels);
        all.fold((0, 0), |sum, kernel| (sum.0 + kernel.cases, sum.1 + kernel.failed))
    }

    /// The last line: what it comes to.
    pub fn verdict(&self) -> String {
        match self.counts() {
            (cases, 0) => format!("all {cases} cases agree with their CPU twins"),
            (cases, failed) => format!("{failed} of {cases} cases FAILED: please report this with the text above"),
        }
    }

    /// The first lines: what it is about.
    pub fn head(&self) -> String {
        let Self { version, system, adapter, kind, backend, driver, .. } = self;
        format!("ruminate {version} on {system}\n{adapter} ({kind}, {backend}, {driver})\n")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.head())?;
        for tier in &self.tiers {
            write!(f, "{tier}")?;
            tier.kernels.iter().try_for_each(|kernel| write!(f, "{kernel}"))?;
        }
        writeln!(f, "\n{}", self.verdict())
    }
}

/// Its heading.
impl fmt::Display for TierReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(why) = &self.skipped {
            return writeln!(f, "\n{} tier: left out ({why})", self.tier);
        }
        let star = if self.is_default { ", the default" } else { "" };
        writeln!(f, "\n{} tier{star}: {}", self.tier, self.limits)?;
        writeln!(f, "{:<18} {:>5}  {:>10}  {:>9}  result", "kernel", "cases", "worst", "allowed")
    }
}

/// Its line, and one for each failure.
impl fmt::Display for KernelReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kernel: name, cases, error, tolerance, failed, failures } = self;
        let result = if *failed == 0 { "ok".to_owned() } else { format!("FAIL ({failed})") };
        writeln!(f, "{name:<18} {cases:>5}  {error:>10.2e}  {tolerance:>9.0e}  {result}")?;
        failures.iter().try_for_each(|failure| writeln!(f, "    {failure}"))
    }
}

fn told(goes_on: bool) -> Result<()> {
    if goes_on { Ok(()) } else { Err(Error::Cancelled) }
}

async fn check_all(
    gpu: &Gpu,
    cases: impl Iterator<Item = &Case>,
    progress: &mut dyn FnMut(Progress<'_>) -> bool,
) -> Result<Vec<KernelReport>> {
    let mut kernels: Vec<KernelReport> = Vec::new();
    for case in cases {
        let outcome = check(gpu, case).await;
        told(progress(Progress::Case(case, &outcome)))?;
        let name = format!("{} ({})", case.label, case.plan.shader);
        let (error, tolerance, failure) = match outcome {
            Ok(o) if o.passed() => (o.error, o.tolerance, None),
            Ok(o) => (o.error, o.tolerance, Some(format!("{name}: {} is off by {:.2e}", o.binding, o.error))),
            // A lost device fails every case after it: one message is enough.
            Err(error @ Error::DeviceLost(_)) => return Err(error),
            Err(error) => {
                // Browsers tell more of it after the fact: that is not the next case's.
                let _ = gpu.settled().await;
                (f32::INFINITY, 0.0, Some(format!("{name}: {error}")))
            }
        };
        if kernels.last().is_none_or(|kernel| kernel.kernel != case.kernel) {
            let kernel = case.kernel.to_owned();
            kernels.push(KernelReport { kernel, cases: 0, failed: 0, error, tolerance, failures: Vec::new() });
        }
        if let Some(kernel) = kernels.last_mut() {
            kernel.cases += 1;
            kernel.failed += usize::from(failure.is_some());
            kernel.failures.extend(failure);
            if share(error, tolerance) > share(kernel.error, kernel.tolerance) {
                (kernel.error, kernel.tolerance) = (error, tolerance);
            }
        }
    }
    Ok(merged(kernels))
}

/// How much of its tolerance an error takes.
fn share(error: f32, tolerance: f32) -> f32 {
    if error == 0.0 { 0.0 } else { error / tolerance }
}

/// One entry a kernel, where a table goes through its kernels more than once.
fn merged(parts: Vec<KernelReport>) -> Vec<KernelReport> {
    let mut kernels: Vec<KernelReport> = Vec::new();
    for part in parts {
        match kernels.iter_mut().find(|kernel| kernel.kernel == part.kernel) {
            None => kernels.push(part),
            Some(kernel) => {
                kernel.cases += part.cases;
                kernel.failed += part.failed;
                kernel.failures.extend(part.failures);
                if share(part.error, part.tolerance) > share(kernel.error, kernel.tolerance) {
                    (kernel.error, kernel.tolerance) = (part.error, part.tolerance);
                }
            }
        }
    }
    kernels
}

/// What kernels may use, in words.
pub fn limits(caps: &Caps) -> String {
    let mut parts = Vec::new();
    parts.extend(caps.subgroup.map(|size| format!("subgroups of {size}")));
    parts.extend(caps.f16.then(|| "f16 arithmetic".to_owned()));
    parts.extend(caps.matrix_tile.map(|edge| format!("{edge}x{edge} matrices")));
    parts.push(format!("bindings to {}", bytes(caps.max_binding)));
    parts.push(format!("buffers to {}", bytes(caps.max_buffer)));
    parts.push(format!("{} a workgroup", bytes(caps.workgroup_memory.into())));
    parts.push(format!("{} invocations", caps.max_invocations));
    parts.push(format!("alignment {}", caps.storage_align));
    parts.push(if caps.timestamps { "timestamps" } else { "no timestamps" }.to_owned());
    parts.join(", ")
}
