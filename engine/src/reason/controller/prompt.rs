//! A turn's prompt in parts, each a run of whole tokens: what stays in the conversation, and what only this answer reads.

use crate::session::Engine;
use crate::text::{Message, Tokenizer};
use crate::{Error, Result};

/// The conversation up to the user's words.
#[derive(Debug)]
pub(super) struct Prompt {
    /// All messages, as far as every answer to them shares it.
    pub tokens: Vec<u32>,
    /// Where in `tokens` the last turn begins, its header included.
    pub turn: usize,
    text: String,
}

impl Prompt {
    /// Of messages, one at least.
    pub fn new(engine: &Engine, messages: &[Message]) -> Result<Self> {
        let text = engine.template()?.render(messages, false)?;
        let tokens = engine.tokenizer()?.encode(&text, true)?;
        let turn = last_turn(engine, messages, &text)?;
        Ok(Self { tokens, turn, text })
    }

    /// What follows for one answer: a message more, if one is given, and the header of the answer.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the model's template writes the messages otherwise then.
    pub fn tail(&self, engine: &Engine, messages: &[Message], more: Option<Message>) -> Result<Vec<u32>> {
        let all: Vec<Message> = messages.iter().cloned().chain(more).collect();
        let whole = engine.template()?.render(&all, true)?;
        let tail = whole.strip_prefix(&self.text).ok_or_else(|| {
            Error::Invalid(
                "the model's chat template writes a conversation otherwise once an answer begins, so that answers cannot \
                 share it. Use a model whose template goes on from what is there"
                    .into(),
            )
        })?;
        let tokens = engine.tokenizer()?.encode(tail, true)?;
        if tokens.is_empty() {
            return Err(Error::Invalid("the model's chat template has no header for an answer".into()));
        }
        Ok(tokens)
    }
}

/// The token where the last message's turn begins: the last control token before its content.
fn last_turn(engine: &Engine, messages: &[Message], text: &str) -> Result<usize> {
    let Some((last, before)) = messages.split_last() else { return Ok(0) };
    // Other content shows where the content begins, whatever stands around it.
    let content = if last.content.starts_with('\u{1}') { "\u{2}" } else { "\u{1}" };
    let other = [before, &[Message::new(last.role, content)]].concat();
    let other = engine.template()?.render(&other, false)?;
    let same = text.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let same = (0..=same).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let tokenizer: &Tokenizer = engine.tokenizer()?;
    let before = tokenizer.encode(&text[..same], true)?;
    Ok(before.iter().rposition(|&id| tokenizer.is_special(id)).unwrap_or(0))
}
