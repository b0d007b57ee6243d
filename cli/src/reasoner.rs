//! A reasoner on the command line: its bundle, on the model that it was made for.

use crate::args::Global;
use crate::loading;
use anyhow::Result;
use ruminate::installed;
use ruminate::model::DECODE_ROWS;
use ruminate::reason::{Bundle, Reasoner};
use ruminate::session::{DEFAULT_CONTEXT, Engine, EngineOptions};
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

/// Room for a conversation of one context and `branches` that answer it with up to `most` tokens each.
pub fn room(options: EngineOptions, branches: u32, most: u32) -> EngineOptions {
    let context = options.context.unwrap_or(DEFAULT_CONTEXT);
    // Every fork copies the prompt's last page, and is verified; the last page is only begun.
    let each = most.min(context).saturating_add(VERIFICATION + 2 * options.page);
    let positions = context.saturating_add(branches.min(DECODE_ROWS).saturating_mul(each));
    // The conversation, and the end of the prompt that branches are forked from.
    EngineOptions { branches: branches + 2, positions: Some(positions), ..options }
}

/// Positions that a verification takes at most.
const VERIFICATION: u32 = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_branch_has_room() {
        let options = room(EngineOptions { context: Some(512), ..EngineOptions::default() }, 4, 192);
        assert_eq!((options.branches, options.positions), (6, Some(512 + 4 * (192 + 128 + 64))));
    }
}
