//! `cargo xtask check-targets`: does the studio compile for the systems that this machine is not?
//! A check reads all of the code for that system, as a build does, but links nothing: no SDK is needed.

use crate::steps::{cargo, check, step};
use crate::{apt, folders, rust_src};
use anyhow::{Result, bail};
use std::path::Path;
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
            step(&format!("check for {}", target.triple), || one(&target, args.build_std))?;
        }
    }
    Ok(())
}

fn one(target: &Target, build_std: bool) -> Result<()> {
    let mut command = cargo();
    // Without the network, whose TLS has C code: that wants a C compiler for the target.
    command.args(["check", "--no-default-features", "--target", target.triple]);
    command.args(target.packages.iter().flat_map(|package| ["--package", package]));
    if build_std || !has_library(target.triple) {
        with_own_library(&mut command, target.triple)?;
    }
    check(&mut command)
}

/// Whether rustup has, or can get, this target's standard library for the toolchain in use.
fn has_library(triple: &str) -> bool {
    let mut add = Command::new("rustup");
    add.args(["target", "add", triple]).stdin(Stdio::null()).stderr(Stdio::null());
    add.status().is_ok_and(|status| status.success())
}

/// Has cargo compile the standard library first.
fn with_own_library(command: &mut Command, triple: &str) -> Result<()> {
    let library = rust_src::library()?;
    if triple == WINDOWS && !crate::steps::works(Command::new("x86_64-w64-mingw32-dlltool").arg("--version")) {
        apt::install(&["binutils-mingw-w64-x86-64"], "the standard library for Windows needs dlltool")?;
    }
    command.args(["-Z", "build-std=std,panic_abort"]);
    // `-Z` on a stable toolchain; crates' build scripts see the variable and rebuild: not in the usual target folder.
    command.env("RUSTC_BOOTSTRAP", "1").env("__CARGO_TESTS_ONLY_SRC_ROOT", &library);
    command.env("CARGO_TARGET_DIR", target_folder().join("own-std"));
    Ok(())
}

fn target_folder() -> std::path::PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => Path::new(&folder).to_owned(),
        None => folders::repository().join("target"),
    }
}
