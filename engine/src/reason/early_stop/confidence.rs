//! Branches that are less confident than those that ended.

use super::Rule;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// When a branch lacks confidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ConfidenceSettings {
    /// Tokens over which log-probabilities are averaged.
    pub window: usize,
    /// Of the branches that ended with an answer, the share whose least confident window may be less than allowed:
    /// 0 allows what the least confident of them had, 0.9 what the most confident tenth had.
    pub quantile: f64,
    /// Branches that must have ended with an answer before any is stopped.
    pub least_ended: usize,
}

impl Default for ConfidenceSettings {
    fn default() -> Self {
        Self { window: 32, quantile: 0.1, least_ended: 2 }
    }
}

/// Stops a branch when the mean log-probability of its last tokens falls below what branches that ended with an answer
/// had at their least confident.
///
/// After *DeepConf* (arXiv 2508.15260), whose online form learns the threshold from a first group of whole branches and
/// then starts the others. Here all start together: those that end first are the group. Its confidence of a token looks
/// at the most likely tokens; here it is the log-probability of the sampled one, which is what a step reports.
#[derive(Debug, Clone)]
pub struct Confidence {
    settings: ConfidenceSettings,
    running: BTreeMap<usize, Window>,
    /// The lowest mean of each branch that ended with an answer, ascending.
    ended: Vec<f64>,
}

#[derive(Debug, Clone, Default)]
struct Window {
    logprobs: VecDeque<f32>,
    sum: f64,
    lowest: Option<f64>,
}

impl Confidence {
    /// Before the first token.
    pub fn new(settings: ConfidenceSettings) -> Self {
        Self { settings, running: BTreeMap::new(), ended: Vec::new() }
    }

    /// The mean that a branch may not fall below, once enough have ended.
    pub fn least(&self) -> Option<f64> {
        if self.ended.len() < self.settings.least_ended {
            return None;
        }
        let at = (self.settings.quantile * self.ended.len() as f64) as usize;
        self.ended.get(at.min(self.ended.len() - 1)).copied()
    }

    /// A branch sampled a token.
    pub fn token(&mut self, branch: usize, logprob: f32) -> Option<Rule> {
        let least = self.least();
        let window = self.running.entry(branch).or_default();
        let mean = window.push(logprob, self.settings.window)?;
        least.filter(|least| mean < *least).map(|least| Rule::LowConfidence { mean, least })
    }

    /// A branch ended by itself. What was stopped, or ended without an answer, is no measure for others.
    pub fn ended(&mut self, branch: usize, has_answer: bool) {
        let window = self.running.remove(&branch).unwrap_or_default();
        if let Some(lowest) = window.lowest.filter(|_| has_answer) {
            let at = self.ended.partition_point(|other| *other < lowest);
            self.ended.insert(at, lowest);
        }
    }
}

impl Window {
    /// The mean over the window, once it is full.
    fn push(&mut self, logprob: f32, length: usize) -> Option<f64> {
        // Log-probabilities may be -inf, after which no sum would come back.
        let logprob = if logprob.is_nan() { 0.0 } else { logprob.clamp(-100.0, 0.0) };
        self.logprobs.push_back(logprob);
        self.sum += f64::from(logprob);
        if self.logprobs.len() > length {
            self.sum -= self.logprobs.pop_front().map_or(0.0, f64::from);
        }
        if self.logprobs.len() < length {
            return None;
        }
        let mean = self.sum / length as f64;
        self.lowest = Some(self.lowest.map_or(mean, |lowest| lowest.min(mean)));
        Some(mean)
    }
}
