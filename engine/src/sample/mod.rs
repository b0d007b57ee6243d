//! How a token is picked, and when picking stops.

mod stop;

pub use stop::{Stop, StopConditions, StopMatcher};

use crate::kernels::sample::Settings;
use crate::{Error, Result};

/// How a token is picked from the logits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Divides the logits; 0 takes the most likely token always.
    pub temperature: f32,
    /// Keep only the most likely tokens, this many; 0 keeps all.
    pub top_k: u32,
    /// Of these, keep the fewest likely ones whose probabilities reach this sum; 1 keeps all.
    pub top_p: f32,
    /// Keep tokens at least this many times as probable as the most likely one; 0 keeps all.
    pub min_p: f32,
    /// The same seed gives the same text, whatever else the step computes.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 0.6, top_k: 0, top_p: 0.95, min_p: 0.0, seed: 0 }
    }
}

/// Below this temperature only exact ties leave anything to chance, and 1 / temperature may overflow.
const COLDEST: f32 = 1e-4;

impl Sampling {
    /// Always the most likely token.
    pub fn greedy() -> Self {
        Self { temperature: 0.0, top_k: 0, top_p: 1.0, min_p: 0.0, seed: 0 }
    }

    /// Whether chance has no part.
    pub fn is_greedy(&self) -> bool {
        self.temperature < COLDEST || self.top_k == 1
    }

    /// [`Error::Invalid`] names the number that makes no sense.
    pub fn validate(&self) -> Result<()> {
        let within = |name: &str, value: f32, low: f32, high: f32, remedy: &str| {
            if (low..=high).contains(&value) {
                return Ok(());
            }
            Err(Error::Invalid(format!("{name} {value} is not between {low} and {high}. {remedy}")))
        };
        within("temperature", self.temperature, 0.0, 100.0, "Use 0 for the most likely token, 0.6 to 1 for variety")?;
        within("top_p", self.top_p, 0.0, 1.0, "Use 1 to switch it off")?;
        within("min_p", self.min_p, 0.0, 1.0, "Use 0 to switch it off")
    }

    /// The row's settings for the GPU: `step` counts the slot's tokens, `slot` is where the token goes.
    /// [`Error::Invalid`] as [`Self::validate`].
    pub fn settings(&self, step: u32, slot: u32) -> Result<Settings> {
        self.validate()?;
        Ok(Settings {
            temperature: if self.is_greedy() { 0.0 } else { self.temperature },
            top_p: self.top_p,
            min_p: self.min_p,
            top_k: self.top_k,
            seed: [self.seed as u32, (self.seed >> 32) as u32],
            step,
            slot,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_refused_with_a_remedy() {
        let good = Sampling::default();
        good.validate().unwrap();
        Sampling::greedy().validate().unwrap();
        for bad in [
            Sampling { temperature: f32::NAN, ..good },
            Sampling { temperature: -0.1, ..good },
            Sampling { temperature: f32::INFINITY, ..good },
            Sampling { top_p: 1.01, ..good },
            Sampling { min_p: -1.0, ..good },
        ] {
            assert!(bad.settings(0, 0).unwrap_err().to_string().contains("Use "));
        }
    }

    #[test]
    fn one_candidate_or_no_heat_is_greedy() {
        let row = Sampling { top_k: 1, seed: 1 << 32 | 2, ..Default::default() }.settings(3, 4).unwrap();
        assert_eq!((row.temperature, row.seed, row.step, row.slot), (0.0, [2, 1], 3, 4));
        assert_eq!(Sampling { temperature: 1e-9, ..Default::default() }.settings(0, 0).unwrap().temperature, 0.0);
    }
}
