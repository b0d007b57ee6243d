//! Each kernel's speed at the shapes of a 7B model, against the bandwidth this device reaches when it only reads.

use crate::args::Global;
use crate::table::{self, Format, Table};
use crate::{kernels, loading};
use anyhow::{Context, Result, bail};
use ruminate::gpu::Gpu;
use ruminate::kernels::{Case, Sizes, Timing, bench, stream_read};
use serde::Serialize;

#[derive(clap::Args)]
#[group(skip)]
pub struct Args {
    /// Only kernels whose name contains this
    #[arg(long, value_name = "NAME")]
    filter: Option<String>,
    /// How to print the results
    #[arg(short, long, value_enum, default_value = "md")]
    output: Format,
}

#[derive(Debug, Serialize)]
struct Row {
    kernel: &'static str,
    shape: String,
    permutation: String,
    tier: String,
    us: f64,
    gb_per_second: f64,
    gflop_per_second: f64,
    percent_of_bandwidth: f64,
}

#[derive(Debug, Serialize)]
struct Report {
    adapter: String,
    tier: String,
    read_gb_per_second: f64,
    kernels: Vec<Row>,
}

/// Measures the kernels and prints a row a case.
pub fn run(global: &Global, args: &Args) -> Result<()> {
    let filter = args.filter.as_deref().unwrap_or_default();
    let tables = kernels::tables(filter)?;
    let gpu = global.open_gpu()?;
    if !gpu.caps.timestamps {
        bail!("{} has no timestamp queries, so single kernels cannot be timed. `ruminate bench` works", gpu.info.name);
    }
    let progress = loading::spinner();
    progress.set_message("bandwidth");
    let bandwidth = bandwidth(&gpu)?;
    let mut rows = Vec::new();
    for (name, cases) in tables {
        progress.set_message(format!("{name}: making data"));
        for case in cases(&gpu.caps, Sizes::Bench) {
            if !case.kernel.contains(filter) {
                continue;
            }
            progress.set_message(format!("{} {}", case.kernel, case.label));
            let timing = pollster::block_on(bench(&gpu, &case))
                .with_context(|| format!("{} {} ({})", case.kernel, case.label, case.plan.shader))?;
            rows.push(row(case, &gpu, timing, bandwidth));
        }
    }
    progress.finish_and_clear();
    print(
        &Report {
            adapter: gpu.info.name.clone(),
            tier: gpu.caps.tier.to_string(),
            read_gb_per_second: bandwidth / 1e9,
            kernels: rows,
        },
        args.output,
    )
}

/// Bytes a second that a kernel reads which does nothing else.
fn bandwidth(gpu: &Gpu) -> Result<f64> {
    let mut best = 0f64;
    for case in stream_read::cases(&gpu.caps, Sizes::Bench) {
        best = best.max(pollster::block_on(bench(gpu, &case))?.bytes_per_second);
    }
    Ok(best)
}

fn row(case: Case, gpu: &Gpu, timing: Timing, bandwidth: f64) -> Row {
    Row {
        kernel: case.kernel,
        shape: case.label,
        permutation: case.plan.shader,
        tier: gpu.caps.tier.to_string(),
        us: timing.seconds * 1e6,
        gb_per_second: timing.bytes_per_second / 1e9,
        gflop_per_second: timing.flops_per_second / 1e9,
        percent_of_bandwidth: timing.bytes_per_second / bandwidth.max(1.0) * 100.0,
    }
}

fn print(report: &Report, format: Format) -> Result<()> {
    let mut table =
        Table::new(&["kernel", "shape", "permutation", "tier", ">us", ">GB/s", ">GFLOP/s", ">% of bandwidth"]);
    for row in &report.kernels {
        table.push([
            row.kernel.to_owned(),
            row.shape.clone(),
            row.permutation.clone(),
            row.tier.clone(),
            format!("{:.2}", row.us),
            format!("{:.1}", row.gb_per_second),
            format!("{:.1}", row.gflop_per_second),
            format!("{:.1}", row.percent_of_bandwidth),
        ]);
    }
    if format == Format::Md {
        let Report { adapter, tier, read_gb_per_second, .. } = report;
        table::print(&format!("{adapter}, {tier} tier: reads {read_gb_per_second:.1} GB/s\n\n"))?;
    }
    table.print(format, report)
}
