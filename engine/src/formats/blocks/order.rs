//! The order in which a tensor's rows are taken from the file.

use std::ops::Range;

/// Which file row becomes which packed row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RowOrder {
    /// As they lie in the file.
    #[default]
    AsStored,
    /// Undoes what the converter does to Q and K of `llama` files, whose rope turns neighbouring pairs: in each head
    /// of `head_dim` rows, file row 2i is row i of the original checkpoint and file row 2i+1 its row i + head_dim/2.
    /// The result suits the rope that turns halves (NeoX), as in `qwen2` files and the original checkpoints.
    LlamaUnpermute {
        /// Rows of a head; even.
        head_dim: usize,
    },
}

impl RowOrder {
    /// The row of the file that becomes row `row` of the packed tensor.
    pub fn source(self, row: usize) -> usize {
        match self {
            Self::AsStored => row,
            Self::LlamaUnpermute { head_dim } => {
                let half = (head_dim / 2).max(1);
                let within = row % (2 * half);
                row - within + 2 * (within % half) + within / half
            }
        }
    }

    /// Whole heads (with [`Self::AsStored`], rows) of the file that the packed rows `rows` are taken from. Counted from
    /// the first of them, the same order holds.
    pub fn span(self, rows: Range<usize>) -> Range<usize> {
        match self {
            Self::AsStored => rows,
            Self::LlamaUnpermute { head_dim } => {
                let head = (head_dim / 2).max(1) * 2;
                rows.start / head * head..rows.end.next_multiple_of(head)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpermuting_undoes_the_converters_permutation() {
        let (heads, head_dim) = (3, 8);
        // The converter reshapes (heads, 2, head_dim / 2) to (heads, head_dim / 2, 2).
        let mut file = vec![0; heads * head_dim];
        for head in 0..heads {
            for part in 0..2 {
                for i in 0..head_dim / 2 {
                    file[head * head_dim + 2 * i + part] = head * head_dim + part * head_dim / 2 + i;
                }
            }
        }
        let order = RowOrder::LlamaUnpermute { head_dim };
        let restored: Vec<_> = (0..file.len()).map(|row| file[order.source(row)]).collect();
        assert_eq!(restored, (0..heads * head_dim).collect::<Vec<_>>());
    }

    #[test]
    fn the_span_of_a_run_holds_it_in_the_same_order() {
        for order in [RowOrder::AsStored, RowOrder::LlamaUnpermute { head_dim: 8 }] {
            for rows in [0..2, 6..10, 8..16, 14..24] {
                let span = order.span(rows.clone());
                for row in rows {
                    assert!(span.contains(&order.source(row)));
                    assert_eq!(order.source(row - span.start), order.source(row) - span.start, "{order:?} {row}");
                }
            }
        }
        assert_eq!(RowOrder::LlamaUnpermute { head_dim: 8 }.span(6..10), 0..16);
    }
}
