//! What the engine tells.

use super::{ENDED, SAVE_EVERY, Shot, Studio, Work};
use crate::backend::Update;
use crate::run::Told;
use std::sync::Arc;
use std::sync::mpsc::TryRecvError;

impl Studio {
    /// Takes what the engine told since the last call.
    pub fn poll(&mut self) {
        loop {
            match self.link.next() {
                Ok(update) => self.take(update),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    if !self.has_engine_ended {
                        self.engine_ended(ENDED.into());
                    }
                    break;
                }
            }
        }
        self.poll_download();
        self.poll_saver();
        let shots: Vec<Shot> = self.shots.1.try_iter().collect();
        for (name, image) in shots {
            match crate::export::png(image.size, image.as_raw()) {
                Ok(file) => self.export(&name, &file),
                Err(error) => self.problem(format!("{name} cannot be made: {error}")),
            }
        }
        if self.live.is_some() && self.last_save.elapsed() > SAVE_EVERY {
            self.save();
        }
        self.save_preferences();
        self.say();
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
                    Arc::make_mut(&mut turn.run).alternatives.insert(branch, candidates);
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

    /// The engine is gone for good: nothing that it was asked will be done.
    pub fn engine_ended(&mut self, problem: String) {
        self.has_engine_ended = true;
        if let Some(run) = self.live {
            self.told(run, 0.0, Told::Failed { error: problem.clone() });
        }
        self.compare.ended(&problem);
        self.loaded = None;
        self.pending = 0;
        self.work = Work::Idle;
        self.problem(problem);
    }

    fn told(&mut self, run: u64, at: f64, told: Told) {
        if self.live == Some(run) {
            if let Some(turn) = self.conversation.turns.last_mut() {
                turn.push(at, told);
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
}
