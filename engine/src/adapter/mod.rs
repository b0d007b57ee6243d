//! Low-rank adapters: their files, and those that are on the device.

mod factors;
mod gguf_lora;
mod peft;
mod resident;
mod site;
mod synthetic;

pub use factors::{AdapterFile, Factors, Module};
pub use resident::{AdapterId, AdapterInfo, AdapterLimits, AdapterOptions, Adapters, LoraViews};
pub use site::Site;
