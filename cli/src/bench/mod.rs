//! `ruminate bench`: how fast models and kernels are on this device.

mod adapters;
mod branches;
mod kernels;
mod model;
mod profile;
mod reason;
mod runner;

use crate::args::Global;
use anyhow::Result;

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    model: model::Args,
}

#[derive(clap::Subcommand)]
enum What {
    /// Measure each kernel at the shapes of a 7B model
    Kernels(kernels::Args),
    /// Measure what low-rank adapters cost, by rank and format
    Adapters(adapters::Args),
    /// Measure steps of several branches
    Branches(branches::Args),
    /// Measure what reasoning takes after a prompt: to the first token, in all, and of memory
    Reason(reason::Args),
}

/// Measures what was asked for.
pub fn run(global: &Global, args: &Args) -> Result<()> {
    match &args.what {
        Some(What::Kernels(args)) => kernels::run(global, args),
        Some(What::Adapters(args)) => adapters::run(global, args),
        Some(What::Branches(args)) => branches::run(global, args),
        Some(What::Reason(args)) => reason::run(global, args),
        None => model::run(global, &args.model),
    }
}
