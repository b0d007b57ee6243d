//! The source of Rust's standard library, of the same version as `rustc`: what `-Z build-std` needs to build for a
//! target that the toolchain has no ready library for.
//!
//! rustup's component `rust-src` is it. Where rustup's server cannot be reached, Debian's package of that name is,
//! taken through the sources that apt has on this machine.

use crate::folders;
use crate::steps::{check, works};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Debian's suites that carry new compilers, the likeliest first.
const SUITES: [&str; 4] = ["trixie-backports", "forky", "forky-backports", "sid"];
/// Signs every suite of Debian's; apt's own keys are used where it is missing.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// Written last, so that an interrupted unpacking is not taken for the whole.
const STAMP: &str = ".whole";

/// The folder `library` of the standard library's source. Fetches it where it is missing.
pub fn library() -> Result<PathBuf> {
    let sysroot = rustc(&["--print", "sysroot"])?;
    let component = Path::new(&sysroot).join("lib/rustlib/src/rust/library");
    if is_library(&component) {
        return Ok(component);
    }
    let version = version(&rustc(&["--version"])?)?;
    let cached = folders::rust_src()?.join(&version);
    let library = cached.join("library");
    if cached.join(STAMP).is_file() && is_library(&library) {
        return Ok(library);
    }
    if works(Command::new("rustup").args(["component", "add", "rust-src"])) && is_library(&component) {
        return Ok(component);
    }
    eprintln!("    rustup has no rust-src for rustc {version} here: asking Debian's archive");
    from_debian(&version, &cached).with_context(|| {
        format!("the standard library's source {version} is missing; by hand: rustup component add rust-src")
    })?;
    Ok(library)
}

/// Leaves Debian's rust-src of `version` in `folder`.
fn from_debian(version: &str, folder: &Path) -> Result<()> {
    if !works(Command::new("apt-get").arg("--version")) {
        bail!("this system has no apt-get to fetch it with");
    }
    let archives = archives()?;
    let parent = folder.parent().context("the cache folder has no parent")?;
    fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    // In the cache, because a rename works only within one file system.
    let scratch = tempfile::tempdir_in(parent).with_context(|| format!("cannot write to {}", parent.display()))?;
    for suite in SUITES {
        let apt = Apt::new(scratch.path(), &archives, suite)?;
        let Some(package) = apt.package_of(version)? else { continue };
        eprintln!("    downloading rust-src {package} of {suite}");
        check(apt.get().args(["download", &format!("rust-src={package}")]).current_dir(scratch.path()))?;
        return unpack(scratch.path(), folder);
    }
    bail!("none of Debian's suites {} has rust-src {version}", SUITES.join(", "))
}

/// An apt of its own, unknown to the system's: one suite, and lists that are thrown away.
struct Apt {
    suite: &'static str,
    options: Vec<String>,
}

impl Apt {
    fn new(scratch: &Path, archives: &[String], suite: &'static str) -> Result<Self> {
        let place = scratch.join(suite);
        for folder in ["parts", "lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(place.join(folder))?;
        }
        let signed = if Path::new(KEYRING).is_file() { format!("[signed-by={KEYRING}] ") } else { String::new() };
        let line = |archive: &String| format!("deb {signed}{archive} {suite} main\n");
        let list = place.join("parts/suite.list");
        fs::write(&list, archives.iter().map(line).collect::<String>())?;
        let at = |name: &str| place.join(name).display().to_string();
        let options = [
            "Dir::Etc::sourcelist=/dev/null".to_owned(),
            format!("Dir::Etc::sourceparts={}", at("parts")),
            format!("Dir::State::lists={}", at("lists")),
            format!("Dir::Cache={}", at("cache")),
            // Root's apt would hand the download to a user who cannot write here.
            "APT::Sandbox::User=".to_owned(),
        ];
        let options = options.into_iter().flat_map(|option| ["-o".to_owned(), option]).collect();
        Ok(Self { suite, options })
    }

    fn get(&self) -> Command {
        let mut command = Command::new("apt-get");
        command.arg("-qq").args(&self.options).stdin(Stdio::null()).stdout(std::io::stderr());
        command
    }

    /// Debian's number of the package whose upstream version is `version`.
    fn package_of(&self, version: &str) -> Result<Option<String>> {
        // A suite that is gone from the archive is one that has nothing.
        if !works(self.get().arg("update")) {
            eprintln!("    `apt-get update` failed for {}", self.suite);
            return Ok(None);
        }
        let output = Command::new("apt-cache").args(&self.options).args(["madison", "rust-src"]).output()?;
        Ok(matching(&String::from_utf8_lossy(&output.stdout), version))
    }
}

/// Unpacks the one package in `scratch`, and renames its `library` into `folder`.
fn unpack(scratch: &Path, folder: &Path) -> Result<()> {
    let package = fs::read_dir(scratch)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .context("apt-get left no package")?;
    let unpacked = scratch.join("unpacked");
    check(Command::new("dpkg-deb").arg("-x").arg(&package).arg(&unpacked))?;
    let found = fs::read_dir(unpacked.join("usr/src"))?
        .filter_map(|entry| Some(entry.ok()?.path().join("library")))
        .find(|path| is_library(path))
        .with_context(|| format!("{} holds no standard library", package.display()))?;
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot replace {}", folder.display()))?;
    }
    fs::create_dir(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    fs::rename(found, folder.join("library"))?;
    fs::write(folder.join(STAMP), "")?;
    Ok(())
}

/// The archives that this machine's apt is told to use, without those for security updates: they have other suites.
fn archives() -> Result<Vec<String>> {
    let mut list = Command::new("apt-get");
    list.args(["indextargets", "--no-release-info", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"]);
    let output = list.output().context("cannot start apt-get")?;
    let archives = archives_in(&String::from_utf8_lossy(&output.stdout));
    if archives.is_empty() {
        bail!("apt has no sources");
    }
    Ok(archives)
}

/// Lines of address and suite.
fn archives_in(lines: &str) -> Vec<String> {
    let mut archives = Vec::new();
    for line in lines.lines() {
        let Some((archive, suite)) = line.split_once(' ') else { continue };
        if !suite.ends_with("-security") && !archives.contains(&archive.to_owned()) {
            archives.push(archive.to_owned());
        }
    }
    archives
}

/// Lines of `apt-cache madison`: name, version and where from, parted by bars.
fn matching(madison: &str, version: &str) -> Option<String> {
    let versions = madison.lines().filter_map(|line| line.split('|').nth(1)).map(str::trim);
    let upstream = |package: &&str| package.split(['+', '-']).next() == Some(version);
    versions.into_iter().find(upstream).map(str::to_owned)
}

/// `1.95.0` of `rustc 1.95.0 (59807616e 2026-04-14)`.
pub fn version(told: &str) -> Result<String> {
    Ok(told.split_whitespace().nth(1).with_context(|| format!("`rustc --version` says {told:?}"))?.to_owned())
}

pub fn rustc(args: &[&str]) -> Result<String> {
    let program = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(program).args(args).output().context("cannot start rustc")?;
    if !output.status.success() {
        bail!("`rustc {}` ended with {}", args.join(" "), output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn is_library(folder: &Path) -> bool {
    folder.join("std/Cargo.toml").is_file() && folder.join("Cargo.lock").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiler_s_version_is_its_second_word() {
        assert_eq!(version("rustc 1.95.0 (59807616e 2026-04-14)").unwrap(), "1.95.0");
        assert!(version("rustc").is_err());
    }

    #[test]
    fn only_the_very_version_matches() {
        let madison = "  rust-src | 1.95.1+dfsg1-1 | a/main\n  rust-src | 1.95.0+dfsg1-2~bpo13+1 | b/main\n";
        assert_eq!(matching(madison, "1.95.0").as_deref(), Some("1.95.0+dfsg1-2~bpo13+1"));
        assert_eq!(matching(madison, "1.95"), None);
        assert_eq!(matching("", "1.95.0"), None);
    }

    #[test]
    fn each_archive_is_asked_once_and_none_for_security() {
        let lines = "one:/debian/ bookworm\none:/debian/ bookworm-updates\none:/security/ bookworm-security\n";
        assert_eq!(archives_in(lines), ["one:/debian/"]);
    }
}
