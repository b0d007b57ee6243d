//! An answer coming about, event by event.

use super::course::{Course, Phase};
use super::event::Event;
use super::reasoner::Reasoner;
use super::settings::Settings;
use crate::session::{Batch, Chat, Engine};
use crate::{Error, Result};

/// An answer coming about: [`Self::next`] gives the events.
///
/// Dropping it cancels: every branch is closed, and the conversation is as it was before the question, with keys and
/// values that the base made.
#[derive(Debug)]
pub struct Reply<'e> {
    batch: Batch<'e>,
    chat: &'e mut Chat,
    course: Course<'e>,
    is_answered: bool,
}

impl<'e> Reply<'e> {
    /// Puts a question into a conversation and starts to read it.
    pub(super) fn new(
        reasoner: &'e Reasoner,
        engine: &'e mut Engine,
        chat: &'e mut Chat,
        question: &str,
        settings: &Settings,
    ) -> Result<Self> {
        let mut batch = engine.batch()?;
        let course = Course::begin(reasoner, &mut batch, chat, question, settings)?;
        Ok(Self { batch, chat, course, is_answered: false })
    }

    /// The next event, or `None` after [`Event::End`]. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some(event) = self.course.events.pop_front() {
                return Ok(Some(event));
            }
            match self.batch.next().await? {
                Some((branch, event)) => self.course.take(&mut self.batch, branch, event)?,
                None if self.course.phase == Phase::Over => return Ok(None),
                None => return Err(Error::Invalid("an answer ended before its end was told".into())),
            }
            self.keep_answer();
        }
    }

    /// Asks for the answer at once: branches close their thoughts and answer, and the base ends its answer where it is.
    /// If it has not begun that, it answers in no more tokens than the bundle keeps for a forced answer.
    pub fn answer_now(&mut self) -> Result<()> {
        let asked = self.course.answer_now(&mut self.batch);
        self.keep_answer();
        asked
    }

    /// The engine, to look at.
    pub fn engine(&self) -> &Engine {
        self.batch.engine()
    }

    /// Puts the answer into the conversation, once there is one.
    fn keep_answer(&mut self) {
        if let Some((text, kept)) = self.course.answered.take() {
            self.chat.answered(text, &kept);
            self.is_answered = true;
        }
    }
}

impl Drop for Reply<'_> {
    fn drop(&mut self) {
        self.course.close_branches(&mut self.batch);
        if !self.is_answered {
            self.chat.unsay();
        }
    }
}
