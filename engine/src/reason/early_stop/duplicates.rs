//! Branches that repeat an earlier one.

use super::Rule;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

/// When a branch repeats an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DuplicateSettings {
    /// Tokens of an n-gram.
    pub gram: usize,
    /// The share of n-grams that both have, of those that either has, from which on they are duplicates.
    pub similarity: f64,
    /// Tokens that both must have before they are compared.
    pub least_tokens: usize,
}

impl Default for DuplicateSettings {
    fn default() -> Self {
        Self { gram: 3, similarity: 0.9, least_tokens: 48 }
    }
}

/// Stops the later of two running branches whose sets of token n-grams are nearly the same (Jaccard index), after
/// *Slim-SC* (arXiv 2509.13990), which compares embeddings of thoughts by another model.
///
/// A duplicate votes as the branch that goes on does, with its answer and score; that one may be a duplicate of a still
/// earlier one later. Slim-SC
/// drops the votes of what it prunes; a vote estimates how probable an answer is, and thoughts that came twice are twice
/// as probable: dropping them would flatten the vote towards answers that come in many ways. Where the branch that goes
/// on has no answer or is stopped for low confidence, the others have no vote either.
#[derive(Debug, Clone)]
pub struct Duplicates {
    settings: DuplicateSettings,
    running: BTreeMap<usize, Branch>,
    /// How many n-grams each pair of running branches has in common; the earlier branch first.
    common: BTreeMap<(usize, usize), usize>,
}

#[derive(Debug, Clone, Default)]
struct Branch {
    tokens: usize,
    last: Vec<u32>,
    grams: HashSet<Vec<u32>>,
}

impl Duplicates {
    /// Before the first token.
    pub fn new(settings: DuplicateSettings) -> Self {
        Self { settings, running: BTreeMap::new(), common: BTreeMap::new() }
    }

    /// A branch sampled a token. It is stopped if it repeats an earlier branch; if a later one repeats it, that one is
    /// stopped at its own next token.
    pub fn token(&mut self, branch: usize, id: u32) -> Option<Rule> {
        let gram = self.running.entry(branch).or_default().push(id, self.settings.gram);
        if let Some(gram) = gram {
            let others = self.running.iter().filter(|(other, has)| **other != branch && has.grams.contains(&gram));
            for (&other, _) in others {
                *self.common.entry((branch.min(other), branch.max(other))).or_default() += 1;
            }
        }
        let own = self.running.get(&branch)?;
        let is_long = |branch: &Branch| branch.tokens >= self.settings.least_tokens && !branch.grams.is_empty();
        if !is_long(own) {
            return None;
        }
        let similar = |(&of, earlier): (&usize, &Branch)| {
            let common = self.common.get(&(of, branch)).copied().unwrap_or(0);
            let all = own.grams.len() + earlier.grams.len() - common;
            let similarity = common as f64 / all as f64;
            (is_long(earlier) && similarity >= self.settings.similarity).then_some((of, similarity))
        };
        let (of, similarity) = self.running.range(..branch).find_map(similar)?;
        Some(Rule::Duplicate { of, similarity })
    }

    /// A branch takes no tokens any more.
    pub fn ended(&mut self, branch: usize) {
        self.running.remove(&branch);
        self.common.retain(|pair, _| pair.0 != branch && pair.1 != branch);
    }
}

impl Branch {
    /// The n-gram that ends with this token, if the branch did not have it yet.
    fn push(&mut self, id: u32, length: usize) -> Option<Vec<u32>> {
        self.tokens += 1;
        if self.last.len() == length {
            self.last.remove(0);
        }
        self.last.push(id);
        (self.last.len() == length && self.grams.insert(self.last.clone())).then(|| self.last.clone())
    }
}
