//! A long column of items of different heights, of which only those in sight are laid out.

use eframe::egui::{self, Rect, Ui, UiBuilder, pos2, vec2};

/// Heights that are known at a width.
#[derive(Debug, Clone, Default)]
pub struct Heights {
    width: f32,
    /// All of it, when it was drawn last.
    total: f32,
    /// The item's key when it was measured, and its height.
    known: Vec<Option<(u64, f32)>>,
    /// The item to scroll to.
    revealed: Option<usize>,
}

/// An item: where it is, as a number that changes with its contents, and its height as long as that is not known.
#[derive(Debug, Clone, Copy)]
pub struct Item {
    /// Changes when the contents do.
    pub key: u64,
    /// A guess.
    pub height: f32,
}

impl Heights {
    /// Scrolls to an item when they are laid out next.
    pub fn reveal(&mut self, index: Option<usize>) {
        self.revealed = index;
    }

    /// Lays out the items in sight of a scrolled `ui`, and takes the room of all. `viewport` is relative to the column's
    /// top.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        viewport: Rect,
        count: usize,
        item: impl Fn(usize) -> Item,
        mut add: impl FnMut(&mut Ui, usize),
    ) {
        let width = ui.available_width();
        if (width - self.width).abs() > 0.5 {
            self.known.clear();
            self.width = width;
        }
        self.known.resize(count, None);
        let gap = ui.spacing().item_spacing.y;
        let origin = ui.max_rect().min;
        // At its end, the column stays there by itself.
        let is_at_end = viewport.bottom() >= self.total - 2.0;
        let mut y = 0.0;
        let mut shift = 0.0;
        for index in 0..count {
            let Item { key, height: guess } = item(index);
            let known = self.known[index].filter(|&(of, _)| of == key).map(|(_, height)| height);
            let expected = known.or(self.known[index].map(|(_, height)| height)).unwrap_or(guess);
            let in_sight = y + expected >= viewport.top() && y <= viewport.bottom();
            let height = if in_sight {
                let rect = Rect::from_min_size(origin + vec2(0.0, y), vec2(width, expected));
                let builder = UiBuilder::new().max_rect(rect.with_max_y(f32::INFINITY)).id_salt(("row", index));
                let height = ui.scope_builder(builder, |ui| add(ui, index)).response.rect.height();
                self.known[index] = Some((key, height));
                // What grows above the viewport moves what is in it: keep that in place.
                if known.is_none() && y < viewport.top() && !is_at_end {
                    shift += height - expected;
                }
                height
            } else {
                expected
            };
            if self.revealed == Some(index) {
                self.revealed = None;
                ui.scroll_to_rect(Rect::from_min_size(origin + vec2(0.0, y), vec2(width, height)), None);
            }
            y += height + gap;
        }
        self.total = (y - gap).max(0.0);
        let end = origin + vec2(width, self.total);
        ui.expand_to_include_rect(Rect::from_min_max(origin, pos2(origin.x, end.y)));
        ui.advance_cursor_after_rect(Rect::from_min_max(origin, end));
        if shift.abs() > 0.5 {
            ui.scroll_with_delta_animation(vec2(0.0, -shift), egui::style::ScrollAnimation::none());
        }
    }
}
