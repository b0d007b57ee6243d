//! A kernel's contract, read from its text: which bindings it has and whether it writes them.
//!
//! The engine makes bind group layouts from this, so that no shader parser is needed at run time. A test compares it
//! with what naga sees.

/// How a kernel uses a binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// `var<uniform>`: the kernel's parameters.
    Uniform,
    /// `var<storage, read>`.
    Read,
    /// `var<storage, read_write>`.
    ReadWrite,
    /// `var` of type `texture_storage_2d<rgba32uint, read>`.
    Texture,
}

/// One binding of group 0.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Binding {
    /// The binding's index.
    pub index: u32,
    /// The variable's name.
    pub name: String,
    /// How the kernel uses it.
    pub access: Access,
}

/// Reads the bindings from lines of the form `@group(0) @binding(N) var<...> name: type;`, or `var` for
/// textures, sorted by index.
pub(crate) fn read(wgsl: &str) -> Result<Vec<Binding>, String> {
    let mut bindings = Vec::new();
    for line in wgsl.lines().filter(|line| line.starts_with("@group(0)")) {
        bindings.push(binding(line).ok_or_else(|| format!("binding not understood: {line}"))?);
    }
    bindings.sort_by_key(|b| b.index);
    match bindings.windows(2).find(|pair| pair[0].index == pair[1].index) {
        Some(pair) => Err(format!("binding {} is declared twice", pair[0].index)),
        None => Ok(bindings),
    }
}

fn binding(line: &str) -> Option<Binding> {
    let (index, rest) = line.split_once("@binding(")?.1.split_once(')')?;
    let (space, variable) = match rest.trim_start().strip_prefix("var<") {
        Some(rest) => rest.split_once('>')?,
        None => ("", rest.trim_start().strip_prefix("var ")?),
    };
    let (name, kind) = variable.split_once(':')?;
    let access = match space.replace(' ', "").as_str() {
        "uniform" => Access::Uniform,
        "storage" | "storage,read" => Access::Read,
        "storage,read_write" => Access::ReadWrite,
        "" if kind.trim_start().starts_with("texture_storage_2d<rgba32uint, read>") => Access::Texture,
        _ => return None,
    };
    Some(Binding { index: index.parse().ok()?, name: name.trim().to_owned(), access })
}
