//! `ruminate devices`: what `--gpu` can name.

use crate::table::{self, Table};
use anyhow::Result;
use ruminate::gpu::{Gpu, GpuOptions, list_adapters};
use serde_json::json;

#[derive(clap::Args)]
pub struct Args {
    /// Print one JSON array
    #[arg(long)]
    json: bool,
}

/// Lists the adapters, the default one first.
pub fn run(args: &Args) -> Result<()> {
    let adapters = pollster::block_on(list_adapters());
    if adapters.is_empty() {
        // Opening fails with the reason and the remedy.
        pollster::block_on(Gpu::open(&GpuOptions::default()))?;
    }
    if args.json {
        let objects = adapters.iter().map(
            |a| json!({"index": a.index, "name": a.name, "kind": a.kind, "backend": a.backend, "driver": a.driver}),
        );
        return table::print_json(&objects.collect::<Vec<_>>());
    }
    let mut table = Table::new(&[">gpu", "name", "kind", "backend", "driver"]);
    for a in adapters {
        table.push([a.index.to_string(), a.name, a.kind.into(), a.backend, a.driver]);
    }
    table::print(&table.plain())
}
