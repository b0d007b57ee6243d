//! Who answers, and how much a reasoned answer may cost.

use super::bundle::Manifest;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// The base, always.
    Chat,
    /// The adapter, always.
    Reason,
    /// The adapter where the switcher's score reaches the threshold, else the base.
    #[default]
    Auto,
}

impl Policy {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Chat, Self::Reason, Self::Auto];

    /// Whether to reason about a prompt with this score.
    pub fn reasons(self, score: f32, threshold: f32) -> bool {
        match self {
            Self::Chat => false,
            Self::Reason => true,
            Self::Auto => score >= threshold,
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Chat => "chat",
            Self::Reason => "reason",
            Self::Auto => "auto",
        })
    }
}

impl FromStr for Policy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let policy = Self::ALL.into_iter().find(|policy| policy.to_string() == text);
        policy.ok_or_else(|| format!("{text:?} is no policy: use chat, reason or auto"))
    }
}

/// What a reasoned answer takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Effort {
    /// Branches.
    pub branches: u32,
    /// Most tokens of each one's response.
    pub budget: u32,
}

impl Effort {
    /// Tokens of all branches, at most.
    pub fn tokens(self) -> u64 {
        u64::from(self.branches) * u64::from(self.budget)
    }
}

/// What a caller allows a reasoned answer to take at most.
#[derive(Debug, Clone, PartialEq)]
pub enum Limit {
    /// Tokens of all branches.
    Tokens(u64),
    /// Seconds, as this device decodes.
    Seconds {
        /// From the first token of the response on.
        seconds: f64,
        /// How fast that goes.
        rates: Rates,
    },
}

/// Tokens a second that were measured, all branches together: (branches, rate).
#[derive(Debug, Clone, PartialEq)]
pub struct Rates(Vec<(u32, f64)>);

impl Rates {
    /// From measurements, at least one.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there is none, or one makes no sense.
    pub fn new(mut measured: Vec<(u32, f64)>) -> Result<Self> {
        measured.sort_by_key(|&(branches, _)| branches);
        match measured.iter().find(|(branches, rate)| *branches == 0 || !(rate.is_finite() && *rate > 0.0)) {
            None if !measured.is_empty() => Ok(Self(measured)),
            None => Err(Error::Invalid("no rates are known. Measure at least one: `ruminate bench branches`".into())),
            Some((branches, rate)) => {
                Err(Error::Invalid(format!("{rate} tokens/s with {branches} branches. Measure again")))
            }
        }
    }

    /// Tokens a second of all branches together: those of the nearest measurement with no more branches, which is no
    /// promise too much. Fewer branches than any measurement are each as fast as its.
    pub fn of(&self, branches: u32) -> f64 {
        let fewer = self.0.iter().rev().find(|(measured, _)| *measured <= branches);
        let more = || self.0.first().map(|(measured, rate)| rate * f64::from(branches) / f64::from(*measured));
        fewer.map(|(_, rate)| *rate).or_else(more).unwrap_or(f64::MIN_POSITIVE)
    }
}

impl Limit {
    /// What an effort takes of it, in its unit.
    fn cost(&self, effort: Effort) -> f64 {
        match self {
            Self::Tokens(_) => effort.tokens() as f64,
            Self::Seconds { rates, .. } => effort.tokens() as f64 / rates.of(effort.branches),
        }
    }

    fn most(&self) -> f64 {
        match self {
            Self::Tokens(tokens) => *tokens as f64,
            Self::Seconds { seconds, .. } => *seconds,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tokens(tokens) => write!(f, "{tokens} tokens"),
            Self::Seconds { seconds, .. } => write!(f, "{seconds} seconds"),
        }
    }
}

/// Efforts to choose from, from the least to the most: neither branches nor budgets ever become fewer.
///
/// First the budget of one branch grows to the default, then branches double, then budgets grow on. So small limits go
/// into one complete thought, middling ones into votes, and only large ones into thoughts beyond what the author found
/// enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Efforts(Vec<Effort>);

impl Efforts {
    /// Those of a bundle, with up to `most_branches`.
    pub fn new(manifest: &Manifest, most_branches: u32) -> Self {
        let budgets = &manifest.budgets;
        let most = most_branches.max(1);
        let (upto, beyond): (Vec<u32>, Vec<u32>) = budgets.choices.iter().partition(|&&b| b < budgets.default);
        let mut all: Vec<Effort> = upto.iter().map(|&budget| Effort { branches: 1, budget }).collect();
        let doubled = std::iter::successors(Some(1u32), |branches| branches.checked_mul(2));
        let branches = doubled.take_while(|&branches| branches < most).chain([most]);
        all.extend(branches.map(|branches| Effort { branches, budget: budgets.default }));
        let beyond = beyond.iter().filter(|&&budget| budget > budgets.default);
        all.extend(beyond.map(|&budget| Effort { branches: most, budget }));
        all.dedup();
        Self(all)
    }

    /// All of them.
    pub fn all(&self) -> &[Effort] {
        &self.0
    }

    /// The most that a question of this difficulty, 0 to 1, gets: the greatest effort within `difficulty` of the limit,
    /// but at least the smallest, if the whole limit allows that. A harder question or a higher limit never gets less.
    ///
    /// # Errors
    /// [`Error::Invalid`] if not even the smallest effort is within the limit.
    pub fn choose(&self, difficulty: f32, limit: &Limit) -> Result<Effort> {
        let allowed = limit.most() * f64::from(difficulty.clamp(0.0, 1.0));
        if let Some(&effort) = self.0.iter().rev().find(|&&effort| limit.cost(effort) <= allowed) {
            return Ok(effort);
        }
        match self.0.first() {
            Some(&least) if limit.cost(least) <= limit.most() => Ok(least),
            least => Err(Error::Invalid(format!(
                "a limit of {limit}: the smallest effort, {} tokens, takes {:.2} times that. Raise it",
                least.map_or(0, |least| least.tokens()),
                least.map_or(0.0, |&least| limit.cost(least) / limit.most())
            ))),
        }
    }
}

/// How hard a question is among those that are reasoned about: 0 at the threshold, 1 at a score of 1.
pub fn difficulty(score: f32, threshold: f32) -> f32 {
    let above = (score - threshold) / (1.0 - threshold);
    // 0 / 0 where the threshold is 1: only what is certainly hard is reasoned about.
    if above.is_nan() { 1.0 } else { above.clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::bundle::schema::Budgets;
    use proptest::prelude::*;

    fn efforts(default: u32, choices: &[u32], most: u32) -> Efforts {
        let mut manifest = crate::reason::bundle::tests::manifest();
        manifest.budgets = Budgets { default, choices: choices.to_vec() };
        Efforts::new(&manifest, most)
    }

    #[test]
    fn budgets_then_branches_then_budgets() {
        let pairs = |efforts: Efforts| efforts.0.iter().map(|e| (e.branches, e.budget)).collect::<Vec<_>>();
        let all = pairs(efforts(192, &[96, 128, 192, 256], 6));
        assert_eq!(all, [(1, 96), (1, 128), (1, 192), (2, 192), (4, 192), (6, 192), (6, 256)]);
        assert_eq!(pairs(efforts(100, &[], 0)), [(1, 100)]);
        assert_eq!(pairs(efforts(100, &[100, 200], 1)), [(1, 100), (1, 200)]);
    }

    #[test]
    fn the_limit_is_kept() {
        let efforts = efforts(192, &[96, 128, 192, 256], 8);
        let of = |difficulty, tokens| efforts.choose(difficulty, &Limit::Tokens(tokens));
        assert_eq!(of(1.0, 800).unwrap(), Effort { branches: 4, budget: 192 });
        assert_eq!(of(0.5, 800).unwrap(), Effort { branches: 2, budget: 192 });
        assert_eq!(of(0.0, 800).unwrap(), Effort { branches: 1, budget: 96 });
        assert_eq!(of(f32::NAN, 96).unwrap(), Effort { branches: 1, budget: 96 });
        assert!(of(1.0, 95).unwrap_err().to_string().contains("95 tokens"));
        // Branches cost little time where they are decoded together.
        let rates = Rates::new(vec![(8, 400.0), (1, 100.0)]).unwrap();
        assert_eq!((rates.of(1), rates.of(4), rates.of(8), rates.of(16)), (100.0, 100.0, 400.0, 400.0));
        let limit = Limit::Seconds { seconds: 4.0, rates };
        assert_eq!(efforts.choose(1.0, &limit).unwrap(), Effort { branches: 8, budget: 192 });
        assert_eq!(Rates::new(vec![(4, 200.0)]).unwrap().of(1), 50.0);
        for bad in [vec![], vec![(0, 1.0)], vec![(1, 0.0)], vec![(1, f64::NAN)]] {
            assert!(Rates::new(bad).is_err());
        }
    }

    #[test]
    fn difficulty_begins_at_the_threshold() {
        for (score, threshold, wanted) in [(0.5, 0.5, 0.0), (1.0, 0.5, 1.0), (0.75, 0.5, 0.5), (0.2, 0.5, 0.0)] {
            assert_eq!(difficulty(score, threshold), wanted);
        }
        assert_eq!(difficulty(1.0, 1.0), 1.0);
        assert!(
            Policy::Auto.reasons(0.5, 0.5) && !Policy::Auto.reasons(0.4, 0.5) && !Policy::Auto.reasons(f32::NAN, 0.5)
        );
        assert!(Policy::Reason.reasons(0.0, 1.0) && !Policy::Chat.reasons(1.0, 0.0));
        assert!(Policy::ALL.iter().all(|policy| policy.to_string().parse() == Ok(*policy)));
        assert!("think".parse::<Policy>().is_err());
    }

    proptest! {
        #[test]
        fn more_difficulty_or_limit_never_gets_less(
            a in 0f32..=1.0, b in 0f32..=1.0, low in 96u64..3000, more in 0u64..3000, rates in prop::collection::vec((1u32..9, 1.0f64..1000.0), 1..5),
        ) {
            let efforts = efforts(192, &[96, 128, 192, 256, 512], 8);
            let rank = |effort: Effort| efforts.all().iter().position(|&other| other == effort);
            let (easy, hard) = (a.min(b), a.max(b));
            let tokens = |difficulty, limit| efforts.choose(difficulty, &Limit::Tokens(limit)).unwrap();
            prop_assert!(rank(tokens(easy, low)) <= rank(tokens(hard, low + more)));
            prop_assert!(tokens(hard, low).tokens() <= low);
            let rates = Rates::new(rates).unwrap();
            let seconds = |difficulty, seconds| efforts.choose(difficulty, &Limit::Seconds { seconds, rates: rates.clone() });
            if let Ok(effort) = seconds(easy, low as f64 / 100.0) {
                prop_assert!(rank(effort) <= rank(seconds(hard, (low + more) as f64 / 100.0).unwrap()));
                prop_assert!(effort.tokens() as f64 / rates.of(effort.branches) <= low as f64 / 100.0);
            }
        }

        #[test]
        fn efforts_only_grow(default in 50u32..500, mut choices in prop::collection::vec(50u32..500, 0..6), most in 0u32..20) {
            choices.sort_unstable();
            let efforts = efforts(default, &choices, most);
            let pairs = efforts.all().windows(2);
            prop_assert!(pairs.into_iter().all(|w| w[0].branches <= w[1].branches && w[0].budget <= w[1].budget && w[0] != w[1]));
        }
    }
}
