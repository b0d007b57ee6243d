//! Embedding lookup from quantized rows.

use super::{Case, CaseBuffer, Data, Expect, Sizes, Storage, weights};
use crate::formats::blocks::Encoding;
use crate::gpu::{Caps, Plan};

/// Set in a row's token when the rest is a slot of the sampled tokens instead of an id.
pub const TOKEN_SAMPLED: u32 = 1 << 31;

/// x[row] = table[token of row], for tokens in a slice of the table.
#[derive(Debug, Clone, Copy)]
pub struct Embed {
    /// Numbers a row, a multiple of 32.
    pub width: u32,
    /// Rows of the step.
    pub rows: u32,
    /// First token of the slice.
    pub first_token: u32,
    /// Tokens in the slice.
    pub tokens: u32,
    /// How the table is held.
    pub encoding: Encoding,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    width: u32,
    first_token: u32,
    tokens: u32,
}

impl Embed {
    /// Binds the table as [`Storage::of`] it (quants and scales, or a texture), rows, sampled tokens, x
    /// `[rows, width]`.
    pub fn plan(&self, caps: &Caps) -> Plan {
        let defines = match Storage::of(caps, self.encoding) {
            Storage::Buffers => [weights::define(self.encoding), ""],
            Storage::Texture => [weights::texture_define(self.encoding), "TEXTURE"],
        };
        Plan::new("embed", &defines)
            .constant("WG", if self.width >= 1024 { 128 } else { 32 })
            .params(Params { width: self.width, first_token: self.first_token, tokens: self.tokens })
            .grid(self.rows, 1, 1)
    }
}

/// The table of cases.
pub fn cases(caps: &Caps, sizes: Sizes) -> Vec<Case> {
    let shapes: &[(u32, u32, u32)] = match sizes {
        Sizes::Check => &[(1, 32, 5), (4, 96, 33), (5, 2080, 17)],
        Sizes::Bench => &[(1, 3584, 32000), (512, 3584, 32000)],
    };
    let mut cases = Vec::new();
    for &(rows, width, tokens) in shapes {
        for dtype in weights::DTYPES {
            cases.extend(case(rows, width, tokens, dtype, caps));
        }
    }
    cases
}

fn case(rows: u32, width: u32, tokens: u32, dtype: crate::formats::Dtype, caps: &Caps) -> Option<Case> {
    let mut data = Data::new(u64::from(tokens));
    let first_token = 100;
    let table = weights::random(&mut data, dtype, tokens, width).ok()?;
    // Row 0 takes a sampled token, the last row one outside of the slice: its x stays as it was.
    let sampled = [0, first_token + tokens - 1];
    let mut x = vec![-1.0f32; (rows * width) as usize];
    let before = x.clone();
    let mut step_rows = Vec::new();
    for (row, x) in x.chunks_mut(width as usize).enumerate() {
        let token = match row {
            0 => sampled[1],
            _ if row as u32 == rows - 1 => first_token + tokens,
            _ => first_token + data.below(tokens),
        };
        step_rows.push([if row == 0 { TOKEN_SAMPLED | 1 } else { token }, row as u32, 0, 0]);
        if token - first_token < tokens {
            x.copy_from_slice(&table.row((token - first_token) as usize));
        }
    }
    let mut buffers = weights::stored(&table, caps);
    buffers.extend([CaseBuffer::input(&step_rows), CaseBuffer::input(&sampled)]);
    buffers.push(CaseBuffer::in_out(&before, Expect::F32(x)));
    let embed = Embed { width, rows, first_token, tokens, encoding: table.encoding };
    Some(Case {
        kernel: "embed",
        label: format!("{rows} of {tokens}x{width} {dtype}"),
        plan: embed.plan(caps),
        buffers,
        bytes: weights::bytes(table.encoding, rows, width) + u64::from(rows) * u64::from(width) * 4,
        flops: u64::from(rows) * u64::from(width) * 2,
    })
}
