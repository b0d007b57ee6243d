//! `ruminate eval`: how often answers are right and what they cost, for every combination of settings.

mod answering;
mod data;
mod grid;
mod journal;
mod report;
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
use ruminate::session::{DEFAULT_CONTEXT, EngineOptions};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use transcript::Solver;

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
    /// What stops branches early: none, or settled, confidence and duplicates joined by +, each with =NUMBER if not at
    /// its default
    #[arg(long, value_name = "RULES,…", value_delimiter = ',', default_value = "none")]
    early_stop: Vec<EarlyStopSettings>,
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
        thresholds: &args.threshold,
        default_threshold: manifest.switcher.threshold,
    })?;
    let adapter = args.reasoner.adapter(&bundle).to_owned();
    let (mut engine, reasoner) = args.reasoner.load(global, bundle, &args.options(&grid))?;
    loading::warm_up_with(|progress| reasoner.warm_up(&mut engine, args.most_branches(), progress))?;
    let mut solver = Answering { engine: &mut engine, reasoner: &reasoner, adapter: &adapter, seed: args.seed };
    let mut identity = solver.identity();
    identity["data_sha256"] = json!(data.sha256);
    identity["precision"] = json!(format!("{:?}", args.engine.precision.unwrap_or(Precision::Int16)));
    let mut journal = Journal::open(args.resume.as_deref(), identity)?;

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
        false => table::print(&report::table(&rows).markdown())?,
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

    fn options(&self, grid: &Grid) -> EngineOptions {
        let options = self.engine.options();
        let context = options.context.unwrap_or(DEFAULT_CONTEXT);
        let of = |setting: &Setting| match &setting.within {
            Some(within) => within.largest_budget(),
            None => setting.thinking.as_ref().map_or(0, |thinking| thinking.budget.unwrap_or(context)),
        };
        room(options, self.most_branches(), grid.settings.iter().map(of).max().unwrap_or(0))
    }
}

/// How an evaluation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Done,
    Interrupted,
}

/// Runs what is missing, question by question, so that all settings have seen the same ones whenever it ends.
fn evaluate(
    grid: &Grid,
    questions: &[Question],
    journal: &mut Journal,
    solver: &mut dyn Solver,
    is_cancelled: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(usize),
) -> Result<End> {
    for (index, question) in questions.iter().enumerate() {
        while let Some(ask) = grid.next(journal.of(index)) {
            match solver.solve(index, question, &ask, is_cancelled) {
                Ok(transcript) => journal.push(transcript)?,
                Err(error) if matches!(error.downcast_ref(), Some(ruminate::Error::Cancelled)) => {
                    return Ok(End::Interrupted);
                }
                Err(error) => return Err(error.context(format!("question {}", index + 1))),
            }
            if is_cancelled() {
                return Ok(End::Interrupted);
            }
        }
        progress(index + 1);
    }
    Ok(End::Done)
}
