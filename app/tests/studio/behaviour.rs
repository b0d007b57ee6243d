//! What the window does with what the engine tells, and what it asks for; the engine is the test.

use crate::bench::{Bench, DESKTOP, PHONE, library, open, open_with};
use crate::samples;
use eframe::egui::{self, Key, Modifiers, Theme};
use egui_kittest::kittest::{NodeT, Queryable};
use ruminate::reason::Policy;
use ruminate_app::backend::{AdapterEntry, Command, Update, link, spawn_watched};
use ruminate_app::history::Store;
use ruminate_app::run::{Candidate, Told};
use ruminate_app::studio::{View, Work};
use ruminate_app::{Places, Studio};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

fn ready() -> Bench {
    let mut bench = open(DESKTOP, Theme::Dark, None);
    bench.load();
    bench.asked();
    bench
}

fn type_question(bench: &mut Bench, text: &str) {
    bench.window.get_by_label("Question").focus();
    bench.steps(2);
    bench.window.get_by_label("Question").type_text(text);
    bench.steps(2);
}

#[test]
fn a_question_streams_into_an_answer() {
    let mut bench = ready();
    type_question(&mut bench, "Why do cats purr?");
    bench.window.key_press(Key::Enter);
    bench.steps(3);
    let ask = bench.only_ask();
    assert_eq!(ask.question, "Why do cats purr?");
    assert!(ask.history.is_empty() && ask.controls.policy == Policy::Auto);
    assert!(bench.window.state().is_answering());
    let whole = samples::chat("Why do cats purr?", "Because they are happy.");
    let mut half = whole.clone();
    half.events.truncate(4);
    bench.replay(ask.run, &half);
    assert_eq!(bench.window.state().conversation.turns[0].scene.answer_text(), "Because they");
    bench.window.get_all_by_label("Stop").next().unwrap().click();
    bench.steps(2);
    assert!(bench.asked().iter().any(|command| matches!(command, Command::Stop)));
    bench.tell(Update::Told { run: ask.run, at: 1.0, told: Told::Cancelled });
    bench.tell(Update::Idle);
    bench.steps(3);
    assert_eq!(bench.window.state().work, Work::Idle);
    // A stopped chat answer stays, and the next question comes after it.
    bench.window.state_mut().ask("And dogs?");
    assert_eq!(bench.only_ask().history, [("Why do cats purr?".to_owned(), "Because they".to_owned())]);
}

#[test]
fn one_click_asks_an_example() {
    let mut bench = ready();
    bench.window.get_by_label("What is the capital of France?").click();
    bench.steps(3);
    assert_eq!(bench.only_ask().question, "What is the capital of France?");
}

#[test]
fn thoughts_show_as_branches_and_answer_now_is_sent() {
    let mut bench = ready();
    bench.window.state_mut().ask(samples::QUESTION);
    let ask = bench.only_ask();
    let mut live = samples::thought();
    live.events.truncate(40);
    bench.replay(ask.run, &live);
    bench.window.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    bench.steps(3);
    assert_eq!(bench.window.state().view, View::Thinking);
    for branch in 1..=4 {
        bench.window.get_by_label(&format!("Branch {branch}"));
    }
    bench.window.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    bench.steps(2);
    assert!(bench.asked().iter().any(|command| matches!(command, Command::AnswerNow)));
}

#[test]
fn time_is_scrubbed_back_by_keys() {
    let mut bench = ready();
    bench.put(vec![samples::thought()]);
    bench.window.state_mut().view = View::Thinking;
    bench.steps(3);
    bench.window.get_by_label_contains("The answer, of branch 1");
    bench.window.key_press(Key::Home);
    bench.steps(3);
    assert!(bench.window.query_by_label_contains("The answer, of branch 1").is_none());
    bench.window.key_press(Key::End);
    bench.steps(3);
    bench.window.get_by_label_contains("The answer, of branch 1");
}

#[test]
fn asking_again_drops_what_followed() {
    let mut bench = ready();
    bench.put(vec![samples::chat("One?", "First."), samples::chat("Two?", "Second.")]);
    bench.window.state_mut().ask_again(0, Some("Other?"));
    let ask = bench.only_ask();
    assert_eq!((ask.question.as_str(), ask.history.len()), ("Other?", 0));
    assert_eq!(bench.window.state().conversation.turns.len(), 1);
}

#[test]
fn asking_again_without_words_drops_nothing() {
    let mut bench = ready();
    bench.put(vec![samples::chat("One?", "First."), samples::chat("Two?", "Second.")]);
    bench.window.state_mut().ask_again(0, Some(" \n"));
    assert!(bench.asked().is_empty());
    assert_eq!(bench.window.state().conversation.turns.len(), 2);
    assert!(bench.window.state().is_ready());
}

#[test]
fn the_last_question_is_edited_by_keys() {
    let mut bench = ready();
    bench.put(vec![samples::chat("One?", "First."), samples::chat("Two?", "Second.")]);
    bench.window.key_press_modifiers(Modifiers::COMMAND, Key::E);
    bench.steps(3);
    // The editor has the focus: what is typed goes into it.
    bench.window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    bench.steps(1);
    bench.window.event(egui::Event::Text(" ".into()));
    bench.steps(2);
    assert!(bench.window.get_by_label("Send again").accesskit_node().is_disabled());
    bench.window.event(egui::Event::Text("Three?".into()));
    bench.steps(2);
    bench.window.get_by_label("Send again").click();
    bench.steps(2);
    let ask = bench.only_ask();
    assert_eq!((ask.question.as_str(), ask.history.len()), ("Three?", 1));
}

#[test]
fn an_adapter_switches_while_an_answer_streams() {
    let mut bench = ready();
    bench.window.state_mut().preferences.controls.policy = Policy::Chat;
    bench.window.state_mut().ask("Hello");
    let ask = bench.only_ask();
    assert_eq!(ask.adapter, None);
    bench.steps(2);
    bench.window.get_by_role_and_label(egui::Role::Button, "style").click();
    bench.steps(2);
    let asked = bench.asked();
    assert!(asked.iter().any(|command| matches!(command, Command::Switch(Some(name)) if name == "style")), "{asked:?}");
}

#[test]
fn what_goes_wrong_is_said_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    // No conversation can be written below a file.
    std::fs::write(folder.path().join("file"), "").unwrap();
    let mut bench = open(PHONE, Theme::Light, Some(Store::new(folder.path().join("file"))));
    bench.load();
    bench.window.state_mut().ask("Hello");
    let ask = bench.asked().into_iter().find_map(|c| if let Command::Ask(ask) = c { Some(ask) } else { None }).unwrap();
    let lost = Told::Failed { error: "the GPU device was lost: reset. Load the model again".into() };
    bench.tell(Update::Told { run: ask.run, at: 0.1, told: lost });
    bench.tell(Update::Problem("The GPU device was lost (reset). The model is loaded again; then retry".into()));
    bench.tell(Update::Idle);
    bench.steps(4);
    bench.window.state_mut().flush();
    let studio = bench.window.state();
    assert!(studio.notices.iter().any(|notice| notice.text.contains("cannot be saved")), "{:?}", studio.notices);
    assert!(studio.notices.iter().any(|notice| notice.text.contains("was lost")));
    assert_eq!(studio.conversation.turns[0].run.question, "Hello");
    bench.window.get_by_label_contains("the GPU device was lost");
    assert!(bench.window.state().is_ready());
}

/// A window whose question about cats is answered as far as "Because they".
fn half_answered(store: &Store) -> Bench {
    let mut bench = open(DESKTOP, Theme::Dark, Some(store.clone()));
    bench.load();
    bench.window.state_mut().ask("Why do cats purr?");
    let ask = bench.only_ask();
    let mut half = samples::chat("", "Because they are happy.");
    half.events.truncate(4);
    bench.replay(ask.run, &half);
    bench
}

#[test]
fn an_engine_that_ends_is_told_of_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    let mut bench = half_answered(&store);
    assert!(bench.window.state().is_answering());
    bench.engine = link().1;
    bench.steps(3);
    let studio = bench.window.state_mut();
    assert_eq!((&studio.work, studio.notices.len()), (&Work::Idle, 1), "{:?}", studio.notices);
    assert!(studio.notices[0].text.contains("start the studio again"), "{:?}", studio.notices);
    // A notice that was read stays away.
    studio.notices.clear();
    studio.flush();
    bench.steps(2);
    assert!(bench.window.state().notices.is_empty());
    bench.window.get_by_label_contains("The engine ended");
    let (kept, _) = store.load(&store.list().0[0].id).unwrap();
    assert_eq!(kept.turns[0].scene.lanes[0].text, "Because they");
}

#[test]
fn an_engine_whose_thread_panics_wakes_the_window() {
    let woken = Arc::new(AtomicUsize::new(0));
    let counted = woken.clone();
    let wake = move || {
        counted.fetch_add(1, Relaxed);
    };
    let link = spawn_watched(None, wake, |_| panic!("this test has the engine's thread panic")).unwrap();
    let mut bench = open(DESKTOP, Theme::Dark, None);
    *bench.window.state_mut() = Studio::new(link, Places::default());
    let begun = Instant::now();
    let has_ended =
        |bench: &Bench| bench.window.state().notices.iter().any(|notice| notice.text.starts_with("The engine ended"));
    let mut seen = 0;
    while !has_ended(&bench) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", bench.window.state().notices);
        // As the window does, it looks only when it is woken.
        match woken.load(Relaxed) {
            now if now == seen => std::thread::sleep(Duration::from_millis(10)),
            now => {
                seen = now;
                bench.window.state_mut().poll();
            }
        }
    }
}

#[test]
fn a_closed_window_leaves_no_thread_in_the_driver() {
    let engine = Arc::new(());
    let held = engine.clone();
    let link = spawn_watched(None, || {}, move |_| drop(held.clone())).unwrap();
    // It is opening its device now.
    drop(link);
    assert_eq!(Arc::strong_count(&engine), 1);
}

#[test]
fn nothing_to_keep_things_in_is_said() {
    let mut bench = open_with(DESKTOP, Theme::Dark, Places { library: library(), ..Places::default() });
    bench.load();
    bench.window.get_by_label_contains("No conversations and settings are kept");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_once_and_costs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    let mut bench = open(DESKTOP, Theme::Dark, Some(store.clone()));
    bench.load();
    let ask = |bench: &mut Bench, question: &str| {
        bench.window.state_mut().ask(question);
        let ask = bench.only_ask();
        bench.replay(ask.run, &samples::chat("", "Because."));
        bench.window.state_mut().flush();
    };
    let fills = |id: &str| {
        let part = folder.path().join(format!("conversations/{id}.part"));
        std::os::unix::fs::symlink("/dev/full", part).unwrap();
    };
    ask(&mut bench, "One?");
    let id = bench.window.state().conversation.header.id.clone();
    let kept = |count: usize| {
        let (kept, damaged) = store.load(&id).unwrap();
        assert_eq!((kept.turns.len(), damaged), (count, 0));
        assert!(kept.turns.iter().all(|turn| turn.scene.answer_text() == "Because."));
    };
    kept(1);
    fills(&id);
    bench.window.state_mut().save();
    bench.window.state_mut().flush();
    let notices = &bench.window.state().notices;
    assert!(notices.len() == 1 && notices[0].text.contains("cannot be saved"), "{notices:?}");
    kept(1);
    ask(&mut bench, "Two?");
    kept(2);
}

/// A file that is dropped on the window.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

#[test]
fn a_broken_file_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("model.gguf");
    std::fs::write(&broken, "GGUF and no more").unwrap();
    let mut bench = ready();
    bench.window.input_mut().dropped_files.push(Arc::new(Dropped(broken)));
    bench.steps(2);
    let studio = bench.window.state();
    assert!(studio.notices[0].is_problem && studio.notices[0].text.contains("model.gguf"), "{:?}", studio.notices);
    assert!(studio.is_ready(), "what was loaded stays");
}

/// Drops a file or folder on the window.
fn drop_on(bench: &mut Bench, path: &Path) {
    bench.window.input_mut().dropped_files.push(Arc::new(Dropped(path.to_owned())));
    bench.steps(2);
}

#[test]
fn a_model_that_is_dropped_is_loaded_and_kept_in_mind() {
    let (folder, goldens) = (tempfile::tempdir().unwrap(), ruminate_tests::goldens_folder());
    let file = folder.path().join("tiny-llama.gguf");
    std::fs::copy(goldens.join("tiny-llama.gguf"), &file).unwrap();
    let mut bench = ready();
    drop_on(&mut bench, &file);
    let asked = bench.asked();
    let is_load = |command: &Command| matches!(command, Command::Load { model, bundle: None } if *model == file);
    assert!(asked.iter().any(is_load), "{asked:?}");
    let studio = bench.window.state();
    assert!(studio.library.models.iter().any(|model| model.name == "tiny-llama" && model.need.is_ok()));
    assert_eq!((&studio.preferences.given, studio.notices.len()), (&vec![file], 0), "{:?}", studio.notices);
    assert!(matches!(studio.work, Work::Loading(_)));
}

#[test]
fn a_folder_that_is_dropped_is_searched() {
    let (folder, goldens) = (tempfile::tempdir().unwrap(), ruminate_tests::goldens_folder());
    let models = folder.path().join("models");
    std::fs::create_dir(&models).unwrap();
    let mut bench = ready();
    drop_on(&mut bench, &models);
    assert!(bench.window.state().notices[0].text.contains("no new model"), "{:?}", bench.window.state().notices);
    for name in ["tiny-llama.gguf", "tiny-qwen2.gguf"] {
        std::fs::copy(goldens.join(name), models.join(name)).unwrap();
    }
    let bundle = ruminate_tests::bundles::bundle(&ruminate_tests::bundles::manifest());
    std::fs::rename(bundle.path(), models.join("tiny-reasoner")).unwrap();
    drop_on(&mut bench, &models);
    let studio = bench.window.state();
    assert_eq!(studio.notices[1].text, "Found 2 models and 1 bundle");
    let bundle = studio.library.bundle_for(Path::new("tiny-llama.gguf")).unwrap();
    assert_eq!(bundle.name, "tiny-reasoner");
    // It is for the person to choose.
    assert!(bench.asked().is_empty());
    assert!(bench.window.state().is_ready());
}

#[test]
fn an_adapter_that_is_dropped_is_loaded_beside_the_model() {
    let adapter = ruminate_tests::goldens_folder().join("adapters/llama-r8");
    let mut bench = ready();
    drop_on(&mut bench, &adapter);
    let asked = bench.asked();
    assert!(matches!(&asked[..], [Command::AddAdapter(path)] if *path == adapter), "{asked:?}");
    let entry = |name: &str| AdapterEntry { name: name.into(), rank: 8, ..AdapterEntry::default() };
    bench.tell(Update::Adapters(vec![entry("style"), entry("llama-r8")]));
    bench.tell(Update::Idle);
    bench.steps(3);
    assert!(bench.window.state().notices[0].text.contains("Adapter llama-r8 is loaded"));
    assert!(bench.window.state().is_ready());
}

#[test]
fn a_token_tells_what_else_could_have_been_said() {
    let mut bench = ready();
    let mut run = samples::chat("Why?", "Because they are happy.");
    let candidate =
        |id: u32, text: &str, probability: f32| Candidate { id, text: text.into(), logprob: probability.ln() };
    let of = |id: u32| vec![candidate(id, "one", 0.75), candidate(900 + id, &format!("other {id}"), 0.125)];
    run.alternatives.insert(0, (0..4).map(of).collect());
    bench.put(vec![run]);
    bench.window.state_mut().view = View::Thinking;
    bench.steps(3);
    let line = bench.window.get_by_label("Because they are happy.").rect();
    // Over the end of the line: its last token.
    bench.window.hover_at(line.right_center() - egui::vec2(12.0, 0.0));
    bench.steps(60);
    bench.window.get_by_label("“ happy.”");
    bench.window.get_by_label(" 12.5 %  “other 3”");
    bench.window.get_by_label(" 75.0 %  “one”");
    assert!(bench.window.query_by_label_contains("other 2").is_none());
    bench.window.hover_at(line.left_center() + egui::vec2(8.0, 0.0));
    bench.steps(60);
    bench.window.get_by_label("“Because”");
    bench.window.get_by_label(" 12.5 %  “other 0”");
}

#[test]
fn conversations_are_kept_and_opened() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    let mut bench = open(DESKTOP, Theme::Dark, Some(store.clone()));
    bench.load();
    bench.window.state_mut().ask("Why do cats purr?");
    let ask = bench.only_ask();
    bench.replay(ask.run, &samples::chat("", "Because."));
    // What waits to be written is written before the window is gone.
    drop(bench);
    let mut bench = open(DESKTOP, Theme::Dark, Some(store));
    bench.load();
    bench.window.get_by_label("Why do cats purr?").click();
    bench.steps(3);
    assert_eq!(bench.window.state().conversation.turns[0].scene.answer_text(), "Because.");
    bench.window.get_by_label("Delete the conversation Why do cats purr?").click();
    bench.steps(3);
    assert!(bench.window.state().saved.is_empty() && bench.window.state().conversation.turns.is_empty());
}

#[test]
fn what_streams_is_kept_when_the_window_closes() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path());
    let mut bench = half_answered(&store);
    eframe::App::on_exit(bench.window.state_mut());
    let (headers, problems) = store.list();
    assert_eq!((headers.len(), problems.len()), (1, 0));
    let (kept, damaged) = store.load(&headers[0].id).unwrap();
    assert_eq!((kept.turns[0].scene.answer_text(), damaged), ("Because they", 0));
    assert!(kept.turns[0].run.is_over());
}

#[test]
fn one_question_is_compared_three_ways() {
    let mut bench = ready();
    bench.window.state_mut().view = View::Compare;
    bench.steps(2);
    bench.window.get_by_label("Example").click();
    bench.steps(2);
    let mut adapters = Vec::new();
    for _ in 0..3 {
        let ask = bench.only_ask();
        adapters.push((ask.controls.policy, ask.adapter.clone()));
        bench.replay(ask.run, &samples::thought());
    }
    let thinks = |name: &str| (Policy::Reason, Some(name.to_owned()));
    assert_eq!(adapters, [(Policy::Chat, None), thinks("verbose"), thinks("brief")]);
    assert!(bench.window.state().is_ready() && bench.asked().is_empty());
    // The conversation has no part in it.
    assert!(bench.window.state().conversation.turns.is_empty());
}

#[test]
fn the_self_test_reports() {
    let mut bench = ready();
    bench.window.state_mut().view = View::Machine;
    bench.steps(2);
    bench.window.get_by_label("Run the self-test").scroll_to_me();
    bench.steps(3);
    bench.window.get_by_label("Run the self-test").click();
    bench.steps(2);
    assert!(bench.asked().iter().any(|command| matches!(command, Command::SelfTest)));
    bench.tell(Update::SelfTestLine("ruminate 0.1.0\n".into()));
    bench.tell(Update::SelfTestOver(Some(true)));
    bench.tell(Update::Idle);
    bench.steps(3);
    bench.window.get_by_label("Copy the report");
    bench.window.get_by_label("passed");
}
