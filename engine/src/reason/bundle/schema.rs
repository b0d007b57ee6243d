//! `bundle.json`: what an author states about a reasoner, version 1.
//!
//! Fields that are not known here are ignored, so that later bundles with more to say still load. Words for modes are
//! closed lists: one that is not known changes what must be computed, and is refused.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::sample::Sampling;
use crate::text::Message;

/// `format` of every bundle.
pub const FORMAT: &str = "ruminate-bundle";
/// The `version` that this engine reads.
pub const VERSION: u32 = 1;

/// The place of the number in the budget message.
pub const BUDGET_PLACE: &str = "{budget}";

/// What every version states: read first, since the rest depends on it.
#[derive(Debug, Deserialize)]
pub(super) struct Header {
    pub format: String,
    pub version: u32,
}

/// The contents of `bundle.json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Manifest {
    /// The bundle's name.
    pub name: String,
    /// Its licence, as an SPDX expression.
    pub license: Option<String>,
    /// The model that it was trained on.
    pub base: Base,
    /// Reasoning adapters by name.
    pub adapters: BTreeMap<String, BundledAdapter>,
    /// The adapter that is used where the caller names none.
    pub default_adapter: String,
    /// The message that states a budget, put after the last one; `{budget}` in it stands for the number of tokens.
    pub budget_message: Option<Message>,
    /// From where on the adapter is on.
    pub mask_boundary: MaskBoundary,
    /// The wording of a reasoned response.
    pub response: Response,
    /// Token budgets that the author suggests.
    pub budgets: Budgets,
    /// How branches are sampled.
    pub sampling: BranchSampling,
    /// The file of the switcher's and the verifier's tensors, inside the folder.
    pub heads: String,
    /// How the switcher reads the prompt, and when it says reason.
    pub switcher: Switcher,
    /// How a branch is verified.
    pub verifier: Verifier,
    /// How the base answers where nothing is to be reasoned.
    pub chat: Chat,
}

/// The model that a bundle was trained on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Base {
    /// Its name.
    pub name: String,
    /// Its file's name.
    pub file: String,
    /// The file's SHA-256 in lower-case hex, if the author states it.
    pub sha256: Option<String>,
    /// `general.architecture` of the file.
    pub architecture: String,
    /// Numbers a row between layers.
    pub hidden_size: u32,
    /// Layers.
    pub layers: u32,
    /// Tokens in the vocabulary.
    pub vocab_size: u32,
}

/// A reasoning adapter of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct BundledAdapter {
    /// Its PEFT folder, inside the bundle's.
    pub path: String,
    /// Whether it was trained to read the base's KV of the prompt.
    pub kv_shareable: bool,
    /// Whether it was trained with its budget stated in the prompt.
    #[serde(default)]
    pub budget_stated: bool,
    /// The budgets that it was trained with, if any were stated.
    #[serde(default)]
    pub budgets: Vec<u32>,
    /// How it was trained, in a word.
    pub training: Option<String>,
}

/// From where on the adapter is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaskBoundary {
    /// From the first token after the assistant header on.
    Response,
}

/// The wording of a reasoned response.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Response {
    /// Its forced beginning.
    pub begin: String,
    /// What opens the thoughts.
    pub think_open: String,
    /// What closes them.
    pub think_close: String,
    /// What is forced when the budget ends: closes the thoughts and asks for the answer.
    pub closing: String,
    /// The answer stands after the last of these.
    pub answer_marker: String,
    /// Tokens kept for an answer after `closing`, the end of the turn counted.
    pub answer_tokens: u32,
    /// A reminder shortly before the end.
    pub soft_warning: Option<SoftWarning>,
}

/// A reminder that the thoughts are to come to an end.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SoftWarning {
    /// It is appended once this many tokens of thought are left.
    pub tokens_left: u32,
    /// What is appended.
    pub text: String,
}

/// Token budgets that the author suggests.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Budgets {
    /// Where the caller says nothing.
    pub default: u32,
    /// Those to choose from, ascending.
    pub choices: Vec<u32>,
}

/// How branches are sampled. A branch alone is greedy.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct BranchSampling {
    /// Divides the logits.
    pub temperature: f32,
    /// Keep only so many likely tokens; 0 keeps all.
    #[serde(default)]
    pub top_k: u32,
    /// Keep the fewest likely tokens whose probabilities reach this sum; 1 keeps all.
    #[serde(default = "one")]
    pub top_p: f32,
    /// Keep tokens at least this many times as probable as the most likely one; 0 keeps all.
    #[serde(default)]
    pub min_p: f32,
}

impl BranchSampling {
    /// For the engine.
    pub fn with_seed(&self, seed: u64) -> Sampling {
        let Self { temperature, top_k, top_p, min_p } = *self;
        Sampling { temperature, top_k, top_p, min_p, seed }
    }
}

fn one() -> f32 {
    1.0
}

/// How the switcher reads the prompt, and when it says reason.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Switcher {
    /// The positions it reads.
    pub pool: Pool,
    /// Positions that are averaged together.
    pub chunk: u32,
    /// The share of what came before in each new average, 0 to 1 exclusive.
    pub ema: f32,
    /// Scores from here on are reasoned about.
    pub threshold: f32,
    /// What other thresholds gave the author.
    #[serde(default)]
    pub thresholds: Vec<ThresholdPoint>,
}

/// The positions that the switcher reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pool {
    /// The last turn of the user, its header included.
    LastUserTurn,
}

/// What a threshold gave the author.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct ThresholdPoint {
    /// The threshold.
    pub threshold: f32,
    /// The share of questions that were reasoned about.
    pub routed: f32,
    /// The share of questions that were answered right.
    pub accuracy: f32,
}

/// How a branch is verified.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Verifier {
    /// What is appended to a branch that has ended; control tokens that are written out count.
    pub append: String,
    /// Who reads it.
    pub mode: VerifierMode,
}

/// Who reads a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifierMode {
    /// The branch's adapter.
    Adapter,
    /// The base.
    Base,
}

/// How the base answers where nothing is to be reasoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Chat {
    /// The most tokens of its answer.
    pub max_tokens: u32,
}
