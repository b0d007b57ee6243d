//! Models that can be downloaded, and the one that is.

use super::chrome::named;
use super::sidebar::heading;
use crate::studio::{Running, Studio};
use crate::theme::{Palette, small};
use eframe::egui::{self, Align, Layout, RichText, TextEdit, Ui};
use ruminate::units::bytes;
use ruminate_download::KNOWN;
use std::time::Duration;

/// What a person does.
enum Wish {
    Fetch(String),
    Stop,
    Forget(String),
}

impl Studio {
    pub(super) fn downloads(&mut self, ui: &mut Ui, palette: &Palette) {
        if self.downloads.shop.is_none() {
            if self.choose_files.is_some() {
                heading(ui, palette, "Get a model");
                let text = "In a browser tab, models are those that this page offers, and GGUF files of your own: open one, \
                            or drop it here. Models of a hub are downloaded by the studio for desktops.";
                ui.add(egui::Label::new(RichText::new(text).color(palette.weak)).wrap());
            }
            return;
        }
        heading(ui, palette, "Get a model");
        if let Some(wanted) = self.wanted_base() {
            let text = format!("{wanted}. These chat:");
            ui.add(egui::Label::new(RichText::new(text).color(palette.weak).text_style(small())).wrap());
        }
        let mut wish = None;
        let running = self.downloads.running.as_ref();
        if let Some(running) = running {
            ui.ctx().request_repaint_after(Duration::from_millis(100));
            progress(ui, palette, running, &mut wish);
        }
        let is_idle = running.is_none();
        let is_running = |name: &str| running.is_some_and(|running| running.file.to_string() == name);
        for name in self.preferences.unfinished.iter().filter(|name| !is_running(name)) {
            let file = name.rsplit('/').next().unwrap_or(name);
            offer(ui, palette, file, "not whole yet", |ui| {
                if named(ui.add_enabled(is_idle, egui::Button::new("Go on")), &format!("Go on with {file}")).clicked() {
                    wish = Some(Wish::Fetch(name.clone()));
                }
                if named(ui.small_button("✖"), &format!("Forget the download of {file}")).clicked() {
                    wish = Some(Wish::Forget(name.clone()));
                }
            });
        }
        for known in KNOWN {
            let file = known.file.rsplit('/').next().unwrap_or_default();
            let is_here =
                self.library.models.iter().any(|model| model.path.file_name().is_some_and(|name| name == file));
            if is_here || is_running(known.file) || self.preferences.unfinished.iter().any(|name| name == known.file) {
                continue;
            }
            let about = format!("{}, {}", bytes(u64::from(known.megabytes) * 1_000_000), known.licence);
            offer(ui, palette, known.name, &about, |ui| {
                let button = ui.add_enabled(is_idle, egui::Button::new("Get"));
                if named(button, &format!("Download {}", known.name)).clicked() {
                    wish = Some(Wish::Fetch(known.file.to_owned()));
                }
            });
        }
        ui.add_space(2.0);
        ui.label(RichText::new("Another, of a hub of models").color(palette.weak).text_style(small()));
        from_the_right(ui, |ui| {
            let can = is_idle && !self.downloads.typed.trim().is_empty();
            let is_sent = named(ui.add_enabled(can, egui::Button::new("Get")), "Download what is named").clicked();
            let edit = TextEdit::singleline(&mut self.downloads.typed).hint_text("owner/name/file.gguf");
            let field = ui.add(edit.desired_width(f32::INFINITY));
            field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Model to download"));
            let is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            if can && (is_sent || is_entered) {
                wish = Some(Wish::Fetch(self.downloads.typed.trim().to_owned()));
            }
        });
        match wish {
            Some(Wish::Fetch(name)) => self.download(&name),
            Some(Wish::Stop) => self.stop_download(),
            Some(Wish::Forget(name)) => self.forget_download(&name),
            None => {}
        }
    }
}

/// A row whose first widgets stand at its end.
fn from_the_right(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    // A layout alone would take all of the height.
    ui.horizontal(|ui| ui.with_layout(Layout::right_to_left(Align::Center), add));
}

/// A row of what can be had: its name over what it is, and buttons at its end.
fn offer(ui: &mut Ui, palette: &Palette, name: &str, about: &str, buttons: impl FnOnce(&mut Ui)) {
    from_the_right(ui, |ui| {
        buttons(ui);
        ui.with_layout(Layout::top_down(Align::Min), |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.add(egui::Label::new(name).truncate());
            ui.add(egui::Label::new(RichText::new(about).color(palette.weak).text_style(small())).truncate());
        });
    });
}

fn progress(ui: &mut Ui, palette: &Palette, running: &Running, wish: &mut Option<Wish>) {
    ui.add(egui::Label::new(&running.file.file).truncate());
    from_the_right(ui, |ui| {
        let button = ui.add_enabled(!running.is_stopping(), egui::Button::new("Stop"));
        if named(button, "Stop the download; it can go on later").clicked() {
            *wish = Some(Wish::Stop);
        }
        let share = running.progress.map_or(0.0, |at| at.done as f32 / at.total.max(1) as f32);
        let text = RichText::new(format!("{:.0} %", 100.0 * share)).text_style(small());
        // What is left is seen on a light panel, too.
        ui.visuals_mut().extreme_bg_color = palette.text.gamma_multiply(0.1);
        ui.add(egui::ProgressBar::new(share).desired_width(ui.available_width()).text(text));
    });
    let text = match running.progress {
        None => "asking the server".to_owned(),
        Some(at) if at.is_checking => format!("checking what is there: {} of {}", bytes(at.done), bytes(at.total)),
        Some(at) => {
            let so_far = format!("{} of {}", bytes(at.done), bytes(at.total));
            match running.rate().filter(|rate| *rate > 0.0) {
                Some(rate) => {
                    let left = (at.total.saturating_sub(at.done) as f64 / rate).ceil();
                    format!("{so_far}, {}/s, {} left", bytes(rate as u64), minutes(left as u64))
                }
                None => so_far,
            }
        }
    };
    ui.add(egui::Label::new(RichText::new(text).color(palette.weak).text_style(small())).wrap());
}

fn minutes(seconds: u64) -> String {
    if seconds < 60 { format!("{seconds} s") } else { format!("{} min", seconds.div_ceil(60)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Places;
    use crate::backend::link;
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable;
    use std::cell::Cell;
    use std::rc::Rc;

    #[test]
    fn in_a_page_it_says_what_there_is_instead() {
        let (link, _engine) = link();
        let mut studio = Studio::new(link, Places::default());
        let opened = Rc::new(Cell::new(0));
        let counted = opened.clone();
        studio.choose_files = Some(Box::new(move || counted.set(counted.get() + 1)));
        let mut window = Harness::new_ui_state(|ui, studio: &mut Studio| studio.sidebar(ui), studio);
        window.get_by_label_contains("models are those that this page offers");
        assert!(window.query_by_label("Model to download").is_none());
        window.get_by_label("Open a GGUF file, or the files of an adapter").click();
        window.run();
        assert_eq!(opened.get(), 1);
    }
}
