//! Standard input by lines, read while answers stream.

use anyhow::{Context, Result};
use std::collections::VecDeque;
use std::io::{self, BufRead};
use std::sync::mpsc::{Receiver, channel};

/// Lines in the order in which they came.
pub struct Lines {
    incoming: Receiver<io::Result<String>>,
    /// Came while an answer streamed.
    waiting: VecDeque<io::Result<String>>,
}

impl Lines {
    /// Starts to read.
    pub fn read() -> Self {
        let (sender, incoming) = channel();
        // It ends with the input, or with the process.
        std::thread::spawn(move || {
            while let Some(line) = read_line().transpose() {
                let is_last = line.is_err();
                if sender.send(line).is_err() || is_last {
                    break;
                }
            }
        });
        Self { incoming, waiting: VecDeque::new() }
    }

    /// Whether a line is there already.
    pub fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The next line; `None` at the end.
    pub fn next(&mut self) -> Result<Option<String>> {
        let next = self.waiting.pop_front().or_else(|| self.incoming.recv().ok());
        next.transpose().context("standard input cannot be read")
    }

    /// A line that came by now and that `is_wanted`; others wait.
    pub fn take(&mut self, is_wanted: impl Fn(&str) -> bool) -> Option<String> {
        while let Ok(line) = self.incoming.try_recv() {
            match line {
                Ok(line) if is_wanted(&line) => return Some(line),
                other => self.waiting.push_back(other),
            }
        }
        None
    }
}

/// The next line, `None` at the end. Bytes that are no UTF-8 become U+FFFD.
fn read_line() -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    let count = io::stdin().lock().read_until(b'\n', &mut bytes)?;
    Ok((count > 0).then(|| String::from_utf8_lossy(&bytes).into_owned()))
}
