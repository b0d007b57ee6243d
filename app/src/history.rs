//! Conversations and settings on disk. A conversation is a file of lines: what it is, then a turn a line, so that the
//! list of conversations reads one line each, and a damaged turn costs that turn alone.

use crate::platform::Disk;
use crate::run::{Run, Scene, Told};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use web_time::{SystemTime, UNIX_EPOCH};

const VERSION: u32 = 1;
const CONVERSATIONS: &str = "conversations";
const SETTINGS: &str = "settings.json";

/// What stands in a conversation's first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    version: u32,
    /// Its file's name without the ending.
    pub id: String,
    /// Its first question, or what it was renamed to.
    pub title: String,
    /// Seconds since 1970.
    pub created: u64,
}

/// A conversation.
#[derive(Debug, Clone)]
pub struct Conversation {
    /// What it is.
    pub header: Header,
    /// Questions and how they were answered.
    pub turns: Vec<Turn>,
}

/// A question and how it was answered.
#[derive(Debug, Clone, Default)]
pub struct Turn {
    /// What was told. It is shared with what is being written.
    pub run: Arc<Run>,
    /// What there is to see of it now.
    pub scene: Scene,
}

impl Turn {
    /// One of a run.
    pub fn new(run: Run) -> Self {
        let scene = run.scene(None);
        Self { run: Arc::new(run), scene }
    }

    /// Adds what is told now.
    pub fn push(&mut self, at: f64, told: Told) {
        Arc::make_mut(&mut self.run).push(at, told);
        self.scene.follow(&self.run, None);
    }

    /// What stays of it in the conversation: a stopped chat answer too, a failed or stopped thought not.
    pub fn exchange(&self) -> Option<(String, String)> {
        let text = self.scene.answer_text();
        let counts = self.scene.is_over() && !text.is_empty();
        counts.then(|| (self.run.question.clone(), text.to_owned()))
    }
}

impl Conversation {
    /// An empty one; `number` tells those of one second apart.
    pub fn new(number: u64) -> Self {
        let created = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let id = format!("{created:010}-{number:04}");
        Self { header: Header { version: VERSION, id, title: String::new(), created }, turns: Vec::new() }
    }

    /// It as it is now, to be written.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { header: self.header.clone(), runs: self.turns.iter().map(|turn| turn.run.clone()).collect() }
    }

    /// The exchanges before turn `index`.
    pub fn before(&self, index: usize) -> Vec<(String, String)> {
        self.turns.iter().take(index).filter_map(Turn::exchange).collect()
    }
}

/// A conversation as it was at a time. It holds the runs themselves: one that goes on is copied once, when it does.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// What it is.
    pub header: Header,
    runs: Vec<Arc<Run>>,
}

/// A run that was cut, as by a page that was closed, was stopped there.
fn ended(mut run: Run) -> Run {
    if !run.is_over() {
        run.push(run.duration(), Told::Cancelled);
    }
    run
}

/// Where conversations and settings are.
#[derive(Debug, Clone)]
pub struct Store {
    disk: Disk,
}

impl Store {
    /// In a folder, which is made when something is saved.
    #[cfg(not(target_family = "wasm"))]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self::on(Disk::new(folder))
    }

    /// On a disk.
    pub fn on(disk: Disk) -> Self {
        Self { disk }
    }

    /// The conversations, the newest first, and what is wrong with those that cannot be read.
    pub fn list(&self) -> (Vec<Header>, Vec<String>) {
        let (mut headers, mut problems) = (Vec::new(), Vec::new());
        for name in self.disk.list(CONVERSATIONS).iter().filter(|name| name.ends_with(".jsonl")) {
            match self.header(name) {
                Ok(header) => headers.push(header),
                Err(error) => {
                    problems.push(format!("{}: {error}. It was left as it is", self.disk.path(name).display()));
                }
            }
        }
        headers.sort_by(|a, b| b.id.cmp(&a.id));
        (headers, problems)
    }

    /// Reads a conversation, and counts the turns that could not be read.
    ///
    /// # Errors
    /// If the file or its first line cannot be read.
    pub fn load(&self, id: &str) -> io::Result<(Conversation, usize)> {
        let name = file(id);
        let mut conversation = Conversation { header: self.header(&name)?, turns: Vec::new() };
        let mut damaged = 0;
        for line in self.disk.open(&name)?.split(b'\n').skip(1) {
            let line = line?;
            match serde_json::from_slice(&line) {
                Ok(run) => conversation.turns.push(Turn::new(ended(run))),
                Err(_) if line.is_empty() => {}
                Err(_) => damaged += 1,
            }
        }
        Ok((conversation, damaged))
    }

    /// Writes a conversation. The file has its old contents or all of the new ones, whatever happens.
    ///
    /// # Errors
    /// If there is no room or no right to write.
    pub fn save(&self, conversation: &Snapshot) -> io::Result<()> {
        let mut text = serde_json::to_vec(&conversation.header)?;
        text.push(b'\n');
        for run in &conversation.runs {
            serde_json::to_writer(&mut text, &**run)?;
            text.push(b'\n');
        }
        self.disk.replace(&file(&conversation.header.id), &text)
    }

    /// Deletes a conversation.
    ///
    /// # Errors
    /// If there is none, or no right to.
    pub fn delete(&self, id: &str) -> io::Result<()> {
        self.disk.remove(&file(id))
    }

    /// Reads the settings; the defaults where there are none or they are damaged.
    pub fn settings<T: for<'de> Deserialize<'de> + Default>(&self) -> T {
        let mut text = Vec::new();
        let read = self.disk.open(SETTINGS).and_then(|mut file| file.read_to_end(&mut text));
        read.ok().and_then(|_| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// Writes the settings, as JSON.
    ///
    /// # Errors
    /// If there is no room or no right to write.
    pub fn save_settings(&self, json: &str) -> io::Result<()> {
        self.disk.replace(SETTINGS, json.as_bytes())
    }

    /// Writes an exported file into the user's downloads, or beside the conversations; gives its path.
    ///
    /// # Errors
    /// If there is no room or no right to write.
    pub fn export(&self, name: &str, contents: &[u8]) -> io::Result<PathBuf> {
        self.disk.export(name, contents)
    }

    fn header(&self, name: &str) -> io::Result<Header> {
        let mut line = String::new();
        self.disk.open(name)?.read_line(&mut line)?;
        let header: Header = serde_json::from_str(&line)?;
        if header.version != VERSION {
            let problem = format!("version {} is not known here, update Ruminate", header.version);
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        // A file that was copied under another name is what its name says.
        let id = Path::new(name).file_stem().map_or(header.id.clone(), |stem| stem.to_string_lossy().into_owned());
        Ok(Header { id, ..header })
    }
}

fn file(id: &str) -> String {
    format!("{CONVERSATIONS}/{id}.jsonl")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]
    use super::*;
    use crate::run::{Ending, Setup};
    use std::fs;

    fn conversation() -> Conversation {
        let mut conversation = Conversation::new(1);
        conversation.header.title = "Why?".into();
        for answer in ["because", ""] {
            let mut run = Run::new("Why?", Setup::default());
            if !answer.is_empty() {
                run.push(1.0, Told::Answer { text: answer.into(), answer: None, winner: 0 });
            }
            run.push(1.0, Told::Cancelled);
            conversation.turns.push(Turn::new(run));
        }
        conversation
    }

    #[test]
    fn conversations_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("deep"));
        assert_eq!(store.list(), (vec![], vec![]));
        let written = conversation();
        store.save(&written.snapshot()).unwrap();
        assert_eq!(store.list(), (vec![written.header.clone()], vec![]));
        let (read, damaged) = store.load(&written.header.id).unwrap();
        assert_eq!((read.turns.len(), damaged), (2, 0));
        assert_eq!(read.turns[0].run, written.turns[0].run);
        // What was not answered is no part of the conversation that the model reads.
        assert_eq!(read.before(2), [("Why?".to_owned(), "because".to_owned())]);
        // What was saved while it was answered, and never ended, was stopped.
        let mut cut = written.clone();
        Arc::make_mut(&mut cut.turns[1].run).events.clear();
        store.save(&cut.snapshot()).unwrap();
        assert_eq!(store.load(&written.header.id).unwrap().0.turns[1].scene.ending, Some(Ending::Cancelled));
        store.delete(&written.header.id).unwrap();
        assert!(store.list().0.is_empty());
    }

    #[test]
    fn damage_costs_what_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path());
        let written = conversation();
        store.save(&written.snapshot()).unwrap();
        let file = store.disk.path(&file(&written.header.id));
        let mut text = fs::read_to_string(&file).unwrap();
        text.truncate(text.len() - 20);
        fs::write(&file, text).unwrap();
        let (read, damaged) = store.load(&written.header.id).unwrap();
        assert_eq!((read.turns.len(), damaged), (1, 1));
        fs::write(store.disk.path("conversations/x.jsonl"), "nonsense").unwrap();
        let (headers, problems) = store.list();
        assert_eq!((headers.len(), problems.len()), (1, 1));
        assert!(problems[0].contains("x.jsonl"));
    }

    #[test]
    fn what_cannot_be_written_leaves_the_old() {
        let folder = tempfile::tempdir().unwrap();
        // A file where the folder should be: nothing can be made below it.
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(Store::new(folder.path().join("file")).save(&conversation().snapshot()).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_leaves_the_old_conversation() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path());
        let mut written = conversation();
        store.save(&written.snapshot()).unwrap();
        let id = written.header.id.clone();
        let part = store.disk.path(&file(&id)).with_extension("part");
        std::os::unix::fs::symlink("/dev/full", &part).unwrap();
        written.turns.push(Turn::new(Run::new("And then?", Setup::default())));
        let error = store.save(&written.snapshot()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{error}");
        let (read, damaged) = store.load(&id).unwrap();
        assert_eq!((read.turns.len(), damaged), (2, 0));
        assert!(part.symlink_metadata().is_err(), "nothing half written stays");
        store.save(&written.snapshot()).unwrap();
        assert_eq!(store.load(&id).unwrap().0.turns.len(), 3);
    }
}
