//! Debian packages: as root or by passwordless sudo, else the command is printed for the user to run.

use crate::steps;
use anyhow::{Result, bail};
use std::process::{Command, Stdio};

/// Installs `packages`; `why` says what for.
pub fn install(packages: &[&str], why: &str) -> Result<()> {
    let by_hand = format!("sudo apt-get update && sudo apt-get install -y {}", packages.join(" "));
    if !steps::works(Command::new("apt-get").arg("--version")) {
        bail!(
            "{why}, and this system has no apt-get to install it with. \
             Install what Debian calls `{}` by your package manager, then run this again",
            packages.join(" ")
        );
    }
    let Some(sudo) = as_root() else {
        bail!("{why}, which takes root to install. Run this, then try again:\n\n    {by_hand}\n");
    };
    eprintln!("    {why}: installing {}", packages.join(" "));
    // Lists of one dead source must not stop an install that the others can serve.
    if steps::check(apt_get(sudo).arg("update")).is_err() {
        eprintln!("    `apt-get update` failed; trying to install all the same");
    }
    let install = steps::check(apt_get(sudo).args(["install", "-y", "--no-install-recommends"]).args(packages));
    install.map_err(|error| error.context(format!("{why}; by hand: {by_hand}")))
}

/// `Some(false)` when root already, `Some(true)` when sudo asks for no password.
fn as_root() -> Option<bool> {
    let id = Command::new("id").arg("-u").stderr(Stdio::null()).output();
    if id.is_ok_and(|output| output.stdout.trim_ascii() == b"0") {
        return Some(false);
    }
    steps::works(Command::new("sudo").args(["-n", "true"])).then_some(true)
}

fn apt_get(sudo: bool) -> Command {
    // `env` after sudo, because sudo drops the caller's variables.
    let mut command = Command::new(if sudo { "sudo" } else { "env" });
    if sudo {
        command.args(["-n", "env"]);
    }
    // The lock wait is for machines that update themselves just after they start.
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]);
    command.stdin(Stdio::null()).stdout(std::io::stderr());
    command
}
