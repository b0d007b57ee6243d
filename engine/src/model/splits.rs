//! How decoding's attention is cut: a row's own positions, and those that it shares with others.

use super::shape::DECODE_ROWS;
use crate::gpu::{Caps, Tier};
use crate::kernels::attention_decode::AttentionDecode;
use crate::kernels::attention_prefix::{AttentionPrefix, PrefixTile};
use crate::kernels::kv::KvShape;

/// The prefix tiles of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PrefixShape {
    /// Tiles: a power of two; some may be without rows.
    pub tiles: u32,
    /// Most rows of a tile: a power of two.
    pub rows: u32,
}

impl PrefixShape {
    /// What holds `tiles`; nothing for none.
    pub fn of(tiles: &[PrefixTile]) -> Option<Self> {
        let rows = tiles.iter().map(|tile| tile.rows.len()).max()? as u32;
        Some(Self { tiles: (tiles.len() as u32).next_power_of_two(), rows: rows.next_power_of_two() })
    }
}

/// Slices that decoding cuts the KV into.
#[derive(Debug, Clone, Copy)]
pub struct Splits {
    /// Slices of a row's own positions.
    pub own: u32,
    /// Slices of a shared prefix.
    pub prefix: u32,
}

impl Splits {
    /// What suits rows of up to `context` positions.
    pub fn new(caps: &Caps, kv: &KvShape, context: u32, rows: u32, prefix: Option<PrefixShape>) -> Self {
        // From three rows on as for eight: a row's bits do not depend on how many there are.
        let own_rows = match prefix {
            Some(_) => rows,
            None if rows <= 2 || caps.tier == Tier::Software => 1,
            None => 8,
        };
        Self {
            own: AttentionDecode::suggested_splits(caps, kv, own_rows, context),
            prefix: prefix.map_or(0, |p| AttentionPrefix::suggested_splits(caps, kv, p.tiles, context)),
        }
    }

    /// Partials of a head in the step that has most of them.
    pub fn most_partials(caps: &Caps, kv: &KvShape, context: u32) -> u32 {
        let partials = |rows: u32| {
            let shared = Self::new(caps, kv, context, rows, Some(PrefixShape { tiles: 1, rows: 2 }));
            rows * shared.all().max(Self::new(caps, kv, context, rows, None).all())
        };
        (0..=DECODE_ROWS.ilog2()).map(|power| partials(1 << power)).max().unwrap_or(1)
    }

    /// All of a row.
    pub fn all(self) -> u32 {
        self.own + self.prefix
    }
}
