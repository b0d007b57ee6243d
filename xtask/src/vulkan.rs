//! Finds the Vulkan loader and drivers on Linux, and installs Mesa's software driver where there is none.
//! macOS and Windows bring Metal and DX12, so nothing is looked for there.

use crate::apt;
use anyhow::{Context, Result, bail};
use std::env::{split_paths, var_os};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

const LOADER: &str = "libvulkan.so.1";
const LOADER_PACKAGE: &str = "libvulkan1";
const DRIVER_PACKAGE: &str = "mesa-vulkan-drivers";

/// Variables that name drivers outright, the newer name first: it wins in the loader too.
pub const DRIVER_VARIABLES: [&str; 2] = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"];

/// Where containers mount NVIDIA's driver files, which the loader does not look through.
const MOUNTED: [&str; 2] = ["/usr/local/nvidia/share/vulkan/icd.d", "/usr/local/nvidia/vulkan/icd.d"];

/// A driver's manifest that the loader must be told of through [`DRIVER_VARIABLES`]; `None` where it finds drivers itself.
pub type Pinned = Option<PathBuf>;

/// For running: any driver will do, and a software driver is installed only where there is no driver at all.
pub fn ensure_any() -> Result<Pinned> {
    if !cfg!(target_os = "linux") {
        return Ok(None);
    }
    let places = Places::of_this_machine();
    places.check_named()?;
    let mounted = places.mounted_nvidia();
    let mut missing = Vec::new();
    if !places.has_loader() {
        missing.push(LOADER_PACKAGE);
    }
    if places.drivers().is_empty() && mounted.is_none() {
        missing.push(DRIVER_PACKAGE);
    }
    if !missing.is_empty() {
        apt::install(&missing, "Ruminate needs Vulkan")?;
    }
    if let Some(manifest) = &mounted {
        eprintln!("    using the NVIDIA driver of {}", manifest.display());
    } else if Path::new("/dev/nvidiactl").exists() && !places.drivers().iter().any(|path| is_nvidia(path)) {
        eprintln!(
            "    note: there is an NVIDIA GPU, but not the Vulkan part of its driver (nvidia_icd.json). \
             In a container, allow the driver capability `graphics`"
        );
    }
    Ok(mounted)
}

/// For tests: the software driver, the same on every machine, unless the user named a driver by [`DRIVER_VARIABLES`].
pub fn ensure_software() -> Result<Pinned> {
    if !cfg!(target_os = "linux") {
        return Ok(None);
    }
    let places = Places::of_this_machine();
    places.check_named()?;
    if places.named.is_some() {
        eprintln!("    tests use the driver that {} names", DRIVER_VARIABLES.join(" or "));
    }
    let mut missing = Vec::new();
    if !places.has_loader() {
        missing.push(LOADER_PACKAGE);
    }
    if places.named.is_none() && places.software().is_none() {
        missing.push(DRIVER_PACKAGE);
    }
    if !missing.is_empty() {
        apt::install(&missing, "the tests need Vulkan with Mesa's software driver")?;
    }
    if places.named.is_some() {
        return Ok(None);
    }
    let software = places.software();
    Ok(Some(software.with_context(|| format!("{DRIVER_PACKAGE} is installed, but no lvp_icd*.json was found"))?))
}

/// Whether Mesa's software driver is installed.
pub fn has_lavapipe() -> bool {
    cfg!(target_os = "linux") && Places::of_this_machine().software().is_some()
}

/// The folders that the loader and the dynamic linker look through.
#[derive(Debug, Default)]
struct Places {
    libraries: Vec<PathBuf>,
    manifests: Vec<PathBuf>,
    mounted: Vec<PathBuf>,
    /// What the user named by [`DRIVER_VARIABLES`]; then the loader looks nowhere else.
    named: Option<Vec<PathBuf>>,
}

impl Places {
    /// Follows the Vulkan loader's own rules (its LoaderDriverInterface document, "Driver Discovery").
    fn of_this_machine() -> Self {
        let list = |variable: &str, default: &str| {
            let value = var_os(variable).filter(|value| !value.is_empty()).unwrap_or_else(|| default.into());
            split_paths(&value).filter(|path| path.is_absolute()).collect::<Vec<_>>()
        };
        let home = var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let in_home = |path: &str| home.join(path).display().to_string();

        let mut roots = list("XDG_CONFIG_HOME", &in_home(".config"));
        roots.extend(list("XDG_CONFIG_DIRS", "/etc/xdg"));
        roots.push("/etc".into());
        roots.extend(list("XDG_DATA_HOME", &in_home(".local/share")));
        roots.extend(list("XDG_DATA_DIRS", "/usr/local/share:/usr/share"));

        let mut libraries = list("LD_LIBRARY_PATH", "");
        for root in ["/usr/local/lib", "/usr/lib", "/lib", "/usr/local/lib64", "/usr/lib64", "/lib64"] {
            libraries.push(root.into());
            libraries.push(format!("{root}/{}", multiarch()).into());
        }
        let named = DRIVER_VARIABLES.iter().find_map(|name| var_os(name).filter(|value| !value.is_empty()));
        Self {
            libraries,
            manifests: roots.into_iter().map(|root| root.join("vulkan/icd.d")).collect(),
            mounted: MOUNTED.map(PathBuf::from).into(),
            named: named.map(|value| split_paths(&value).collect()),
        }
    }

    fn has_loader(&self) -> bool {
        self.libraries.iter().any(|folder| folder.join(LOADER).exists())
    }

    /// The manifests that the loader would read.
    fn drivers(&self) -> Vec<PathBuf> {
        manifests_in(self.named.as_ref().unwrap_or(&self.manifests))
    }

    /// The manifest of lavapipe, Mesa's software driver, for this processor.
    fn software(&self) -> Option<PathBuf> {
        let fits = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            // lvp_icd.json, lvp_icd.x86_64.json; a 64-bit system may hold lvp_icd.i686.json beside it.
            name == "lvp_icd.json" || (name.starts_with("lvp_icd.") && name.contains(std::env::consts::ARCH))
        };
        manifests_in(&self.manifests).into_iter().find(fits)
    }

    /// NVIDIA's manifest in a place that the loader does not search, unless it finds NVIDIA's by itself.
    fn mounted_nvidia(&self) -> Option<PathBuf> {
        if self.named.is_some() || self.drivers().iter().any(|path| is_nvidia(path)) {
            return None;
        }
        manifests_in(&self.mounted).into_iter().find(|path| is_nvidia(path))
    }

    /// A variable that names nothing hides every driver: installing one would not help.
    fn check_named(&self) -> Result<()> {
        if self.named.is_some() && self.drivers().is_empty() {
            bail!("{} names no file that exists: correct or unset it", DRIVER_VARIABLES.join(" or "));
        }
        Ok(())
    }
}

/// All `.json` files in the given folders, in order; a file may be given in place of a folder.
fn manifests_in(places: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for place in places {
        if place.is_file() {
            found.push(place.clone());
            continue;
        }
        let entries = fs::read_dir(place).into_iter().flatten().flatten();
        let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
        files.retain(|path| path.extension() == Some(OsStr::new("json")) && path.is_file());
        files.sort();
        found.extend(files);
    }
    found
}

fn is_nvidia(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().contains("nvidia"))
}

/// Debian's name of the folder for this processor's libraries.
fn multiarch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "x86_64-linux-gnu",
        "aarch64" => "aarch64-linux-gnu",
        "x86" => "i386-linux-gnu",
        "arm" => "arm-linux-gnueabihf",
        "riscv64" => "riscv64-linux-gnu",
        "powerpc64" => "powerpc64le-linux-gnu",
        "s390x" => "s390x-linux-gnu",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    /// A machine whose only files are `files`: `lib/…`, `etc/…` and `share/…` are searched, `mounted/…` is off the path.
    fn machine(files: &[&str]) -> (TempDir, Places) {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{}").unwrap();
        }
        let at = |name: &str| vec![root.path().join(name)];
        let manifests = [at("etc"), at("share")].concat();
        let places = Places { libraries: at("lib"), manifests, mounted: at("mounted"), named: None };
        (root, places)
    }

    fn names(paths: Vec<PathBuf>) -> Vec<String> {
        paths.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_bare_machine_has_nothing() {
        let (_root, places) = machine(&[]);
        assert!(!places.has_loader());
        assert!(places.drivers().is_empty());
        assert_eq!(places.software(), None);
        assert_eq!(places.mounted_nvidia(), None);
        places.check_named().unwrap();
    }

    #[test]
    fn loader_and_drivers_are_found() {
        let (_root, places) = machine(&["lib/libvulkan.so.1", "share/radeon_icd.json", "etc/b.json", "etc/readme.txt"]);
        assert!(places.has_loader());
        assert_eq!(names(places.drivers()), ["b.json", "radeon_icd.json"]);
        assert_eq!(places.software(), None);
    }

    #[test]
    fn the_software_driver_is_of_this_processor() {
        let ours = format!("share/lvp_icd.{}.json", std::env::consts::ARCH);
        let (_root, places) = machine(&["share/lvp_icd.another.json", "share/intel_icd.json", &ours]);
        assert!(places.software().unwrap().ends_with(&ours));
        let (_root, places) = machine(&["share/lvp_icd.json"]);
        assert!(places.software().is_some());
    }

    #[test]
    fn a_named_driver_hides_the_others() {
        let (root, mut places) = machine(&["share/radeon_icd.json", "mine/one.json"]);
        for named in ["mine/one.json", "mine"] {
            places.named = Some(vec![root.path().join(named)]);
            assert_eq!(names(places.drivers()), ["one.json"]);
            places.check_named().unwrap();
        }
        places.named = Some(vec![root.path().join("gone.json")]);
        assert!(places.check_named().is_err());
    }

    #[test]
    fn a_mounted_nvidia_driver_counts_only_where_the_loader_misses_it() {
        let (_root, places) = machine(&["mounted/nvidia_icd.json", "share/lvp_icd.json"]);
        assert!(places.mounted_nvidia().is_some());
        let (_root, places) = machine(&["mounted/nvidia_icd.json", "etc/nvidia_icd.json"]);
        assert_eq!(places.mounted_nvidia(), None);
    }
}
