//! `ruminate selftest`: every kernel on this device against its CPU twin, as a report that fits into an issue.

use crate::args::Global;
use crate::kernels;
use crate::table;
use anyhow::Result;
use ruminate::gpu::{Caps, Gpu, Tier};
use ruminate::kernels::{Case, Sizes, check};
use serde::Serialize;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Args {
    /// Only kernels whose name contains this
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Report {
    version: &'static str,
    system: String,
    adapter: String,
    driver: String,
    backend: String,
    kind: String,
    tiers: Vec<TierReport>,
    passed: bool,
}

#[derive(Debug, Serialize)]
struct TierReport {
    tier: String,
    limits: String,
    /// Why the tier was left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<String>,
    kernels: Vec<KernelReport>,
}

/// A kernel's cases, and of them the one that was worst against its tolerance.
#[derive(Debug, Clone, Serialize)]
struct KernelReport {
    kernel: String,
    cases: usize,
    failed: usize,
    error: f32,
    tolerance: f32,
    /// What failed, a line each.
    failures: Vec<String>,
}

/// Runs the cases tier by tier and prints a row a kernel. Fails if one differs.
pub fn run(global: &Global, args: &Args) -> Result<ExitCode> {
    let filter = args.filter.as_deref().unwrap_or_default();
    kernels::tables(filter)?;
    let gpu = global.open_gpu()?;
    let mut report = describe(&gpu);
    let say = |text: &str| if args.json { Ok(()) } else { table::print(text) };
    say(&format!("ruminate {} on {}\n", report.version, report.system))?;
    say(&format!("{} ({}, {}, {})\n", report.adapter, report.kind, report.backend, report.driver))?;
    let default = gpu.caps.tier;
    drop(gpu);
    let tiers = match global.tier {
        Some(tier) => vec![tier],
        None => vec![Tier::Portable, Tier::Software, Tier::Subgroup, Tier::Matrix],
    };
    for tier in tiers {
        let mut entry =
            TierReport { tier: tier.to_string(), limits: String::new(), skipped: None, kernels: Vec::new() };
        match global.open_tier(Some(tier)) {
            // The adapter opened before: what is missing now is what the tier needs.
            Err(error @ ruminate::Error::Adapter { .. }) => {
                say(&format!("\n{tier} tier: left out ({error})\n"))?;
                entry.skipped = Some(error.to_string());
            }
            Err(error) => return Err(error.into()),
            Ok(gpu) => {
                entry.limits = limits(&gpu.caps);
                let star = if tier == default { ", the default" } else { "" };
                say(&format!("\n{tier} tier{star}: {}\n", entry.limits))?;
                say(&format!("{:<18} {:>5}  {:>10}  {:>9}  result\n", "kernel", "cases", "worst", "allowed"))?;
                for (_, cases) in kernels::tables(filter)? {
                    let cases: Vec<Case> = cases(&gpu.caps, Sizes::Check);
                    let cases = cases.iter().filter(|case| case.kernel.contains(filter));
                    for kernel in check_all(&gpu, cases, global.verbose && !args.json)? {
                        say(&line(&kernel))?;
                        entry.kernels.push(kernel);
                    }
                }
            }
        }
        report.tiers.push(entry);
    }
    let all = || report.tiers.iter().flat_map(|tier| &tier.kernels);
    let (cases, failed) = all().fold((0, 0), |sum, kernel| (sum.0 + kernel.cases, sum.1 + kernel.failed));
    report.passed = failed == 0;
    if args.json {
        table::print_json(&report)?;
    }
    match failed {
        0 => say(&format!("\nall {cases} cases agree with their CPU twins\n"))?,
        _ => say(&format!("\n{failed} of {cases} cases FAILED: please report this with the text above\n"))?,
    }
    Ok(if report.passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn check_all<'c>(gpu: &Gpu, cases: impl Iterator<Item = &'c Case>, verbose: bool) -> Result<Vec<KernelReport>> {
    let mut kernels: Vec<KernelReport> = Vec::new();
    for case in cases {
        let outcome = pollster::block_on(check(gpu, case));
        let name = format!("{} ({})", case.label, case.plan.shader);
        let (error, tolerance, failure) = match &outcome {
            Ok(o) if o.passed() => (o.error, o.tolerance, None),
            Ok(o) => (o.error, o.tolerance, Some(format!("{name}: {} is off by {:.2e}", o.binding, o.error))),
            // A lost device fails every case after it: one message is enough.
            Err(error @ ruminate::Error::DeviceLost(_)) => return Err(error.clone().into()),
            Err(error) => (f32::INFINITY, 0.0, Some(format!("{name}: {error}"))),
        };
        if verbose {
            let word = if failure.is_none() { "ok" } else { "FAIL" };
            table::print(&format!("  {word:<4} {error:>9.2e} of {tolerance:.0e}  {} {name}\n", case.kernel))?;
        }
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

fn line(kernel: &KernelReport) -> String {
    let KernelReport { kernel: name, cases, error, tolerance, failed, failures } = kernel;
    let result = if *failed == 0 { "ok".to_owned() } else { format!("FAIL ({failed})") };
    let mut text = format!("{name:<18} {cases:>5}  {error:>10.2e}  {tolerance:>9.0e}  {result}\n");
    for failure in failures {
        text += &format!("    {failure}\n");
    }
    text
}

fn describe(gpu: &Gpu) -> Report {
    let info = &gpu.info;
    Report {
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

fn limits(caps: &Caps) -> String {
    let mut parts = Vec::new();
    parts.extend(caps.subgroup.map(|size| format!("subgroups of {size}")));
    parts.extend(caps.matrix_tile.map(|edge| format!("{edge}x{edge} matrices")));
    parts.push(format!("bindings to {}", table::bytes(caps.max_binding)));
    parts.push(format!("buffers to {}", table::bytes(caps.max_buffer)));
    parts.push(format!("{} a workgroup", table::bytes(caps.workgroup_memory.into())));
    parts.push(format!("{} invocations", caps.max_invocations));
    parts.push(format!("alignment {}", caps.storage_align));
    parts.push(if caps.timestamps { "timestamps" } else { "no timestamps" }.to_owned());
    parts.join(", ")
}
