//! A run: how one question was answered, as what was told and when. Everything drawn comes from it, so going back in
//! time, exporting and testing need no engine.

mod scene;
mod told;

pub use scene::{Decision, Ending, Lane, Piece, Scene, Stop, Voice};
pub use told::{Candidate, Token, Told};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was told, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timed {
    /// Seconds since the question.
    pub at: f64,
    /// What.
    #[serde(flatten)]
    pub told: Told,
}

/// What a question was answered with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Setup {
    /// The model's name.
    pub model: String,
    /// The device and its tier.
    pub device: String,
    /// Who was to answer: chat, reason or auto.
    pub policy: String,
    /// How branches voted.
    pub vote: String,
    /// What tokens were drawn with.
    pub seed: u64,
}

/// How one question was answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The question.
    pub question: String,
    /// What it was answered with.
    #[serde(default)]
    pub setup: Setup,
    /// What was told, in order.
    pub events: Vec<Timed>,
    /// Of branches that were read again: of each token that was sampled, what else could have been said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub alternatives: BTreeMap<usize, Vec<Vec<Candidate>>>,
}

impl Run {
    /// One that begins.
    pub fn new(question: impl Into<String>, setup: Setup) -> Self {
        Self { question: question.into(), setup, ..Self::default() }
    }

    /// Adds what is told now; times never go back.
    pub fn push(&mut self, at: f64, told: Told) {
        let at = at.max(self.duration());
        self.events.push(Timed { at, told });
    }

    /// Seconds from the question to the last event.
    pub fn duration(&self) -> f64 {
        self.events.last().map_or(0.0, |last| last.at)
    }

    /// Nothing more will be told.
    pub fn is_over(&self) -> bool {
        self.events
            .last()
            .is_some_and(|last| matches!(last.told, Told::End { .. } | Told::Cancelled | Told::Failed { .. }))
    }

    /// Events up to a time.
    pub fn count_until(&self, at: f64) -> usize {
        self.events.partition_point(|event| event.at <= at)
    }

    /// The picture at a time; the last where none is given.
    pub fn scene(&self, at: Option<f64>) -> Scene {
        let mut scene = Scene::default();
        scene.follow(self, at);
        scene
    }

    /// As an object with an `events` list.
    ///
    /// # Errors
    /// None for what can be recorded: numbers that are not finite become null.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]
    use super::*;

    #[test]
    fn a_run_survives_the_disk() {
        let mut run = Run::new("Why?", Setup { model: "m".into(), seed: 7, ..Setup::default() });
        run.push(0.5, Told::Routed { score: Some(0.7), threshold: 0.5, effort: Some((2, 64)) });
        let token = Token { branch: 1, id: 3, text: "a".into(), logprob: -0.25, is_thought: true, left: Some(9) };
        run.push(0.25, Told::Token(token));
        run.push(1.0, Told::Failed { error: "no".into() });
        assert_eq!(run.events[1].at, 0.5);
        let back: Run = serde_json::from_str(&run.to_json().unwrap()).unwrap();
        assert_eq!(back, run);
        assert!(back.is_over());
        assert_eq!((run.count_until(0.4), run.count_until(0.5), run.duration()), (0, 2, 1.0));
    }
}
