//! What is kept between two starts.

use super::Studio;
use super::saver::Job;
use crate::controls::Controls;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What is kept between two starts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Settings of answers.
    pub controls: Controls,
    /// Dark or light; as the system is where nothing was chosen.
    pub is_dark: Option<bool>,
    /// The model that was loaded last.
    pub model: Option<PathBuf>,
    /// Its bundle.
    pub bundle: Option<PathBuf>,
    /// Models and bundles that were dropped on the window.
    pub given: Vec<PathBuf>,
    /// Downloads that are not whole yet: `owner/name/file.gguf`.
    pub unfinished: Vec<String>,
    /// The adapter of reasoning, of the bundle's.
    pub thinker: Option<String>,
    /// The list of conversations is shown.
    pub shows_library: bool,
    /// The controls are shown.
    pub shows_controls: bool,
    /// Why the window closed without being asked to, to be said at the next start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            controls: Controls::default(),
            is_dark: None,
            model: None,
            bundle: None,
            given: Vec::new(),
            unfinished: Vec::new(),
            thinker: None,
            shows_library: true,
            shows_controls: true,
            ended: None,
        }
    }
}

impl Studio {
    pub(super) fn save_preferences(&mut self) {
        let Ok(now) = serde_json::to_string_pretty(&self.preferences) else { return };
        if now == self.saved_preferences {
            return;
        }
        if let Some(saver) = &self.saver {
            saver.keep(Job::Settings(now.clone()));
        }
        self.saved_preferences = now;
    }
}
