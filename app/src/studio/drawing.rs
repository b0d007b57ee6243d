//! What is done when the device that draws the window is lost: nothing more can be shown in it, so the next start says
//! what happened.

use super::Studio;
use eframe::egui;
use std::sync::{Arc, Mutex, PoisonError};

/// Where it is put down, from any thread, that the drawing device was lost, and why.
#[derive(Debug, Clone, Default)]
pub struct Loss(Arc<Mutex<Option<String>>>);

impl Loss {
    /// The device was lost.
    pub fn put(&self, reason: impl Into<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.into());
    }

    fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Studio {
    /// Keeps everything and closes the window if the device that draws it was lost.
    pub(super) fn mind_drawing(&mut self, ctx: &egui::Context) {
        let Some(reason) = self.drawing.take() else { return };
        // What streams is kept as far as it came.
        self.save();
        if let Some(tell) = &self.drawing_lost {
            return tell();
        }
        tracing::error!(%reason, "the GPU that draws the window was lost");
        self.preferences.ended = Some(format!(
            "The window closed because the GPU that draws it was lost ({reason}). Conversations were kept as far as they \
             had come. If it happens again, update the graphics driver, or let the engine use another device: --gpu"
        ));
        self.save_preferences();
        ctx.send_viewport_cmd(egui::ViewportCommand::Close);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]
    use super::*;
    use crate::Places;
    use crate::backend::link;
    use crate::history::{Store, Turn};
    use crate::run::{Run, Setup};

    fn studio(store: &Store) -> Studio {
        Studio::new(link().0, Places { store: Some(store.clone()), ..Places::default() })
    }

    /// Whether the window is closed by this frame.
    fn closes(studio: &mut Studio) -> bool {
        let ctx = egui::Context::default();
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| studio.mind_drawing(ui.ctx()));
        // Nothing shows it.
        output.textures_delta.clear();
        output.viewport_output.values().any(|window| window.commands.contains(&egui::ViewportCommand::Close))
    }

    #[test]
    fn the_next_start_says_why_the_window_closed() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path());
        let mut first = studio(&store);
        first.conversation.turns.push(Turn::new(Run::new("Why?", Setup::default())));
        assert!(!closes(&mut first), "nothing is lost yet");
        first.drawing.put("it was unplugged");
        assert!(closes(&mut first));
        drop(first);
        let mut next = studio(&store);
        assert!(next.notices.iter().any(|notice| notice.text.contains("it was unplugged")), "{:?}", next.notices);
        assert_eq!(next.saved.len(), 1);
        // Once is enough.
        next.save_preferences();
        drop(next);
        assert!(studio(&store).notices.iter().all(|notice| !notice.text.contains("unplugged")));
    }
}
