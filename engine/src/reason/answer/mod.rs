//! What a response answers, in a form that can be compared.
//!
//! Two answers agree if their keys are the same: a number's value (`3` = `3.0` = `$3.00` = `3 apples`, `1/2` = `0.5`), a
//! choice's letter (`(B)` = `B.` = `**B**`), yes or no, or else the text without case and spacing. A percent sign is a
//! unit like any other: `50%` is 50. Values are exact: fractions of 128-bit integers, and what does not fit is text.

mod clean;
mod number;
#[cfg(test)]
mod tests;

use number::Rational;
use serde::{Deserialize, Serialize};

/// An answer as it was written, and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    text: String,
    key: String,
}

impl Answer {
    /// The meaning of an answer that stands alone; nothing if it has no letters or digits.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let inner = clean::boxed(text).unwrap_or(text);
        let plain = clean::plain(inner);
        let bare = bare(&plain);
        let key = number(bare).or_else(|| choice(bare)).or_else(|| yes_or_no(bare)).or_else(|| after_words(bare));
        let key = key.unwrap_or_else(|| bare.to_lowercase());
        key.contains(char::is_alphanumeric).then(|| Self { text: text.to_owned(), key })
    }

    /// The answer of a reasoned response: the rest of the line after the last `marker` (the next line that is not empty,
    /// if that one is), else what the last `\boxed{…}` holds.
    pub fn in_response(response: &str, marker: &str) -> Option<Self> {
        match response.rfind(marker).filter(|_| !marker.is_empty()) {
            Some(at) => Self::new(first_line(&response[at + marker.len()..])),
            None => Self::new(clean::boxed(response)?),
        }
    }

    /// The answer of a reply that was not asked for in any form: as [`Self::in_response`], else the reply's last number,
    /// else its first line.
    pub fn in_chat(reply: &str, marker: &str) -> Option<Self> {
        if reply.contains(marker) || clean::boxed(reply).is_some() {
            return Self::in_response(reply, marker);
        }
        match Rational::last_in(&clean::plain(reply)) {
            Some(number) => Self::new(&number.to_string()),
            None => Self::new(first_line(reply)),
        }
    }

    /// The answer as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it means: the same for all answers that agree.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether two answers mean the same.
    pub fn agrees_with(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

fn first_line(text: &str) -> &str {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("")
}

/// Without what stands around an answer: spaces, quotes, a pair of parentheses, the period of a sentence.
fn bare(text: &str) -> &str {
    let around = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '“' | '”' | '‘' | '’' | '*' | '_');
    let after = |c: char| around(c) || matches!(c, '.' | '!' | '?' | ',' | ';' | ':');
    let text = text.trim_start_matches(around).trim_end_matches(after);
    match text.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) if !inner.contains(['(', ')']) => inner.trim(),
        _ => text,
    }
}

fn number(text: &str) -> Option<String> {
    Rational::parse(text).map(|number| number.to_string())
}

/// One letter of A to E, alone, or before words if its form shows that it is a choice: `(B) a dog`, `B) a dog`.
fn choice(text: &str) -> Option<String> {
    let named = |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let text = if named("option ") || named("choice ") { bare(&text["option ".len()..]) } else { text };
    let (opened, rest) = text.strip_prefix('(').map_or((false, text), |rest| (true, rest));
    let letter = rest.chars().next().filter(|c| matches!(c.to_ascii_uppercase(), 'A'..='E'))?;
    let rest = &rest[1..];
    let alone = rest.is_empty() && !opened;
    (alone || rest.starts_with(')')).then(|| letter.to_ascii_uppercase().to_string())
}

fn yes_or_no(text: &str) -> Option<String> {
    let word = text.split(|c: char| !c.is_alphanumeric()).next()?.to_lowercase();
    let rest = &text[text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len())..];
    let ends = rest.is_empty() || rest.starts_with([',', '.', ';', ':', '!']);
    (ends && matches!(word.as_str(), "yes" | "no")).then_some(word)
}

/// A number or a choice that words lead to: `x = 5`, `The answer is 5`, `Total: 5`.
fn after_words(text: &str) -> Option<String> {
    ["=", "≈", " is ", ": "].iter().find_map(|word| {
        let (_, rest) = text.rsplit_once(word)?;
        let rest = bare(rest);
        number(rest).or_else(|| choice(rest))
    })
}
