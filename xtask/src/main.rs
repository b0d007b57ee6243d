//! `cargo xtask`: sets a machine up, then runs or tests Ruminate. The README's commands are these.

mod apt;
mod beside;
mod catalogue;
mod check_targets;
mod checked;
mod fetch;
mod folders;
mod lavapipe;
mod node;
mod python;
mod run;
mod rust_src;
mod rust_tools;
mod setup;
mod steps;
mod studio;
mod test;
mod vulkan;
mod wasm_std;
mod web;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Sets this machine up, then runs or tests Ruminate")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what is missing, fetch the default model, build, and answer a question
    Run(run::Args),
    /// Install what the tests need, then format, lint, test
    Test(test::Args),
    /// Type-check the studio for Android, iOS, macOS and Windows
    CheckTargets(check_targets::Args),
    /// Only install and fetch what `run` and `test` need
    Setup,
    /// Only fetch the default model; prints its path
    Model,
    /// Build the engine for browsers, its npm package and the page: web/dist
    Web,
    /// Build that and test it in Chromium
    WebTest(web::TestArgs),
}

fn main() -> ExitCode {
    match perform(Cli::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<ExitCode> {
    match task {
        Task::Run(args) => return run::run(&args),
        Task::Test(args) => test::test(&args)?,
        Task::CheckTargets(args) => check_targets::check_targets(&args)?,
        Task::Setup => drop(setup::for_tests()?),
        Task::Web => web::build()?,
        Task::WebTest(args) => web::test(&args)?,
        Task::Model => println!("{}", setup::model()?.display()),
    }
    Ok(ExitCode::SUCCESS)
}
