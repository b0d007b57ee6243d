//! Writing behind: what is to be kept is written on a thread of its own, so that no frame waits for a disk. What waits
//! is written before the saver is dropped. Where there are no threads (a browser), it is written at once, which costs
//! little there: the page itself writes behind.

use crate::history::{Snapshot, Store};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Something to be kept.
pub enum Job {
    /// A conversation as it is now.
    Conversation(Snapshot),
    /// The settings, as JSON.
    Settings(String),
}

impl Job {
    /// Jobs of one key are of one file: the last counts.
    fn key(&self) -> String {
        match self {
            Self::Conversation(snapshot) => snapshot.header.id.clone(),
            Self::Settings(_) => String::new(),
        }
    }

    fn write(self, store: &Store) -> Done {
        let written = match &self {
            Self::Conversation(snapshot) => store.save(snapshot),
            Self::Settings(json) => store.save_settings(json),
        };
        Done { job: self, written }
    }
}

/// What became of a job.
pub struct Done {
    /// The job.
    pub job: Job,
    /// Whether it could be written.
    pub written: io::Result<()>,
}

#[derive(Default)]
struct State {
    waiting: BTreeMap<String, Job>,
    is_writing: bool,
    is_closed: bool,
    done: Vec<Done>,
}

#[derive(Default)]
struct Desk {
    state: Mutex<State>,
    changed: Condvar,
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what waits, until the saver is dropped and nothing waits.
    #[cfg_attr(target_family = "wasm", allow(dead_code, reason = "there is no thread to do it"))]
    fn work(&self, store: &Store) {
        let mut state = self.state();
        loop {
            if let Some((_, job)) = state.waiting.pop_first() {
                state.is_writing = true;
                drop(state);
                let done = job.write(store);
                state = self.state();
                state.is_writing = false;
                state.done.push(done);
                self.changed.notify_all();
            } else if state.is_closed {
                return;
            } else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

/// Writes behind.
pub struct Saver {
    store: Store,
    desk: Arc<Desk>,
    thread: Option<JoinHandle<()>>,
}

impl Saver {
    /// Into a store.
    pub fn new(store: Store) -> Self {
        let desk = Arc::default();
        let thread = start(&store, &desk);
        Self { store, desk, thread }
    }

    /// Where it is written.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Keeps something soon.
    pub fn keep(&self, job: Job) {
        let mut state = self.desk.state();
        if self.thread.is_some() {
            state.waiting.insert(job.key(), job);
            self.desk.changed.notify_all();
        } else {
            state.done.push(job.write(&self.store));
        }
    }

    /// Something is not written yet, or was not told to be.
    pub fn is_busy(&self) -> bool {
        let state = self.desk.state();
        state.is_writing || !state.waiting.is_empty() || !state.done.is_empty()
    }

    /// What was written since the last call, or could not be.
    pub fn done(&self) -> Vec<Done> {
        std::mem::take(&mut self.desk.state().done)
    }

    /// Waits until everything is written.
    pub fn flush(&self) {
        let mut state = self.desk.state();
        // A thread that has ended, by whatever fault, writes nothing more.
        while (state.is_writing || !state.waiting.is_empty())
            && self.thread.as_ref().is_some_and(|it| !it.is_finished())
        {
            let waited = self.desk.changed.wait_timeout(state, Duration::from_millis(50));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        self.desk.state().is_closed = true;
        self.desk.changed.notify_all();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that keeps conversations ended by a fault");
        }
    }
}

/// Starts the thread; none where there can be none.
#[cfg(not(target_family = "wasm"))]
fn start(store: &Store, desk: &Arc<Desk>) -> Option<JoinHandle<()>> {
    let (store, desk) = (store.clone(), desk.clone());
    std::thread::Builder::new().name("saver".into()).spawn(move || desk.work(&store)).ok()
}

#[cfg(target_family = "wasm")]
fn start(_: &Store, _: &Arc<Desk>) -> Option<JoinHandle<()>> {
    None
}
