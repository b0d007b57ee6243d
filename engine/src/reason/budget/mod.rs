//! The token budget of a branch, exact to the token, and one budget for all branches.
//!
//! A response of L tokens is everything after the assistant header: the forced beginning, the thoughts, the closing, the
//! answer and the token that ends the turn. A budget B bounds L. Where thoughts are still open with B less the closing's
//! and the answer's tokens, the closing is forced and an answer follows; "answer now" does the same at once.

mod pool;
mod rules;
#[cfg(test)]
mod tests;

pub use pool::BudgetPool;
pub(super) use rules::wording;
pub use rules::{BudgetRules, Warning};

use crate::Result;
use std::fmt;
use std::sync::Arc;

/// What is to be done after a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Sample another token.
    Continue,
    /// Append these tokens as they are and go on sampling. They are counted already: do not push them.
    Warn {
        /// The reminder.
        tokens: Vec<u32>,
    },
    /// Take the last `drop` tokens back, which hold an unfinished character, append the others as they are, and go on
    /// with the most likely tokens. They are counted already: do not push them.
    Force {
        /// Tokens to take back.
        drop: usize,
        /// The closing.
        tokens: Vec<u32>,
    },
    /// The response is over.
    Stop(End),
}

/// Why a response is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The token that was pushed ends the turn. It counts, and is not to stay in the branch.
    Turn,
    /// A forced answer's line ended.
    Line,
    /// A forced answer has all its tokens.
    AnswerFull,
    /// The budget is used up, after thoughts that were closed in time.
    BudgetFull,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Turn => "end of turn",
            Self::Line => "end of line",
            Self::AnswerFull => "full answer",
            Self::BudgetFull => "budget",
        })
    }
}

/// Where a response is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// In its thoughts.
    Thinking,
    /// Past the thoughts, which it closed itself.
    Closed,
    /// Past a forced closing: the most likely tokens are taken.
    Forced,
    /// Over.
    Over(End),
}

/// Follows one branch and says when to force what. It counts; the caller samples and appends.
///
/// [`Self::begin`] comes first, then [`Self::push`] with each sampled token. What they say is to be done before the next
/// call.
#[derive(Debug, Clone)]
pub struct Budget {
    rules: Arc<BudgetRules>,
    /// B.
    most: Option<usize>,
    phase: Phase,
    /// L.
    tokens: usize,
    /// Tokens sampled after a forced closing.
    answered: usize,
    has_warned: bool,
    /// Bytes of the response so far, for thoughts that close and characters that are cut.
    bytes: Vec<u8>,
    /// Where each sampled token of the thoughts begins in `bytes`, after the last forced text.
    starts: Vec<usize>,
}

impl Budget {
    /// A budget of `most` tokens; `None` bounds nothing but a forced answer.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] if `most` is less than [`BudgetRules::smallest`].
    pub fn new(rules: Arc<BudgetRules>, most: Option<usize>) -> Result<Self> {
        most.map_or(Ok(()), |most| rules.check(most))?;
        Ok(Self {
            rules,
            most,
            phase: Phase::Thinking,
            tokens: 0,
            answered: 0,
            has_warned: false,
            bytes: Vec::new(),
            starts: Vec::new(),
        })
    }

    /// Counts the response's forced beginning, [`BudgetRules::begin`], which the caller appends.
    pub fn begin(&mut self) -> Action {
        self.tokens = self.rules.begin.len();
        self.think()
    }

    /// Counts a sampled token. `bytes` are those it stands for, as the tokenizer has them.
    pub fn push(&mut self, id: u32, bytes: &[u8]) -> Action {
        if let Phase::Over(end) = self.phase {
            return Action::Stop(end);
        }
        self.tokens += 1;
        if self.rules.end_ids.contains(&id) {
            return self.stop(End::Turn);
        }
        match self.phase {
            Phase::Thinking => {
                self.starts.push(self.bytes.len());
                let seen = self.bytes.len().saturating_sub(self.rules.think_close.len());
                self.bytes.extend_from_slice(bytes);
                if contains(&self.bytes[seen..], self.rules.think_close.as_bytes()) {
                    self.phase = Phase::Closed;
                    return self.answer_freely();
                }
                self.think()
            }
            Phase::Closed => self.answer_freely(),
            Phase::Forced | Phase::Over(_) => {
                self.answered += 1;
                match () {
                    () if bytes.contains(&b'\n') => self.stop(End::Line),
                    () if self.answered >= self.rules.answer_tokens => self.stop(End::AnswerFull),
                    () => Action::Continue,
                }
            }
        }
    }

    /// Ends the thoughts now, at the caller's wish: forces the closing. Where the thoughts are closed already, no more
    /// tokens follow than a forced closing and an answer would have.
    pub fn answer_now(&mut self) -> Action {
        match self.phase {
            Phase::Thinking => self.force(),
            Phase::Closed => {
                let most = self.tokens + self.rules.closing.len() + self.rules.answer_tokens;
                self.most = Some(self.most.map_or(most, |before| before.min(most)));
                Action::Continue
            }
            Phase::Forced | Phase::Over(_) => Action::Continue,
        }
    }

    /// Gives a response more tokens, as when other branches of a [`BudgetPool`] ended early. What was forced stays so.
    pub fn raise(&mut self, most: usize) {
        if let Some(before) = &mut self.most {
            *before = most.max(*before);
        }
    }

    /// L: the response's tokens so far, all that is forced included.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// B.
    pub fn most(&self) -> Option<usize> {
        self.most
    }

    /// Where the response is.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Most tokens that can still be sampled in this phase; `None` without a bound.
    pub fn left(&self) -> Option<usize> {
        match self.phase {
            Phase::Thinking => self.thoughts_left(),
            Phase::Closed => self.most.map(|most| most.saturating_sub(self.tokens)),
            Phase::Forced => Some(self.rules.answer_tokens.saturating_sub(self.answered)),
            Phase::Over(_) => Some(0),
        }
    }

    /// Tokens of thought until the closing must be forced.
    fn thoughts_left(&self) -> Option<usize> {
        let kept = self.tokens + self.rules.closing.len() + self.rules.answer_tokens;
        self.most.map(|most| most.saturating_sub(kept))
    }

    fn think(&mut self) -> Action {
        let Some(left) = self.thoughts_left() else { return Action::Continue };
        if left == 0 {
            return self.force();
        }
        let Some(warning) = self.rules.warning.as_ref().filter(|_| !self.has_warned) else { return Action::Continue };
        // Not inside a character, nor where no thought would be left.
        if left > warning.tokens_left || left <= warning.tokens.len() || unfinished(&self.bytes) > 0 {
            return Action::Continue;
        }
        let tokens = warning.tokens.clone();
        self.has_warned = true;
        self.tokens += tokens.len();
        self.starts.clear();
        self.bytes.clear();
        Action::Warn { tokens }
    }

    fn answer_freely(&mut self) -> Action {
        match self.most {
            Some(most) if self.tokens >= most => self.stop(End::BudgetFull),
            _ => Action::Continue,
        }
    }

    fn force(&mut self) -> Action {
        let mut drop = 0;
        // A token may finish one character and begin the next: taking it back leaves the first unfinished.
        loop {
            let unfinished = unfinished(&self.bytes);
            let end = self.bytes.len() - unfinished;
            while self.bytes.len() > end
                && let Some(start) = self.starts.pop()
            {
                self.bytes.truncate(start);
                drop += 1;
            }
            if unfinished == 0 || self.starts.is_empty() {
                break;
            }
        }
        self.phase = Phase::Forced;
        let tokens = self.rules.closing.clone();
        self.tokens = self.tokens - drop + tokens.len();
        Action::Force { drop, tokens }
    }

    fn stop(&mut self, end: End) -> Action {
        self.phase = Phase::Over(end);
        Action::Stop(end)
    }
}

/// Bytes at the end that begin a character and do not finish it: 0 to 3.
fn unfinished(bytes: &[u8]) -> usize {
    let begins = |&count: &usize| {
        let end = bytes.len().checked_sub(count).and_then(|start| bytes.get(start..));
        let error = end.and_then(|end| std::str::from_utf8(end).err());
        error.is_some_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
    };
    (1..=3).find(begins).unwrap_or(0)
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
