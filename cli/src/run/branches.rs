//! Several answers to one prompt: the prompt is computed once, and its branches decode together.

use super::printer::{Printer, summary};
use crate::interrupt::Listening;
use crate::side_by_side::{Column, SideBySide, blocks};
use crate::table::print;
use anyhow::Result;
use ruminate::Error;
use ruminate::cache::BranchId;
use ruminate::sample::{Sampling, Stop};
use ruminate::session::{Batch, Engine, Event, Request};
use std::io::{self, IsTerminal};
use std::time::Instant;

/// An answer, so far.
struct Answer {
    /// What its tokens are drawn with.
    seed: u64,
    column: Column,
    branch: BranchId,
    tokens: usize,
    was_interrupted: bool,
    error: Option<Error>,
}

impl Answer {
    fn new(branch: BranchId, seed: u64, (number, count): (u32, u32)) -> Self {
        let head = format!("{number} of {count}, seed {seed}");
        let column = Column { head, ..Column::default() };
        Self { seed, column, branch, tokens: 0, was_interrupted: false, error: None }
    }

    fn take(&mut self, event: &Event) {
        match event {
            Event::Token { text, .. } => self.column.text.push_str(text),
            Event::End { stop, text, statistics } => {
                self.column.text.push_str(text);
                self.tokens = statistics.tokens;
                self.was_interrupted = *stop == Stop::Cancelled;
                self.column.summary = Some(summary(*stop, statistics));
            }
            Event::Failed { error } => {
                self.column.summary = Some(format!("failed: {error}"));
                self.error = Some(error.clone());
            }
            Event::Waiting { .. } | Event::Prefill { .. } | Event::Probed { .. } => {}
        }
    }
}

/// Answers a request, whose branch is `first`, `count` times. Whether Ctrl-C ended it.
pub fn run(engine: &mut Engine, first: BranchId, request: Request, count: u32, printer: &Printer) -> Result<bool> {
    let started = Instant::now();
    let request = Request { close_at_end: true, ..request };
    let mut fan = Some(Fan::new(engine, first, &request, count)?);
    let mut answers = vec![Answer::new(first, request.sampling.seed, (1, count))];
    let mut live = (!printer.json && io::stdout().is_terminal()).then(SideBySide::new);
    let interrupt = Listening::start();
    let mut batch = engine.batch()?;
    batch.start(first, request)?;
    let mut is_stopped = false;
    while let Some((branch, event)) = pollster::block_on(batch.next())? {
        if interrupt.is_requested() && !is_stopped {
            is_stopped = true;
            batch.stop_all();
        }
        let Some(index) = answers.iter().position(|answer| answer.branch == branch) else { continue };
        answers[index].take(&event);
        if printer.json {
            printer.event(Some(index), answers[index].seed, &event)?;
        }
        if let Event::Prefill { done, total } = event
            && done == total
            && !is_stopped
            && let Some(fan) = fan.take()
        {
            answers.extend(fan.spread(&mut batch)?);
        }
        if let Some(live) = &mut live {
            live.show(&columns(&answers))?;
        }
    }
    if let Some(live) = live {
        live.end(&columns(&answers))?;
    } else if !printer.json {
        print(&blocks(&columns(&answers)))?;
    }
    if !printer.json {
        let tokens: usize = answers.iter().map(|answer| answer.tokens).sum();
        let rate = tokens as f64 / started.elapsed().as_secs_f64();
        eprintln!("[{} answers, {tokens} tokens, {rate:.1} tok/s in all, {}]", answers.len(), printer.device());
    }
    match answers.iter_mut().find_map(|answer| answer.error.take()) {
        Some(error) => Err(error.into()),
        None => Ok(answers.iter().any(|answer| answer.was_interrupted)),
    }
}

fn columns(answers: &[Answer]) -> Vec<Column> {
    answers.iter().map(|answer| answer.column.clone()).collect()
}

/// The branches to come, which begin with the prompt's last token: from there on each draws its own.
struct Fan {
    parent: BranchId,
    /// Positions that all share.
    length: u32,
    adapter: Option<String>,
    request: Request,
    count: u32,
}

impl Fan {
    fn new(engine: &Engine, parent: BranchId, request: &Request, count: u32) -> Result<Self> {
        let adapter_from = request.adapter_from;
        let (shared, last) = request.prompt.split_at(request.prompt.len().saturating_sub(1));
        let mut request = Request { prompt: last.to_vec(), adapter_from: None, ..request.clone() };
        let mut adapter = engine.adapter(parent)?.map(|info| info.alias.clone());
        if adapter_from.is_some_and(|from| from <= shared.len()) {
            // It is on before the last token.
            adapter = request.response_adapter.take();
        }
        Ok(Self { parent, length: engine.branch_length(parent)? + shared.len() as u32, adapter, request, count })
    }

    fn spread(self, batch: &mut Batch<'_>) -> Result<Vec<Answer>> {
        let seed = self.request.sampling.seed;
        let start = |more: u32| {
            let seed = seed.wrapping_add(more.into());
            let branch = batch.fork(self.parent, Some(self.length))?;
            // The parent's response may have begun with another adapter.
            batch.set_adapter(branch, self.adapter.as_deref())?;
            let sampling = Sampling { seed, ..self.request.sampling };
            batch.start(branch, Request { sampling, ..self.request.clone() })?;
            Ok(Answer::new(branch, seed, (more + 1, self.count)))
        };
        (1..self.count).map(start).collect()
    }
}
