//! Conversations, models and adapters.

use super::chrome::named;
use crate::library::{BundleFile, ModelFile, Need};
use crate::studio::{Studio, Work};
use crate::theme::{Palette, small};
use eframe::egui::{self, Layout, RichText, ScrollArea, Ui};
use ruminate::units::bytes;
use std::path::PathBuf;

impl Studio {
    pub(super) fn sidebar(&mut self, ui: &mut Ui) {
        let palette = Palette::of(ui);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            if ui.add(egui::Button::new("New conversation").min_size(egui::vec2(ui.available_width(), 0.0))).clicked() {
                self.new_conversation();
                self.sheet = None;
            }
            self.conversations(ui, &palette);
            ui.add_space(12.0);
            self.models(ui, &palette);
        });
    }

    fn conversations(&mut self, ui: &mut Ui, palette: &Palette) {
        heading(ui, palette, "Conversations");
        if self.saved.is_empty() {
            ui.label(RichText::new("None yet").color(palette.weak));
        }
        let (mut opened, mut deleted) = (None, None);
        for header in &self.saved {
            ui.horizontal(|ui| {
                ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                    let name = format!("Delete the conversation {}", header.title);
                    if named(ui.small_button("✖"), &name).clicked() {
                        deleted = Some(header.id.clone());
                    }
                    ui.with_layout(Layout::left_to_right(egui::Align::Center), |ui| {
                        let is_open = self.conversation.header.id == header.id;
                        let button = egui::Button::selectable(is_open, &header.title).truncate();
                        if ui.add(button.min_size(egui::vec2(ui.available_width(), 0.0))).clicked() {
                            opened = Some(header.id.clone());
                        }
                    });
                });
            });
        }
        if let Some(id) = opened {
            self.open(&id);
            self.sheet = None;
        }
        if let Some(id) = deleted {
            self.delete(&id);
        }
    }

    fn models(&mut self, ui: &mut Ui, palette: &Palette) {
        heading(ui, palette, "Model");
        if self.library.models.is_empty() {
            ui.add(egui::Label::new(RichText::new("None found. Drop a GGUF file here").color(palette.weak)).wrap());
        }
        if let Some(choose) = &self.choose_files
            && named(ui.button("Open a file"), "Open a GGUF file, or the files of an adapter").clicked()
        {
            choose();
        }
        let mut chosen: Option<(PathBuf, Option<PathBuf>)> = None;
        let current = self.preferences.model.clone();
        for model in &self.library.models {
            let is_loaded = current.as_ref() == Some(&model.path);
            if model_row(ui, palette, model, is_loaded) && !is_loaded {
                let bundle = self.library.bundle_for(&model.path).map(|bundle| bundle.path.clone());
                chosen = Some((model.path.clone(), bundle));
            }
        }
        let bundle = self.preferences.bundle.clone();
        if let Some(model) = &current {
            heading(ui, palette, "Reasoner");
            let file = model.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if ui.radio(bundle.is_none(), "None: plain chat").clicked() && bundle.is_some() {
                chosen = Some((model.clone(), None));
            }
            for BundleFile { path, name, .. } in self.library.bundles.iter().filter(|bundle| bundle.base == file) {
                let is_loaded = bundle.as_ref() == Some(path);
                if ui.radio(is_loaded, name).clicked() && !is_loaded {
                    chosen = Some((model.clone(), Some(path.clone())));
                }
            }
        }
        if let Some((model, bundle)) = chosen {
            self.load(model, bundle);
        }
        self.memory(ui, palette);
        self.downloads(ui, palette);
        heading(ui, palette, "Adapters");
        let adapters = self.loaded.as_ref().map(|loaded| loaded.adapters.clone()).unwrap_or_default();
        if adapters.is_empty() {
            ui.add(
                egui::Label::new(RichText::new("Drop a PEFT folder or a GGUF LoRA here").color(palette.weak)).wrap(),
            );
        }
        for adapter in adapters {
            let sharing = if adapter.kv_shareable { "shares the base's KV" } else { "needs KV of its own" };
            ui.add(egui::Label::new(&adapter.name).truncate());
            let text = format!("rank {}, {}, {sharing}", adapter.rank, bytes(adapter.bytes));
            ui.add(egui::Label::new(RichText::new(text).color(palette.weak).text_style(small())).wrap());
        }
    }

    /// What the loaded model takes.
    fn memory(&self, ui: &mut Ui, palette: &Palette) {
        let Some(loaded) = &self.loaded else { return };
        let text = format!(
            "Now on the device: {} (weights {}, KV {})",
            bytes(loaded.gpu_bytes),
            bytes(loaded.weight_bytes),
            bytes(loaded.kv_bytes)
        );
        if !matches!(self.work, Work::Loading(_)) {
            ui.add(egui::Label::new(RichText::new(text).color(palette.weak).text_style(small())).wrap());
        }
    }
}

fn model_row(ui: &mut Ui, palette: &Palette, model: &ModelFile, is_loaded: bool) -> bool {
    let can = model.need.is_ok();
    let clicked = ui.add_enabled(can, egui::RadioButton::new(is_loaded, &model.name)).clicked();
    let (text, color) = match &model.need {
        Ok(need @ Need { weights, kv: Some(kv), .. }) => {
            let (total, weights, kv, work) = (bytes(need.total()), bytes(*weights), bytes(*kv), bytes(need.work));
            (format!("needs about {total}: weights {weights}, KV {kv}, computing {work}"), palette.weak)
        }
        Ok(Need { weights, kv: None, .. }) => {
            (format!("weights of {}, and KV beside them", bytes(*weights)), palette.weak)
        }
        Err(problem) => (problem.clone(), palette.bad),
    };
    ui.add(egui::Label::new(RichText::new(text).color(color).text_style(small())).wrap());
    clicked
}

/// A heading of a panel's part.
pub fn heading(ui: &mut Ui, palette: &Palette, text: &str) {
    ui.add_space(10.0);
    ui.label(RichText::new(text).color(palette.weak).strong());
}
