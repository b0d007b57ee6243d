//! Every kernel against its CPU twin, on every tier the adapter at hand can run.

#![allow(clippy::unwrap_used, reason = "a panic in a test is a failed test")]

use ruminate::gpu::{Gpu, GpuOptions, Tier, list_adapters};
use ruminate::kernels::{Sizes, all_cases, check};

fn check_tier(tier: Tier) {
    let options = GpuOptions { tier: Some(tier), ..Default::default() };
    // No adapter is a failure, not a skip: `cargo xtask test` installs a software one.
    check_all(&pollster::block_on(Gpu::open(&options)).unwrap());
}

fn check_all(gpu: &Gpu) {
    let mut failures = Vec::new();
    let cases = all_cases(&gpu.caps, Sizes::Check);
    assert!(!cases.is_empty());
    for case in &cases {
        match pollster::block_on(check(gpu, case)) {
            Ok(outcome) if outcome.passed() => {}
            Ok(o) => failures.push(format!(
                "{} {} ({}): {} error {:e} > {:e}",
                case.kernel, case.label, case.plan.shader, o.binding, o.error, o.tolerance
            )),
            Err(e) => failures.push(format!("{} {}: {e}", case.kernel, case.label)),
        }
    }
    assert!(failures.is_empty(), "{} of {} cases failed:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

#[test]
fn portable() {
    check_tier(Tier::Portable);
}

#[test]
fn software() {
    check_tier(Tier::Software);
}

#[test]
fn subgroup() {
    check_tier(Tier::Subgroup);
}

/// Cooperative matrices are missing from many devices and from the software Vulkan of most distributions (Mesa 26's has
/// them): without any this passes, saying so, unless `RUMINATE_REQUIRE_MATRIX=1`.
#[test]
fn matrix() {
    let open = |index: usize| {
        let options = GpuOptions { adapter: Some(index.to_string()), tier: Some(Tier::Matrix), ..Default::default() };
        pollster::block_on(Gpu::open(&options))
    };
    let adapters = pollster::block_on(list_adapters());
    let attempts: Vec<_> = (0..adapters.len()).map(open).collect();
    match attempts.iter().find_map(|attempt| attempt.as_ref().ok()) {
        Some(gpu) => {
            println!("on {}", gpu.info.name);
            check_all(gpu);
        }
        None => {
            let reasons: Vec<_> = attempts.iter().filter_map(|a| a.as_ref().err().map(ToString::to_string)).collect();
            println!("skipped: {}", reasons.join("; "));
            let is_required = std::env::var("RUMINATE_REQUIRE_MATRIX").is_ok_and(|value| value == "1");
            assert!(!is_required, "no adapter has cooperative matrices: {}", reasons.join("; "));
        }
    }
}

/// Mesa's software driver makes subgroups of four when its vectors are 128 bits wide. It reads that when it is loaded,
/// hence processes of their own.
#[test]
fn subgroups_of_four() {
    for tier in ["subgroup", "software"] {
        let status = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", tier])
            .env("LP_NATIVE_VECTOR_WIDTH", "128")
            .status()
            .unwrap();
        assert!(status.success(), "the {tier} tier with four lanes: see above");
    }
}
