//! One question, answered in several ways side by side.

use super::{gauge, markdown, words};
use crate::backend::{Ask, ReasonerInfo};
use crate::controls::Controls;
use crate::history::Turn;
use crate::run::{Ending, Lane, Run, Scene, Told};
use crate::studio::Studio;
use crate::theme::{Palette, card, small};
use eframe::egui::{self, Layout, RichText, ScrollArea, TextEdit, Ui};
use egui_commonmark::CommonMarkCache;
use ruminate::reason::Policy;
use std::collections::VecDeque;

/// A column is no narrower than this, unless the window is.
const COLUMN: f32 = 190.0;

/// The view's own state.
#[derive(Default)]
pub struct CompareView {
    question: String,
    columns: Vec<Column>,
    /// Columns that are not answered yet.
    waiting: VecDeque<(usize, Ask)>,
    /// The run that goes on: its number and its column.
    live: Option<(u64, usize)>,
    cache: CommonMarkCache,
}

/// A way to answer.
struct Column {
    name: String,
    meaning: String,
    turn: Turn,
}

impl CompareView {
    /// The next way to answer.
    pub fn next(&mut self) -> Option<Ask> {
        let (column, ask) = self.waiting.pop_front()?;
        self.live = Some((u64::MAX, column));
        Some(ask)
    }

    /// It runs under this number.
    pub fn started(&mut self, run: u64) {
        if let Some((live, _)) = &mut self.live {
            *live = run;
        }
    }

    /// Nothing more is to be answered.
    pub fn forget_rest(&mut self) {
        self.waiting.clear();
    }

    /// What runs or waits will not be answered any more.
    pub fn ended(&mut self, problem: &str) {
        let waiting = std::mem::take(&mut self.waiting);
        let columns = self.live.take().map(|(_, column)| column).into_iter();
        for column in columns.chain(waiting.into_iter().map(|(column, _)| column)) {
            if let Some(Column { turn, .. }) = self.columns.get_mut(column) {
                turn.push(0.0, Told::Failed { error: problem.to_owned() });
            }
        }
    }

    /// Something happened in a run, perhaps one of these.
    pub fn told(&mut self, run: u64, at: f64, told: Told) {
        let Some((_, column)) = self.live.filter(|(live, _)| *live == run) else { return };
        let Some(Column { turn, .. }) = self.columns.get_mut(column) else { return };
        turn.push(at, told);
        if turn.run.is_over() {
            self.live = None;
        }
    }
}

/// The ways, for a reasoner: (name, meaning, controls, adapter).
fn ways(controls: &Controls, reasoner: &ReasonerInfo) -> Vec<(String, String, Controls, Option<String>)> {
    let ReasonerInfo { adapters, default_adapter, budgets, default_budget, .. } = reasoner;
    let most = budgets.iter().copied().chain([*default_budget]).max().unwrap_or(*default_budget);
    let least = budgets.iter().copied().min().unwrap_or(*default_budget);
    // Who thinks at length is who was not taught to keep to a budget, or else any that is not the default.
    let others = || adapters.iter().filter(|adapter| adapter.name != *default_adapter);
    let long = others().find(|adapter| !adapter.is_budget_stated).or_else(|| others().next());
    let long = long.map_or(default_adapter, |adapter| &adapter.name);
    // The same adapter with the same budget would answer twice alike.
    let forced = if long == default_adapter && *default_budget == most { least } else { *default_budget };
    let thinks = |name: &str, adapter: &str, budget: u32| {
        let branches = words::count(controls.branches as usize, "branch", "branches");
        let meaning = format!("{branches}, {adapter}, up to {budget} tokens each");
        let controls = Controls { policy: Policy::Reason, budget: Some(budget), ..controls.clone() };
        (name.to_owned(), meaning, controls, Some(adapter.to_owned()))
    };
    let base = Controls { policy: Policy::Chat, ..controls.clone() };
    vec![
        ("base".into(), "answers at once".into(), base, None),
        thinks("reason", long, most),
        thinks("budget-forced", default_adapter, forced),
    ]
}

impl Studio {
    pub(super) fn compare(&mut self, ui: &mut Ui) {
        let palette = Palette::of(ui);
        let Some(reasoner) = self.loaded.as_ref().and_then(|loaded| loaded.reasoner.clone()) else {
            ui.label(RichText::new("Comparing wants a reasoner").strong());
            let text = "Load a model with a bundle: then one question is answered by the base, by reasoning and by reasoning \
                        within a budget, side by side.";
            ui.add(egui::Label::new(RichText::new(text).color(palette.weak)).wrap());
            return;
        };
        card(&palette).show(ui, |ui| {
            let id = egui::Id::unique("compared");
            let entered = ui.memory(|memory| memory.has_focus(id))
                && ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, egui::Key::Enter));
            let edit = TextEdit::multiline(&mut self.compare.question).id(id).desired_rows(1);
            let edit = edit.hint_text("One question, answered three ways").frame(egui::Frame::NONE);
            let response = ui.add(edit.desired_width(f32::INFINITY));
            response
                .widget_info(|| egui::WidgetInfo::labeled(egui::Role::MultilineTextInput, true, "Question to compare"));
            ui.horizontal_wrapped(|ui| {
                let can = self.is_ready() && !self.compare.question.trim().is_empty();
                if (ui.add_enabled(can, egui::Button::new("Compare")).clicked() || entered) && can {
                    let question = self.compare.question.trim().to_owned();
                    self.compare_ways(&question, &reasoner);
                }
                if self.is_answering() && ui.button("Stop").clicked() {
                    self.stop();
                }
                let example = "A train has 8 cars with 24 seats each, and 150 seats are taken. How many are free?";
                if self.is_ready() && ui.link("Example").clicked() {
                    self.compare_ways(example, &reasoner);
                }
            });
        });
        let mut view = std::mem::take(&mut self.compare);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let gap = ui.spacing().item_spacing.x;
            let count = ((ui.available_width() + gap) / (COLUMN + gap)).floor().clamp(1.0, 3.0) as usize;
            let width = (ui.available_width() - gap * (count as f32 - 1.0)) / count as f32;
            for first in (0..view.columns.len()).step_by(count) {
                ui.horizontal_top(|ui| {
                    for index in first..(first + count).min(view.columns.len()) {
                        let is_next = view.waiting.iter().any(|(waiting, _)| *waiting == index);
                        let CompareView { columns, cache, .. } = &mut view;
                        ui.push_id(index, |ui| column(ui, &palette, &columns[index], cache, is_next, width));
                    }
                });
            }
        });
        self.compare = view;
    }

    /// Answers a question in every way, one after another, outside of the conversation.
    pub fn compare_ways(&mut self, question: &str, reasoner: &ReasonerInfo) {
        if !self.is_ready() {
            return;
        }
        let controls = self.preferences.controls.clone();
        let seed = self.seed(&controls);
        self.compare.question = question.to_owned();
        self.compare.columns.clear();
        self.compare.waiting.clear();
        for (index, (name, meaning, controls, adapter)) in ways(&controls, reasoner).into_iter().enumerate() {
            let turn = Turn::new(Run::new(question, self.setup(&controls, seed)));
            self.compare.columns.push(Column { name, meaning, turn });
            let (question, history) = (question.to_owned(), Vec::new());
            self.compare.waiting.push_back((index, Ask { run: 0, history, question, controls, adapter, seed }));
        }
        if let Some(ask) = self.compare.next() {
            let run = self.start(ask);
            self.compare.started(run);
        }
    }
}

fn column(ui: &mut Ui, palette: &Palette, column: &Column, cache: &mut CommonMarkCache, is_next: bool, width: f32) {
    let scene = &column.turn.scene;
    card(palette).show(ui, |ui| {
        ui.vertical(|ui| {
            ui.set_width(width - 26.0);
            ui.horizontal(|ui| {
                ui.label(RichText::new(&column.name).strong().size(16.0));
                ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                    if !scene.is_over() && !is_next {
                        ui.add(egui::Spinner::new().size(14.0).color(palette.weak));
                    }
                });
            });
            ui.add(egui::Label::new(RichText::new(&column.meaning).color(palette.weak).text_style(small())).wrap());
            if is_next {
                ui.label(RichText::new("waits").color(palette.weak));
                return;
            }
            if let Some(Ending::Answered(statistics)) = &scene.ending {
                let answer = scene.answer.as_ref().and_then(|(_, answer, _)| answer.as_deref()).unwrap_or("no answer");
                ui.add(egui::Label::new(RichText::new(answer).size(22.0).strong()).wrap());
                egui::Grid::new("figures").num_columns(2).min_row_height(16.0).spacing([12.0, 2.0]).show(ui, |ui| {
                    for (name, value) in [
                        ("tokens", statistics.tokens.to_string()),
                        ("time", words::seconds(statistics.seconds)),
                        ("first token", words::seconds(statistics.first_token_seconds)),
                        ("tokens/s", words::rate(statistics).map_or("–".into(), |rate| format!("{rate:.1}"))),
                    ] {
                        ui.label(RichText::new(name).color(palette.weak));
                        ui.label(value);
                        ui.end_row();
                    }
                });
            } else {
                ui.label(RichText::new(words::summary(scene)).color(palette.weak));
            }
            if let Some(Ending::Failed(error)) = &scene.ending {
                ui.add(egui::Label::new(RichText::new(error).color(palette.bad)).wrap());
            }
            if scene.budget().is_some() {
                gauge::branches(ui, palette, scene);
                if let Some(forced) = forced(scene) {
                    ui.add(egui::Label::new(RichText::new(forced).color(palette.weak).text_style(small())).wrap());
                }
            }
            ui.separator();
            let text = match scene.answer_text() {
                "" => scene.lanes.first().map_or("", Lane::said),
                text => text,
            };
            markdown::show(ui, cache, text);
        });
    });
}

/// The branches whose thoughts were closed by force, once there is one or all are over.
fn forced(scene: &Scene) -> Option<String> {
    let forced = scene.lanes.iter().filter(|lane| lane.forced.is_some()).count();
    match (forced, scene.lanes.len()) {
        (0, _) => scene.is_over().then(|| "no branch was closed by force".to_owned()),
        (1, 1) => Some("its thoughts were closed by force".to_owned()),
        (forced, all) => Some(format!("closed by force: {forced} of {all} branches")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]
    use super::*;
    use crate::backend::Thinker;
    use std::path::Path;

    /// What the ways are called, and (their budget, their adapter).
    fn told(reasoner: &ReasonerInfo) -> Vec<(String, Option<u32>, Option<String>)> {
        let ways = ways(&Controls::default(), reasoner);
        assert_eq!(ways[0].2.policy, Policy::Chat);
        ways.into_iter().map(|(name, _, controls, adapter)| (name, controls.budget, adapter)).collect()
    }

    fn way(name: &str, budget: u32, adapter: &str) -> (String, Option<u32>, Option<String>) {
        (name.into(), Some(budget), Some(adapter.into()))
    }

    fn reasoner(adapters: &[(&str, bool)], default: &str) -> ReasonerInfo {
        let thinker = |&(name, is_budget_stated): &(&str, bool)| Thinker { name: name.into(), is_budget_stated };
        ReasonerInfo {
            adapters: adapters.iter().map(thinker).collect(),
            default_adapter: default.into(),
            budgets: vec![96, 128, 192, 256],
            default_budget: 192,
            ..ReasonerInfo::default()
        }
    }

    #[test]
    fn who_was_taught_no_budget_thinks_at_length() {
        let told = told(&reasoner(&[("brief", true), ("terse", true), ("verbose", false)], "brief"));
        assert_eq!(told[1..], [way("reason", 256, "verbose"), way("budget-forced", 192, "brief")]);
    }

    #[test]
    fn a_bundle_with_one_adapter_is_compared_by_budgets() {
        let mut only = reasoner(&[("only", true)], "only");
        assert_eq!(told(&only)[1..], [way("reason", 256, "only"), way("budget-forced", 192, "only")]);
        only.default_budget = 256;
        assert_eq!(told(&only)[2], way("budget-forced", 96, "only"));
    }

    #[test]
    fn the_bundle_that_is_shipped_is_compared_with_both_adapters() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/smollm2-reasoner");
        let info = ReasonerInfo::of(&ruminate::reason::Bundle::open(&folder).unwrap(), 1);
        let adapters: Vec<_> = told(&info).into_iter().map(|(_, _, adapter)| adapter).collect();
        assert_eq!(adapters, [None, Some("verbose".to_owned()), Some("brief".to_owned())]);
    }
}
