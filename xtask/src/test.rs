//! `cargo xtask test`: format, lints, all tests, on the software driver so that every machine tests the same.

use crate::setup::{self, ForTests};
use crate::steps::{cargo, check, step};
use crate::{check_targets, rust_tools, vulkan, web};
use anyhow::{Context, Result};
use std::path::Path;
use std::process::Command;

#[derive(clap::Args)]
pub struct Args {
    /// Passed on to `cargo nextest run`, e.g. a test's name
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    extra: Vec<String>,
}

pub fn test(args: &Args) -> Result<()> {
    let machine = setup::for_tests()?;
    // The Wayland-aware parts of a driver complain without one, and a shared one would leak state between runs.
    let runtime = tempfile::tempdir().context("cannot create a folder for temporary files")?;
    let with_env = |command: &mut Command| check(prepare(command, &machine, runtime.path()));

    step("format", || check(cargo().args(["fmt", "--all", "--check"])))?;
    step("clippy", || check(cargo().args(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])))?;
    // Before the tests, so that the last line on the screen counts the tests.
    step("doc tests", || with_env(cargo().args(["test", "--workspace", "--doc"])))?;
    if args.extra.is_empty() {
        step("training's tests", || {
            let mut pytest = Command::new(&machine.python);
            check(pytest.args(["-m", "pytest", "-q", "tests"]).current_dir(setup::training()))
        })?;
        check_targets::for_tests()?;
        web::for_tests()?;
    } else {
        eprintln!(
            "    the training's tests, the checks for other systems and the tests in a browser are left out: `{}` is for cargo nextest",
            args.extra.join(" ")
        );
    }
    step("tests", || {
        let mut tests = cargo();
        if rust_tools::has_nextest() {
            tests.args(["nextest", "run", "--workspace"]);
        } else {
            // `--tests` is every target but the doc tests, as in nextest.
            tests.args(["test", "--workspace", "--tests"]);
        }
        with_env(tests.args(&args.extra))
    })
}

fn prepare<'a>(command: &'a mut Command, machine: &ForTests, runtime: &Path) -> &'a mut Command {
    command.env("RUMINATE_TEST_ASSETS", &machine.assets).env("XDG_RUNTIME_DIR", runtime);
    if let Some(manifest) = &machine.driver {
        command.envs(vulkan::DRIVER_VARIABLES.map(|name| (name, manifest)));
    }
    command
}
