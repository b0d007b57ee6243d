//! Where fetched files live. `ruminate --model smollm2-135m-instruct` looks in the same models folder.

use anyhow::{Context, Result};
use std::env::var_os;
use std::path::{Path, PathBuf};

/// `$RUMINATE_MODELS`, else `ruminate/models` in the user's cache folder.
pub fn models() -> Result<PathBuf> {
    chosen("RUMINATE_MODELS", "models")
}

/// `$RUMINATE_TEST_ASSETS`, else `ruminate/test-assets` in the user's cache folder.
pub fn test_assets() -> Result<PathBuf> {
    chosen("RUMINATE_TEST_ASSETS", "test-assets")
}

/// `$RUMINATE_PYTHON`, else `ruminate/python` in the user's cache folder.
pub fn python() -> Result<PathBuf> {
    chosen("RUMINATE_PYTHON", "python")
}

/// `$RUMINATE_RUST_SRC`, else `ruminate/rust-src` in the user's cache folder.
pub fn rust_src() -> Result<PathBuf> {
    chosen("RUMINATE_RUST_SRC", "rust-src")
}

/// `$RUMINATE_NODE`, else `ruminate/node` in the user's cache folder.
pub fn node() -> Result<PathBuf> {
    chosen("RUMINATE_NODE", "node")
}

/// The root of this repository, where this program was built.
pub fn repository() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

fn chosen(variable: &str, name: &str) -> Result<PathBuf> {
    let folder = match var_os(variable).filter(|value| !value.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => {
            let cache = user_cache().with_context(|| format!("no home folder is known: set {variable} to a folder"))?;
            cache.join("ruminate").join(name)
        }
    };
    // Tests run with each crate as the working folder, so a relative path would mean many folders.
    std::path::absolute(&folder).with_context(|| format!("{variable}={}", folder.display()))
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
