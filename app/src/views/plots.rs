//! Plots of the device: the cache's pages, a step's kernels as a strip, the roofline.

use super::gauge;
use super::words::{self, metric};
use crate::backend::{Measured, Pages, StepTime};
use crate::theme::Palette;
use eframe::egui::{self, Align2, Color32, CornerRadius, FontId, Pos2, Rect, RichText, Sense, Stroke, Ui, pos2, vec2};
use ruminate::cache::Writer;
use ruminate::session::PageUse;

/// The colour of a page: who wrote it, faint where it is free, framed where it is shared.
fn page_color(palette: &Palette, page: &PageUse) -> Color32 {
    match page.writers.last() {
        None => palette.text.gamma_multiply(0.07),
        Some(Writer::Base) => palette.base,
        // Generations are counted from 1.
        Some(Writer::Adapter(generation)) => {
            palette.adapters[generation.saturating_sub(1) as usize % palette.adapters.len()]
        }
    }
}

/// The cache, a square a page.
pub fn pages(ui: &mut Ui, palette: &Palette, pages: &Pages) {
    let all = pages.pages.len();
    let shared = pages.pages.iter().filter(|page| page.holders > 1).count();
    let own = pages.pages.iter().filter(|page| page.holders == 1).count();
    let text = format!(
        "{shared} shared, {own} own, {} free of {all} pages ({} positions, {} each)",
        all - shared - own,
        pages.positions,
        ruminate::units::bytes(pages.bytes)
    );
    ui.add(egui::Label::new(RichText::new(&text).color(palette.weak)).wrap());
    if all == 0 {
        return;
    }
    let cell = if all > 1200 { 7.0 } else { 11.0 };
    let columns = (ui.available_width() / cell).floor().max(1.0) as usize;
    let rows = all.div_ceil(columns);
    let (rect, response) = ui.allocate_exact_size(vec2(columns as f32 * cell, rows as f32 * cell), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, format!("KV pages: {text}")));
    let place = |index: usize| {
        let at = vec2((index % columns) as f32, (index / columns) as f32) * cell;
        Rect::from_min_size(rect.min + at, vec2(cell - 1.5, cell - 1.5))
    };
    let painter = ui.painter_at(rect);
    for (index, page) in pages.pages.iter().enumerate() {
        painter.rect_filled(place(index), CornerRadius::same(2), page_color(palette, page));
        if page.writers.len() > 1 {
            // Several wrote it: the first shows too.
            let color = page_color(palette, &PageUse { writers: vec![page.writers[0]], ..page.clone() });
            let half = place(index).with_max_x(place(index).center().x);
            painter.rect_filled(half, CornerRadius::same(2), color);
        }
        if page.holders > 1 {
            painter.rect_stroke(
                place(index),
                CornerRadius::same(2),
                Stroke::new(1.5, palette.text),
                egui::StrokeKind::Inside,
            );
        }
    }
    if let Some(pointer) = response.hover_pos() {
        let at = ((pointer - rect.min) / cell).floor();
        let index = at.y as usize * columns + at.x as usize;
        if let Some(page) = pages.pages.get(index) {
            let writers: Vec<String> = page.writers.iter().map(ToString::to_string).collect();
            let writers = writers.join(", then ");
            response.on_hover_text(match page.holders {
                0 => format!("page {index}: free"),
                1 => format!("page {index}: held by one branch\nwritten by {writers}"),
                holders => format!("page {index}: shared by {holders} branches\nwritten by {writers}"),
            });
        }
    }
    ui.horizontal_wrapped(|ui| {
        gauge::swatch(ui, palette.base, false, "the base wrote");
        gauge::swatch(ui, palette.adapters[0], false, "an adapter wrote");
        gauge::swatch(ui, palette.text, true, "shared");
        gauge::swatch(ui, palette.text.gamma_multiply(0.07), false, "free");
    });
}

/// Colours of parts, in turn.
fn part_color(palette: &Palette, index: usize) -> Color32 {
    let colors = [
        palette.base,
        palette.adapters[0],
        palette.adapters[1],
        palette.adapters[2],
        palette.adapters[3],
        palette.good,
        palette.warn,
        palette.bad,
    ];
    colors[index % colors.len()]
}

/// A step's parts as a strip, in the order in which they run, and the longest in a list.
pub fn flame(ui: &mut Ui, palette: &Palette, measured: &Measured) {
    let total: f64 = measured.parts.iter().map(|part| part.us).sum();
    if total <= 0.0 {
        let text = "This device cannot time single dispatches.";
        ui.add(egui::Label::new(RichText::new(text).color(palette.weak)).wrap());
        return;
    }
    let dispatches: usize = measured.parts.iter().map(|part| part.dispatches).sum();
    let text = format!("{} in {dispatches} dispatches, all layers together", words::seconds(total * 1e-6));
    ui.add(egui::Label::new(RichText::new(&text).color(palette.weak)).wrap());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 34.0), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, format!("A step's kernels: {text}")));
    let painter = ui.painter_at(rect);
    let mut x = rect.left();
    let mut hovered = None;
    for (index, part) in measured.parts.iter().enumerate() {
        let width = rect.width() * (part.us / total) as f32;
        let bar = Rect::from_min_max(pos2(x, rect.top()), pos2(x + width, rect.bottom()));
        let color = part_color(palette, index);
        painter.rect_filled(bar.shrink2(vec2(0.5, 0.0)), CornerRadius::same(2), color.gamma_multiply(0.75));
        let galley = painter.layout_no_wrap(part.part.clone(), FontId::proportional(11.0), palette.ground);
        if galley.size().x + 6.0 < width {
            painter.galley(bar.center() - galley.size() / 2.0, galley, palette.ground);
        }
        if response.hover_pos().is_some_and(|at| bar.contains(at)) {
            hovered = Some(part);
        }
        x += width;
    }
    if let Some(part) = hovered {
        let each = part.us / part.dispatches.max(1) as f64;
        let text = format!(
            "{}: {:.1} us, {:.1} %\n{} dispatches of {each:.2} us\n{}",
            part.part, part.us, part.percent, part.dispatches, part.kernel
        );
        response.on_hover_text(text);
    }
    let mut longest: Vec<(usize, &ruminate::session::Part)> = measured.parts.iter().enumerate().collect();
    longest.sort_by(|a, b| b.1.us.total_cmp(&a.1.us));
    egui::Grid::new("parts").num_columns(4).min_row_height(16.0).spacing([14.0, 2.0]).show(ui, |ui| {
        for (index, part) in longest.into_iter().take(8) {
            ui.horizontal(|ui| gauge::swatch(ui, part_color(palette, index), false, &part.part));
            ui.label(format!("{:.1} %", part.percent));
            ui.label(words::seconds(part.us * 1e-6));
            ui.label(RichText::new(format!("{} x", part.dispatches)).color(palette.weak));
            ui.end_row();
        }
    });
}

/// Operations a second over operations a byte, both logarithmic, under the device's own bandwidth.
pub fn roofline(ui: &mut Ui, palette: &Palette, measured: &Measured) {
    let points: Vec<(f64, f64, StepTime)> = measured
        .steps
        .iter()
        .filter(|step| step.bytes > 0.0 && step.seconds > 0.0)
        .map(|&step| (step.flops / step.bytes, step.flops / step.seconds, step))
        .collect();
    if points.is_empty() || measured.bandwidth <= 0.0 {
        return;
    }
    let text = format!("reads {}B/s at best; decoding steps of 1 to 16 rows", metric(measured.bandwidth));
    ui.add(egui::Label::new(RichText::new(&text).color(palette.weak)).wrap());
    let height = 200.0;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width().min(560.0), height), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, format!("Roofline: {text}")));
    let painter = ui.painter_at(rect);
    let plot = Rect::from_min_max(rect.min + vec2(76.0, 6.0), rect.max - vec2(8.0, 34.0));
    let least = points.iter().map(|point| point.0).fold(f64::INFINITY, f64::min) / 2.0;
    let most = points.iter().map(|point| point.0).fold(0.0, f64::max) * 2.0;
    let roof = |intensity: f64| measured.bandwidth * intensity;
    let bottom = points.iter().map(|point| point.1).fold(f64::INFINITY, f64::min) / 3.0;
    let top = roof(most).max(points.iter().map(|point| point.1).fold(0.0, f64::max)) * 1.3;
    let share =
        |value: f64, low: f64, high: f64| ((value.ln() - low.ln()) / (high.ln() - low.ln())).clamp(-0.1, 1.1) as f32;
    let place = |intensity: f64, rate: f64| -> Pos2 {
        let x = plot.left() + plot.width() * share(intensity, least, most);
        pos2(x, plot.bottom() - plot.height() * share(rate, bottom, top))
    };
    let font = FontId::proportional(10.0);
    painter.rect_stroke(plot, CornerRadius::ZERO, Stroke::new(1.0, palette.line), egui::StrokeKind::Inside);
    let decades = |low: f64, high: f64| {
        let first = low.log10().ceil() as i32;
        (first..=high.log10().floor() as i32).map(|power| 10f64.powi(power))
    };
    for rate in decades(bottom, top) {
        let at = place(least, rate);
        painter.hline(plot.x_range(), at.y, Stroke::new(1.0, palette.line.gamma_multiply(0.6)));
        let text = format!("{}FLOP/s", words::power(rate));
        painter.text(pos2(plot.left() - 4.0, at.y), Align2::RIGHT_CENTER, text, font.clone(), palette.weak);
    }
    for intensity in decades(least, most) {
        let at = place(intensity, bottom);
        painter.vline(at.x, plot.y_range(), Stroke::new(1.0, palette.line.gamma_multiply(0.6)));
        painter.text(
            pos2(at.x, plot.bottom() + 2.0),
            Align2::CENTER_TOP,
            format!("{intensity}"),
            font.clone(),
            palette.weak,
        );
    }
    let middle = pos2(plot.center().x, rect.bottom() - 2.0);
    painter.text(middle, Align2::CENTER_BOTTOM, "operations a byte", font.clone(), palette.weak);
    painter.line_segment([place(least, roof(least)), place(most, roof(most))], Stroke::new(2.0, palette.text));
    let mut told = None;
    for (intensity, rate, step) in points {
        let at = place(intensity, rate);
        let color = if step.adapted { palette.adapters[0] } else { palette.base };
        painter.circle_filled(at, 4.5, color);
        if !step.adapted {
            painter.text(
                at + vec2(0.0, -6.0),
                Align2::CENTER_BOTTOM,
                step.rows.to_string(),
                font.clone(),
                palette.weak,
            );
        }
        if response.hover_pos().is_some_and(|pointer| pointer.distance(at) < 9.0) {
            let adapted = if step.adapted { " with an adapter" } else { "" };
            told = Some(format!(
                "{}{adapted}: {} a step, {:.1} tokens/s\n{:.0} % of the bandwidth",
                words::count(step.rows as usize, "row", "rows"),
                words::seconds(step.seconds),
                f64::from(step.rows) / step.seconds,
                100.0 * step.bytes / step.seconds / measured.bandwidth
            ));
        }
    }
    if let Some(told) = told {
        response.on_hover_text(told);
    }
}
