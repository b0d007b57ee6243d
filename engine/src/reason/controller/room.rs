//! How much cache a conversation with reasoned answers wants.

use crate::model::DECODE_ROWS;
use crate::session::{DEFAULT_CONTEXT, EngineOptions};

/// Room for a conversation of one context and `branches` that answer it with up to `most` tokens each.
pub fn room(options: EngineOptions, branches: u32, most: u32) -> EngineOptions {
    let context = options.context.unwrap_or(DEFAULT_CONTEXT);
    // Every fork copies the prompt's last page, and is verified; the last page is only begun.
    let each = most.min(context).saturating_add(VERIFICATION + 2 * options.page);
    let positions = context.saturating_add(branches.min(DECODE_ROWS).saturating_mul(each));
    // The conversation, and the end of the prompt that branches are forked from.
    EngineOptions { branches: branches + 2, positions: Some(positions), ..options }
}

/// Positions that a verification takes at most.
const VERIFICATION: u32 = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_branch_has_room() {
        let options = room(EngineOptions { context: Some(512), ..EngineOptions::default() }, 4, 192);
        assert_eq!((options.branches, options.positions), (6, Some(512 + 4 * (192 + 128 + 64))));
    }
}
