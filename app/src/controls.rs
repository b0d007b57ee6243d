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
