//! Headings with times, and commands that either succeed or stop the task.

use anyhow::{Context, Result, bail};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

/// Prints `title`, does `work`, prints how long it took.
/// All progress goes to stderr: stdout is for results (the answer, the model's path).
pub fn step<T>(title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("==> {title}");
    let start = Instant::now();
    let result = work().with_context(|| format!("step `{title}` failed"))?;
    eprintln!("    {title}: {:.1} s", start.elapsed().as_secs_f64());
    Ok(result)
}

/// Runs `command` with its output shown, and fails unless it exits with 0.
pub fn check(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if !status.success() {
        bail!("`{}` ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs `command` with its output shown.
pub fn status(command: &mut Command) -> Result<ExitStatus> {
    command.status().with_context(|| format!("cannot start `{}`", shown(command)))
}

/// Whether `command` starts and succeeds; its output is thrown away.
pub fn works(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// The cargo that runs this task, so that a toolchain chosen by `cargo +name` stays chosen.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
