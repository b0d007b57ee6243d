//! Model files: GGUF, and the quantized blocks inside them; safetensors.
//!
//! A new element type is a file in [`blocks`] and a row in [`dtype`]; a new container is a folder beside [`gguf`].

pub mod blocks;
pub mod dtype;
pub(crate) mod files;
pub mod gguf;
pub(crate) mod members;
mod read_at;
pub(crate) mod safetensors;

pub use blocks::{Encoding, Packed, RowOrder};
pub use dtype::Dtype;
pub use files::Files;
pub use gguf::{Gguf, TensorInfo};
pub use read_at::ReadAt;
