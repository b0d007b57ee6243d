//! A reasoner on an engine: a bundle whose adapter and heads are loaded.

use super::super::Bundle;
use super::super::budget::{BudgetRules, wording};
use super::reply::Reply;
use super::settings::Settings;
use crate::adapter::AdapterOptions;
use crate::kernels::lora::LoraFormat;
use crate::kernels::probe::Weights;
use crate::model::{DECODE_ROWS, Head, Probe, Shape};
use crate::session::{Chat, Engine, LoadEvent};
use crate::{Error, Result};
use std::sync::Arc;

/// A bundle whose adapter and heads are on an engine, ready to answer. Several may share an engine.
#[derive(Debug)]
pub struct Reasoner {
    pub(super) bundle: Bundle,
    /// The adapter's name in the bundle, and on the engine.
    pub(super) alias: String,
    pub(super) adapter: String,
    pub(super) rules: Arc<BudgetRules>,
    /// What is appended to a branch that is verified; at least one token.
    pub(super) verification: Vec<u32>,
}

impl Reasoner {
    /// Loads a bundle's adapter, by its name or the default one, and its heads.
    ///
    /// # Errors
    /// [`Error::File`] and [`Error::Tensor`] if the bundle's parts disagree with one another or with the
    /// engine's model; [`Error::Invalid`] if it has no adapter of that name, [`Error::KvNotShareable`] if that one
    /// cannot answer on what the base read.
    pub fn new(engine: &mut Engine, bundle: Bundle, adapter: Option<&str>) -> Result<Self> {
        bundle.check_base(&engine.config)?;
        let tokenizer = engine.tokenizer()?;
        let rules = Arc::new(BudgetRules::new(&bundle, tokenizer)?);
        let verification = wording(&bundle, tokenizer, "verifier.append", &bundle.manifest.verifier.append)?;
        let alias = adapter.unwrap_or(&bundle.manifest.default_adapter).to_owned();
        let file = bundle.read_adapter(&alias, &engine.config)?;
        let name = |part: &str| format!("{}/{part}", bundle.manifest.name);
        let adapter = name(&alias);
        if !file.kv_shareable {
            return Err(Error::KvNotShareable { adapter });
        }
        // Halves are what it was trained and measured in.
        engine.add_adapter(&adapter, &file, AdapterOptions { format: LoraFormat::F16, ..AdapterOptions::default() })?;
        let (switcher, verifier) = (&bundle.heads.switcher, &bundle.heads.verifier);
        let weights = Weights {
            w1: switcher.w1.clone(),
            b1: switcher.b1.clone(),
            w2: switcher.w2.clone(),
            b2: switcher.b2,
            slope: 0.0,
        };
        let pooling = &bundle.manifest.switcher;
        engine.load_probe(&name("switcher"), Probe { weights, chunk: pooling.chunk, ema: pooling.ema })?;
        engine.load_probe(&name("verifier"), Probe::linear(verifier.w.clone(), verifier.b))?;
        Ok(Self { bundle, alias, adapter, rules, verification })
    }

    /// Asks a question in a conversation, whose branch must be the engine's. The conversation has the answer once
    /// [`super::Event::Answer`] is told.
    ///
    /// # Errors
    /// Before any work starts: [`Error::Invalid`] for settings that make no sense, [`Error::ContextFull`],
    /// [`Error::PagesFull`] or [`Error::PagesTooFew`] where the longest answers would not fit.
    pub fn ask<'e>(
        &'e self,
        engine: &'e mut Engine,
        chat: &'e mut Chat,
        question: &str,
        settings: &Settings,
    ) -> Result<Reply<'e>> {
        Reply::new(self, engine, chat, question, settings)
    }

    /// What its author states.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The wording of its responses as tokens.
    pub fn rules(&self) -> &BudgetRules {
        &self.rules
    }

    /// Compiles what an answer of up to `branches` branches runs, so that the first does not wait for it.
    pub fn warm_up(&self, engine: &mut Engine, branches: u32, progress: &(dyn Fn(LoadEvent) + Sync)) -> Result<()> {
        let most = branches.clamp(1, DECODE_ROWS).next_power_of_two();
        let rows = engine.chunk();
        let chunk = Shape::chunk(rows, Head::None);
        let samples = |greedy| Shape { wanted: 1, ..Shape::chunk(rows, Head::Sample { greedy }) };
        let decoding = |rows, greedy| Shape::decoding(rows, Head::Sample { greedy });
        let mut shapes = vec![Shape { probed: true, ..chunk }, chunk, samples(true), decoding(1, true)];
        // One branch alone is greedy, several are when all have come to their answers.
        let least = if most > 1 { engine.steady_rows() } else { 1 };
        let classes = (least.ilog2()..=most.max(least).ilog2()).map(|class| 1u32 << class);
        let kinds: &[bool] = if most > 1 { &[false, true] } else { &[true] };
        for &greedy in kinds {
            shapes.push(Shape { adapted: true, wanted: most.max(least), ..samples(greedy) });
            shapes.extend(classes.clone().map(|rows| Shape { adapted: true, ..decoding(rows, greedy) }));
        }
        shapes.push(Shape { adapted: true, probed: true, ..chunk });
        shapes.into_iter().try_for_each(|shape| engine.prepare(shape, progress))
    }

    /// The name of a probe on the engine.
    pub(super) fn probe(&self, part: &str) -> String {
        format!("{}/{part}", self.bundle.manifest.name)
    }
}
