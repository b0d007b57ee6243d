//! What callers may ask for, as JavaScript's objects give it.

use ruminate::gpu::{GpuOptions, Tier};
use ruminate::reason::bundle::schema::BranchSampling;
use ruminate::reason::{Bundle, Limit, Policy, Settings, VoteKind, room};
use ruminate::sample::{Sampling, StopConditions};
use ruminate::selftest::TIERS;
use ruminate::session::EngineOptions;
use ruminate::{Error, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Reads an object's JSON; [`Error::Invalid`] names the key that is wrong.
pub fn read<T: DeserializeOwned>(json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| Error::Invalid(format!("an option is wrong: {error}")))
}

/// How to load a model: see `ruminate.d.ts`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Loading {
    pub tier: Option<String>,
    pub subgroups: bool,
    pub f16: Option<bool>,
    pub context: Option<u32>,
    pub branches: Option<u32>,
    pub precision: Option<String>,
    pub system: Option<String>,
}

impl Loading {
    pub fn gpu(&self) -> Result<GpuOptions> {
        Ok(GpuOptions {
            tier: self.tier.as_deref().map(str::parse).transpose()?,
            browser_subgroups: self.subgroups,
            f16: self.f16,
            ..GpuOptions::default()
        })
    }

    /// With room for branches that a bundle's reasoner thinks on.
    pub fn engine(&self, bundle: Option<&Bundle>) -> Result<EngineOptions> {
        let precision = self.precision.as_deref().map(str::parse).transpose()?;
        let options = EngineOptions { context: self.context, precision, ..EngineOptions::default() };
        let Some(bundle) = bundle else { return Ok(EngineOptions { branches: 2, ..options }) };
        let budgets = &bundle.manifest.budgets;
        let most = budgets.choices.iter().copied().fold(budgets.default, u32::max);
        Ok(room(options, self.branches(), most))
    }

    pub fn branches(&self) -> u32 {
        self.branches.unwrap_or(4)
    }
}

/// How to test the kernels: see `ruminate.d.ts`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct SelfTesting {
    pub tiers: Option<Vec<String>>,
    pub subgroups: bool,
    pub filter: String,
    /// What wgpu does not know here: the browser's name for the device, and the browser.
    pub adapter: String,
    pub browser: String,
}

impl SelfTesting {
    pub fn tiers(&self) -> Result<Vec<Tier>> {
        match &self.tiers {
            Some(tiers) => tiers.iter().map(|tier| tier.parse()).collect(),
            None => Ok(TIERS.to_vec()),
        }
    }

    pub fn gpu(&self, tier: Option<Tier>) -> GpuOptions {
        GpuOptions { tier, browser_subgroups: self.subgroups, f16: Some(true), ..GpuOptions::default() }
    }
}

/// How to answer a question: see `ruminate.d.ts`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Reasoning {
    pub policy: Option<Policy>,
    pub branches: Option<u32>,
    pub budget: Option<u32>,
    pub total: Option<u32>,
    pub limit: Option<u64>,
    pub threshold: Option<f32>,
    pub vote: Option<VoteKind>,
    pub early_stop: Option<String>,
    pub temperature: Option<f32>,
    pub max_tokens: Option<usize>,
    pub seed: u64,
}

impl Reasoning {
    /// `sampling` is the bundle's.
    pub fn settings(&self, sampling: BranchSampling) -> Result<Settings> {
        let defaults = Settings::default();
        Ok(Settings {
            policy: self.policy.unwrap_or(defaults.policy),
            branches: self.branches.unwrap_or(defaults.branches),
            budget: self.budget,
            total: self.total,
            limit: self.limit.map(Limit::Tokens),
            threshold: self.threshold,
            vote: self.vote.unwrap_or(defaults.vote),
            early_stop: self.early_stop.as_deref().unwrap_or("none").parse().map_err(Error::Invalid)?,
            sampling: self.temperature.map(|temperature| BranchSampling { temperature, ..sampling }),
            chat_tokens: self.max_tokens,
            seed: self.seed,
            ..defaults
        })
    }
}

/// How to answer in a chat: see `ruminate.d.ts`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Chatting {
    pub max_tokens: Option<usize>,
    pub temperature: Option<f32>,
    pub top_k: Option<u32>,
    pub top_p: Option<f32>,
    pub min_p: Option<f32>,
    pub seed: u64,
    pub stop: Vec<String>,
    pub adapter: Option<String>,
}

impl Chatting {
    pub fn sampling(&self) -> Sampling {
        let defaults = Sampling::default();
        Sampling {
            temperature: self.temperature.unwrap_or(defaults.temperature),
            top_k: self.top_k.unwrap_or(defaults.top_k),
            top_p: self.top_p.unwrap_or(defaults.top_p),
            min_p: self.min_p.unwrap_or(defaults.min_p),
            seed: self.seed,
        }
    }

    pub fn stop(&self) -> StopConditions {
        StopConditions { strings: self.stop.clone(), max_tokens: self.max_tokens, tokens: Vec::new() }
    }
}
