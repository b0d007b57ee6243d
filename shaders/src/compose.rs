//! The import and define step: `#import NAME`, `#ifdef NAME` / `#ifndef NAME` / `#else` / `#endif`.
//!
//! `#ifdef NAME=4` asks for a value. A define `NAME=4` also becomes `const NAME = 4u;`: array lengths of private variables need a constant that is
//! known before pipeline creation. `enable` lines move to the top, where WGSL wants them.

use crate::{Shader, contract, sources};

/// Why a permutation could not be composed: always a mistake in the project's own files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComposeError(pub String);

impl std::fmt::Display for ComposeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ComposeError {}

/// Composes the permutation `name`: a kernel and its defines joined by `+`.
pub fn compose(name: &str) -> Result<Shader, ComposeError> {
    let mut parts = name.split('+');
    let kernel = parts.next().unwrap_or_default();
    let defines: Vec<&str> = parts.collect();
    let text = sources::find(sources::KERNELS, kernel)
        .ok_or_else(|| ComposeError(format!("{name}: no kernel file named {kernel}")))?;
    let mut out = Output::default();
    for define in &defines {
        if let Some((constant, value)) = define.split_once('=') {
            out.body.push_str(&format!("const {constant} = {value}u;\n"));
        }
    }
    out.append(kernel, text, &defines)?;
    let wgsl = out.enables + &out.body;
    let bindings = contract::read(&wgsl).map_err(|e| ComposeError(format!("{name}: {e}")))?;
    Ok(Shader { name: name.to_owned(), wgsl, bindings })
}

#[derive(Default)]
struct Output {
    enables: String,
    body: String,
    imported: Vec<String>,
}

impl Output {
    fn append(&mut self, file: &str, text: &str, defines: &[&str]) -> Result<(), ComposeError> {
        let is_defined = |name: &str| defines.iter().any(|d| *d == name || d.split('=').next() == Some(name));
        // For each open #ifdef: whether its current arm is kept.
        let mut arms: Vec<bool> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let fail = |what: &str| ComposeError(format!("{file}.wgsl:{}: {what}", index + 1));
            let mut words = line.split_whitespace();
            match (words.next(), words.next()) {
                (Some("#ifdef"), Some(name)) => arms.push(is_defined(name)),
                (Some("#ifndef"), Some(name)) => arms.push(!is_defined(name)),
                (Some("#else"), _) => {
                    let arm = arms.last_mut().ok_or_else(|| fail("#else without #ifdef"))?;
                    *arm = !*arm;
                }
                (Some("#endif"), _) => {
                    arms.pop().ok_or_else(|| fail("#endif without #ifdef"))?;
                }
                _ if arms.contains(&false) => {}
                (Some("#import"), Some(name)) => {
                    if !self.imported.iter().any(|i| i == name) {
                        self.imported.push(name.to_owned());
                        let shared = sources::find(sources::SHARED, name)
                            .ok_or_else(|| fail(&format!("no shared file named {name}")))?;
                        self.append(name, shared, defines)?;
                    }
                }
                (Some(word), _) if word.starts_with('#') => return Err(fail(&format!("unknown directive {word}"))),
                (Some("enable"), _) => {
                    if !self.enables.contains(line) {
                        self.enables.push_str(line);
                        self.enables.push('\n');
                    }
                }
                _ => {
                    self.body.push_str(line);
                    self.body.push('\n');
                }
            }
        }
        if arms.is_empty() { Ok(()) } else { Err(ComposeError(format!("{file}.wgsl: #ifdef without #endif"))) }
    }
}
