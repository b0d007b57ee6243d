//! The device: what it is, what is on it, and where its time goes.

use super::{plots, words};
use crate::backend::{Command, Measured, Pages};
use crate::run::Ending;
use crate::studio::{Studio, Work};
use crate::theme::{Palette, card};
use eframe::egui::{self, RichText, ScrollArea, Ui};
use ruminate::units::bytes;

/// The view's own state.
#[derive(Default)]
pub struct MachineView {
    pub(crate) pages: Pages,
    pub(crate) measured: Option<Measured>,
    /// The self-test's report so far.
    pub(crate) report: String,
    /// How it ended: passed, or not, or stopped.
    pub(crate) passed: Option<Option<bool>>,
}

impl Studio {
    pub(super) fn machine(&mut self, ui: &mut Ui) {
        let palette = Palette::of(ui);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            self.device_card(ui, &palette);
            self.speed(ui, &palette);
            part(ui, &palette, "KV pages", |ui| plots::pages(ui, &palette, &self.machine.pages));
            self.profile(ui, &palette);
            self.self_test(ui, &palette);
        });
    }

    fn device_card(&self, ui: &mut Ui, palette: &Palette) {
        part(ui, palette, "Device", |ui| {
            let Some(device) = &self.device else {
                ui.label(RichText::new("Not open yet").color(palette.weak));
                return;
            };
            ui.add(egui::Label::new(RichText::new(&device.name).size(18.0).strong()).wrap());
            let version = concat!("Ruminate ", env!("CARGO_PKG_VERSION"));
            // Browsers tell no driver.
            let known =
                [&*device.kind, &device.backend, &device.driver, version].into_iter().filter(|it| !it.is_empty());
            let text = known.collect::<Vec<_>>().join(" · ");
            ui.add(egui::Label::new(RichText::new(text).color(palette.weak)).wrap());
            egui::Grid::new("limits").num_columns(2).min_row_height(16.0).spacing([16.0, 2.0]).show(ui, |ui| {
                row(ui, palette, "Tier", &device.tier);
                device.limits.iter().for_each(|(name, value)| row(ui, palette, name, value));
                row(ui, palette, "Quirks", device.quirk.as_deref().unwrap_or("none known"));
                if let Some(loaded) = &self.loaded {
                    row(
                        ui,
                        palette,
                        "Model",
                        &format!("{}, {} parameters", loaded.name, words::metric(loaded.parameters as f64).trim()),
                    );
                    row(ui, palette, "Weights", &bytes(loaded.weight_bytes));
                    row(
                        ui,
                        palette,
                        "KV cache",
                        &format!("{} for a context of {}", bytes(loaded.kv_bytes), loaded.context),
                    );
                    row(ui, palette, "In all", &bytes(loaded.gpu_bytes));
                }
            });
            if !device.others.is_empty() {
                let text = format!("Also there: {}", device.others.join("; "));
                ui.add(egui::Label::new(RichText::new(text).color(palette.weak)).wrap());
            }
        });
    }

    /// The last answer's speed.
    fn speed(&self, ui: &mut Ui, palette: &Palette) {
        let ended = self.conversation.turns.iter().rev().find_map(|turn| match &turn.scene.ending {
            Some(Ending::Answered(statistics)) => Some(statistics),
            _ => None,
        });
        part(ui, palette, "The last answer", |ui| {
            let Some(statistics) = ended else {
                ui.label(RichText::new("None yet").color(palette.weak));
                return;
            };
            egui::Grid::new("speed").num_columns(2).min_row_height(16.0).spacing([16.0, 2.0]).show(ui, |ui| {
                let rate = words::rate(statistics).map_or("–".into(), |rate| format!("{rate:.1} tokens/s"));
                row(ui, palette, "Decoding", &rate);
                row(ui, palette, "Time to first token", &words::seconds(statistics.first_token_seconds));
                let prompt =
                    format!("{} computed, {} there before", statistics.prompt_tokens, statistics.cached_tokens);
                row(ui, palette, "Prompt, tokens", &prompt);
                if let Some(joules) = statistics.joules {
                    row(ui, palette, "Energy", &format!("{joules:.1} J"));
                }
            });
        });
    }

    fn profile(&mut self, ui: &mut Ui, palette: &Palette) {
        let mut is_asked = false;
        let can = self.is_ready();
        let is_measuring = self.work == Work::Measuring;
        part(ui, palette, "Where a step's time goes", |ui| {
            ui.horizontal(|ui| {
                is_asked = ui.add_enabled(can, egui::Button::new("Measure")).clicked();
                if is_measuring {
                    ui.spinner();
                    ui.label(RichText::new("times steps of 1 to 16 rows").color(palette.weak));
                }
            });
            let Some(measured) = &self.machine.measured else { return };
            plots::flame(ui, palette, measured);
            ui.add_space(8.0);
            ui.label(RichText::new("Roofline").strong());
            plots::roofline(ui, palette, measured);
            ui.add(egui::Label::new(tax(measured)).wrap());
        });
        if is_asked {
            self.work = Work::Measuring;
            self.send(Command::Measure);
        }
    }

    fn self_test(&mut self, ui: &mut Ui, palette: &Palette) {
        let mut is_asked = false;
        let can = self.work == Work::Idle;
        let is_testing = self.work == Work::Testing;
        part(ui, palette, "Self-test", |ui| {
            let text = "Every kernel on this device against its twin on the CPU, in every tier.";
            ui.add(egui::Label::new(RichText::new(text).color(palette.weak)).wrap());
            ui.horizontal_wrapped(|ui| {
                is_asked = ui.add_enabled(can, egui::Button::new("Run the self-test")).clicked();
                if is_testing {
                    ui.spinner();
                    if ui.button("Stop").clicked() {
                        self.send(Command::Stop);
                    }
                }
                if !self.machine.report.is_empty() && ui.button("Copy the report").clicked() {
                    ui.copy_text(self.machine.report.clone());
                }
                let (text, color) = match self.machine.passed {
                    Some(Some(true)) => ("passed", palette.good),
                    Some(Some(false)) => ("FAILED: please report this", palette.bad),
                    Some(None) => ("stopped", palette.warn),
                    None => ("", palette.weak),
                };
                ui.label(RichText::new(text).color(color));
            });
            if !self.machine.report.is_empty() {
                ScrollArea::both().max_height(260.0).stick_to_bottom(true).id_salt("report").show(ui, |ui| {
                    ui.add(egui::Label::new(RichText::new(&self.machine.report).monospace()).extend());
                });
            }
        });
        if is_asked {
            self.machine.report.clear();
            self.machine.passed = None;
            self.work = Work::Testing;
            self.send(Command::SelfTest);
        }
    }
}

/// What an adapter costs a step of one row.
fn tax(measured: &Measured) -> String {
    let of = |adapted: bool| measured.steps.iter().find(|step| step.rows == 1 && step.adapted == adapted);
    let (Some(base), Some(adapted)) = (of(false), of(true)) else {
        return "LoRA tax: not measured, because no adapter that shares the base's KV is loaded. Load a bundle, or drop an \
                adapter, and measure again"
            .into();
    };
    let tax = 100.0 * (adapted.seconds / base.seconds - 1.0);
    format!(
        "LoRA tax: {tax:.1} % of a step of one row ({} against {})",
        words::seconds(adapted.seconds),
        words::seconds(base.seconds)
    )
}

fn part(ui: &mut Ui, palette: &Palette, name: &str, add: impl FnOnce(&mut Ui)) {
    card(palette).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 5.0;
        ui.vertical(|ui| {
            ui.label(RichText::new(name).color(palette.weak).strong());
            add(ui);
        });
    });
}

fn row(ui: &mut Ui, palette: &Palette, name: &str, value: &str) {
    ui.label(RichText::new(name).color(palette.weak));
    ui.add(egui::Label::new(value).wrap());
    ui.end_row();
}
