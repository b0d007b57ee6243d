//! `ruminate selftest`: every kernel on this device against its CPU twin, as a report that fits into an issue.

use crate::args::Global;
use crate::kernels;
use crate::table;
use anyhow::Result;
use ruminate::gpu::{Gpu, GpuOptions};
use ruminate::selftest::{Progress, Report, Selection, TIERS};
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

/// Runs the cases tier by tier and prints a row a kernel. Fails if one differs.
pub fn run(global: &Global, args: &Args) -> Result<ExitCode> {
    let filter = args.filter.as_deref().unwrap_or_default();
    let tables = kernels::tables(filter)?;
    let gpu = global.open_gpu()?;
    let mut report = Report::new(&gpu);
    let say = |text: &str| if args.json { Ok(()) } else { table::print(text) };
    say(&report.head())?;
    let default = gpu.caps.tier;
    drop(gpu);
    let tiers = global.tier.map_or(TIERS.to_vec(), |tier| vec![tier]);
    let selection = Selection { tiers: &tiers, tables: &tables, filter };
    let mut printed = Ok(());
    let ran = pollster::block_on(report.run(
        &selection,
        default,
        async |tier| Gpu::open(&GpuOptions { tier: Some(tier), f16: Some(true), ..global.gpu_options() }).await,
        &mut |progress| {
            printed = match progress {
                Progress::Case(case, outcome) if global.verbose => {
                    let (error, tolerance, passed) = match outcome {
                        Ok(o) => (o.error, o.tolerance, o.passed()),
                        Err(_) => (f32::INFINITY, 0.0, false),
                    };
                    let (word, name) = (if passed { "ok" } else { "FAIL" }, &case.label);
                    let shader = &case.plan.shader;
                    let kernel = case.kernel;
                    say(&format!("  {word:<4} {error:>9.2e} of {tolerance:.0e}  {kernel} {name} ({shader})\n"))
                }
                Progress::Case(..) | Progress::Done(_) => Ok(()),
                Progress::Tier(tier) => say(&tier.to_string()),
                Progress::Kernel(kernel) => say(&kernel.to_string()),
            };
            printed.is_ok()
        },
    ));
    // Whoever read the output has gone: that is the error to tell.
    printed?;
    ran?;
    if args.json {
        table::print_json(&report)?;
    }
    say(&format!("\n{}\n", report.verdict()))?;
    Ok(if report.passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
