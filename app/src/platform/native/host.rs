//! What the engine's thread has around it: devices by their names, and files on disk.

use ruminate::adapter::AdapterOptions;
use ruminate::gpu::{Gpu, GpuOptions, Tier};
use ruminate::reason::Bundle;
use ruminate::session::{Engine, EngineOptions, LoadEvent};
use ruminate::{Error, Result};
use std::path::Path;
use std::sync::Arc;

/// Called with a device.
pub type Opened = Box<dyn Fn(&Arc<Gpu>) + Send>;

/// What is asked for, and who is told of devices.
pub struct Host {
    /// The device's name or number; the best where none is given.
    pub gpu: Option<String>,
    /// Called with each device that is opened for a model.
    pub opened: Opened,
}

impl Host {
    /// How to open a device, in a tier if one is given.
    pub fn gpu_options(&self, tier: Option<Tier>) -> GpuOptions {
        GpuOptions { adapter: self.gpu.clone(), tier, ..GpuOptions::default() }
    }

    /// A device was opened for a model.
    pub fn opened(&self, gpu: &Arc<Gpu>) {
        (self.opened)(gpu);
    }

    /// The device's name.
    pub fn name(&self, gpu: &Gpu) -> String {
        gpu.info.name.clone()
    }

    /// What it all runs on, where the engine does not know.
    pub fn system(&self) -> Option<String> {
        None
    }

    /// Opens the bundle in a folder, if it was made for a model.
    pub async fn bundle(&self, folder: &Path, model: &Path) -> Result<Bundle> {
        let bundle = Bundle::open(folder)?;
        bundle.check_base_file(model)?;
        Ok(bundle)
    }

    /// Loads a model's file.
    pub async fn engine(
        &self,
        gpu: Arc<Gpu>,
        (model, _): (&Path, Option<&Bundle>),
        options: &EngineOptions,
        progress: &mut dyn FnMut(LoadEvent) -> bool,
    ) -> Result<Engine> {
        Engine::load(gpu, model, options, progress)
    }

    /// Something failed. Files stay as they are.
    pub async fn failed(&self, _: &Error) {}

    /// Loads the adapter in a file or folder under a name.
    pub async fn adapter(&self, engine: &mut Engine, name: &str, path: &Path) -> Result<()> {
        engine.load_adapter(name, path, AdapterOptions::default()).map(|_| ())
    }
}
