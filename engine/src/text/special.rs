//! Finding special tokens in text: it is cut at them before anything else happens to it.

use aho_corasick::{AhoCorasick, BuildError, MatchKind};

/// A piece of text between or at special tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Ordinary text, never empty.
    Text(&'a str),
    /// A special token's id.
    Token(u32),
}

/// Texts that stand for one token each; the leftmost is found first, then the longest.
#[derive(Debug)]
pub(super) struct Specials {
    automaton: AhoCorasick,
    ids: Vec<u32>,
}

impl Specials {
    /// From (text, id) pairs; empty texts are left out.
    pub fn new<'a>(tokens: impl Iterator<Item = (&'a str, u32)>) -> Result<Self, BuildError> {
        let (texts, ids): (Vec<&str>, Vec<u32>) = tokens.filter(|(text, _)| !text.is_empty()).unzip();
        let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(texts)?;
        Ok(Self { automaton, ids })
    }

    /// Cuts a text at its special tokens.
    pub fn cut<'a>(&self, text: &'a str) -> Vec<Piece<'a>> {
        let mut pieces = vec![];
        let mut done = 0;
        for found in self.automaton.find_iter(text) {
            if done < found.start() {
                pieces.push(Piece::Text(&text[done..found.start()]));
            }
            pieces.push(Piece::Token(self.ids[found.pattern().as_usize()]));
            done = found.end();
        }
        if done < text.len() {
            pieces.push(Piece::Text(&text[done..]));
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_the_longest_special_tokens() {
        let specials = Specials::new([("<a>", 1), ("<a><b>", 2), ("", 3)].into_iter()).unwrap();
        assert_eq!(specials.cut("x<a><b>y<a>"), [Piece::Text("x"), Piece::Token(2), Piece::Text("y"), Piece::Token(1)]);
        assert_eq!(specials.cut("<b>"), [Piece::Text("<b>")]);
        assert_eq!(specials.cut(""), []);
    }
}
