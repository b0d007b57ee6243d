//! The studio for browsers: `web/dist/studio`, with the model and the bundle that it offers.

use crate::catalogue::DEFAULT_MODEL;
use crate::folders::{self, repository};
use anyhow::{Context, Result};
use serde_json::json;
use std::fs;
use std::path::Path;

/// The bundle, below `models`.
const BUNDLE: &str = "smollm2-reasoner";

/// Writes the page and what it offers into `studio`, which has the program already.
pub fn write(studio: &Path) -> Result<()> {
    copy(&repository().join("web/studio"), studio)?;
    let models = studio.join("models");
    let bundle = copy(&repository().join("models").join(BUNDLE), &models.join(BUNDLE))?;
    let model = folders::models()?.join(DEFAULT_MODEL.file);
    if model.is_file() {
        let to = models.join(DEFAULT_MODEL.file);
        fs::hard_link(&model, &to)
            .or_else(|_| fs::copy(&model, &to).map(drop))
            .with_context(|| format!("cannot copy {} to {}", model.display(), to.display()))?;
    } else {
        eprintln!("    the model is not here: run `cargo xtask model` and this again, or the studio opens without one");
    }
    let catalogue = json!({
        "models": [{
            "file": format!("models/{}", DEFAULT_MODEL.file), "name": DEFAULT_MODEL.file.trim_end_matches(".gguf"),
            "about": "the language model, by Hugging Face; Apache-2.0", "bytes": DEFAULT_MODEL.bytes,
        }],
        "bundles": [{
            "folder": format!("models/{BUNDLE}/"), "name": BUNDLE, "base": DEFAULT_MODEL.file,
            "about": "adapters, a switcher and a verifier; Apache-2.0", "bytes": bundle,
        }],
    });
    fs::write(studio.join("models.json"), serde_json::to_vec_pretty(&catalogue)?)?;
    Ok(())
}

/// Copies a folder, but for Markdown; gives the bytes.
fn copy(from: &Path, to: &Path) -> Result<u64> {
    fs::create_dir_all(to).with_context(|| format!("cannot create {}", to.display()))?;
    let mut bytes = 0;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let path = entry?.path();
        let target = to.join(path.file_name().context("a file without a name")?);
        if path.is_dir() {
            bytes += copy(&path, &target)?;
        } else if path.extension().is_none_or(|extension| extension != "md") {
            bytes += fs::copy(&path, &target).with_context(|| format!("cannot write {}", target.display()))?;
        }
    }
    Ok(bytes)
}
