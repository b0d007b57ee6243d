//! A task that runs beside the steps of another: what waits for one thread, in the one, leaves room for the other.

use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{self, Seek};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// A `cargo xtask TASK` that runs. Its output is kept apart, and shown whole at the end.
pub struct Beside {
    task: &'static str,
    child: Child,
    output: File,
    start: Instant,
}

impl Beside {
    pub fn start(task: &'static str, options: &[&str]) -> Result<Self> {
        eprintln!("==> {task}, beside what follows: its output comes later");
        let program = std::env::current_exe().context("cannot tell which program this is")?;
        Self::run(task, Command::new(program).arg(task).args(options))
    }

    fn run(task: &'static str, command: &mut Command) -> Result<Self> {
        let output = tempfile::tempfile().context("cannot create a file for its output")?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output.try_clone()?);
        let child = command.spawn().with_context(|| format!("cannot start `{task}`"))?;
        Ok(Self { task, child, output, start: Instant::now() })
    }

    /// Waits for it, copies its output to `shown`, and fails as it did.
    pub fn finish(mut self, mut shown: impl io::Write) -> Result<()> {
        let status = self.child.wait().with_context(|| format!("cannot wait for `{}`", self.task))?;
        writeln!(shown, "==> {}, which ran beside", self.task)?;
        self.output.rewind()?;
        io::copy(&mut self.output, &mut shown)?;
        if !status.success() {
            bail!("step `{}` failed with {status}: its output is above", self.task);
        }
        writeln!(shown, "    {}: over after {:.1} s", self.task, self.start.elapsed().as_secs_f64())?;
        Ok(())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_output_is_whole_and_in_order_and_a_failure_fails_after_it() {
        for (end, fails) in [(0, false), (3, true)] {
            let script = format!("echo one; echo two >&2; echo three; exit {end}");
            let beside = Beside::run("a-task", Command::new("sh").args(["-c", &script])).unwrap();
            let mut shown = Vec::new();
            let result = beside.finish(&mut shown);
            assert!(String::from_utf8(shown).unwrap().contains("one\ntwo\nthree\n"));
            assert_eq!(result.err().is_some_and(|error| error.to_string().contains("a-task")), fails);
        }
    }
}
