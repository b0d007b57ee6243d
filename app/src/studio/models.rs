//! Models, bundles and adapters: chosen, or dropped on the window.

use super::{Studio, Work};
use crate::backend::{Command, Loading};
use crate::library::{self, Kind};
use crate::views::count;
use ruminate::installed::DEFAULT_BUNDLE;
use std::path::{Path, PathBuf};

impl Studio {
    pub(super) fn load_first(&mut self) {
        let last = self.preferences.model.clone().filter(|path| self.library.has(path));
        let bundle = self.preferences.bundle.clone().filter(|path| self.library.has(path));
        let choice = last.map(|model| {
            let bundle = bundle.or_else(|| self.library.bundle_for(&model).map(|bundle| bundle.path.clone()));
            (model, bundle)
        });
        if let Some((model, bundle)) = choice.or_else(|| self.library.first_choice()) {
            self.load(model, bundle);
        }
    }

    /// Loads a model, with a bundle if one is given.
    pub fn load(&mut self, model: PathBuf, bundle: Option<PathBuf>) {
        if self.is_answering() {
            self.stop();
        }
        self.loaded = None;
        self.chat_adapter = None;
        self.work = Work::Loading(Loading { what: "file".into(), done: 0, total: 0 });
        self.preferences.model = Some(model.clone());
        self.preferences.bundle.clone_from(&bundle);
        self.send(Command::Load { model, bundle });
    }

    /// The model that was wanted last and is not there, because it could not be loaded or its device was lost.
    pub fn missing_model(&self) -> Option<&Path> {
        self.preferences.model.as_deref().filter(|_| self.loaded.is_none() && self.work == Work::Idle)
    }

    /// Loads it again.
    pub fn load_again(&mut self) {
        if let Some(model) = self.missing_model().map(Path::to_owned) {
            self.load(model, self.preferences.bundle.clone());
        }
    }

    /// Takes what was dropped on the window.
    pub fn dropped(&mut self, path: &Path) {
        match library::sort(path) {
            Err(problem) => self.problem(problem),
            Ok(kind) => self.given(kind, path),
        }
    }

    /// Takes a file or folder of which it is known what it is.
    pub fn given(&mut self, kind: Kind, path: &Path) {
        match kind {
            Kind::Adapter => self.send(Command::AddAdapter(path.to_owned())),
            Kind::Model => {
                self.give(path);
                let bundle = self.library.bundle_for(path).map(|bundle| bundle.path.clone());
                self.load(path.to_owned(), bundle);
            }
            Kind::Bundle => self.dropped_bundle(path),
            Kind::Folder => {
                let before = (self.library.models.len(), self.library.bundles.len());
                let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
                entries.for_each(|entry| self.give(&entry.path()));
                let after = (self.library.models.len(), self.library.bundles.len());
                match (after.0 - before.0, after.1 - before.1) {
                    (0, 0) => self.problem(format!("{}: no new model or bundle is in it", path.display())),
                    (models, bundles) => {
                        let (models, bundles) = (count(models, "model", "models"), count(bundles, "bundle", "bundles"));
                        self.note(format!("Found {models} and {bundles}"));
                    }
                }
            }
        }
    }

    fn dropped_bundle(&mut self, path: &Path) {
        // Says what is wrong with it, if something is.
        let bundle = match ruminate::reason::Bundle::open(path) {
            Ok(bundle) => bundle,
            Err(error) => return self.problem(error.to_string()),
        };
        self.give(&bundle.folder);
        self.load_bundle(bundle.folder, &bundle.manifest.name, &bundle.manifest.base.file);
    }

    /// Loads a bundle with the model whose file, `base`, it was made for.
    pub fn load_bundle(&mut self, folder: PathBuf, name: &str, base: &str) {
        match self.library.model_of_file(base).map(|model| model.path.clone()) {
            Some(model) => self.load(model, Some(folder)),
            None => self.problem(without_base(name, base)),
        }
    }

    /// What is wanted for the first bundle whose model is not there, for people; nothing where a bundle is loaded.
    pub fn wanted_base(&self) -> Option<String> {
        if self.loaded.as_ref().is_some_and(|loaded| loaded.reasoner.is_some()) {
            return None;
        }
        let missing = self.library.bundles.iter().find(|bundle| self.library.model_for(bundle).is_none())?;
        Some(without_base(&missing.name, &missing.base))
    }

    pub(super) fn give(&mut self, path: &Path) {
        let before = self.library.clone();
        self.library.add(path);
        if self.library != before && !self.preferences.given.iter().any(|given| given == path) {
            self.preferences.given.push(path.to_owned());
        }
    }
}

/// That a bundle's model is not there, and what to do.
fn without_base(bundle: &str, base: &str) -> String {
    let remedy = if cfg!(target_family = "wasm") {
        "Drop that file on this page"
    } else if bundle == DEFAULT_BUNDLE {
        "Run `cargo xtask model` in a checkout of Ruminate, which fetches it (93 MB), and start the studio again; or drop \
         that file on the window"
    } else {
        "Drop that file on the window"
    };
    format!("The reasoner {bundle} works with the model {base} alone, which is not there. {remedy}")
}
