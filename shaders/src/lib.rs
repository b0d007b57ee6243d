//! The WGSL kernels of Ruminate: one kernel a file under `kernels/`, what several share under `shared/`.
//!
//! A *permutation* is a kernel with a set of defines (`matvec+W4+ACT_I8+COLS=4`): defines choose types and features,
//! numbers are `override` constants set at pipeline creation. `permutations.txt` lists all of them.
//! This crate only handles text: it composes a permutation and reads its contract (the bindings) from it.

mod compose;
mod contract;
mod permutations;
mod sources;

pub use compose::{ComposeError, compose};
pub use contract::{Access, Binding};
pub use permutations::{is_listed, permutations};

/// A composed kernel: WGSL text that naga and browsers read, and its contract.
#[derive(Debug, Clone)]
pub struct Shader {
    /// Kernel and defines, joined by `+`: the permutation's name.
    pub name: String,
    /// The complete WGSL text.
    pub wgsl: String,
    /// The bindings of group 0, in order of their index.
    pub bindings: Vec<Binding>,
}
