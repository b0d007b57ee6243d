//! Tokenizers and templates on tiny vocabularies: what holds for any text, and refusals.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::formats::Gguf;
use crate::formats::gguf::{Array, GgufWriter, Value};

fn strings(list: &[String]) -> Value {
    Value::Array(Array::Str(list.to_vec()))
}

/// GPT-2's characters for all bytes, in the order of the bytes.
fn alphabet() -> Vec<String> {
    let mut strange = 256;
    let spell = |byte: u32| match byte {
        0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff => byte,
        _ => {
            strange += 1;
            strange - 1
        }
    };
    (0..256).map(spell).map(|c| char::from_u32(c).unwrap().to_string()).collect()
}

/// Tokens: the bytes (ids 0 to 255), `th`, `the`, `<|im_end|>` (control), `<tab>` (user-defined).
fn tiny(change: impl Fn(GgufWriter) -> GgufWriter) -> Gguf {
    let mut tokens = alphabet();
    tokens.extend(["th", "the", "<|im_end|>", "<tab>"].map(str::to_owned));
    let types = [vec![1; 258], vec![3, 4]].concat();
    let writer = GgufWriter::new("llama")
        .metadata("tokenizer.ggml.tokens", strings(&tokens))
        .metadata("tokenizer.ggml.token_type", Value::Array(Array::I32(types)));
    Gguf::from_bytes(Path::new("tiny.gguf"), change(writer).finish()).unwrap()
}

fn merges(list: &[&str]) -> Value {
    strings(&list.iter().map(|&merge| merge.to_owned()).collect::<Vec<_>>())
}

fn named(pre: &'static str) -> Gguf {
    tiny(move |writer| {
        writer
            .metadata("tokenizer.ggml.model", Value::Str("gpt2".to_owned()))
            .metadata("tokenizer.ggml.pre", Value::Str(pre.to_owned()))
            .metadata("tokenizer.ggml.merges", merges(&["t h", "th e"]))
            .metadata("tokenizer.ggml.eos_token_id", Value::U32(258))
    })
}

fn tokenizer() -> Tokenizer {
    Tokenizer::from_gguf(&named("smollm")).unwrap()
}

#[test]
fn merges_specials_and_user_tokens_are_found() {
    let tokenizer = tokenizer();
    let at = u32::from(b'a');
    assert_eq!(tokenizer.encode("thea", false).unwrap(), [257, at]);
    assert_eq!(tokenizer.encode("<|im_end|>th", true).unwrap(), [258, 256]);
    assert_eq!(tokenizer.encode("a<tab>a", false).unwrap(), [at, 259, at]);
    assert_eq!(tokenizer.encode("<|im_end|>", false).unwrap().len(), 10);
    assert_eq!(tokenizer.end_ids(), [258]);
    assert_eq!((tokenizer.id("the"), tokenizer.id("them")), (Some(257), None));
    assert_eq!(
        (tokenizer.bytes(10), tokenizer.bytes(259), tokenizer.bytes(260)),
        (Some(&b"\n"[..]), Some(&b"<tab>"[..]), None)
    );
}

#[test]
fn a_character_in_pieces_waits_until_it_is_whole() {
    let tokenizer = tokenizer();
    let mut stream = tokenizer.stream(Special::Skip);
    let pushed: Vec<String> = "a€".bytes().map(|byte| stream.push(byte.into())).collect();
    assert_eq!(pushed, ["a", "", "", "€"]);
    // A lead byte followed by what cannot follow it; an end inside a character; an unknown id.
    assert_eq!([0xe2, u32::from(b'b'), 999].map(|id| stream.push(id)), ["", "\u{fffd}b", ""]);
    assert_eq!((stream.push(0xf0), stream.finish()), (String::new(), "\u{fffd}".to_owned()));
    assert_eq!(stream.finish(), "");
}

#[test]
fn what_a_vocabulary_cannot_spell_is_told() {
    let tokenizer = tokenizer();
    for text in ["<|im_end|>\nthe é<tab>q", "a", ""] {
        assert_eq!(tokenizer.spell(text).unwrap(), Some(tokenizer.encode(text, true).unwrap()), "{text:?}");
    }
    // One that lacks a byte drops it.
    let mut tokens = alphabet();
    tokens[usize::from(b'q')] = "qqq".to_owned();
    let writer = GgufWriter::new("llama")
        .metadata("tokenizer.ggml.tokens", strings(&tokens))
        .metadata("tokenizer.ggml.token_type", Value::Array(Array::I32(vec![1; 256])))
        .metadata("tokenizer.ggml.model", Value::Str("gpt2".to_owned()))
        .metadata("tokenizer.ggml.pre", Value::Str("smollm".to_owned()))
        .metadata("tokenizer.ggml.merges", merges(&[]));
    let gguf = Gguf::from_bytes(Path::new("tiny.gguf"), writer.finish()).unwrap();
    let lacking = Tokenizer::from_gguf(&gguf).unwrap();
    assert_eq!(["aq", "q", "qa", "aa"].map(|text| lacking.spell(text).unwrap().is_some()), [false, false, false, true]);
    // Without bytes to fall back to, SentencePiece has an unknown token; the space that it adds is none of the text's.
    let pieces = Tokenizer::from_gguf(&sentencepiece(|writer| writer)).unwrap();
    for text in ["aba", " a<s>a", "é"] {
        assert!(pieces.spell(text).unwrap().is_some(), "{text:?}");
    }
}

/// `<unk>`, `<s>`, the bytes, then pieces with scores: the higher, the sooner merged.
fn sentencepiece(change: impl Fn(GgufWriter) -> GgufWriter) -> Gguf {
    let mut tokens = vec!["<unk>".to_owned(), "<s>".to_owned()];
    tokens.extend((0..256).map(|byte| format!("<0x{byte:02X}>")));
    tokens.extend(["\u{2581}", "a", "b", "ab", "ba", "\u{2581}a", "aba"].map(str::to_owned));
    let types = [vec![2, 3], vec![6; 256], vec![1; 7]].concat();
    let scores = [vec![0.0; 258], vec![-9.0, -9.0, -9.0, -2.0, -1.0, -3.0, -4.0]].concat();
    let writer = GgufWriter::new("llama")
        .metadata("tokenizer.ggml.model", Value::Str("llama".to_owned()))
        .metadata("tokenizer.ggml.tokens", strings(&tokens))
        .metadata("tokenizer.ggml.token_type", Value::Array(Array::I32(types)))
        .metadata("tokenizer.ggml.scores", Value::Array(Array::F32(scores)));
    Gguf::from_bytes(Path::new("tiny.gguf"), change(writer).finish()).unwrap()
}

#[test]
fn sentencepiece_merges_by_score_and_falls_back_to_bytes() {
    let tokenizer = Tokenizer::from_gguf(&sentencepiece(|writer| writer)).unwrap();
    let name = |id: u32| String::from_utf8_lossy(tokenizer.bytes(id).unwrap()).into_owned();
    let names = |text: &str| tokenizer.encode(text, true).unwrap().into_iter().map(name).collect::<Vec<_>>();
    // "ba" is merged first though "ab" is further left; then nothing makes "aba" or "aab".
    assert_eq!(names("aba"), [" a", "ba"]);
    assert_eq!(names("bab"), [" ", "ba", "b"]);
    assert_eq!(names("<s>a a"), ["<s>", " a", " a"]);
    assert_eq!(tokenizer.encode("é", false).unwrap(), [258, 2 + 0xc3, 2 + 0xa9]);
    assert_eq!((tokenizer.id("<s>"), tokenizer.id("ab"), tokenizer.id("<0x0A>")), (Some(1), Some(261), Some(12)));
    let bare = |writer: GgufWriter| writer.metadata("tokenizer.ggml.add_space_prefix", Value::Bool(false));
    let bare = Tokenizer::from_gguf(&sentencepiece(bare)).unwrap();
    assert_eq!(bare.encode("ab", false).unwrap(), [261]);
}

proptest! {
    #[test]
    fn sentencepiece_texts_come_back(text in "[ab \u{e9}\u{20ac}]{0,40}") {
        let tokenizer = Tokenizer::from_gguf(&sentencepiece(|writer| writer)).unwrap();
        prop_assert_eq!(tokenizer.decode(&tokenizer.encode(&text, false).unwrap()), text);
    }

    #[test]
    fn every_text_comes_back(text in any::<String>(), pre in prop::sample::select(vec!["smollm", "gpt-2", "llama-bpe", "default"])) {
        let tokenizer = Tokenizer::from_gguf(&named(pre)).unwrap();
        let ids = tokenizer.encode(&text, false).unwrap();
        prop_assert_eq!(tokenizer.decode(&ids), text);
    }

    #[test]
    fn any_ids_stream_to_what_they_decode_to(ids in prop::collection::vec(0..262u32, 0..60)) {
        let tokenizer = tokenizer();
        let bytes: Vec<u8> = ids.iter().filter(|&&id| id != 258).flat_map(|&id| tokenizer.bytes(id).unwrap_or_default()).copied().collect();
        prop_assert_eq!(tokenizer.decode(&ids), String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn unusable_tokenizers_are_refused() {
    let refused = |gguf: &Gguf, part: &str| {
        let message = Tokenizer::from_gguf(gguf).unwrap_err().to_string();
        assert!(message.contains(part), "expected {part:?} in: {message}");
    };
    let gpt2 = |writer: GgufWriter| writer.metadata("tokenizer.ggml.model", Value::Str("gpt2".to_owned()));
    refused(&tiny(|writer| writer), "tokenizer.ggml.model is missing");
    refused(
        &tiny(|writer| writer.metadata("tokenizer.ggml.model", Value::Str("bert".to_owned()))),
        "\"bert\" is not supported yet; supported: gpt2, llama",
    );
    refused(&named("tekken"), "\"tekken\" is not supported yet; supported: smollm, qwen2");
    refused(&tiny(gpt2), "tokenizer.ggml.merges is missing");
    let merged = |list: &'static [&str]| tiny(|writer| gpt2(writer).metadata("tokenizer.ggml.merges", merges(list)));
    refused(&merged(&["th"]), "merge \"th\" is no pair");
    refused(&merged(&["q z"]), "merges are inconsistent");
    let eos = tiny(|writer| gpt2(writer).metadata("tokenizer.ggml.eos_token_id", Value::U32(260)));
    refused(&eos, "eos_token_id is 260 but it has 260 tokens");
    let short = GgufWriter::new("llama")
        .metadata("tokenizer.ggml.tokens", merges(&["a", "b"]))
        .metadata("tokenizer.ggml.token_type", Value::Array(Array::I32(vec![1])));
    refused(&Gguf::from_bytes(Path::new("tiny.gguf"), gpt2(short).finish()).unwrap(), "2 tokens but 1 token types");
    let twice = GgufWriter::new("llama")
        .metadata("tokenizer.ggml.tokens", merges(&["a", "a"]))
        .metadata("tokenizer.ggml.token_type", Value::Array(Array::I32(vec![1, 1])))
        .metadata("tokenizer.ggml.merges", merges(&[]));
    refused(&Gguf::from_bytes(Path::new("tiny.gguf"), gpt2(twice).finish()).unwrap(), "appear twice");
}

fn template(source: &str) -> ChatTemplate {
    ChatTemplate::new(Path::new("tiny.gguf"), Some(source), "<s>", "</s>").unwrap()
}

fn hello() -> [Message; 1] {
    [Message::new(Role::User, " Hi \"you\" ")]
}

#[test]
fn a_file_without_a_template_talks_chatml() {
    let template = ChatTemplate::from_gguf(&named("smollm")).unwrap();
    assert!(template.is_fallback());
    let messages = [Message::new(Role::System, "s"), Message::new(Role::User, "u")];
    let expected = "<|im_start|>system\ns<|im_end|>\n<|im_start|>user\nu<|im_end|>\n<|im_start|>assistant\n";
    assert_eq!(template.render(&messages, true).unwrap(), expected);
    assert_eq!(template.render(&[], false).unwrap(), "");
}

/// In the manner of Qwen 2.5's template: trimmed lines, a default system message, tools, `tojson`.
const QWEN: &str = r#"{%- if tools %}
    {{- 'tools' }}
{%- else %}
    {%- if messages[0]['role'] == 'system' %}
        {{- '<|im_start|>system\n' + messages[0]['content'] + '<|im_end|>\n' }}
    {%- else %}
        {{- '<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}
    {%- elif message.role == "tool" %}
        {%- if (loop.index0 == 0) or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\n<tool_response>\n' }}
        {{- message.content }}
        {{- '\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
{%- endif %}
"#;

#[test]
fn a_template_like_qwens_renders() {
    let messages = [
        Message::new(Role::User, "Weather?"),
        Message::new(Role::Tool, "sun"),
        Message::new(Role::Tool, "wind"),
        Message::new(Role::Assistant, "Nice."),
    ];
    let expected = "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n\
        <|im_start|>user\nWeather?<|im_end|>\n<|im_start|>user\n<tool_response>\nsun\n</tool_response>\n\
        <tool_response>\nwind\n</tool_response><|im_end|>\n<|im_start|>assistant\nNice.<|im_end|>\n<|im_start|>assistant\n";
    assert_eq!(template(QWEN).render(&messages, true).unwrap(), expected);
}

#[test]
fn templates_have_what_transformers_gives_them() {
    let rendered = |source: &str| template(source).render(&hello(), false).unwrap();
    assert_eq!(rendered("{{ bos_token }}{{ messages[0].content.strip() }}{{ eos_token }}\n"), "<s>Hi \"you\"</s>");
    assert_eq!(rendered("{{ messages | tojson }}"), r#"[{"role": "user", "content": " Hi \"you\" "}]"#);
    assert_eq!(rendered("{{ {'a': ['<', 'é']} | tojson(indent=2) }}"), "{\n  \"a\": [\n    \"<\",\n    \"é\"\n  ]\n}");
    assert_eq!(rendered("  {% if true %}\nx\n  {% endif %}\ny"), "x\ny");
    assert_eq!(rendered("{% for i in [1, 2, 3] %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}"), "1");
    assert!(rendered("{{ strftime_now('%Y') }}").parse::<u32>().unwrap() >= 2025);
}

#[test]
fn what_a_template_refuses_is_an_error() {
    let refused = |source: &str, part: &str| {
        let message = template(source).render(&hello(), false).unwrap_err().to_string();
        assert!(message.contains(part), "expected {part:?} in: {message}");
    };
    refused(
        "{{ raise_exception('Roles must alternate') }}",
        "tiny.gguf: its chat template does not take these messages: Roles must alternate",
    );
    refused("\n{{ messages[0].content.nonsense() }}", "nonsense");
    refused("{% for i in range(100000) %}{% for j in range(100000) %}{{ j }}{% endfor %}{% endfor %}", "fuel");
    let message = ChatTemplate::new(Path::new("tiny.gguf"), Some("{% if %}"), "", "").unwrap_err().to_string();
    assert!(message.contains("tiny.gguf: its chat template cannot be parsed"), "{message}");
}
