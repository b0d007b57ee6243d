//! `cargo xtask run`: the main job on a machine that may have nothing yet.

use crate::steps::{cargo, check, status, step};
use crate::{setup, vulkan};
use anyhow::Result;
use std::process::ExitCode;

const QUESTION: &str = "Why is the sky blue? Answer in two sentences.";

#[derive(clap::Args)]
pub struct Args {
    /// What to ask; a built-in question when left out
    question: Vec<String>,
    /// Passed on to `ruminate run`
    #[arg(last = true)]
    extra: Vec<String>,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let driver = step("Vulkan", vulkan::ensure_any)?;
    let mut ruminate = cargo();
    // Built by the step before: --quiet leaves only the answer.
    ruminate.args(["run", "--quiet", "--release", "--package", "ruminate-cli", "--bin", "ruminate", "--", "run"]);
    if !has_flag(&args.extra, "--model") {
        ruminate.arg("--model").arg(setup::model()?);
    }
    if !has_flag(&args.extra, "--prompt") {
        let question = if args.question.is_empty() { QUESTION.to_owned() } else { args.question.join(" ") };
        eprintln!("    question: {question}");
        ruminate.arg("--prompt").arg(question);
    }
    ruminate.args(&args.extra);
    if let Some(manifest) = &driver {
        ruminate.envs(vulkan::DRIVER_VARIABLES.map(|name| (name, manifest)));
    }
    // Mesa complains on the screen without one.
    let runtime = tempfile::tempdir()?;
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        ruminate.env("XDG_RUNTIME_DIR", runtime.path());
    }
    step("build", || check(cargo().args(["build", "--release", "--package", "ruminate-cli", "--bin", "ruminate"])))?;
    let code = status(&mut ruminate)?.code();
    // Its own message is already on the screen, so only its exit code is passed on.
    Ok(code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

fn has_flag(args: &[String], flag: &str) -> bool {
    args.iter().any(|arg| arg.strip_prefix(flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn words_are_the_question_and_the_rest_goes_to_ruminate() {
        let line = Line::parse_from(["run", "What", "is", "rust?", "--", "--seed", "7"]).args;
        assert_eq!(line.question.join(" "), "What is rust?");
        assert_eq!(line.extra, ["--seed", "7"]);
        assert!(Line::parse_from(["run"]).args.question.is_empty());
    }

    #[test]
    fn flags_are_seen_in_both_spellings() {
        let args = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(has_flag(&args(&["--json", "--model", "x"]), "--model"));
        assert!(has_flag(&args(&["--model=x"]), "--model"));
        assert!(!has_flag(&args(&["--models"]), "--model"));
    }
}
