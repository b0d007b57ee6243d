//! Chat templates: the Jinja template in a GGUF file turns messages into the text that the model was trained on.
//!
//! Rendered as `transformers` does in `apply_chat_template`: trimmed blocks, Python's string methods,
//! `raise_exception`, `strftime_now` and Python's JSON.

use std::path::{Path, PathBuf};

use minijinja::value::Kwargs;
use minijinja::{Environment, ErrorKind, Value, context};
use serde::{Deserialize, Serialize};
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use crate::formats::Gguf;
use crate::{Error, Result};

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions to the model.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// What a tool that the model called answered.
    Tool,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: String,
}

impl Message {
    /// A message of `role`.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into() }
    }
}

/// What is used when a file has no template: ChatML, which the SmolLM2 and Qwen families use.
const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + \
    '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/// Instructions that a template may take: a hostile one stops here, in well under a second.
const FUEL: u64 = 2_000_000;

/// A model's chat template.
#[derive(Debug, Clone)]
pub struct ChatTemplate {
    file: PathBuf,
    environment: Environment<'static>,
    bos: String,
    eos: String,
    fallback: bool,
}

impl ChatTemplate {
    /// Reads a file's `tokenizer.chat_template`, or takes ChatML if it has none (see [`ChatTemplate::is_fallback`]).
    ///
    /// # Errors
    /// [`Error::File`] if the template cannot be parsed.
    pub fn from_gguf(gguf: &Gguf) -> Result<Self> {
        let source = gguf.find::<&str>("tokenizer.chat_template")?;
        let tokens = gguf.find::<&[String]>("tokenizer.ggml.tokens")?.unwrap_or_default();
        let text = |key: &str| -> Result<&str> {
            let id = gguf.find::<u32>(key)?;
            Ok(id.and_then(|id| tokens.get(id as usize)).map_or("", String::as_str))
        };
        let (bos, eos) = (text("tokenizer.ggml.bos_token_id")?, text("tokenizer.ggml.eos_token_id")?);
        Self::new(gguf.file(), source, bos, eos)
    }

    /// From a template's source (ChatML if `None`) and the texts of the tokens that begin and end a text; `file`
    /// stands in messages.
    ///
    /// # Errors
    /// [`Error::File`] if the template cannot be parsed.
    pub fn new(file: &Path, source: Option<&str>, bos: &str, eos: &str) -> Result<Self> {
        let mut environment = environment();
        environment.add_template_owned("chat", source.unwrap_or(CHATML).to_owned()).map_err(|error| {
            let problem = format!("its chat template cannot be parsed: {}", reason(&error));
            Error::file(file, problem, "Convert the model again with a current converter")
        })?;
        let (bos, eos) = (bos.to_owned(), eos.to_owned());
        Ok(Self { file: file.to_owned(), environment, bos, eos, fallback: source.is_none() })
    }

    /// Whether the file had no template and ChatML is used instead.
    pub fn is_fallback(&self) -> bool {
        self.fallback
    }

    /// The text of a conversation; with `add_generation_prompt`, ending where the model's answer is to begin.
    /// Control tokens are written out: encode it with `parse_special`.
    ///
    /// # Errors
    /// [`Error::File`] if the template refuses the messages (their order, a role) or fails.
    pub fn render(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String> {
        let (bos_token, eos_token) = (&self.bos, &self.eos);
        let context = context! { messages, add_generation_prompt, bos_token, eos_token };
        self.environment.get_template("chat").and_then(|template| template.render(context)).map_err(|error| {
            let problem = format!("its chat template does not take these messages: {}", reason(&error));
            Error::file(&self.file, problem, "Check the roles and the order of the messages")
        })
    }
}

/// Jinja as `transformers` sets it up.
fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_fuel(Some(FUEL));
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_filter("tojson", tojson);
    environment.add_function("raise_exception", |message: String| -> Result<Value, minijinja::Error> {
        Err(minijinja::Error::new(ErrorKind::InvalidOperation, message))
    });
    environment.add_function("strftime_now", |format: String| -> Result<String, minijinja::Error> {
        jiff::fmt::strtime::format(&format, &jiff::Zoned::now()).map_err(invalid)
    });
    environment
}

/// Python's `json.dumps(value, ensure_ascii=False, indent=indent)`.
fn tojson(value: &Value, options: Kwargs) -> Result<Value, minijinja::Error> {
    let mut out = vec![];
    match options.get::<Option<usize>>("indent")? {
        Some(width) => {
            let indent = " ".repeat(width.min(16));
            let formatter = PrettyFormatter::with_indent(indent.as_bytes());
            value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, formatter)).map_err(invalid)?;
        }
        None => {
            value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, OneLine)).map_err(invalid)?;
        }
    }
    // Ignored: `ensure_ascii=False` is what transformers does anyway.
    let _: Option<bool> = options.get("ensure_ascii")?;
    options.assert_all_used()?;
    String::from_utf8(out).map(Value::from_safe_string).map_err(invalid)
}

/// JSON on one line with a space after each comma and colon, as Python writes it.
struct OneLine;

impl Formatter for OneLine {
    fn begin_array_value<W: std::io::Write + ?Sized>(&mut self, out: &mut W, first: bool) -> std::io::Result<()> {
        out.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: std::io::Write + ?Sized>(&mut self, out: &mut W, first: bool) -> std::io::Result<()> {
        out.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: std::io::Write + ?Sized>(&mut self, out: &mut W) -> std::io::Result<()> {
        CompactFormatter.begin_object_value(out)?;
        out.write_all(b" ")
    }
}

fn invalid(error: impl std::fmt::Display) -> minijinja::Error {
    minijinja::Error::new(ErrorKind::InvalidOperation, error.to_string())
}

/// A template error in one line.
fn reason(error: &minijinja::Error) -> String {
    let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    error.line().map_or_else(|| detail.clone(), |line| format!("{detail} (its line {line})"))
}
