//! Branches whose further tokens are not worth their time. Three rules, each optional, without a clock: the same tokens
//! give the same stops.
//!
//! A rule never leaves a question without an answer that some branch could still have given: the settled vote has a
//! winner, low confidence needs branches that ended with answers, and of near-duplicates one goes on.

mod confidence;
mod duplicates;
#[cfg(test)]
mod tests;
mod words;

pub use confidence::{Confidence, ConfidenceSettings};
pub use duplicates::{DuplicateSettings, Duplicates};

use super::Tally;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which rules stop branches early. The default stops none.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EarlyStopSettings {
    /// Stop all branches once the vote is settled.
    pub settled: Option<SettledSettings>,
    /// Stop a branch that is less confident than those that ended.
    pub confidence: Option<ConfidenceSettings>,
    /// Stop a branch that repeats an earlier one.
    pub duplicates: Option<DuplicateSettings>,
}

/// When a vote is settled.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct SettledSettings {
    /// The probability that the branches which run would change the winner, up to which it counts as settled
    /// ([`Tally::change_probability`]); 0 asks for certainty, which costs no accuracy.
    pub improbable: f64,
}

impl EarlyStopSettings {
    /// Whether no rule is on.
    pub fn is_off(&self) -> bool {
        *self == Self::default()
    }

    /// [`Error::Invalid`] names the setting that makes no sense.
    pub fn validate(&self) -> Result<()> {
        let share = |name: &str, value: f64| match (0.0..1.0).contains(&value) {
            true => Ok(()),
            false => Err(Error::Invalid(format!("{name} {value} is not from 0 to below 1"))),
        };
        let positive = |name: &str, value: usize| match value {
            0 => Err(Error::Invalid(format!("{name} is 0. Give at least 1"))),
            _ => Ok(()),
        };
        if let Some(settled) = self.settled {
            share("the settled vote's improbable", settled.improbable)?;
        }
        if let Some(confidence) = self.confidence {
            share("the confidence's quantile", confidence.quantile)?;
            positive("the confidence's window", confidence.window)?;
            positive("the confidence's least_ended", confidence.least_ended)?;
        }
        if let Some(duplicates) = self.duplicates {
            positive("the duplicates' gram", duplicates.gram)?;
            positive("the duplicates' least_tokens", duplicates.least_tokens)?;
            if !(duplicates.similarity > 0.0 && duplicates.similarity <= 1.0) {
                let problem = format!("the duplicates' similarity {} is not above 0 up to 1", duplicates.similarity);
                return Err(Error::Invalid(problem));
            }
        }
        Ok(())
    }
}

/// The rule that stopped a branch, and what it saw.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "rule")]
pub enum Rule {
    /// The vote was settled.
    Settled {
        /// The probability that the winner would have changed, at most.
        probability: f64,
    },
    /// Its confidence fell below that of the group.
    LowConfidence {
        /// Its mean log-probability over the window.
        mean: f64,
        /// The least that was allowed.
        least: f64,
    },
    /// It repeated an earlier branch, which votes for it too.
    Duplicate {
        /// The earlier branch.
        of: usize,
        /// The share of n-grams that both have.
        similarity: f64,
    },
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settled { probability: 0.0 } => write!(f, "the vote is settled"),
            Self::Settled { probability } => write!(f, "the vote is settled but for a chance of {probability:.3}"),
            Self::LowConfidence { mean, least } => write!(f, "low confidence: {mean:.2} where {least:.2} is allowed"),
            Self::Duplicate { of, similarity } => {
                write!(f, "it repeats branch {of}: {:.0} % the same", 100.0 * similarity)
            }
        }
    }
}

/// All rules together. Branches are counted from 0.
#[derive(Debug, Clone)]
pub struct EarlyStop {
    settled: Option<SettledSettings>,
    confidence: Option<Confidence>,
    duplicates: Option<Duplicates>,
}

impl EarlyStop {
    /// The rules of `settings`, before the first token.
    ///
    /// # Errors
    /// As [`EarlyStopSettings::validate`].
    pub fn new(settings: &EarlyStopSettings) -> Result<Self> {
        settings.validate()?;
        Ok(Self {
            settled: settings.settled,
            confidence: settings.confidence.map(Confidence::new),
            duplicates: settings.duplicates.map(Duplicates::new),
        })
    }

    /// A branch sampled a token of its thoughts; forced tokens and those of the answer are not to be given. Why it is to
    /// be stopped now, if it is: the caller stops it and calls [`Self::stopped`].
    pub fn token(&mut self, branch: usize, id: u32, logprob: f32) -> Option<Rule> {
        let doubtful = self.confidence.as_mut().and_then(|rule| rule.token(branch, logprob));
        let repeats = self.duplicates.as_mut().and_then(|rule| rule.token(branch, id));
        doubtful.or(repeats)
    }

    /// A branch ended by itself: it takes no tokens any more. Whether it gave an answer.
    pub fn ended(&mut self, branch: usize, has_answer: bool) {
        if let Some(rule) = &mut self.confidence {
            rule.ended(branch, has_answer);
        }
        if let Some(rule) = &mut self.duplicates {
            rule.ended(branch);
        }
    }

    /// A branch was stopped, by a rule or by the caller.
    pub fn stopped(&mut self, branch: usize) {
        if let Some(rule) = &mut self.duplicates {
            rule.ended(branch);
        }
    }

    /// A vote was added: why all branches that run are to be stopped, if they are. `running` are those without a vote in
    /// the tally that will have one, duplicates that follow them included.
    pub fn vote(&self, tally: &Tally, running: &[usize]) -> Option<Rule> {
        let settled = self.settled.filter(|_| !running.is_empty() && tally.winner().is_some())?;
        let probability = match settled.improbable {
            0.0 => f64::from(u8::from(!tally.is_settled(running))),
            _ => tally.change_probability(running),
        };
        (probability <= settled.improbable).then_some(Rule::Settled { probability })
    }
}
