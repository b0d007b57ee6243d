//! The element types of ggml tensors: every one is known by name and size, some can be used.
//!
//! Source: the GGUF specification in the ggml repository (`docs/gguf.md`) and `gguf-py/gguf/constants.py`.

use std::fmt;

use super::blocks::Encoding;
use crate::{Error, Result};

/// Declares the enum and its table of (id in the file, name, weights a block, bytes a block).
macro_rules! dtypes {
    ($($id:literal $variant:ident $name:literal $weights:literal $bytes:literal,)*) => {
        /// An element type as a GGUF file names it, each after ggml's type of the same name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum Dtype { $($variant,)* }

        impl Dtype {
            /// Every type that the engine knows by name.
            pub const ALL: &[Dtype] = &[$(Dtype::$variant,)*];

            /// (id, name, weights a block, bytes a block)
            const fn row(self) -> (u32, &'static str, usize, usize) {
                match self { $(Dtype::$variant => ($id, $name, $weights, $bytes),)* }
            }
        }
    };
}

dtypes! {
    0 F32 "F32" 1 4,
    1 F16 "F16" 1 2,
    2 Q4_0 "Q4_0" 32 18,
    3 Q4_1 "Q4_1" 32 20,
    6 Q5_0 "Q5_0" 32 22,
    7 Q5_1 "Q5_1" 32 24,
    8 Q8_0 "Q8_0" 32 34,
    9 Q8_1 "Q8_1" 32 36,
    10 Q2K "Q2_K" 256 84,
    11 Q3K "Q3_K" 256 110,
    12 Q4K "Q4_K" 256 144,
    13 Q5K "Q5_K" 256 176,
    14 Q6K "Q6_K" 256 210,
    15 Q8K "Q8_K" 256 292,
    16 Iq2Xxs "IQ2_XXS" 256 66,
    17 Iq2Xs "IQ2_XS" 256 74,
    18 Iq3Xxs "IQ3_XXS" 256 98,
    19 Iq1S "IQ1_S" 256 50,
    20 Iq4Nl "IQ4_NL" 32 18,
    21 Iq3S "IQ3_S" 256 110,
    22 Iq2S "IQ2_S" 256 82,
    23 Iq4Xs "IQ4_XS" 256 136,
    24 I8 "I8" 1 1,
    25 I16 "I16" 1 2,
    26 I32 "I32" 1 4,
    27 I64 "I64" 1 8,
    28 F64 "F64" 1 8,
    29 Iq1M "IQ1_M" 256 56,
    30 Bf16 "BF16" 1 2,
    34 Tq1_0 "TQ1_0" 256 54,
    35 Tq2_0 "TQ2_0" 256 66,
    39 Mxfp4 "MXFP4" 32 17,
    40 Nvfp4 "NVFP4" 64 36,
    41 Q1_0 "Q1_0" 128 18,
    42 Q2_0 "Q2_0" 64 18,
}

impl Dtype {
    /// The type with this id in a GGUF file, if there is one.
    pub fn from_id(id: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|dtype| dtype.id() == id)
    }

    /// Its id in a GGUF file.
    pub const fn id(self) -> u32 {
        self.row().0
    }

    /// ggml's name, like `Q4_1`.
    pub const fn name(self) -> &'static str {
        self.row().1
    }

    /// Weights in one block, the smallest piece that can be decoded alone.
    pub const fn block_weights(self) -> usize {
        self.row().2
    }

    /// Bytes of one block in the file.
    pub const fn block_bytes(self) -> usize {
        self.row().3
    }

    /// Bytes of a run of `weights` weights; `None` if they are no whole number of blocks or overflow.
    pub fn bytes(self, weights: usize) -> Option<usize> {
        if !weights.is_multiple_of(self.block_weights()) {
            return None;
        }
        (weights / self.block_weights()).checked_mul(self.block_bytes())
    }

    /// How the GPU holds such weights; `None` if it cannot.
    const fn known_encoding(self) -> Option<Encoding> {
        match self {
            Self::F32 => Some(Encoding::F32),
            Self::F16 => Some(Encoding::F16),
            Self::Q8_0 => Some(Encoding::W8),
            Self::Q4_0 => Some(Encoding::W4 { min: false }),
            Self::Q4_1 => Some(Encoding::W4 { min: true }),
            _ => None,
        }
    }

    /// How the GPU holds such weights.
    ///
    /// # Errors
    /// [`Error::Invalid`] that lists what is supported if it cannot.
    pub fn encoding(self) -> Result<Encoding> {
        self.known_encoding()
            .ok_or_else(|| Error::Invalid(format!("{self} is not supported yet; supported: {}", Self::supported())))
    }

    /// The names of the types that the engine can use.
    pub fn supported() -> String {
        let usable = Self::ALL.iter().filter(|dtype| dtype.known_encoding().is_some());
        usable.map(|dtype| dtype.name()).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unsupported_type_is_refused_by_name_with_what_works_instead() {
        let message = Dtype::Q4K.encoding().unwrap_err().to_string();
        assert_eq!(message, "Q4_K is not supported yet; supported: F32, F16, Q4_0, Q4_1, Q8_0");
    }

    #[test]
    fn ids_are_unique_and_read_back() {
        for &dtype in Dtype::ALL {
            assert_eq!(Dtype::from_id(dtype.id()), Some(dtype));
        }
        assert_eq!(Dtype::from_id(4), None, "Q4_2 was removed from ggml");
    }

    #[test]
    fn sizes_count_whole_blocks_and_do_not_overflow() {
        assert_eq!(Dtype::Q4_1.bytes(64), Some(40));
        assert_eq!(Dtype::Q4_1.bytes(33), None);
        assert_eq!(Dtype::F64.bytes(usize::MAX), None);
    }
}
