//! Branches that think: forks of one prompt, each within its budget.

use super::super::Answer;
use super::super::budget::{Action, Budget, End};
use super::super::policy::Effort;
use super::branch::Branch;
use super::course::{Course, Phase};
use super::event::{Event, Stopped};
use crate::Result;
use crate::sample::{Sampling, Stop, StopConditions};
use crate::session::{self, Batch, Request};

impl Course<'_> {
    /// Forks the branches from the prompt, and closes the branch that it was prepared on.
    pub(super) fn fork(&mut self, batch: &mut Batch<'_>) -> Result<()> {
        let (Some(parent), Some(Effort { branches, budget })) = (self.parent, self.effort) else { return Ok(()) };
        let rules = self.reasoner.rules.clone();
        let text = batch.engine().tokenizer()?.decode(&rules.begin);
        self.events.push_back(Event::AdapterSwitched { adapter: self.reasoner.adapter.clone() });
        self.phase = Phase::Thinking;
        let mut sampled = false;
        for index in 0..branches as usize {
            let id = batch.fork(parent, None)?;
            // From here on it is closed with the others.
            self.branches.push(Branch::new(id, Budget::new(rules.clone(), Some(budget as usize))?));
            batch.set_adapter(id, Some(&self.reasoner.adapter))?;
            let seed = branch_seed(self.settings.seed, index);
            let sampling = self.settings.sampling(self.reasoner, branches, seed);
            sampled |= !sampling.is_greedy();
            let stop = StopConditions { tokens: rules.end_ids.clone(), ..StopConditions::default() };
            let request = Request { prompt: rules.begin.clone(), sampling, stop, ..Request::default() };
            batch.start(id, request)?;
            self.events.push_back(Event::Forked { branch: index, seed, text: text.clone() });
        }
        self.parent = None;
        batch.close(parent)?;
        // A seed gives the same tokens beside any number of other branches. One greedy branch alone runs fastest.
        if sampled {
            batch.set_steady();
        }
        for index in 0..self.branches.len() {
            let action = self.branches[index].budget.begin();
            self.perform(batch, index, action)?;
        }
        if self.is_urgent { self.hurry(batch) } else { Ok(()) }
    }

    /// Closes all thoughts now.
    pub(super) fn hurry(&mut self, batch: &mut Batch<'_>) -> Result<()> {
        for index in 0..self.branches.len() {
            if batch.generates(self.branches[index].id) && self.branches[index].stopped.is_none() {
                let action = self.branches[index].budget.answer_now();
                self.perform(batch, index, action)?;
            }
        }
        Ok(())
    }

    /// What happened on a branch.
    pub(super) fn take_of(&mut self, batch: &mut Batch<'_>, index: usize, event: session::Event) -> Result<()> {
        use session::Event as Told;
        match event {
            Told::Token { id, text, logprob } if self.branches[index].stopped.is_none() => {
                let is_thought = self.branches[index].is_thinking();
                let at = self.events.len();
                self.push(batch, index, id)?;
                // Before what follows from it.
                let left = self.branches[index].budget.left();
                self.events.insert(at, Event::Token { branch: index, id, text, logprob, is_thought, left });
                if !is_thought || self.branches[index].stopped.is_some() {
                    return Ok(());
                }
                match self.early.token(index, id, logprob) {
                    Some(rule) => self.stop(batch, index, Stopped::Early(rule)),
                    None => Ok(()),
                }
            }
            Told::End { stop, .. } if !self.branches[index].is_over => {
                if let Stop::Token(id) = stop {
                    self.push(batch, index, id)?;
                }
                self.end(batch, index)
            }
            Told::Probed { value } => {
                self.scored(index, value);
                Ok(())
            }
            Told::End { .. } => self.verified(batch, index),
            Told::Failed { error } => {
                let branch = &mut self.branches[index];
                let was_over = branch.is_over;
                branch.stopped = Some(Stopped::Failed(error));
                if was_over { self.verified(batch, index) } else { self.end(batch, index) }
            }
            Told::Token { .. } | Told::Prefill { .. } | Told::Waiting { .. } => Ok(()),
        }
    }

    /// Counts a sampled token, and does what its budget says.
    fn push(&mut self, batch: &mut Batch<'_>, index: usize, id: u32) -> Result<()> {
        let bytes = batch.engine().tokenizer()?.bytes(id).unwrap_or_default().to_vec();
        let action = self.branches[index].budget.push(id, &bytes);
        self.perform(batch, index, action)
    }

    fn perform(&mut self, batch: &mut Batch<'_>, index: usize, action: Action) -> Result<()> {
        let id = self.branches[index].id;
        match action {
            Action::Continue => {}
            Action::Warn { tokens } => {
                let text = batch.append(id, &tokens)?;
                self.events.push_back(Event::Warned { branch: index, text });
            }
            Action::Force { drop, tokens } => {
                batch.take_back(id, drop)?;
                batch.set_sampling(id, Sampling::greedy())?;
                let text = batch.append(id, &tokens)?;
                self.events.push_back(Event::BudgetForced { branch: index, dropped: drop, text });
            }
            Action::Stop(end) => self.stop(batch, index, Stopped::Ended(end))?,
        }
        Ok(())
    }

    /// Ends a branch after what was told of it.
    pub(super) fn stop(&mut self, batch: &mut Batch<'_>, index: usize, reason: Stopped) -> Result<()> {
        let branch = &mut self.branches[index];
        branch.stopped.get_or_insert(reason);
        if batch.generates(branch.id) { batch.stop(branch.id) } else { Ok(()) }
    }

    /// A branch is over.
    fn end(&mut self, batch: &mut Batch<'_>, index: usize) -> Result<()> {
        let branch = &mut self.branches[index];
        branch.is_over = true;
        let reason = branch.stopped.get_or_insert(Stopped::Ended(End::BudgetFull)).clone();
        let accepted = batch.accepted(branch.id).to_vec();
        let kept = batch.kept(branch.id).len();
        // The token that ended a forced answer's line is no part of it: a step ahead may have read it.
        let read = accepted.len() - usize::from(matches!(reason, Stopped::Ended(End::Line)));
        if kept > read {
            let length = batch.engine().branch_length(branch.id)?;
            batch.engine_mut().truncate_branch(branch.id, length - (kept - read) as u32)?;
        }
        branch.unread = accepted[kept.min(read)..read].to_vec();
        let tokenizer = batch.engine().tokenizer()?;
        branch.text = tokenizer.decode(&[&self.reasoner.rules.begin, &accepted[..]].concat());
        branch.answer = Answer::in_response(&branch.text, &self.reasoner.bundle.manifest.response.answer_marker);
        let tokens = branch.budget.tokens();
        match &reason {
            Stopped::Ended(_) => self.early.ended(index, branch.answer.is_some()),
            Stopped::Early(_) | Stopped::Failed(_) => {
                branch.answer = None;
                self.early.stopped(index);
            }
        }
        let (text, answer) = (branch.text.clone(), branch.answer.clone());
        self.events.push_back(Event::Stopped { branch: index, reason, tokens, text, answer });
        if let Some(pool) = &mut self.pool {
            let share = pool.end(tokens).min(self.most_response);
            // Who wants the answer now does not want longer ones.
            let raised = if self.is_urgent { 0 } else { share };
            self.branches.iter_mut().filter(|branch| !branch.is_over).for_each(|branch| branch.budget.raise(raised));
        }
        if self.verifies_early() {
            self.verify(batch, index)?;
        }
        self.advance(batch)
    }
}

/// What a branch's tokens are drawn with: of a request's seed and the branch's number alone (splitmix64).
fn branch_seed(seed: u64, branch: usize) -> u64 {
    let z = seed.wrapping_add((branch as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
