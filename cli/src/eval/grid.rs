//! The settings to compare, and what has to be run for them.

use super::tape::simulate;
use super::transcript::{Ask, Thinking, Transcript, Work};
use anyhow::{Context, Result, bail};
use ruminate::reason::policy::difficulty;
use ruminate::reason::{EarlyStopSettings, Efforts, Limit, Policy, VoteKind};
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
    /// How the adapter answers, unless nothing is reasoned about. With `within`, as far as a question may go.
    pub thinking: Option<Thinking>,
    /// Branches and budget are chosen by the question's difficulty.
    pub within: Option<Within>,
    /// How the branches vote.
    pub vote: VoteKind,
    /// Where `policy` is auto.
    pub threshold: Option<f32>,
}

/// A choice of branches and budget.
#[derive(Debug, Clone, PartialEq)]
pub struct Within {
    /// Most tokens of all branches.
    pub tokens: u64,
    /// What is chosen from.
    efforts: Efforts,
    /// Where difficulty begins.
    threshold: f32,
}

impl Within {
    /// The most tokens that a branch may get.
    pub fn largest_budget(&self) -> u32 {
        self.efforts.all().last().map_or(0, |effort| effort.budget)
    }
}

/// Every combination of what was asked for.
#[derive(Debug)]
pub struct Grid {
    /// In the order of the table.
    pub settings: Vec<Setting>,
    /// Early stops are not run, but made of transcripts without.
    simulates: bool,
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
    /// Most tokens of all branches, where branches and budget are chosen by difficulty: lines beside those of each.
    pub within: &'a [u64],
    /// What is chosen from.
    pub efforts: &'a Efforts,
    /// Votes.
    pub votes: &'a [VoteKind],
    /// Early stops.
    pub early_stops: &'a [EarlyStopSettings],
    /// Whether they are made of transcripts without.
    pub simulates: bool,
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
        for &tokens in axes.within {
            // A limit that is too small for the easiest is for all.
            axes.efforts.choose(0.0, &Limit::Tokens(tokens)).context("--within")?;
        }
        let mut settings: Vec<Setting> = Vec::new();
        for &policy in axes.policies {
            let chat = Setting { policy, thinking: None, within: None, vote: VoteKind::Majority, threshold: None };
            if policy == Policy::Chat {
                settings.push(chat);
                continue;
            }
            for setting in axes.thoughts(&chat) {
                match policy {
                    Policy::Auto => settings.extend(thresholds.iter().map(|&at| setting.at(at))),
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
        Ok(Self { settings: unique, simulates: axes.simulates })
    }

    /// What to run next for a question, given what there is of it.
    pub fn next(&self, of_question: &[Transcript]) -> Option<Ask> {
        // The switcher first: what it chooses need not be run again for chat or reason.
        if score(of_question).is_none()
            && let Some(ask) = self.ask_switcher()
        {
            return Some(ask);
        }
        let missing = |setting: &Setting| {
            let work = setting.work(score(of_question))?;
            of_question.iter().all(|transcript| transcript.work != work).then_some(Ask::This(work))
        };
        self.settings.iter().find_map(missing)
    }

    /// What is run for something: without early stops, if those are simulated.
    pub fn source(&self, ask: Ask) -> Ask {
        match ask {
            Ask::This(Work::Reason(thinking)) => Ask::This(Work::Reason(self.unstopped(thinking))),
            Ask::Switched(threshold, thinking) => Ask::Switched(threshold, self.unstopped(thinking)),
            chat => chat,
        }
    }

    /// A transcript with early stops, if it is wanted, to be simulated, and there is the one to make it of.
    ///
    /// # Errors
    /// As [`simulate`].
    pub fn simulated(&self, ask: &Ask, of_question: &[Transcript]) -> ruminate::Result<Option<Transcript>> {
        let Ask::This(Work::Reason(thinking)) = ask else { return Ok(None) };
        let source = Work::Reason(self.unstopped(thinking.clone()));
        let full = of_question.iter().find(|full| full.work == source && *ask != Ask::This(source.clone()));
        full.map(|full| simulate(full, thinking)).transpose()
    }

    fn unstopped(&self, thinking: Thinking) -> Thinking {
        if !self.simulates || thinking.early_stop.is_off() {
            return thinking;
        }
        let votes = self.settings.iter().map(|setting| setting.vote);
        let vote = if votes.into_iter().any(VoteKind::needs_scores) { VoteKind::Weighted } else { VoteKind::Majority };
        Thinking { vote, early_stop: EarlyStopSettings::default(), ..thinking }
    }

    /// How to get a score, if one is needed. Where efforts are not chosen by it, it is asked for one that is needed above
    /// its lowest threshold; otherwise the base answers, but for what is certainly hard.
    fn ask_switcher(&self) -> Option<Ask> {
        let fixed = |setting: &&Setting| setting.threshold.is_some() && setting.within.is_none();
        if let Some(thinking) = self.settings.iter().find(fixed).and_then(|setting| setting.thinking.as_ref()) {
            let of = |setting: &&Setting| setting.thinking.as_ref() == Some(thinking) && setting.within.is_none();
            let thresholds = self.settings.iter().filter(of).filter_map(|setting| setting.threshold);
            return Some(Ask::Switched(thresholds.fold(1.0, f32::min), thinking.clone()));
        }
        let chosen = self.settings.iter().find(|setting| setting.within.is_some())?;
        let least = chosen.within.as_ref()?.efforts.all().first()?;
        let thinking = Thinking { branches: least.branches, budget: Some(least.budget), ..chosen.thinking.clone()? };
        Some(Ask::Switched(1.0, thinking.plain()))
    }
}

impl Axes<'_> {
    /// Ways of thinking and votes on them.
    ///
    /// One set of transcripts serves all votes, since counting comes after all branches have ended: it is run with scores
    /// if any vote needs them. Only where a settled vote stops branches does each vote have transcripts of its own. Other
    /// numbers of branches have their own too: their answers would be found among those of the largest, but not their
    /// seconds.
    fn thoughts(&self, chat: &Setting) -> Vec<Setting> {
        let most_branches = self.branches.iter().copied().max().unwrap_or(1);
        let fixed = self
            .branches
            .iter()
            .flat_map(|&branches| self.budgets.iter().map(move |&Cap(budget)| (branches, budget, None)));
        let chosen = self.within.iter().map(|&tokens| (most_branches, None, Some(tokens)));
        let mut all = Vec::new();
        for (branches, budget, within) in fixed.chain(chosen) {
            for &early_stop in self.early_stops {
                for &vote in self.votes {
                    let needs_scores = self.votes.iter().any(|vote| vote.needs_scores());
                    let run_for = match early_stop.settled {
                        Some(_) => vote,
                        None if needs_scores => VoteKind::Weighted,
                        None => VoteKind::Majority,
                    };
                    let thinking = Thinking { branches, budget, vote: run_for, early_stop }.plain();
                    let vote = if branches == 1 { VoteKind::Majority } else { vote };
                    let within = within.map(|tokens| Within {
                        tokens,
                        efforts: self.efforts.clone(),
                        threshold: self.default_threshold,
                    });
                    all.push(Setting { thinking: Some(thinking), within, vote, ..chat.clone() });
                }
            }
        }
        all
    }
}

impl Setting {
    fn at(&self, threshold: f32) -> Self {
        let within = self.within.clone().map(|within| Within { threshold, ..within });
        Self { threshold: Some(threshold), within, ..self.clone() }
    }

    /// Who answers a question with this score of the switcher.
    ///
    /// A transcript does not depend on why it was made, so that every threshold is served by the two of chat and reason,
    /// and an effort that is chosen by the transcripts of the same effort that was fixed.
    pub fn work(&self, score: Option<f32>) -> Option<Work> {
        let needs_score = self.threshold.is_some() || self.within.is_some();
        let score = if needs_score { score? } else { 0.0 };
        let Some(thinking) = &self.thinking else { return Some(Work::Chat) };
        if self.threshold.is_some_and(|threshold| !self.policy.reasons(score, threshold)) {
            return Some(Work::Chat);
        }
        let Some(Within { tokens, efforts, threshold }) = &self.within else {
            return Some(Work::Reason(thinking.clone()));
        };
        let effort = efforts.choose(difficulty(score, *threshold), &Limit::Tokens(*tokens)).ok()?;
        let chosen = Thinking { branches: effort.branches, budget: Some(effort.budget), ..thinking.clone() };
        Some(Work::Reason(chosen.plain()))
    }

    /// The transcript that answers a question under this setting, of those there are of it.
    pub fn find<'a>(&self, of_question: &'a [Transcript]) -> Option<&'a Transcript> {
        let work = self.work(score(of_question))?;
        of_question.iter().find(|transcript| transcript.work == work)
    }
}

impl Thinking {
    /// One branch wins every vote, and nothing is stopped by it.
    fn plain(self) -> Self {
        match self.branches {
            1 => Self { vote: VoteKind::Majority, early_stop: EarlyStopSettings::default(), ..self },
            _ => self,
        }
    }
}

/// The switcher's score of a question: all transcripts that have one have the same. A question that could not be put is
/// taken for one to reason about, and fails there.
fn score(of_question: &[Transcript]) -> Option<f32> {
    let failed = of_question.iter().any(|transcript| transcript.error.is_some());
    of_question.iter().find_map(|transcript| transcript.score).or(failed.then_some(f32::INFINITY))
}
