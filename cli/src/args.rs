//! The command line: what every command shares, and the list of commands.

use crate::{bench, devices, eval, inspect, reason, run, score, selftest};
use clap::{Args, Parser, Subcommand};
use ruminate::gpu::{Gpu, GpuOptions, Tier};
use ruminate::model::Precision;
use ruminate::session::EngineOptions;
use std::sync::Arc;

/// Small language models on any GPU.
#[derive(Parser)]
#[command(name = "ruminate", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub global: Global,
}

#[derive(Subcommand)]
pub enum Command {
    /// Chat, or answer one prompt
    Run(run::Args),
    /// Answer a question, or questions in a conversation, with thoughts where they pay
    Reason(reason::Args),
    /// Log-probability of every token of a text
    Score(score::Args),
    /// Count right answers to questions of known answers, and what they cost
    Eval(eval::Args),
    /// Check every kernel on this device against its CPU twin
    Selftest(selftest::Args),
    /// Measure prompt and decoding speed, or single kernels
    Bench(bench::Args),
    /// List the adapters that can run models
    Devices(devices::Args),
    /// Fetch a model, or go on with one that was cut
    #[cfg(feature = "network")]
    Download(crate::download::Args),
    /// Show a GGUF file's metadata and tensors
    Inspect(inspect::Args),
}

/// What every command takes.
#[derive(Args)]
pub struct Global {
    /// Model file, or the name of a model [default: smollm2-135m-instruct]
    #[arg(long, global = true, value_name = "PATH|NAME")]
    pub model: Option<String>,
    /// Adapter: its index in `ruminate devices`, or part of its name [default: the first]
    #[arg(long, global = true, value_name = "NAME|INDEX")]
    pub gpu: Option<String>,
    /// Force a tier: portable, software, subgroup or matrix [default: the best the device has]
    #[arg(long, global = true)]
    pub tier: Option<Tier>,
    /// Say more; logs go to stderr
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

impl Global {
    /// Opens the adapter asked for, in the tier asked for.
    pub fn open_gpu(&self) -> ruminate::Result<Arc<Gpu>> {
        pollster::block_on(Gpu::open(&self.gpu_options()))
    }

    /// How to open it.
    pub fn gpu_options(&self) -> GpuOptions {
        GpuOptions { adapter: self.gpu.clone(), tier: self.tier, ..GpuOptions::default() }
    }
}

/// How a model is loaded.
#[derive(Args)]
pub struct EngineArgs {
    /// Positions in the context [default: 4096, or what the model allows if that is less]
    #[arg(long, value_name = "TOKENS")]
    pub ctx: Option<u32>,
    /// How activations enter quantized matrices: float, int16 (as good as float; prompts in halves where the GPU computes
    /// with them) or int8 (fastest, less exact) [default: int16]
    #[arg(long)]
    pub precision: Option<Precision>,
}

impl EngineArgs {
    /// For the engine.
    pub fn options(&self) -> EngineOptions {
        EngineOptions { context: self.ctx, precision: self.precision, ..EngineOptions::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn shared_flags_stand_anywhere() {
        for line in
            [&["ruminate", "--gpu", "1", "bench", "kernels"][..], &["ruminate", "bench", "kernels", "--gpu", "1"]]
        {
            assert_eq!(Cli::parse_from(line).global.gpu.as_deref(), Some("1"));
        }
    }
}
