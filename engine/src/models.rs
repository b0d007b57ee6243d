//! Where models and bundles are: the only place that knows their names and folders. `cargo xtask model` fetches into the
//! same one.

use crate::reason::Bundle;
use crate::{Error, Result};
use std::env::var_os;
use std::path::{Path, PathBuf};

/// The model that is used when none is named.
pub const DEFAULT_MODEL: &str = "smollm2-135m-instruct";
/// The bundle that is used when none is named.
pub const DEFAULT_BUNDLE: &str = "smollm2-reasoner";

/// (name, file in the models folder)
const NAMED: [(&str, &str); 1] = [(DEFAULT_MODEL, "SmolLM2-135M-Instruct.Q4_1.gguf")];

/// A model's file: a path, a known name, or a file in the models folder with or without `.gguf`.
pub fn resolve(model: Option<&str>) -> Result<PathBuf> {
    let model = model.unwrap_or(DEFAULT_MODEL);
    if let Some((name, file)) = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(model)) {
        let path = folder()?.join(file);
        if !path.exists() {
            return Err(Error::Invalid(format!(
                "{name} is not at {}. Fetch it with `cargo xtask model`, or give a file: --model PATH",
                path.display()
            )));
        }
        return Ok(path);
    }
    if Path::new(model).exists() {
        return Ok(model.into());
    }
    let folder = folder()?;
    let candidates = [folder.join(model), folder.join(format!("{model}.gguf"))];
    candidates.into_iter().find(|path| path.exists()).ok_or_else(|| {
        let names = NAMED.map(|(name, _)| name).join(", ");
        Error::Invalid(format!(
            "{model}: there is no such file, here or in {}. Check the path, or use a known name ({names}), which \
             `cargo xtask model` fetches",
            folder.display()
        ))
    })
}

/// Reads a bundle: a path, or a name in one of [`folders`].
pub fn open_bundle(bundle: &Path) -> Result<Bundle> {
    let folders = folders()?;
    let named = folders.iter().map(|folder| folder.join(bundle));
    match std::iter::once(bundle.to_owned()).chain(named).find(|path| path.exists()) {
        Some(path) => Bundle::open(&path),
        None => Err(Error::Invalid(format!(
            "{}: there is no such bundle, here or in {}. Check the path: --bundle PATH",
            bundle.display(),
            folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
        ))),
    }
}

/// `$RUMINATE_MODELS`, else `ruminate/models` in the user's cache folder.
pub fn folder() -> Result<PathBuf> {
    if let Some(folder) = var_os("RUMINATE_MODELS").filter(|value| !value.is_empty()) {
        return Ok(folder.into());
    }
    let unknown = || Error::Invalid("no home folder is known: set RUMINATE_MODELS to the folder of models".into());
    Ok(user_cache().ok_or_else(unknown)?.join("ruminate").join("models"))
}

/// Where bundles are: [`folder`], `models` here, and `models` beside the program or above it, since it may be a build in
/// a repository.
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
