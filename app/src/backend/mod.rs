//! The engine, on a thread and a device of its own, so that computing never stalls the window: commands go in, and what
//! happens comes out. The window knows these messages and nothing else; tests put their own in place of the engine's.
//! In a browser the thread is a worker, and messages travel as JSON.

mod alternatives;
mod answer;
mod device;
mod load;
mod measure;
mod worker;

pub use alternatives::Reading;
#[cfg(target_family = "wasm")]
pub(crate) use worker::work;
#[cfg(not(target_family = "wasm"))]
pub use worker::{spawn, spawn_watched};

use crate::controls::Controls;
use crate::run::{Candidate, Told};
use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use ruminate::session::{PageUse, Part};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::time::Duration;
#[cfg(not(target_family = "wasm"))]
use std::{thread::JoinHandle, time::Instant};

/// What the engine tells is drawn within this. Each frame takes the GPU from decoding for a moment, so tokens ask for no
/// more; what a person does is drawn at once.
pub const HEARD_WITHIN: Duration = Duration::from_millis(33);

/// How long the engine's thread is waited for when its window is closed.
#[cfg(not(target_family = "wasm"))]
const ENDED_WITHIN: Duration = Duration::from_secs(5);

/// What the engine is asked to do.
#[derive(Debug, Serialize, Deserialize)]
pub enum Command {
    /// Load a model in place of the one that is there, with a bundle if one is given.
    Load {
        /// The GGUF file.
        model: PathBuf,
        /// The bundle's folder.
        bundle: Option<PathBuf>,
    },
    /// Load an adapter beside the model.
    AddAdapter(PathBuf),
    /// Answer a question.
    Ask(Box<Ask>),
    /// Answer what is asked at once, with what has been thought so far.
    AnswerNow,
    /// Stop answering, measuring or testing.
    Stop,
    /// Give the plain chat answer that runs this adapter from its next token on; the base with `None`.
    Switch(Option<String>),
    /// Read a branch again, for what else it could have said.
    Alternatives(Box<Reading>),
    /// Time steps on the device.
    Measure,
    /// Check every kernel against its twin.
    SelfTest,
}

impl Command {
    /// Its end is told, by [`Update::Idle`].
    pub fn is_work(&self) -> bool {
        !matches!(self, Self::AnswerNow | Self::Stop | Self::Switch(_))
    }
}

/// A question, and what it is to be answered with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ask {
    /// What its events are told under.
    pub run: u64,
    /// The conversation before: (question, answer).
    pub history: Vec<(String, String)>,
    /// The question.
    pub question: String,
    /// How it is to be answered.
    pub controls: Controls,
    /// The adapter: of plain chat its engine-wide name, of reasoning its name in the bundle. `None` is the base in plain
    /// chat and the bundle's default in reasoning.
    pub adapter: Option<String>,
    /// What tokens are drawn with.
    pub seed: u64,
}

/// What the engine tells.
#[derive(Debug, Serialize, Deserialize)]
pub enum Update {
    /// The device that it runs on.
    Device(Box<DeviceInfo>),
    /// Loading goes on.
    Loading(Loading),
    /// A model is ready.
    Loaded(Box<Loaded>),
    /// Adapters of the model, after one was added.
    Adapters(Vec<AdapterEntry>),
    /// Something could not be done; what runs goes on.
    Problem(String),
    /// A model could not be loaded; there is none now.
    LoadFailed(String),
    /// Something happened in a run, so many seconds after its question.
    Told {
        /// Which run.
        run: u64,
        /// Seconds.
        at: f64,
        /// What.
        told: Told,
    },
    /// What else a branch could have said: the candidates of each token that was sampled.
    Alternatives {
        /// The conversation.
        conversation: String,
        /// The turn in it.
        turn: usize,
        /// The branch of the turn.
        branch: usize,
        /// Of each token, the likeliest first.
        candidates: Vec<Vec<Candidate>>,
    },
    /// The cache's pages.
    Pages(Box<Pages>),
    /// What measuring came to.
    Measured(Box<Measured>),
    /// A line of the self-test.
    SelfTestLine(String),
    /// The self-test is over: it passed, or not, or was stopped.
    SelfTestOver(Option<bool>),
    /// A command was done, or failed.
    Idle,
}

/// How far loading is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Loading {
    /// What: weights, kernels.
    pub what: Cow<'static, str>,
    /// So far.
    pub done: u64,
    /// In all.
    pub total: u64,
}

/// A device, as a person wants to know it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// Its name.
    pub name: String,
    /// Discrete, integrated, virtual, software.
    pub kind: String,
    /// Vulkan, Metal or DX12.
    pub backend: String,
    /// Driver and version.
    pub driver: String,
    /// The tier in force.
    pub tier: String,
    /// What kernels may use: (what, how much).
    pub limits: Vec<(Cow<'static, str>, String)>,
    /// The exception that holds for it: its evidence.
    pub quirk: Option<String>,
    /// Other devices that could run models.
    pub others: Vec<String>,
}

/// A loaded model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Loaded {
    /// The file.
    pub model: PathBuf,
    /// Its name.
    pub name: String,
    /// Weights.
    pub parameters: u64,
    /// Bytes of weights on the device.
    pub weight_bytes: u64,
    /// Bytes of keys and values.
    pub kv_bytes: u64,
    /// Bytes on the device in all.
    pub gpu_bytes: u64,
    /// Positions a branch can have.
    pub context: u32,
    /// The reasoner, where there is one.
    pub reasoner: Option<ReasonerInfo>,
    /// Adapters that plain chat can use.
    pub adapters: Vec<AdapterEntry>,
}

/// What a bundle's author states.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ReasonerInfo {
    /// The bundle's name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Its adapters.
    pub adapters: Vec<Thinker>,
    /// The one that thinks where nothing is said.
    pub default_adapter: String,
    /// Budgets to choose from.
    pub budgets: Vec<u32>,
    /// The budget where nothing is said.
    pub default_budget: u32,
    /// The least budget that leaves room for an answer.
    pub smallest_budget: u32,
    /// The threshold where nothing is said.
    pub threshold: f32,
    /// The branches' temperature where nothing is said.
    pub temperature: f32,
}

/// An adapter of a bundle, which thinks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thinker {
    /// Its name in the bundle.
    pub name: String,
    /// It was trained to keep to a budget that it is told.
    pub is_budget_stated: bool,
}

/// An adapter on the device.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AdapterEntry {
    /// Its name.
    pub name: String,
    /// Its largest rank.
    pub rank: u32,
    /// Bytes on the device.
    pub bytes: u64,
    /// Whether it may go on where the base was.
    pub kv_shareable: bool,
}

/// The cache's pages at a time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Pages {
    /// Positions a page.
    pub positions: u32,
    /// Bytes a page.
    pub bytes: u64,
    /// All of them.
    pub pages: Vec<PageUse>,
}

/// What measuring came to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Measured {
    /// Bytes a second that a kernel reads which does nothing else.
    pub bandwidth: f64,
    /// Decoding steps.
    pub steps: Vec<StepTime>,
    /// Parts of the step of one row, in order; empty where the device cannot time single dispatches.
    pub parts: Vec<Part>,
}

/// The time of a decoding step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct StepTime {
    /// Rows that decode.
    pub rows: u32,
    /// With an adapter.
    pub adapted: bool,
    /// Seconds.
    pub seconds: f64,
    /// Bytes that must be read.
    pub bytes: f64,
    /// Operations.
    pub flops: f64,
}

/// The window's ends of the two channels.
#[derive(Debug)]
pub struct Link {
    commands: UnboundedSender<Command>,
    updates: Receiver<Update>,
    /// Waited for at the end: a process that ends under a thread in the GPU's driver may crash there.
    #[cfg(not(target_family = "wasm"))]
    thread: Option<JoinHandle<()>>,
}

/// The engine's ends.
#[derive(Debug)]
pub struct Peer {
    /// What is asked.
    pub commands: UnboundedReceiver<Command>,
    /// What is told.
    pub updates: Sender<Update>,
}

/// Positions of the cache that a model is loaded with.
pub fn cache_positions(bundle: Option<&ruminate::reason::Bundle>) -> u32 {
    load::options(bundle).positions.unwrap_or(ruminate::session::DEFAULT_CONTEXT)
}

/// A pair of ends.
pub fn link() -> (Link, Peer) {
    let (commands, asked) = unbounded();
    let (updates, told) = channel();
    let link = Link {
        commands,
        updates: told,
        #[cfg(not(target_family = "wasm"))]
        thread: None,
    };
    (link, Peer { commands: asked, updates })
}

#[cfg(not(target_family = "wasm"))]
impl Drop for Link {
    fn drop(&mut self) {
        // Ends what runs.
        self.commands.close_channel();
        let begun = Instant::now();
        if let Some(thread) = self.thread.take() {
            // A model that is being loaded is not waited for longer.
            while !thread.is_finished() && begun.elapsed() < ENDED_WITHIN {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    }
}

impl Link {
    /// Asks for something; `false` if the engine's thread has ended.
    pub fn send(&self, command: Command) -> bool {
        self.commands.unbounded_send(command).is_ok()
    }

    /// What was told next.
    ///
    /// # Errors
    /// If nothing was told since the last call, or the engine's thread has ended and told all that it had to.
    pub fn next(&self) -> Result<Update, TryRecvError> {
        self.updates.try_recv()
    }
}
