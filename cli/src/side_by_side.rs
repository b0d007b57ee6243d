//! Answers as they stream, side by side on a terminal: in columns if it is wide enough, otherwise a line each.

use anyhow::Result;
use console::{Alignment, Term, measure_text_width, pad_str};
use std::time::{Duration, Instant};

/// The narrowest column that reads well.
const NARROWEST: usize = 24;
/// Between columns.
const GAP: &str = "  ";
/// A terminal shows no more frames than this in a second, and an eye sees none.
const FRAMES: u32 = 20;

/// An answer, so far.
#[derive(Debug, Clone, Default)]
pub struct Column {
    /// What stands above it, in a few words.
    pub head: String,
    /// The text.
    pub text: String,
    /// How it went, once it is over.
    pub summary: Option<String>,
}

/// What is on the terminal.
pub struct SideBySide {
    term: Term,
    /// Lines drawn last.
    drawn: usize,
    next_frame: Instant,
}

impl SideBySide {
    /// On standard output.
    pub fn new() -> Self {
        Self { term: Term::buffered_stdout(), drawn: 0, next_frame: Instant::now() }
    }

    /// Draws the answers anew, if that was not just done.
    pub fn show(&mut self, answers: &[Column]) -> Result<()> {
        let now = Instant::now();
        if now < self.next_frame {
            return Ok(());
        }
        self.next_frame = now + Duration::from_secs(1) / FRAMES;
        let (height, width) = self.term.size();
        // The cursor's own line stays free.
        self.draw(&frame(answers, usize::from(width), usize::from(height).saturating_sub(1)))
    }

    /// Replaces the drawing by the whole answers, one after the other if the terminal is too narrow for columns.
    pub fn end(mut self, answers: &[Column]) -> Result<()> {
        self.term.clear_last_lines(self.drawn)?;
        self.drawn = 0;
        let width = usize::from(self.term.size().1);
        match column_width(answers.len(), width) {
            Some(column) => self.draw(&columns(answers, column, usize::MAX)),
            None => Ok(self.term.write_str(&blocks(answers)).and_then(|()| self.term.flush())?),
        }
    }

    fn draw(&mut self, lines: &[String]) -> Result<()> {
        self.term.clear_last_lines(self.drawn)?;
        for line in lines {
            self.term.write_line(line)?;
        }
        self.drawn = lines.len();
        Ok(self.term.flush()?)
    }
}

/// The newest part of each answer, in up to `height` lines of `width`.
fn frame(answers: &[Column], width: usize, height: usize) -> Vec<String> {
    match column_width(answers.len(), width) {
        Some(column) => columns(answers, column, height),
        None => {
            let mut lines: Vec<String> = answers.iter().map(|answer| line(answer, width)).collect();
            lines.truncate(height);
            lines
        }
    }
}

/// The width of each of `count` columns, if they fit.
fn column_width(count: usize, width: usize) -> Option<usize> {
    let column = ((width + GAP.len()) / count.max(1)).saturating_sub(GAP.len());
    (column >= NARROWEST).then_some(column)
}

/// A header and the last lines of each answer, next to each other.
fn columns(answers: &[Column], width: usize, height: usize) -> Vec<String> {
    let column = |answer: &Column| {
        let mut text: Vec<String> = visible(&answer.text).lines().flat_map(|line| wrap(line, width)).collect();
        if let Some(summary) = &answer.summary {
            text.push(String::new());
            text.extend(wrap(&format!("[{summary}]"), width));
        }
        let first = text.len().saturating_sub(height.saturating_sub(2));
        wrap(&answer.head, width)
            .into_iter()
            .take(1)
            .chain([String::new()])
            .chain(text.split_off(first))
            .collect::<Vec<_>>()
    };
    let columns: Vec<Vec<String>> = answers.iter().map(column).collect();
    let height = columns.iter().map(Vec::len).max().unwrap_or(0);
    let line = |at: usize| {
        let cells = columns.iter().map(|column| {
            pad_str(column.get(at).map_or("", String::as_str), width, Alignment::Left, None).into_owned()
        });
        cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
    };
    (0..height).map(line).collect()
}

/// The head and the end of an answer, in one line.
fn line(answer: &Column, width: usize) -> String {
    let head = format!("{}: ", answer.head);
    let text = visible(&answer.text).split_whitespace().collect::<Vec<_>>().join(" ");
    let room = width.saturating_sub(head.len());
    let mut from = text.len();
    for (at, _) in text.char_indices().rev() {
        if measure_text_width(&text[at..]) > room {
            break;
        }
        from = at;
    }
    head + &text[from..]
}

/// The answers one after the other.
pub fn blocks(answers: &[Column]) -> String {
    let block = |Column { head, text, summary }: &Column| {
        let summary = summary.as_deref().unwrap_or_default();
        format!("[{head}, {summary}]\n{}\n\n", text.trim_end())
    };
    answers.iter().map(block).collect()
}

fn wrap(line: &str, width: usize) -> Vec<String> {
    textwrap::wrap(line, width).into_iter().map(|line| line.trim_end().to_owned()).collect()
}

/// A model may write anything: what would move the cursor does not.
fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(seed: u64, text: &str) -> Column {
        let summary = Some("3 tokens, length".to_owned());
        Column { head: format!("seed {seed}"), text: text.to_owned(), summary }
    }

    #[test]
    fn blocks_have_heads_and_summaries() {
        let text = blocks(&[answer(7, "One.\n"), answer(8, "Two.")]);
        assert_eq!(text, "[seed 7, 3 tokens, length]\nOne.\n\n[seed 8, 3 tokens, length]\nTwo.\n\n");
    }

    #[test]
    fn columns_wrap_and_show_the_newest_lines() {
        let answers = [answer(7, "one two three four five six seven eight"), answer(8, "a\tb\x1b[2Jc\nd 日本語")];
        let lines = frame(&answers, 51, 20);
        assert_eq!(
            lines,
            [
                "seed 7                    seed 8",
                "",
                "one two three four five   a b [2Jc",
                "six seven eight           d 日本語",
                "",
                "[3 tokens, length]        [3 tokens, length]",
            ]
        );
        assert_eq!(frame(&answers, 51, 4)[2..], lines[4..]);
        assert!(lines.iter().all(|line| measure_text_width(line) <= 51));
    }

    #[test]
    fn narrow_terminals_show_a_line_each() {
        let answers = [answer(7, "one two\nthree four five"), answer(8, "日本語日本語日本語")];
        assert_eq!(frame(&answers, 19, 9), ["seed 7: e four five", "seed 8: 本語日本語"]);
        assert_eq!(frame(&answers, 19, 1), ["seed 7: e four five"]);
    }
}
