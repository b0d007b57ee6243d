//! Text in and out: tokenizers and chat templates.

mod byte_level;
pub mod detokenizer;
mod pre_tokenizer;
mod sentencepiece;
mod special;
pub mod template;
#[cfg(test)]
mod tests;
pub mod tokenizer;

pub use detokenizer::{Detokenizer, Special};
pub use template::{ChatTemplate, Message, Role};
pub use tokenizer::Tokenizer;
