//! The table: how each setting did on the questions that it has answered.

use super::data::Question;
use super::grid::{Grid, Setting};
use super::journal::Journal;
use super::router::{Both, area};
use super::transcript::{Transcript, Work};
use crate::statistics::percentile;
use crate::table::Table;
use ruminate::reason::Policy;
use serde::Serialize;
use std::fmt;

/// How a setting did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub policy: Router,
    /// Absent where nothing is reasoned about.
    #[serde(flatten)]
    pub thinking: Option<Thoughts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f32>,
    /// Questions that were answered.
    pub questions: usize,
    /// The share of them that was answered right.
    pub accuracy: f64,
    /// Of the accuracy, by the number of questions.
    pub standard_error: f64,
    /// Tokens an answer, of all branches.
    pub tokens: f64,
    /// The share of tokens that early stops spared, against the same setting without, where that is in the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_saved: Option<f64>,
    /// Seconds an answer.
    pub seconds: f64,
    /// Half of the answers took no longer.
    pub seconds_median: f64,
    /// 95 % of the answers took no longer.
    pub seconds_p95: f64,
    /// Seconds to the first token.
    pub first_token_seconds: f64,
    /// Half of the answers took no longer to it.
    pub first_token_median: f64,
    /// 95 % of the answers took no longer to it.
    pub first_token_p95: f64,
    /// Seconds after the first token are estimated, as early stops were simulated.
    #[serde(skip_serializing_if = "is_false")]
    pub simulated: bool,
    /// Joules an answer, where the platform tells them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joules: Option<f64>,
    /// The share that was reasoned about.
    pub routed: f64,
    /// Accuracy above that of a router that reasons about the same share by chance, where chat and reason are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above_random: Option<f64>,
    /// Of the oracle: the share of its area above random that the switcher has, over all thresholds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub switcher_area: Option<f64>,
    /// Questions that could not be put; they count as wrong.
    pub failed: usize,
}

/// Who decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Router {
    Chat,
    Reason,
    Auto,
    /// Reasons where that is right and chat is not: the best that any router could do.
    Oracle,
}

impl From<Policy> for Router {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::Chat => Self::Chat,
            Policy::Reason => Self::Reason,
            Policy::Auto => Self::Auto,
        }
    }
}

impl fmt::Display for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Chat => "chat",
            Self::Reason => "reason",
            Self::Auto => "auto",
            Self::Oracle => "oracle",
        })
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

/// How a setting reasons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Thoughts {
    /// With `within`, at most.
    pub branches: u32,
    pub budget: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<u64>,
    pub vote: String,
    pub early_stop: String,
}

/// The rows of all settings, in the grid's order; after each sweep of thresholds, its oracle.
pub fn rows(grid: &Grid, questions: &[Question], journal: &Journal) -> Vec<Row> {
    let mut rows = Vec::new();
    for (at, setting) in grid.settings.iter().enumerate() {
        rows.push(row(setting, questions, journal));
        let sweep = |other: &&Setting| {
            other.threshold.is_some() && Setting { threshold: setting.threshold, ..(*other).clone() } == *setting
        };
        let is_last = !grid.settings[at + 1..].iter().any(|other| sweep(&other));
        if setting.threshold.is_some() && is_last && grid.settings.iter().filter(sweep).count() > 1 {
            rows.extend(oracle(setting, questions, journal));
        }
    }
    let spared: Vec<Option<f64>> = rows.iter().map(|row| tokens_saved(row, &rows)).collect();
    rows.iter_mut().zip(spared).for_each(|(row, spared)| row.tokens_saved = spared);
    rows
}

/// Against the same setting without early stops.
fn tokens_saved(row: &Row, rows: &[Row]) -> Option<f64> {
    let thinking = row.thinking.as_ref().filter(|thinking| thinking.early_stop != NONE)?;
    let unstopped = Some(Thoughts { early_stop: NONE.to_owned(), ..thinking.clone() });
    let is_same =
        |other: &&Row| (other.policy, other.threshold, &other.thinking) == (row.policy, row.threshold, &unstopped);
    let other = rows.iter().find(is_same).filter(|other| other.questions == row.questions && other.tokens > 0.0)?;
    Some(1.0 - row.tokens / other.tokens)
}

const NONE: &str = "none";

/// An answer and whether it is right.
type Answered<'j> = (&'j Transcript, bool);

fn row(setting: &Setting, questions: &[Question], journal: &Journal) -> Row {
    let answered: Vec<Answered<'_>> = questions
        .iter()
        .enumerate()
        .filter_map(|(at, question)| {
            let transcript = setting.find(journal.of(at))?;
            Some((transcript, is_right(setting, question, transcript)))
        })
        .collect();
    let row = summary(setting, &answered);
    let random = random(setting, questions, journal, row.routed).filter(|_| setting.policy == Policy::Auto);
    Row { above_random: random.map(|random| row.accuracy - random), ..row }
}

/// What the best router would do with the answers of a setting of auto, if all questions have both.
fn oracle(setting: &Setting, questions: &[Question], journal: &Journal) -> Option<Row> {
    let [chat, reason] = always(setting)?;
    let mut both = Vec::new();
    let mut answered = Vec::new();
    for (at, question) in questions.iter().enumerate() {
        let of_question = journal.of(at);
        let (by_chat, by_reason) = (chat.find(of_question)?, reason.find(of_question)?);
        let right = Both {
            score: of_question.iter().find_map(|transcript| transcript.score),
            chat: is_right(&chat, question, by_chat),
            reason: is_right(&reason, question, by_reason),
        };
        let chosen = if right.needs_reasoning() { by_reason } else { by_chat };
        answered.push((chosen, right.chat || right.reason));
        both.push(right);
    }
    let row = summary(&Setting { threshold: None, ..setting.clone() }, &answered);
    let random = random(setting, questions, journal, row.routed);
    let above_random = random.map(|random| row.accuracy - random);
    Some(Row { policy: Router::Oracle, above_random, switcher_area: area(&both), ..row })
}

fn summary(setting: &Setting, answered: &[Answered<'_>]) -> Row {
    let count = answered.len().max(1) as f64;
    let mean = |value: &dyn Fn(&Answered<'_>) -> f64| answered.iter().map(value).sum::<f64>() / count;
    let share = |is: bool| f64::from(u8::from(is));
    let accuracy = mean(&|(_, right)| share(*right));
    let thinking = setting.thinking.as_ref().map(|thinking| Thoughts {
        branches: thinking.branches,
        budget: thinking.budget,
        within: setting.within.as_ref().map(|within| within.tokens),
        vote: if thinking.branches == 1 { "one".into() } else { setting.vote.to_string() },
        early_stop: thinking.early_stop.to_string(),
    });
    let sorted = |value: &dyn Fn(&Transcript) -> f64| {
        let mut values: Vec<f64> = answered.iter().map(|(transcript, _)| value(transcript)).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let seconds = sorted(&|transcript| transcript.seconds);
    let first_token = sorted(&|transcript| transcript.first_token_seconds);
    Row {
        policy: setting.policy.into(),
        thinking,
        threshold: setting.threshold,
        questions: answered.len(),
        accuracy,
        standard_error: (accuracy * (1.0 - accuracy) / count).sqrt(),
        tokens: mean(&|(transcript, _)| transcript.tokens as f64),
        tokens_saved: None,
        seconds: mean(&|(transcript, _)| transcript.seconds),
        seconds_median: percentile(&seconds, 0.5),
        seconds_p95: percentile(&seconds, 0.95),
        first_token_seconds: mean(&|(transcript, _)| transcript.first_token_seconds),
        first_token_median: percentile(&first_token, 0.5),
        first_token_p95: percentile(&first_token, 0.95),
        simulated: answered.iter().any(|(transcript, _)| transcript.is_simulated),
        joules: answered.iter().map(|(transcript, _)| transcript.joules).sum::<Option<f64>>().map(|sum| sum / count),
        routed: mean(&|(transcript, _)| share(transcript.work != Work::Chat)),
        above_random: None,
        switcher_area: None,
        failed: answered.iter().filter(|(transcript, _)| transcript.error.is_some()).count(),
    }
}

fn is_right(setting: &Setting, question: &Question, transcript: &Transcript) -> bool {
    transcript.answer(setting.vote).is_some_and(|answer| answer.agrees_with(&question.answer))
}

/// The accuracy of reasoning about a share of the questions that is drawn by lot, if each was answered both ways.
fn random(setting: &Setting, questions: &[Question], journal: &Journal, routed: f64) -> Option<f64> {
    let accuracy = |setting: &Setting| {
        let mut right = 0;
        for (at, question) in questions.iter().enumerate() {
            right += usize::from(is_right(setting, question, setting.find(journal.of(at))?));
        }
        Some(right as f64 / questions.len().max(1) as f64)
    };
    let [chat, reason] = always(setting)?;
    Some((1.0 - routed) * accuracy(&chat)? + routed * accuracy(&reason)?)
}

/// Chat and reason, as a setting of auto has them.
fn always(setting: &Setting) -> Option<[Setting; 2]> {
    let always = |policy| Setting { policy, threshold: None, ..setting.clone() };
    let chat = Setting { thinking: None, within: None, ..always(Policy::Chat) };
    setting.thinking.is_some().then(|| [chat, always(Policy::Reason)])
}

/// For people.
pub fn table(rows: &[Row]) -> Table {
    let mut table = Table::new(&[
        "policy",
        ">branches",
        ">budget",
        "vote",
        "early stop",
        ">threshold",
        ">questions",
        ">right, %",
        ">tokens",
        ">saved, %",
        ">seconds",
        ">median",
        ">95 %",
        ">first token",
        ">reasoned, %",
        ">above random",
        ">failed",
    ]);
    let percent = |share: f64| format!("{:.1}", 100.0 * share);
    for row in rows {
        let about = if row.simulated { "~" } else { "" };
        let seconds = |seconds: f64| format!("{about}{seconds:.3}");
        let of = |value: &dyn Fn(&Thoughts) -> String| row.thinking.as_ref().map_or("-".into(), value);
        table.push([
            row.policy.to_string(),
            of(&|thinking| match thinking.within {
                Some(_) => format!("to {}", thinking.branches),
                None => thinking.branches.to_string(),
            }),
            of(&|thinking| match (thinking.budget, thinking.within) {
                (_, Some(tokens)) => format!("{tokens} in all"),
                (Some(budget), None) => budget.to_string(),
                (None, None) => "none".into(),
            }),
            of(&|thinking| thinking.vote.clone()),
            of(&|thinking| thinking.early_stop.clone()),
            row.threshold.map_or("-".into(), |threshold| threshold.to_string()),
            row.questions.to_string(),
            format!("{} ± {}", percent(row.accuracy), percent(row.standard_error)),
            format!("{:.1}", row.tokens),
            row.tokens_saved.map_or("-".into(), percent),
            seconds(row.seconds),
            seconds(row.seconds_median),
            seconds(row.seconds_p95),
            format!("{:.3}", row.first_token_seconds),
            percent(row.routed),
            row.above_random.map_or("-".into(), |above| format!("{:+.1}", 100.0 * above)),
            row.failed.to_string(),
        ]);
    }
    table
}

/// What of the rows is no column: how much of the way from lots to the oracle the switcher goes, and what seconds are.
pub fn notes(rows: &[Row], parallel: u32) -> String {
    let of_oracle = |row: &Row| {
        let (area, thinking) = (row.switcher_area?, row.thinking.as_ref()?);
        let budget = thinking.budget.map_or("none".to_owned(), |budget| budget.to_string());
        Some(format!(
            "Switcher's area of the oracle's above random: {area:.3} (branches {}, budget {budget}, vote {}, early stop {})\n",
            thinking.branches, thinking.vote, thinking.early_stop
        ))
    };
    let shared = match parallel {
        1 => String::new(),
        _ => format!("{parallel} questions were answered at once: seconds are not those of one alone\n"),
    };
    rows.iter().filter_map(of_oracle).collect::<String>() + &shared
}
