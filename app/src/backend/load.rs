//! Loading models, bundles and adapters.

use super::{AdapterEntry, Loaded, Loading, ReasonerInfo, Thinker};
use crate::platform::Host;
use ruminate::gpu::Gpu;
use ruminate::reason::bundle::schema::BundledAdapter;
use ruminate::reason::{Bundle, Reasoner, room};
use ruminate::session::{Chat, Engine, EngineOptions, LoadEvent};
use ruminate::{Error, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Branches that there is room for.
pub const BRANCHES: u32 = 16;
/// Tokens of a response that there is room for where no bundle says more.
const RESPONSE: u32 = 256;

/// A model with what belongs to it.
pub struct Model {
    pub engine: Engine,
    pub chat: Chat,
    pub bundle: Option<Bundle>,
    /// By the adapter's name in the bundle; made at first use but for the default one.
    pub reasoners: BTreeMap<String, Reasoner>,
    file: PathBuf,
}

/// How a model's cache is made: room for a conversation and the branches that answer it.
pub fn options(bundle: Option<&Bundle>) -> EngineOptions {
    let most = bundle.map_or(RESPONSE, |bundle| {
        let budgets = &bundle.manifest.budgets;
        budgets.choices.iter().copied().chain([budgets.default]).max().unwrap_or(RESPONSE)
    });
    room(EngineOptions::default(), BRANCHES, most)
}

impl Model {
    /// Reads the files; `progress` returns `false` to cancel.
    pub async fn load(
        host: &Host,
        gpu: Arc<Gpu>,
        model: &Path,
        bundle: Option<&Path>,
        progress: &(dyn Fn(Loading) -> bool + Sync),
    ) -> Result<Self> {
        let bundle = match bundle {
            Some(folder) => Some(host.bundle(folder, model).await?),
            None => None,
        };
        let mut weights = |event| progress(loading(event));
        let source = (model, bundle.as_ref());
        let mut engine = host.engine(gpu, source, &options(bundle.as_ref()), &mut weights).await?;
        let mut reasoners = BTreeMap::new();
        if let Some(bundle) = &bundle {
            let reasoner = Reasoner::new(&mut engine, bundle.clone(), None)?;
            reasoner.warm_up(&mut engine, 1, &|event| {
                progress(loading(event));
            })?;
            reasoners.insert(bundle.manifest.default_adapter.clone(), reasoner);
        }
        engine.warm_up(1, true, &|event| {
            progress(loading(event));
        })?;
        let chat = Chat::new(&mut engine, None)?;
        // In a browser, what does not fit or does not compile says so now.
        engine.gpu.settled().await?;
        Ok(Self { engine, chat, bundle, reasoners, file: model.to_owned() })
    }

    /// Makes sure that an adapter of the bundle can think: its name, or the default one's.
    pub fn ensure_reasoner(&mut self, adapter: Option<&str>) -> Result<String> {
        let Some(bundle) = &self.bundle else {
            return Err(Error::Invalid(
                "this model has no reasoner. Choose one beside the model, or set the policy to Chat".into(),
            ));
        };
        let name = adapter.unwrap_or(&bundle.manifest.default_adapter).to_owned();
        if !self.reasoners.contains_key(&name) {
            let reasoner = Reasoner::new(&mut self.engine, bundle.clone(), Some(&name))?;
            self.reasoners.insert(name.clone(), reasoner);
        }
        Ok(name)
    }

    /// Loads an adapter under its file's name.
    pub async fn add_adapter(&mut self, host: &Host, path: &Path) -> Result<()> {
        let folder = if path.file_name().is_some_and(|name| name == "adapter_config.json") {
            path.parent().unwrap_or(path)
        } else {
            path
        };
        let name = folder.file_stem().map_or_else(|| "adapter".into(), |name| name.to_string_lossy().into_owned());
        host.adapter(&mut self.engine, &name, folder).await
    }

    /// The adapters on the device.
    pub fn adapters(&self) -> Vec<AdapterEntry> {
        let entry = |info: &ruminate::adapter::AdapterInfo| AdapterEntry {
            name: info.alias.clone(),
            rank: info.rank,
            bytes: info.bytes,
            kv_shareable: info.kv_shareable,
        };
        self.engine.adapters().map(entry).collect()
    }

    /// What a person wants to know of it.
    pub fn describe(&self) -> Loaded {
        let (parameters, weight_bytes) = self.engine.model_size();
        let (gpu_bytes, kv_bytes) = self.engine.gpu_bytes();
        let reasoner = self.bundle.as_ref().map(|bundle| {
            let smallest = self.reasoners.values().next().map_or(1, |reasoner| reasoner.rules().smallest());
            ReasonerInfo::of(bundle, u32::try_from(smallest).unwrap_or(1))
        });
        Loaded {
            model: self.file.clone(),
            name: name_of(&self.file),
            parameters,
            weight_bytes,
            kv_bytes,
            gpu_bytes: gpu_bytes + self.engine.adapter_bytes(),
            context: self.engine.context(),
            reasoner,
            adapters: self.adapters(),
        }
    }
}

impl ReasonerInfo {
    /// What a bundle says; `smallest_budget` is what its wording leaves room for.
    pub(crate) fn of(bundle: &Bundle, smallest_budget: u32) -> Self {
        let manifest = &bundle.manifest;
        let thinker = |(name, adapter): (&String, &BundledAdapter)| Thinker {
            name: name.clone(),
            is_budget_stated: adapter.budget_stated,
        };
        Self {
            name: manifest.name.clone(),
            folder: bundle.folder.clone(),
            adapters: manifest.adapters.iter().map(thinker).collect(),
            default_adapter: manifest.default_adapter.clone(),
            budgets: manifest.budgets.choices.clone(),
            default_budget: manifest.budgets.default,
            smallest_budget,
            threshold: manifest.switcher.threshold,
            temperature: manifest.sampling.temperature,
        }
    }
}

/// A file's name without its ending.
pub fn name_of(file: &Path) -> String {
    file.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn loading(event: LoadEvent) -> Loading {
    match event {
        LoadEvent::Weights { done, total } => Loading { what: "weights".into(), done, total },
        LoadEvent::Pipelines { done, total } => {
            Loading { what: "kernels".into(), done: done as u64, total: total as u64 }
        }
    }
}
