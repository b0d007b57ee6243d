//! Which step comes next, and what becomes of its results.
//!
//! - A request is admitted, in the order of starts, when a slot for its samples is free and the pages are there for its
//!   prompt, beside those for the prompts that run and one for each branch that runs.
//! - While no prompt is pending, a step decodes a row of every branch that runs. Otherwise a step is a chunk: the
//!   decoding rows come first, in up to half of it, then the prompts in the order of starts, as much of them as fits.
//!   Either way each row whose next token is unknown to the CPU reads it from its slot, so that several steps are in
//!   flight.
//! - A branch that finds no page sits the step out. When no step can be made of any branch, and none is in flight that
//!   could end one, the branch that started last fails; so others go on with its pages, if it closes.

use super::batch::{Batch, Pick, Probing, Results, Sample, Step};
use super::chunk::Part;
use super::generate::Event;
use super::row::{Row, State, Work};
use crate::cache::BranchId;
use crate::gpu::Readback;
use crate::kernels::sample::SLOT_UNUSED;
use crate::kernels::sample_twin::NO_PROBABILITY;
use crate::model::{DECODE_ROWS, HISTORY_STEPS};
use crate::sample::{Sampling, Stop};
use crate::{Error, Result};

/// A row's index, and how many of its tokens a step takes.
type Choice = (usize, usize);

impl Batch<'_> {
    /// Submits the next step. Whether there was one, or an event.
    pub(super) fn advance(&mut self) -> Result<bool> {
        self.admit();
        let chosen = self.choose();
        if !chosen.is_empty() {
            self.submit(&chosen)?;
        }
        Ok(!chosen.is_empty() || !self.events.is_empty())
    }

    /// Starts requests that wait, as long as there is room for the first of them.
    pub(super) fn admit(&mut self) {
        while let Some(index) = self.rows.iter().position(|row| row.state == State::Waiting) {
            let is_free = |slot: &u32| self.rows.iter().all(|row| row.state != State::Running(*slot));
            let Some(slot) = (0..DECODE_ROWS).find(is_free) else { return };
            match self.has_room(index) {
                Ok(true) => self.rows[index].state = State::Running(slot),
                Ok(false) => return,
                Err(error) => self.fail(index, error),
            }
        }
    }

    fn has_room(&self, index: usize) -> Result<bool> {
        let branches = &self.engine.cache.branches;
        let pages = |row: &Row, more: usize| branches.pages_needed(row.branch, (row.pending() + more) as u32);
        let running = self.rows.iter().filter(|row| row.is_running());
        // A branch that was closed needs nothing: it fails on its own.
        let reserved: usize = running.map(|row| 1 + pages(row, 0).unwrap_or(0)).sum();
        Ok(pages(&self.rows[index], 1)? + reserved <= branches.free_pages())
    }

    fn choose(&mut self) -> Vec<Choice> {
        let mut free = self.engine.pages().0;
        let chunk = self.engine.chunk() as usize;
        let has_prompt = self.rows.iter().any(Row::has_prompt);
        let most = DECODE_ROWS as usize;
        let most = if has_prompt { most.min(chunk / 2) } else { most };
        let mut chosen = Vec::new();
        for index in 0..self.rows.len() {
            if chosen.len() < most && self.rows[index].can_decode() && self.claim(index, 1, &mut free) {
                chosen.push((index, 1));
            }
        }
        let mut room = if has_prompt { chunk - chosen.len() } else { 0 };
        for index in 0..self.rows.len() {
            let count = self.rows[index].run().min(room);
            if count > 0 && self.rows[index].has_prompt() && self.claim(index, count, &mut free) {
                chosen.push((index, count));
                room -= count;
            }
        }
        chosen
    }

    /// Whether a row can go on by `count` positions, whose pages are taken off `free`. If it never can, it fails.
    fn claim(&mut self, index: usize, count: usize, free: &mut usize) -> bool {
        match self.pages_for(index, count) {
            Ok(needed) if needed <= *free => {
                *free -= needed;
                true
            }
            Ok(_) => false,
            Err(error) => {
                self.fail(index, error);
                false
            }
        }
    }

    fn pages_for(&mut self, index: usize, count: usize) -> Result<usize> {
        let row = &self.rows[index];
        if self.engine.branch_length(row.branch)? != row.position() {
            return Err(Error::Invalid(format!(
                "branch {} was changed while it generated. Stop it before, or fork it",
                row.branch.0
            )));
        }
        self.switch(index);
        let row = &self.rows[index];
        self.engine.cache.branches.check_read(row.branch, self.engine.reader(row.branch)?)?;
        self.engine.cache.branches.pages_needed(row.branch, count as u32)
    }

    fn submit(&mut self, chosen: &[Choice]) -> Result<()> {
        let mut work: Vec<(BranchId, u32, Work)> = Vec::with_capacity(chosen.len());
        let (mut samples, mut probes) = (Vec::new(), Vec::new());
        for &(index, count) in chosen {
            let row = &self.rows[index];
            let State::Running(slot) = row.state else { continue };
            let part = row.work(count, slot)?;
            if part.sampling.is_some() {
                samples.push(Sample { ticket: row.ticket, slot, number: row.sample() });
            }
            if part.read.is_some_and(|read| read.is_last == 1) {
                probes.push(Probing { request: row.request, slot });
            }
            work.push((row.branch, slot, part));
        }
        // In a browser, nothing else tells that a step has run.
        let is_read = cfg!(target_family = "wasm") || !samples.is_empty() || !probes.is_empty();
        let readback = if is_read { Some(self.take_readback()?) } else { None };
        let copy = readback.as_ref().map(|readback| self.engine.results(readback));
        let submission = if chosen.iter().all(|&(index, _)| !self.rows[index].has_prompt()) {
            let unsampled = Sampling::greedy().settings(0, SLOT_UNUSED)?;
            let row = |(branch, _, w): &(BranchId, u32, Work)| {
                Some((*branch, *w.tokens.first()?, w.sampling.unwrap_or(unsampled)))
            };
            self.engine.submit_decode(&work.iter().filter_map(row).collect::<Vec<_>>(), self.steadiness, copy)?
        } else {
            let parts = work.iter().map(|(branch, slot, Work { tokens, sampling, read })| Part {
                branch: *branch,
                tokens,
                sampling: *sampling,
                read: read.map(|read| (*slot, read)),
            });
            self.engine.submit_chunk(&parts.collect::<Vec<_>>(), self.steadiness.least_rows, None, copy)?
        };
        let results = match readback {
            None => Results::None(submission),
            Some(mut readback) => {
                readback.request(submission);
                Results::Copied(readback)
            }
        };
        self.steps.push_back(Step { results, samples, probes });
        for &(index, count) in chosen {
            let row = &mut self.rows[index];
            self.events.extend(row.advance(count).map(|event| (row.branch, event)));
            self.end_if_complete(index);
        }
        Ok(())
    }

    fn take_readback(&mut self) -> Result<Readback> {
        self.readbacks.pop().ok_or_else(|| Error::Invalid("more steps in flight than readbacks".into()))
    }

    /// Waits for the oldest step, and reads its samples.
    pub(super) async fn collect(&mut self) -> Result<()> {
        let gpu = &self.engine.gpu;
        let Some(step) = self.steps.front_mut() else { return Ok(()) };
        let mut words: Vec<u32> = Vec::new();
        match &mut step.results {
            Results::None(submission) => gpu.wait_for(submission.clone())?,
            Results::Copied(readback) => words = bytemuck::pod_collect_to_vec(&readback.bytes(gpu).await?),
        }
        let Some(Step { results, samples, probes }) = self.steps.pop_front() else { return Ok(()) };
        if let Results::Copied(readback) = results {
            self.readbacks.push(readback);
        }
        for Sample { ticket, slot, number } in samples {
            let at = 2 * (number % HISTORY_STEPS * DECODE_ROWS + slot) as usize;
            self.picks.push_back(Pick { ticket, id: words[at], logprob: f32::from_bits(words[at + 1]) });
        }
        let first = (self.engine.scratch.probed.offset / 4) as usize;
        for Probing { request, slot } in probes {
            let Some(index) = self.rows.iter().position(|row| row.request == request && row.is_running()) else {
                continue;
            };
            let value = f32::from_bits(words[first + slot as usize]);
            self.events.push_back((self.rows[index].branch, Event::Probed { value }));
            self.rows[index].probed();
            self.end_if_complete(index);
        }
        Ok(())
    }

    /// Tells of a token, unless it was undone meanwhile.
    pub(super) fn accept(&mut self, pick: Pick) {
        let Some(index) = self.rows.iter().position(|row| row.ticket == pick.ticket && row.is_running()) else {
            return;
        };
        // Logits that are no numbers leave nothing to choose from.
        if pick.id >= self.engine.config.vocab || pick.logprob >= NO_PROBABILITY {
            let told = self.rows[index].statistics();
            let position = told.cached_tokens + told.prompt_tokens + told.tokens;
            return self.fail(index, Error::Overflow { position });
        }
        let row = &mut self.rows[index];
        let (event, end) = row.accept(pick.id, pick.logprob);
        self.events.extend(event.map(|event| (row.branch, event)));
        if let Some((stop, text)) = end {
            self.end(index, stop, text);
        }
    }

    fn end_if_complete(&mut self, index: usize) {
        if self.rows[index].is_complete() {
            self.end(index, Stop::Length, String::new());
        }
    }

    /// A row is over; what was decoded past its end is undone.
    pub(super) fn end(&mut self, index: usize, stop: Stop, text: String) {
        self.settle(index);
        let row = &self.rows[index];
        self.events.push_back((row.branch, Event::End { stop, text, statistics: row.statistics() }));
    }

    fn fail(&mut self, index: usize, error: Error) {
        self.settle(index);
        self.events.push_back((self.rows[index].branch, Event::Failed { error }));
    }

    /// Fails the row that started last of those that cannot go on; `false` if all are over.
    pub(super) fn fail_stuck(&mut self) -> bool {
        let last = self.rows.iter().rposition(Row::is_running);
        let Some(index) = last.or_else(|| self.rows.iter().position(|row| row.state == State::Waiting)) else {
            return false;
        };
        let error = self.pages_full(&self.rows[index]);
        self.fail(index, error);
        true
    }

    /// The error of a row that finds no pages to go on.
    pub(super) fn pages_full(&self, row: &Row) -> Error {
        let (free, pages) = self.engine.pages();
        // One that waits wants room for a token, too.
        let count = if row.is_running() { row.pending().max(1) } else { row.pending() + 1 };
        let needed = self.engine.cache.branches.pages_needed(row.branch, count as u32);
        needed.map_or_else(|error| error, |needed| Error::PagesFull { needed, free, pages })
    }

    /// Ends a row at its last accepted token.
    pub(super) fn settle(&mut self, index: usize) {
        let row = &mut self.rows[index];
        row.end();
        // A branch that is to close gives its pages back now.
        let length = if row.close_at_end { 0 } else { row.settled() };
        if let Some(switch) = row.switch.take() {
            self.engine.release_adapter(switch.other);
        }
        let settled = self.engine.truncate_branch(row.branch, length);
        if let Err(error) = settled {
            tracing::warn!(%error, "a branch closed while it generated");
        }
    }
}
