//! Branches that have ended: what their end means for the others, the verifier's scores, the vote.

use super::super::bundle::schema::{Response, VerifierMode};
use super::super::early_stop::Rule;
use super::super::{Answer, Candidate, Tally};
use super::branch::Branch;
use super::course::{Course, Phase, nothing, sigmoid};
use super::event::{Count, Event, Stopped};
use crate::Result;
use crate::session::{Batch, ProbeRead, Request};

impl Course<'_> {
    /// A branch has ended or was scored: others may not be worth their tokens now; after the last, the verifier's turn
    /// comes, and then the vote.
    pub(super) fn advance(&mut self, batch: &mut Batch<'_>) -> Result<()> {
        if self.phase == Phase::Thinking {
            if self.branches.iter().any(|branch| !branch.is_over) {
                return self.stop_if_settled(batch);
            }
            let open: Vec<_> = self.branches.iter().map(|branch| branch.id).chain([self.chat_branch]).collect();
            self.kv = batch.engine().kv_bytes(&open)?;
            self.phase = Phase::Judging;
            // Together, in as few steps as they fit in. What nobody competes with needs no score.
            let answered = |branch: &&Branch| branch.has_answer();
            if self.settings.vote.needs_scores() && self.branches.iter().filter(answered).count() > 1 {
                for index in 0..self.branches.len() {
                    self.verify(batch, index)?;
                }
            }
        }
        if self.branches.iter().any(|branch| branch.is_verifying) { Ok(()) } else { self.vote(batch) }
    }

    /// Whether scores are needed while branches run. Branches beside a verification then run in steps with a prompt, and
    /// their tokens are the same as without it to rounding only.
    pub(super) fn verifies_early(&self) -> bool {
        self.settings.vote.needs_scores() && self.settings.early_stop.settled.is_some()
    }

    /// Stops the branches that run if they cannot change the winner, or hardly.
    fn stop_if_settled(&mut self, batch: &mut Batch<'_>) -> Result<()> {
        let running: Vec<usize> = (0..self.branches.len()).filter(|&index| self.ballot(index).is_none()).collect();
        let Some(rule) = self.early.vote(&self.tally(), &running) else { return Ok(()) };
        for index in 0..self.branches.len() {
            if self.branches[index].stopped.is_none() {
                self.early.stopped(index);
                self.stop(batch, index, Stopped::Early(rule))?;
            }
        }
        Ok(())
    }

    /// A branch's vote: an answer and its score, or silence. Nothing while it has none yet. One that repeated another
    /// votes as that does.
    fn ballot(&self, index: usize) -> Option<(Option<&Answer>, Option<f32>)> {
        let branch = &self.branches[index];
        match branch.stopped {
            Some(Stopped::Early(Rule::Duplicate { of, .. })) => self.ballot(of),
            _ if !branch.is_over || branch.is_verifying => None,
            _ if branch.has_answer() => Some((branch.answer.as_ref(), branch.score)),
            _ => Some((None, None)),
        }
    }

    fn tally(&self) -> Tally {
        let mut tally = Tally::new(self.settings.vote);
        for index in 0..self.branches.len() {
            if let Some((answer, score)) = self.ballot(index) {
                tally.add(index, answer, score);
            }
        }
        tally
    }

    /// Appends the verification to a branch, if it has an answer and no score.
    pub(super) fn verify(&mut self, batch: &mut Batch<'_>, index: usize) -> Result<()> {
        let branch = &mut self.branches[index];
        if !branch.has_answer() || branch.score.is_some() || branch.is_verifying {
            return Ok(());
        }
        branch.is_verifying = true;
        let unread = std::mem::take(&mut branch.unread);
        let id = branch.id;
        let read = |prompt: Vec<u32>| {
            let probe = ProbeRead { name: self.reasoner.probe("verifier"), from: prompt.len() - 1 };
            Request { prompt, probe: Some(probe), stop: nothing(), ..Request::default() }
        };
        let verification = &self.reasoner.verification;
        match self.reasoner.bundle.manifest.verifier.mode {
            VerifierMode::Adapter => batch.start(id, read([unread, verification.clone()].concat())),
            VerifierMode::Base if unread.is_empty() => {
                // It reads the adapter's thoughts, on a branch that ends here.
                batch.allow_mixed(id)?;
                batch.set_adapter(id, None)?;
                batch.start(id, read(verification.clone()))
            }
            // The response is the adapter's to the end.
            VerifierMode::Base => batch.start(id, Request { prompt: unread, stop: nothing(), ..Request::default() }),
        }
    }

    /// The verifier has read a branch.
    pub(super) fn scored(&mut self, index: usize, value: f32) {
        let score = sigmoid(value);
        self.branches[index].score = Some(score);
        self.events.push_back(Event::Scored { branch: index, score });
    }

    /// A request of a branch that is verified is over.
    pub(super) fn verified(&mut self, batch: &mut Batch<'_>, index: usize) -> Result<()> {
        let branch = &mut self.branches[index];
        branch.is_verifying = false;
        if branch.score.is_none() {
            // It was the rest of its response.
            self.verify(batch, index)?;
        }
        self.advance(batch)
    }

    /// The branches vote, and the winner's response is the answer.
    fn vote(&mut self, batch: &mut Batch<'_>) -> Result<()> {
        let tally = self.tally();
        let ranked = tally.ranked();
        let count = |candidate: &&Candidate| Count {
            answer: candidate.answer.clone(),
            branch: candidate.branch,
            votes: candidate.votes,
            weight: candidate.weight(),
        };
        self.events.push_back(Event::Vote { tally: ranked.iter().map(count).collect() });
        let has_failed = |stopped: &Option<Stopped>| matches!(stopped, Some(Stopped::Failed(_)));
        let winner = match ranked.first() {
            Some(best) => best.speaker(self.settings.vote),
            // Nobody has an answer: the first that came to its end speaks for all.
            None => self.branches.iter().position(|branch| !has_failed(&branch.stopped)).unwrap_or(0),
        };
        let branch = &self.branches[winner];
        if let Some(Stopped::Failed(error)) = &branch.stopped {
            return Err(error.clone());
        }
        let response = &self.reasoner.bundle.manifest.response;
        let (text, answer) = (without_thoughts(&branch.text, response).to_owned(), branch.answer.clone());
        self.answered(batch, text, answer, winner, Vec::new());
        Ok(())
    }
}

/// What stays of a response in the conversation: all after its thoughts. Of one that never closed them, its answer.
fn without_thoughts<'t>(text: &'t str, response: &Response) -> &'t str {
    let closed = text.rfind(&response.think_close).map(|at| at + response.think_close.len());
    let from = closed.or_else(|| text.rfind(&response.answer_marker)).unwrap_or(text.len());
    text[from..].trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_leave_the_conversation() {
        let response = Response {
            begin: "<think>\n".into(),
            think_open: "<think>".into(),
            think_close: "</think>".into(),
            closing: "\n</think>\nAnswer:".into(),
            answer_marker: "Answer:".into(),
            answer_tokens: 12,
            soft_warning: None,
        };
        for (text, left) in [
            ("<think>\n6 * 7.\n</think>\nAnswer: 42\n", "Answer: 42"),
            ("<think>\n6 * 7. Answer: 42", "Answer: 42"),
            ("<think>\n6 * 7", ""),
        ] {
            assert_eq!(without_thoughts(text, &response), left);
        }
    }
}
