//! A reasoner on the command line: its bundle, on the model that it was made for.

use crate::args::Global;
use crate::loading;
use anyhow::Result;
use ruminate::installed;
use ruminate::reason::{Bundle, Reasoner};
use ruminate::session::{Engine, EngineOptions};
use std::path::PathBuf;

/// Which reasoner to load.
#[derive(clap::Args)]
pub struct ReasonerArgs {
    /// The reasoner: a bundle's folder, or its name in a folder of models: the user's, `models` here, beside or above
    /// the program
    #[arg(long, value_name = "PATH|NAME", default_value = installed::DEFAULT_BUNDLE)]
    bundle: PathBuf,
    /// Which of the bundle's adapters thinks [default: the bundle's]
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
}

impl ReasonerArgs {
    /// A bundle with its own adapter.
    pub fn of(bundle: PathBuf) -> Self {
        Self { bundle, adapter: None }
    }

    /// Reads the bundle.
    pub fn open(&self) -> Result<Bundle> {
        Ok(Bundle::open(&installed::bundle(Some(&self.bundle))?)?)
    }

    /// The name of the adapter that thinks.
    pub fn adapter<'a>(&'a self, bundle: &'a Bundle) -> &'a str {
        self.adapter.as_deref().unwrap_or(&bundle.manifest.default_adapter)
    }

    /// Loads the bundle's base, or the model that `--model` names, and the reasoner onto it.
    pub fn load(&self, global: &Global, bundle: Bundle, options: &EngineOptions) -> Result<(Engine, Reasoner)> {
        let model = match &global.model {
            Some(name) => installed::model(Some(name))?,
            None => installed::base(&bundle)?,
        };
        bundle.check_base_file(&model)?;
        let mut engine = loading::load_file(&model, global.open_gpu()?, options)?;
        let reasoner = Reasoner::new(&mut engine, bundle, self.adapter.as_deref())?;
        Ok((engine, reasoner))
    }
}
