//! `cargo xtask web`: the engine for browsers, its JavaScript and the page, in `web/dist`.
//! `cargo xtask web-test`: all of that in a real browser.

use crate::catalogue::DEFAULT_MODEL;
use crate::folders::{self, repository};
use crate::node::Node;
use crate::steps::{cargo, check, step};
use crate::{apt, lavapipe, wasm_std};
use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A crate that becomes wasm.
struct Program {
    package: &'static str,
    /// Its files' name.
    name: &'static str,
    options: &'static [&'static str],
    /// How far wasm-opt goes.
    effort: &'static str,
}

const ENGINE: Program = Program { package: "ruminate-web", name: "ruminate_web", options: &[], effort: "-Os" };
const STUDIO: Program = Program {
    package: "ruminate-app",
    name: "ruminate_app",
    options: &["--no-default-features"],
    // More takes minutes, and what it inlines packs worse.
    effort: "-O1",
};

/// Most bytes, gzipped, of the package and the pages beside it, and of the studio.
const MOST_PACKAGE: usize = 3_000_000;
const MOST_STUDIO: usize = 5_000_000;

#[derive(clap::Args)]
pub struct TestArgs {
    /// Test what `web/dist` has
    #[arg(long)]
    no_build: bool,
    /// Build in less time, larger: without wasm-opt
    #[arg(long)]
    quick: bool,
    /// Passed on to `node --test`, e.g. --test-name-pattern=logits
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    extra: Vec<String>,
}

/// Builds `web/dist`.
pub fn build() -> Result<()> {
    build_with(&step("Node.js", node)?, false)
}

fn build_with(node: &Node, is_quick: bool) -> Result<()> {
    let sysroot = step("standard library", wasm_std::sysroot)?;
    let dist = folder("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist).with_context(|| format!("cannot replace {}", dist.display()))?;
    }
    let studio = dist.join("studio");
    fs::create_dir_all(&studio)?;
    compile(&ENGINE, sysroot.as_deref())?;
    finish(node, &ENGINE, &dist, is_quick)?;
    for from in [folder("npm"), folder("page")] {
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            fs::copy(entry.path(), dist.join(entry.file_name()))?;
        }
    }
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(repository().join(licence), dist.join(licence))?;
    }
    compile(&STUDIO, sysroot.as_deref())?;
    finish(node, &STUDIO, &studio, is_quick)?;
    crate::studio::write(&studio)?;
    let packed = (sizes(&dist)?, sizes(&studio)?);
    if !is_quick {
        check_sizes(packed)?;
    }
    Ok(())
}

/// Refuses what has grown too large for a page: gzipped bytes of what the package has, and of the studio's own files.
fn check_sizes((package, studio): (usize, usize)) -> Result<()> {
    for (what, bytes, most) in [("the package", package, MOST_PACKAGE), ("the studio", studio, MOST_STUDIO)] {
        if bytes > most {
            bail!("{what} has {bytes} bytes gzipped, and may have {most}: see above which file grew");
        }
    }
    Ok(())
}

/// Compiles a crate to wasm.
fn compile(program: &Program, sysroot: Option<&Path>) -> Result<()> {
    step(&format!("{}: wasm", program.package), || {
        let mut command = cargo();
        if let Some(sysroot) = sysroot {
            // The linker's flags of the user's own, if there are any, hold for the machine's target only.
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", format!("--sysroot={}", sysroot.display()));
        }
        command.args(["rustc", "--profile", "web", "-p", program.package, "--target", wasm_std::TARGET]);
        check(command.args(["--lib", "--crate-type", "cdylib"]).args(program.options))
    })
}

/// Leaves a compiled crate's wasm, made smaller unless it is to be quick, and its JavaScript in a folder.
fn finish(node: &Node, program: &Program, to: &Path, is_quick: bool) -> Result<()> {
    let Program { package, name, effort, .. } = program;
    let scratch = tempfile::tempdir()?;
    step(&format!("{package}: JavaScript"), || {
        let wasm = target().join(wasm_std::TARGET).join("web").join(format!("{name}.wasm"));
        check(built(&["--bin", "ruminate-glue"], "ruminate-glue")?.arg(wasm).arg(scratch.path()))
    })?;
    let bound = format!("{name}_bg.wasm");
    let (from, to_wasm) = (scratch.path().join(&bound), to.join(&bound));
    if is_quick {
        fs::copy(from, to_wasm)?;
    } else {
        step(&format!("{package}: wasm-opt"), || {
            let mut wasm_opt = node.node();
            wasm_opt.arg(folder("tests").join("node_modules/binaryen/bin/wasm-opt"));
            check(wasm_opt.args([effort, "--strip-debug", "--strip-producers"]).arg(from).arg("-o").arg(to_wasm))
        })?;
    }
    let script = format!("{name}.js");
    fs::copy(scratch.path().join(&script), to.join(&script))?;
    Ok(())
}

/// Tests `web/dist` in Chromium.
pub fn test(args: &TestArgs) -> Result<()> {
    let tools = Tools::ensure()?;
    if !args.no_build {
        build_with(&tools.node, args.quick)?;
    }
    test_with(&tools, &args.extra)
}

/// Fetches what the build and its tests need. Without a browser it says so: a person's machine may lack one, but not that
/// of a CI.
pub fn ready_for_tests() -> Result<bool> {
    if let Err(error) = Tools::ensure() {
        if std::env::var_os("CI").is_some() {
            return Err(error);
        }
        eprintln!("    the tests in a browser are left out: {error:#}");
        return Ok(false);
    }
    step("standard library", wasm_std::sysroot)?;
    Ok(true)
}

/// What the tests need.
struct Tools {
    node: Node,
    chromium: PathBuf,
}

impl Tools {
    fn ensure() -> Result<Self> {
        Ok(Self { node: step("Node.js", node)?, chromium: step("browser", chromium)? })
    }
}

fn test_with(tools: &Tools, extra: &[String]) -> Result<()> {
    let (fixture, drivers) = (tempfile::tempdir()?, tempfile::tempdir()?);
    step("what it gives here", || {
        let mut browser = built(&["--example", "browser"], "examples/browser")?;
        // Drivers complain without one.
        let runtime = tempfile::tempdir()?;
        browser.env("XDG_RUNTIME_DIR", runtime.path());
        if let Some(manifest) = crate::vulkan::ensure_software()? {
            browser.envs(crate::vulkan::DRIVER_VARIABLES.map(|name| (name, &manifest)));
        }
        check(browser.arg(fixture.path()))
    })?;
    step("tests in the browser", || {
        let mut node = tools.node.node();
        // What hangs must end: a test that waits for ever, or its browser.
        node.args(["--test", "--test-concurrency=1", "--test-timeout=900000"]).args(extra).args(test_files()?);
        node.env("CHROMIUM", &tools.chromium).env("RUMINATE_FIXTURE", fixture.path());
        node.env("NPM", tools.node.npm_program());
        if let Some(library) = lavapipe::build(drivers.path())? {
            node.env("RUMINATE_LAVAPIPE", library);
        }
        // Some tests are of the model that people get, where it was fetched.
        let model = folders::models()?.join(DEFAULT_MODEL.file);
        if model.is_file() {
            node.env("RUMINATE_MODEL", model);
        }
        check(&mut node)
    })
}

/// Builds a program of the workspace, with the features that all of the workspace's tests have, so that nothing is
/// compiled twice.
fn built(what: &[&str], program: &str) -> Result<Command> {
    check(cargo().args(["build", "--workspace"]).args(what))?;
    Ok(Command::new(target().join("debug").join(program).with_extension(std::env::consts::EXE_EXTENSION)))
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from)
}

/// A Node.js with the packages of `web/tests/package.json`.
fn node() -> Result<Node> {
    let node = Node::ensure()?;
    node.packages(&folder("tests"))?;
    Ok(node)
}

fn test_files() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder("tests"))? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.mjs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A Chromium: `$CHROMIUM`, one in the path, or Debian's.
fn chromium() -> Result<PathBuf> {
    if let Some(chosen) = std::env::var_os("CHROMIUM") {
        return Ok(chosen.into());
    }
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    let known = ["chromium", "chromium-browser", "google-chrome"];
    let found =
        || known.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|it| it.is_file());
    if let Some(program) = found() {
        return Ok(program);
    }
    apt::install(&["chromium"], "the tests need Chromium")?;
    found().context("Chromium was installed and is not in the path")
}

/// Prints what is in a folder, and what comes to a browser of each file, in bytes; gives the sum of the latter.
fn sizes(folder: &Path) -> Result<usize> {
    let mut rows = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().filter(|_| path.is_file()) else { continue };
        let bytes = fs::read(&path)?;
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&bytes)?;
        rows.push((bytes.len(), packed.finish()?.len(), name.to_owned()));
    }
    rows.sort();
    let all = rows.iter().fold((0, 0), |all, row| (all.0 + row.0, all.1 + row.1));
    rows.push((all.0, all.1, "in all".into()));
    println!("{}\n{:>10} {:>10}", folder.display(), "bytes", "gzip");
    for (bytes, packed, name) in rows {
        println!("{bytes:>10} {packed:>10} {}", name.display());
    }
    Ok(all.1)
}

fn folder(name: &str) -> PathBuf {
    repository().join("web").join(name)
}
