//! What is told to those who do not see the window, where no screen reader reaches what is drawn in it: in a browser.

use super::{Studio, Work};
use crate::run::Ending;
use eframe::egui::output::OutputEvent;
use eframe::egui::{self, Role};
use serde::Serialize;

/// The window in words. Each part is read out when it changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Said {
    /// What the engine does, and what the last measurement and self-test came to.
    pub status: String,
    /// What is to be read, the latest last.
    pub notices: String,
    /// The last question and its answer, once that is whole.
    pub answer: String,
    /// The widget that the keyboard is at.
    pub focus: String,
}

/// Fields that text is typed into.
const TYPED: [Role; 2] = [Role::TextInput, Role::MultilineTextInput];

/// Passes words on.
pub(crate) type Mirror = Box<dyn Fn(&Said)>;

impl Studio {
    /// The window in words.
    pub fn said(&self) -> Said {
        let notices: Vec<&str> = self.notices.iter().map(|notice| notice.text.as_str()).collect();
        Said {
            status: self.status(),
            notices: notices.join("\n"),
            answer: self.last_answer().unwrap_or_default(),
            focus: self.focus.clone(),
        }
    }

    /// Passes on what has changed.
    pub(super) fn say(&mut self) {
        if self.mirror.is_none() {
            return;
        }
        let said = self.said();
        if said != self.was_said
            && let Some(mirror) = &self.mirror
        {
            mirror(&said);
            self.was_said = said;
        }
    }

    /// Minds the widget that the keyboard came to in this frame, or whose value it changed.
    pub(super) fn mind_focus(&mut self, ctx: &egui::Context) {
        let told = ctx.output(|output| {
            output.events.iter().rev().find_map(|event| match event {
                OutputEvent::FocusGained(info) => Some(info.description()),
                // What is typed is heard already.
                OutputEvent::ValueChanged(info) if !TYPED.contains(&info.role) => Some(info.description()),
                _ => None,
            })
        });
        if let Some(told) = told {
            self.focus = told;
        }
    }

    fn status(&self) -> String {
        let mut status = match (&self.work, &self.loaded) {
            (Work::Loading(_), _) => "The model is loading".to_owned(),
            (Work::Answering(_), _) => "The question is being answered".to_owned(),
            (Work::Reading, _) => "The branch is read again".to_owned(),
            (Work::Measuring, _) => "Steps are timed".to_owned(),
            (Work::Testing, _) => "The self-test runs".to_owned(),
            (Work::Idle, Some(loaded)) => format!("{} is ready", loaded.name),
            (Work::Idle, None) => "No model is loaded".to_owned(),
        };
        if self.work == Work::Idle {
            status += match self.machine.passed {
                Some(Some(true)) => ". The self-test passed",
                Some(Some(false)) => ". The self-test failed",
                Some(None) => ". The self-test was stopped",
                None => "",
            };
            if let Some(step) = self.machine.measured.as_ref().and_then(|measured| measured.steps.first()) {
                status += &format!(". A step of one row takes {}", crate::views::seconds(step.seconds));
            }
        }
        status
    }

    fn last_answer(&self) -> Option<String> {
        let turn = self.conversation.turns.last()?;
        let text = turn.scene.answer_text().trim();
        let answer = match turn.scene.ending.as_ref()? {
            Ending::Answered(_) if text.is_empty() => "No branch came to an answer".to_owned(),
            Ending::Answered(_) => text.to_owned(),
            Ending::Cancelled => format!("Stopped. {text}"),
            Ending::Failed(error) => error.clone(),
        };
        Some(format!("{}\n{answer}", turn.run.question))
    }
}
