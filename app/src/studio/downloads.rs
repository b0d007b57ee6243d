//! Downloads of models: one at a time, on a thread of its own. What has come is on the disk at once, so closing the
//! window loses nothing; which files are not whole yet is kept with the preferences.

use super::{Studio, Work};
use ruminate_download::{Error, FileName, Progress, Source, fetch};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use web_time::Instant;

/// Where models can be had, and where they are put.
#[derive(Clone)]
pub struct Shop {
    /// The folder that they are put in.
    pub folder: PathBuf,
    /// Opens the source, on the download's thread.
    pub open: Arc<dyn Fn() -> Result<Box<dyn Source>, Error> + Send + Sync>,
    /// Called at the end of a download.
    pub wake: Arc<dyn Fn() + Send + Sync>,
}

/// What is downloaded, and what a person writes of it.
#[derive(Default)]
pub struct Downloads {
    /// Where they are from; none where nothing can be downloaded.
    pub shop: Option<Shop>,
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
    last: Arc<Mutex<Option<Progress>>>,
    over: Receiver<Result<PathBuf, Error>>,
    is_stopped: Arc<AtomicBool>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.is_stopped.store(true, Relaxed);
    }
}

/// The thread's end of a download.
pub struct Feed {
    last: Arc<Mutex<Option<Progress>>>,
    over: Sender<Result<PathBuf, Error>>,
    is_stopped: Arc<AtomicBool>,
}

impl Feed {
    /// Tells how far it is; `false` if it is to stop.
    pub fn tell(&self, progress: Progress) -> bool {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
        !self.is_stopped.load(Relaxed)
    }

    /// Tells what it came to.
    pub fn end(self, came: Result<PathBuf, Error>) {
        // Whoever no longer listens has closed the window.
        let _ = self.over.send(came);
    }
}

impl Running {
    /// One that begins, and its thread's end.
    pub fn new(file: FileName) -> (Self, Feed) {
        let (tell, over) = channel();
        let feed = Feed { last: Arc::default(), over: tell, is_stopped: Arc::default() };
        let (last, is_stopped) = (feed.last.clone(), feed.is_stopped.clone());
        (Self { file, progress: None, begun: None, last, over, is_stopped }, feed)
    }

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
        let (running, feed) = Running::new(file.clone());
        let wanted = file.clone();
        let work = move || {
            let fetched = |source: Box<dyn Source>| fetch(&*source, &wanted, &shop.folder, &mut |at| feed.tell(at));
            let came = (shop.open)().and_then(fetched);
            feed.end(came);
            (shop.wake)();
        };
        match std::thread::Builder::new().name("download".into()).spawn(work) {
            Ok(_) => self.downloads.running = Some(running),
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
        running.progress = *running.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(progress) = running.progress.filter(|progress| !progress.is_checking) {
            running.begun.get_or_insert((Instant::now(), progress.done));
        }
        match running.over.try_recv() {
            Ok(came) => self.downloaded(&running.file, came),
            Err(TryRecvError::Empty) => self.downloads.running = Some(running),
            Err(TryRecvError::Disconnected) => {
                self.problem(format!("{}: the download ended by a fault; try it again", running.file));
            }
        }
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
