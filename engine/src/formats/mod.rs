//! Model files: GGUF, and the quantized blocks inside them; safetensors.
//!
//! A new element type is a file in [`blocks`] and a row in [`dtype`]; a new container is a folder beside [`gguf`].

pub mod blocks;
pub mod dtype;
pub mod gguf;
pub(crate) mod members;
pub(crate) mod safetensors;

pub use blocks::{Encoding, Packed, RowOrder};
pub use dtype::Dtype;
pub use gguf::{Gguf, TensorInfo};
