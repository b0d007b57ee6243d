//! Settings of answers.

use super::sidebar::heading;
use crate::backend::{Command, ReasonerInfo, Thinker};
use crate::controls::Controls;
use crate::studio::Studio;
use crate::theme::{Palette, small};
use eframe::egui::{self, DragValue, RichText, ScrollArea, Slider, Ui};
use ruminate::reason::VoteKind;

impl Studio {
    pub(super) fn controls(&mut self, ui: &mut Ui) {
        let palette = Palette::of(ui);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.label(RichText::new("Controls").strong().size(16.0));
            heading(ui, &palette, "Who answers");
            ui.horizontal_wrapped(|ui| self.policies(ui));
            if self.is_answering() {
                ui.horizontal(|ui| {
                    if ui.button("Answer now").clicked() {
                        self.send(Command::AnswerNow);
                    }
                    if ui.button("Stop").clicked() {
                        self.stop();
                    }
                });
            }
            match self.loaded.as_ref().and_then(|loaded| loaded.reasoner.clone()) {
                Some(reasoner) => self.reasoning(ui, &palette, &reasoner),
                None => {
                    ui.add_space(8.0);
                    let text = "Reasoning wants a bundle: an adapter, a switcher and a verifier for this model.";
                    ui.add(egui::Label::new(RichText::new(text).color(palette.weak)).wrap());
                }
            }
            self.plain_chat(ui, &palette);
            heading(ui, &palette, "Chance");
            let controls = &mut self.preferences.controls;
            let mut is_fixed = controls.seed.is_some();
            ui.horizontal(|ui| {
                if ui.checkbox(&mut is_fixed, "Fixed seed").changed() {
                    controls.seed = is_fixed.then_some(0);
                }
                if let Some(seed) = &mut controls.seed {
                    ui.add(DragValue::new(seed).range(0..=u64::from(u32::MAX)));
                }
            });
            ui.add_space(12.0);
            if ui.button("Back to the defaults").clicked() {
                self.preferences.controls = Controls::default();
            }
        });
    }

    fn reasoning(&mut self, ui: &mut Ui, palette: &Palette, reasoner: &ReasonerInfo) {
        heading(ui, palette, "Thinking");
        let thinker = self.thinker().unwrap_or_else(|| reasoner.default_adapter.clone());
        let controls = &mut self.preferences.controls;
        ui.add(Slider::new(&mut controls.branches, 1..=Controls::MOST_BRANCHES).text("branches"));
        let most = reasoner.budgets.iter().copied().max().unwrap_or(reasoner.default_budget).max(512);
        let range = reasoner.smallest_budget..=most;
        own(ui, &mut controls.budget, reasoner.default_budget, "budget", |ui, value| {
            ui.add(Slider::new(value, range).text("tokens a branch"))
        });
        own(ui, &mut controls.threshold, reasoner.threshold, "threshold", |ui, value| {
            ui.add(Slider::new(value, 0.0..=1.0).text("reason from"))
        });
        own(ui, &mut controls.temperature, reasoner.temperature, "temperature", |ui, value| {
            ui.add(Slider::new(value, 0.0..=2.0).text("temperature"))
        });
        ui.label(RichText::new("Vote").color(palette.weak));
        ui.horizontal_wrapped(|ui| {
            for (vote, name, meaning) in [
                (VoteKind::Weighted, "Weighted", "Each branch has its verifier's score"),
                (VoteKind::Majority, "Majority", "Each branch has one vote"),
                (VoteKind::Best, "Best", "The highest score wins"),
            ] {
                ui.selectable_value(&mut controls.vote, vote, name).on_hover_text(meaning);
            }
        });
        ui.label(RichText::new("Stop branches early").color(palette.weak));
        ui.checkbox(&mut controls.stop_settled, "once the vote is settled");
        ui.checkbox(&mut controls.stop_unsure, "that are less sure than others");
        ui.checkbox(&mut controls.stop_repeating, "that repeat others");
        if reasoner.adapters.len() > 1 {
            ui.label(RichText::new("Who thinks").color(palette.weak));
            ui.horizontal_wrapped(|ui| {
                for Thinker { name, .. } in &reasoner.adapters {
                    if ui.selectable_label(thinker == *name, name).clicked() {
                        self.preferences.thinker = Some(name.clone());
                    }
                }
            });
        }
    }

    fn plain_chat(&mut self, ui: &mut Ui, palette: &Palette) {
        heading(ui, palette, "Plain chat");
        let controls = &mut self.preferences.controls;
        ui.add(Slider::new(&mut controls.chat_temperature, 0.0..=2.0).text("temperature"));
        ui.add(Slider::new(&mut controls.chat_tokens, 16..=2048).logarithmic(true).text("tokens at most"));
        let adapters = self.loaded.as_ref().map(|loaded| loaded.adapters.clone()).unwrap_or_default();
        if adapters.is_empty() {
            return;
        }
        ui.label(RichText::new("Who writes").color(palette.weak));
        let mut chosen = None;
        ui.horizontal_wrapped(|ui| {
            if ui.selectable_label(self.chat_adapter.is_none(), "base").clicked() {
                chosen = Some(None);
            }
            for adapter in &adapters {
                let is_on = self.chat_adapter.as_ref() == Some(&adapter.name);
                if ui.selectable_label(is_on, &adapter.name).clicked() {
                    chosen = Some(Some(adapter.name.clone()));
                }
            }
        });
        if let Some(adapter) = chosen {
            self.switch(adapter);
        }
        let text = "While an answer streams, this holds from its next token on.";
        ui.add(egui::Label::new(RichText::new(text).color(palette.weak).text_style(small())).wrap());
    }
}

/// A value of one's own in place of the bundle's.
fn own<T: Copy + std::fmt::Display>(
    ui: &mut Ui,
    value: &mut Option<T>,
    default: T,
    name: &str,
    add: impl FnOnce(&mut Ui, &mut T) -> egui::Response,
) {
    let mut is_own = value.is_some();
    let label = if is_own { format!("{name} of your own") } else { format!("{name} {default}, the bundle's") };
    if ui.checkbox(&mut is_own, label).changed() {
        *value = is_own.then_some(default);
    }
    if let Some(value) = value {
        add(ui, value);
    }
}
