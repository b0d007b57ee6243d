//! The conversation: questions, answers as markdown, and what came before each answer.

use super::chrome::named;
use super::markdown::{self, Blocks};
use super::rows::{Heights, Item};
use super::{gauge, words};
use crate::backend::{Command, Loading};
use crate::run::{Ending, Scene};
use crate::studio::{Studio, View, Work};
use crate::theme::{Palette, card, small};
use eframe::egui::{
    self, Align, CornerRadius, Frame, Key, Layout, Margin, Modifiers, Panel, RichText, ScrollArea, TextEdit, Ui,
};
use egui_commonmark::CommonMarkCache;
use ruminate::reason::Policy;
use ruminate::units::bytes;

/// Questions that are one click away.
const EXAMPLES: [&str; 3] = [
    "Mia has 3 boxes with 12 pencils each. She gives 9 pencils to her brother and loses 4. How many pencils does she have left?",
    "Tom has 12 apples. He gives a third of them to Ann and eats 2. How many are left?",
    "What is the capital of France?",
];

/// The widest that text is set.
const MEASURE: f32 = 780.0;

/// The view's own state.
#[derive(Default)]
pub struct ChatView {
    question: String,
    /// The turn whose question is edited, and the words so far.
    edited: Option<(usize, String)>,
    /// The editor is to be scrolled to, and to have the keyboard.
    wants_editor: bool,
    pub(crate) wants_focus: bool,
    heights: Heights,
    blocks: Vec<Blocks>,
    cache: CommonMarkCache,
}

/// A part of the column.
#[derive(Clone, Copy)]
enum Part {
    Question(usize),
    Thoughts(usize),
    Block(usize, (usize, usize)),
    Foot(usize),
}

impl ChatView {
    /// Starts to edit a turn's question.
    pub fn edit(&mut self, turn: usize, question: &str) {
        self.edited = Some((turn, question.to_owned()));
        self.wants_editor = true;
    }
}

impl Studio {
    pub(super) fn chat(&mut self, ui: &mut Ui) {
        let palette = Palette::of(ui);
        let frame = Frame::new().inner_margin(Margin { top: 8, ..Margin::ZERO });
        Panel::bottom("composer").frame(frame).show_separator_line(false).show(ui, |ui| {
            measured(ui, |ui| self.composer(ui, &palette));
        });
        if self.conversation.turns.is_empty() {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| measured(ui, |ui| self.welcome(ui, &palette)));
        } else {
            self.column(ui, &palette);
        }
    }

    fn welcome(&mut self, ui: &mut Ui, palette: &Palette) {
        ui.add_space(ui.available_height().min(80.0) * 0.5);
        ui.label(RichText::new("See a small model think").size(24.0).strong());
        let about = "The base answers easy questions at once. For hard ones a reasoning adapter is switched on, branches \
                     think side by side within a budget, a verifier judges them, and they vote.";
        ui.label(RichText::new(about).color(palette.weak));
        ui.add_space(8.0);
        if self.loaded.is_none() && self.work == Work::Idle {
            card(palette).show(ui, |ui| {
                ui.label(RichText::new("No model is loaded").strong());
                let wanted = self.wanted_base();
                if let Some(wanted) = &wanted {
                    ui.label(format!("{wanted}."));
                }
                if self.downloads.shop.is_some() {
                    ui.label(match wanted {
                        Some(_) => "Other models chat, but do not think: get one beside the conversations (☰), or drop a GGUF file on this window.",
                        None => "Get one beside the conversations (☰), or drop a GGUF file on this window.",
                    });
                    if !self.are_models_shown(ui) && ui.button("Get a model").clicked() {
                        self.shows_models(ui);
                    }
                } else if let Some(choose) = &self.choose_files {
                    ui.label("Choose one beside the conversations (☰), or drop a GGUF file on this page: it is read from your disk, and sent nowhere.");
                    if ui.button("Open a file").clicked() {
                        choose();
                    }
                } else if wanted.is_none() {
                    ui.label(
                        "Run `cargo xtask model` once, which fetches the default one (93 MB), and start the studio again; \
                         or drop a GGUF file on this window.",
                    );
                }
            });
            return;
        }
        if let Work::Loading(loading) = &self.work {
            loads(ui, palette, loading);
        }
        let Some(loaded) = &self.loaded else { return };
        if loaded.reasoner.is_none() {
            let missing = self.wanted_base().unwrap_or("Drop a bundle's folder on the window to see it think".into());
            let text = format!("This model has no reasoner: answers are plain chat. {missing}.");
            ui.label(RichText::new(text).color(palette.warn));
        }
        ui.add_space(4.0);
        ui.label(RichText::new("Try one").color(palette.weak));
        for example in EXAMPLES {
            let button = egui::Button::new(example).wrap().min_size(egui::vec2(0.0, 32.0));
            if ui.add(button).clicked() {
                self.ask(example);
            }
        }
    }

    fn column(&mut self, ui: &mut Ui, palette: &Palette) {
        let turns = self.conversation.turns.len();
        self.chat.blocks.resize_with(turns, Blocks::default);
        let mut parts = Vec::new();
        for (index, turn) in self.conversation.turns.iter().enumerate() {
            parts.push(Part::Question(index));
            if turn.scene.decision.is_some() || !turn.scene.is_over() {
                parts.push(Part::Thoughts(index));
            }
            let blocks = self.chat.blocks[index].of(turn.scene.answer_text());
            parts.extend(blocks.iter().map(|&block| Part::Block(index, block)));
            parts.push(Part::Foot(index));
        }
        // Each conversation is scrolled by itself, and begins at its end.
        let salt = ("conversation", &self.conversation.header.id);
        let area = ScrollArea::vertical().id_salt(salt).auto_shrink(false).stick_to_bottom(true);
        let mut heights = std::mem::take(&mut self.chat.heights);
        if let Some((edited, _)) = self.chat.edited.as_ref().filter(|_| self.chat.wants_editor) {
            heights.reveal(parts.iter().position(|part| matches!(part, Part::Question(turn) if turn == edited)));
        }
        area.show_viewport(ui, |ui, viewport| {
            let width = ui.available_width().min(MEASURE);
            let left = (ui.available_width() - width) / 2.0;
            let column = ui.max_rect().translate(egui::vec2(left, 0.0)).with_max_x(ui.max_rect().left() + left + width);
            ui.scope_builder(egui::UiBuilder::new().max_rect(column), |ui| {
                let turns = &self.conversation.turns;
                let item = |index: usize| match parts[index] {
                    Part::Block(_, block) => markdown::item(block, width),
                    Part::Question(turn) => Item { key: turns[turn].run.question.len() as u64, height: 56.0 },
                    Part::Thoughts(turn) => {
                        let scene = &turns[turn].scene;
                        Item { key: scene.lanes.len() as u64 * 2 + u64::from(scene.is_over()), height: 34.0 }
                    }
                    Part::Foot(turn) => Item { key: u64::from(turns[turn].scene.is_over()), height: 40.0 },
                };
                // What items are asked for before they are drawn is known by now.
                let items: Vec<Item> = (0..parts.len()).map(item).collect();
                heights.show(
                    ui,
                    viewport,
                    parts.len(),
                    |index| items[index],
                    |ui, index| match parts[index] {
                        Part::Question(turn) => self.question(ui, palette, turn),
                        Part::Thoughts(turn) => self.thoughts(ui, palette, turn),
                        Part::Block(turn, (start, end)) => {
                            let text = self.conversation.turns[turn].scene.answer_text();
                            let block = text.get(start..end).unwrap_or_default().trim_end();
                            ui.push_id((turn, start), |ui| markdown::show(ui, &mut self.chat.cache, block));
                        }
                        Part::Foot(turn) => self.foot(ui, palette, turn),
                    },
                );
            });
        });
        self.chat.heights = heights;
    }

    fn question(&mut self, ui: &mut Ui, palette: &Palette, turn: usize) {
        ui.add_space(10.0);
        if self.chat.edited.as_ref().is_some_and(|(edited, _)| *edited == turn) {
            return self.editor(ui);
        }
        let text = self.conversation.turns[turn].run.question.clone();
        let most = ui.available_width() * 0.86;
        ui.with_layout(Layout::top_down(Align::Max), |ui| {
            let frame = Frame::new().fill(palette.own).corner_radius(CornerRadius::same(10));
            frame.inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
                let font = egui::TextStyle::Body.resolve(ui.style());
                let galley = ui.painter().layout(text, font, palette.text, most - 24.0);
                let (rect, response) = ui.allocate_exact_size(galley.size(), egui::Sense::hover());
                response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, galley.text()));
                ui.painter().galley(rect.min, galley, palette.text);
            });
        });
    }

    fn editor(&mut self, ui: &mut Ui) {
        let Some((turn, mut text)) = self.chat.edited.take() else { return };
        let label = ui.label(RichText::new("Edit the question; what follows it is dropped").text_style(small()));
        let id = egui::Id::unique(("edited", turn));
        if std::mem::take(&mut self.chat.wants_editor) {
            ui.memory_mut(|memory| memory.request_focus(id));
        }
        let edit = TextEdit::multiline(&mut text).id(id).desired_rows(2).desired_width(f32::INFINITY);
        ui.add(edit).labelled_by(label.id);
        let (mut is_sent, mut is_dropped) = (false, false);
        ui.horizontal(|ui| {
            let can = self.is_ready() && !text.trim().is_empty();
            is_sent = ui.add_enabled(can, egui::Button::new("Send again")).clicked();
            is_dropped = ui.button("Cancel").clicked();
        });
        if is_sent {
            self.ask_again(turn, Some(&text));
        } else if !is_dropped {
            self.chat.edited = Some((turn, text));
        }
    }

    /// What comes before the answer: who answers and why, and how the branches do.
    fn thoughts(&mut self, ui: &mut Ui, palette: &Palette, turn: usize) {
        let scene = &self.conversation.turns[turn].scene;
        let mut is_asked = false;
        match scene.decision {
            None if !scene.is_over() => {
                ui.horizontal(|ui| {
                    ui.spinner();
                    ui.label(RichText::new(words::summary(scene)).color(palette.weak));
                });
            }
            None => {}
            Some(decision) if scene.lanes.len() > 1 || decision.effort.is_some() => {
                let response = card(palette).show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    ui.add(egui::Label::new(RichText::new(words::decision(&decision)).color(palette.weak)).wrap());
                    gauge::branches(ui, palette, scene);
                    if let Some(why) = why(scene) {
                        ui.add(egui::Label::new(RichText::new(why).color(palette.weak)).wrap());
                    }
                    is_asked = ui.link("See how it thought").clicked();
                });
                response
                    .response
                    .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Group, true, words::decision(&decision)));
            }
            Some(decision) if decision.score.is_some() => {
                ui.label(RichText::new(words::decision(&decision)).color(palette.weak).text_style(small()));
            }
            Some(_) => {}
        }
        if is_asked {
            self.shown_turn = Some(turn);
            self.view = View::Thinking;
        }
    }

    fn foot(&mut self, ui: &mut Ui, palette: &Palette, turn: usize) {
        let scene = &self.conversation.turns[turn].scene;
        match &scene.ending {
            Some(Ending::Failed(error)) => {
                ui.add(egui::Label::new(RichText::new(error).color(palette.bad)).wrap());
            }
            Some(Ending::Answered(_)) if scene.answer_text().is_empty() => {
                ui.label(
                    RichText::new("No branch came to an answer. Give it more tokens, or ask again").color(palette.warn),
                );
            }
            None if scene.lanes.is_empty() => return,
            _ => {}
        }
        let summary = words::summary(scene);
        let is_failed = matches!(scene.ending, Some(Ending::Failed(_)));
        let text = scene.answer_text().to_owned();
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(summary).color(palette.weak).text_style(small()));
            if self.live.is_some() {
                return;
            }
            let is_ready = self.is_ready();
            if !text.is_empty() && named(ui.add(tiny("Copy")), "Copy the answer").clicked() {
                ui.copy_text(text);
            }
            let again = if is_failed { tiny("Try again") } else { tiny("Again") };
            if named(ui.add_enabled(is_ready, again), "Ask again").clicked() {
                self.ask_again(turn, None);
                return;
            }
            if named(ui.add_enabled(is_ready, tiny("Edit")), "Edit the question").clicked() {
                let question = self.conversation.turns[turn].run.question.clone();
                self.chat.edit(turn, &question);
            }
        });
    }

    fn composer(&mut self, ui: &mut Ui, palette: &Palette) {
        let is_live = self.is_answering();
        card(palette).show(ui, |ui| {
            let id = egui::Id::unique("question");
            let sends = ui.memory(|memory| memory.has_focus(id))
                && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
            let hint = if self.loaded.is_some() { "Ask a question" } else { "Wait for the model, or load one" };
            let lines = self.chat.question.lines().count().clamp(1, 6);
            if std::mem::take(&mut self.chat.wants_focus) {
                // Before the field is shown: it tells that it has gained the focus in the frame that gives it.
                ui.memory_mut(|memory| memory.request_focus(id));
            }
            let edit = TextEdit::multiline(&mut self.chat.question).id(id).hint_text(hint).frame(Frame::NONE);
            let response = ui.add(edit.desired_rows(lines).desired_width(f32::INFINITY));
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::MultilineTextInput, true, "Question"));
            let mut is_sent = sends;
            ui.horizontal_wrapped(|ui| {
                self.policies(ui);
                if let Some(thinks) = self.thinks().filter(|_| ui.available_size_before_wrap().x > 190.0) {
                    ui.label(RichText::new(thinks).color(palette.weak).text_style(small()));
                }
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if is_live {
                        if ui.button("Stop").on_hover_text("Esc").clicked() {
                            self.stop();
                        }
                        if ui.button("Answer now").on_hover_text("Ctrl+Enter").clicked() {
                            self.send(Command::AnswerNow);
                        }
                        return;
                    }
                    if self.missing_model().is_some() {
                        if named(ui.button("Load again"), "Load the model again").clicked() {
                            self.load_again();
                        }
                        return;
                    }
                    let can_send = self.is_ready() && !self.chat.question.trim().is_empty();
                    let send = egui::Button::new(RichText::new("Send").strong());
                    is_sent |= ui.add_enabled(can_send, send).clicked();
                });
            });
            if is_sent && self.is_ready() && !self.chat.question.trim().is_empty() {
                let question = std::mem::take(&mut self.chat.question);
                self.ask(&question);
            }
        });
    }

    /// Who answers: three words side by side.
    pub(super) fn policies(&mut self, ui: &mut Ui) {
        let has_reasoner = self.loaded.as_ref().is_some_and(|loaded| loaded.reasoner.is_some());
        let policies = [
            (Policy::Chat, "Chat", "The base answers at once"),
            (Policy::Auto, "Auto", "The switcher decides whether to reason"),
            (Policy::Reason, "Reason", "Branches think before they answer"),
        ];
        ui.spacing_mut().item_spacing.x = 2.0;
        let current = if has_reasoner { self.preferences.controls.policy } else { Policy::Chat };
        for (policy, name, meaning) in policies {
            let can = has_reasoner || policy == Policy::Chat;
            let label = egui::Button::selectable(current == policy, name);
            if ui.add_enabled(can, label).on_hover_text(meaning).clicked() {
                self.preferences.controls.policy = policy;
            }
        }
        ui.add_space(6.0);
    }

    /// What thinking would take.
    fn thinks(&self) -> Option<String> {
        let reasoner = self.loaded.as_ref()?.reasoner.as_ref().filter(|_| self.reasons())?;
        let controls = &self.preferences.controls;
        let budget = controls.budget.unwrap_or(reasoner.default_budget);
        Some(format!("{} × {budget} tokens", controls.branches))
    }
}

/// How far a model is that is loaded, and how much of it is to come.
fn loads(ui: &mut Ui, palette: &Palette, loading: &Loading) {
    card(palette).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(RichText::new("The model is loading").strong());
        let share = (loading.done as f32 / loading.total.max(1) as f32).min(1.0);
        ui.visuals_mut().extreme_bg_color = palette.text.gamma_multiply(0.1);
        ui.add(egui::ProgressBar::new(share).desired_width(ui.available_width()));
        let text = match (loading.total, &*loading.what) {
            (0, _) => "asking for the file".to_owned(),
            (total, "kernels") => format!("compiling kernels: {} of {total}", loading.done),
            (total, what) => format!("{what}: {} of {}", bytes(loading.done), bytes(total)),
        };
        ui.label(RichText::new(text).color(palette.weak).text_style(small()));
    });
}

/// The vote in a line.
fn why(scene: &Scene) -> Option<String> {
    let (_, answer, winner) = scene.answer.as_ref()?;
    if scene.lanes.len() < 2 {
        return None;
    }
    let answer = answer.as_deref().unwrap_or("no answer");
    let best = scene.tally.first();
    let all: u32 = scene.tally.iter().map(|count| count.votes).sum();
    Some(match best {
        Some(best) if scene.tally.len() > 1 => {
            format!("{answer}: {} of {all} votes, from branch {}", best.votes, winner + 1)
        }
        Some(_) => format!("{answer}: all {} agree", words::count(all as usize, "vote", "votes")),
        None => "no branch has an answer".into(),
    })
}

/// A button that does not call for attention.
fn tiny(text: &str) -> egui::Button<'_> {
    egui::Button::new(RichText::new(text).text_style(small())).small()
}

/// A column of no more than the measure, in the middle.
fn measured(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    let width = ui.available_width().min(MEASURE);
    let left = (ui.available_width() - width) / 2.0;
    ui.horizontal(|ui| {
        ui.add_space(left);
        ui.vertical(|ui| {
            ui.set_width(width);
            add(ui);
        });
    });
}
