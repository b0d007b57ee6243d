//! Standard input by lines, read while answers stream.

use crate::table::print;
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

/// What a line of a conversation asks for.
pub enum Input {
    /// `/reset`.
    Reset,
    /// A command of this conversation's own.
    Command(String),
    /// An answer.
    Text(String),
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

    /// The next line that asks for something, after a prompt if `is_person` waits; `None` at the end or after `/quit`.
    /// `commands` are those of the conversation's own, and `help` tells of all.
    pub fn ask(&mut self, is_person: bool, commands: &[&str], help: &str) -> Result<Option<Input>> {
        loop {
            if is_person && self.waiting.is_empty() {
                print("> ")?;
            }
            let Some(line) = self.next()? else { return Ok(None) };
            let line = line.trim();
            let word = line.split_whitespace().next().unwrap_or_default();
            match line {
                "" => {}
                "/quit" | "/exit" => return Ok(None),
                "/help" => eprint!("{help}"),
                "/reset" => return Ok(Some(Input::Reset)),
                _ if commands.contains(&word) => return Ok(Some(Input::Command(line.to_owned()))),
                _ if line.starts_with('/') => eprintln!("{line} is no command. There are:\n{help}"),
                _ => return Ok(Some(Input::Text(line.to_owned()))),
            }
        }
    }

    /// The next line; `None` at the end.
    fn next(&mut self) -> Result<Option<String>> {
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
