//! Events as objects, each with its name in `event`: what `--json` prints and a browser is told.

use super::super::{Answer, Rule};
use super::event::{Count, Event, Route, Statistics, Stopped};
use serde::{Serialize, Serializer};

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Told<'a> {
    Prefill {
        done: usize,
        total: usize,
    },
    Routed {
        score: Option<f32>,
        threshold: f32,
        /// `chat` or `reason`.
        route: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        branches: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        budget: Option<u32>,
    },
    AdapterSwitched {
        adapter: &'a str,
    },
    Forked {
        branch: usize,
        seed: u64,
        text: &'a str,
    },
    Token {
        branch: usize,
        id: u32,
        text: &'a str,
        logprob: f32,
        is_thought: bool,
        left: Option<usize>,
    },
    Warned {
        branch: usize,
        text: &'a str,
    },
    BudgetForced {
        branch: usize,
        dropped: usize,
        text: &'a str,
    },
    Stopped {
        branch: usize,
        reason: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        rule: Option<Rule>,
        tokens: usize,
        text: &'a str,
        answer: Option<&'a Answer>,
    },
    Scored {
        branch: usize,
        score: f32,
    },
    Vote {
        tally: &'a [Count],
    },
    Answer {
        text: &'a str,
        answer: Option<&'a Answer>,
        winner: usize,
    },
    End {
        #[serde(flatten)]
        statistics: &'a Statistics,
    },
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let told = match self {
            &Self::Prefill { done, total } => Told::Prefill { done, total },
            &Self::Routed { score, threshold, route } => {
                let (route, branches, budget) = match route {
                    Route::Chat => ("chat", None, None),
                    Route::Reason { branches, budget } => ("reason", Some(branches), Some(budget)),
                };
                Told::Routed { score, threshold, route, branches, budget }
            }
            Self::AdapterSwitched { adapter } => Told::AdapterSwitched { adapter },
            &Self::Forked { branch, seed, ref text } => Told::Forked { branch, seed, text },
            &Self::Token { branch, id, ref text, logprob, is_thought, left } => {
                Told::Token { branch, id, text, logprob, is_thought, left }
            }
            &Self::Warned { branch, ref text } => Told::Warned { branch, text },
            &Self::BudgetForced { branch, dropped, ref text } => Told::BudgetForced { branch, dropped, text },
            &Self::Stopped { branch, ref reason, tokens, ref text, ref answer } => {
                let rule = if let Stopped::Early(rule) = reason { Some(*rule) } else { None };
                Told::Stopped { branch, reason: reason.to_string(), rule, tokens, text, answer: answer.as_ref() }
            }
            &Self::Scored { branch, score } => Told::Scored { branch, score },
            Self::Vote { tally } => Told::Vote { tally },
            &Self::Answer { ref text, ref answer, winner } => Told::Answer { text, answer: answer.as_ref(), winner },
            Self::End { statistics } => Told::End { statistics },
        };
        told.serialize(serializer)
    }
}
