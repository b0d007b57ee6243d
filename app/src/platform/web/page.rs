//! The studio in the page: the window, whose engine is in a worker.

use super::{Disk, catalogue};
use crate::backend::{HEARD_WITHIN, Peer, Update, link};
use crate::history::Store;
use crate::library::Kind;
use crate::{Places, Studio, theme};
use eframe::{WebOptions, WebRunner, egui};
use js_sys::{Array, Uint8Array};
use ruminate::formats::Gguf;
use ruminate_web::{File, Source};
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use wasm_bindgen::prelude::*;
use web_sys::HtmlCanvasElement;

#[wasm_bindgen]
extern "C" {
    /// The page: `web/studio/studio.js`.
    #[derive(Debug, Clone)]
    pub type Page;

    /// Asks the engine for something, as JSON.
    #[wasm_bindgen(method)]
    fn send(this: &Page, command: &str);

    /// Keeps a file. The bytes are the wasm memory's: they must be copied at once.
    #[wasm_bindgen(method)]
    pub fn write(this: &Page, name: &str, contents: &[u8]);

    /// Keeps a file no longer.
    #[wasm_bindgen(method)]
    pub fn remove(this: &Page, name: &str);

    /// Gives the user a file. As for `write`, the bytes must be copied.
    #[wasm_bindgen(method)]
    pub fn save(this: &Page, name: &str, contents: &[u8]);

    /// Lets the user choose files, which come back by [`Window::take`].
    #[wasm_bindgen(method)]
    fn choose(this: &Page);

    /// Reads the window out: what it says, as JSON.
    #[wasm_bindgen(method)]
    fn say(this: &Page, said: &str);

    /// The device that draws is lost: nothing more can be shown in the canvas.
    #[wasm_bindgen(method)]
    fn lost(this: &Page);
}

/// The studio's window.
#[wasm_bindgen]
pub struct Window {
    runner: WebRunner,
    updates: Sender<Update>,
    ctx: egui::Context,
}

#[wasm_bindgen]
impl Window {
    /// Opens the studio in a canvas. `kept` are its files as `[name, bytes]`, `offered` the models that there are as JSON.
    pub async fn open(canvas: HtmlCanvasElement, page: Page, kept: Array, offered: String) -> Result<Window, JsValue> {
        let library = catalogue::read(&offered).map_err(|error| error.to_string())?;
        let file = |entry: JsValue| {
            let entry = entry.dyn_into::<Array>().ok()?;
            Some((entry.get(0).as_string()?, entry.get(1).dyn_into::<Uint8Array>().ok()?.to_vec()))
        };
        let files: BTreeMap<String, Vec<u8>> = kept.iter().filter_map(file).collect();
        let store = Store::on(Disk::new(files, page.clone()));
        let (link, peer) = link();
        let Peer { mut commands, updates } = peer;
        let context = Rc::new(OnceCell::new());
        let made = context.clone();
        let (asks, loses, says) = (page.clone(), page.clone(), page.clone());
        let create: eframe::AppCreator<'static> = Box::new(move |creation| {
            theme::install(&creation.egui_ctx);
            // Its first value is the only one.
            let _ = made.set(creation.egui_ctx.clone());
            let mut studio = Studio::new(link, Places { store: Some(store), library, shop: None });
            studio.choose_files = Some(Box::new(move || asks.choose()));
            studio.mirror = Some(Box::new(move |said| {
                if let Ok(json) = serde_json::to_string(said) {
                    says.say(&json);
                }
            }));
            studio.drawing_lost = Some(Box::new(move || loses.lost()));
            if let Some(drawing) = &creation.wgpu_render_state {
                let loss = studio.drawing.clone();
                let ctx = creation.egui_ctx.clone();
                drawing.device.set_device_lost_callback(move |_, reason| {
                    loss.put(reason);
                    ctx.request_repaint();
                });
                drawing.device.on_uncaptured_error(Arc::new(|error| tracing::error!(%error, "drawing")));
            }
            Ok(Box::new(studio))
        });
        let runner = WebRunner::new();
        runner.start(canvas, WebOptions::default(), create).await?;
        wasm_bindgen_futures::spawn_local(async move {
            while let Ok(command) = commands.recv().await {
                if let Ok(json) = serde_json::to_string(&command) {
                    page.send(&json);
                }
            }
        });
        let ctx = context.get().cloned().ok_or("the window was not made")?;
        Ok(Self { runner, updates, ctx })
    }

    /// The engine tells something, as JSON.
    pub fn told(&self, json: &str) {
        let update = serde_json::from_str(json);
        self.tell(
            update.unwrap_or_else(|error| Update::Problem(format!("the engine told what is not known: {error}"))),
        );
    }

    /// Something went wrong in the page or the worker.
    pub fn problem(&self, problem: String) {
        self.tell(Update::Problem(problem));
    }

    /// The worker has failed, or could not be started.
    pub fn ended(&self, problem: String) {
        self.with(|studio| studio.engine_ended(problem));
    }

    /// Keeps what there is of the conversation: the page may be closed next.
    pub fn keep(&self) {
        self.with(Studio::save);
    }

    /// Takes what was dropped or chosen: a bundle with its model's file, an adapter's folder, or a GGUF file, which is
    /// read to know what it is.
    pub async fn take(&self, path: String, name: String, base: Option<String>, source: Option<Source>) {
        let path = PathBuf::from(path);
        let (kind, need) = match (base, source) {
            (Some(base), _) => {
                return self.with(|studio| {
                    studio.library.add_bundle(&path, name.clone(), base.clone());
                    studio.load_bundle(path, &name, &base);
                });
            }
            (None, None) => (Kind::Adapter, None),
            (None, Some(source)) => match sort(&path, source).await {
                Ok(sorted) => sorted,
                Err(problem) => return self.problem(problem),
            },
        };
        self.with(|studio| {
            if let Some(need) = need {
                studio.library.add_model(&path, need);
            }
            studio.given(kind, &path);
        });
    }

    fn tell(&self, update: Update) {
        // Nobody listens once the studio has failed, which the console says.
        let _ = self.updates.send(update);
        self.ctx.request_repaint_after(HEARD_WITHIN);
    }

    fn with(&self, work: impl FnOnce(&mut Studio)) {
        if let Some(mut studio) = self.runner.app_mut::<Studio>() {
            work(&mut studio);
        }
        self.ctx.request_repaint();
    }
}

/// What a GGUF file is, and what its model needs.
async fn sort(path: &Path, source: Source) -> Result<(Kind, Option<Result<crate::library::Need, String>>), String> {
    let file = File::new(source);
    let size = file.size().map_err(|error| error.to_string())?;
    let gguf = Gguf::fetch(path, &file, size).await.map_err(|error| error.to_string())?;
    Ok(match crate::library::kind_of(&gguf) {
        Kind::Model => (Kind::Model, Some(crate::library::need_of(&gguf))),
        kind => (kind, None),
    })
}
