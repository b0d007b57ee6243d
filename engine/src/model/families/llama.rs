//! Llama: the converter stores query and key rows so that rotated pairs are neighbours. They are put back in the
//! checkpoint's order at load, so that one rope serves all families.

use crate::formats::blocks::RowOrder;
use crate::model::Config;

pub(super) fn query_key_order(config: &Config) -> RowOrder {
    RowOrder::LlamaUnpermute { head_dim: config.head_dim as usize }
}
