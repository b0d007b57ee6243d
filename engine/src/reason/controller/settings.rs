//! What a caller may ask for.

use super::super::bundle::schema::{BUDGET_PLACE, BranchSampling};
use super::super::policy::{Effort, Efforts, difficulty};
use super::super::{BudgetPool, EarlyStop, EarlyStopSettings, Limit, Policy, VoteKind};
use super::prompt::Prompt;
use super::reasoner::Reasoner;
use crate::model::DECODE_ROWS;
use crate::sample::Sampling;
use crate::session::Engine;
use crate::text::Message;
use crate::{Error, Result};

/// How a question is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Who answers.
    pub policy: Policy,
    /// Switcher scores from here on are reasoned about; `None` takes the bundle's.
    pub threshold: Option<f32>,
    /// Branches that think, 1 to 16; with a limit, at most.
    pub branches: u32,
    /// Most tokens of each branch's response; `None` takes the bundle's default.
    pub budget: Option<u32>,
    /// Most tokens of all branches together: what one leaves over goes to the others, in place of `budget`.
    pub total: Option<u32>,
    /// Branches and budget are chosen by the question's difficulty, within this limit, in place of `budget`.
    pub limit: Option<Limit>,
    /// How the branches' answers are judged.
    pub vote: VoteKind,
    /// Which branches are stopped early.
    pub early_stop: EarlyStopSettings,
    /// How branches are sampled; `None` takes the bundle's, and makes one branch alone greedy.
    pub sampling: Option<BranchSampling>,
    /// How the base samples a chat answer; `None` is greedy.
    pub chat_sampling: Option<Sampling>,
    /// Most tokens of a chat answer; `None` takes the bundle's.
    pub chat_tokens: Option<usize>,
    /// The same seed gives the same answer on the same device, and a branch the same tokens beside any others.
    ///
    /// To rounding only where branches read a long prompt together, on GPUs from about 1,760 tokens with eight branches
    /// on (see [`crate::session::Batch::set_steady`]), where one is verified while others run, and beside other
    /// questions: a token may then be another once in a while.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            policy: Policy::Auto,
            threshold: None,
            branches: 1,
            budget: None,
            total: None,
            limit: None,
            vote: VoteKind::Weighted,
            early_stop: EarlyStopSettings::default(),
            sampling: None,
            chat_sampling: None,
            chat_tokens: None,
            seed: 0,
        }
    }
}

impl Settings {
    /// Whether the switcher is to be read.
    pub(super) fn needs_score(&self) -> bool {
        self.policy == Policy::Auto || self.policy == Policy::Reason && self.limit.is_some()
    }

    /// Refuses what makes no sense, or cannot be done with this reasoner.
    pub(super) fn check(&self, reasoner: &Reasoner) -> Result<()> {
        if !(1..=DECODE_ROWS).contains(&self.branches) {
            return Err(Error::Invalid(format!("{} branches: use 1 to {DECODE_ROWS}", self.branches)));
        }
        let threshold = self.threshold(reasoner);
        if !(0.0..=1.0).contains(&threshold) {
            return Err(Error::Invalid(format!("a threshold of {threshold}: use 0 to 1")));
        }
        if self.chat_tokens == Some(0) {
            return Err(Error::Invalid("a chat answer of 0 tokens. Allow at least one".into()));
        }
        self.early_stop.validate()?;
        self.sampling(reasoner, self.branches, 0).validate()?;
        self.chat_sampling.map_or(Ok(()), |sampling| sampling.validate())?;
        self.pool(reasoner, self.branches)?;
        for effort in self.efforts(reasoner) {
            reasoner.rules.check(effort.budget as usize)?;
        }
        // The limit holds whatever the score will be.
        self.effort(reasoner, Some(0.0)).map(|_| ())
    }

    /// What may be decided on.
    fn efforts(&self, reasoner: &Reasoner) -> Vec<Effort> {
        let manifest = &reasoner.bundle.manifest;
        match (&self.limit, self.total) {
            (Some(_), _) => Efforts::new(manifest, self.branches).all().to_vec(),
            (None, Some(total)) => vec![Effort { branches: self.branches, budget: total / self.branches }],
            (None, None) => {
                vec![Effort { branches: self.branches, budget: self.budget.unwrap_or(manifest.budgets.default) }]
            }
        }
    }

    /// What is decided on, for a switcher's score.
    pub(super) fn effort(&self, reasoner: &Reasoner, score: Option<f32>) -> Result<Effort> {
        if let Some(limit) = &self.limit {
            let difficulty = score.map_or(1.0, |score| difficulty(score, self.threshold(reasoner)));
            return Efforts::new(&reasoner.bundle.manifest, self.branches).choose(difficulty, limit);
        }
        let most = self.efforts(reasoner).pop();
        most.ok_or_else(|| Error::Invalid("there is no effort to choose".into()))
    }

    /// The tokens that branches share, if they do.
    pub(super) fn pool(&self, reasoner: &Reasoner, branches: u32) -> Result<Option<BudgetPool>> {
        let total = self.total.filter(|_| self.limit.is_none());
        total.map(|total| BudgetPool::new(&reasoner.rules, total as usize, branches as usize)).transpose()
    }

    pub(super) fn early_stop(&self) -> Result<EarlyStop> {
        EarlyStop::new(&self.early_stop)
    }

    pub(super) fn threshold(&self, reasoner: &Reasoner) -> f32 {
        self.threshold.unwrap_or(reasoner.bundle.manifest.switcher.threshold)
    }

    /// How one of `branches` is sampled.
    pub(super) fn sampling(&self, reasoner: &Reasoner, branches: u32, seed: u64) -> Sampling {
        match self.sampling {
            Some(sampling) => sampling.with_seed(seed),
            None => reasoner.bundle.sampling(branches, seed),
        }
    }
}

impl Reasoner {
    /// The message that states a budget, if the adapter was trained with one.
    pub fn budget_message(&self, budget: u32) -> Option<Message> {
        let manifest = &self.bundle.manifest;
        let is_stated = manifest.adapters.get(&self.alias).is_some_and(|adapter| adapter.budget_stated);
        let message = manifest.budget_message.as_ref().filter(|_| is_stated)?;
        Some(Message::new(message.role, message.content.replace(BUDGET_PLACE, &budget.to_string())))
    }

    /// Refuses a question for whose answer there may be no room: `new` tokens of its prompt are still to be computed.
    pub(super) fn check_room(
        &self,
        engine: &Engine,
        settings: &Settings,
        (prompt, messages): (&Prompt, &[Message]),
        new: usize,
    ) -> Result<()> {
        let chat_tokens = settings.chat_tokens.unwrap_or(1);
        let tail = |more| Ok::<_, Error>(prompt.tail(engine, messages, more)?.len());
        let length = prompt.tokens.len();
        if settings.policy != Policy::Reason {
            engine.check_room(length + tail(None)? + chat_tokens.min(1))?;
        }
        if settings.policy == Policy::Chat {
            return Ok(());
        }
        for Effort { branches, budget } in settings.efforts(self) {
            let tail = tail(self.budget_message(budget))?;
            let more = budget as usize + self.verification.len();
            engine.check_forks((length + tail, new + tail), branches as usize, more)?;
        }
        Ok(())
    }
}
