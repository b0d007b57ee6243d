//! A run, branch by branch, at any time of it.

use super::chrome::named;
use super::lane::{LaneView, Of};
use super::{gauge, timeline, words};
use crate::backend::Command;
use crate::export;
use crate::run::{Ending, Lane, Run, Scene, Voice};
use crate::studio::Studio;
use crate::theme::{Palette, card, small};
use eframe::egui::{self, Key, Layout, Modifiers, RichText, ScrollArea, Slider, Ui};
use std::ops::Range;

/// A lane is no narrower than this, unless the window is.
const LANE: f32 = 280.0;

/// The view's own state.
#[derive(Default)]
pub struct ThinkingView {
    /// The time that is shown; the end where there is none.
    at: Option<f64>,
    /// Time goes on by itself.
    plays: bool,
    scene: Scene,
    /// The run that the scene is of.
    of: Option<(String, usize)>,
    lanes: Vec<LaneView>,
}

impl Studio {
    pub(super) fn thinking(&mut self, ui: &mut Ui) {
        let palette = Palette::of(ui);
        let Some(turn) = self.turn() else {
            ui.label(RichText::new("Nothing was asked yet").strong());
            ui.label(
                RichText::new("Ask a question in Chat; how it is answered shows here, token by token.")
                    .color(palette.weak),
            );
            return;
        };
        self.follow(ui, turn);
        let mut view = std::mem::take(&mut self.thinking);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            self.head(ui, &palette, turn);
            card(&palette).show(ui, |ui| self.time(ui, &palette, turn, &mut view));
            ui.add_space(2.0);
            if let Some(decision) = view.scene.decision {
                card(&palette).show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    ui.add(egui::Label::new(RichText::new(words::decision(&decision)).strong()).wrap());
                    if decision.score.is_some() {
                        gauge::switcher(ui, &palette, &decision);
                    }
                    legend(ui, &palette, &view.scene);
                });
            }
            let again = lanes(ui, &palette, &view.scene, &self.conversation.turns[turn].run, &mut view.lanes);
            // Only the model that wrote it can say.
            let is_same = |name: &str| self.loaded.as_ref().is_some_and(|loaded| loaded.name == name);
            if let Some(branch) = again.filter(|_| is_same(&self.conversation.turns[turn].run.setup.model)) {
                self.read_again(turn, branch);
            }
            vote(ui, &palette, &view.scene);
            answer(ui, &palette, &view.scene);
        });
        self.thinking = view;
    }

    /// Brings the scene to the time that is shown.
    fn follow(&mut self, ui: &Ui, turn: usize) {
        let run = &self.conversation.turns[turn].run;
        let view = &mut self.thinking;
        let of = Some((self.conversation.header.id.clone(), turn));
        if view.of != of {
            *view = ThinkingView { of, ..ThinkingView::default() };
        }
        let duration = run.duration();
        if !ui.memory(|memory| memory.focused().is_some()) {
            let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
            let now = view.at.unwrap_or(duration);
            let step = (duration / 60.0).max(0.02);
            for (key, at) in
                [(Key::ArrowLeft, now - step), (Key::ArrowRight, now + step), (Key::Home, 0.0), (Key::End, duration)]
            {
                if pressed(key) {
                    view.at = Some(at.clamp(0.0, duration)).filter(|at| *at < duration);
                    view.plays = false;
                }
            }
        }
        if view.plays {
            let at = view.at.unwrap_or(0.0) + f64::from(ui.input(|input| input.stable_dt.min(0.1)));
            view.at = Some(at).filter(|at| *at < duration);
            view.plays = view.at.is_some();
            ui.request_repaint();
        }
        view.scene.follow(run, view.at);
        if view.at.is_none() {
            view.scene.at = duration;
        }
    }

    fn head(&mut self, ui: &mut Ui, palette: &Palette, turn: usize) {
        let turns = self.conversation.turns.len();
        let question = self.conversation.turns[turn].run.question.clone();
        ui.horizontal(|ui| {
            if turns > 1 {
                let back = egui::Button::new("◀").small();
                if named(ui.add_enabled(turn > 0, back), "The question before").clicked() {
                    self.shown_turn = Some(turn - 1);
                }
                let on = egui::Button::new("▶").small();
                if named(ui.add_enabled(turn + 1 < turns, on), "The question after").clicked() {
                    self.shown_turn = Some(turn + 1);
                }
            }
            ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                if self.live.is_some() && self.shown_turn.is_none_or(|shown| shown + 1 == turns) {
                    if ui.button("Stop").on_hover_text("Esc").clicked() {
                        self.stop();
                    }
                    if ui.button("Answer now").on_hover_text("Ctrl+Enter").clicked() {
                        self.send(Command::AnswerNow);
                    }
                }
                if ui.small_button("JSON").on_hover_text("Save all that was told").clicked() {
                    self.export_run(turn, true);
                }
                if ui.small_button("PNG").on_hover_text("Save what is in sight").clicked() {
                    self.photograph(ui, turn);
                }
                if ui.small_button("SVG").on_hover_text("Save a picture").clicked() {
                    self.export_run(turn, false);
                }
                ui.with_layout(Layout::left_to_right(egui::Align::Center), |ui| {
                    ui.add(egui::Label::new(RichText::new(question).strong()).truncate());
                });
            });
        });
        let run = &self.conversation.turns[turn].run;
        let setup = &run.setup;
        let text = format!("{} · {} · seed {}", setup.model, setup.device, setup.seed);
        ui.add(egui::Label::new(RichText::new(text).color(palette.weak).text_style(small())).truncate());
    }

    /// Asks for a picture of the view, which is saved once it is there.
    fn photograph(&self, ui: &Ui, turn: usize) {
        let name = format!("run-{}-{}.png", self.conversation.header.id, turn + 1);
        let (sender, ctx) = (self.shots.0.clone(), ui.ctx().clone());
        let (view, scale) = (ui.clip_rect().intersect(ui.ctx().content_rect()), ui.pixels_per_point());
        ui.ctx().request_screenshot(move |image| {
            // Who no longer waits for it has closed the window.
            let _ = sender.send((name, image.region(&view, Some(scale))));
            ctx.request_repaint();
        });
    }

    fn export_run(&mut self, turn: usize, is_json: bool) {
        let run = &self.conversation.turns[turn].run;
        let name = format!("run-{}-{}", self.conversation.header.id, turn + 1);
        if !is_json {
            let picture = export::svg(run);
            return self.export(&format!("{name}.svg"), picture.as_bytes());
        }
        match run.to_json() {
            Ok(json) => self.export(&format!("{name}.json"), json.as_bytes()),
            Err(error) => self.problem(format!("The run cannot be written: {error}")),
        }
    }

    fn time(&self, ui: &mut Ui, palette: &Palette, turn: usize, view: &mut ThinkingView) {
        ui.set_width(ui.available_width());
        let turn = &self.conversation.turns[turn];
        let duration = turn.run.duration();
        if duration == 0.0 {
            ui.label(RichText::new(words::summary(&turn.scene)).color(palette.weak));
            return;
        }
        if let Some(at) = timeline::show(ui, palette, &turn.scene, &view.scene, duration) {
            view.at = Some(at).filter(|at| *at < duration);
            view.plays = false;
        }
        ui.horizontal_wrapped(|ui| {
            let (sign, name) = if view.plays { ("⏸", "Pause") } else { ("▶", "Play from here, or from the start") };
            if named(ui.small_button(sign), name).clicked() {
                view.plays ^= true;
                if view.plays && view.at.is_none() {
                    view.at = Some(0.0);
                }
            }
            let mut at = view.at.unwrap_or(duration);
            ui.spacing_mut().slider_width = (ui.available_width() - 170.0).clamp(60.0, 420.0);
            let slider = Slider::new(&mut at, 0.0..=duration).show_value(false);
            let response = ui.add(slider);
            response.widget_info(|| egui::WidgetInfo::slider(true, at, "Time in the run"));
            if response.changed() {
                view.at = Some(at).filter(|at| *at < duration);
                view.plays = false;
            }
            let ending = if view.at.is_some() || turn.run.is_over() { "" } else { " · live" };
            ui.label(RichText::new(format!("{}{ending}", words::seconds(at))).text_style(small()));
        });
        ui.add(
            egui::Label::new(RichText::new(words::summary(&view.scene)).color(palette.weak).text_style(small())).wrap(),
        );
    }
}

/// What the colours mean.
fn legend(ui: &mut Ui, palette: &Palette, scene: &Scene) {
    ui.horizontal_wrapped(|ui| {
        gauge::swatch(ui, palette.base, false, "the base writes");
        for (index, name) in scene.adapters.iter().enumerate() {
            let voice = Voice::Adapter(u16::try_from(index).unwrap_or(u16::MAX));
            gauge::swatch(ui, palette.voice(voice), false, &format!("{name} writes"));
        }
        let doubt = RichText::new(" unsure ").background_color(palette.doubt(0.1)).text_style(small());
        ui.add(egui::Label::new(doubt).extend());
        ui.label(RichText::new("forced").underline().color(palette.weak).text_style(small()));
    });
}

/// Shows the branches; gives the one that is to be read again.
fn lanes(ui: &mut Ui, palette: &Palette, scene: &Scene, run: &Run, views: &mut Vec<LaneView>) -> Option<usize> {
    let mut again = None;
    views.resize_with(scene.lanes.len(), LaneView::default);
    let gap = ui.spacing().item_spacing.x;
    let columns = ((ui.available_width() + gap) / (LANE + gap)).floor().max(1.0) as usize;
    let columns = columns.min(scene.lanes.len()).max(1);
    let width = (ui.available_width() - gap * (columns as f32 - 1.0)) / columns as f32;
    let height = if scene.lanes.len() == 1 { 380.0 } else { 170.0 };
    for first in (0..scene.lanes.len()).step_by(columns) {
        let row: Range<usize> = first..(first + columns).min(scene.lanes.len());
        ui.horizontal_top(|ui| {
            for index in row {
                let size = egui::vec2(width, height);
                let asked = ui.push_id(index, |ui| lane(ui, palette, scene, run, index, &mut views[index], size));
                again = again.or(asked.inner.then_some(index));
            }
        });
    }
    again
}

/// Shows a branch; whether it is to be read again.
fn lane(
    ui: &mut Ui,
    palette: &Palette,
    scene: &Scene,
    run: &Run,
    index: usize,
    view: &mut LaneView,
    size: egui::Vec2,
) -> bool {
    let lane = &scene.lanes[index];
    let alternatives = run.alternatives.get(&index).map(Vec::as_slice);
    let mut is_asked = false;
    let winner = scene.answer.as_ref().map(|(.., winner)| *winner);
    let mut frame = card(palette);
    if winner == Some(index) && scene.lanes.len() > 1 {
        frame = frame.stroke(egui::Stroke::new(1.0, palette.good));
    }
    frame.show(ui, |ui| {
        ui.vertical(|ui| {
            let inner = size.x - 26.0;
            ui.set_width(inner);
            ui.horizontal(|ui| {
                let name = if scene.budget().is_some() { format!("Branch {}", index + 1) } else { "Answer".into() };
                ui.label(RichText::new(name).strong());
                ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                    if scene.is_over() && alternatives.is_none() {
                        is_asked =
                            named(ui.small_button("🔍"), "Read again, for what else it could have said").clicked();
                    }
                    ui.with_layout(Layout::left_to_right(egui::Align::Center), |ui| {
                        ui.add(egui::Label::new(status(lane, palette)).truncate());
                    });
                });
            });
            gauge::budget(ui, palette, lane, scene.budget(), inner);
            view.show(ui, palette, Of { scene, lane, alternatives }, size.y);
            if scene.budget().is_some() {
                foot(ui, palette, lane);
            }
        });
    });
    is_asked
}

fn status(lane: &Lane, palette: &Palette) -> RichText {
    let color = match &lane.stop {
        Some(stop) if stop.failed || stop.rule.is_some() => palette.bad,
        None if lane.forced.is_some() => palette.warn,
        _ => palette.weak,
    };
    RichText::new(words::status(lane)).color(color).text_style(small())
}

/// What a branch came to.
fn foot(ui: &mut Ui, palette: &Palette, lane: &Lane) {
    ui.horizontal(|ui| {
        let answer = lane.stop.as_ref().and_then(|stop| stop.answer.as_deref());
        match (answer, &lane.stop) {
            (Some(answer), _) => {
                ui.add(egui::Label::new(RichText::new(answer).strong()).truncate());
            }
            (None, Some(_)) => {
                ui.label(RichText::new("no answer").color(palette.weak));
            }
            (None, None) => {
                let left = lane.left.map_or_else(String::new, |left| format!("{left} tokens left"));
                ui.label(RichText::new(left).color(palette.weak).text_style(small()));
            }
        }
        ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
            if let Some((score, _)) = lane.score {
                ui.label(RichText::new(format!("verifier {score:.2}")).color(palette.good).text_style(small()));
            } else if let Some(mean) = lane.mean_logprob() {
                let text = format!("mean {mean:.2}");
                ui.label(RichText::new(text).color(palette.weak).text_style(small()))
                    .on_hover_text("The mean log-probability of its tokens");
            }
        });
    });
}

fn vote(ui: &mut Ui, palette: &Palette, scene: &Scene) {
    if !scene.has_voted || scene.lanes.len() < 2 {
        return;
    }
    card(palette).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(RichText::new("The vote").strong());
        let weighs = scene.tally.iter().any(|count| count.weight > 0.0);
        let size = |votes: u32, weight: f64| if weighs { weight } else { f64::from(votes) };
        let most = scene.tally.iter().map(|count| size(count.votes, count.weight)).fold(1e-9, f64::max);
        for (index, count) in scene.tally.iter().enumerate() {
            ui.horizontal(|ui| {
                let share = (size(count.votes, count.weight) / most) as f32;
                let color = if index == 0 { palette.good } else { palette.weak };
                let room = (ui.available_width() - 240.0).clamp(40.0, 260.0);
                let (rect, _) = ui.allocate_exact_size(egui::vec2(room, 10.0), egui::Sense::hover());
                let bar = rect.with_max_x(rect.left() + rect.width() * share);
                ui.painter().rect_filled(bar, egui::CornerRadius::same(3), color);
                let weight = if weighs { format!(", weight {:.2}", count.weight) } else { String::new() };
                let votes = words::count(count.votes as usize, "vote", "votes");
                let text = format!("{}: {votes}{weight}", count.answer.text());
                ui.add(egui::Label::new(RichText::new(text)).truncate());
            });
        }
        if scene.tally.is_empty() {
            ui.label(RichText::new("No branch has an answer").color(palette.warn));
        }
    });
}

fn answer(ui: &mut Ui, palette: &Palette, scene: &Scene) {
    match &scene.ending {
        Some(Ending::Failed(error)) => {
            ui.add(egui::Label::new(RichText::new(error).color(palette.bad)).wrap());
        }
        Some(Ending::Cancelled) => {
            ui.label(RichText::new("Stopped").color(palette.warn));
        }
        _ => {}
    }
    let Some((text, _, winner)) = &scene.answer else { return };
    if scene.budget().is_none() {
        return;
    }
    card(palette).stroke(egui::Stroke::new(1.5, palette.good)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(RichText::new(format!("The answer, of branch {}", winner + 1)).color(palette.weak));
        ui.add(egui::Label::new(RichText::new(text.trim()).size(16.0)).wrap());
        if let Some(Ending::Answered(statistics)) = &scene.ending {
            let kv = statistics.kv;
            let text = format!(
                "KV {} shared, {} own; {} if nothing were shared",
                ruminate::units::bytes(kv.shared),
                ruminate::units::bytes(kv.own),
                ruminate::units::bytes(kv.unshared)
            );
            ui.add(egui::Label::new(RichText::new(text).color(palette.weak).text_style(small())).wrap());
        }
    });
}
