//! `ruminate reason` as a program, on a reasoner of random numbers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy.toml allows them in tests, but not in their helpers")]

use ruminate_tests::bundles::{bundle, manifest};
use ruminate_tests::goldens_folder;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use tempfile::TempDir;

struct Reason {
    bundle: TempDir,
}

impl Reason {
    fn new() -> Self {
        Self { bundle: bundle(&manifest()) }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ruminate"));
        command.args(["reason", "--model"]).arg(goldens_folder().join("tiny-llama.gguf"));
        command.arg("--bundle").arg(self.bundle.path()).args(args).stdin(Stdio::null());
        command.env("XDG_RUNTIME_DIR", std::env::temp_dir());
        command
    }

    fn output(&self, args: &[&str]) -> Output {
        let output = self.command(args).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        output
    }

    fn events(&self, args: &[&str]) -> Vec<Value> {
        text(&self.output(&[args, &["--json"]].concat()).stdout).lines().map(event).collect()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn event(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))
}

fn named<'e>(events: &'e [Value], name: &str) -> Vec<&'e Value> {
    events.iter().filter(|event| event["event"] == name).collect()
}

#[test]
fn events_are_lines() {
    let reason = Reason::new();
    let args = ["2 + 3?", "--policy", "reason", "-n", "3", "--budget", "45", "--seed", "5"];
    let events = reason.events(&args);
    let order: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(order[..2], ["prefill", "routed"]);
    assert_eq!(order[order.len() - 3..], ["vote", "answer", "end"]);
    assert_eq!(
        events[1],
        json!({"event": "routed", "score": null, "threshold": 0.5, "route": "reason", "branches": 3, "budget": 45})
    );
    let stopped = named(&events, "stopped");
    assert!(stopped.len() == 3 && stopped.iter().all(|event| event["tokens"].as_u64().unwrap() <= 45), "{stopped:?}");
    let end = events.last().unwrap();
    let tokens: u64 = stopped.iter().map(|event| event["tokens"].as_u64().unwrap()).sum();
    assert_eq!((&end["tokens"], &end["seed"]), (&tokens.into(), &5.into()));
    assert!(end["kv"]["shared"].as_u64().unwrap() > 0 && end["joules"].is_null() | end["joules"].is_number());
    let again = reason.events(&args);
    assert_eq!(named(&again, "token"), named(&events, "token"), "the same seed");
}

#[test]
fn the_switcher_decides() {
    let reason = Reason::new();
    let chat = reason.events(&["2 + 3?", "--threshold", "1", "--chat-tokens", "6"]);
    let routed = named(&chat, "routed")[0];
    assert_eq!((&routed["route"], named(&chat, "forked").len()), (&"chat".into(), 0));
    let score = routed["score"].as_f64().unwrap();
    assert!((0.0..1.0).contains(&score) && named(&chat, "token").len() <= 6);
    let reasoned = reason.events(&["2 + 3?", "--threshold", "0"]);
    assert_eq!(named(&reasoned, "routed")[0]["route"], "reason");
}

#[test]
fn people_read_branches_votes_and_why() {
    let reason = Reason::new();
    let args = ["2 + 3?", "--policy", "reason", "-n", "4", "--budget", "45", "--seed", "0"];
    let output = reason.output(&args);
    let (said, noted) = (text(&output.stdout), text(&output.stderr));
    assert!(said.starts_with("[branch 1, ") && said.contains("[branch 4, ") && said.contains("<think>"), "{said}");
    assert!(noted.contains("[4 branches think, up to 45 tokens each]") && noted.contains(" own, seed 0"), "{noted}");
    assert!(noted.contains(" votes of 4") || noted.contains("agree") || noted.contains("1 vote of"), "{noted}");
    // One alone streams as it is.
    let one = text(&reason.output(&["2 + 3?", "--policy", "reason", "--budget", "45"]).stdout);
    assert!(one.starts_with("<think>\n"), "{one}");
}

/// A conversation that takes lines while it answers.
struct Conversation {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Conversation {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Events up to and including the first of this name.
    fn until(&mut self, name: &str) -> Vec<Value> {
        let mut events: Vec<Value> = Vec::new();
        while events.last().is_none_or(|event| event["event"] != name) {
            events.push(event(&self.lines.next().unwrap().unwrap()));
        }
        events
    }

    #[cfg(unix)]
    fn interrupt(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    }
}

#[test]
fn a_conversation_goes_on_from_its_answers() {
    let reason = Reason::new();
    let mut command = reason.command(&["--policy", "reason", "--json", "--seed", "3"]);
    command.env("XDG_RUNTIME_DIR", std::env::temp_dir());
    let mut chat = Conversation::start(command);
    let cached = |events: &[Value]| events.last().unwrap()["cached_tokens"].as_u64().unwrap();
    chat.say("One?");
    let first = chat.until("end");
    chat.say("Two?");
    assert!(cached(&first) == 0 && cached(&chat.until("end")) > 0);
    chat.say("/reset");
    chat.say("One?");
    // The seed has gone on, the prompt is as it was.
    let third = chat.until("end");
    assert!(cached(&third) > 0 && named(&third, "forked")[0]["seed"] != named(&first, "forked")[0]["seed"]);
    // A question that does not fit is refused, and the conversation goes on.
    chat.say(&"word ".repeat(80));
    chat.until("refused");
    chat.say("/reset");
    chat.say("One?");
    chat.until("end");
    chat.say("/quit");
    assert!(chat.child.wait().unwrap().success());
}

#[cfg(unix)]
#[test]
fn ctrl_c_asks_for_the_answer_and_then_for_none() {
    let reason = Reason::new();
    let args = ["--policy", "reason", "--json", "-n", "2", "--budget", "120", "--temperature", "0"];
    let mut chat = Conversation::start(reason.command(&args));
    chat.say("Why?");
    chat.until("token");
    chat.interrupt();
    let forced = chat.until("end");
    let stopped = named(&forced, "stopped");
    assert!(!named(&forced, "budget_forced").is_empty() && stopped.iter().all(|s| s["tokens"].as_u64().unwrap() < 120));
    chat.say("/reset");
    chat.say("Why?");
    chat.until("token");
    chat.interrupt();
    chat.until("budget_forced");
    chat.interrupt();
    let last = chat.until_any(&["cancelled", "end"]);
    // Its end may have come first.
    if last == "cancelled" {
        chat.say("/reset");
        chat.say("Why?");
        chat.until("end");
    }
    chat.say("/quit");
    assert!(chat.child.wait().unwrap().success());
}

impl Conversation {
    #[cfg(unix)]
    fn until_any(&mut self, names: &[&str]) -> String {
        loop {
            let event = event(&self.lines.next().unwrap().unwrap());
            if let Some(name) = names.iter().find(|name| event["event"] == **name) {
                return (*name).to_owned();
            }
        }
    }
}

#[test]
fn bad_requests_say_what_to_do() {
    let reason = Reason::new();
    let failure = |args: &[&str], code: i32, words: &str| {
        let output = reason.command(args).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(words) && !said.contains("panicked"), "{said}");
        assert!(code == 2 || said.lines().count() == 1, "{said}");
    };
    failure(&["hi", "--budget", "3"], 1, "a budget of 3 tokens");
    failure(&["hi", "--threshold", "1.5"], 1, "threshold");
    failure(&[&"word ".repeat(80)], 1, "--ctx");
    failure(&["hi", "--adapter", "none"], 1, "reasoner");
    failure(&["hi", "-n", "17"], 2, "16");
    failure(&["hi", "--vote", "loudest"], 2, "majority");
    let mut command = Command::new(env!("CARGO_BIN_EXE_ruminate"));
    let output = command.args(["reason", "hi", "--bundle", "/nonexistent/bundle"]).output().unwrap();
    assert!(output.status.code() == Some(1) && text(&output.stderr).contains("--bundle PATH"));
}
