//! How text is cut into words before byte-pair merging, by the name that a GGUF file gives it.
//!
//! Source: the `tokenizer.json` of each family; llama.cpp's names for them.

use tokenizers::normalizers::NFC;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{NormalizerWrapper, PreTokenizerWrapper, SplitDelimiterBehavior};

/// The values of `tokenizer.ggml.pre` that [`Family::named`] knows.
pub(super) const SUPPORTED: &str = "smollm, qwen2, gpt-2, llama-bpe, llama3, default";

/// GPT-2's words: contractions, letters, digits and the rest, each with a leading space, then white space.
const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
/// Qwen 2's words: digits one by one.
const QWEN2: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Llama 3's words: digits by three.
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// What tokenizers of one family do before merging, beyond bytes.
pub(super) struct Family {
    /// Cuts text into words.
    pub words: PreTokenizerWrapper,
    /// Unicode normalization that the family was trained with.
    pub normalizer: Option<NormalizerWrapper>,
    /// A word that is a token as a whole is taken without looking at merges.
    pub whole_words: bool,
    /// Whether a text begins with the bos token when the file does not say.
    pub add_bos: bool,
}

impl Family {
    /// The family of a `tokenizer.ggml.pre`; `None` if it is not known.
    pub fn named(pre: &str) -> tokenizers::Result<Option<Self>> {
        let plain = |words| Family { words, normalizer: None, whole_words: false, add_bos: false };
        Ok(Some(match pre {
            "gpt-2" => plain(bytes(true).into()),
            "smollm" => plain(sequence(vec![Digits::new(true).into(), bytes(true).into()])),
            "qwen2" => {
                Family { normalizer: Some(NFC.into()), ..plain(sequence(vec![split(QWEN2)?, bytes(false).into()])) }
            }
            "llama-bpe" | "llama3" | "llama-v3" => {
                let words = sequence(vec![split(LLAMA3)?, bytes(false).into()]);
                Family { whole_words: true, add_bos: true, ..plain(words) }
            }
            // What llama.cpp does with files that name no family.
            "default" => {
                let cuts = [r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", "[0-9][0-9][0-9]"];
                let mut steps = cuts.into_iter().map(split).collect::<tokenizers::Result<Vec<_>>>()?;
                steps.push(bytes(false).into());
                plain(sequence(steps))
            }
            _ => return Ok(None),
        }))
    }
}

/// Bytes as printable characters, after cutting by GPT-2's words if `words`.
fn bytes(words: bool) -> ByteLevel {
    ByteLevel::new(false, true, words)
}

fn split(pattern: &str) -> tokenizers::Result<PreTokenizerWrapper> {
    let pattern = SplitPattern::Regex(pattern.to_owned());
    Ok(Split::new(pattern, SplitDelimiterBehavior::Isolated, false)?.into())
}

fn sequence(steps: Vec<PreTokenizerWrapper>) -> PreTokenizerWrapper {
    Sequence::new(steps).into()
}
