//! When a branch stops: on a token, on a string that may span tokens, or on a count. CPU only.

use crate::{Error, Result};

/// What ends a branch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StopConditions {
    /// Tokens that end it; their text is not shown.
    pub tokens: Vec<u32>,
    /// Strings that end it, wherever token borders fall; the text before is shown.
    pub strings: Vec<String>,
    /// The most tokens, a stop token not counted.
    pub max_tokens: Option<usize>,
}

/// Why a branch stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// On this token.
    Token(u32),
    /// On the string of this index.
    String(usize),
    /// After `max_tokens`, or at the end of the context.
    Length,
    /// The caller stopped it.
    Cancelled,
}

impl StopConditions {
    /// [`Error::Invalid`] on an empty string, which would stop before the first token.
    pub fn validate(&self) -> Result<()> {
        match self.strings.iter().any(String::is_empty) {
            true => Err(Error::Invalid("a stop string is empty. Remove it, or write what should end the text".into())),
            false => Ok(()),
        }
    }

    /// A matcher at the beginning of a branch. [`Error::Invalid`] as [`Self::validate`].
    pub fn matcher(&self) -> Result<StopMatcher> {
        self.validate()?;
        Ok(StopMatcher { conditions: self.clone(), held: String::new(), tokens: 0, stopped: None })
    }
}

/// Follows a branch token by token. Cloned when the branch forks.
#[derive(Debug, Clone)]
pub struct StopMatcher {
    conditions: StopConditions,
    /// Text that may be the beginning of a stop string.
    held: String,
    tokens: usize,
    stopped: Option<Stop>,
}

impl StopMatcher {
    /// Takes the next token and the text it completes (empty inside a multi-byte character). Gives the text that can
    /// be shown now: what may be the beginning of a stop string is held back, and given once it cannot be or the
    /// branch stops for another reason. After a stop nothing more is given.
    pub fn push(&mut self, token: u32, text: &str) -> (String, Option<Stop>) {
        if self.stopped.is_some() {
            return (String::new(), self.stopped);
        }
        if self.conditions.tokens.contains(&token) {
            self.stopped = Some(Stop::Token(token));
            return (std::mem::take(&mut self.held), self.stopped);
        }
        self.tokens += 1;
        self.held.push_str(text);
        if let Some((at, index)) = self.earliest_match() {
            self.held.truncate(at);
            self.stopped = Some(Stop::String(index));
            return (std::mem::take(&mut self.held), self.stopped);
        }
        if self.conditions.max_tokens.is_some_and(|most| self.tokens >= most) {
            self.stopped = Some(Stop::Length);
            return (std::mem::take(&mut self.held), self.stopped);
        }
        let keep_from = self.held.len() - self.longest_beginning();
        let kept = self.held.split_off(keep_from);
        (std::mem::replace(&mut self.held, kept), None)
    }

    /// Counts the last `count` tokens no longer. Text that was given of them stays given.
    pub fn take_back(&mut self, count: usize) {
        self.tokens = self.tokens.saturating_sub(count);
    }

    /// The text still held back, when the branch ends from outside.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    /// Tokens taken, stop tokens not counted.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// (place, index) of the stop string that begins first; of several there, the one listed first.
    fn earliest_match(&self) -> Option<(usize, usize)> {
        let places = self.conditions.strings.iter().enumerate();
        places.filter_map(|(index, s)| self.held.find(s.as_str()).map(|at| (at, index))).min()
    }

    /// Bytes of the longest end of the held text that begins a stop string.
    fn longest_beginning(&self) -> usize {
        let held = self.held.as_bytes();
        let begins = |s: &String, length: usize| held.ends_with(&s.as_bytes()[..length]) && s.is_char_boundary(length);
        let longest = |s: &String| (1..s.len().min(held.len() + 1)).rev().find(|&length| begins(s, length));
        self.conditions.strings.iter().filter_map(longest).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn run(strings: &[&str], pieces: &[&str]) -> (Vec<String>, Option<Stop>) {
        let conditions =
            StopConditions { tokens: vec![99], strings: strings.iter().map(|&s| s.into()).collect(), max_tokens: None };
        let mut matcher = conditions.matcher().unwrap();
        let mut shown = Vec::new();
        for piece in pieces {
            let (text, stop) = matcher.push(0, piece);
            shown.push(text);
            if stop.is_some() {
                return (shown, stop);
            }
        }
        shown.push(matcher.finish());
        (shown, None)
    }

    #[test]
    fn a_string_may_span_tokens() {
        let (shown, stop) = run(&["</think>"], &["so 4.", "</", "thi", "nk> Answer"]);
        assert_eq!(shown, ["so 4.", "", "", ""]);
        assert_eq!(stop, Some(Stop::String(0)));
    }

    #[test]
    fn a_false_beginning_is_given_back() {
        assert_eq!(run(&["aab"], &["a", "a", "a", "c"]).0, ["", "", "a", "aac", ""]);
        assert_eq!(run(&["###"], &["x##", " y", "#"]).0, ["x", "## y", "", "#"]);
    }

    #[test]
    fn the_earliest_string_wins() {
        assert_eq!(run(&["b", "ab"], &["xab"]), (vec!["x".to_owned()], Some(Stop::String(1))));
    }

    #[test]
    fn characters_of_several_bytes() {
        // é and è share their first byte: nothing may be cut inside a character.
        assert_eq!(run(&["éx"], &["è", "é", "y"]).0, ["è", "", "éy", ""]);
    }

    #[test]
    fn tokens_and_lengths() {
        let conditions = StopConditions { tokens: vec![2], strings: vec!["ab".into()], max_tokens: Some(3) };
        let mut matcher = conditions.matcher().unwrap();
        assert_eq!(matcher.push(5, "a"), (String::new(), None));
        let mut other = matcher.clone();
        assert_eq!(matcher.push(2, "<end>"), ("a".into(), Some(Stop::Token(2))));
        assert_eq!(matcher.push(5, "more"), (String::new(), Some(Stop::Token(2))));
        assert_eq!(other.push(5, "a"), ("a".into(), None));
        assert_eq!(other.push(5, "a"), ("aa".into(), Some(Stop::Length)));
        assert_eq!(other.tokens(), 3);
        assert!(StopConditions { strings: vec![String::new()], ..Default::default() }.matcher().is_err());
    }

    proptest! {
        /// However the text is cut, what is shown is the text up to the first stop string.
        #[test]
        fn cuts_do_not_matter(pieces in prop::collection::vec("[abé]{0,3}", 0..12)) {
            let stops = ["abb", "éa", "bbé"];
            let whole = pieces.concat();
            let end = stops.iter().filter_map(|s| whole.find(s).map(|at| (at, at + s.len()))).min_by_key(|m| m.1);
            let (shown, stop) = run(&stops, &pieces.iter().map(String::as_str).collect::<Vec<_>>());
            prop_assert_eq!(stop.is_some(), end.is_some());
            let shown = shown.concat();
            prop_assert!(whole.starts_with(&shown));
            match end {
                None => prop_assert_eq!(shown, whole),
                Some(_) => prop_assert!(stops.iter().any(|s| whole[shown.len()..].starts_with(s))
                    && stops.iter().all(|s| !shown.contains(s))),
            }
        }
    }
}
