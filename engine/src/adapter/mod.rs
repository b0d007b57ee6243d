//! LoRA adapters, read from files into plain CPU data: factors by layer and module, checked against the base model.
//!
//! Two containers are read: a PEFT folder (`adapter_config.json` and `adapter_model.safetensors`), and a GGUF file as
//! llama.cpp's converter writes it. Whatever would change the result and is not plain LoRA is refused by name.

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
#[cfg(test)]
mod tests;

pub use factors::{AdapterFile, Factors, MAX_RANK, Module};
