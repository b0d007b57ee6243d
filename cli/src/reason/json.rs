//! Events as objects, one a line.

use anyhow::Result;
use ruminate::reason::controller::{Count, Route, Statistics, Stopped};
use ruminate::reason::{Answer, Event, Rule};
use serde::Serialize;

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'a> {
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
        seed: u64,
        device: &'a str,
        tier: &'a str,
    },
    /// Ctrl-C, twice.
    Cancelled,
    /// The conversation has no room for the question.
    Refused {
        error: String,
    },
}

/// An event's line; `seed`, and the device and its tier, stand in the last.
pub fn line(event: &Event, seed: u64, (device, tier): (&str, &str)) -> Result<String> {
    let line = match event {
        &Event::Prefill { done, total } => Line::Prefill { done, total },
        &Event::Routed { score, threshold, route } => {
            let (route, branches, budget) = match route {
                Route::Chat => ("chat", None, None),
                Route::Reason { branches, budget } => ("reason", Some(branches), Some(budget)),
            };
            Line::Routed { score, threshold, route, branches, budget }
        }
        Event::AdapterSwitched { adapter } => Line::AdapterSwitched { adapter },
        &Event::Forked { branch, seed, ref text } => Line::Forked { branch, seed, text },
        &Event::Token { branch, id, ref text, logprob, is_thought, left } => {
            Line::Token { branch, id, text, logprob, is_thought, left }
        }
        &Event::Warned { branch, ref text } => Line::Warned { branch, text },
        &Event::BudgetForced { branch, dropped, ref text } => Line::BudgetForced { branch, dropped, text },
        &Event::Stopped { branch, ref reason, tokens, ref text, ref answer } => {
            let rule = if let Stopped::Early(rule) = reason { Some(*rule) } else { None };
            Line::Stopped { branch, reason: reason.to_string(), rule, tokens, text, answer: answer.as_ref() }
        }
        &Event::Scored { branch, score } => Line::Scored { branch, score },
        Event::Vote { tally } => Line::Vote { tally },
        &Event::Answer { ref text, ref answer, winner } => Line::Answer { text, answer: answer.as_ref(), winner },
        Event::End { statistics } => Line::End { statistics, seed, device, tier },
    };
    Ok(serde_json::to_string(&line)? + "\n")
}

/// The line of an answer that is not wanted any more.
pub fn cancelled() -> Result<String> {
    Ok(serde_json::to_string(&Line::Cancelled)? + "\n")
}

/// The line of a question for which there is no room.
pub fn refused(error: &anyhow::Error) -> Result<String> {
    Ok(serde_json::to_string(&Line::Refused { error: error.to_string() })? + "\n")
}
