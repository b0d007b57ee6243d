//! Text into token ids and back, from what a GGUF file says about its tokenizer.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use tokenizers::models::bpe::{BPE, Vocab};

use super::detokenizer::{Detokenizer, Special};
use super::pre_tokenizer::{Family, SUPPORTED};
use super::special::{Piece, Specials};
use crate::formats::Gguf;
use crate::{Error, Result};

/// Tokens that end a turn or a text in some family, by name: generation stops at them whatever the file's eos is.
/// `</s>` is not among them: it is ordinary text (HTML) in Qwen's vocabulary.
const END_NAMES: [&str; 7] =
    ["<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|end|>", "<end_of_turn>"];

/// `tokenizer.ggml.token_type`: a token without text of its own, like `<|im_start|>`.
const CONTROL: i32 = 3;
/// `tokenizer.ggml.token_type`: the token of what has no token.
const UNKNOWN: i32 = 2;
/// `tokenizer.ggml.token_type`: a text that is always one token, before any merging.
const USER_DEFINED: i32 = 4;

/// A byte-level BPE tokenizer. Cloning is cheap: clones share the vocabulary.
#[derive(Debug, Clone)]
pub struct Tokenizer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bpe: tokenizers::Tokenizer,
    /// Texts that are always one token.
    user: Specials,
    /// Those and control tokens.
    all: Specials,
    /// Every token's bytes, one after the other; token i's are `ends[i]..ends[i + 1]`.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    special: Vec<bool>,
    bos: Option<u32>,
    eos: Option<u32>,
    end_ids: Vec<u32>,
    add_bos: bool,
    add_eos: bool,
}

impl Tokenizer {
    /// Reads a file's tokenizer.
    ///
    /// # Errors
    /// [`Error::File`] if its metadata is missing or inconsistent, or its kind of tokenizer is not supported.
    pub fn from_gguf(gguf: &Gguf) -> Result<Self> {
        let file = gguf.file();
        let kind = gguf.str("tokenizer.ggml.model")?;
        if kind != "gpt2" {
            let problem =
                format!("its tokenizer model {kind:?} is not supported yet; supported: gpt2 (byte-level BPE)");
            return Err(Error::file(file, problem, "Use a model of the SmolLM2, Qwen2 or Llama 3 family"));
        }
        let pre = gguf.find::<&str>("tokenizer.ggml.pre")?.unwrap_or("default");
        let family = Family::named(pre).map_err(|error| broken(file, error.to_string()))?.ok_or_else(|| {
            let problem = format!("its pre-tokenizer {pre:?} is not supported yet; supported: {SUPPORTED}");
            Error::file(file, problem, "Use a model of the SmolLM2, Qwen2 or Llama 3 family")
        })?;

        let tokens = gguf.strings("tokenizer.ggml.tokens")?;
        let mut types = gguf.get::<&[i32]>("tokenizer.ggml.token_type")?.to_vec();
        if tokens.len() != types.len() || u32::try_from(tokens.len()).is_err() {
            return Err(broken(file, format!("it has {} tokens but {} token types", tokens.len(), types.len())));
        }
        let id = |key: &str| -> Result<Option<u32>> {
            match gguf.find::<u32>(key)? {
                Some(id) if id as usize >= tokens.len() => {
                    Err(broken(file, format!("{key} is {id} but it has {} tokens", tokens.len())))
                }
                id => Ok(id),
            }
        };
        let bos = id("tokenizer.ggml.bos_token_id")?;
        let eos = id("tokenizer.ggml.eos_token_id")?;
        let mut end_ids: Vec<u32> = eos.into_iter().chain(id("tokenizer.ggml.eot_token_id")?).collect();
        for (i, token) in tokens.iter().enumerate() {
            if END_NAMES.contains(&token.as_str()) {
                types[i] = CONTROL; // Some converters forget to say so.
                end_ids.push(i as u32);
            }
        }
        end_ids.sort_unstable();
        end_ids.dedup();

        let is_control = |i: usize| matches!(types[i], CONTROL | UNKNOWN);
        let (bytes, ends) = token_bytes(tokens, |i| is_control(i) || types[i] == USER_DEFINED);
        let specials = |control: bool| {
            let wanted =
                tokens.iter().enumerate().filter(|&(i, _)| types[i] == USER_DEFINED || control && is_control(i));
            Specials::new(wanted.map(|(i, token)| (token.as_str(), i as u32)))
                .map_err(|error| broken(file, format!("its special tokens are unusable: {error}")))
        };
        Ok(Self(Arc::new(Inner {
            user: specials(false)?,
            all: specials(true)?,
            special: (0..tokens.len()).map(is_control).collect(),
            bytes,
            ends,
            bos,
            eos,
            end_ids,
            add_bos: gguf.find("tokenizer.ggml.add_bos_token")?.unwrap_or(family.add_bos),
            add_eos: gguf.find("tokenizer.ggml.add_eos_token")?.unwrap_or(false),
            bpe: bpe(gguf, tokens, family)?,
        })))
    }

    /// The ids of a text, nothing added. With `parse_special`, control tokens written out in the text (as chat
    /// templates do) become their ids; without, as for a user's words, they are ordinary text.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the text cannot be cut into words (its white space is too long to match, for example).
    pub fn encode(&self, text: &str, parse_special: bool) -> Result<Vec<u32>> {
        let specials = if parse_special { &self.0.all } else { &self.0.user };
        let mut ids = vec![];
        for piece in specials.cut(text) {
            match piece {
                Piece::Token(id) => ids.push(id),
                Piece::Text(text) => {
                    let encoding = self.0.bpe.encode_fast(text, false);
                    let encoding =
                        encoding.map_err(|error| Error::Invalid(format!("cannot tokenize the text: {error}")))?;
                    ids.extend(encoding.get_ids());
                }
            }
        }
        Ok(ids)
    }

    /// The text of ids, special tokens left out; bytes that are no UTF-8 become U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> String {
        let mut stream = self.stream(Special::Skip);
        let mut text: String = ids.iter().map(|&id| stream.push(id)).collect();
        text.push_str(&stream.finish());
        text
    }

    /// Decodes ids as they come.
    pub fn stream(&self, special: Special) -> Detokenizer {
        Detokenizer::new(self, special)
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.0.special.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id of a token by its text: a control token's name, or bytes in the vocabulary's spelling (`Ġthe`).
    pub fn id(&self, token: &str) -> Option<u32> {
        self.0.bpe.token_to_id(token)
    }

    /// The bytes that a token stands for; a control token's are its name. `None` outside of the vocabulary.
    pub fn bytes(&self, id: u32) -> Option<&[u8]> {
        let start = *self.0.ends.get(id as usize)?;
        let end = *self.0.ends.get(id as usize + 1)?;
        self.0.bytes.get(start..end)
    }

    /// Whether a token is no text of its own, like `<|im_start|>`.
    pub fn is_special(&self, id: u32) -> bool {
        self.0.special.get(id as usize).copied().unwrap_or(false)
    }

    /// The token that begins a text.
    pub fn bos(&self) -> Option<u32> {
        self.0.bos
    }

    /// The token that ends a text, as the file says.
    pub fn eos(&self) -> Option<u32> {
        self.0.eos
    }

    /// All tokens that end a turn or a text, ascending: the file's eos and eot, and the well-known names.
    pub fn end_ids(&self) -> &[u32] {
        &self.0.end_ids
    }

    /// Whether a text that comes from no chat template is to begin with [`Tokenizer::bos`].
    pub fn add_bos(&self) -> bool {
        self.0.add_bos
    }

    /// Whether a text is to end with [`Tokenizer::eos`].
    pub fn add_eos(&self) -> bool {
        self.0.add_eos
    }

    /// Whether encoding puts a space before a text, which decoding drops again. Never for byte-level BPE.
    pub(super) fn adds_space(&self) -> bool {
        false
    }
}

/// The library's tokenizer: normalizer, words, merges; special tokens are cut off before.
fn bpe(gguf: &Gguf, tokens: &[String], family: Family) -> Result<tokenizers::Tokenizer> {
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

/// Every token's bytes one after the other, and where each begins. `literal` tokens are their own text, the others
/// spell bytes as characters.
fn token_bytes(tokens: &[String], literal: impl Fn(usize) -> bool) -> (Vec<u8>, Vec<usize>) {
    let mut spelling = HashMap::new();
    let mut strange = 0;
    for byte in 0..=255u8 {
        // GPT-2's spelling: printable Latin-1 stands for itself, every other byte for the next character from 256 on.
        let itself = matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
        let character = if itself { Some(char::from(byte)) } else { char::from_u32(256 + strange) };
        strange += u32::from(!itself);
        spelling.extend(character.map(|c| (c, byte)));
    }
    let mut bytes = vec![];
    let mut ends = vec![0];
    for (i, token) in tokens.iter().enumerate() {
        // A token with a character that spells no byte is taken as it is written.
        let spelled: Option<Vec<u8>> = token.chars().map(|c| spelling.get(&c).copied()).collect();
        match spelled {
            Some(spelled) if !literal(i) => bytes.extend(spelled),
            _ => bytes.extend(token.as_bytes()),
        }
        ends.push(bytes.len());
    }
    (bytes, ends)
}

fn broken(file: &Path, problem: impl Into<String>) -> Error {
    Error::file(file, problem, "Its tokenizer is damaged: download the file again or convert the model again")
}
