//! The standard library for wasm: rustup's, or one built from its source where rustup has none to give.

use crate::steps::{cargo, check, works};
use crate::{folders, rust_src};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Where rustc finds the library: `None` is its own sysroot.
pub fn sysroot() -> Result<Option<PathBuf>> {
    let own = rust_src::rustc(&["--print", "sysroot"])?;
    if has_library(Path::new(&own)) {
        return Ok(None);
    }
    let version = rust_src::version(&rust_src::rustc(&["--version"])?)?;
    let built = folders::rust_src()?.join(format!("{version}-{TARGET}"));
    if has_library(&built) {
        return Ok(Some(built));
    }
    if works(Command::new("rustup").args(["target", "add", TARGET])) && has_library(Path::new(&own)) {
        return Ok(None);
    }
    eprintln!("    rustup has no {TARGET} here: building the standard library from its source (a minute, once)");
    build(Path::new(&own), &built)?;
    Ok(Some(built))
}

fn library_of(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib").join(TARGET).join("lib")
}

fn has_library(sysroot: &Path) -> bool {
    library_of(sysroot).is_dir()
}

/// Leaves a sysroot in `folder`: the library for wasm, and rustc's own for what runs on this machine.
fn build(own: &Path, folder: &Path) -> Result<()> {
    let parent = folder.parent().context("the cache folder has no parent")?;
    fs::create_dir_all(parent)?;
    // In the cache, because a rename works only within one file system.
    let scratch = tempfile::tempdir_in(parent).with_context(|| format!("cannot write to {}", parent.display()))?;
    let probe = scratch.path().join("probe");
    fs::create_dir_all(probe.join("src"))?;
    let manifest = "[package]\nname = \"probe\"\nedition = \"2024\"\n[workspace]\n";
    fs::write(probe.join("Cargo.toml"), manifest)?;
    fs::write(probe.join("src/lib.rs"), "")?;
    // Cargo takes sources from this variable, and unstable options on a stable toolchain with the other.
    let mut command = cargo();
    command.env("RUSTC_BOOTSTRAP", "1").env("__CARGO_TESTS_ONLY_SRC_ROOT", rust_src::library()?);
    // Link-time optimization wants the bitcode, which cargo leaves out where it sees none.
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-Cembed-bitcode=yes");
    command.env("CARGO_TARGET_DIR", scratch.path().join("target")).current_dir(&probe);
    check(command.args(["build", "--quiet", "--release", "-Z", "build-std=std,panic_abort", "--target", TARGET]))?;

    let sysroot = scratch.path().join("sysroot");
    let library = library_of(&sysroot);
    fs::create_dir_all(&library)?;
    for entry in fs::read_dir(scratch.path().join("target").join(TARGET).join("release/deps"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rlib") {
            fs::copy(&path, library.join(path.file_name().context("a library without a name")?))?;
        }
    }
    for entry in fs::read_dir(own.join("lib/rustlib"))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() && entry.file_name() != TARGET {
            link(&entry.path(), &sysroot.join("lib/rustlib").join(entry.file_name()))?;
        }
    }
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot replace {}", folder.display()))?;
    }
    fs::rename(&sysroot, folder).with_context(|| format!("cannot create {}", folder.display()))
}

fn link(from: &Path, to: &Path) -> Result<()> {
    #[cfg(unix)]
    let linked = std::os::unix::fs::symlink(from, to);
    #[cfg(windows)]
    let linked = std::os::windows::fs::symlink_dir(from, to);
    linked.with_context(|| format!("cannot link {} to {}", to.display(), from.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[ignore = "builds the standard library, for which it may download the source"]
    fn a_built_library_compiles_what_uses_std() {
        let folder = tempfile::tempdir().unwrap();
        let sysroot = folder.path().join("sysroot");
        build(Path::new(&rust_src::rustc(&["--print", "sysroot"]).unwrap()), &sysroot).unwrap();
        assert!(has_library(&sysroot));
        let source = folder.path().join("probe.rs");
        fs::write(&source, "#[unsafe(no_mangle)] pub fn probe() -> usize { std::env::args().count() }").unwrap();
        let mut rustc = Command::new("rustc");
        rustc.args(["--edition=2024", "--crate-type=cdylib", "-Clto=fat", "-Copt-level=1", "--target", TARGET]);
        check(rustc.arg("--sysroot").arg(&sysroot).arg("-o").arg(folder.path().join("probe.wasm")).arg(&source))
            .unwrap();
    }
}
