//! Which of the branches' answers wins: by number, by the verifier's scores, or the best scored one.

mod settled;
#[cfg(test)]
mod tests;

use super::Answer;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

/// How branches vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VoteKind {
    /// Each branch has one vote.
    Majority,
    /// Each branch has its verifier's score: argmax over answers of the sum of scores.
    #[default]
    Weighted,
    /// The branch with the highest score wins (best of N).
    Best,
}

impl VoteKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Majority, Self::Weighted, Self::Best];

    /// Whether it needs the verifier.
    pub fn needs_scores(self) -> bool {
        self != Self::Majority
    }
}

impl fmt::Display for VoteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Majority => "majority",
            Self::Weighted => "weighted",
            Self::Best => "best",
        })
    }
}

impl FromStr for VoteKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let kind = Self::ALL.into_iter().find(|kind| kind.to_string() == text);
        kind.ok_or_else(|| format!("{text:?} is no vote: use majority, weighted or best"))
    }
}

/// Scores are counted in these, so that their sums do not depend on the order in which branches end.
const ONE: u64 = 1 << 32;

/// An answer that was given, and its votes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The answer, as its earliest branch wrote it.
    pub answer: Answer,
    /// The earliest branch that gave it.
    pub branch: usize,
    /// Branches that gave it.
    pub votes: u32,
    /// Sum of their scores, in parts of [`ONE`].
    weight: u64,
    /// Their highest score, in parts of [`ONE`].
    best: u64,
    /// The earliest branch that has it.
    best_branch: usize,
}

impl Candidate {
    /// Sum of its branches' scores.
    pub fn weight(&self) -> f64 {
        self.weight as f64 / ONE as f64
    }

    /// Its branches' highest score.
    pub fn best(&self) -> f64 {
        self.best as f64 / ONE as f64
    }

    /// The branch that speaks for it: the earliest, or where the highest score decides, the earliest that has it.
    pub fn speaker(&self, kind: VoteKind) -> usize {
        self.standing(kind).branch
    }

    /// What it competes with, in parts of [`ONE`], and the branch that decides ties: the earlier wins.
    fn standing(&self, kind: VoteKind) -> Standing {
        match kind {
            VoteKind::Majority => Standing { strength: u64::from(self.votes) * ONE, branch: self.branch },
            VoteKind::Weighted => Standing { strength: self.weight, branch: self.branch },
            VoteKind::Best => Standing { strength: self.best, branch: self.best_branch },
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standing {
    strength: u64,
    branch: usize,
}

impl Standing {
    fn wins_over(self, other: Self) -> bool {
        (self.strength, Reverse(self.branch)) > (other.strength, Reverse(other.branch))
    }
}

/// The votes of the branches that have ended, whatever the order they ended in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    kind: VoteKind,
    candidates: Vec<Candidate>,
    /// Branches that ended without an answer.
    silent: u32,
}

impl Tally {
    /// No votes yet.
    pub fn new(kind: VoteKind) -> Self {
        Self { kind, candidates: Vec::new(), silent: 0 }
    }

    /// How branches vote.
    pub fn kind(&self) -> VoteKind {
        self.kind
    }

    /// Adds a branch that ended; its number is its place among all branches. Without an answer it has no vote. `score` is
    /// its verifier's, 0 to 1; without one it counts for nothing where scores decide.
    pub fn add(&mut self, branch: usize, answer: Option<&Answer>, score: Option<f32>) {
        let Some(answer) = answer else {
            self.silent += 1;
            return;
        };
        // NaN becomes 0.
        let score = (f64::from(score.unwrap_or(0.0).clamp(0.0, 1.0)) * ONE as f64).round() as u64;
        let Some(candidate) = self.candidates.iter_mut().find(|known| known.answer.agrees_with(answer)) else {
            let answer = answer.clone();
            self.candidates.push(Candidate {
                answer,
                branch,
                votes: 1,
                weight: score,
                best: score,
                best_branch: branch,
            });
            return;
        };
        candidate.votes += 1;
        candidate.weight += score;
        if branch < candidate.branch {
            candidate.branch = branch;
            candidate.answer = answer.clone();
        }
        if (score, Reverse(branch)) > (candidate.best, Reverse(candidate.best_branch)) {
            (candidate.best, candidate.best_branch) = (score, branch);
        }
    }

    /// The answer that leads. Ties go to the earlier branch.
    pub fn winner(&self) -> Option<&Candidate> {
        self.candidates.iter().max_by_key(|candidate| {
            let Standing { strength, branch } = candidate.standing(self.kind);
            (strength, Reverse(branch))
        })
    }

    /// All answers, the leading one first.
    pub fn ranked(&self) -> Vec<&Candidate> {
        let mut ranked: Vec<_> = self.candidates.iter().collect();
        ranked.sort_by_key(|candidate| {
            let Standing { strength, branch } = candidate.standing(self.kind);
            (Reverse(strength), branch)
        });
        ranked
    }

    /// Branches that ended.
    pub fn ended(&self) -> u32 {
        self.silent + self.candidates.iter().map(|candidate| candidate.votes).sum::<u32>()
    }

    /// Branches that ended without an answer.
    pub fn silent(&self) -> u32 {
        self.silent
    }
}
