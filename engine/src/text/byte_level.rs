//! Byte-level byte-pair encoding, as GPT-2 introduced it: the library's tokenizer, set up from a GGUF file.

use std::collections::HashMap;

use tokenizers::models::bpe::{BPE, Vocab};

use super::pre_tokenizer::Family;
use super::tokenizer::broken;
use crate::Result;
use crate::formats::Gguf;

/// The library's tokenizer: normalizer, words, merges; special tokens are cut off before.
pub(super) fn bpe(gguf: &Gguf, tokens: &[String], family: Family) -> Result<tokenizers::Tokenizer> {
    let file = gguf.file();
    let merges = gguf.strings("tokenizer.ggml.merges")?.iter().map(|merge| {
        let (left, right) = merge.split_once(' ').ok_or_else(|| broken(file, format!("merge {merge:?} is no pair")))?;
        Ok((left.to_owned(), right.to_owned()))
    });
    let vocabulary: Vocab = tokens.iter().enumerate().map(|(i, token)| (token.clone(), i as u32)).collect();
    if vocabulary.len() != tokens.len() {
        return Err(broken(file, "some of its tokens appear twice"));
    }
    let model = BPE::builder()
        .vocab_and_merges(vocabulary, merges.collect::<Result<Vec<_>>>()?)
        .ignore_merges(family.whole_words)
        .build()
        .map_err(|error| broken(file, format!("its merges are inconsistent: {error}")))?;
    let mut tokenizer = tokenizers::Tokenizer::new(model);
    tokenizer.with_normalizer(family.normalizer).with_pre_tokenizer(Some(family.words));
    Ok(tokenizer)
}

/// GPT-2's spelling of bytes as characters: printable Latin-1 stands for itself, every other byte for the next
/// character from 256 on.
pub(super) fn spelling() -> HashMap<char, u8> {
    let mut spelling = HashMap::new();
    let mut strange = 0;
    for byte in 0..=255u8 {
        let itself = matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
        let character = if itself { Some(char::from(byte)) } else { char::from_u32(256 + strange) };
        strange += u32::from(!itself);
        spelling.extend(character.map(|c| (c, byte)));
    }
    spelling
}

/// What an ordinary token stands for; one with a character that spells no byte is taken as it is written.
pub(super) fn token_bytes(spelling: &HashMap<char, u8>, token: &str) -> Vec<u8> {
    let spelled: Option<Vec<u8>> = token.chars().map(|c| spelling.get(&c).copied()).collect();
    spelled.unwrap_or_else(|| token.as_bytes().to_vec())
}
