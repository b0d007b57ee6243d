//! What the engine's worker has around it: the browser's one GPU, and files that JavaScript fetches and keeps.

use crate::backend::{Link, Update, link, work};
use js_sys::{Array, Uint8Array};
use ruminate::adapter::{AdapterFile, AdapterOptions};
use ruminate::formats::{Files, Gguf};
use ruminate::gpu::{Gpu, GpuOptions, Tier};
use ruminate::reason::Bundle;
use ruminate::session::{Engine, EngineOptions, LoadEvent};
use ruminate::{Error, Result};
use ruminate_web::{File, Source};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The worker: `web/studio/worker.js`.
    #[derive(Clone)]
    pub type Worker;

    /// Tells the page something, as JSON.
    #[wasm_bindgen(method)]
    fn tell(this: &Worker, update: &str);

    /// Opens a model's file, of which it is known that it has this SHA-256.
    #[wasm_bindgen(method, catch)]
    async fn source(this: &Worker, path: &str, sha256: Option<String>) -> Result<JsValue, JsValue>;

    /// The `[path, bytes]` files of a bundle or an adapter, below a folder of the path's own.
    #[wasm_bindgen(method, catch)]
    async fn folder(this: &Worker, kind: &str, path: &str) -> Result<JsValue, JsValue>;

    /// Keeps a model, or the folder that a file is from, no longer.
    #[wasm_bindgen(method)]
    async fn forget(this: &Worker, file: &str);
}

thread_local! {
    /// The engine's messages, and who passes them on.
    static LINK: RefCell<Option<(Link, Worker)>> = const { RefCell::new(None) };
}

/// Starts the engine in this worker. `device` is what the `browser` calls it, `tier` one to force.
#[wasm_bindgen]
pub fn start_engine(
    worker: Worker,
    device: String,
    browser: String,
    subgroups: bool,
    tier: Option<String>,
) -> Result<(), JsValue> {
    let tier = tier.map(|tier| tier.parse()).transpose().map_err(|error: Error| error.to_string())?;
    let (link, peer) = link();
    LINK.set(Some((link, worker.clone())));
    let host = Host { worker, device, browser, subgroups, tier };
    wasm_bindgen_futures::spawn_local(work(host, peer, Box::new(pass_on)));
    Ok(())
}

/// Asks the engine for something, as JSON.
#[wasm_bindgen]
pub fn command(json: &str) -> Result<(), JsValue> {
    let command = serde_json::from_str(json).map_err(|error| error.to_string())?;
    LINK.with_borrow(|link| {
        if let Some((link, _)) = link {
            link.send(command);
        }
    });
    Ok(())
}

fn pass_on() {
    LINK.with_borrow(|link| {
        let Some((link, worker)) = link else { return };
        while let Ok(update) = link.next() {
            let told = serde_json::to_string(&update)
                .or_else(|error| serde_json::to_string(&Update::Problem(format!("it cannot be told: {error}"))));
            if let Ok(told) = told {
                worker.tell(&told);
            }
        }
    });
}

/// The worker, and the browser's GPU.
pub struct Host {
    worker: Worker,
    device: String,
    browser: String,
    subgroups: bool,
    tier: Option<Tier>,
}

impl Host {
    /// How to open a device, in a tier if one is given.
    pub fn gpu_options(&self, tier: Option<Tier>) -> GpuOptions {
        GpuOptions { tier: tier.or(self.tier), browser_subgroups: self.subgroups, ..GpuOptions::default() }
    }

    /// A device was opened for a model.
    pub fn opened(&self, _: &Arc<Gpu>) {}

    /// The device's name, which wgpu does not know here.
    pub fn name(&self, _: &Gpu) -> String {
        self.device.clone()
    }

    /// What it all runs on, which the engine does not know here.
    pub fn system(&self) -> Option<String> {
        Some(self.browser.clone())
    }

    /// Fetches the bundle in a folder.
    pub async fn bundle(&self, folder: &Path, _: &Path) -> Result<Bundle> {
        let (files, root) = self.files("bundle", folder).await?;
        Bundle::open_in(files, &root)
    }

    /// Loads a model as it comes; that it is what its bundle was made for is known at the end.
    pub async fn engine(
        &self,
        gpu: Arc<Gpu>,
        (model, bundle): (&Path, Option<&Bundle>),
        options: &EngineOptions,
        progress: &mut dyn FnMut(LoadEvent) -> bool,
    ) -> Result<Engine> {
        let sha256 = bundle.and_then(|bundle| bundle.manifest.base.sha256.clone());
        let source = self.worker.source(&model.to_string_lossy(), sha256).await.map_err(|thrown| failure(&thrown))?;
        let file = File::new(source.unchecked_into::<Source>());
        let loaded = async {
            let gguf = Gguf::fetch(&file.name(), &file, file.size()?).await?;
            let engine = Engine::load_from(gpu, &gguf, &file, options, progress).await?;
            file.finish().await.map_err(|thrown| failure(&thrown))?;
            Ok(engine)
        };
        let loaded = loaded.await;
        file.close();
        loaded.map_err(|error| file.thrown().map_or(error, |thrown| failure(&thrown)))
    }

    /// Loads the adapter in a file or folder under a name.
    pub async fn adapter(&self, engine: &mut Engine, name: &str, path: &Path) -> Result<()> {
        let (files, root) = self.files("adapter", path).await?;
        let file = AdapterFile::open_in(&files, &root, &engine.config)?;
        engine.add_adapter(name, &file, AdapterOptions::default()).map(|_| ())
    }

    /// Something failed. What is no model, bundle or adapter does not stay in the cache: the server may have the right one
    /// next time.
    pub async fn failed(&self, error: &Error) {
        if let Error::File { file, .. } | Error::Tensor { file, .. } = error {
            self.worker.forget(&file.to_string_lossy()).await;
        }
    }

    /// The files of a bundle or an adapter, and the path to open among them.
    async fn files(&self, kind: &str, path: &Path) -> Result<(Files, PathBuf)> {
        let found = self.worker.folder(kind, &path.to_string_lossy()).await.map_err(|thrown| failure(&thrown))?;
        let pair = |entry: JsValue| {
            let entry = entry.dyn_into::<Array>().ok()?;
            let path = PathBuf::from(entry.get(0).as_string()?);
            Some((path, entry.get(1).dyn_into::<Uint8Array>().ok()?.to_vec()))
        };
        let files: Option<Vec<(PathBuf, Vec<u8>)>> = Array::from(&found).iter().map(pair).collect();
        let files = files.filter(|files| !files.is_empty());
        let files = files.ok_or_else(|| Error::Invalid(format!("{}: nothing was fetched", path.display())))?;
        let root = files[0].0.iter().next().map(PathBuf::from).unwrap_or_default();
        Ok((Files::memory(files), root))
    }
}

/// What JavaScript threw, whose message says what to do.
fn failure(thrown: &JsValue) -> Error {
    let message = thrown.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    Error::Invalid(message.unwrap_or_else(|| format!("{thrown:?}")))
}
