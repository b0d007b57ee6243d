//! `ruminate`: run, score, check and measure small language models on any GPU.

mod adapters;
mod args;
mod bench;
mod devices;
#[cfg(feature = "network")]
mod download;
mod eval;
mod inspect;
mod interrupt;
mod kernels;
mod lines;
mod loading;
mod reason;
mod reasoner;
mod run;
mod score;
mod selftest;
mod side_by_side;
mod statistics;
mod table;

use anyhow::Result;
use args::{Cli, Command, Global};
use clap::Parser;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    log(&cli.global);
    match interrupt::install().and_then(|()| perform(&cli)) {
        Ok(code) => code,
        // Whoever read the output has seen enough: `ruminate ... | head`.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", one_line(&format!("{error:#}")));
            ExitCode::FAILURE
        }
    }
}

fn perform(cli: &Cli) -> Result<ExitCode> {
    let global = &cli.global;
    match &cli.command {
        Command::Run(args) => return run::run(global, args),
        Command::Reason(args) => return reason::run(global, args),
        Command::Score(args) => score::run(global, args)?,
        Command::Eval(args) => return eval::run(global, args),
        Command::Selftest(args) => return selftest::run(global, args),
        Command::Bench(args) => bench::run(global, args)?,
        Command::Devices(args) => devices::run(args)?,
        #[cfg(feature = "network")]
        Command::Download(args) => download::run(args)?,
        Command::Inspect(args) => inspect::run(global, args)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Errors are values and reach the person once, at the end: logs are for `--verbose` and `RUST_LOG`.
fn log(global: &Global) {
    let default = if global.verbose { "warn,ruminate=debug" } else { "off" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let is_terminal = io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(is_terminal).with_writer(io::stderr).init();
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind = |cause: &(dyn std::error::Error + 'static)| cause.downcast_ref::<io::Error>().map(io::Error::kind);
    error.chain().any(|cause| kind(cause) == Some(io::ErrorKind::BrokenPipe))
}

/// Drivers and validators write paragraphs.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
