//! `cargo xtask check-targets`: does the studio compile for the systems that this machine is not?
//! A check reads all of the code for that system, as a build does, but links nothing: no SDK is needed.

use crate::steps::{cargo, check, step, works};
use crate::{apt, folders, rust_src};
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A system, by Rust's name for it, and what of the project runs there.
struct Target {
    triple: &'static str,
    packages: &'static [&'static str],
}

const STUDIO: &[&str] = &["ruminate-app"];
const BOTH: &[&str] = &["ruminate-app", "ruminate-cli"];

const TARGETS: [Target; 4] = [
    Target { triple: "aarch64-linux-android", packages: STUDIO },
    Target { triple: "aarch64-apple-ios", packages: STUDIO },
    Target { triple: "aarch64-apple-darwin", packages: BOTH },
    Target { triple: WINDOWS, packages: BOTH },
];
const WINDOWS: &str = "x86_64-pc-windows-gnu";

#[derive(clap::Args)]
pub struct Args {
    /// Only these, e.g. `aarch64-linux-android`; all when left out
    targets: Vec<String>,
    /// Build Rust's standard library even where rustup has it ready
    #[arg(long)]
    build_std: bool,
}

pub fn check_targets(args: &Args) -> Result<()> {
    if let Some(unknown) = args.targets.iter().find(|name| TARGETS.iter().all(|target| target.triple != **name)) {
        let known = TARGETS.map(|target| target.triple).join(", ");
        bail!("{unknown} is none of {known}");
    }
    for target in TARGETS {
        if args.targets.is_empty() || args.targets.iter().any(|name| name == target.triple) {
            step(&title(&target), || one(&target, &library(&target, args.build_std)?))?;
        }
    }
    Ok(())
}

/// All of them, as far as their standard libraries can be had here.
pub fn for_tests() -> Result<()> {
    for target in TARGETS {
        step(&title(&target), || match library(&target, false) {
            Ok(library) => one(&target, &library),
            Err(error) => {
                eprintln!("    left out: {error:#}");
                Ok(())
            }
        })?;
    }
    Ok(())
}

fn title(target: &Target) -> String {
    format!("check for {}", target.triple)
}

/// Where a target's standard library is from.
enum Library {
    /// rustup has it ready.
    Ready,
    /// Its source, to be compiled first.
    Source(PathBuf),
}

fn library(target: &Target, build_std: bool) -> Result<Library> {
    let mut add = Command::new("rustup");
    add.args(["target", "add", target.triple]).stdin(Stdio::null()).stderr(Stdio::null());
    if !build_std && add.status().is_ok_and(|status| status.success()) {
        return Ok(Library::Ready);
    }
    let source = rust_src::library()?;
    if target.triple == WINDOWS && !works(Command::new("x86_64-w64-mingw32-dlltool").arg("--version")) {
        apt::install(&["binutils-mingw-w64-x86-64"], "the standard library for Windows needs dlltool")?;
    }
    Ok(Library::Source(source))
}

fn one(target: &Target, library: &Library) -> Result<()> {
    let mut command = cargo();
    // Without the network, whose TLS has C code: that wants a C compiler for the target.
    command.args(["check", "--no-default-features", "--target", target.triple]);
    command.args(target.packages.iter().flat_map(|package| ["--package", package]));
    if let Library::Source(source) = library {
        command.args(["-Z", "build-std=std,panic_abort"]);
        // `-Z` on a stable toolchain. Build scripts see this variable and run again: not in the usual target folder.
        command.env("RUSTC_BOOTSTRAP", "1").env("__CARGO_TESTS_ONLY_SRC_ROOT", source);
        let usual = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let usual = usual.unwrap_or_else(|| folders::repository().join("target"));
        command.env("CARGO_TARGET_DIR", usual.join("own-std"));
    }
    check(&mut command)
}
