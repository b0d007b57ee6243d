//! Generations on several branches at once.

use super::engine::{Engine, Steadiness};
use super::generate::{Event, Request, Statistics};
use super::row::{Row, State, Switch};
use crate::cache::BranchId;
use crate::gpu::{Readback, Tier};
use crate::sample::{Sampling, Stop};
use crate::{Error, Result};
use std::collections::VecDeque;

/// Generations on any branches, advanced together: prompts, and up to 16 branches that decode. How is said in
/// `schedule.rs`.
///
/// Between events, anything can be asked of any branch, and holds from the branch's next [`Event::Token`] on: several
/// steps are submitted before the first token comes back, and those that turn out wrong for a branch are undone for it.
/// Dropping the batch cancels every generation and leaves each branch at its last accepted token.
#[derive(Debug)]
pub struct Batch<'e> {
    pub(super) engine: &'e mut Engine,
    /// In the order of their starts, a branch once.
    pub(super) rows: Vec<Row>,
    /// Oldest first.
    pub(super) steps: VecDeque<Step>,
    /// Tokens that were read back, to be told one by one.
    pub(super) picks: VecDeque<Pick>,
    pub(super) events: VecDeque<(BranchId, Event)>,
    pub(super) readbacks: Vec<Readback>,
    pub(super) look_ahead: usize,
    pub(super) steadiness: Steadiness,
    tickets: u64,
}

/// A step in flight.
#[derive(Debug)]
pub(super) struct Step {
    pub results: Results,
    pub samples: Vec<Sample>,
    /// Probes whose numbers it makes.
    pub probes: Vec<Probing>,
}

/// What tells that a step has run.
#[derive(Debug)]
pub(super) enum Results {
    /// It gives nothing to read.
    None(wgpu::SubmissionIndex),
    /// What [`Engine::results`] copies after it.
    Copied(Readback),
}

/// Where a step's sample for a row is found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub ticket: u64,
    pub slot: u32,
    /// Which of the row's samples it is.
    pub number: u32,
}

/// Where a step's number of a probe is found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Probing {
    /// The row's [`Row::request`].
    pub request: u64,
    pub slot: u32,
}

/// A sample that was read back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pick {
    pub ticket: u64,
    pub id: u32,
    pub logprob: f32,
}

impl Engine {
    /// Fewest rows of a step whose rows have the same bits as in all larger ones.
    pub(crate) fn steady_rows(&self) -> u32 {
        if self.gpu.caps.tier == Tier::Software { 1 } else { 4 }
    }

    /// A batch without generations.
    pub fn batch(&mut self) -> Result<Batch<'_>> {
        // Software drivers gain nothing from deep queues, and pay for what is undone.
        let look_ahead = if self.gpu.caps.tier == Tier::Software { 2 } else { 4 };
        let size = self.scratch.results.size;
        let readbacks = (0..look_ahead).map(|_| Readback::new(&self.gpu, size)).collect::<Result<Vec<_>>>()?;
        Ok(Batch {
            engine: self,
            rows: Vec::new(),
            steps: VecDeque::with_capacity(look_ahead),
            picks: VecDeque::new(),
            events: VecDeque::new(),
            readbacks,
            look_ahead,
            steadiness: Steadiness::NONE,
            tickets: 0,
        })
    }
}

impl Batch<'_> {
    /// Appends a prompt to a branch and generates from it. If there is no room, the request waits until others have
    /// ended, which [`Event::Waiting`] tells. What could never fit is refused: [`Error::ContextFull`],
    /// [`Error::PagesTooFew`], or [`Error::PagesFull`] where nothing runs that would make room.
    pub fn start(&mut self, branch: BranchId, request: Request) -> Result<()> {
        if self.rows.iter().any(|row| row.branch == branch && row.state != State::Over) {
            return Err(Error::Invalid(format!(
                "branch {} generates already. Stop it and take its end first, or fork it",
                branch.0
            )));
        }
        let ticket = self.ticket();
        let row = Row::new(self.engine, branch, request, ticket)?;
        self.forget(branch);
        self.rows.push(row);
        self.admit();
        if let Some(row) = self.rows.last().filter(|row| row.state == State::Waiting) {
            if !self.rows.iter().any(Row::is_running) {
                let error = self.pages_full(row);
                self.forget(branch);
                return Err(error);
            }
            let waiting = self.rows.iter().filter(|row| row.state == State::Waiting).count();
            self.events.push_back((branch, Event::Waiting { ahead: waiting - 1 }));
        }
        Ok(())
    }

    /// Makes a branch's tokens the same to the bit, however many others decode beside it.
    ///
    /// Rows have the same bits in steps of 3 to 16 rows; so steps decode four rows at least from now on, and chunks
    /// sample four, unused ones among them: those of one or two branches cost what four do. On software drivers rows are
    /// alike in any step, and read a common prefix each for itself from now on.
    ///
    /// What still changes bits: prompts beside them; and on GPUs a prefix that rows read together, since that is what
    /// makes branches after a long prompt cheap: from about 1,760 positions that eight have in common on. Without
    /// [`Engine::shared_prefix`], it does not.
    pub fn set_steady(&mut self) {
        let shares = self.engine.gpu.caps.tier != Tier::Software;
        self.steadiness = Steadiness { least_rows: self.engine.steady_rows(), shares };
    }

    /// A new branch with the first `length` positions of another, and its adapter. While the other generates, these are
    /// positions of the prompt and of tokens that were told; `None` takes them all. See [`Engine::fork_branch`].
    pub fn fork(&mut self, parent: BranchId, length: Option<u32>) -> Result<BranchId> {
        let Some(index) = self.live(parent) else { return self.engine.fork_branch(parent, length) };
        let settled = self.rows[index].settled();
        let length = length.unwrap_or(settled);
        if length > settled {
            return Err(Error::Invalid(format!(
                "a fork of branch {} at {length}: it has come to {settled}. Fork at one of these positions",
                parent.0
            )));
        }
        // Its adapter may be on already for a response of which nothing was told.
        let row = &self.rows[index];
        match &row.switch {
            Some(switch) if switch.is_on && !row.has_begun() && length <= row.unadapted() => {
                self.engine.fork_with(parent, Some(length), switch.other)
            }
            _ => self.engine.fork_branch(parent, Some(length)),
        }
    }

    /// Gives a branch an adapter by its name, or the base: from its next token on where it generates, from the first
    /// token of the response on while that has not begun. What the name stands for now is what it gets. The rules of KV
    /// hold: see [`Self::allow_mixed`].
    pub fn set_adapter(&mut self, branch: BranchId, alias: Option<&str>) -> Result<()> {
        let Some(index) = self.live(branch) else { return self.engine.set_adapter(branch, alias) };
        self.rewind(index)?;
        let is_on = self.rows[index].responds();
        match is_on {
            true => self.engine.check_switch(branch, alias)?,
            false => self.engine.check_continues(branch, alias)?,
        }
        let mut adapter = self.engine.hold_adapter(alias)?;
        let row = &mut self.rows[index];
        let unused = match row.switch.take() {
            before if !is_on => {
                row.switch_after_prompt(Switch { other: adapter, is_on });
                before.and_then(|switch| switch.other)
            }
            before => {
                self.engine.swap_adapter(branch, &mut adapter);
                // What it keeps is the prompt's.
                let (kept, unused) = before.map_or((adapter, None), |switch| (switch.other, adapter));
                row.switch = Some(Switch { other: kept, is_on });
                unused
            }
        };
        self.engine.release_adapter(unused);
        Ok(())
    }

    /// Lets a branch's adapter change to one that may not read what is there, until its positions from here on are
    /// truncated. See [`Engine::allow_mixed`].
    pub fn allow_mixed(&mut self, branch: BranchId) -> Result<()> {
        if let Some(index) = self.live(branch) {
            self.rows[index].is_mixed = true;
        }
        self.engine.allow_mixed(branch)
    }

    /// Changes how a branch's tokens are picked, from its next one on.
    pub fn set_sampling(&mut self, branch: BranchId, sampling: Sampling) -> Result<()> {
        let index = self.running(branch)?;
        sampling.validate()?;
        self.rewind(index)?;
        self.rows[index].sampling = sampling;
        Ok(())
    }

    /// Appends tokens to a branch that generates, after the last that was told, and goes on from them. They count
    /// neither for `max_tokens` nor for stop strings. Gives their text, with what was held back before.
    ///
    /// Up to 16 tokens are decoded one a step, beside what others decode; more go through chunks.
    pub fn append(&mut self, branch: BranchId, tokens: &[u32]) -> Result<String> {
        let index = self.running(branch)?;
        self.engine.check_ids(tokens)?;
        self.engine.check_room(self.rows[index].positions_with(tokens.len()))?;
        if tokens.is_empty() {
            return Ok(String::new());
        }
        self.rewind(index)?;
        Ok(self.rows[index].append(tokens))
    }

    /// Takes back the `count` tokens told last, which were sampled after any that were given; with [`Self::append`],
    /// others take their place. Text that was told of them stays told.
    pub fn take_back(&mut self, branch: BranchId, count: usize) -> Result<()> {
        let index = self.running(branch)?;
        if count > 0 {
            self.rows[index].take_back(count)?;
            self.rewind(index)?;
        }
        Ok(())
    }

    /// Whether a request of this branch is not over.
    pub fn generates(&self, branch: BranchId) -> bool {
        self.live(branch).is_some()
    }

    /// Ends a branch's generation after the last token that was told; [`Event::End`] follows.
    pub fn stop(&mut self, branch: BranchId) -> Result<()> {
        let index = self.running(branch)?;
        let text = self.rows[index].held(Stop::Cancelled);
        self.end(index, Stop::Cancelled, text);
        Ok(())
    }

    /// Ends every generation that is not over.
    pub fn stop_all(&mut self) {
        for index in 0..self.rows.len() {
            if self.rows[index].is_live() {
                let text = self.rows[index].held(Stop::Cancelled);
                self.end(index, Stop::Cancelled, text);
            }
        }
    }

    /// Closes a branch, whether it generates or not, without any more events of it.
    pub fn close(&mut self, branch: BranchId) -> Result<()> {
        self.engine.close_branch(branch)?;
        self.forget(branch);
        self.events.retain(|event| event.0 != branch);
        Ok(())
    }

    /// The next event and its branch, or `None` when all generations are over. Errors are the whole batch's: a branch's
    /// own are [`Event::Failed`]. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Result<Option<(BranchId, Event)>> {
        loop {
            if let Some((branch, event)) = self.events.pop_front() {
                if matches!(event, Event::End { .. } | Event::Failed { .. }) {
                    self.close_ended(branch)?;
                }
                return Ok(Some((branch, event)));
            }
            if let Some(pick) = self.picks.pop_front() {
                self.accept(pick);
            } else if self.steps.len() < self.look_ahead && self.advance()? {
                // Its events come first, then the next step.
            } else if !self.steps.is_empty() {
                self.collect().await?;
            } else if self.events.is_empty() && !self.fail_stuck() {
                return Ok(None);
            }
        }
    }

    /// The tokens generated so far by a branch's last request, and those appended to them.
    pub fn accepted(&self, branch: BranchId) -> &[u32] {
        self.find(branch).map_or(&[], Row::accepted)
    }

    /// Those of [`Self::accepted`] whose keys and values are in the branch.
    pub fn kept(&self, branch: BranchId) -> &[u32] {
        self.find(branch).map_or(&[], Row::kept)
    }

    /// How a branch's last request goes: what [`Event::End`] reports, at any time.
    pub fn statistics(&self, branch: BranchId) -> Statistics {
        self.find(branch).map(Row::statistics).unwrap_or_default()
    }

    /// The engine, to look at.
    pub fn engine(&self) -> &Engine {
        self.engine
    }

    /// The engine, to load adapters or to work on branches that do not generate. One that generates and was changed
    /// fails.
    pub fn engine_mut(&mut self) -> &mut Engine {
        self.engine
    }

    /// Undoes what was decoded past the last token that was told, which is submitted again.
    fn rewind(&mut self, index: usize) -> Result<()> {
        let ticket = self.ticket();
        let row = &mut self.rows[index];
        if let Some(length) = row.rewind(ticket) {
            self.engine.truncate_branch(row.branch, length)?;
            if row.is_mixed {
                self.engine.allow_mixed(row.branch)?;
            }
        }
        self.switch(index);
        Ok(())
    }

    /// Gives a row's branch the adapter of its next row: that of the prompt, or of the response.
    pub(super) fn switch(&mut self, index: usize) {
        let row = &mut self.rows[index];
        let is_on = row.responds();
        if let Some(switch) = row.switch.as_mut().filter(|switch| switch.is_on != is_on) {
            self.engine.swap_adapter(row.branch, &mut switch.other);
            switch.is_on = is_on;
        }
    }

    /// Removes a branch's row.
    fn forget(&mut self, branch: BranchId) {
        for row in self.rows.extract_if(.., |row| row.branch == branch) {
            self.engine.release_adapter(row.switch.and_then(|switch| switch.other));
        }
    }

    /// Closes a branch whose end has been told, if it is to be closed.
    fn close_ended(&mut self, branch: BranchId) -> Result<()> {
        let closing = |row: &&mut Row| row.branch == branch && row.state == State::Closing;
        let Some(row) = self.rows.iter_mut().find(closing) else { return Ok(()) };
        row.state = State::Over;
        self.engine.close_branch(branch)
    }

    /// A number that no row had.
    fn ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }

    fn find(&self, branch: BranchId) -> Option<&Row> {
        self.rows.iter().find(|row| row.branch == branch)
    }

    /// The row of a branch that generates or waits.
    fn live(&self, branch: BranchId) -> Option<usize> {
        self.rows.iter().position(|row| row.branch == branch && row.is_live())
    }

    fn running(&self, branch: BranchId) -> Result<usize> {
        self.live(branch)
            .ok_or_else(|| Error::Invalid(format!("branch {} does not generate. Start a request on it", branch.0)))
    }
}

impl Drop for Batch<'_> {
    /// Undoes what was decoded past the last accepted tokens.
    fn drop(&mut self) {
        for index in 0..self.rows.len() {
            if self.rows[index].is_live() {
                self.settle(index);
            }
            if let Err(error) = self.close_ended(self.rows[index].branch) {
                tracing::warn!(%error, "a branch closed while it generated");
            }
        }
    }
}
