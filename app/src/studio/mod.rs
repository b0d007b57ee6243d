//! The studio's state: what is open, what runs, and what a person asked for.

mod conversation;
mod downloads;
mod drawing;
mod models;
mod preferences;
mod said;
mod saver;
mod updates;

pub use downloads::{Downloads, Feed, Running, Shop};
pub(crate) use drawing::Loss;
pub use preferences::Preferences;
pub use said::Said;

use crate::backend::{Command, DeviceInfo, Link, Loaded, Loading, Measured, Pages};
use crate::history::{Conversation, Header, Store};
use crate::library::Library;
use crate::run::Told;
use crate::views::{ChatView, CompareView, MachineView, ThinkingView};
use eframe::egui;
use saver::Saver;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use web_time::Instant;

/// Between two writes of a conversation whose answer streams.
const SAVE_EVERY: Duration = Duration::from_secs(10);
/// Between two looks at what is being written, where nothing else wakes the window.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What is said when the engine is gone.
const ENDED: &str = "The engine ended by a fault of its own, and can answer nothing more. What there is of the \
                     conversation is kept: start the studio again. What the program wrote to its log helps a report";

/// Where the studio keeps and finds things.
#[derive(Default)]
pub struct Places {
    /// Conversations and settings; none where nothing is to be kept.
    pub store: Option<Store>,
    /// Models and bundles.
    pub library: Library,
    /// Where models can be had; none where nothing can be downloaded.
    pub shop: Option<Shop>,
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
    /// Keeps conversations and settings; none where there is no folder for them.
    pub(crate) saver: Option<Saver>,
    /// Models and bundles on disk.
    pub library: Library,
    /// Downloads of models.
    pub downloads: Downloads,
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
    has_engine_ended: bool,
    pub(crate) shows_keys: bool,
    /// Put down from outside when the device that draws the window is gone.
    pub(crate) drawing: Loss,
    /// What is then done in place of closing the window.
    pub(crate) drawing_lost: Option<Box<dyn Fn()>>,
    /// Lets a person choose files, where dropping them on the window may not do.
    pub(crate) choose_files: Option<Box<dyn Fn()>>,
    /// Told what the window says, where it is read out by other means than the window's own.
    pub(crate) mirror: Option<said::Mirror>,
    was_said: Said,
    focus: String,
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
        let Places { store, mut library, shop } = places;
        let preferences: Preferences = store.as_ref().map(Store::settings).unwrap_or_default();
        for path in &preferences.given {
            library.add(path);
        }
        let (saved, problems) = store.as_ref().map(Store::list).unwrap_or_default();
        let mut studio = Self {
            link,
            saver: store.map(Saver::new),
            library,
            downloads: Downloads::new(shop),
            saved_preferences: serde_json::to_string_pretty(&preferences).unwrap_or_default(),
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
            has_engine_ended: false,
            shows_keys: false,
            drawing: Loss::default(),
            drawing_lost: None,
            choose_files: None,
            mirror: None,
            was_said: Said::default(),
            focus: String::new(),
            shots: channel(),
            chat: ChatView::default(),
            thinking: ThinkingView::default(),
            compare: CompareView::default(),
            machine: MachineView::default(),
        };
        problems.into_iter().for_each(|problem| studio.problem(problem));
        if let Some(ended) = studio.preferences.ended.take() {
            studio.problem(ended);
        }
        if studio.saver.is_none() {
            studio.problem(
                "No conversations and settings are kept: the system names no folder for them. Set HOME to a folder of \
                 yours, and start the studio again",
            );
        }
        studio.new_conversation();
        studio.load_first();
        studio
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
            self.problem(ENDED);
        }
    }

    /// Writes an exported file, and says where.
    pub(crate) fn export(&mut self, name: &str, contents: &[u8]) {
        match self.saver.as_ref().map(|saver| saver.store().export(name, contents)) {
            Some(Ok(file)) => self.note(format!("Saved {}", file.display())),
            Some(Err(error)) => self.problem(format!("{name} cannot be saved: {error}")),
            None => self.problem("There is no folder to save in"),
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
}

impl eframe::App for Studio {
    fn logic(&mut self, ctx: &egui::Context, _: &mut eframe::Frame) {
        self.poll();
        self.mind_drawing(ctx);
        if self.saver.as_ref().is_some_and(Saver::is_busy) {
            ctx.request_repaint_after(LOOK_EVERY);
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        self.show(ui);
        self.mind_focus(ui.ctx());
        self.say();
    }

    #[cfg(target_arch = "wasm32")]
    fn as_any_mut(&mut self) -> Option<&mut dyn std::any::Any> {
        Some(self)
    }

    fn on_exit(&mut self) {
        // What streams is kept as far as it came.
        if let (Some(_), Some(turn)) = (self.live, self.conversation.turns.last_mut()) {
            turn.push(0.0, Told::Cancelled);
        }
        self.stop_download();
        self.save();
        self.save_preferences();
        self.flush();
        // There is no window any more to say it in.
        self.notices.iter().filter(|notice| notice.is_problem).for_each(|notice| tracing::error!("{}", notice.text));
    }
}
