//! The studio's state: what is open, what runs, and what a person asked for.

use crate::backend::{Ask, Command, DeviceInfo, Link, Loaded, Loading, Measured, Pages, Reading, Update};
use crate::controls::Controls;
use crate::history::{Conversation, Header, Store, Turn};
use crate::library::{self, Kind, Library};
use crate::run::{Piece, Run, Setup, Told};
use crate::views::{ChatView, CompareView, MachineView, ThinkingView};
use eframe::egui;
use ruminate::reason::Policy;
use serde::{Deserialize, Serialize};
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// Between two writes of a conversation whose answer streams.
const SAVE_EVERY: Duration = Duration::from_secs(10);

/// Where the studio keeps and finds things.
#[derive(Debug, Default)]
pub struct Places {
    /// Conversations and settings; none where nothing is to be kept.
    pub store: Option<Store>,
    /// Models and bundles.
    pub library: Library,
}

/// What is kept between two starts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Settings of answers.
    pub controls: Controls,
    /// Dark or light; as the system is where nothing was chosen.
    pub is_dark: Option<bool>,
    /// The model that was loaded last.
    pub model: Option<PathBuf>,
    /// Its bundle.
    pub bundle: Option<PathBuf>,
    /// Models and bundles that were dropped on the window.
    pub given: Vec<PathBuf>,
    /// The adapter of reasoning, of the bundle's.
    pub thinker: Option<String>,
    /// The list of conversations is shown.
    pub shows_library: bool,
    /// The controls are shown.
    pub shows_controls: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            controls: Controls::default(),
            is_dark: None,
            model: None,
            bundle: None,
            given: Vec::new(),
            thinker: None,
            shows_library: true,
            shows_controls: true,
        }
    }
}

/// The views.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// The conversation.
    #[default]
    Chat,
    /// A run, branch by branch.
    Thinking,
    /// One question, several ways.
    Compare,
    /// The device.
    Machine,
}

impl View {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Chat, Self::Thinking, Self::Compare, Self::Machine];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "Chat",
            Self::Thinking => "Thinking",
            Self::Compare => "Compare",
            Self::Machine => "Machine",
        }
    }
}

/// What a narrow window shows in place of the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sheet {
    /// Conversations and models.
    Library,
    /// Controls.
    Controls,
}

/// What the engine does.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// Nothing.
    Idle,
    /// It loads a model.
    Loading(Loading),
    /// It answers a run.
    Answering(u64),
    /// It reads a branch again.
    Reading,
    /// It times steps.
    Measuring,
    /// It checks kernels.
    Testing,
}

/// Something to be read, until it is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What.
    pub text: String,
    /// It went wrong.
    pub is_problem: bool,
}

/// A picture of the window, and its name.
pub(crate) type Shot = (String, egui::ColorImage);

/// The state.
pub struct Studio {
    pub(crate) link: Link,
    pub(crate) store: Option<Store>,
    /// Models and bundles on disk.
    pub library: Library,
    /// What is kept between two starts.
    pub preferences: Preferences,
    pub(crate) saved_preferences: String,
    /// The device, once it is open.
    pub device: Option<DeviceInfo>,
    /// The model, once it is there.
    pub loaded: Option<Loaded>,
    /// What the engine does.
    pub work: Work,
    /// The view in front.
    pub view: View,
    /// What covers it in a narrow window.
    pub sheet: Option<Sheet>,
    /// What is to be read.
    pub notices: Vec<Notice>,
    /// Saved conversations, the newest first.
    pub saved: Vec<Header>,
    /// The conversation that is open.
    pub conversation: Conversation,
    conversations: u64,
    /// The adapter of plain chat.
    pub chat_adapter: Option<String>,
    /// The turn that the thinking view shows; the last where none is chosen.
    pub shown_turn: Option<usize>,
    pub(crate) next_run: u64,
    /// Commands that the engine has not done yet.
    pending: usize,
    /// The run of the conversation's last turn, if it goes on.
    pub(crate) live: Option<u64>,
    last_save: Instant,
    could_save: bool,
    pub(crate) shows_keys: bool,
    /// Pictures of the window that were asked for, with their names.
    pub(crate) shots: (Sender<Shot>, Receiver<Shot>),
    pub(crate) chat: ChatView,
    pub(crate) thinking: ThinkingView,
    pub(crate) compare: CompareView,
    pub(crate) machine: MachineView,
}

impl Studio {
    /// Starts with what was kept, and asks the engine for the model that was there last.
    pub fn new(link: Link, places: Places) -> Self {
        let Places { store, mut library } = places;
        let preferences: Preferences = store.as_ref().map(Store::settings).unwrap_or_default();
        for path in &preferences.given {
            library.add(path);
        }
        let (saved, problems) = store.as_ref().map(Store::list).unwrap_or_default();
        let mut studio = Self {
            link,
            store,
            library,
            saved_preferences: serde_json::to_string(&preferences).unwrap_or_default(),
            preferences,
            device: None,
            loaded: None,
            work: Work::Idle,
            view: View::Chat,
            sheet: None,
            notices: Vec::new(),
            conversations: saved.len() as u64,
            saved,
            conversation: Conversation::new(0),
            chat_adapter: None,
            shown_turn: None,
            next_run: 0,
            pending: 0,
            live: None,
            last_save: Instant::now(),
            could_save: true,
            shows_keys: false,
            shots: channel(),
            chat: ChatView::default(),
            thinking: ThinkingView::default(),
            compare: CompareView::default(),
            machine: MachineView::default(),
        };
        problems.into_iter().for_each(|problem| studio.problem(problem));
        studio.new_conversation();
        studio.load_first();
        studio
    }

    fn load_first(&mut self) {
        let last = self.preferences.model.clone().filter(|path| path.exists());
        let bundle = self.preferences.bundle.clone().filter(|path| path.exists());
        let choice = last.map(|model| {
            let bundle = bundle.or_else(|| self.library.bundle_for(&model).map(|bundle| bundle.path.clone()));
            (model, bundle)
        });
        if let Some((model, bundle)) = choice.or_else(|| self.library.first_choice()) {
            self.load(model, bundle);
        }
    }

    /// Says that something went wrong.
    pub fn problem(&mut self, text: impl Into<String>) {
        let notice = Notice { text: text.into(), is_problem: true };
        if !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
    }

    /// Says that something was done.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notices.push(Notice { text: text.into(), is_problem: false });
    }

    /// Asks the engine for something.
    pub(crate) fn send(&mut self, command: Command) {
        self.pending += usize::from(command.is_work());
        if !self.link.send(command) {
            self.pending = 0;
            self.work = Work::Idle;
            self.problem("The engine's thread has ended. Start the studio again; conversations are kept");
        }
    }

    /// Loads a model, with a bundle if one is given.
    pub fn load(&mut self, model: PathBuf, bundle: Option<PathBuf>) {
        if self.is_answering() {
            self.stop();
        }
        self.loaded = None;
        self.chat_adapter = None;
        self.work = Work::Loading(Loading { what: "file", done: 0, total: 0 });
        self.preferences.model = Some(model.clone());
        self.preferences.bundle.clone_from(&bundle);
        self.send(Command::Load { model, bundle });
    }

    /// Takes what was dropped on the window.
    pub fn dropped(&mut self, path: &Path) {
        match library::sort(path) {
            Err(problem) => self.problem(problem),
            Ok(Kind::Adapter) => self.send(Command::AddAdapter(path.to_owned())),
            Ok(Kind::Model) => {
                self.give(path);
                let bundle = self.library.bundle_for(path).map(|bundle| bundle.path.clone());
                self.load(path.to_owned(), bundle);
            }
            Ok(Kind::Bundle) => self.dropped_bundle(path),
            Ok(Kind::Folder) => {
                let before = (self.library.models.len(), self.library.bundles.len());
                let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
                entries.for_each(|entry| self.give(&entry.path()));
                let after = (self.library.models.len(), self.library.bundles.len());
                match (after.0 - before.0, after.1 - before.1) {
                    (0, 0) => self.problem(format!("{}: no new model or bundle is in it", path.display())),
                    (models, bundles) => self.note(format!("Found {models} models and {bundles} bundles")),
                }
            }
        }
    }

    fn dropped_bundle(&mut self, path: &Path) {
        // Says what is wrong with it, if something is.
        let bundle = match ruminate::reason::Bundle::open(path) {
            Ok(bundle) => bundle,
            Err(error) => return self.problem(error.to_string()),
        };
        self.give(&bundle.folder);
        let base = bundle.manifest.base.file;
        let model = self.library.models.iter().find(|model| model.path.file_name().is_some_and(|name| *name == *base));
        match model.map(|model| model.path.clone()) {
            Some(model) => self.load(model, Some(bundle.folder)),
            None => self.problem(format!(
                "{} was made for {base}, which is not there. Fetch it with `cargo xtask model`, or drop it on the window",
                bundle.manifest.name
            )),
        }
    }

    fn give(&mut self, path: &Path) {
        let before = self.library.clone();
        self.library.add(path);
        if self.library != before && !self.preferences.given.iter().any(|given| given == path) {
            self.preferences.given.push(path.to_owned());
        }
    }

    /// A run of the conversation goes on.
    pub fn is_answering(&self) -> bool {
        matches!(self.work, Work::Answering(_))
    }

    /// A question can be asked now.
    pub fn is_ready(&self) -> bool {
        self.loaded.is_some() && self.work == Work::Idle
    }

    /// Whether answers can be reasoned.
    pub fn reasons(&self) -> bool {
        self.preferences.controls.policy != Policy::Chat
            && self.loaded.as_ref().is_some_and(|loaded| loaded.reasoner.is_some())
    }

    /// What the controls come to with what is loaded.
    pub(crate) fn setup(&self, controls: &Controls, seed: u64) -> Setup {
        let reasons = self.loaded.as_ref().is_some_and(|loaded| loaded.reasoner.is_some());
        let policy = if reasons { controls.policy } else { Policy::Chat };
        let device = self.device.as_ref().map(|device| format!("{}, {} tier", device.name, device.tier));
        Setup {
            model: self.loaded.as_ref().map(|loaded| loaded.name.clone()).unwrap_or_default(),
            device: device.unwrap_or_default(),
            policy: policy.to_string(),
            vote: controls.vote.to_string(),
            seed,
        }
    }

    pub(crate) fn seed(&self, controls: &Controls) -> u64 {
        // 32 bits are easier to type again.
        controls.seed.unwrap_or_else(|| RandomState::new().hash_one(self.next_run) >> 32)
    }

    /// Asks a question in the conversation.
    pub fn ask(&mut self, question: &str) {
        let question = question.trim();
        if question.is_empty() || !self.is_ready() {
            return;
        }
        if self.conversation.header.title.is_empty() {
            self.conversation.header.title = title(question);
        }
        let controls = self.preferences.controls.clone();
        let seed = self.seed(&controls);
        let setup = self.setup(&controls, seed);
        let history = self.conversation.before(self.conversation.turns.len());
        self.conversation.turns.push(Turn::new(Run::new(question, setup)));
        self.shown_turn = None;
        self.thinking = ThinkingView::default();
        let run = self.start(Ask {
            run: 0,
            history,
            question: question.to_owned(),
            adapter: if self.reasons() { self.preferences.thinker.clone() } else { self.chat_adapter.clone() },
            controls,
            seed,
        });
        self.live = Some(run);
        self.save();
    }

    /// Starts a run, whose number it gives.
    pub(crate) fn start(&mut self, ask: Ask) -> u64 {
        let run = self.next_run;
        self.next_run += 1;
        self.work = Work::Answering(run);
        self.send(Command::Ask(Box::new(Ask { run, ..ask })));
        run
    }

    /// Has a branch read again, for what else it could have said.
    pub fn read_again(&mut self, turn: usize, branch: usize) {
        let Some(Turn { run, scene }) = self.conversation.turns.get(turn).filter(|_| self.is_ready()) else { return };
        let Some(lane) = scene.lanes.get(branch) else { return };
        let part = |piece: &Piece| (piece.id, lane.of(piece).to_owned(), scene.name(piece.voice).map(str::to_owned));
        // The bundle's name for it comes after its own.
        let thinker = scene.adapters.first().and_then(|name| name.rsplit('/').next()).map(str::to_owned);
        let reading = Reading {
            conversation: self.conversation.header.id.clone(),
            turn,
            branch,
            history: self.conversation.before(turn),
            question: run.question.clone(),
            reasoned: scene.budget().map(|budget| (thinker, budget)),
            parts: lane.pieces.iter().map(part).collect(),
        };
        self.work = Work::Reading;
        self.send(Command::Alternatives(Box::new(reading)));
    }

    /// Asks again from a turn on, with its own words or others; what followed is dropped.
    pub fn ask_again(&mut self, turn: usize, question: Option<&str>) {
        if !self.is_ready() || turn >= self.conversation.turns.len() {
            return;
        }
        let own = self.conversation.turns[turn].run.question.clone();
        self.conversation.turns.truncate(turn);
        self.ask(question.unwrap_or(&own));
    }

    /// Stops what runs.
    pub fn stop(&mut self) {
        self.compare.forget_rest();
        self.send(Command::Stop);
    }

    /// Gives plain chat an adapter, from the next token on where an answer streams.
    pub fn switch(&mut self, adapter: Option<String>) {
        self.chat_adapter.clone_from(&adapter);
        if self.is_answering() {
            self.send(Command::Switch(adapter));
        }
    }

    /// Opens an empty conversation.
    pub fn new_conversation(&mut self) {
        if self.live.is_some() {
            self.stop();
        }
        self.save();
        self.conversations += 1;
        self.conversation = Conversation::new(self.conversations);
        self.left_conversation();
    }

    fn left_conversation(&mut self) {
        self.live = None;
        self.shown_turn = None;
        self.chat = ChatView::default();
        self.thinking = ThinkingView::default();
    }

    /// Opens a saved conversation.
    pub fn open(&mut self, id: &str) {
        if self.conversation.header.id == id {
            return;
        }
        if self.live.is_some() {
            self.stop();
        }
        self.save();
        match self.store.as_ref().map(|store| store.load(id)) {
            Some(Ok((conversation, damaged))) => {
                self.conversation = conversation;
                self.left_conversation();
                if damaged > 0 {
                    self.problem(format!("{damaged} turns of this conversation are damaged and were left out"));
                }
            }
            Some(Err(error)) => self.problem(format!("The conversation cannot be read: {error}")),
            None => {}
        }
    }

    /// Deletes a saved conversation.
    pub fn delete(&mut self, id: &str) {
        if let Some(Err(error)) = self.store.as_ref().map(|store| store.delete(id)) {
            return self.problem(format!("The conversation cannot be deleted: {error}"));
        }
        self.saved.retain(|header| header.id != id);
        if self.conversation.header.id == id {
            // It is not to be saved again.
            self.conversation.turns.clear();
            self.new_conversation();
        }
    }

    /// Writes the conversation, if there is something in it.
    pub fn save(&mut self) {
        self.last_save = Instant::now();
        let Some(store) = self.store.as_ref().filter(|_| !self.conversation.turns.is_empty()) else { return };
        match store.save(&self.conversation) {
            Ok(()) => {
                self.could_save = true;
                let header = &self.conversation.header;
                match self.saved.iter_mut().find(|saved| saved.id == header.id) {
                    Some(saved) => saved.clone_from(header),
                    None => self.saved.insert(0, header.clone()),
                }
            }
            // Once is enough, until it works again.
            Err(_) if !self.could_save => {}
            Err(error) => {
                self.could_save = false;
                self.problem(format!(
                    "The conversation cannot be saved: {error}. It stays open here; make room, and it is saved with the \
                     next answer"
                ));
            }
        }
    }

    fn save_preferences(&mut self) {
        let now = serde_json::to_string(&self.preferences).unwrap_or_default();
        if now == self.saved_preferences {
            return;
        }
        self.saved_preferences = now;
        if let Some(Err(error)) = self.store.as_ref().map(|store| store.save_settings(&self.preferences)) {
            self.problem(format!("The settings cannot be saved: {error}"));
        }
    }

    /// Writes an exported file, and says where.
    pub(crate) fn export(&mut self, name: &str, contents: &[u8]) {
        match self.store.as_ref().map(|store| store.export(name, contents)) {
            Some(Ok(file)) => self.note(format!("Saved {}", file.display())),
            Some(Err(error)) => self.problem(format!("{name} cannot be saved: {error}")),
            None => self.problem("There is no folder to save in"),
        }
    }

    /// Takes what the engine told since the last call.
    pub fn poll(&mut self) {
        let updates: Vec<Update> = self.link.updates().collect();
        for update in updates {
            self.take(update);
        }
        let shots: Vec<Shot> = self.shots.1.try_iter().collect();
        for (name, image) in shots {
            match crate::export::png(&image) {
                Ok(file) => self.export(&name, &file),
                Err(error) => self.problem(format!("{name} cannot be made: {error}")),
            }
        }
        if self.live.is_some() && self.last_save.elapsed() > SAVE_EVERY {
            self.save();
        }
        self.save_preferences();
    }

    fn take(&mut self, update: Update) {
        match update {
            Update::Device(device) => self.device = Some(*device),
            Update::Loading(loading) => self.work = Work::Loading(loading),
            Update::Loaded(loaded) => {
                self.loaded = Some(*loaded);
                self.machine.measured = None;
            }
            Update::Adapters(adapters) => {
                let new = adapters.last().map(|adapter| adapter.name.clone());
                if let Some(loaded) = &mut self.loaded {
                    loaded.adapters = adapters;
                }
                if let Some(new) = new {
                    self.note(format!("Adapter {new} is loaded. Choose it under Plain chat"));
                }
            }
            Update::Problem(problem) => self.problem(problem),
            Update::LoadFailed(problem) => {
                self.loaded = None;
                self.problem(problem);
            }
            Update::Told { run, at, told } => self.told(run, at, told),
            Update::Alternatives { conversation, turn, branch, candidates } => {
                if conversation == self.conversation.header.id
                    && let Some(turn) = self.conversation.turns.get_mut(turn)
                {
                    turn.run.alternatives.insert(branch, candidates);
                    self.save();
                }
            }
            Update::Pages(pages) => self.machine.pages = *pages,
            Update::Measured(measured) => self.machine.measured = Some(*measured),
            Update::SelfTestLine(line) => self.machine.report.push_str(&line),
            Update::SelfTestOver(passed) => self.machine.passed = Some(passed),
            Update::Idle => self.idle(),
        }
    }

    fn told(&mut self, run: u64, at: f64, told: Told) {
        if self.live == Some(run) {
            if let Some(turn) = self.conversation.turns.last_mut() {
                turn.run.push(at, told);
                turn.scene.follow(&turn.run, None);
                if turn.run.is_over() {
                    self.live = None;
                    self.save();
                }
            }
        } else {
            self.compare.told(run, at, told);
        }
    }

    fn idle(&mut self) {
        self.pending = self.pending.saturating_sub(1);
        if self.pending > 0 {
            return;
        }
        self.work = Work::Idle;
        if let Some(ask) = self.compare.next() {
            let run = self.start(ask);
            self.compare.started(run);
        }
    }

    /// The pages of the cache, as they were last told.
    pub fn pages(&self) -> &Pages {
        &self.machine.pages
    }

    /// What was measured.
    pub fn measured(&self) -> Option<&Measured> {
        self.machine.measured.as_ref()
    }

    /// The turn that the thinking view shows.
    pub(crate) fn turn(&self) -> Option<usize> {
        let last = self.conversation.turns.len().checked_sub(1)?;
        Some(self.shown_turn.map_or(last, |turn| turn.min(last)))
    }
}

impl eframe::App for Studio {
    fn logic(&mut self, _: &egui::Context, _: &mut eframe::Frame) {
        self.poll();
    }

    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        self.show(ui);
    }

    fn on_exit(&mut self) {
        // What streams is kept as far as it came.
        if let (Some(_), Some(turn)) = (self.live, self.conversation.turns.last_mut()) {
            let at = turn.run.duration();
            turn.run.push(at, Told::Cancelled);
            turn.scene.follow(&turn.run, None);
        }
        self.save();
        self.save_preferences();
    }
}

/// The first words of a question.
fn title(question: &str) -> String {
    let mut title = String::new();
    for word in question.split_whitespace() {
        if title.chars().count() + word.chars().count() > 48 {
            title.push('…');
            break;
        }
        if !title.is_empty() {
            title.push(' ');
        }
        title.push_str(word);
    }
    title
}
