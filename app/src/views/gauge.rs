//! Small instruments: budgets that drain, the switcher's score against its threshold.

use super::words;
use crate::run::{Decision, Lane, Scene};
use crate::theme::{Palette, small};
use eframe::egui::{self, CornerRadius, Rect, RichText, Sense, Stroke, Ui, pos2, vec2};

/// A colour and what it means, which no line break parts.
pub fn swatch(ui: &mut Ui, color: egui::Color32, is_framed: bool, text: &str) {
    let side = 9.0;
    let ink = ui.visuals().text_color();
    let galley = ui.painter().layout_no_wrap(text.to_owned(), small().resolve(ui.style()), ink);
    let indent = side + ui.spacing().item_spacing.x;
    let size = vec2(indent + galley.size().x, galley.size().y.max(side));
    let (all, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, text));
    let rect = Rect::from_center_size(pos2(all.left() + side / 2.0, all.center().y), vec2(side, side));
    let radius = CornerRadius::same(2);
    if is_framed {
        ui.painter().rect_stroke(rect, radius, Stroke::new(1.5, color), egui::StrokeKind::Inside);
    } else {
        ui.painter().rect_filled(rect, radius, color);
    }
    ui.painter().galley(pos2(all.left() + indent, all.center().y - galley.size().y / 2.0), galley, ink);
}

/// How much of a branch's budget is left, 0 to 1.
pub fn left(lane: &Lane, budget: Option<u32>) -> Option<f32> {
    let budget = budget.filter(|budget| *budget > 0)?;
    Some(1.0 - (lane.tokens as f32 / budget as f32).clamp(0.0, 1.0))
}

/// A branch's budget as a bar that drains.
pub fn budget(ui: &mut Ui, palette: &Palette, lane: &Lane, budget: Option<u32>, width: f32) {
    let Some(left) = left(lane, budget) else { return };
    let (rect, response) = ui.allocate_exact_size(vec2(width, 6.0), Sense::hover());
    let radius = CornerRadius::same(3);
    let painter = ui.painter();
    painter.rect_filled(rect, radius, palette.text.gamma_multiply(0.1));
    let color = match () {
        () if lane.stop.is_some() => palette.weak,
        () if lane.forced.is_some() || left < 0.15 => palette.warn,
        () => palette.good,
    };
    painter.rect_filled(rect.with_max_x(rect.left() + rect.width() * left), radius, color);
    let text = format!("{} of {} tokens", lane.tokens, budget.unwrap_or(0));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Meter, true, format!("Budget: {text}")));
    response.on_hover_text(text);
}

/// All branches' budgets, a small bar each, with what became of them.
pub fn branches(ui: &mut Ui, palette: &Palette, scene: &Scene) {
    let winner = scene.answer.as_ref().map(|(.., winner)| *winner);
    let grid = egui::Grid::new("branches").num_columns(3).min_row_height(16.0).min_col_width(0.0);
    let bar = (0.35 * ui.available_width()).min(90.0);
    grid.spacing(vec2(8.0, 4.0)).show(ui, |ui| {
        for (index, lane) in scene.lanes.iter().enumerate() {
            let strong = winner == Some(index);
            let name = RichText::new(format!("{}", index + 1)).text_style(small());
            ui.label(if strong { name.strong().color(palette.good) } else { name.color(palette.weak) });
            budget(ui, palette, lane, scene.budget(), bar);
            let text = match (&lane.stop, lane.score) {
                (Some(stop), score) => {
                    let answer = stop.answer.clone().unwrap_or_else(|| words::status(lane));
                    let score = score.map(|(score, _)| format!(" · {score:.2}")).unwrap_or_default();
                    format!("{answer}{score}")
                }
                (None, _) => words::status(lane),
            };
            ui.add(egui::Label::new(RichText::new(text).text_style(small())).truncate());
            ui.end_row();
        }
    });
}

/// The switcher's score on a scale from 0 to 1, with the threshold.
pub fn switcher(ui: &mut Ui, palette: &Palette, decision: &Decision) {
    let width = ui.available_width().min(280.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, 34.0), Sense::hover());
    let text = words::decision(decision);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Meter, true, &text));
    response.on_hover_text(&text);
    let painter = ui.painter();
    let track = Rect::from_min_size(rect.min + vec2(0.0, 16.0), vec2(rect.width(), 8.0));
    let x = |value: f32| track.left() + track.width() * value.clamp(0.0, 1.0);
    let radius = CornerRadius::same(4);
    painter.rect_filled(track, radius, palette.base.gamma_multiply(0.35));
    painter.rect_filled(track.with_min_x(x(decision.threshold)), radius, palette.adapters[0].gamma_multiply(0.45));
    let tick = x(decision.threshold);
    painter.vline(tick, track.top() - 4.0..=track.bottom() + 4.0, Stroke::new(1.5, palette.text));
    let font = egui::FontId::proportional(11.0);
    if let Some(score) = decision.score {
        let at = pos2(x(score), track.center().y);
        let color = if score >= decision.threshold { palette.adapters[0] } else { palette.base };
        painter.circle(at, 6.0, color, Stroke::new(1.5, palette.card));
        let align = if score > 0.85 { egui::Align2::RIGHT_BOTTOM } else { egui::Align2::CENTER_BOTTOM };
        painter.text(
            pos2(at.x.max(track.left() + 12.0), track.top() - 3.0),
            align,
            format!("{score:.2}"),
            font.clone(),
            color,
        );
    }
    let under = egui::Align2::CENTER_TOP;
    painter.text(
        pos2(tick.clamp(track.left() + 30.0, track.right() - 30.0), track.bottom() + 1.0),
        under,
        format!("threshold {:.2}", decision.threshold),
        egui::FontId::proportional(9.5),
        palette.weak,
    );
}
