//! Downloads of models: one at a time, on a thread of its own. What has come is on the disk at once, so closing the
//! window loses nothing; which files are not whole yet is kept with the preferences.

use super::{Studio, Work};
use ruminate_download::{Error, FileName, Progress, Source, fetch};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Between two looks at a download.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// Where models can be had, and where they are put.
#[derive(Clone)]
pub struct Shop {
    /// The folder that they are put in.
    pub folder: PathBuf,
    /// Opens the source, on the download's thread.
    pub open: Arc<dyn Fn() -> Result<Box<dyn Source>, Error> + Send + Sync>,
    /// Called after each thing that is told.
    pub wake: Arc<dyn Fn() + Send + Sync>,
}

/// What is downloaded, and what a person writes of it.
#[derive(Default)]
pub struct Downloads {
    shop: Option<Shop>,
    /// What was typed.
    pub(crate) typed: String,
    /// What runs.
    pub running: Option<Running>,
}

/// A download that runs.
pub struct Running {
    /// Of which file.
    pub file: FileName,
    /// How far it is; nothing before the server has answered.
    pub progress: Option<Progress>,
    /// When the first new byte came, and how many bytes were there before.
    begun: Option<(Instant, u64)>,
    told: Receiver<Told>,
    is_stopped: Arc<AtomicBool>,
}

enum Told {
    Progress(Progress),
    Over(Result<PathBuf, Error>),
}

impl Running {
    /// Bytes a second since it began; nothing before that can be told.
    pub fn rate(&self) -> Option<f64> {
        let (since, before) = self.begun?;
        let seconds = since.elapsed().as_secs_f64();
        let done = self.progress?.done.saturating_sub(before);
        (seconds > 1.0).then(|| done as f64 / seconds)
    }

    /// It was asked to stop.
    pub fn is_stopping(&self) -> bool {
        self.is_stopped.load(Relaxed)
    }
}

impl Downloads {
    pub(super) fn new(shop: Option<Shop>) -> Self {
        Self { shop, ..Self::default() }
    }

    /// Models can be downloaded.
    pub fn is_open(&self) -> bool {
        self.shop.is_some()
    }
}

impl Studio {
    /// Downloads a model, from where an earlier attempt was cut.
    pub fn download(&mut self, name: &str) {
        let Some(shop) = self.downloads.shop.clone().filter(|_| self.downloads.running.is_none()) else { return };
        let file: FileName = match name.parse() {
            Ok(file) => file,
            Err(error) => return self.problem(Error::to_string(&error)),
        };
        let name = file.to_string();
        if !self.preferences.unfinished.contains(&name) {
            self.preferences.unfinished.push(name);
        }
        let (tell, told) = channel();
        let is_stopped = Arc::new(AtomicBool::new(false));
        let (wanted, stop) = (file.clone(), is_stopped.clone());
        let work = move || {
            let mut last = None;
            let mut progress = |progress: Progress| {
                if last.is_none_or(|last: Instant| last.elapsed() >= TELL_EVERY) {
                    last = Some(Instant::now());
                    // Whoever no longer listens has closed the window.
                    if tell.send(Told::Progress(progress)).is_err() {
                        return false;
                    }
                    (shop.wake)();
                }
                !stop.load(Relaxed)
            };
            let came = (shop.open)().and_then(|source| fetch(&*source, &wanted, &shop.folder, &mut progress));
            let _ = tell.send(Told::Over(came));
            (shop.wake)();
        };
        match std::thread::Builder::new().name("download".into()).spawn(work) {
            Ok(_) => self.downloads.running = Some(Running { file, progress: None, begun: None, told, is_stopped }),
            Err(error) => self.problem(format!("{file} cannot be downloaded: {error}")),
        }
    }

    /// Stops the download; what has come stays.
    pub fn stop_download(&self) {
        if let Some(running) = &self.downloads.running {
            running.is_stopped.store(true, Relaxed);
        }
    }

    /// Stops minding a download that is not whole.
    pub(crate) fn forget_download(&mut self, name: &str) {
        self.preferences.unfinished.retain(|unfinished| unfinished != name);
    }

    pub(super) fn poll_download(&mut self) {
        let Some(mut running) = self.downloads.running.take() else { return };
        loop {
            match running.told.try_recv() {
                Ok(Told::Progress(progress)) => {
                    if !progress.is_checking && running.begun.is_none() {
                        running.begun = Some((Instant::now(), progress.done));
                    }
                    running.progress = Some(progress);
                }
                Ok(Told::Over(came)) => return self.downloaded(&running.file, came),
                Err(std::sync::mpsc::TryRecvError::Empty) => break,
                Err(std::sync::mpsc::TryRecvError::Disconnected) => {
                    return self.problem(format!("{}: the download ended by a fault; try it again", running.file));
                }
            }
        }
        self.downloads.running = Some(running);
    }

    fn downloaded(&mut self, file: &FileName, came: Result<PathBuf, Error>) {
        match came {
            Ok(path) => {
                self.forget_download(&file.to_string());
                self.give(&path);
                let bundle = self.library.bundle_for(&path).map(|bundle| bundle.path.clone());
                if self.loaded.is_none() && self.work == Work::Idle {
                    self.note(format!("{} is here, and is loaded now", file.file));
                    self.load(path, bundle);
                } else {
                    self.note(format!("{} is here. Choose it under Model", file.file));
                }
            }
            Err(Error::Cancelled) => {}
            Err(error) => {
                // It would only be refused again.
                if matches!(error, Error::Refused { .. } | Error::Taken(_)) {
                    self.forget_download(&file.to_string());
                }
                self.problem(error.to_string());
            }
        }
    }
}
