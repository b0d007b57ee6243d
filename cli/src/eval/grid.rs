//! The settings to compare, and what has to be run for them.

use super::transcript::{Ask, Thinking, Transcript, Work};
use anyhow::{Result, bail};
use ruminate::reason::{EarlyStopSettings, Policy, VoteKind};
use std::str::FromStr;

/// Most tokens of a branch's response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap(pub Option<u32>);

impl FromStr for Cap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.parse()) {
            ("none", _) => Ok(Self(None)),
            (_, Ok(tokens)) => Ok(Self(Some(tokens))),
            (_, Err(_)) => Err("give a number of tokens, or none".into()),
        }
    }
}

/// Scores from here on are reasoned about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Threshold {
    /// This one.
    At(f32),
    /// From 0 to 1 by tenths.
    Sweep,
}

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.parse()) {
            ("sweep", _) => Ok(Self::Sweep),
            (_, Ok(at)) if (0.0..=1.0).contains(&at) => Ok(Self::At(at)),
            _ => Err("give a number from 0 to 1, or sweep".into()),
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Who answers.
    pub policy: Policy,
    /// How the adapter answers, unless nothing is reasoned about.
    pub thinking: Option<Thinking>,
    /// How the branches vote.
    pub vote: VoteKind,
    /// Where `policy` is auto.
    pub threshold: Option<f32>,
}

/// Every combination of what was asked for.
#[derive(Debug)]
pub struct Grid {
    /// In the order of the table.
    pub settings: Vec<Setting>,
}

/// What to combine.
#[derive(Debug)]
pub struct Axes<'a> {
    /// Who answers.
    pub policies: &'a [Policy],
    /// Branches.
    pub branches: &'a [u32],
    /// Most tokens of a branch.
    pub budgets: &'a [Cap],
    /// Votes.
    pub votes: &'a [VoteKind],
    /// Early stops.
    pub early_stops: &'a [EarlyStopSettings],
    /// Thresholds.
    pub thresholds: &'a [Threshold],
    /// Where none is given.
    pub default_threshold: f32,
}

impl Grid {
    /// Combines the axes. What an axis makes no difference to has one line: chat, the votes of one branch.
    pub fn new(axes: &Axes<'_>) -> Result<Self> {
        if axes.branches.contains(&0) {
            bail!("--branches takes numbers from 1 on");
        }
        let mut thresholds: Vec<f32> = axes
            .thresholds
            .iter()
            .flat_map(|threshold| match threshold {
                Threshold::At(at) => vec![*at],
                Threshold::Sweep => (0..=10).map(|tenth| tenth as f32 / 10.0).collect(),
            })
            .collect();
        if thresholds.is_empty() {
            thresholds.push(axes.default_threshold);
        }
        let mut settings: Vec<Setting> = Vec::new();
        for &policy in axes.policies {
            if policy == Policy::Chat {
                settings.push(Setting { policy, thinking: None, vote: VoteKind::Majority, threshold: None });
                continue;
            }
            for (thinking, vote) in axes.thoughts() {
                let setting = Setting { policy, thinking: Some(thinking), vote, threshold: None };
                match policy {
                    Policy::Auto => {
                        settings.extend(thresholds.iter().map(|&at| Setting { threshold: Some(at), ..setting.clone() }))
                    }
                    Policy::Chat | Policy::Reason => settings.push(setting),
                }
            }
        }
        let mut unique: Vec<Setting> = Vec::new();
        settings.into_iter().for_each(|setting| {
            if !unique.contains(&setting) {
                unique.push(setting);
            }
        });
        Ok(Self { settings: unique })
    }

    /// What to run next for a question, given what there is of it.
    pub fn next(&self, of_question: &[Transcript]) -> Option<Ask> {
        // The switcher first: what it chooses need not be run again for chat or reason.
        let switched = self.settings.iter().find(|setting| setting.threshold.is_some());
        if let Some(thinking) = switched.and_then(|setting| setting.thinking.clone())
            && score(of_question).is_none()
        {
            return Some(Ask::Switched(self.lowest_threshold(&thinking), thinking));
        }
        let missing = |setting: &Setting| {
            let work = setting.work(score(of_question))?;
            of_question.iter().all(|transcript| transcript.work != work).then_some(Ask::This(work))
        };
        self.settings.iter().find_map(missing)
    }

    fn lowest_threshold(&self, thinking: &Thinking) -> f32 {
        let of = |setting: &&Setting| setting.thinking.as_ref() == Some(thinking);
        self.settings.iter().filter(of).filter_map(|setting| setting.threshold).fold(1.0, f32::min)
    }
}

impl Axes<'_> {
    /// Ways of thinking and votes on them.
    ///
    /// One set of transcripts serves all votes, since counting comes after all branches have ended: it is run with scores
    /// if any vote needs them. Only where a settled vote stops branches does each vote have transcripts of its own. Other
    /// numbers of branches have their own too: their answers would be found among those of the largest, but not their
    /// seconds.
    fn thoughts(&self) -> Vec<(Thinking, VoteKind)> {
        let mut all = Vec::new();
        for &branches in self.branches {
            for &Cap(budget) in self.budgets {
                for &early_stop in self.early_stops {
                    for &vote in self.votes {
                        let needs_scores = self.votes.iter().any(|vote| vote.needs_scores());
                        let (vote, run_for) = match (branches, early_stop.settled) {
                            // One branch wins every vote, and nothing is stopped by it.
                            (1, _) => (VoteKind::Majority, VoteKind::Majority),
                            (_, Some(_)) => (vote, vote),
                            (_, None) if needs_scores => (vote, VoteKind::Weighted),
                            (_, None) => (vote, VoteKind::Majority),
                        };
                        let early_stop = if branches == 1 { EarlyStopSettings::default() } else { early_stop };
                        all.push((Thinking { branches, budget, vote: run_for, early_stop }, vote));
                    }
                }
            }
        }
        all
    }
}

impl Setting {
    /// Who answers a question with this score of the switcher.
    ///
    /// A transcript does not depend on why it was made, so that every threshold is served by the two of chat and reason.
    pub fn work(&self, score: Option<f32>) -> Option<Work> {
        let reason = self.thinking.clone().map(Work::Reason);
        match (self.threshold, score) {
            (None, _) => Some(reason.unwrap_or(Work::Chat)),
            (Some(threshold), Some(score)) if !self.policy.reasons(score, threshold) => Some(Work::Chat),
            (Some(_), Some(_)) => reason,
            (Some(_), None) => None,
        }
    }

    /// The transcript that answers a question under this setting, of those there are of it.
    pub fn find<'a>(&self, of_question: &'a [Transcript]) -> Option<&'a Transcript> {
        let work = self.work(score(of_question))?;
        of_question.iter().find(|transcript| transcript.work == work)
    }
}

/// The switcher's score of a question: all transcripts that have one have the same. A question that could not be put is
/// taken for one to reason about, and fails there.
fn score(of_question: &[Transcript]) -> Option<f32> {
    let failed = of_question.iter().any(|transcript| transcript.error.is_some());
    of_question.iter().find_map(|transcript| transcript.score).or(failed.then_some(f32::INFINITY))
}
