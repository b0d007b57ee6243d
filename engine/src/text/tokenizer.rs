//! Text into token ids and back, from what a GGUF file says about its tokenizer.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::byte_level::{self, bpe};
use super::detokenizer::{Detokenizer, Special};
use super::pre_tokenizer::{Family, SUPPORTED};
use super::sentencepiece::SentencePiece;
use super::special::{Piece, Specials};
use crate::formats::Gguf;
use crate::{Error, Result};

/// Tokens that end a turn or a text in some family, by name: generation stops at them whatever the file's eos is.
/// `</s>` is not among them: it is ordinary text (HTML) in Qwen's vocabulary.
const END_NAMES: [&str; 7] =
    ["<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|end|>", "<end_of_turn>"];

/// `tokenizer.ggml.token_type`: ordinary text.
pub(super) const NORMAL: i32 = 1;
/// `tokenizer.ggml.token_type`: the token of what has no token.
pub(super) const UNKNOWN: i32 = 2;
/// `tokenizer.ggml.token_type`: a token without text of its own, like `<|im_start|>`.
const CONTROL: i32 = 3;
/// `tokenizer.ggml.token_type`: a text that is always one token, before any merging.
pub(super) const USER_DEFINED: i32 = 4;
/// `tokenizer.ggml.token_type`: a single byte, written like `<0x0A>`.
pub(super) const BYTE: i32 = 6;

/// A tokenizer: byte-level BPE or SentencePiece. Cloning is cheap: clones share the vocabulary.
#[derive(Debug, Clone)]
pub struct Tokenizer(Arc<Inner>);

/// How ordinary text becomes ids.
#[derive(Debug)]
enum Model {
    Bpe(Box<tokenizers::Tokenizer>),
    SentencePiece(SentencePiece),
}

#[derive(Debug)]
struct Inner {
    model: Model,
    /// Control and user-defined tokens by name.
    named: HashMap<String, u32>,
    add_space: bool,
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

        let (model, add_bos, add_space) = match kind {
            "gpt2" => {
                let family = family(gguf)?;
                let add_bos = family.add_bos;
                (Model::Bpe(Box::new(bpe(gguf, tokens, family)?)), add_bos, false)
            }
            "llama" => {
                let scores = gguf.get::<&[f32]>("tokenizer.ggml.scores")?;
                let add_space = gguf.find("tokenizer.ggml.add_space_prefix")?.unwrap_or(true);
                (Model::SentencePiece(SentencePiece::new(file, tokens, scores, &types)?), true, add_space)
            }
            _ => {
                let problem = format!("its tokenizer model {kind:?} is not supported yet; supported: gpt2, llama");
                return Err(Error::file(file, problem, FAMILIES));
            }
        };
        let (bytes, ends) = all_bytes(&model, tokens, &types);
        let specials = |control: bool| {
            let wanted = |kind: i32| kind == USER_DEFINED || control && is_control(kind);
            let wanted = (0u32..).zip(tokens.iter().zip(&types)).filter(|&(_, (_, &kind))| wanted(kind));
            wanted.map(|(id, (token, _))| (token.as_str(), id)).collect::<Vec<_>>()
        };
        let automaton = |specials: &[(&str, u32)]| {
            let unusable = |error| broken(file, format!("its special tokens are unusable: {error}"));
            Specials::new(specials.iter().copied()).map_err(unusable)
        };
        let all = specials(true);
        Ok(Self(Arc::new(Inner {
            model,
            named: all.iter().map(|&(token, id)| (token.to_owned(), id)).collect(),
            add_space,
            user: automaton(&specials(false))?,
            all: automaton(&all)?,
            special: types.iter().map(|&kind| is_control(kind)).collect(),
            bytes,
            ends,
            bos,
            eos,
            end_ids,
            add_bos: gguf.find("tokenizer.ggml.add_bos_token")?.unwrap_or(add_bos),
            add_eos: gguf.find("tokenizer.ggml.add_eos_token")?.unwrap_or(false),
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
        let mut at_start = true;
        for piece in specials.cut(text) {
            match (piece, &self.0.model) {
                (Piece::Token(id), _) => ids.push(id),
                (Piece::Text(text), Model::Bpe(bpe)) => {
                    let encoding = bpe.encode_fast(text, false);
                    let encoding =
                        encoding.map_err(|error| Error::Invalid(format!("cannot tokenize the text: {error}")))?;
                    ids.extend(encoding.get_ids());
                }
                (Piece::Text(text), Model::SentencePiece(pieces)) if at_start && self.0.add_space => {
                    pieces.encode(&format!(" {text}"), &mut ids);
                }
                (Piece::Text(text), Model::SentencePiece(pieces)) => pieces.encode(text, &mut ids),
            }
            at_start = matches!(piece, Piece::Token(_));
        }
        Ok(ids)
    }

    /// [`Tokenizer::encode`] of a text with its special tokens, or nothing where the ids do not spell it: this vocabulary
    /// lacks something of it.
    pub(crate) fn spell(&self, text: &str) -> Result<Option<Vec<u32>>> {
        let ids = self.encode(text, true)?;
        let mut rest = text.as_bytes();
        for &id in &ids {
            let bytes = self.bytes(id).unwrap_or_default();
            // SentencePiece begins with a space of its own.
            let spaced = || rest.strip_prefix(bytes.strip_prefix(b" ").filter(|_| self.0.add_space)?);
            let Some(after) = rest.strip_prefix(bytes).or_else(spaced) else { return Ok(None) };
            rest = after;
        }
        Ok(rest.is_empty().then_some(ids))
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
        let ordinary = || match &self.0.model {
            Model::Bpe(bpe) => bpe.token_to_id(token),
            Model::SentencePiece(pieces) => pieces.id(token),
        };
        self.0.named.get(token).copied().or_else(ordinary)
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

    /// Whether encoding puts a space before a text that begins or follows a special token, which decoding drops
    /// again at the start. Never for byte-level BPE.
    pub(super) fn adds_space(&self) -> bool {
        self.0.add_space
    }
}

/// The remedy for what is not supported.
const FAMILIES: &str = "Use a model of the SmolLM2, Qwen2 or Llama families";

/// The family that a byte-level file names.
fn family(gguf: &Gguf) -> Result<Family> {
    let pre = gguf.find::<&str>("tokenizer.ggml.pre")?.unwrap_or("default");
    Family::named(pre).map_err(|error| broken(gguf.file(), error.to_string()))?.ok_or_else(|| {
        let problem = format!("its pre-tokenizer {pre:?} is not supported yet; supported: {SUPPORTED}");
        Error::file(gguf.file(), problem, FAMILIES)
    })
}

fn is_control(kind: i32) -> bool {
    matches!(kind, CONTROL | UNKNOWN)
}

/// Every token's bytes one after the other, and where each begins. Control and user-defined tokens are literal.
fn all_bytes(model: &Model, tokens: &[String], types: &[i32]) -> (Vec<u8>, Vec<usize>) {
    let spelling = byte_level::spelling();
    let mut bytes = vec![];
    let mut ends = vec![0];
    for (token, &kind) in tokens.iter().zip(types) {
        match model {
            _ if is_control(kind) || kind == USER_DEFINED => bytes.extend(token.as_bytes()),
            Model::Bpe(_) => bytes.extend(byte_level::token_bytes(&spelling, token)),
            Model::SentencePiece(_) => bytes.extend(SentencePiece::token_bytes(token, kind)),
        }
        ends.push(bytes.len());
    }
    (bytes, ends)
}

/// An error about a file's tokenizer.
pub(super) fn broken(file: &Path, problem: impl Into<String>) -> Error {
    Error::file(file, problem, "Its tokenizer is damaged: download the file again or convert the model again")
}
