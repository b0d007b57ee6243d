//! Downloads as the window shows them; the source is the test.

use crate::bench::{Bench, DESKTOP, PHONE, open_with};
use crate::samples;
use eframe::egui::{self, Theme};
use egui_kittest::kittest::{NodeT, Queryable};
use ruminate_app::backend::{Command, Loaded, Update};
use ruminate_app::history::Store;
use ruminate_app::studio::Sheet;
use ruminate_app::{Places, Shop};
use ruminate_download::{FileName, Remote, Source};
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

const NAME: &str = "owner/models/tiny.gguf";

/// A file that comes as far as the test lets it.
#[derive(Default)]
struct Tap {
    content: Vec<u8>,
    allowed: Mutex<usize>,
    opened: Condvar,
    /// The first byte that was asked for last.
    from: AtomicU64,
}

impl Tap {
    fn allow(&self, bytes: usize) {
        *self.allowed.lock().unwrap() = bytes;
        self.opened.notify_all();
    }
}

struct End(Arc<Tap>);

impl Source for End {
    fn describe(&self, _: &FileName) -> ruminate_download::Result<Remote> {
        Ok(Remote { bytes: self.0.content.len() as u64, tag: "first-version".into() })
    }

    fn open(&self, _: &FileName, from: u64) -> ruminate_download::Result<Box<dyn Read>> {
        self.0.from.store(from, Relaxed);
        Ok(Box::new(Body { tap: self.0.clone(), at: from as usize }))
    }
}

struct Body {
    tap: Arc<Tap>,
    at: usize,
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mut allowed = self.tap.allowed.lock().unwrap();
        while *allowed <= self.at && self.at < self.tap.content.len() {
            allowed = self.tap.opened.wait(allowed).unwrap();
        }
        let end = (*allowed).min(self.tap.content.len()).min(self.at + buffer.len());
        buffer[..end - self.at].copy_from_slice(&self.tap.content[self.at..end]);
        let count = end - self.at;
        self.at = end;
        Ok(count)
    }
}

/// The file of a tiny model.
fn tap() -> Arc<Tap> {
    let content = std::fs::read(ruminate_tests::goldens_folder().join("tiny-llama.gguf")).unwrap();
    Arc::new(Tap { content, ..Tap::default() })
}

fn bench(tap: &Arc<Tap>, folder: &Path) -> Bench {
    let source = tap.clone();
    let open = Arc::new(move || Ok(Box::new(End(source.clone())) as Box<dyn Source>));
    let shop = Shop { folder: folder.join("models"), open, wake: Arc::new(|| {}) };
    let store = Some(Store::new(folder.join("kept")));
    open_with(DESKTOP, Theme::Dark, Places { store, shop: Some(shop), ..Places::default() })
}

fn until(bench: &mut Bench, what: &str, holds: impl Fn(&Bench) -> bool) {
    let begun = Instant::now();
    while !holds(bench) {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}: {:?}", bench.window.state().notices);
        std::thread::sleep(Duration::from_millis(5));
        bench.steps(1);
    }
    bench.steps(2);
}

fn done(bench: &Bench) -> u64 {
    let running = bench.window.state().downloads.running.as_ref();
    running.and_then(|running| running.progress).map_or(0, |progress| progress.done)
}

fn start(bench: &mut Bench) {
    bench.window.get_by_label("Model to download").focus();
    bench.steps(2);
    bench.window.get_by_label("Model to download").type_text(NAME);
    bench.steps(2);
    bench.window.get_by_label("Download what is named").scroll_to_me();
    bench.steps(3);
    bench.window.get_by_label("Download what is named").click();
    bench.steps(2);
}

#[test]
fn a_typed_name_comes_is_listed_and_loaded() {
    let (tap, folder) = (tap(), tempfile::tempdir().unwrap());
    let mut bench = bench(&tap, folder.path());
    start(&mut bench);
    tap.allow(100_000);
    until(&mut bench, "a part is there", |bench| done(bench) == 100_000);
    assert!(
        bench.window.get_by_label("Download SmolLM2 360M Instruct").accesskit_node().is_disabled(),
        "one at a time"
    );
    tap.allow(usize::MAX);
    until(&mut bench, "all is there", |bench| bench.window.state().downloads.running.is_none());
    let path = folder.path().join("models/tiny.gguf");
    assert_eq!(std::fs::read(&path).unwrap(), tap.content);
    assert!(bench.asked().iter().any(|command| matches!(command, Command::Load { model, .. } if *model == path)));
    assert_eq!(bench.window.state().library.models[0].name, "tiny");
    assert!(bench.window.state().preferences.unfinished.is_empty());
}

#[test]
fn the_first_run_without_a_model_leads_to_one() {
    let (tap, folder) = (tap(), tempfile::tempdir().unwrap());
    let mut wide = bench(&tap, folder.path());
    wide.steps(2);
    wide.window.get_by_label("Download Qwen2.5 0.5B Instruct");
    assert!(wide.window.query_by_role_and_label(egui::Role::Button, "Get a model").is_none());
    let mut phone = open_with(PHONE, Theme::Light, Places::default());
    phone.window.state_mut().downloads.shop = wide.window.state().downloads.shop.clone();
    phone.steps(2);
    phone.window.get_by_role_and_label(egui::Role::Button, "Get a model").click();
    phone.steps(3);
    assert_eq!(phone.window.state().sheet, Some(Sheet::Library));
    phone.window.get_by_label("Download Qwen2.5 0.5B Instruct");
}

#[test]
fn the_model_that_the_reasoner_wants_is_named_with_the_way_to_it() {
    let (tap, folder) = (tap(), tempfile::tempdir().unwrap());
    let mut bench = bench(&tap, folder.path());
    let wants = |bench: &Bench| {
        let node = bench.window.query_all_by_label_contains("cargo xtask model").count();
        let named = bench.window.query_all_by_label_contains("SmolLM2-135M-Instruct.Q4_1.gguf").count();
        (node, named)
    };
    bench.window.state_mut().library.bundles = crate::bench::library().bundles;
    bench.steps(3);
    assert_eq!(wants(&bench), (2, 2), "in the middle, and where models are downloaded");
    // Another model is loaded.
    let loaded = samples::loaded();
    bench.tell(Update::Loaded(Box::new(Loaded { reasoner: None, ..loaded.clone() })));
    bench.steps(3);
    assert_eq!(wants(&bench), (2, 2));
    bench.tell(Update::Loaded(Box::new(loaded)));
    bench.steps(3);
    assert_eq!(wants(&bench).0, 0);
}

#[test]
fn stopping_and_closing_lose_nothing() {
    let (tap, folder) = (tap(), tempfile::tempdir().unwrap());
    let mut first = bench(&tap, folder.path());
    start(&mut first);
    tap.allow(100_000);
    until(&mut first, "a part is there", |bench| done(bench) == 100_000);
    first.window.get_by_label("Stop the download; it can go on later").click();
    first.steps(2);
    tap.allow(150_000);
    until(&mut first, "it stops", |bench| bench.window.state().downloads.running.is_none());
    assert!(first.window.state().notices.is_empty(), "{:?}", first.window.state().notices);
    first.window.get_by_label("Go on with tiny.gguf").click();
    first.steps(2);
    tap.allow(200_000);
    until(&mut first, "it goes on", |bench| done(bench) == 200_000);
    assert_eq!(tap.from.load(Relaxed), 150_000);
    // Closing in the middle.
    eframe::App::on_exit(first.window.state_mut());
    drop(first);
    tap.allow(250_000);

    let mut next = bench(&tap, folder.path());
    let begun = Instant::now();
    while tap.from.load(Relaxed) != 250_000 {
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", next.window.state().notices);
        // The window before may hold the part for a moment yet.
        if next.window.state().downloads.running.is_none() {
            next.window.get_by_label("Go on with tiny.gguf").click();
        }
        std::thread::sleep(Duration::from_millis(20));
        next.steps(2);
    }
    tap.allow(usize::MAX);
    until(&mut next, "all is there", |bench| bench.window.state().downloads.running.is_none());
    assert_eq!(std::fs::read(folder.path().join("models/tiny.gguf")).unwrap(), tap.content);
}

#[test]
fn a_wrong_name_and_a_folder_that_cannot_be_written_are_said() {
    let (tap, folder) = (tap(), tempfile::tempdir().unwrap());
    std::fs::write(folder.path().join("models"), "a file").unwrap();
    let mut bench = bench(&tap, folder.path());
    bench.tell(Update::Device(Box::new(samples::device())));
    bench.window.state_mut().download("somewhere");
    bench.window.state_mut().download(NAME);
    until(&mut bench, "it is over", |bench| bench.window.state().downloads.running.is_none());
    let notices: Vec<&str> = bench.window.state().notices.iter().map(|notice| notice.text.as_str()).collect();
    assert!(notices[0].contains("owner/name/file.gguf") && notices[1].contains("RUMINATE_MODELS"), "{notices:?}");
}
