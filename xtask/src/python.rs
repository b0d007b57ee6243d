//! Python with pip: how assets are downloaded from the package index that the user's pip is set up for.

use crate::catalogue::Package;
use crate::{apt, steps};
use anyhow::{Context, Result, bail};
use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Distribution's own Python last: it is where `apt-get install python3-pip` puts pip when another Python comes first.
const CANDIDATES: [&str; 4] = ["python3", "python", "py", "/usr/bin/python3"];

/// A Python that has pip.
pub struct Python {
    program: &'static str,
}

impl Python {
    /// Finds one, installing Debian's pip where there is none.
    pub fn ensure() -> Result<Self> {
        if let Some(python) = Self::find() {
            return Ok(python);
        }
        if !cfg!(target_os = "linux") {
            bail!("no Python 3 with pip was found: install Python 3, which brings pip, and run this again");
        }
        apt::install(&["python3-pip"], "pip fetches the model")?;
        Self::find().context("python3-pip is installed, but no Python with a working pip was found")
    }

    fn find() -> Option<Self> {
        let has_pip = |program: &&str| steps::works(Command::new(program).args(["-m", "pip", "download", "--help"]));
        CANDIDATES.into_iter().find(has_pip).map(|program| Self { program })
    }

    /// An environment in `folder` with the packages of a requirements file, which must name every one. What is there
    /// already stays if it was made of the same file. Returns its Python.
    pub fn environment(&self, requirements: &Path, folder: &Path) -> Result<PathBuf> {
        let wanted =
            fs::read_to_string(requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
        let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
        let stamp = folder.join("requirements-ok.txt");
        if fs::read_to_string(&stamp).is_ok_and(|made_of| made_of == wanted)
            && steps::works(Command::new(&python).args(["-c", "import torch"]))
        {
            return Ok(python);
        }
        let enough = "import sys; sys.exit(sys.version_info < (3, 11))";
        if !steps::works(Command::new(self.program).args(["-c", enough])) {
            bail!(
                "{} is older than Python 3.11, which the training's packages need: install a newer one",
                self.program
            );
        }
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
        }
        eprintln!("    installing torch and what else its tests need (4 GB on Linux, a minute or two, once)");
        // Without a pip of its own: Debian's venv has none to give.
        steps::check(Command::new(self.program).args(["-m", "venv", "--without-pip"]).arg(folder))?;
        let mut pip = Command::new(self.program);
        pip.args(["-m", "pip", "--python"]).arg(folder);
        pip.args([
            "install",
            "--no-deps",
            "--no-compile",
            "--no-cache-dir",
            "--disable-pip-version-check",
            "--no-input",
        ]);
        pip.args(["--only-binary=:all:", "--quiet", "--requirement"]).arg(requirements);
        steps::check(pip.stdin(Stdio::null()).stdout(std::io::stderr()))?;
        fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))?;
        Ok(python)
    }

    /// Installs one package, `name==version`, without what it depends on, into a folder of its own.
    pub fn install(&self, package: &str, folder: &Path) -> Result<()> {
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
        }
        let mut pip = Command::new(self.program);
        pip.args([
            "-m",
            "pip",
            "install",
            "--no-deps",
            "--no-compile",
            "--no-cache-dir",
            "--disable-pip-version-check",
        ]);
        pip.args(["--no-input", "--only-binary=:all:", "--quiet", "--root-user-action=ignore", "--target"]);
        steps::check(pip.arg(folder).arg(package).stdin(Stdio::null()).stdout(std::io::stderr()))
    }

    /// Downloads the package's archive into `folder`, with pip's own progress bar on a terminal.
    pub fn download(&self, package: &Package, folder: &Path) -> Result<()> {
        let requirement = format!("{}=={}", package.name, package.version);
        let mut pip = Command::new(self.program);
        pip.args(["-m", "pip", "download", "--no-deps", "--no-cache-dir", "--disable-pip-version-check", "--no-input"]);
        if package.from_source {
            // pip reads a source archive's metadata by its build backend, so build isolation must stay on.
            pip.args(["--no-binary", package.name]);
        } else {
            pip.arg("--only-binary=:all:");
        }
        if !std::io::stderr().is_terminal() {
            pip.args(["--progress-bar", "off"]);
        }
        pip.arg("--dest").arg(folder).arg(requirement);
        steps::check(pip.stdin(Stdio::null()).stdout(std::io::stderr()))
    }

    /// Starts unpacking one member of an archive; its content is the child's stdout.
    pub fn extract(&self, archive: &Path, member: &str) -> Result<Child> {
        let mut command = Command::new(self.program);
        command.args(["-c", include_str!("extract.py")]).arg(archive).arg(member);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command.spawn().with_context(|| format!("cannot start {}", self.program))
    }
}
