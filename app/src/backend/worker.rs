//! The engine's thread, or worker.

use super::alternatives::{Reading, alternatives};
use super::answer::{answer, pages};
use super::device::describe;
use super::load::Model;
use super::measure::measure;
use super::{Command, Peer, Update};
use crate::platform::Host;
use futures_channel::mpsc::{TryRecvError, UnboundedReceiver};
use ruminate::gpu::{Gpu, GpuOptions};
use ruminate::kernels::TABLES;
use ruminate::selftest::{Progress, Report, Selection, TIERS};
use ruminate::{Error, Result};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;

/// Starts the engine's thread; `wake` is called after each thing that it tells.
///
/// # Errors
/// If the system starts no thread.
#[cfg(not(target_family = "wasm"))]
pub fn spawn(gpu: Option<String>, wake: impl Fn() + Send + Sync + 'static) -> std::io::Result<super::Link> {
    spawn_watched(gpu, wake, |_| {})
}

/// As [`spawn`]; `opened` is given each device that the engine opens. Tests take one away by it.
///
/// # Errors
/// As [`spawn`].
#[cfg(not(target_family = "wasm"))]
pub fn spawn_watched(
    gpu: Option<String>,
    wake: impl Fn() + Send + Sync + 'static,
    opened: impl Fn(&Arc<Gpu>) + Send + 'static,
) -> std::io::Result<super::Link> {
    let (mut link, peer) = super::link();
    let host = Host { gpu, opened: Box::new(opened) };
    let wake = Arc::new(wake);
    let work = move || {
        // Dropped after the engine's ends of the channels: whoever is woken sees that it has ended, be it by a panic.
        let _end = End(wake.clone());
        pollster::block_on(work(host, peer, Box::new(move || wake())));
    };
    link.thread = Some(std::thread::Builder::new().name("engine".into()).spawn(work)?);
    Ok(link)
}

/// Wakes when it is dropped.
#[cfg(not(target_family = "wasm"))]
struct End<W: Fn()>(Arc<W>);

#[cfg(not(target_family = "wasm"))]
impl<W: Fn()> Drop for End<W> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// What is wished for something that runs.
pub enum Wish {
    /// Its end.
    Stop,
    /// Its answer.
    AnswerNow,
    /// Another adapter.
    Switch(Option<String>),
}

/// Where commands come in, and what happens goes out.
pub struct Desk {
    commands: UnboundedReceiver<Command>,
    updates: Sender<Update>,
    wake: Box<dyn Fn() + Send + Sync>,
    /// What came while something ran, and is done after it.
    later: VecDeque<Command>,
    is_closed: bool,
}

impl Desk {
    /// Tells something.
    pub fn tell(&mut self, update: Update) {
        // Whoever no longer listens has closed the window.
        self.is_closed |= self.updates.send(update).is_err();
        (self.wake)();
    }

    /// The next wish; everything else waits. A closed window wishes the end.
    pub fn wish(&mut self) -> Option<Wish> {
        loop {
            match self.commands.try_recv() {
                Ok(Command::Stop) => return Some(Wish::Stop),
                Ok(Command::AnswerNow) => return Some(Wish::AnswerNow),
                Ok(Command::Switch(to)) => return Some(Wish::Switch(to)),
                Ok(command) => self.later.push_back(command),
                Err(TryRecvError::Empty) => return self.is_closed.then_some(Wish::Stop),
                Err(TryRecvError::Closed) => {
                    self.is_closed = true;
                    return Some(Wish::Stop);
                }
            }
        }
    }

    /// [`Error::Cancelled`] if the end is wished.
    pub fn check_stop(&mut self) -> Result<()> {
        if matches!(self.wish(), Some(Wish::Stop)) { Err(Error::Cancelled) } else { Ok(()) }
    }

    async fn next(&mut self) -> Option<Command> {
        match self.later.pop_front() {
            _ if self.is_closed => None,
            None => self.commands.recv().await.ok(),
            waited => waited,
        }
    }
}

struct Worker {
    desk: Desk,
    host: Host,
    gpu: Option<Arc<Gpu>>,
    model: Option<Model>,
    /// What is loaded, to load it again on another device.
    source: Option<(PathBuf, Option<PathBuf>)>,
    added: Vec<PathBuf>,
}

/// Obeys until the window is closed; `wake` is called after each thing that is told.
pub async fn work(host: Host, peer: Peer, wake: Box<dyn Fn() + Send + Sync>) {
    let Peer { commands, updates } = peer;
    let desk = Desk { commands, updates, wake, later: VecDeque::new(), is_closed: false };
    let mut worker = Worker { desk, host, gpu: None, model: None, source: None, added: Vec::new() };
    if let Err(error) = worker.open().await {
        worker.desk.tell(Update::LoadFailed(error.to_string()));
    }
    while let Some(command) = worker.desk.next().await {
        let is_work = command.is_work();
        worker.obey(command).await;
        if is_work {
            worker.desk.tell(Update::Idle);
        }
    }
}

impl Worker {
    /// The device, opened if it is not, or was lost.
    async fn open(&mut self) -> Result<Arc<Gpu>> {
        if let Some(gpu) = &self.gpu {
            return Ok(gpu.clone());
        }
        let gpu = Gpu::open(&self.host.gpu_options(None)).await?;
        self.desk.tell(Update::Device(Box::new(describe(&self.host, &gpu).await)));
        self.host.opened(&gpu);
        self.gpu = Some(gpu.clone());
        Ok(gpu)
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::Load { model, bundle } => {
                self.added.clear();
                self.source = Some((model, bundle));
                self.load().await;
            }
            Command::AddAdapter(path) => self.add_adapter(path).await,
            Command::Ask(ask) => {
                if self.model.is_none() && self.source.is_some() {
                    self.load().await;
                }
                let Some(model) = &mut self.model else {
                    let error = "no model is loaded. Choose one first".to_owned();
                    let told = crate::run::Told::Failed { error };
                    return self.desk.tell(Update::Told { run: ask.run, at: 0.0, told });
                };
                let answered = answer(model, &ask, &mut self.desk).await;
                self.recover(answered).await;
            }
            Command::Alternatives(reading) => self.read_again(&reading).await,
            Command::Measure => self.measure().await,
            Command::SelfTest => self.self_test().await,
            // Nothing runs.
            Command::AnswerNow | Command::Stop | Command::Switch(_) => {}
        }
    }

    async fn load(&mut self) {
        let Some((model, bundle)) = self.source.clone() else { return };
        // Two models would want room at the same time.
        self.model = None;
        match self.loaded(&model, bundle.as_deref()).await {
            Ok(loaded) => {
                self.desk.tell(Update::Pages(Box::new(pages(&loaded.engine))));
                self.desk.tell(Update::Loaded(Box::new(loaded.describe())));
                self.model = Some(loaded);
                for path in self.added.clone() {
                    self.load_adapter(&path).await;
                }
            }
            Err(error) => {
                self.host.failed(&error).await;
                if matches!(error, Error::DeviceLost(_)) {
                    self.gpu = None;
                }
                self.source = None;
                self.desk.tell(Update::LoadFailed(error.to_string()));
            }
        }
    }

    async fn loaded(&mut self, model: &Path, bundle: Option<&Path>) -> Result<Model> {
        let gpu = self.open().await?;
        let (updates, wake) = (self.desk.updates.clone(), &self.desk.wake);
        let progress = |loading| {
            let goes_on = updates.send(Update::Loading(loading)).is_ok();
            wake();
            goes_on
        };
        Model::load(&self.host, gpu, model, bundle, &progress).await
    }

    async fn add_adapter(&mut self, path: PathBuf) {
        if self.load_adapter(&path).await {
            self.added.push(path);
        }
    }

    async fn load_adapter(&mut self, path: &Path) -> bool {
        let Some(model) = &mut self.model else {
            self.desk.tell(Update::Problem("an adapter belongs to a model: load a model first".into()));
            return false;
        };
        match model.add_adapter(&self.host, path).await {
            Ok(()) => {
                let adapters = model.adapters();
                self.desk.tell(Update::Adapters(adapters));
                true
            }
            Err(error) => {
                self.host.failed(&error).await;
                self.desk.tell(Update::Problem(error.to_string()));
                false
            }
        }
    }

    /// After a lost device: opens it again and loads the model again.
    async fn recover(&mut self, done: Result<()>) {
        if let Err(error) = &done {
            self.host.failed(error).await;
        }
        if let Err(Error::DeviceLost(reason)) = done {
            let problem =
                format!("The GPU device was lost ({reason}). The model is loaded again: then choose Try again");
            self.desk.tell(Update::Problem(problem));
            self.model = None;
            self.gpu = None;
            self.load().await;
        }
    }

    async fn measure(&mut self) {
        let Some(model) = &mut self.model else {
            return self.desk.tell(Update::Problem("measuring wants a model: load one first".into()));
        };
        match measure(model, &mut self.desk).await {
            Ok(measured) => self.desk.tell(Update::Measured(Box::new(measured))),
            Err(Error::Cancelled) => {}
            Err(error) => {
                self.desk.tell(Update::Problem(error.to_string()));
                self.recover(Err(error)).await;
            }
        }
    }

    async fn read_again(&mut self, reading: &Reading) {
        let Some(model) = &mut self.model else {
            return self.desk.tell(Update::Problem("reading again wants the model: load it first".into()));
        };
        match alternatives(model, reading, &mut self.desk).await {
            Ok(candidates) => self.desk.tell(Update::Alternatives {
                conversation: reading.conversation.clone(),
                turn: reading.turn,
                branch: reading.branch,
                candidates,
            }),
            Err(Error::Cancelled) => {}
            Err(error) => {
                self.desk.tell(Update::Problem(error.to_string()));
                self.recover(Err(error)).await;
            }
        }
    }

    async fn self_test(&mut self) {
        match self.run_self_test().await {
            Ok(passed) => self.desk.tell(Update::SelfTestOver(Some(passed))),
            Err(Error::Cancelled) => self.desk.tell(Update::SelfTestOver(None)),
            Err(error) => {
                self.desk.tell(Update::SelfTestLine(format!("\n{error}\n")));
                self.desk.tell(Update::SelfTestOver(Some(false)));
            }
        }
    }

    async fn run_self_test(&mut self) -> Result<bool> {
        let gpu = self.open().await?;
        let host = &self.host;
        let open = async |tier| Gpu::open(&GpuOptions { f16: Some(true), ..host.gpu_options(Some(tier)) }).await;
        let mut report = Report::new(&gpu);
        report.adapter = host.name(&gpu);
        if let Some(system) = host.system() {
            report.system = system;
        }
        let desk = &mut self.desk;
        desk.tell(Update::SelfTestLine(report.head()));
        let selection = Selection { tiers: &TIERS, tables: TABLES, filter: "" };
        let mut tell = |progress: Progress<'_>| {
            match progress {
                Progress::Tier(tier) => desk.tell(Update::SelfTestLine(tier.to_string())),
                Progress::Kernel(kernel) => desk.tell(Update::SelfTestLine(kernel.to_string())),
                Progress::Case(..) | Progress::Done(_) => {}
            }
            desk.check_stop().is_ok()
        };
        report.run(&selection, gpu.caps.tier, open, &mut tell).await?;
        self.desk.tell(Update::SelfTestLine(format!("\n{}\n", report.verdict())));
        Ok(report.passed)
    }
}
