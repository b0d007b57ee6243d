//! Qwen 2 and 2.5: rows lie in the checkpoint's order, which turns halves of a head.

use crate::formats::blocks::RowOrder;

pub(super) fn query_key_order() -> RowOrder {
    RowOrder::AsStored
}
