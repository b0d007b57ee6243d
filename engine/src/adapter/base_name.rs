//! Whether the base that an adapter names is the model at hand. Names are written in many ways and filled in without care,
//! so this only tells those apart that clearly differ.

/// Whether a name, as an adapter's file states its base, fits none of the model's. One that says nothing fits, and so does
/// one that goes on where the other ends, like an instruct model and its base.
pub(crate) fn differs(base: &str, model: &[String]) -> bool {
    let base = normalised(base);
    let names: Vec<String> = model.iter().map(|name| normalised(name)).filter(|name| !name.is_empty()).collect();
    let fits = |name: &String| name.starts_with(&base) || base.starts_with(name.as_str());
    !base.is_empty() && !names.is_empty() && !names.iter().any(fits)
}

/// The last part of a path, in small letters and digits alone, up to what says how it was quantized. Empty for what is no
/// name, as a snapshot's hash.
fn normalised(name: &str) -> String {
    let last = name.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or(name).to_lowercase();
    if last.len() >= 32 && last.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return String::new();
    }
    let parts = last.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.take_while(|part| !is_of_file(part)).collect()
}

/// Whether a part of a name says how the file holds the model.
fn is_of_file(part: &str) -> bool {
    let numbered =
        |prefix: &str| part.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let kind = matches!(part, "gguf" | "safetensors" | "bnb" | "gptq" | "awq" | "hf" | "unsloth" | "4bit" | "8bit");
    // Sizes of models begin with digits, types of numbers with letters.
    kind || (part.len() <= 4 && ["q", "iq", "f", "bf", "fp", "int"].iter().any(|prefix| numbered(prefix)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_clearly_differs_does() {
        let smollm = ["Smollm2 135M 8k Lc100K Mix1 Ep2", "SmolLM2-135M-Instruct.Q4_1"].map(str::to_owned);
        let qwen = ["Qwen2.5 0.5B Instruct".to_owned()];
        for (base, model) in [
            ("SmolLM2-135M-Instruct", &smollm[..]),
            ("HuggingFaceTB/SmolLM2-135M-Instruct", &smollm),
            ("HuggingFaceTB/SmolLM2-135M", &smollm),
            ("/models/smollm2_135m_instruct/", &smollm),
            ("Qwen/Qwen2.5-0.5B-Instruct", &qwen),
            ("unsloth/qwen2.5-0.5b-instruct-bnb-4bit", &qwen),
            ("C:\\models\\Qwen2.5-0.5B-Instruct-f16.gguf", &qwen),
            ("Qwen/Qwen2.5-0.5B", &qwen),
            ("snapshots/7ae557604adf67be50417f59c2c2f167def9a775", &qwen),
            ("", &qwen),
            ("./", &qwen),
            ("Llama-3.2-1B", &[]),
            ("Llama-3.2-1B", &[String::new(), "-".into()]),
        ] {
            assert!(!differs(base, model), "{base:?} {model:?}");
        }
        for (base, model) in [
            ("Qwen/Qwen2.5-1.5B-Instruct", &qwen[..]),
            ("meta-llama/Llama-3.2-1B", &qwen),
            ("HuggingFaceTB/SmolLM2-360M-Instruct", &smollm),
            ("Qwen/Qwen2.5-Math-1.5B", &qwen),
        ] {
            assert!(differs(base, model), "{base:?} {model:?}");
        }
    }
}
