//! `cargo xtask run`: the main job on a machine that may have nothing yet.

use crate::steps::{cargo, check, status, step};
use crate::{folders, setup, vulkan};
use anyhow::Result;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// For the model alone.
const CHAT_QUESTION: &str = "Why is the sky blue? Answer in two sentences.";
/// For the bundle, which thinks about it.
const REASON_QUESTION: &str = "A box holds 6 eggs. Tom buys 4 boxes and uses 9 eggs. How many eggs are left?";
/// The bundle of this repository, seen from its root.
const BUNDLE: &str = "models/smollm2-reasoner";

#[derive(clap::Args)]
pub struct Args {
    /// What to ask; a built-in question when left out
    question: Vec<String>,
    /// Passed on to `ruminate reason`, or to `ruminate run` where this repository has no bundle
    #[arg(last = true)]
    extra: Vec<String>,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let driver = step("Vulkan", vulkan::ensure_any)?;
    let bundle = folders::repository().join(BUNDLE);
    let model = if has_flag(&args.extra, "--model") { None } else { Some(setup::model()?) };
    let words = ruminate_args(args, model.as_deref(), bundle.join("bundle.json").is_file().then_some(&bundle));
    let mut ruminate = cargo();
    // Built by the step before: --quiet leaves only the answer.
    ruminate.args(["run", "--quiet", "--release", "--package", "ruminate-cli", "--bin", "ruminate", "--"]).args(words);
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

/// What `ruminate` is told: `reason` with the bundle if there is one, else `run` with the model if one was fetched.
fn ruminate_args(args: &Args, model: Option<&Path>, bundle: Option<&PathBuf>) -> Vec<OsString> {
    // Whoever asks for another prompt of `run` wants that.
    let bundle = bundle.filter(|_| !has_flag(&args.extra, "--prompt"));
    let builtin = if bundle.is_some() { REASON_QUESTION } else { CHAT_QUESTION };
    let question = if args.question.is_empty() { builtin.to_owned() } else { args.question.join(" ") };
    let mut words: Vec<OsString> = Vec::new();
    match (bundle, model) {
        // It knows its base, which lies where it was fetched to.
        (Some(bundle), _) => {
            words.push("reason".into());
            if !has_flag(&args.extra, "--bundle") {
                words.extend(["--bundle".into(), bundle.into()]);
            }
            words.push(question.clone().into());
        }
        (None, Some(model)) => words.extend(["run".into(), "--model".into(), model.into()]),
        (None, None) => words.push("run".into()),
    }
    if !has_flag(&args.extra, "--prompt") {
        eprintln!("    question: {question}");
        if bundle.is_none() {
            words.extend(["--prompt".into(), question.into()]);
        }
    }
    words.extend(args.extra.iter().map(OsString::from));
    words
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
    fn the_bundle_reasons_where_it_is_there() {
        let args = |words: &[&str]| Line::parse_from([&["run"], words].concat()).args;
        let bundle = PathBuf::from("models/some bundle");
        let told = |args: &Args, bundle: Option<&PathBuf>| {
            let words = ruminate_args(args, Some(Path::new("m.gguf")), bundle);
            words.into_iter().map(|word| word.into_string().unwrap()).collect::<Vec<_>>()
        };
        let plain = args(&["What", "is", "2?", "--", "-n", "4"]);
        assert_eq!(told(&plain, None), ["run", "--model", "m.gguf", "--prompt", "What is 2?", "-n", "4"]);
        let reasoned = told(&plain, Some(&bundle));
        assert_eq!(reasoned, ["reason", "--bundle", "models/some bundle", "What is 2?", "-n", "4"]);
        let own = told(&args(&["--", "--bundle", "other"]), Some(&bundle));
        assert_eq!(own, ["reason", REASON_QUESTION, "--bundle", "other"]);
        let prompted = told(&args(&["--", "--prompt=Hi"]), Some(&bundle));
        assert_eq!(prompted, ["run", "--model", "m.gguf", "--prompt=Hi"]);
        assert_eq!(ruminate_args(&args(&["Why?"]), None, None), ["run", "--prompt", "Why?"]);
    }

    #[test]
    fn flags_are_seen_in_both_spellings() {
        let args = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(has_flag(&args(&["--json", "--model", "x"]), "--model"));
        assert!(has_flag(&args(&["--model=x"]), "--model"));
        assert!(!has_flag(&args(&["--models"]), "--model"));
    }
}
