//! Every kernel against its CPU twin, on every tier the adapter at hand can run.

use ruminate::gpu::{Gpu, GpuOptions, Tier};
use ruminate::kernels::{Sizes, all_cases, check};

fn check_tier(tier: Tier) {
    let options = GpuOptions { tier: Some(tier), ..Default::default() };
    // No adapter is a failure, not a skip: `cargo xtask test` installs a software one.
    let gpu = pollster::block_on(Gpu::open(&options)).unwrap();
    let mut failures = Vec::new();
    let cases = all_cases(&gpu.caps, Sizes::Check);
    assert!(!cases.is_empty());
    for case in &cases {
        match pollster::block_on(check(&gpu, case)) {
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
