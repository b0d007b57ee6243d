//! Answers to several questions at once, in the same steps.

use super::course::Course;
use super::event::Event;
use super::reasoner::Reasoner;
use super::settings::Settings;
use crate::cache::BranchId;
use crate::session::{Batch, Chat, Engine};
use crate::text::Message;
use crate::{Error, Result};

/// Answers to several questions, each in a conversation of its own: [`Self::next`] gives their events. More are answered
/// in the same time, but each takes longer, and its tokens are those that it has alone to rounding only.
///
/// Dropping it cancels all.
#[derive(Debug)]
pub struct Replies<'e> {
    batch: Batch<'e>,
    reasoner: &'e Reasoner,
    running: Vec<(u64, Course<'e>)>,
    asked: u64,
}

impl Reasoner {
    /// Answers to questions that are still to be asked.
    pub fn replies<'e>(&'e self, engine: &'e mut Engine) -> Result<Replies<'e>> {
        Ok(Replies { batch: engine.batch()?, reasoner: self, running: Vec::new(), asked: 0 })
    }
}

impl Replies<'_> {
    /// Asks a question after these messages. Gives the number that its events come with.
    ///
    /// # Errors
    /// As [`Reasoner::ask`].
    pub fn ask(&mut self, before: Vec<Message>, question: &str, settings: &Settings) -> Result<u64> {
        let mut chat = Chat::resume(self.batch.engine_mut(), before)?;
        match Course::begin(self.reasoner, &mut self.batch, &mut chat, question, settings) {
            Ok(mut course) => {
                course.meter = None;
                self.asked += 1;
                self.running.push((self.asked, course));
                Ok(self.asked)
            }
            Err(error) => {
                self.batch.close(chat.branch())?;
                Err(error)
            }
        }
    }

    /// The next event and its question's number, or the error that ended that one alone. `None` when all have ended; the
    /// error of the whole, as a lost device, ends all.
    pub async fn next(&mut self) -> Result<Option<(u64, Result<Event>)>> {
        loop {
            for index in 0..self.running.len() {
                let (number, course) = &mut self.running[index];
                if let Some(event) = course.events.pop_front() {
                    let number = *number;
                    if matches!(event, Event::End { .. }) {
                        self.close(index)?;
                    }
                    return Ok(Some((number, Ok(event))));
                }
            }
            let Some((branch, event)) = self.batch.next().await? else {
                return match self.running.is_empty() {
                    true => Ok(None),
                    false => Err(Error::Invalid("an answer ended before its end was told".into())),
                };
            };
            let Some(index) = self.position(branch) else { continue };
            let (number, course) = &mut self.running[index];
            let number = *number;
            if let Err(error) = course.take(&mut self.batch, branch, event) {
                self.close(index)?;
                return Ok(Some((number, Err(error))));
            }
        }
    }

    /// The engine, to look at.
    pub fn engine(&self) -> &Engine {
        self.batch.engine()
    }

    fn position(&self, branch: BranchId) -> Option<usize> {
        self.running.iter().position(|(_, course)| course.has(branch))
    }

    /// Forgets a question and closes its branches.
    fn close(&mut self, index: usize) -> Result<()> {
        let (_, mut course) = self.running.remove(index);
        course.close_branches(&mut self.batch);
        self.batch.close(course.chat_branch)
    }
}

impl Drop for Replies<'_> {
    fn drop(&mut self) {
        while !self.running.is_empty() {
            if let Err(error) = self.close(0) {
                tracing::warn!(%error, "a conversation could not be closed");
            }
        }
    }
}
