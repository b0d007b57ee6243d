//! Starting on a system that has windows and files.

mod disk;
mod host;

pub use disk::Disk;
pub use host::Host;

use crate::backend::{HEARD_WITHIN, spawn};
use crate::history::Store;
use crate::library::Library;
use crate::{Places, Studio, theme};
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::sync::Arc;

/// A number that nobody can tell before.
pub fn random() -> u64 {
    RandomState::new().hash_one(0u8)
}

/// Opens the window and runs until it is closed. `gpu` is what the engine runs on, by its name or number; `given` are
/// files as if they were dropped.
///
/// # Errors
/// If there is no display, or no device that draws.
pub fn run(options: eframe::NativeOptions, gpu: Option<String>, given: Vec<PathBuf>) -> eframe::Result {
    let _ = tracing_subscriber::fmt::try_init();
    let disk = disk(&options);
    let create: eframe::AppCreator<'_> = Box::new(move |context| {
        theme::install(&context.egui_ctx);
        let ctx = context.egui_ctx.clone();
        let link = spawn(gpu, move || ctx.request_repaint_after(HEARD_WITHIN))?;
        let places = Places { store: disk.map(Store::on), library: Library::scan(&[]), shop: shop(&context.egui_ctx) };
        let mut studio = Studio::new(link, places);
        given.iter().for_each(|path| studio.dropped(path));
        if let Some(drawing) = &context.wgpu_render_state {
            let (loss, ctx) = (studio.drawing.clone(), context.egui_ctx.clone());
            drawing.device.set_device_lost_callback(move |_, reason| {
                loss.put(reason);
                // Otherwise it is minded when the pointer moves next.
                ctx.request_repaint();
            });
            // What cannot be drawn is no reason to lose what is being said.
            drawing.device.on_uncaptured_error(Arc::new(|error| tracing::error!(%error, "drawing")));
        }
        Ok(Box::new(studio))
    });
    eframe::run_native("ruminate", options, create)
}

/// Where conversations and settings are: the user's data folder; none where the system names none.
#[cfg(not(target_os = "android"))]
fn disk(_: &eframe::NativeOptions) -> Option<Disk> {
    let dirs = directories::ProjectDirs::from("", "", "ruminate")?;
    Some(Disk::new(dirs.data_dir().join("studio")))
}

/// Where conversations and settings are: the application's own folder. Android names no home folder.
#[cfg(target_os = "android")]
fn disk(options: &eframe::NativeOptions) -> Option<Disk> {
    let folder = options.android_app.as_ref()?.internal_data_path()?;
    Some(Disk::new(folder.join("studio")))
}

/// The hub of models, where this build has the network and there is a folder for models.
#[cfg(feature = "network")]
fn shop(ctx: &egui::Context) -> Option<crate::Shop> {
    let (folder, ctx) = (ruminate::installed::models_folder().ok()?, ctx.clone());
    let open = || Ok(Box::new(ruminate_download::Hub::new(None)?) as Box<dyn ruminate_download::Source>);
    Some(crate::Shop { folder, open: Arc::new(open), wake: Arc::new(move || ctx.request_repaint()) })
}

#[cfg(not(feature = "network"))]
fn shop(_: &egui::Context) -> Option<crate::Shop> {
    None
}

/// Android's way in: a NativeActivity.
#[cfg(target_os = "android")]
#[unsafe(no_mangle)]
fn android_main(app: winit::platform::android::activity::AndroidApp) {
    // Models are where the application may write.
    if let Some(folder) = app.internal_data_path() {
        // SAFETY: no other thread runs yet.
        unsafe { std::env::set_var("RUMINATE_MODELS", folder.join("models")) };
    }
    let options = eframe::NativeOptions { android_app: Some(app), ..Default::default() };
    if let Err(error) = run(options, None, Vec::new()) {
        tracing::error!(%error, "the window could not be opened");
    }
}
