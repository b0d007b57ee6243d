//! The table: how each setting did on the questions that it has answered.

use super::data::Question;
use super::grid::{Grid, Setting};
use super::journal::Journal;
use super::transcript::{Transcript, Work};
use crate::table::Table;
use ruminate::reason::Policy;
use serde::Serialize;

/// How a setting did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub policy: Policy,
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
    /// Seconds an answer.
    pub seconds: f64,
    /// Seconds to the first token.
    pub first_token_seconds: f64,
    /// Joules an answer, where the platform tells them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joules: Option<f64>,
    /// The share that was reasoned about.
    pub routed: f64,
    /// Accuracy above that of a router that reasons about the same share by chance, where chat and reason are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above_random: Option<f64>,
    /// Questions that could not be put; they count as wrong.
    pub failed: usize,
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

/// The rows of all settings, in the grid's order.
pub fn rows(grid: &Grid, questions: &[Question], journal: &Journal) -> Vec<Row> {
    grid.settings.iter().map(|setting| row(setting, questions, journal)).collect()
}

fn row(setting: &Setting, questions: &[Question], journal: &Journal) -> Row {
    let answered = questions.iter().enumerate();
    let answered = answered.filter_map(|(at, question)| Some((question, setting.find(journal.of(at))?)));
    let answered: Vec<(&Question, &Transcript)> = answered.collect();
    let count = answered.len().max(1) as f64;
    let mean = |value: &dyn Fn(&Question, &Transcript) -> f64| {
        let sum: f64 = answered.iter().map(|(question, transcript)| value(question, transcript)).sum();
        sum / count
    };
    let share = |is: bool| f64::from(u8::from(is));
    let accuracy = mean(&|question, transcript| share(is_right(setting, question, transcript)));
    let routed = mean(&|_, transcript| share(transcript.work != Work::Chat));
    let thinking = setting.thinking.as_ref().map(|thinking| Thoughts {
        branches: thinking.branches,
        budget: thinking.budget,
        within: setting.within.as_ref().map(|within| within.tokens),
        vote: if thinking.branches == 1 { "one".into() } else { setting.vote.to_string() },
        early_stop: thinking.early_stop.to_string(),
    });
    let random = random(setting, questions, journal, routed).filter(|_| setting.policy == Policy::Auto);
    Row {
        policy: setting.policy,
        thinking,
        threshold: setting.threshold,
        questions: answered.len(),
        accuracy,
        standard_error: (accuracy * (1.0 - accuracy) / count).sqrt(),
        tokens: mean(&|_, transcript| transcript.tokens as f64),
        seconds: mean(&|_, transcript| transcript.seconds),
        first_token_seconds: mean(&|_, transcript| transcript.first_token_seconds),
        joules: answered.iter().map(|(_, transcript)| transcript.joules).sum::<Option<f64>>().map(|sum| sum / count),
        routed,
        above_random: random.map(|random| accuracy - random),
        failed: answered.iter().filter(|(_, transcript)| transcript.error.is_some()).count(),
    }
}

fn is_right(setting: &Setting, question: &Question, transcript: &Transcript) -> bool {
    transcript.answer(setting.vote).is_some_and(|answer| answer.agrees_with(&question.answer))
}

/// The accuracy of reasoning about a share of the questions that is drawn by lot, if each was answered both ways.
fn random(setting: &Setting, questions: &[Question], journal: &Journal, routed: f64) -> Option<f64> {
    let always = |policy| Setting { policy, threshold: None, ..setting.clone() };
    let (chat, reason) = (Setting { thinking: None, within: None, ..always(Policy::Chat) }, always(Policy::Reason));
    let accuracy = |setting: &Setting| {
        let mut right = 0;
        for (at, question) in questions.iter().enumerate() {
            right += usize::from(is_right(setting, question, setting.find(journal.of(at))?));
        }
        Some(right as f64 / questions.len().max(1) as f64)
    };
    Some((1.0 - routed) * accuracy(&chat)? + routed * accuracy(&reason)?)
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
        ">seconds",
        ">reasoned, %",
        ">above random",
        ">failed",
    ]);
    let percent = |share: f64| format!("{:.1}", 100.0 * share);
    for row in rows {
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
            format!("{:.3}", row.seconds),
            percent(row.routed),
            row.above_random.map_or("-".into(), |above| format!("{:+.1}", 100.0 * above)),
            row.failed.to_string(),
        ]);
    }
    table
}
