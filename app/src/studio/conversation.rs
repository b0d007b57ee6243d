//! The conversation that is open: asking, stopping, and the files that it is kept in.

use super::saver::{Done, Job, Saver};
use super::{Studio, Work};
use crate::backend::{Ask, Command, Reading};
use crate::controls::Controls;
use crate::history::{Conversation, Snapshot, Turn};
use crate::platform;
use crate::run::{Piece, Run, Setup};
use crate::views::{ChatView, ThinkingView};
use ruminate::reason::Policy;
use web_time::Instant;

impl Studio {
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
        controls.seed.unwrap_or_else(|| platform::random() >> 32)
    }

    /// The adapter that was chosen to think, if the bundle has it.
    pub(crate) fn thinker(&self) -> Option<String> {
        let reasoner = self.loaded.as_ref()?.reasoner.as_ref()?;
        let has = |name: &String| reasoner.adapters.iter().any(|adapter| adapter.name == *name);
        self.preferences.thinker.clone().filter(has)
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
            adapter: if self.reasons() { self.thinker() } else { self.chat_adapter.clone() },
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
        let question = question.unwrap_or(&self.conversation.turns[turn].run.question).trim().to_owned();
        if question.is_empty() {
            return;
        }
        self.conversation.turns.truncate(turn);
        self.ask(&question);
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
        self.flush();
        match self.saver.as_ref().map(|saver| saver.store().load(id)) {
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
        // What waits to be written would bring it back.
        self.flush();
        if let Some(Err(error)) = self.saver.as_ref().map(|saver| saver.store().delete(id)) {
            return self.problem(format!("The conversation cannot be deleted: {error}"));
        }
        self.saved.retain(|header| header.id != id);
        if self.conversation.header.id == id {
            // It is not to be saved again.
            self.conversation.turns.clear();
            self.new_conversation();
        }
    }

    /// Has the conversation written, if there is something in it.
    pub fn save(&mut self) {
        self.last_save = Instant::now();
        if let Some(saver) = self.saver.as_ref().filter(|_| !self.conversation.turns.is_empty()) {
            saver.keep(Job::Conversation(self.conversation.snapshot()));
        }
    }

    /// Waits until everything is written.
    pub fn flush(&mut self) {
        if let Some(saver) = &self.saver {
            saver.flush();
        }
        self.poll_saver();
    }

    /// Minds what was written, or could not be.
    pub(super) fn poll_saver(&mut self) {
        for Done { job, written } in self.saver.as_ref().map(Saver::done).unwrap_or_default() {
            match (job, written) {
                (Job::Conversation(Snapshot { header, .. }), Ok(())) => {
                    self.could_save = true;
                    match self.saved.iter_mut().find(|saved| saved.id == header.id) {
                        Some(saved) => *saved = header,
                        None => self.saved.insert(0, header),
                    }
                }
                // Once is enough, until it works again.
                (Job::Conversation(_), Err(_)) if !self.could_save => {}
                (Job::Conversation(_), Err(error)) => {
                    self.could_save = false;
                    self.problem(format!(
                        "The conversation cannot be saved: {error}. It stays open here; make room, and it is saved with \
                         the next answer"
                    ));
                }
                (Job::Settings(_), Ok(())) => {}
                (Job::Settings(_), Err(error)) => self.problem(format!("The settings cannot be saved: {error}")),
            }
        }
    }

    /// The turn that the thinking view shows.
    pub(crate) fn turn(&self) -> Option<usize> {
        let last = self.conversation.turns.len().checked_sub(1)?;
        Some(self.shown_turn.map_or(last, |turn| turn.min(last)))
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
