//! What stands around the views: the bar, the panels, notices, the keyboard.

use crate::studio::{Sheet, Studio, View, Work};
use crate::theme::{Palette, card, small};
use eframe::egui::{
    self, Align, CentralPanel, Frame, Key, KeyboardShortcut, Layout, Margin, Modifiers, Panel, RichText,
    ThemePreference, Ui,
};

/// Narrower windows have one column, and tabs at the bottom.
const NARROW: f32 = 720.0;
/// Narrower ones have no room for both side panels.
const WIDE: f32 = 1060.0;

/// The studio is a page in a browser.
const IS_TAB: bool = cfg!(target_family = "wasm");
/// A browser keeps these keys to itself: to open a window, to load the page again.
const BROWSERS: [&str; 2] = ["Ctrl+N", "Ctrl+R"];

const KEYS: [(&str, &str); 12] = [
    ("Enter", "Send the question (Shift+Enter: new line)"),
    ("Esc", "Stop"),
    ("Ctrl+Enter", "Answer now"),
    ("Ctrl+R", "Ask the last question again"),
    ("Ctrl+E", "Edit the last question"),
    ("Ctrl+N", "New conversation"),
    ("Ctrl+L", "Go to the question field"),
    ("Ctrl+1 … 4", "Chat, Thinking, Compare, Machine"),
    ("Ctrl+B", "Conversations and models"),
    ("Ctrl+.", "Controls"),
    ("Left, Right", "Thinking: back and forth in time (Home, End: to its ends)"),
    ("F1", "This list"),
];

impl Studio {
    /// Draws everything.
    pub fn show(&mut self, ui: &mut Ui) {
        let theme = match self.preferences.is_dark {
            None => ThemePreference::System,
            Some(true) => ThemePreference::Dark,
            Some(false) => ThemePreference::Light,
        };
        if ui.ctx().options(|options| options.theme_preference) != theme {
            ui.ctx().set_theme(theme);
        }
        self.keys(ui);
        self.drops(ui);
        let is_narrow = ui.available_width() < NARROW;
        if !is_narrow {
            self.sheet = None;
        }
        let palette = Palette::of(ui);
        let bar = Frame::new().fill(palette.card).inner_margin(Margin::symmetric(10, 6));
        Panel::top("bar").frame(bar).show(ui, |ui| self.bar(ui, is_narrow));
        if is_narrow {
            Panel::bottom("tabs").frame(bar).show(ui, |ui| {
                ui.spacing_mut().item_spacing.x = 2.0;
                ui.spacing_mut().button_padding.x = 2.0;
                ui.columns(View::ALL.len(), |columns| {
                    for (ui, view) in columns.iter_mut().zip(View::ALL) {
                        ui.vertical_centered_justified(|ui| self.tab(ui, view));
                    }
                });
            });
        }
        self.notices(ui);
        let side = Frame::new().fill(palette.card).inner_margin(Margin::symmetric(10, 10));
        if !is_narrow {
            let has_room = ui.available_width() >= WIDE;
            if self.preferences.shows_library && (has_room || !self.preferences.shows_controls) {
                let panel = Panel::left("library").frame(side).default_size(230.0).min_size(180.0);
                panel.show(ui, |ui| self.sidebar(ui));
            }
            if self.preferences.shows_controls {
                let panel = Panel::right("controls").frame(side).default_size(250.0).min_size(220.0);
                panel.show(ui, |ui| self.controls(ui));
            }
        }
        let margin = if is_narrow { Margin::same(8) } else { Margin::same(12) };
        let central = Frame::new().fill(palette.ground).inner_margin(margin);
        CentralPanel::default().frame(central).show(ui, |ui| match (self.sheet, self.view) {
            (Some(Sheet::Library), _) => self.sidebar(ui),
            (Some(Sheet::Controls), _) => self.controls(ui),
            (None, View::Chat) => self.chat(ui),
            (None, View::Thinking) => self.thinking(ui),
            (None, View::Compare) => self.compare(ui),
            (None, View::Machine) => self.machine(ui),
        });
        self.key_list(ui);
        self.drop_hint(ui);
    }

    fn tab(&mut self, ui: &mut Ui, view: View) {
        let is_front = self.view == view && self.sheet.is_none();
        if ui.selectable_label(is_front, view.name()).clicked() {
            self.view = view;
            self.sheet = None;
        }
    }

    fn bar(&mut self, ui: &mut Ui, is_narrow: bool) {
        ui.horizontal(|ui| {
            let is_open = if is_narrow { self.sheet == Some(Sheet::Library) } else { self.preferences.shows_library };
            if named(ui.selectable_label(is_open, "☰"), "Conversations and models").clicked() {
                self.toggle(Sheet::Library, is_narrow);
            }
            if is_narrow {
                ui.label(RichText::new("Ruminate").strong());
            } else {
                ui.label(RichText::new("Ruminate").strong().size(16.0));
                ui.add_space(8.0);
                View::ALL.into_iter().for_each(|view| self.tab(ui, view));
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let is_open =
                    if is_narrow { self.sheet == Some(Sheet::Controls) } else { self.preferences.shows_controls };
                if named(ui.selectable_label(is_open, "⚙"), "Controls").clicked() {
                    self.toggle(Sheet::Controls, is_narrow);
                }
                let is_dark = ui.visuals().dark_mode;
                let icon = if is_dark { "☀" } else { "🌙" };
                if named(ui.selectable_label(false, icon), "Light or dark").clicked() {
                    self.preferences.is_dark = Some(!is_dark);
                }
                self.state(ui);
            });
        });
    }

    /// What the engine is and does, in as much room as there is.
    fn state(&self, ui: &mut Ui) {
        let palette = Palette::of(ui);
        let model = self.loaded.as_ref().map(|loaded| loaded.name.as_str());
        match (&self.work, model) {
            (Work::Loading(loading), _) => {
                let share = if loading.total == 0 { 0.0 } else { loading.done as f32 / loading.total as f32 };
                let text = match loading.total {
                    0 => "loading".to_owned(),
                    _ => format!("{} {:.0} %", loading.what, 100.0 * share),
                };
                let bar =
                    egui::ProgressBar::new(share).desired_width(110.0).text(RichText::new(text).text_style(small()));
                ui.add(bar);
            }
            (_, None) => {
                ui.add(egui::Label::new(RichText::new("no model").color(palette.warn)).truncate());
            }
            (work, Some(model)) => {
                let doing = match work {
                    Work::Answering(_) => " · answering",
                    Work::Reading => " · reading",
                    Work::Measuring => " · measuring",
                    Work::Testing => " · testing",
                    Work::Idle | Work::Loading(_) => "",
                };
                let text = RichText::new(format!("{model}{doing}")).color(palette.weak);
                ui.add(egui::Label::new(text).truncate());
            }
        }
    }

    /// The panel where models are is in sight.
    pub(super) fn are_models_shown(&self, ui: &Ui) -> bool {
        let has_room = ui.ctx().content_rect().width() >= WIDE || !self.preferences.shows_controls;
        !is_narrow(ui) && self.preferences.shows_library && has_room
    }

    /// Opens the panel, or on a phone the sheet, where models are.
    pub(super) fn shows_models(&mut self, ui: &Ui) {
        if is_narrow(ui) {
            self.sheet = Some(Sheet::Library);
        } else {
            self.preferences.shows_library = true;
            self.preferences.shows_controls &= ui.ctx().content_rect().width() >= WIDE;
        }
    }

    fn toggle(&mut self, sheet: Sheet, is_narrow: bool) {
        if is_narrow {
            self.sheet = if self.sheet == Some(sheet) { None } else { Some(sheet) };
            return;
        }
        match sheet {
            Sheet::Library => self.preferences.shows_library ^= true,
            Sheet::Controls => self.preferences.shows_controls ^= true,
        }
    }

    fn notices(&mut self, ui: &mut Ui) {
        if self.notices.is_empty() {
            return;
        }
        let palette = Palette::of(ui);
        let frame = Frame::new().fill(palette.card).inner_margin(Margin::symmetric(10, 6));
        Panel::top("notices").frame(frame).show(ui, |ui| {
            let mut closed = None;
            egui::ScrollArea::vertical().max_height(120.0).show(ui, |ui| {
                for (index, notice) in self.notices.iter().enumerate() {
                    ui.horizontal_top(|ui| {
                        if named(ui.small_button("✖"), "Close this notice").clicked() {
                            closed = Some(index);
                        }
                        let color = if notice.is_problem { palette.bad } else { palette.good };
                        ui.add(egui::Label::new(RichText::new(&notice.text).color(color)).wrap());
                    });
                }
            });
            if let Some(index) = closed {
                self.notices.remove(index);
            }
        });
    }

    fn keys(&mut self, ui: &Ui) {
        let pressed =
            |modifiers, key| ui.input_mut(|input| input.consume_shortcut(&KeyboardShortcut::new(modifiers, key)));
        let command = |key| pressed(Modifiers::COMMAND, key);
        for (key, view) in [Key::Num1, Key::Num2, Key::Num3, Key::Num4].into_iter().zip(View::ALL) {
            if command(key) {
                self.view = view;
                self.sheet = None;
            }
        }
        let is_narrow = ui.available_width() < NARROW;
        if command(Key::B) {
            self.toggle(Sheet::Library, is_narrow);
        }
        if command(Key::Period) {
            self.toggle(Sheet::Controls, is_narrow);
        }
        if !IS_TAB && command(Key::N) {
            self.new_conversation();
            self.view = View::Chat;
        }
        if command(Key::L) {
            self.view = View::Chat;
            self.sheet = None;
            self.chat.wants_focus = true;
        }
        if let Some(last) = self.conversation.turns.len().checked_sub(1) {
            if !IS_TAB && command(Key::R) {
                self.ask_again(last, None);
            }
            if command(Key::E) {
                self.view = View::Chat;
                self.chat.edit(last, &self.conversation.turns[last].run.question);
            }
        }
        if self.work != Work::Idle {
            if pressed(Modifiers::NONE, Key::Escape) {
                self.stop();
            }
            if self.is_answering() && command(Key::Enter) {
                self.send(crate::backend::Command::AnswerNow);
            }
        }
        if pressed(Modifiers::NONE, Key::F1) {
            self.shows_keys ^= true;
        }
    }

    fn key_list(&mut self, ui: &Ui) {
        let mut is_open = self.shows_keys;
        let window = egui::Window::new("Keyboard").open(&mut is_open).collapsible(false).resizable(false);
        window.default_width(320.0).show(ui.ctx(), |ui| {
            egui::Grid::new("keys").num_columns(2).spacing([16.0, 6.0]).show(ui, |ui| {
                for (key, meaning) in KEYS.into_iter().filter(|(key, _)| !IS_TAB || !BROWSERS.contains(key)) {
                    ui.label(RichText::new(key).strong());
                    ui.add(egui::Label::new(meaning).wrap());
                    ui.end_row();
                }
            });
        });
        self.shows_keys = is_open;
    }

    fn drops(&mut self, ui: &Ui) {
        if self.choose_files.is_some() {
            // The page has them already: it can read folders, and files piece by piece.
            return;
        }
        let dropped = ui.input(|input| input.raw.dropped_files.clone());
        dropped.iter().for_each(|file| self.dropped(file.path()));
    }

    fn drop_hint(&self, ui: &Ui) {
        if ui.input(|input| input.raw.hovered_files.is_empty()) {
            return;
        }
        let palette = Palette::of(ui);
        let area = egui::Area::new(egui::Id::unique("drop")).order(egui::Order::Foreground);
        area.anchor(egui::Align2::CENTER_CENTER, egui::Vec2::ZERO).show(ui.ctx(), |ui| {
            card(&palette).show(ui, |ui| ui.heading("Drop a model, a bundle or an adapter"));
        });
    }
}

fn is_narrow(ui: &Ui) -> bool {
    ui.ctx().content_rect().width() < NARROW
}

/// A widget that shows a sign, named for those who do not see it, and for the pointer.
pub fn named(response: egui::Response, name: &str) -> egui::Response {
    let enabled = response.enabled();
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, enabled, name));
    response.on_hover_text(name)
}
