//! Models and bundles by name: the only place that knows their names and folders, for every program that uses the
//! engine. `cargo xtask model` fetches into the first folder.

use crate::reason::Bundle;
use crate::reason::bundle::MANIFEST;
use crate::{Error, Result};
use std::env::var_os;
use std::path::{Path, PathBuf};

/// The model that is used when none is named.
pub const DEFAULT_MODEL: &str = "smollm2-135m-instruct";
/// The bundle that is used when none is named.
pub const DEFAULT_BUNDLE: &str = "smollm2-reasoner";

/// (name, file)
const NAMED: [(&str, &str); 1] = [(DEFAULT_MODEL, "SmolLM2-135M-Instruct.Q4_1.gguf")];

/// `$RUMINATE_MODELS`, else `ruminate/models` in the user's cache folder.
///
/// # Errors
/// [`Error::Invalid`] where neither is known.
pub fn models_folder() -> Result<PathBuf> {
    if let Some(folder) = var_os("RUMINATE_MODELS").filter(|value| !value.is_empty()) {
        return Ok(folder.into());
    }
    let cache = user_cache().ok_or_else(|| {
        Error::Invalid("no home folder is known: set RUMINATE_MODELS to the folder of models".to_owned())
    })?;
    Ok(cache.join("ruminate").join("models"))
}

/// Where models and bundles are looked for, in this order: [`models_folder`], `models` in the working folder, the
/// program's own folder, and `models` in that or up to three above it, of whose repository it may be a build.
pub fn folders() -> Vec<PathBuf> {
    let program = std::env::current_exe().ok();
    let beside = program.as_deref().and_then(Path::parent);
    let above = beside.into_iter().flat_map(Path::ancestors).take(4).map(|folder| folder.join("models"));
    let local = std::iter::once(PathBuf::from("models")).chain(beside.map(Path::to_owned)).chain(above);
    models_folder().into_iter().chain(local.filter(|folder| folder.is_dir())).collect()
}

/// The file of a model: a path, a known name, or a file in [`folders`], with or without `.gguf`. `None` is
/// [`DEFAULT_MODEL`].
///
/// # Errors
/// [`Error::Invalid`] says where it was looked for.
pub fn model(name: Option<&str>) -> Result<PathBuf> {
    find_model(name.unwrap_or(DEFAULT_MODEL), &folders())
}

/// The folder of a bundle: a path, or a name in [`folders`]. `None` is [`DEFAULT_BUNDLE`].
///
/// # Errors
/// [`Error::Invalid`] says where it was looked for.
pub fn bundle(name: Option<&Path>) -> Result<PathBuf> {
    find_bundle(name.unwrap_or(Path::new(DEFAULT_BUNDLE)), &folders())
}

/// The file of a bundle's base: in the bundle's own folder, else as [`model`] finds it.
///
/// # Errors
/// As [`model`].
pub fn base(bundle: &Bundle) -> Result<PathBuf> {
    let file = &bundle.manifest.base.file;
    let own = bundle.folder.join(file);
    if own.is_file() { Ok(own) } else { model(Some(file)) }
}

fn find_model(name: &str, folders: &[PathBuf]) -> Result<PathBuf> {
    let known = NAMED.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let (path, file) = known.map_or((Some(PathBuf::from(name)), name), |(_, file)| (None, *file));
    let in_folder = |folder: &PathBuf| [folder.join(file), folder.join(format!("{file}.gguf"))];
    let mut candidates = path.into_iter().chain(folders.iter().flat_map(in_folder));
    candidates.find(|path| path.is_file()).ok_or_else(|| {
        let fetched = NAMED.iter().any(|(_, file)| *file == name) || known.is_some();
        Error::Invalid(match fetched {
            true => format!(
                "{name} is not in {}. Fetch it with `cargo xtask model`, or give a file: --model PATH",
                listed(folders)
            ),
            false => format!(
                "{name}: there is no such file, here or in {}. Check the path, or use a known name ({}), which \
                 `cargo xtask model` fetches",
                listed(folders),
                NAMED.map(|(name, _)| name).join(", ")
            ),
        })
    })
}

fn find_bundle(name: &Path, folders: &[PathBuf]) -> Result<PathBuf> {
    let is_bundle = |path: &PathBuf| path.join(MANIFEST).is_file();
    // What is named here is meant, even if it turns out to be no bundle: its own error says why.
    if name.exists() {
        return Ok(name.to_owned());
    }
    folders.iter().map(|folder| folder.join(name)).find(is_bundle).ok_or_else(|| {
        Error::Invalid(format!(
            "{}: there is no such bundle, here or in {}. Check the path: --bundle PATH",
            name.display(),
            listed(folders)
        ))
    })
}

fn listed(folders: &[PathBuf]) -> String {
    folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_first_folder_that_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
        let folders = [one.clone(), two.clone()];
        for path in ["one/thinker", "two/thinker", "two/smollm2-reasoner"] {
            fs::create_dir_all(folder.path().join(path)).unwrap();
        }
        for path in ["two/thinker/bundle.json", "two/smollm2-reasoner/bundle.json", "two/a.gguf", "one/a.gguf"] {
            fs::write(folder.path().join(path), "{}").unwrap();
        }
        fs::write(two.join("SmolLM2-135M-Instruct.Q4_1.gguf"), "").unwrap();
        // A folder of that name without a manifest is something else.
        assert_eq!(find_bundle(Path::new("thinker"), &folders).unwrap(), two.join("thinker"));
        assert_eq!(find_bundle(&one, &folders).unwrap(), one, "a path is taken as it is");
        for name in ["a", "a.gguf"] {
            assert_eq!(find_model(name, &folders).unwrap(), one.join("a.gguf"));
        }
        let default = find_model("SmolLM2-135M-instruct", &folders).unwrap();
        assert_eq!(default, two.join("SmolLM2-135M-Instruct.Q4_1.gguf"));
        for name in [DEFAULT_MODEL, "SmolLM2-135M-Instruct.Q4_1.gguf"] {
            let said = find_model(name, &folders[..1]).unwrap_err().to_string();
            assert!(said.contains("cargo xtask model") && said.contains("one"), "{said}");
        }
        let said = find_model("thinker", &folders).unwrap_err().to_string();
        assert!(said.contains(DEFAULT_MODEL) && said.contains("two"), "{said}");
        let said = find_bundle(Path::new("other"), &folders).unwrap_err().to_string();
        assert!(said.contains("--bundle") && said.contains("one, "), "{said}");
    }
}
