//! What a person can set, and what it means to the engine.

use ruminate::reason::bundle::schema::BranchSampling;
use ruminate::reason::early_stop::{ConfidenceSettings, DuplicateSettings, SettledSettings};
use ruminate::reason::{EarlyStopSettings, Policy, Settings, VoteKind};
use ruminate::sample::Sampling;
use serde::{Deserialize, Serialize};

/// Settings of answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Controls {
    /// Who answers.
    pub policy: Policy,
    /// Branches that think.
    pub branches: u32,
    /// Most tokens of each branch's response; `None` takes the bundle's.
    pub budget: Option<u32>,
    /// Switcher scores from here on are reasoned about; `None` takes the bundle's.
    pub threshold: Option<f32>,
    /// Divides the branches' logits; `None` takes the bundle's.
    pub temperature: Option<f32>,
    /// Divides the logits of plain chat; 0 is greedy.
    pub chat_temperature: f32,
    /// Most tokens of an answer of plain chat.
    pub chat_tokens: usize,
    /// How the branches' answers are judged.
    pub vote: VoteKind,
    /// Stop all branches once the vote is settled.
    pub stop_settled: bool,
    /// Stop branches of low confidence.
    pub stop_unsure: bool,
    /// Stop branches that repeat others.
    pub stop_repeating: bool,
    /// What tokens are drawn with; `None` is new each time.
    pub seed: Option<u64>,
}

impl Default for Controls {
    fn default() -> Self {
        Self {
            policy: Policy::Auto,
            branches: 4,
            budget: None,
            threshold: None,
            temperature: None,
            chat_temperature: 0.0,
            chat_tokens: 512,
            vote: VoteKind::Weighted,
            stop_settled: false,
            stop_unsure: false,
            stop_repeating: false,
            seed: None,
        }
    }
}

impl Controls {
    /// Most branches.
    pub const MOST_BRANCHES: u32 = ruminate::model::DECODE_ROWS;

    /// For a reasoner whose author suggests `sampling`.
    pub fn settings(&self, sampling: BranchSampling, seed: u64) -> Settings {
        Settings {
            policy: self.policy,
            threshold: self.threshold,
            branches: self.branches,
            budget: self.budget,
            vote: self.vote,
            early_stop: self.early_stop(),
            sampling: self.temperature.map(|temperature| BranchSampling { temperature, ..sampling }),
            chat_sampling: Some(self.chat_sampling(seed)),
            chat_tokens: Some(self.chat_tokens),
            seed,
            ..Settings::default()
        }
    }

    /// For plain chat.
    pub fn chat_sampling(&self, seed: u64) -> Sampling {
        match self.chat_temperature {
            0.0 => Sampling { seed, ..Sampling::greedy() },
            temperature => Sampling { temperature, seed, ..Sampling::default() },
        }
    }

    fn early_stop(&self) -> EarlyStopSettings {
        EarlyStopSettings {
            settled: self.stop_settled.then(SettledSettings::default),
            confidence: self.stop_unsure.then(ConfidenceSettings::default),
            duplicates: self.stop_repeating.then(DuplicateSettings::default),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHORS: BranchSampling = BranchSampling { temperature: 0.8, top_k: 40, top_p: 0.9, min_p: 0.05 };

    #[test]
    fn what_nobody_set_is_the_bundles() {
        let settings = Controls::default().settings(AUTHORS, 7);
        assert_eq!((settings.policy, settings.branches, settings.seed), (Policy::Auto, 4, 7));
        assert_eq!((settings.budget, settings.threshold, settings.sampling), (None, None, None));
        assert_eq!(settings.early_stop, EarlyStopSettings::default());
        assert_eq!(settings.chat_tokens, Some(512));
        assert_eq!(settings.chat_sampling, Some(Sampling { seed: 7, ..Sampling::greedy() }));
    }

    #[test]
    fn what_is_set_arrives() {
        let controls = Controls {
            policy: Policy::Reason,
            branches: 3,
            budget: Some(96),
            threshold: Some(0.25),
            temperature: Some(1.5),
            chat_temperature: 0.5,
            vote: VoteKind::Best,
            ..Controls::default()
        };
        let settings = controls.settings(AUTHORS, 7);
        assert_eq!((settings.policy, settings.vote, settings.branches), (Policy::Reason, VoteKind::Best, 3));
        assert_eq!((settings.budget, settings.threshold), (Some(96), Some(0.25)));
        // The rest of what the author suggests stays.
        assert_eq!(settings.sampling, Some(BranchSampling { temperature: 1.5, ..AUTHORS }));
        assert_eq!(settings.chat_sampling, Some(Sampling { temperature: 0.5, seed: 7, ..Sampling::default() }));
    }

    #[test]
    fn each_rule_stops_early_by_itself() {
        let stops = |controls: Controls| controls.settings(AUTHORS, 0).early_stop;
        let none = EarlyStopSettings::default();
        let of = Controls::default;
        let settled = EarlyStopSettings { settled: Some(SettledSettings::default()), ..none };
        assert_eq!(stops(Controls { stop_settled: true, ..of() }), settled);
        let unsure = EarlyStopSettings { confidence: Some(ConfidenceSettings::default()), ..none };
        assert_eq!(stops(Controls { stop_unsure: true, ..of() }), unsure);
        let repeating = EarlyStopSettings { duplicates: Some(DuplicateSettings::default()), ..none };
        assert_eq!(stops(Controls { stop_repeating: true, ..of() }), repeating);
    }
}
