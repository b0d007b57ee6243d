//! Answers as markdown, in blocks, so that a long one is laid out only where it is in sight.

use super::rows::Item;
use eframe::egui::Ui;
use egui_commonmark::{CommonMarkCache, CommonMarkViewer};

/// Where the blocks of a text begin and end: at empty lines outside of fenced code.
pub fn blocks(text: &str) -> Vec<(usize, usize)> {
    let mut blocks = Vec::new();
    let (mut start, mut at, mut in_fence) = (0, 0, false);
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            in_fence = !in_fence;
        }
        let is_next_indented = text[at + line.len()..].starts_with([' ', '\t']);
        at += line.len();
        if trimmed.is_empty() && !in_fence && !is_next_indented && start < at {
            if !text[start..at].trim().is_empty() {
                blocks.push((start, at));
            }
            start = at;
        }
        // A wall of text without paragraphs is cut at a line's end.
        if at - start > LONGEST && !in_fence {
            blocks.push((start, at));
            start = at;
        }
    }
    if !text[start..].trim().is_empty() {
        blocks.push((start, text.len()));
    }
    blocks
}

/// Bytes of a block after which the next line begins another.
const LONGEST: usize = 4000;

/// The blocks of a text that grows.
#[derive(Debug, Clone, Default)]
pub struct Blocks {
    length: usize,
    blocks: Vec<(usize, usize)>,
}

impl Blocks {
    /// The blocks of the text, which begins with what it was before; only what was added is looked at.
    pub fn of(&mut self, text: &str) -> &[(usize, usize)] {
        if text.len() < self.length {
            self.blocks.clear();
            self.length = 0;
        }
        if text.len() != self.length {
            // The last block may go on.
            let from = self.blocks.pop().map_or(0, |(start, _)| start);
            self.blocks.extend(blocks(&text[from..]).into_iter().map(|(start, end)| (from + start, from + end)));
            self.length = text.len();
        }
        &self.blocks
    }
}

/// What a block is for a column of rows.
pub fn item((start, end): (usize, usize), width: f32) -> Item {
    let lines = ((end - start) as f32 * 7.0 / width.max(80.0)).ceil().max(1.0);
    Item { key: (end - start) as u64, height: lines * 19.0 }
}

/// Shows a block.
pub fn show(ui: &mut Ui, cache: &mut CommonMarkCache, text: &str) {
    CommonMarkViewer::new().show(ui, cache, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_and_lists_stay_whole() {
        let text = "One.\n\n```\na\n\nb\n```\n\n- x\n\n  more of x\n\nTwo.";
        let found: Vec<&str> = blocks(text).into_iter().map(|(start, end)| text[start..end].trim()).collect();
        assert_eq!(found, ["One.", "```\na\n\nb\n```", "- x\n\n  more of x", "Two."]);
        assert_eq!(blocks(" \n\n"), []);
    }

    #[test]
    fn growing_text_has_the_blocks_of_the_whole() {
        let text = "One.\n\n```\na\n\nb\n```\n\nTwo\nlines.\n\n\nThree.";
        let mut grown = Blocks::default();
        for end in 0..=text.len() {
            grown.of(&text[..end]);
        }
        assert_eq!(grown.of(text), blocks(text));
        assert_eq!(grown.of("x"), [(0, 1)]);
        let wall = "word word word\n".repeat(1000);
        assert!(blocks(&wall).len() > 2);
    }
}
