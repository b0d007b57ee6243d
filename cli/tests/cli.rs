//! The command as a program: what it prints, its exit codes, and what it says about bad input.
//!
//! Each start opens a device, so a test asks for several things of one start where it can.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy.toml allows them in tests, but not in their helpers")]

use ruminate_tests::{adapter_golden, goldens, goldens_folder, log_probabilities};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

fn ruminate<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ruminate"));
    // Mesa complains without a folder for sockets.
    command.args(args).stdin(Stdio::null()).env("XDG_RUNTIME_DIR", std::env::temp_dir());
    command
}

fn output<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Output {
    ruminate(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a successful run printed.
fn stdout<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> String {
    let output = output(args);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// What a run that must fail with `code` said, after the usual checks.
fn failure(command: &mut Command, code: i32) -> String {
    let output = command.output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    if code == 1 {
        assert!(said.starts_with("error: ") && said.lines().count() == 1, "{said}");
    }
    assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
    said
}

fn model(name: &str) -> String {
    goldens_folder().join(format!("{name}.gguf")).display().to_string()
}

fn json(line: &str) -> serde_json::Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))
}

const RAW: [&str; 7] = ["run", "--raw", "--prompt", "the thin", "--max-tokens", "8", "--json"];

/// The tokens of a generation, after checking its events.
fn generated(model: &str, more: &[&str]) -> Vec<u64> {
    let printed = stdout(RAW.iter().copied().chain(["--model", model]).chain(more.iter().copied()));
    let events: Vec<_> = printed.lines().map(json).collect();
    assert_eq!(events.first().unwrap()["event"], "prefill", "{printed}");
    let end = events.last().unwrap();
    assert_eq!(end["event"], "end", "{printed}");
    let tokens: Vec<_> = events.iter().filter(|event| event["event"] == "token").collect();
    assert_eq!(end["tokens"], tokens.len(), "{printed}");
    assert!(tokens.iter().all(|token| token["logprob"].as_f64().unwrap() <= 0.0), "{printed}");
    tokens.iter().map(|token| token["id"].as_u64().unwrap()).collect()
}

#[test]
fn the_same_seed_gives_the_same_tokens() {
    let model = model("tiny-llama");
    let greedy = generated(&model, &["--temperature", "0"]);
    // It may end early, on a token that ends turns.
    assert!(greedy.len() > 1);
    assert_eq!(generated(&model, &["--temperature", "0", "--seed", "5"]), greedy);
    let seeded = generated(&model, &["--temperature", "3", "--top-p", "1", "--seed", "5"]);
    assert_eq!(generated(&model, &["--temperature", "3", "--top-p", "1", "--seed", "5"]), seeded);
    assert_ne!(generated(&model, &["--temperature", "3", "--top-p", "1", "--seed", "6"]), seeded);
}

#[test]
fn chat_reads_lines_and_commands() {
    let mut command = ruminate(["run", "--model", &model("tiny-qwen2"), "--temperature", "0", "--max-tokens", "4"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"hello\n\n/reset\nhello\n/nonsense\n/quit\nnot read\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stderr);
    let statistics: Vec<&str> = said.lines().filter(|line| line.starts_with("[4 tokens")).collect();
    assert_eq!(statistics.len(), 2, "{said}");
    assert!(said.contains("/nonsense is no command"), "{said}");
    // After /reset the same words get the same answer.
    let answers = text(&output.stdout);
    let (first, second) = answers.split_at(answers.len() / 2);
    assert_eq!(first, second, "{answers}");
}

#[test]
fn stop_strings_end_the_answer() {
    let model = model("tiny-llama");
    let plain =
        stdout(["run", "--raw", "--prompt", "the thin", "--model", &model, "--temperature", "0", "--max-tokens", "40"]);
    let stop = plain.chars().rfind(char::is_ascii_graphic).unwrap().to_string();
    let mut args =
        vec!["run", "--raw", "--prompt", "the thin", "--model", &model, "--temperature", "0", "--max-tokens", "40"];
    args.extend(["--stop", &stop]);
    let stopped = stdout(args);
    let before = plain.find(&stop).unwrap();
    assert_eq!(stopped.trim_end_matches('\n'), &plain[..before]);
}

#[test]
fn branches_are_runs_with_seeds_one_apart() {
    let model = model("tiny-llama");
    let hot = ["--temperature", "3", "--top-p", "1", "--seed"];
    let run =
        |more: &[&str]| stdout(RAW.iter().copied().chain(["--model", &model]).chain(hot).chain(more.iter().copied()));
    let events: Vec<_> = run(&["5", "-n", "3"]).lines().map(json).collect();
    assert_eq!(events[0], serde_json::json!({"branch": 0, "event": "prefill", "done": 5, "total": 5}));
    for branch in 0..3 {
        let of = |name: &str| -> Vec<&serde_json::Value> {
            events.iter().filter(|event| event["event"] == name && event["branch"] == branch).collect()
        };
        let tokens: Vec<_> = of("token").iter().map(|token| token["id"].as_u64().unwrap()).collect();
        let seed = (5 + branch).to_string();
        assert_eq!(tokens, generated(&model, &[&hot[..], &[&seed]].concat()), "seed {seed}");
        let [end] = of("end")[..] else { panic!("{events:?}") };
        assert_eq!((&end["seed"], &end["tokens"]), (&(5 + branch).into(), &tokens.len().into()));
    }
    // For people, a block each, in the order of seeds.
    let args = ["run", "--raw", "--prompt", "the thin", "--max-tokens", "8", "--model", &model];
    let blocks = stdout(args.iter().copied().chain(hot).chain(["5", "--branches", "2"]));
    let (first, second) = (blocks.find("[1 of 2, seed 5, ").unwrap(), blocks.find("[2 of 2, seed 6, ").unwrap());
    let alone = stdout(args.iter().copied().chain(hot).chain(["6"]));
    assert!(first == 0 && blocks[second..].contains(alone.trim_end()), "{blocks}{alone}");
}

#[test]
fn branches_of_an_activated_adapter_are_invoked_in_their_prompt() {
    let model = model("tiny-llama");
    let ids = json(&stdout(["score", "--json", "--text", "the thin", "--model", &model]))["ids"].clone();
    let folder = tempfile::tempdir().unwrap();
    let from = goldens_folder().join("adapters/llama-r8");
    let activated = |name: &str, tokens: &serde_json::Value| {
        let to = folder.path().join(name);
        std::fs::create_dir(&to).unwrap();
        std::fs::copy(from.join("adapter_model.safetensors"), to.join("adapter_model.safetensors")).unwrap();
        let mut config = json(&std::fs::read_to_string(from.join("adapter_config.json")).unwrap());
        config["alora_invocation_tokens"] = tokens.clone();
        std::fs::write(to.join("adapter_config.json"), config.to_string()).unwrap();
        format!("a={}", to.display())
    };
    let hot = ["--temperature", "3", "--top-p", "1", "--seed"];
    let run = |adapter: &str, more: &[&str]| {
        let args = RAW.into_iter().chain(["--model", &model, "--adapter", adapter]).chain(hot);
        let events: Vec<_> = stdout(args.chain(more.iter().copied())).lines().map(json).collect();
        let of = |branch: u64| -> Vec<u64> {
            let is_its = |event: &&serde_json::Value| {
                event["event"] == "token" && event["branch"].as_u64().unwrap_or_default() == branch
            };
            events.iter().filter(is_its).map(|event| event["id"].as_u64().unwrap()).collect()
        };
        [of(0), of(1)]
    };
    // Before its last token, and with it.
    for (name, from) in [("inside", 1), ("last", 4)] {
        let adapter = activated(name, &ids.as_array().unwrap()[from..].into());
        let [first, second] = run(&adapter, &["5", "-n", "2"]);
        assert_eq!([&first, &second], [&run(&adapter, &["5"])[0], &run(&adapter, &["6"])[0]], "{name}");
        let whole = format!("a={}", goldens_folder().join("adapters/llama-r8").display());
        assert!(first.len() > 1 && first != run(&whole, &["5"])[0], "{name}: it is on from the first token");
    }
}

/// A chat that takes lines while it answers.
struct Conversation {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Conversation {
    fn start(args: &[&str]) -> Self {
        let mut child =
            ruminate(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Events up to and including the first of this name.
    fn until(&mut self, name: &str) -> Vec<serde_json::Value> {
        let mut events: Vec<serde_json::Value> = Vec::new();
        while events.last().is_none_or(|event| event["event"] != name) {
            events.push(json(&self.lines.next().unwrap().unwrap()));
        }
        events
    }
}

#[test]
fn an_adapter_comes_on_while_an_answer_streams() {
    let adapter = format!("a={}", goldens_folder().join("adapters/llama-r8").display());
    let model = model("tiny-llama");
    let mut args = vec!["run", "--json", "--model", &model, "--adapter", &adapter, "--kv-shareable", "true"];
    args.extend(["--temperature", "0", "--max-tokens", "100", "--stop", "no such text"]);
    let mut chat = Conversation::start(&args);
    for line in ["/adapter base", "hello", "next"] {
        chat.say(line);
    }
    let mut first = chat.until("token");
    chat.say("/adapter a");
    first.extend(chat.until("switched"));
    let base_tokens = first.iter().filter(|event| event["event"] == "token").count() as u64;
    let end = chat.until("end").pop().unwrap();
    assert!(base_tokens < 100 && first.last().unwrap()["to"] == "a", "{first:?}");
    // The line that waited is the next turn. The base reads anew what the adapter wrote, and what follows has it.
    let second = chat.until("end").pop().unwrap();
    let cached = second["cached_tokens"].as_u64().unwrap();
    let prompt = end["prompt_tokens"].as_u64().unwrap();
    assert!((prompt..=prompt + base_tokens).contains(&cached), "{end} {second}");
    chat.say("/quit");
    assert!(chat.child.wait().unwrap().success());
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_every_branch() {
    let model = model("tiny-llama");
    let args = ["run", "--raw", "--prompt", "the thin", "--json", "-n", "4", "--model", &model, "--temperature", "0"];
    let mut run = Conversation::start(&args);
    let mut events = run.until("token");
    let id = run.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    events.extend((0..4).flat_map(|_| run.until("end")));
    let ends: Vec<_> = events.iter().filter(|event| event["event"] == "end").collect();
    assert!(ends.iter().all(|end| end["stop"] == "interrupted"), "{ends:?}");
    assert!(run.lines.next().is_none());
    assert_eq!(run.child.wait().unwrap().code(), Some(130));
}

/// What `score --json` is to print.
fn check_scores(printed: &str, ids: &[u32], wanted: &[f64]) {
    assert_eq!(printed.lines().count(), 1, "{printed}");
    let object = json(printed);
    assert_eq!(object["ids"], serde_json::json!(ids));
    let logprobs = object["logprobs"].as_array().unwrap();
    assert_eq!(logprobs.len(), ids.len());
    assert!(logprobs[0].is_null());
    for (got, want) in logprobs[1..].iter().zip(wanted) {
        let got = got.as_f64().unwrap();
        // Keys and values are halves: unlikely tokens, at -10 and below, are off by a little more.
        assert!((got - want).abs() <= 1e-3 * want.abs().max(1.0), "{got} and not {want}");
    }
}

fn listed(ids: &[u32]) -> String {
    ids.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

#[test]
fn scores_agree_with_transformers() {
    for golden in goldens().iter().filter(|golden| ["tiny-llama-untied", "tiny-qwen2"].contains(&golden.name.as_str()))
    {
        let (ids, model) = (listed(&golden.ids), model(&golden.name));
        let printed = stdout(["score", "--json", "--precision", "float", "--ids", &ids, "--model", &model]);
        check_scores(&printed, &golden.ids, &log_probabilities(&golden.ids, &golden.logits));
    }
}

#[test]
fn an_adapter_scores_from_a_position_on() {
    let (model, adapter) = (model("tiny-llama"), goldens_folder().join("adapters/llama-r8"));
    let [ids, prompt] = ["ids", "prompt"].map(|name| adapter_golden::<u32>("tiny-llama", name));
    let (named, listed, from) = (format!("a={}", adapter.display()), listed(&ids), prompt[0].to_string());
    let args = ["score", "--json", "--precision", "float", "--adapter-format", "f16", "--model", &model];
    let more = ["--adapter", &named, "--ids", &listed, "--adapter-from", &from];
    let printed = stdout(args.iter().chain(&more).chain(&["--kv-shareable", "true"]));
    check_scores(&printed, &ids, &log_probabilities(&ids, &adapter_golden("tiny-llama", "masked.llama-r8.logits")));
    let said = failure(&mut ruminate(args.iter().chain(&more)), 1);
    assert!(said.contains("KV-shareable") || said.contains("shareable"), "{said}");
}

#[test]
fn one_token_has_no_log_probability() {
    let model = model("tiny-llama");
    assert_eq!(stdout(["score", "--json", "--ids", "7", "--model", &model]), "{\"ids\":[7],\"logprobs\":[null]}\n");
    let table = stdout(["score", "--text", "the thin", "--model", &model]);
    assert!(table.contains("perplexity"), "{table}");
}

#[test]
fn selftest_reports_tiers() {
    let report = json(&stdout(["selftest", "--json", "--filter", "silu_mul"]));
    assert_eq!(report["passed"], true);
    let tiers = report["tiers"].as_array().unwrap();
    assert_eq!(tiers.len(), 4);
    assert!(tiers[0]["kernels"][0]["cases"].as_u64().unwrap() > 3, "{report}");
}

#[test]
fn bench_measures_models_and_kernels() {
    let model = model("tiny-qwen2-q8_0");
    let args = ["-p", "40", "-n", "4", "-d", "0,20", "-r", "2", "-o", "json", "--profile", "--model", &model];
    let rows = json(&stdout(["bench"].iter().chain(&args)));
    let rows = rows.as_array().unwrap();
    let tests: Vec<_> = rows.iter().map(|row| row["test"].as_str().unwrap()).collect();
    assert_eq!(tests, ["pp40", "tg4", "pp40 @ d20", "tg4 @ d20"]);
    for row in rows {
        assert!(row["avg_ts"].as_f64().unwrap() > 0.0, "{row}");
        assert!(row["dispatches_per_step"].as_u64().unwrap() > 10, "{row}");
        assert!(row["profile"].as_array().unwrap().iter().any(|part| part["part"] == "qkv"), "{row}");
    }
    let csv = stdout(["bench", "kernels", "--filter", "gather", "-o", "csv"]);
    assert!(csv.starts_with("kernel,shape,") && csv.lines().count() == 2, "{csv}");
}

#[test]
fn bench_adapters_measures_their_tax_and_switches() {
    let model = model("tiny-llama");
    let args = ["--rank", "8", "--format", "int8", "--rows", "2", "-n", "4", "-d", "8", "--repetitions", "1"];
    let rows = json(&stdout(["bench", "adapters", "--model", &model, "-o", "json"].iter().chain(&args)));
    let rows = rows.as_array().unwrap();
    let settings: Vec<_> = rows.iter().map(|row| (row["rank"].as_u64(), row["rows"].as_u64())).collect();
    assert_eq!(settings, [(0, 1), (0, 2), (8, 1), (8, 2)].map(|(rank, rows)| (Some(rank), Some(rows))));
    for row in rows {
        let is_adapted = row["rank"] != 0;
        assert_eq!(row["bytes"].as_u64() > Some(0), is_adapted, "{row}");
        assert!(row["gpu_ms_per_step"].as_f64().unwrap() > 0.0 && row["tax_percent"].is_number(), "{row}");
        assert_eq!(row["tax_percent"] == 0.0, !is_adapted, "{row}");
        for measured in ["switch_us", "switch_ms_mid_answer", "token_ms_mid_answer"] {
            let is_measured = is_adapted && row["rows"] == 1;
            assert_eq!(row[measured].as_f64().is_some_and(|time| time > 0.0), is_measured, "{measured}: {row}");
        }
    }
    let table = stdout(["bench", "adapters", "--model", &model].iter().chain(&args));
    assert!(table.contains("switch us") && table.contains("mid-answer") && table.lines().count() == 6, "{table}");
}

#[test]
fn bench_branches_measures_prefixes() {
    let model = model("tiny-llama");
    let args = ["--rows", "1,4", "--prefix", "0,64", "--depth", "4"];
    let rows = json(&stdout(["bench", "branches", "--model", &model, "-o", "json"].iter().chain(&args)));
    let rows = rows.as_array().unwrap();
    let settings: Vec<_> = rows.iter().map(|row| (row["rows"].as_u64(), row["prefix"].as_u64())).collect();
    assert_eq!(settings, [(1, 0), (4, 0), (1, 64), (4, 64)].map(|(rows, prefix)| (Some(rows), Some(prefix))));
    for row in rows {
        let of = |name: &str| row[name].as_f64().unwrap();
        let rate = of("rows") / of("gpu_ms_per_step") * 1e3;
        assert!((of("tokens_per_second") / rate - 1.0).abs() < 1e-6 && of("ratio") > 0.0, "{row}");
        assert!(row["rows"] != 1 || row["ratio"] == 1.0, "{row}");
        assert!(row["prefix"] != 0 || row["prefix_ratio"] == 1.0, "{row}");
    }
    let table = stdout(["bench", "branches", "--model", &model].iter().chain(&args));
    assert!(table.contains("t/s") && table.lines().count() == 6, "{table}");
    assert!(failure(&mut ruminate(["bench", "branches", "--rows", "17"]), 1).contains("1 to 16"));
}

#[test]
fn bench_reason_measures_what_follows_a_prompt() {
    let model = model("tiny-llama");
    let args = ["-p", "20,70", "-n", "1,3", "--tokens", "5", "--repetitions", "1", "--rank", "8", "-o", "json"];
    let rows = json(&stdout(["bench", "reason", "--model", &model].iter().chain(&args)));
    let settings: Vec<_> = rows.as_array().unwrap().iter().map(|row| (&row["prompt"], &row["branches"])).collect();
    assert_eq!(
        settings,
        [(&20.into(), &1.into()), (&20.into(), &3.into()), (&70.into(), &1.into()), (&70.into(), &3.into())]
    );
    for row in rows.as_array().unwrap() {
        let of = |name: &str| row[name].as_f64().unwrap();
        assert!(0.0 < of("first_token_ms") && of("first_token_ms") < of("total_ms"), "{row}");
        assert!(0.0 < of("reencoded_first_token_ms") && of("step_ms") > 0.0, "{row}");
        // The prompt's whole pages are held once.
        assert!(of("prompt") < 32.0 || of("kv_bytes") < of("kv_unshared_bytes"), "{row}");
    }
    let said = failure(&mut ruminate(["bench", "reason", "--bundle", "no-such-bundle"]), 1);
    assert!(said.contains("no-such-bundle"), "{said}");
}

#[test]
fn models_to_download_are_listed_and_what_cannot_be_had_is_said() {
    assert!(stdout(["download"]).contains("qwen2.5-0.5b-instruct-q8_0.gguf"));
    let folder = tempfile::tempdir().unwrap();
    let mut far = ruminate(["download", "owner/name/model.gguf"]);
    let said = failure(far.env("HF_ENDPOINT", "http://127.0.0.1:1").env("RUMINATE_MODELS", folder.path()), 1);
    assert!(said.contains("owner/name/model.gguf") && said.contains("Is the network up?"), "{said}");
    assert!(failure(&mut ruminate(["download", "model.gguf"]), 1).contains("owner/name/file.gguf"));
}

#[test]
fn devices_and_files_are_listed() {
    assert!(!json(&stdout(["devices", "--json"])).as_array().unwrap().is_empty());
    let listing = stdout(["inspect", &model("tiny-llama-q4_1")]);
    assert!(listing.contains("token_embd.weight") && listing.contains("Q4_1"), "{listing}");
}

/// A changed copy of a tiny model.
fn damaged(folder: &Path, change: impl FnOnce(&mut Vec<u8>)) -> PathBuf {
    let mut bytes = std::fs::read(model("tiny-llama")).unwrap();
    change(&mut bytes);
    let path = folder.join("damaged.gguf");
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn bad_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.gguf").display().to_string();
    let said = failure(&mut ruminate(["run", "--prompt", "hi", "--model", &missing]), 1);
    assert!(said.contains("missing.gguf") && said.contains("cargo xtask model"), "{said}");

    let mut command = ruminate(["score", "--text", "hi"]);
    let said = failure(command.env("RUMINATE_MODELS", folder.path()), 1);
    assert!(said.contains("cargo xtask model"), "{said}");

    let half = damaged(folder.path(), |bytes| bytes.truncate(bytes.len() / 2)).display().to_string();
    let said = failure(&mut ruminate(["run", "--prompt", "hi", "--model", &half]), 1);
    assert!(said.contains("damaged.gguf") && said.contains("ownload"), "{said}");

    let other = damaged(folder.path(), |bytes| {
        // The key, the value's type and length, then the value.
        let key = b"general.architecture";
        let at = bytes.windows(key.len()).position(|window| window == key).unwrap() + key.len() + 12;
        bytes[at..at + 5].copy_from_slice(b"mamba");
    });
    let said = failure(&mut ruminate(["bench", "--model", &other.display().to_string()]), 1);
    assert!(said.contains("mamba") && said.contains("llama"), "{said}");
}

#[test]
fn bad_requests_say_what_to_do() {
    let model = model("tiny-llama");
    let long = "word ".repeat(60);
    let said = failure(&mut ruminate(["run", "--prompt", &long, "--ctx", "64", "--model", &model]), 1);
    assert!(said.contains("64") && said.contains("--ctx"), "{said}");

    let said = failure(&mut ruminate(["run", "--prompt", "hi", "--gpu", "voodoo 2", "--model", &model]), 1);
    assert!(said.contains("voodoo 2") && said.contains("There are: 0: "), "{said}");

    let said = failure(&mut ruminate(["run", "--prompt", "hi", "--temperature", "-1", "--model", &model]), 1);
    assert!(said.contains("temperature"), "{said}");

    let said = failure(&mut ruminate(["score", "--ids", "1,9999", "--model", &model]), 1);
    assert!(said.contains("9999"), "{said}");

    let said = failure(&mut ruminate(["run", "--raw"]), 2);
    assert!(said.contains("--prompt"), "{said}");
    failure(&mut ruminate(["score"]), 2);
    failure(&mut ruminate(["run", "--no-such-flag"]), 2);
    let said = failure(&mut ruminate(["run", "-n", "8"]), 2);
    assert!(said.contains("--prompt"), "{said}");
    failure(&mut ruminate(["run", "--prompt", "hi", "-n", "0"]), 2);
    let said = failure(&mut ruminate(["bench", "--synthetic", "qwen9"]), 2);
    assert!(said.contains("qwen2.5-7b"), "{said}");
}

#[test]
fn a_machine_without_adapters_is_told_what_to_install() {
    for args in [&["run", "--prompt", "hi", "--model", &model("tiny-llama")][..], &["devices"], &["selftest"]] {
        let mut command = ruminate(args);
        command.envs(["VK_ICD_FILENAMES", "VK_DRIVER_FILES"].map(|name| (name, "/nonexistent")));
        let said = failure(&mut command, 1);
        assert!(said.contains("no GPU adapter") && said.contains("nstall"), "{said}");
    }
}
