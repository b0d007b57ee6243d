//! A loaded model, and a conversation with it.

use crate::asked::{Chatting, Loading, Reasoning, read};
use crate::failure::failure;
use crate::source::{File, Source};
use js_sys::{Array, Function, Uint8Array};
use ruminate::adapter::{AdapterFile, AdapterOptions};
use ruminate::formats::{Files, Gguf};
use ruminate::gpu::Gpu;
use ruminate::reason::{Bundle, Reasoner};
use ruminate::sample::Stop;
use ruminate::session::{Chat, Engine, Event, LoadEvent};
use ruminate::text::Message;
use ruminate::{Error, Result};
use serde::Serialize;
use serde_json::json;
use std::path::{Path, PathBuf};
use wasm_bindgen::prelude::*;

/// The folder that a bundle's files are in.
const FOLDER: &str = "bundle";

/// A model on the GPU, a reasoner if a bundle was given, and a conversation.
///
/// All options and events are JSON. Functions that are told of something return whether to go on.
#[wasm_bindgen]
pub struct Model {
    engine: Engine,
    reasoner: Option<Reasoner>,
    chat: Chat,
}

#[wasm_bindgen]
impl Model {
    /// Loads a GGUF file, and the bundle of `[path, bytes]` files if there is one. `tell(stage, done, total)`.
    pub async fn load(
        source: Source,
        bundle: Option<Array>,
        options: String,
        tell: Function,
    ) -> Result<Model, JsValue> {
        let file = File::new(source);
        let loaded = load(&file, bundle, &options, &tell).await;
        loaded.map_err(|error| file.thrown().unwrap_or_else(|| failure(&error)))
    }

    /// What was loaded, and on what.
    pub fn info(&self) -> String {
        let (weights, bytes) = self.engine.model_size();
        let (all, kv) = self.engine.gpu_bytes();
        let gpu = &self.engine.gpu;
        let adapters: Vec<&str> = self.engine.adapters().map(|info| info.alias.as_str()).collect();
        json!({
            "device": gpu.info.name, "tier": gpu.caps.tier.to_string(), "weights": weights, "weightBytes": bytes,
            "gpuBytes": all, "kvBytes": kv, "context": self.engine.context(), "adapters": adapters,
            "bundle": self.reasoner.as_ref().map(|reasoner| reasoner.bundle().manifest.name.as_str()),
        })
        .to_string()
    }

    /// Answers a question in the conversation, with thoughts if that pays. `tell(event)`: see [`ruminate::reason::Event`].
    pub async fn reason(&mut self, question: String, asked: String, tell: Function) -> Result<(), JsValue> {
        self.answer_reasoned(&question, &asked, &tell).await.map_err(|error| failure(&error))
    }

    /// Answers in the conversation without thoughts. `tell(event)`: `prefill`, `token`, `end`.
    pub async fn chat(&mut self, text: String, asked: String, tell: Function) -> Result<(), JsValue> {
        self.answer_plainly(&text, &asked, &tell).await.map_err(|error| failure(&error))
    }

    /// Loads an adapter of `[path, bytes]` files, of which `path` is the GGUF file or the PEFT folder, under a name.
    pub fn load_adapter(&mut self, name: &str, files: Array, path: &str) -> Result<(), JsValue> {
        let load = || {
            let file = AdapterFile::open_in(&memory(files)?, Path::new(path), &self.engine.config)?;
            self.engine.add_adapter(name, &file, AdapterOptions::default())
        };
        load().map(drop).map_err(|error| failure(&error))
    }

    /// Takes an adapter's name away.
    pub fn unload_adapter(&mut self, name: &str) -> Result<(), JsValue> {
        self.engine.unload_adapter(name).map_err(|error| failure(&error))
    }

    /// The conversation so far.
    pub fn messages(&self) -> Result<String, JsValue> {
        to_json(self.chat.messages()).map_err(|error| failure(&error))
    }

    /// Puts another conversation in its place.
    pub fn set_messages(&mut self, messages: &str) -> Result<(), JsValue> {
        let messages: Vec<Message> = read(messages).map_err(|error| failure(&error))?;
        self.chat.set_messages(messages);
        Ok(())
    }

    /// A text's tokens.
    pub fn tokens(&self, text: &str) -> Result<Vec<u32>, JsValue> {
        self.engine.tokenizer().and_then(|it| it.encode(text, true)).map_err(|error| failure(&error))
    }

    /// Logits after each of some tokens, `[tokens, vocab]`, in a conversation of their own.
    pub async fn logits(&mut self, ids: Vec<u32>) -> Result<Vec<f32>, JsValue> {
        let engine = &mut self.engine;
        let logits = async {
            let branch = engine.open_branch()?;
            let logits = engine.logits(branch, &ids).await;
            engine.close_branch(branch)?;
            logits
        };
        logits.await.map_err(|error| failure(&error))
    }

    /// Gives the device back while it is in use: what a driver's reset does.
    pub fn lose_device(&self) {
        self.engine.gpu.device.destroy();
    }
}

async fn load(file: &File, bundle: Option<Array>, options: &str, tell: &Function) -> Result<Model> {
    let options: Loading = read(options)?;
    let bundle = bundle.map(|files| Bundle::open_in(memory(files)?, Path::new(FOLDER))).transpose()?;
    let gpu = Gpu::open(&options.gpu()?).await?;
    let gguf = Gguf::fetch(&file.name(), file, file.size()?).await?;
    let mut progress = |event| match event {
        LoadEvent::Weights { done, total } => {
            goes_on(tell.call3(&JsValue::NULL, &"weights".into(), &(done as f64).into(), &(total as f64).into()))
        }
        LoadEvent::Pipelines { .. } => true,
    };
    let engine_options = options.engine(bundle.as_ref())?;
    let mut engine = Engine::load_from(gpu, &gguf, file, &engine_options, &mut progress).await?;
    drop(gguf);
    let reasoner = bundle.map(|bundle| Reasoner::new(&mut engine, bundle, None)).transpose()?;
    let chat = Chat::new(&mut engine, options.system.as_deref())?;
    // What does not fit, or does not compile, says so now.
    engine.gpu.settled().await?;
    Ok(Model { engine, reasoner, chat })
}

impl Model {
    async fn answer_reasoned(&mut self, question: &str, asked: &str, tell: &Function) -> Result<()> {
        let Self { engine, reasoner, chat } = self;
        let missing = || Error::Invalid("there is no bundle. Give one to load(), or use chat()".into());
        let reasoner = reasoner.as_ref().ok_or_else(missing)?;
        let asked: Reasoning = read(asked)?;
        let settings = asked.settings(reasoner.bundle().manifest.sampling)?;
        let mut reply = reasoner.ask(engine, chat, question, &settings)?;
        while let Some(event) = reply.next().await? {
            if !goes_on(tell.call1(&JsValue::NULL, &to_json(&event)?.into())) {
                return Err(Error::Cancelled);
            }
        }
        Ok(())
    }

    async fn answer_plainly(&mut self, text: &str, asked: &str, tell: &Function) -> Result<()> {
        let Self { engine, chat, .. } = self;
        let asked: Chatting = read(asked)?;
        chat.set_adapter(engine, asked.adapter.as_deref())?;
        let mut generation = chat.ask(engine, text, asked.sampling(), asked.stop())?;
        let (mut answer, mut is_wanted) = (String::new(), true);
        while is_wanted && let Some(event) = generation.next().await? {
            let told = match event {
                Event::Prefill { done, total } => json!({"event": "prefill", "done": done, "total": total}),
                Event::Token { id, text, logprob } => {
                    answer += &text;
                    json!({"event": "token", "id": id, "text": text, "logprob": logprob})
                }
                Event::End { stop, text, statistics } => {
                    answer += &text;
                    json!({
                        "event": "end", "stop": name(stop), "text": answer, "tokens": statistics.tokens,
                        "prompt_tokens": statistics.prompt_tokens, "cached_tokens": statistics.cached_tokens,
                        "first_token_seconds": statistics.first_token_seconds,
                        "decode_seconds": statistics.decode_seconds,
                    })
                }
                Event::Waiting { .. } | Event::Probed { .. } | Event::Failed { .. } => continue,
            };
            is_wanted = goes_on(tell.call1(&JsValue::NULL, &told.to_string().into()));
        }
        // What was told stays in the conversation, also of an answer that was cancelled.
        let kept = generation.kept().to_vec();
        drop(generation);
        chat.answered(answer, &kept);
        if is_wanted { Ok(()) } else { Err(Error::Cancelled) }
    }
}

fn name(stop: Stop) -> &'static str {
    match stop {
        Stop::Token(_) => "token",
        Stop::String(_) => "string",
        Stop::Length => "length",
        Stop::Cancelled => "cancelled",
    }
}

pub(crate) fn to_json(value: &(impl Serialize + ?Sized)) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Invalid(format!("it cannot be told: {error}")))
}

/// What a function that was told of something says; one that throws wants no more.
pub(crate) fn goes_on(said: Result<JsValue, JsValue>) -> bool {
    said.is_ok_and(|said| said.is_truthy())
}

/// `[path, bytes]` files.
fn memory(files: Array) -> Result<Files> {
    let pair = |entry: JsValue| {
        let entry = entry.dyn_into::<Array>().ok()?;
        let path = PathBuf::from(entry.get(0).as_string()?);
        Some((path, entry.get(1).dyn_into::<Uint8Array>().ok()?.to_vec()))
    };
    let files: Option<Vec<_>> = files.iter().map(pair).collect();
    Ok(Files::memory(files.ok_or_else(|| Error::Invalid("give files as [path, bytes]".into()))?))
}
