//! `cargo xtask test`: format, lints, all tests, on the software driver so that every machine tests the same.

use crate::beside::Beside;
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

    step("format", || check(cargo().args(["fmt", "--all", "--check"])))?;
    step("clippy", || check(cargo().args(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])))?;
    // With both cores, and before what would wait for cargo's lock meanwhile.
    step("build", || check(cargo().args(["test", "--workspace", "--tests", "--no-run"])))?;
    if args.extra.is_empty() {
        // A browser's one GPU thread keeps one core busy.
        let browser = web::ready_for_tests()?.then(|| Beside::start("web-test", &["--quick"])).transpose()?;
        let native = beside_the_browser(&machine, runtime.path());
        if let (Err(error), Some(_)) = (&native, &browser) {
            eprintln!("    {error:#}; waiting for what runs beside");
        }
        let browser = browser.map_or(Ok(()), |beside| beside.finish(std::io::stderr()));
        native.and(browser)?;
    } else {
        eprintln!(
            "    the training's tests, the checks for other systems, doc tests and those in a browser are left out: `{}` is for cargo nextest",
            args.extra.join(" ")
        );
    }
    // Last, so that the last line on the screen counts the tests.
    step("tests", || {
        let mut tests = cargo();
        if rust_tools::has_nextest() {
            tests.args(["nextest", "run", "--workspace"]);
        } else {
            // `--tests` is every target but the doc tests, as in nextest.
            tests.args(["test", "--workspace", "--tests"]);
        }
        check(prepare(tests.args(&args.extra), &machine, runtime.path()))
    })
}

/// What is tested beside the browser.
fn beside_the_browser(machine: &ForTests, runtime: &Path) -> Result<()> {
    step("doc tests", || check(prepare(cargo().args(["test", "--workspace", "--doc"]), machine, runtime)))?;
    step("training's tests", || {
        let mut pytest = Command::new(&machine.python);
        check(pytest.args(["-m", "pytest", "-q", "tests"]).current_dir(setup::training()))
    })?;
    check_targets::for_tests()
}

fn prepare<'a>(command: &'a mut Command, machine: &ForTests, runtime: &Path) -> &'a mut Command {
    command.env("RUMINATE_TEST_ASSETS", &machine.assets).env("XDG_RUNTIME_DIR", runtime);
    if let Some(manifest) = &machine.driver {
        command.envs(vulkan::DRIVER_VARIABLES.map(|name| (name, manifest)));
    }
    command
}
