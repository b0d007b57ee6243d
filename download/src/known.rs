//! Models that are known to run.

/// A model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// For people.
    pub name: &'static str,
    /// Its [`crate::FileName`].
    pub file: &'static str,
    /// Megabytes, for people: the server tells the size.
    pub megabytes: u32,
    /// Its licence.
    pub licence: &'static str,
}

/// Small models of the families and formats that the engine runs, the smallest first.
pub const KNOWN: [Known; 4] = [
    Known {
        name: "SmolLM2 135M Instruct",
        file: "bartowski/SmolLM2-135M-Instruct-GGUF/SmolLM2-135M-Instruct-Q8_0.gguf",
        megabytes: 145,
        licence: "Apache-2.0",
    },
    Known {
        name: "SmolLM2 360M Instruct",
        file: "HuggingFaceTB/SmolLM2-360M-Instruct-GGUF/smollm2-360m-instruct-q8_0.gguf",
        megabytes: 386,
        licence: "Apache-2.0",
    },
    Known {
        name: "Qwen2.5 0.5B Instruct",
        file: "Qwen/Qwen2.5-0.5B-Instruct-GGUF/qwen2.5-0.5b-instruct-q8_0.gguf",
        megabytes: 676,
        licence: "Apache-2.0",
    },
    Known {
        name: "Qwen2.5 1.5B Instruct",
        file: "Qwen/Qwen2.5-1.5B-Instruct-GGUF/qwen2.5-1.5b-instruct-q8_0.gguf",
        megabytes: 1895,
        licence: "Apache-2.0",
    },
];

#[cfg(test)]
mod tests {
    use super::KNOWN;

    #[test]
    fn each_is_a_name() {
        for known in KNOWN {
            assert!(known.file.parse::<crate::FileName>().is_ok(), "{}", known.file);
        }
    }
}
