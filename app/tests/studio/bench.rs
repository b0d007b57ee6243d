//! A studio whose engine is the test.

use eframe::egui::{self, Vec2, vec2};
use egui_kittest::{Harness, SnapshotOptions};
use ruminate_app::backend::{Ask, Command, Peer, Update, link};
use ruminate_app::history::{Conversation, Store, Turn};
use ruminate_app::library::{BundleFile, Library, ModelFile, Need};
use ruminate_app::run::Run;
use ruminate_app::{Places, Studio, theme};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A laptop's window.
pub const DESKTOP: Vec2 = vec2(1180.0, 780.0);
/// A phone's screen.
pub const PHONE: Vec2 = vec2(360.0, 740.0);

/// A window and its engine.
pub struct Bench {
    pub window: Harness<'static, Studio>,
    pub engine: Peer,
    /// What is kept where the test does not look.
    _kept: Option<TempDir>,
}

/// What is on the disk.
pub fn library() -> Library {
    let need = Need { weights: 90 << 20, kv: Some(250 << 20), work: 40 << 20 };
    Library {
        models: vec![
            ModelFile {
                path: "SmolLM2-135M-Instruct.Q4_1.gguf".into(),
                name: "SmolLM2-135M-Instruct.Q4_1".into(),
                need: Ok(need),
            },
            ModelFile {
                path: "broken.gguf".into(),
                name: "broken".into(),
                need: Err("broken.gguf: it is shorter than its header says. Download it again".into()),
            },
        ],
        bundles: vec![BundleFile {
            path: "models/smollm2-reasoner".into(),
            name: "smollm2-reasoner".into(),
            base: "SmolLM2-135M-Instruct.Q4_1.gguf".into(),
        }],
    }
}

/// Opens a window; `store` keeps conversations, or a folder of its own.
pub fn open(size: Vec2, theme: egui::Theme, store: Option<Store>) -> Bench {
    let kept = store.is_none().then(|| tempfile::tempdir().expect("a folder can be made"));
    let store = store.or_else(|| kept.as_ref().map(|folder| Store::new(folder.path())));
    Bench { _kept: kept, ..open_with(size, theme, Places { store, library: library(), shop: None }) }
}

/// Opens a window on a screen with two pixels a point.
pub fn open_fine(size: Vec2, theme: egui::Theme) -> Bench {
    let kept = tempfile::tempdir().expect("a folder can be made");
    let places = Places { store: Some(Store::new(kept.path())), library: library(), shop: None };
    let (link, engine) = link();
    let window = window_of(size, 2.0, theme, Studio::new(link, places));
    Bench { window, engine, _kept: Some(kept) }
}

/// Opens a window that keeps and finds things here.
pub fn open_with(size: Vec2, theme: egui::Theme, places: Places) -> Bench {
    let (link, engine) = link();
    Bench { window: window(size, theme, Studio::new(link, places)), engine, _kept: None }
}

/// Opens the window of a studio.
pub fn window(size: Vec2, theme: egui::Theme, studio: Studio) -> Harness<'static, Studio> {
    window_of(size, 1.0, theme, studio)
}

fn window_of(size: Vec2, pixels: f32, theme: egui::Theme, mut studio: Studio) -> Harness<'static, Studio> {
    studio.preferences.is_dark = Some(theme == egui::Theme::Dark);
    Harness::builder()
        .with_size(size)
        .with_pixels_per_point(pixels)
        .with_theme(theme)
        .with_max_steps(40)
        .with_options(SnapshotOptions::new().max_failed_pixels(24))
        .with_context_setup(theme::install)
        .wgpu()
        .build_ui_state(
            |ui, studio: &mut Studio| {
                studio.poll();
                studio.show(ui);
            },
            studio,
        )
}

/// Draws until something holds, for a minute at most.
pub fn until(window: &mut Harness<'static, Studio>, what: &str, holds: impl Fn(&Studio) -> bool) {
    let begun = Instant::now();
    while !holds(window.state()) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}: {:?}", window.state().notices);
        std::thread::sleep(Duration::from_millis(10));
        window.run_steps(1);
    }
    window.run_steps(2);
}

impl Bench {
    /// The engine tells something.
    pub fn tell(&mut self, update: Update) {
        self.engine.updates.send(update).expect("the window listens");
    }

    /// The engine tells that its model is there.
    pub fn load(&mut self) {
        self.tell(Update::Device(Box::new(crate::samples::device())));
        self.tell(Update::Pages(Box::new(crate::samples::pages())));
        self.tell(Update::Loaded(Box::new(crate::samples::loaded())));
        self.tell(Update::Idle);
        self.steps(3);
    }

    /// Draws so many times, whatever still moves.
    pub fn steps(&mut self, count: usize) {
        self.window.run_steps(count);
    }

    /// What the engine was asked for since the last call.
    pub fn asked(&mut self) -> Vec<Command> {
        std::iter::from_fn(|| self.engine.commands.try_recv().ok()).collect()
    }

    /// The one question that was asked since the last call.
    pub fn only_ask(&mut self) -> Ask {
        let asked = self.asked();
        match asked.into_iter().find(|command| matches!(command, Command::Ask(_))) {
            Some(Command::Ask(ask)) => *ask,
            other => panic!("no question was asked: {other:?}"),
        }
    }

    /// Tells a recorded run under a number.
    pub fn replay(&mut self, run: u64, recorded: &Run) {
        for event in &recorded.events {
            self.tell(Update::Told { run, at: event.at, told: event.told.clone() });
        }
        if recorded.is_over() {
            self.tell(Update::Idle);
        }
        self.steps(4);
    }

    /// Puts finished runs into the conversation.
    pub fn put(&mut self, runs: Vec<Run>) {
        let studio = self.window.state_mut();
        let mut conversation = Conversation::new(1);
        conversation.header.title = "Pens and change".into();
        conversation.turns = runs.into_iter().map(Turn::new).collect();
        studio.conversation = conversation;
        self.steps(3);
    }
}
