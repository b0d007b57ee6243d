//! `ruminate reason`: one question, or a conversation, answered by a reasoner.

mod json;
mod view;

use crate::args::{EngineArgs, Global};
use crate::interrupt::{self, Listening};
use crate::lines::{Input, Lines};
use crate::loading;
use crate::reasoner::ReasonerArgs;
use crate::table::print;
use anyhow::Result;
use ruminate::Error;
use ruminate::model::DECODE_ROWS;
use ruminate::reason::bundle::schema::BranchSampling;
use ruminate::reason::{Bundle, EarlyStopSettings, Limit, Policy, Reasoner, Settings, VoteKind, room};
use ruminate::session::{Chat, Engine};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use view::View;

#[derive(clap::Args)]
pub struct Args {
    /// Answer this and exit; without it, a conversation: a line is a question
    #[arg(value_name = "QUESTION", allow_hyphen_values = true)]
    question: Option<String>,
    #[command(flatten)]
    reasoner: ReasonerArgs,
    /// Who answers: chat (the base), reason (the adapter), or auto (as the switcher says)
    #[arg(long, default_value_t = Policy::Auto)]
    policy: Policy,
    /// Switcher scores from here on are reasoned about, 0 to 1 [default: the bundle's]
    #[arg(long, value_name = "SCORE")]
    threshold: Option<f32>,
    /// Branches that think
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 1,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(DECODE_ROWS)))]
    branches: u32,
    /// Most tokens of each branch's response [default: the bundle's]
    #[arg(long, value_name = "TOKENS")]
    budget: Option<u32>,
    /// Most tokens of all branches together: what one leaves over goes to the others
    #[arg(long, value_name = "TOKENS", conflicts_with_all = ["budget", "limit"])]
    total: Option<u32>,
    /// Choose branches, up to -n, and their budget by the question's difficulty, within so many tokens in all
    #[arg(long, value_name = "TOKENS", conflicts_with = "budget")]
    limit: Option<u64>,
    /// How branches vote: majority, weighted (by the verifier) or best
    #[arg(long, default_value_t = VoteKind::Weighted)]
    vote: VoteKind,
    /// What stops branches early: none, or rules joined by +, with numbers that are not to be the defaults:
    /// settled[=PROBABILITY], confidence[=QUANTILE][:window=TOKENS][:least-ended=BRANCHES],
    /// duplicates[=SIMILARITY][:gram=TOKENS][:least-tokens=TOKENS]
    #[arg(long, value_name = "RULES", default_value = "none")]
    early_stop: EarlyStopSettings,
    /// Divides the branches' logits [default: the bundle's, and 0 of one branch alone]
    #[arg(long)]
    temperature: Option<f32>,
    /// The same seed gives the same answer on the same device [default: a new one each time]
    #[arg(long)]
    seed: Option<u64>,
    /// Most tokens of an answer without thoughts [default: the bundle's]
    #[arg(long, value_name = "TOKENS")]
    chat_tokens: Option<usize>,
    /// What the model is told before the conversation
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    system: Option<String>,
    /// Print events, an object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    engine: EngineArgs,
}

impl Args {
    fn settings(&self, bundle: &Bundle) -> Settings {
        let sampling = |temperature| BranchSampling { temperature, ..bundle.manifest.sampling };
        Settings {
            policy: self.policy,
            threshold: self.threshold,
            branches: self.branches,
            budget: self.budget,
            total: self.total,
            limit: self.limit.map(Limit::Tokens),
            vote: self.vote,
            early_stop: self.early_stop,
            sampling: self.temperature.map(sampling),
            chat_tokens: self.chat_tokens,
            // 32 bits are easier to type again.
            seed: self.seed.unwrap_or_else(|| RandomState::new().hash_one(0u8) >> 32),
            ..Settings::default()
        }
    }

    /// The longest response that a branch may have.
    fn most(&self, bundle: &Bundle) -> u32 {
        let budgets = &bundle.manifest.budgets;
        let chosen = budgets.choices.iter().copied().chain([budgets.default]).max().unwrap_or(budgets.default);
        let shared = self.total.map(|total| total / self.branches);
        self.budget.or(shared).unwrap_or(chosen)
    }
}

/// Loads the reasoner and answers.
pub fn run(global: &Global, args: &Args) -> Result<ExitCode> {
    let bundle = args.reasoner.open()?;
    let settings = args.settings(&bundle);
    let options = room(args.engine.options(), args.branches, args.most(&bundle));
    let (mut engine, reasoner) = args.reasoner.load(global, bundle, &options)?;
    loading::warm_up_with(|progress| reasoner.warm_up(&mut engine, args.branches, progress))?;
    let mut chat = Chat::new(&mut engine, args.system.as_deref())?;
    match &args.question {
        None => converse(&mut engine, &reasoner, &mut chat, settings, args.json),
        Some(question) => {
            let is_answered = answer(&mut engine, &reasoner, &mut chat, question, &settings, args.json)?;
            Ok(if is_answered { ExitCode::SUCCESS } else { ExitCode::from(interrupt::EXIT_CODE) })
        }
    }
}

/// Answers a question. Ctrl-C asks for the answer at once, and the second time for none: whether there is one.
fn answer(
    engine: &mut Engine,
    reasoner: &Reasoner,
    chat: &mut Chat,
    question: &str,
    settings: &Settings,
    is_json: bool,
) -> Result<bool> {
    let mut view = View::new(is_json, engine, settings);
    let interrupt = Listening::start();
    let mut is_hurried = false;
    let mut reply = reasoner.ask(engine, chat, question, settings)?;
    while let Some(event) = pollster::block_on(reply.next())? {
        view.take(&event)?;
        if !interrupt.is_requested() {
            continue;
        }
        if is_hurried {
            return view.cancelled().map(|()| false);
        }
        is_hurried = true;
        interrupt.again();
        reply.answer_now()?;
    }
    Ok(true)
}

const HELP: &str = "\
/reset   forget the conversation
/quit    leave (as Ctrl-D does)
/help    this
Ctrl-C   answer now; again: no answer
";

/// Answers line after line until the input ends.
fn converse(
    engine: &mut Engine,
    reasoner: &Reasoner,
    chat: &mut Chat,
    mut settings: Settings,
    is_json: bool,
) -> Result<ExitCode> {
    let is_person = io::stdin().is_terminal() && !is_json;
    let mut lines = Lines::read();
    if is_person {
        eprintln!("Ask a question; /help shows the commands.");
    }
    while let Some(input) = lines.ask(is_person, &[], HELP)? {
        match input {
            Input::Reset => chat.reset(),
            // There are none of its own.
            Input::Command(_) => {}
            Input::Text(question) => {
                let answered = answer(engine, reasoner, chat, &question, &settings, is_json);
                match answered.map_err(|error| (error.downcast_ref().is_some_and(is_full), error)) {
                    Ok(_) => settings.seed = settings.seed.wrapping_add(1),
                    Err((true, error)) if is_json => print(&json::refused(&error)?)?,
                    Err((true, error)) => eprintln!("error: {error}. /reset forgets the conversation"),
                    Err((false, error)) => return Err(error),
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn is_full(error: &Error) -> bool {
    matches!(error, Error::ContextFull { .. } | Error::PagesFull { .. } | Error::PagesTooFew { .. })
}
