//! Who wrote which positions of a branch, and who may read them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What made keys and values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Writer {
    /// The model without adapters.
    Base,
    /// A generation of an adapter: reloading it makes another one.
    Adapter(u64),
}

impl fmt::Display for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base => f.write_str("the base"),
            Self::Adapter(generation) => write!(f, "adapter generation {generation}"),
        }
    }
}

/// What is about to attend to a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reader {
    /// What the reader's own positions are written by.
    pub writer: Writer,
    /// Whether the reader was trained on base-made keys and values; means nothing for the base.
    pub kv_shareable: bool,
}

impl Reader {
    /// The model without adapters.
    pub const BASE: Self = Self { writer: Writer::Base, kv_shareable: false };

    /// Whether this reader may attend to what `writer` made: its own positions, and base-made ones if it is an adapter
    /// that shares them.
    pub fn may_read(&self, writer: Writer) -> bool {
        writer == self.writer || (writer == Writer::Base && self.kv_shareable)
    }

    /// What to do where this reader may not read what `writer` made.
    pub(crate) fn remedy(&self, writer: Writer) -> &'static str {
        match (writer, self.writer) {
            (Writer::Base, Writer::Adapter(_)) => {
                ", or mark the adapter KV-shareable if it was trained with the prompt un-adapted"
            }
            _ => ", or allow mixed writers on the branch if it is to switch in mid-response",
        }
    }
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.writer.fmt(f)
    }
}

/// Whether a branch's positions are read by the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Sharing {
    /// Positions are read only by those who may.
    #[default]
    Strict,
    /// Anyone reads anything: the caller asked to switch adapters in mid-response on the same keys and values.
    Mixed,
}

/// Positions from `start` to the next run, or to the branch's end, by one writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Run {
    /// First position.
    pub start: u32,
    /// Who wrote them.
    pub writer: Writer,
}

/// The writers of a branch's positions: runs in order, the first at 0, no two neighbours by the same writer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Runs(Vec<Run>);

impl Runs {
    /// All runs; none where there is no position.
    pub fn as_slice(&self) -> &[Run] {
        &self.0
    }

    /// Positions from `start`, the end so far, are by `writer`.
    pub fn append(&mut self, start: u32, writer: Writer) {
        if self.0.last().is_none_or(|last| last.writer != writer) {
            self.0.push(Run { start, writer });
        }
    }

    /// Forgets positions from `length` on.
    pub fn truncate(&mut self, length: u32) {
        self.0.truncate(self.0.partition_point(|run| run.start < length));
    }

    /// The first run that `reader` may not read.
    pub fn first_refused(&self, reader: Reader) -> Option<Run> {
        self.0.iter().copied().find(|run| !reader.may_read(run.writer))
    }

    /// Who wrote positions `first..end`, in order, for positions that exist.
    pub fn between(&self, first: u32, end: u32) -> impl Iterator<Item = Writer> {
        let from = self.0.partition_point(|run| run.start <= first).saturating_sub(1);
        self.0[from..].iter().take_while(move |run| run.start < end).map(|run| run.writer)
    }
}
