//! Low-rank adapters: their files as plain CPU data, and those that are on the device.
//!
//! Two containers are read: a PEFT folder (`adapter_config.json` and `adapter_model.safetensors`), and a GGUF file as
//! llama.cpp's converter writes it. Whatever would change the result and is not plain LoRA is refused by name.

mod base_name;
mod factors;
mod gguf_lora;
#[cfg(test)]
mod gguf_tests;
mod halves;
mod pattern;
mod peft;
mod peft_config;
#[cfg(test)]
mod refusal_tests;
mod resident;
mod site;
mod synthetic;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use base_name::differs;
pub use factors::{AdapterFile, Factors, Module};
pub use resident::{AdapterId, AdapterInfo, AdapterLimits, AdapterOptions, Adapters, LoraViews};
pub use site::Site;
