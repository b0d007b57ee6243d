//! Where models are: the only place that knows their names and folder. `cargo xtask model` fetches into the same one.

use anyhow::{Context, Result, bail};
use std::env::var_os;
use std::path::{Path, PathBuf};

/// What is used when no model is named.
const DEFAULT: &str = "smollm2-135m-instruct";

/// (name, file in the models folder)
const NAMED: [(&str, &str); 1] = [(DEFAULT, "SmolLM2-135M-Instruct.Q4_1.gguf")];

/// The file of `--model`: a path, a known name, or a file in the models folder with or without `.gguf`.
pub fn resolve(model: Option<&str>) -> Result<PathBuf> {
    let model = model.unwrap_or(DEFAULT);
    if let Some((name, file)) = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(model)) {
        let path = folder()?.join(file);
        if !path.exists() {
            bail!(
                "{name} is not at {}. Fetch it with `cargo xtask model`, or give a file: --model PATH",
                path.display()
            );
        }
        return Ok(path);
    }
    if Path::new(model).exists() {
        return Ok(model.into());
    }
    let folder = folder()?;
    let candidates = [folder.join(model), folder.join(format!("{model}.gguf"))];
    candidates.into_iter().find(|path| path.exists()).with_context(|| {
        let names = NAMED.map(|(name, _)| name).join(", ");
        format!(
            "{model}: there is no such file, here or in {}. Check the path, or use a known name ({names}), which \
             `cargo xtask model` fetches",
            folder.display()
        )
    })
}

/// `$RUMINATE_MODELS`, else `ruminate/models` in the user's cache folder.
pub fn folder() -> Result<PathBuf> {
    if let Some(folder) = var_os("RUMINATE_MODELS").filter(|value| !value.is_empty()) {
        return Ok(folder.into());
    }
    let cache = user_cache().context("no home folder is known: set RUMINATE_MODELS to the folder of models")?;
    Ok(cache.join("ruminate").join("models"))
}

/// Where bundles are: [`folder`], and the repository's `models`, of which the program may be a build.
pub fn folders() -> Result<Vec<PathBuf>> {
    let program = std::env::current_exe().ok();
    // REPOSITORY/target/release/ruminate
    let above = program.iter().flat_map(|program| program.ancestors().skip(1).take(3)).map(|path| path.join("models"));
    let is_there = |path: &PathBuf| path.is_dir();
    Ok([folder()?, PathBuf::from("models")].into_iter().chain(above.filter(is_there)).collect())
}

fn user_cache() -> Option<PathBuf> {
    let path = |variable: &str| var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(target_os = "windows") {
        path("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        path("HOME").map(|home| home.join("Library/Caches"))
    } else {
        path("XDG_CACHE_HOME").or_else(|| path("HOME").map(|home| home.join(".cache")))
    }
}
