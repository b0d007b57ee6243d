//! `ruminate eval` as a program, on a reasoner of random numbers: it is never right, but its lines must add up.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy.toml allows them in tests, but not in their helpers")]

use ruminate_tests::bundles::{bundle, manifest};
use ruminate_tests::goldens_folder;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A folder with a bundle and questions.
struct Eval {
    folder: TempDir,
    bundle: TempDir,
}

impl Eval {
    fn new(questions: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let line = |at: usize| json!({"question": format!("What is {at} + 3?"), "answer": at + 3}).to_string() + "\n";
        std::fs::write(folder.path().join("data.jsonl"), (0..questions).map(line).collect::<String>()).unwrap();
        Self { folder, bundle: bundle(&manifest()) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ruminate"));
        command.args(["eval", "--json", "--ctx", "192", "--seed", "7", "--data"]).arg(self.path("data.jsonl"));
        command.arg("--model").arg(goldens_folder().join("tiny-llama.gguf"));
        command.arg("--bundle").arg(self.bundle.path()).args(more);
        command.stdin(Stdio::null()).env("XDG_RUNTIME_DIR", std::env::temp_dir());
        command
    }

    fn run(&self, more: &[&str]) -> Output {
        self.command(more).output().unwrap()
    }

    fn rows(&self, more: &[&str]) -> Vec<Value> {
        let output = self.run(more);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        rows(&output)
    }

    fn refused(&self, more: &[&str], part: &str) {
        let output = self.run(more);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.starts_with("error: ") && said.lines().count() == 1 && said.contains(part), "{said}");
        assert!(output.stdout.is_empty());
    }
}

fn rows(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn number(row: &Value, name: &str) -> f64 {
    row[name].as_f64().unwrap_or_else(|| panic!("{name} of {row}"))
}

fn transcripts(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_grid_has_a_line_for_each_combination() {
    let eval = Eval::new(2);
    let resume = eval.path("answers.jsonl");
    let mut args = vec!["-n", "1,3", "--budget", "40,48", "--vote", "majority,weighted,best", "--threshold", "0,1"];
    args.extend(["--limit", "1", "--resume", resume.to_str().unwrap()]);
    let lines = eval.rows(&args);
    // Chat; one branch at each budget; three votes of three branches at each; and auto at two thresholds, with oracles.
    assert_eq!(lines.len(), 1 + (2 + 6) + 2 * (2 + 6) + (2 + 6));
    for line in &lines {
        assert_eq!((&line["questions"], &line["failed"]), (&json!(1), &json!(0)), "{line}");
        assert!(number(line, "seconds") >= number(line, "first_token_seconds"), "{line}");
        assert!(number(line, "seconds_p95") >= number(line, "seconds_median"), "{line}");
        if let Some(budget) = line["budget"].as_f64() {
            assert!(number(line, "tokens") <= number(line, "branches") * budget, "{line}");
        }
        let wanted = match line["policy"].as_str().unwrap() {
            "chat" => 0.0,
            "reason" => 1.0,
            // Neither is ever right.
            "oracle" => 0.0,
            _ => f64::from(u8::from(line["threshold"] == 0.0)),
        };
        assert_eq!(line["routed"], wanted, "{line}");
    }
    // Four ways of thinking and chat.
    let kept = transcripts(&resume);
    assert_eq!(kept.len(), 5);
    for transcript in &kept {
        let branches = transcript["branches"].as_array().unwrap();
        let scored = branches.iter().filter(|branch| !branch["score"].is_null()).count();
        let answers = branches.iter().filter(|branch| !branch["answer"].is_null()).count();
        let is_voted = transcript["work"]["branches"] == 3 && answers > 1;
        assert_eq!(scored, if is_voted { answers } else { 0 }, "{transcript}");
        let sum: f64 = branches.iter().map(|branch| number(branch, "tokens")).sum();
        assert_eq!(transcript["tokens"], sum, "{transcript}");
    }
    // Nothing is run again, and a question more is run only once.
    assert_eq!(eval.rows(&args), lines);
    args[9] = "2";
    assert!(eval.rows(&args).iter().all(|line| line["questions"] == 2));
    assert_eq!(transcripts(&resume).len(), 2 * 5);
    // The same seed gives the same answers in a run of its own.
    let again = eval.path("again.jsonl");
    args[11] = again.to_str().unwrap();
    eval.rows(&args);
    let said = |path| {
        let texts = transcripts(path).into_iter().map(|transcript| {
            let texts = transcript["branches"].as_array().unwrap().iter().map(|branch| branch["text"].clone());
            (transcript["question"].clone(), transcript["work"].clone(), texts.collect::<Vec<_>>())
        });
        texts.map(|said| format!("{said:?}")).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(said(&resume), said(&again));
}

#[test]
fn early_stops_and_questions_without_room() {
    let eval = Eval::new(2);
    let long = json!({"question": "word ".repeat(200), "answer": "yes"}).to_string();
    std::fs::write(eval.path("data.jsonl"), format!("{long}\n{{\"question\": \"2 + 3?\", \"answer\": 5}}\n")).unwrap();
    let lines = eval.rows(&[
        "-n",
        "4",
        "--early-stop",
        "none,settled=0.3+confidence+duplicates=0.5",
        "--threshold",
        "sweep",
        "--within",
        "200",
    ]);
    assert_eq!(lines.len(), 1 + 4 + 4 * 11 + 2);
    assert!(lines.iter().all(|line| line["questions"] == 2 && line["failed"] == 1), "{lines:?}");
    assert!(lines.iter().any(|line| line["early_stop"] == "settled=0.3+confidence+duplicates=0.5"));
    // Efforts alone: the score is read without any thoughts.
    let lines = eval.rows(&["-n", "4", "--policy", "reason", "--within", "200"]);
    assert!(lines.len() == 2 && lines.iter().all(|line| line["failed"] == 1), "{lines:?}");
    let table = {
        let mut command = eval.command(&["--policy", "chat", "--limit", "1"]);
        let args: Vec<_> = command.get_args().filter(|arg| *arg != "--json").map(ToOwned::to_owned).collect();
        command = Command::new(env!("CARGO_BIN_EXE_ruminate"));
        String::from_utf8(command.args(args).env("XDG_RUNTIME_DIR", std::env::temp_dir()).output().unwrap().stdout)
            .unwrap()
    };
    assert!(table.starts_with("| policy ") && table.lines().count() == 3, "{table}");
}

/// Stops that are worked out from whole branches are those of a run.
#[test]
fn simulated_stops_are_those_of_a_run() {
    let eval = Eval::new(4);
    let rules = "none,settled=0.4,duplicates=0.06:gram=1:least-tokens=4,confidence=0.9:window=2:least-ended=1,\
                 settled=0.4+duplicates=0.06:gram=1:least-tokens=4";
    let args = ["--policy", "reason", "-n", "6", "--vote", "majority", "--early-stop", rules];
    let run = eval.rows(&args);
    let simulated = eval.rows(&[&args[..], &["--simulate-stops"]].concat());
    assert_eq!((run.len(), simulated.len()), (5, 5));
    for (run, simulated) in run.iter().zip(&simulated) {
        let of = |line: &Value| ["accuracy", "tokens", "early_stop", "tokens_saved"].map(|name| line[name].clone());
        assert_eq!(of(run), of(simulated));
        assert_eq!(simulated["simulated"].as_bool(), (run["early_stop"] != "none").then_some(true));
    }
    let saved = simulated.iter().filter(|line| line["tokens_saved"].as_f64().is_some_and(|saved| saved > 0.0));
    assert!(saved.count() > 2 && simulated[0]["tokens_saved"].is_null(), "{simulated:?}");
}

#[test]
fn questions_are_answered_at_once() {
    let eval = Eval::new(9);
    let [one, four] = ["1", "4"].map(|parallel| {
        let resume = eval.path(parallel);
        let rows = eval.rows(&["-n", "3", "--parallel", parallel, "--resume", resume.to_str().unwrap()]);
        assert!(rows.len() == 3 && rows.iter().all(|row| row["questions"] == 9 && row["failed"] == 0), "{rows:?}");
        let texts = transcripts(&resume).into_iter().map(|transcript| {
            let texts = transcript["branches"].as_array().unwrap().iter().map(|branch| branch["text"].clone());
            format!("{} {} {:?}", transcript["question"], transcript["work"], texts.collect::<Vec<_>>())
        });
        texts.collect::<std::collections::BTreeSet<_>>()
    });
    // The same but for rounding, which a prompt beside a branch changes.
    let same = one.intersection(&four).count();
    assert!(one.len() == 18 && four.len() == 18 && same > 12, "{same}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_is_done() {
    let eval = Eval::new(500);
    let resume = eval.path("answers.jsonl");
    let args = ["--policy", "chat", "--resume", resume.to_str().unwrap()];
    let child = eval.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    while !resume.exists() || transcripts(&resume).len() < 2 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let done = transcripts(&resume).len();
    assert!(done < 500 && rows(&output)[0]["questions"] == done, "{:?}", rows(&output));
    let limit = (done + 1).to_string();
    let lines = eval.rows(&[&args[..], &["--limit", &limit]].concat());
    assert_eq!(lines[0]["questions"], done + 1);
    assert_eq!(transcripts(&resume).len(), done + 1);
}

#[test]
fn bad_requests_say_what_to_do() {
    let eval = Eval::new(1);
    eval.refused(&["--budget", "9"], "9 tokens");
    eval.refused(&["--limit", "0"], "--limit 0");
    eval.refused(&["-n", "0"], "--branches");
    eval.refused(&["-n", "17"], "16");
    let resume = eval.path("answers.jsonl");
    let args = ["--policy", "chat", "--resume", resume.to_str().unwrap()];
    eval.rows(&args);
    eval.refused(&[&args[..], &["--adapter", "reasoner"]].concat(), "adapter was \"brief\", is \"reasoner\"");
    eval.refused(&["--adapter", "nix"], "brief, reasoner");
    std::fs::write(eval.path("data.jsonl"), "{\"question\": \"2?\"}").unwrap();
    eval.refused(&[], "line 1");
    std::fs::remove_file(eval.bundle.path().join("bundle.json")).unwrap();
    std::fs::write(eval.path("data.jsonl"), "{\"question\": \"2?\", \"answer\": 2}").unwrap();
    eval.refused(&[], "bundle.json");
    let mut command = eval.command(&["--bundle", "no-such-bundle"]);
    assert_eq!(command.output().unwrap().status.code(), Some(2), "an option twice");
}
