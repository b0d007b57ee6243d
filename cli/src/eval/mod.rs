//! `ruminate eval`: how often answers are right and what they cost, for every combination of settings.

mod answering;
mod data;
mod grid;
mod journal;
mod report;
mod router;
mod tape;
#[cfg(test)]
mod tests;
mod transcript;

use crate::args::{EngineArgs, Global};
use crate::interrupt::{self, Listening};
use crate::reasoner::ReasonerArgs;
use crate::{loading, table};
use answering::Answering;
use anyhow::{Result, bail};
use data::{Data, Question};
use grid::{Axes, Cap, Grid, Setting, Threshold};
use journal::Journal;
use ruminate::model::{DECODE_ROWS, Precision};
use ruminate::reason::{EarlyStopSettings, Efforts, Policy, VoteKind, room};
use ruminate::session::{DEFAULT_CONTEXT, EngineOptions, MAX_BRANCHES};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use transcript::{Ask, Solver};

/// Lists combine: there is a line for each combination. Transcripts are shared where that is exact: by all votes, and
/// by all thresholds.
#[derive(clap::Args)]
pub struct Args {
    /// A file of {"question": …, "answer": …} or {"messages": […], "answer": …}, one a line
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    #[command(flatten)]
    reasoner: ReasonerArgs,
    /// Who answers: chat, reason, auto
    #[arg(long, value_name = "POLICY,…", value_delimiter = ',', default_value = "chat,reason,auto")]
    policy: Vec<Policy>,
    /// Branches that think
    #[arg(short = 'n', long, value_name = "COUNT,…", value_delimiter = ',', default_value = "1")]
    branches: Vec<u32>,
    /// Most tokens of a branch's response; none is as many as the context holds [default: the bundle's]
    #[arg(long, value_name = "TOKENS|none,…", value_delimiter = ',')]
    budget: Vec<Cap>,
    /// Also choose branches, up to the most of -n, and budget by the question's difficulty, within so many tokens in all
    #[arg(long, value_name = "TOKENS,…", value_delimiter = ',')]
    within: Vec<u64>,
    /// How branches vote: majority, weighted, best
    #[arg(long, value_name = "VOTE,…", value_delimiter = ',', default_value = "weighted")]
    vote: Vec<VoteKind>,
    /// Switcher scores from which on auto reasons; sweep is 0 to 1 by tenths [default: the bundle's]
    #[arg(long, value_name = "SCORE|sweep,…", value_delimiter = ',')]
    threshold: Vec<Threshold>,
    /// What stops branches early: none, or rules joined by +, with numbers that are not to be the defaults:
    /// settled[=PROBABILITY], confidence[=QUANTILE][:window=TOKENS][:least-ended=BRANCHES],
    /// duplicates[=SIMILARITY][:gram=TOKENS][:least-tokens=TOKENS]
    #[arg(long, value_name = "RULES,…", value_delimiter = ',', default_value = "none")]
    early_stop: Vec<EarlyStopSettings>,
    /// Do not run early stops, but work them out from branches without: tokens are as they would be (to rounding where
    /// branches read a long prompt together: on GPUs, eight branches from about 1,760 tokens on), seconds estimated
    #[arg(long)]
    simulate_stops: bool,
    /// Questions that are answered at once. More are answered in the same time, but the seconds of each are not those of
    /// one alone
    #[arg(long, value_name = "COUNT", default_value_t = 1,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(DECODE_ROWS)))]
    parallel: u32,
    /// Only so many of the first questions
    #[arg(long, value_name = "COUNT")]
    limit: Option<usize>,
    /// What branches are drawn with
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print an object a setting
    #[arg(long)]
    json: bool,
    /// Keep each answer in this file, and go on from those that are in it
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    #[command(flatten)]
    engine: EngineArgs,
}

/// Evaluates and prints the table, of what is done where Ctrl-C ends it.
pub fn run(global: &Global, args: &Args) -> Result<ExitCode> {
    let data = Data::open(&args.data)?;
    let questions = &data.questions[..args.limit.unwrap_or(usize::MAX).min(data.questions.len())];
    if questions.is_empty() {
        bail!("--limit 0 leaves no questions");
    }
    let bundle = args.reasoner.open()?;
    let manifest = &bundle.manifest;
    let default_budget = [Cap(Some(manifest.budgets.default))];
    let grid = Grid::new(&Axes {
        policies: &args.policy,
        branches: &args.branches,
        budgets: if args.budget.is_empty() { &default_budget } else { &args.budget },
        within: &args.within,
        efforts: &Efforts::new(manifest, args.most_branches()),
        votes: &args.vote,
        early_stops: &args.early_stop,
        simulates: args.simulate_stops,
        thresholds: &args.threshold,
        default_threshold: manifest.switcher.threshold,
    })?;
    let (mut engine, reasoner) = args.reasoner.load(global, bundle, &args.options(&grid))?;
    loading::warm_up_with(|progress| reasoner.warm_up(&mut engine, args.most_rows(), progress))?;
    let mut identity = answering::identity(&engine, &reasoner, args);
    identity["data_sha256"] = json!(data.sha256);
    identity["precision"] = json!(format!("{:?}", args.engine.precision.unwrap_or(Precision::Int16)));
    let mut journal = Journal::open(args.resume.as_deref(), identity)?;
    let mut solver = Answering::new(&mut engine, &reasoner, args.seed, args.parallel() as usize)?;

    let bar = loading::bar("evaluating", "{pos} of {len} questions, {eta} left");
    bar.set_length(questions.len() as u64);
    let interrupt = Listening::start();
    let progress = &mut |done| bar.set_position(done as u64);
    let end = evaluate(&grid, questions, &mut journal, &mut solver, &|| interrupt.is_requested(), progress);
    drop(interrupt);
    bar.finish_and_clear();

    let rows = report::rows(&grid, questions, &journal);
    match args.json {
        // An error at the first question leaves nothing to show.
        _ if end.is_err() && rows.iter().all(|row| row.questions == 0) => {}
        true => rows.iter().try_for_each(table::print_json)?,
        false => table::print(&(report::table(&rows).markdown() + &report::notes(&rows, args.parallel())))?,
    }
    Ok(match end? {
        End::Done => ExitCode::SUCCESS,
        End::Interrupted => ExitCode::from(interrupt::EXIT_CODE),
    })
}

impl Args {
    fn most_branches(&self) -> u32 {
        self.branches.iter().copied().max().unwrap_or(1).min(DECODE_ROWS)
    }

    /// Questions that are answered at once, no more than the engine has branches for.
    fn parallel(&self) -> u32 {
        self.parallel.min(MAX_BRANCHES / room(EngineOptions::default(), self.most_branches(), 0).branches)
    }

    /// Rows that decode at once.
    fn most_rows(&self) -> u32 {
        (self.most_branches() * self.parallel()).min(DECODE_ROWS)
    }

    fn options(&self, grid: &Grid) -> EngineOptions {
        let options = self.engine.options();
        let context = options.context.unwrap_or(DEFAULT_CONTEXT);
        let of = |setting: &Setting| match &setting.within {
            Some(within) => within.largest_budget(),
            None => setting.thinking.as_ref().map_or(0, |thinking| thinking.budget.unwrap_or(context)),
        };
        let most = grid.settings.iter().map(of).max().unwrap_or(0);
        let EngineOptions { branches, positions, .. } = room(options, self.most_branches(), most);
        EngineOptions {
            branches: branches * self.parallel(),
            positions: positions.map(|positions| positions.saturating_mul(self.parallel())),
            ..options
        }
    }
}

/// How an evaluation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Done,
    Interrupted,
}

/// Runs what is missing, question by question, so that all settings have seen the same ones whenever it ends, but for
/// those that are answered at once then.
fn evaluate(
    grid: &Grid,
    questions: &[Question],
    journal: &mut Journal,
    solver: &mut dyn Solver,
    is_cancelled: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(usize),
) -> Result<End> {
    let mut fresh = questions.iter().enumerate();
    let mut begun = Vec::new();
    let mut done = 0;
    loop {
        while solver.has_room()
            && let Some((index, question)) = begun.pop().or_else(|| fresh.next())
        {
            match missing(grid, journal, index)? {
                Some(ask) => solver.begin(index, question, &ask)?,
                None => {
                    done += 1;
                    progress(done);
                }
            }
        }
        match solver.next(is_cancelled) {
            Ok(Some(transcript)) => {
                begun.extend(questions.get(transcript.question).map(|question| (transcript.question, question)));
                journal.push(transcript)?;
            }
            Ok(None) => return Ok(End::Done),
            Err(error) if matches!(error.downcast_ref(), Some(ruminate::Error::Cancelled)) => {
                return Ok(End::Interrupted);
            }
            Err(error) => return Err(error),
        }
        if is_cancelled() {
            return Ok(End::Interrupted);
        }
    }
}

/// What is to be run next for a question. What can be simulated is so at once.
fn missing(grid: &Grid, journal: &mut Journal, index: usize) -> Result<Option<Ask>> {
    while let Some(ask) = grid.next(journal.of(index)) {
        match grid.simulated(&ask, journal.of(index))? {
            Some(made) => journal.keep(made),
            None => return Ok(Some(grid.source(ask))),
        }
    }
    Ok(None)
}
