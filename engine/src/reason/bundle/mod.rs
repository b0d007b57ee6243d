//! A reasoner on disk: a folder with `bundle.json`, adapters and heads, checked before anything runs.

mod check;
mod heads;
pub mod schema;
#[cfg(test)]
pub(super) mod tests;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use check::{Problem, check};
use schema::{FORMAT, Header, VERSION};

pub use heads::{Heads, SwitcherHead, VerifierHead};
pub use schema::Manifest;

use crate::adapter::AdapterFile;
use crate::formats::Files;
use crate::model::Config;
use crate::sample::Sampling;
use crate::{Error, Result};

/// The manifest's file name.
pub const MANIFEST: &str = "bundle.json";

/// A larger file is no manifest.
const MAX_BYTES: u64 = 4 << 20;

/// A reasoner's folder, read and checked as far as that is possible without its base.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    /// Where its files are.
    pub files: Files,
    /// The folder.
    pub folder: PathBuf,
    /// What its author states.
    pub manifest: Manifest,
    /// The switcher's and the verifier's head.
    pub heads: Heads,
}

impl Bundle {
    /// Reads a folder, or the `bundle.json` in one.
    ///
    /// # Errors
    /// [`Error::File`] or [`Error::Tensor`] names the file, the field or tensor, and the remedy.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_in(Files::System, path)
    }

    /// [`Self::open`] of a folder among some files.
    pub fn open_in(files: Files, path: &Path) -> Result<Self> {
        let folder = match path.file_name() {
            Some(name) if name == MANIFEST && files.has(path) && !files.is_folder(path) => {
                path.parent().unwrap_or(Path::new(""))
            }
            _ => path,
        };
        let file = folder.join(MANIFEST);
        let manifest = read(&files, &file)?;
        check(&manifest).map_err(|Problem { field, problem, remedy }| {
            Error::file(&file, format!("field {field}: {problem}"), remedy)
        })?;
        for (alias, adapter) in &manifest.adapters {
            if !files.has(&folder.join(&adapter.path)) {
                let problem = format!("field adapters.{alias}.path: there is no folder {:?} beside it", adapter.path);
                return Err(Error::file(&file, problem, "Copy or download the whole bundle again"));
            }
        }
        let heads = Heads::open(&files, &folder.join(&manifest.heads), manifest.base.hidden_size as usize)?;
        Ok(Self { folder: folder.to_owned(), files, manifest, heads })
    }

    /// The manifest's file.
    pub fn file(&self) -> PathBuf {
        self.folder.join(MANIFEST)
    }

    /// Refuses a model of other dimensions than the bundle was trained on.
    pub fn check_base(&self, config: &Config) -> Result<()> {
        let base = &self.manifest.base;
        if config.family.prefix() != base.architecture {
            return Err(self.other_base("architecture", &base.architecture, &config.family.prefix()));
        }
        let numbers = [
            ("hidden_size", base.hidden_size, config.hidden),
            ("layers", base.layers, config.layers),
            ("vocab_size", base.vocab_size, config.vocab),
        ];
        match numbers.iter().find(|(_, stated, has)| stated != has) {
            None => Ok(()),
            Some((field, stated, has)) => Err(self.other_base(field, stated, has)),
        }
    }

    /// Refuses a model file with another SHA-256 than the bundle states, if it states one. Reads the whole file.
    pub fn check_base_file(&self, model: &Path) -> Result<()> {
        let Some(stated) = &self.manifest.base.sha256 else { return Ok(()) };
        let mut file = File::open(model).map_err(|e| Error::unreadable(model, &e))?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 1 << 20];
        loop {
            match file.read(&mut buffer).map_err(|e| Error::unreadable(model, &e))? {
                0 => break,
                length => hash.update(&buffer[..length]),
            }
        }
        let has: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        if *stated == has { Ok(()) } else { Err(self.other_base("sha256", stated, &has)) }
    }

    fn other_base(&self, field: &str, stated: &dyn std::fmt::Display, has: &dyn std::fmt::Display) -> Error {
        let base = &self.manifest.base;
        let problem = format!("field base.{field}: it was made for {} with {stated}, the model has {has}", base.name);
        Error::file(&self.file(), problem, format!("Give the model that it was made for: {}", base.file))
    }

    /// The folder of an adapter, by its name; `None` is the default adapter.
    pub fn adapter_folder(&self, alias: Option<&str>) -> Result<PathBuf> {
        let alias = alias.unwrap_or(&self.manifest.default_adapter);
        let adapter = self.manifest.adapters.get(alias).ok_or_else(|| {
            let names = self.manifest.adapters.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            Error::Invalid(format!("bundle {} has no adapter {alias:?}. It has: {names}", self.manifest.name))
        })?;
        Ok(self.folder.join(&adapter.path))
    }

    /// Reads an adapter, by its name, for a model that passed [`Self::check_base`].
    ///
    /// # Errors
    /// As [`AdapterFile::open`]; [`Error::File`] if it says otherwise than the bundle whether it is KV-shareable.
    pub fn read_adapter(&self, alias: &str, config: &Config) -> Result<AdapterFile> {
        let folder = self.adapter_folder(Some(alias))?;
        let adapter = AdapterFile::open_in(&self.files, &folder, config)?;
        let stated = self.manifest.adapters.get(alias).is_some_and(|stated| stated.kv_shareable);
        if stated == adapter.kv_shareable {
            return Ok(adapter);
        }
        let problem =
            format!("field adapters.{alias}.kv_shareable is {stated}, the adapter's own file says {}", !stated);
        Err(Error::file(&self.file(), problem, "Correct the one that is wrong: it is true if the prompt was masked"))
    }

    /// How branches are sampled; one branch alone is greedy.
    pub fn sampling(&self, branches: u32, seed: u64) -> Sampling {
        match branches {
            0 | 1 => Sampling { seed, ..Sampling::greedy() },
            _ => self.manifest.sampling.with_seed(seed),
        }
    }
}

fn read(files: &Files, file: &Path) -> Result<Manifest> {
    let bytes = files.read(file, MAX_BYTES, "a bundle's manifest")?;
    let header: Header = parse(file, &bytes)?;
    if header.format != FORMAT {
        let problem = format!("field format: it is {:?}, not {FORMAT:?}", header.format);
        return Err(Error::file(file, problem, "Give the folder of a reasoner's bundle"));
    }
    if header.version != VERSION {
        let problem = format!("field version: it is {}, this engine reads {VERSION}", header.version);
        return Err(Error::file(file, problem, "Update Ruminate, or get the bundle in that version"));
    }
    parse(file, &bytes)
}

fn parse<T: DeserializeOwned>(file: &Path, bytes: &[u8]) -> Result<T> {
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(bytes)).map_err(|error| {
        let place = match error.path().to_string() {
            // The path of an error of the whole file.
            path if path == "." => String::new(),
            path => format!("field {path}: "),
        };
        let remedy = "The bundle is damaged or of a later engine: download it again, or update Ruminate";
        Error::file(file, format!("{place}{}", error.inner()), remedy)
    })
}
