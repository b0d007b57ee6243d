//! The models and bundles that a page offers: `web/studio/models.json`.

use crate::library::{BundleFile, Library, ModelFile, Need};
use serde::Deserialize;
use std::path::PathBuf;

#[derive(Deserialize)]
struct Catalogue {
    models: Vec<Model>,
    bundles: Vec<Bundle>,
}

/// A model.
#[derive(Deserialize)]
struct Model {
    url: PathBuf,
    name: String,
    bytes: u64,
}

/// A bundle, and the file that it was made for.
#[derive(Deserialize)]
struct Bundle {
    url: PathBuf,
    name: String,
    base: String,
}

/// Reads a catalogue whose addresses are whole.
pub fn read(json: &str) -> serde_json::Result<Library> {
    let Catalogue { models, bundles } = serde_json::from_str(json)?;
    let model = |Model { url, name, bytes }| ModelFile {
        path: url,
        name,
        need: Ok(Need { weights: bytes, kv: None, work: 0 }),
    };
    let bundle = |Bundle { url, name, base }| BundleFile { path: url, name, base };
    Ok(Library { models: models.into_iter().map(model).collect(), bundles: bundles.into_iter().map(bundle).collect() })
}
