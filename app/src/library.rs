//! Models, bundles and adapters on disk, and what they need.

use crate::backend;
use ruminate::formats::gguf::Gguf;
use ruminate::installed;
use ruminate::kernels::lora::MAX_RANK;
use ruminate::model::{Config, DECODE_ROWS};
use ruminate::reason::bundle::MANIFEST;
use ruminate::session::DEFAULT_CONTEXT;
use std::path::{Path, PathBuf};

/// Rows of the longest piece of a prompt that a device takes.
const LONGEST_CHUNK: u64 = 512;
/// Numbers that sampling counts a row's logits in.
const HISTOGRAM: u64 = 6144;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Library {
    /// GGUF files of models.
    pub models: Vec<ModelFile>,
    /// Bundles' folders.
    pub bundles: Vec<BundleFile>,
}

/// A model on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelFile {
    /// The file.
    pub path: PathBuf,
    /// Its name without the ending.
    pub name: String,
    /// What it needs on the device, or why it cannot be loaded.
    pub need: Result<Need, String>,
}

/// Bytes on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Of weights, as in the file: repacking changes little.
    pub weights: u64,
    /// Of keys and values: a context, and the branches beside it. Nothing where the file's header was not read.
    pub kv: Option<u64>,
    /// Of what is computed on the way, at most: devices that take shorter pieces of a prompt need less.
    pub work: u64,
}

/// A bundle on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleFile {
    /// The folder.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
    /// The file of the model that it was made for.
    pub base: String,
}

impl Need {
    /// Of so many bytes of weights, for a model of this shape.
    pub fn of(weights: u64, config: &Config) -> Self {
        let positions = u64::from(backend::cache_positions(None).min(1 << 24));
        // Keys and values of two bytes each, in every layer.
        let kv = positions * u64::from(config.layers) * u64::from(config.kv_width()) * 2 * 2;
        let Config { hidden, ffn, vocab, .. } = *config;
        let widest = hidden.max(ffn).max(config.query_width());
        // Four bytes each. What goes from kernel to kernel for a row, with an adapter's products of three modules:
        let row = [3 * hidden, config.qkv_width(), config.query_width(), 2 * ffn, widest + widest / 16, 3 * MAX_RANK];
        let rows = LONGEST_CHUNK * row.into_iter().map(u64::from).sum::<u64>();
        // The parts of attention of all rows that decode, about one a position:
        let attention = u64::from(config.context.min(DEFAULT_CONTEXT) * config.heads * (config.head_dim + 2));
        // Their logits, and what sampling counts in them.
        let head = u64::from(DECODE_ROWS) * (u64::from(vocab) + HISTOGRAM);
        Self { weights, kv: Some(kv), work: 4 * (rows + attention + head) }
    }

    /// All of it, as far as it is known.
    pub fn total(&self) -> u64 {
        self.weights + self.kv.unwrap_or(0) + self.work
    }
}

impl Library {
    /// Looks into the folders of models, and at files and folders that were given before.
    pub fn scan(given: &[PathBuf]) -> Self {
        let folders = installed::folders();
        let mut library = Self::default();
        let inside = |folder: &PathBuf| {
            let mut paths: Vec<PathBuf> =
                std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
            paths.sort();
            paths
        };
        for path in folders.iter().flat_map(inside).chain(given.iter().cloned()) {
            library.add(&path);
        }
        library
    }

    /// Adds a file or folder, if it is a model or a bundle that is not there yet.
    pub fn add(&mut self, path: &Path) {
        let known = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        match sort(path) {
            Ok(Kind::Model) => {
                let opened = Gguf::open(path).map_err(|error| error.to_string());
                self.add_model(&known, opened.and_then(|gguf| need_of(&gguf)));
            }
            Ok(Kind::Bundle) => {
                if let Ok(bundle) = ruminate::reason::Bundle::open(path) {
                    self.add_bundle(&known, bundle.manifest.name, bundle.manifest.base.file);
                }
            }
            _ => {}
        }
    }

    /// Adds a model that is not there yet.
    pub fn add_model(&mut self, path: &Path, need: Result<Need, String>) {
        if !self.models.iter().any(|model| model.path == path) {
            self.models.push(ModelFile { name: backend_name(path), need, path: path.to_owned() });
        }
    }

    /// Adds a bundle that is not there yet, with the file of the model that it was made for.
    pub fn add_bundle(&mut self, path: &Path, name: String, base: String) {
        if !self.bundles.iter().any(|bundle| bundle.path == path) {
            self.bundles.push(BundleFile { path: path.to_owned(), name, base });
        }
    }

    /// Whether a model or a bundle can be loaded from here.
    pub fn has(&self, path: &Path) -> bool {
        let is_model = self.models.iter().any(|model| model.path == path);
        is_model || self.bundles.iter().any(|bundle| bundle.path == path) || path.exists()
    }

    /// The bundle of a model: the first that was made for its file.
    pub fn bundle_for(&self, model: &Path) -> Option<&BundleFile> {
        let name = model.file_name()?.to_string_lossy();
        self.bundles.iter().find(|bundle| bundle.base == name)
    }

    /// The model of a bundle.
    pub fn model_for(&self, bundle: &BundleFile) -> Option<&ModelFile> {
        self.model_of_file(&bundle.base)
    }

    /// The model in a file of this name.
    pub fn model_of_file(&self, file: &str) -> Option<&ModelFile> {
        self.models.iter().find(|model| model.path.file_name().is_some_and(|name| *name == *file))
    }

    /// What is loaded at first: a bundle with its model, the default model, any model.
    pub fn first_choice(&self) -> Option<(PathBuf, Option<PathBuf>)> {
        let with_bundle = self.bundles.iter().find_map(|bundle| Some((self.model_for(bundle)?, Some(bundle))));
        let default = installed::model(None).ok().and_then(|path| path.canonicalize().ok());
        let plain = || {
            let is_default = |model: &&ModelFile| Some(&model.path) == default.as_ref();
            let usable = |model: &&ModelFile| model.need.is_ok();
            self.models.iter().find(is_default).or_else(|| self.models.iter().find(usable)).map(|model| (model, None))
        };
        let (model, bundle) = with_bundle.or_else(plain)?;
        Some((model.path.clone(), bundle.map(|bundle| bundle.path.clone())))
    }
}

/// What a file or folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A GGUF file of a model.
    Model,
    /// A bundle's folder.
    Bundle,
    /// A PEFT folder, or a GGUF file of an adapter.
    Adapter,
    /// A folder in which models may be.
    Folder,
}

/// Says what a file or folder is.
///
/// # Errors
/// Why it is nothing that can be used, for people.
pub fn sort(path: &Path) -> Result<Kind, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if path.is_dir() {
        return Ok(if path.join(MANIFEST).is_file() {
            Kind::Bundle
        } else if path.join("adapter_config.json").is_file() {
            Kind::Adapter
        } else {
            Kind::Folder
        });
    }
    match path.extension().and_then(|ending| ending.to_str()) {
        _ if !path.exists() => Err(format!("{}: there is no such file", path.display())),
        Some(ending) if ending.eq_ignore_ascii_case("gguf") => {
            let gguf = Gguf::open(path).map_err(|error| error.to_string())?;
            Ok(kind_of(&gguf))
        }
        _ if name == MANIFEST => Ok(Kind::Bundle),
        _ if name == "adapter_config.json" => Ok(Kind::Adapter),
        _ => Err(format!(
            "{name} is neither a model (.gguf) nor a bundle or an adapter. Drop a GGUF file, or the folder of a bundle \
             or of a PEFT adapter"
        )),
    }
}

/// What a GGUF file holds.
pub fn kind_of(gguf: &Gguf) -> Kind {
    let is_adapter = gguf.find::<&str>("general.type").ok().flatten() == Some("adapter");
    if is_adapter { Kind::Adapter } else { Kind::Model }
}

/// What a model needs, by its file's header alone.
///
/// # Errors
/// Why it cannot be loaded, for people.
pub fn need_of(gguf: &Gguf) -> Result<Need, String> {
    let config = Config::from_gguf(gguf).map_err(|error| error.to_string())?;
    let weights = gguf.tensors().iter().map(|tensor| tensor.size() as u64).sum();
    Ok(Need::of(weights, &config))
}

fn backend_name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]
    use super::*;

    #[test]
    fn what_is_dropped_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            path
        };
        make("bundle/bundle.json", "{}");
        make("adapter/adapter_config.json", "{}");
        assert_eq!(sort(&folder.path().join("bundle")), Ok(Kind::Bundle));
        assert_eq!(sort(&folder.path().join("adapter")), Ok(Kind::Adapter));
        assert_eq!(sort(folder.path()), Ok(Kind::Folder));
        let broken = sort(&make("broken.gguf", "not a model")).unwrap_err();
        assert!(broken.contains("broken.gguf"), "{broken}");
        assert!(sort(&make("notes.txt", "")).unwrap_err().contains("Drop a GGUF"));
        assert!(sort(&folder.path().join("none.gguf")).unwrap_err().contains("no such file"));
        // A folder with a damaged manifest is no bundle that can be picked.
        let mut library = Library::default();
        library.add(&folder.path().join("bundle"));
        assert_eq!(library, Library::default());
    }
}
