//! Token ids back into text, one by one, without ever cutting a character.

use super::Tokenizer;

/// What becomes of special tokens, like `<|im_end|>`, in decoded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Special {
    /// They are left out.
    #[default]
    Skip,
    /// They are written as in the vocabulary.
    Show,
}

/// Turns a stream of token ids into text. A token may end inside a character: its bytes wait for the rest.
#[derive(Debug, Clone)]
pub struct Detokenizer {
    tokenizer: Tokenizer,
    special: Special,
    /// An unfinished character: at most 3 bytes between calls.
    pending: Vec<u8>,
    /// Nothing was decoded yet, so that a leading space that encoding added is to be dropped.
    at_start: bool,
}

impl Detokenizer {
    /// Starts at the beginning of a text.
    pub fn new(tokenizer: &Tokenizer, special: Special) -> Self {
        Self { tokenizer: tokenizer.clone(), special, pending: vec![], at_start: true }
    }

    /// Takes the next token and returns the text that is complete by now, which may be empty. Bytes that can be no
    /// UTF-8 become U+FFFD; ids outside of the vocabulary are left out.
    pub fn push(&mut self, id: u32) -> String {
        if self.special == Special::Skip && self.tokenizer.is_special(id) {
            return String::new();
        }
        let bytes = self.tokenizer.bytes(id).unwrap_or_default();
        let drop_space = self.at_start && self.tokenizer.adds_space() && bytes.starts_with(b" ");
        self.at_start &= bytes.is_empty();
        self.pending.extend(&bytes[usize::from(drop_space)..]);
        self.complete()
    }

    /// Begins anew after these tokens, whose text was given.
    pub fn resume(&mut self, ids: &[u32]) {
        self.finish();
        for &id in ids {
            self.push(id);
        }
    }

    /// Ends the text: what was left of an unfinished character, as U+FFFD.
    pub fn finish(&mut self) -> String {
        self.at_start = true;
        let rest = String::from_utf8_lossy(&self.pending).into_owned();
        self.pending.clear();
        rest
    }

    /// Takes all complete characters out of the pending bytes.
    fn complete(&mut self) -> String {
        let mut text = String::new();
        let mut rest = self.pending.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    rest = &[];
                    break;
                }
                Err(error) => {
                    let (valid, bad) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(valid));
                    rest = bad;
                    let Some(invalid) = error.error_len() else { break };
                    text.push(char::REPLACEMENT_CHARACTER);
                    rest = &rest[invalid..];
                }
            }
        }
        self.pending = rest.to_vec();
        text
    }
}
