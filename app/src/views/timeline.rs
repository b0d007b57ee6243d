//! The tree of branches over time: reading, the switch, the forks, what was forced and stopped, scores, the vote. Time is
//! scrubbed by dragging over it.

use super::words;
use crate::run::{Lane, Scene};
use crate::theme::Palette;
use eframe::egui::{self, Align2, Color32, CornerRadius, FontId, Painter, Rect, Sense, Stroke, Ui, pos2, vec2};

const ROW: f32 = 20.0;
const HEAD: f32 = 22.0;
const LABEL: f32 = 26.0;

/// Where times are.
struct Scale {
    left: f32,
    width: f32,
    duration: f64,
}

impl Scale {
    fn x(&self, at: f64) -> f32 {
        self.left + self.width * (at / self.duration.max(1e-9)).clamp(0.0, 1.0) as f32
    }
}

/// Draws the tree of `whole`, of which what comes after `now` is faint. Gives the time that was picked.
pub fn show(ui: &mut Ui, palette: &Palette, whole: &Scene, now: &Scene, duration: f64) -> Option<f64> {
    let rows = whole.lanes.len().max(1);
    let height = HEAD + ROW * rows as f32 + 18.0;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click_and_drag());
    response.widget_info(|| {
        let name = format!("Time line of {}, at {}", words::count(rows, "branch", "branches"), words::seconds(now.at));
        egui::WidgetInfo::labeled(egui::Role::Canvas, true, name)
    });
    let answer_room = if rect.width() > 500.0 { 96.0 } else { 54.0 };
    let width = (rect.width() - LABEL - answer_room).max(20.0);
    let scale = Scale { left: rect.left() + LABEL, width, duration };
    let painter = ui.painter_at(rect);
    axis(&painter, palette, rect, &scale);
    let trunk = rect.top() + HEAD / 2.0;
    let forked = whole.lanes.iter().map(|lane| lane.begun).fold(f64::INFINITY, f64::min);
    let until = if forked.is_finite() { forked } else { whole.at };
    let line = |color: Color32| Stroke::new(3.0, color);
    painter.hline(scale.x(0.0)..=scale.x(until), trunk, line(palette.base));
    if let Some(decision) = whole.decision {
        let at = pos2(scale.x(decision.at), trunk);
        let color = if decision.effort.is_some() { palette.adapters[0] } else { palette.base };
        painter.circle(at, 5.0, color, Stroke::new(1.5, palette.card));
        if let Some(score) = decision.score {
            let text = format!("{score:.2} of {:.2}", decision.threshold);
            painter.text(at + vec2(9.0, -1.0), Align2::LEFT_CENTER, text, FontId::proportional(11.0), palette.weak);
        }
    }
    let winner = whole.answer.as_ref().map(|(.., winner)| *winner);
    for (index, lane) in whole.lanes.iter().enumerate() {
        let y = rect.top() + HEAD + ROW * (index as f32 + 0.5);
        let start = scale.x(lane.begun);
        let joint = pos2(start, trunk);
        let end = pos2(scale.x(lane.end(whole.at)), y);
        if index < now.lanes.len() {
            painter.line(vec![joint, pos2(start, y - 5.0), pos2(start + 4.0, y)], Stroke::new(1.0, palette.weak));
        }
        let name = FontId::proportional(12.0);
        let color = if winner == Some(index) { palette.good } else { palette.weak };
        painter.text(pos2(rect.left() + 4.0, y), Align2::LEFT_CENTER, (index + 1).to_string(), name, color);
        tokens(&painter, palette, lane, &scale, y);
        marks(&painter, palette, lane, &scale, y);
        outcome(&painter, palette, lane, pos2(rect.right() - answer_room + 8.0, end.y), winner == Some(index));
    }
    // What has not happened yet at this time.
    if now.at < duration {
        let later = Rect::from_min_max(pos2(scale.x(now.at), rect.top()), rect.max);
        painter.rect_filled(later, CornerRadius::ZERO, palette.card.gamma_multiply(0.82));
    }
    painter.vline(scale.x(now.at), rect.y_range(), Stroke::new(1.5, palette.text));
    let picked = response.interact_pointer_pos().filter(|_| response.dragged() || response.clicked())?;
    Some(f64::from(((picked.x - scale.left) / scale.width).clamp(0.0, 1.0)) * duration)
}

fn axis(painter: &Painter, palette: &Palette, rect: Rect, scale: &Scale) {
    let step = nice(scale.duration * 80.0 / f64::from(scale.width.max(1.0)));
    let mut at = 0.0;
    while at <= scale.duration && step > 0.0 {
        let x = scale.x(at);
        painter.vline(x, rect.top()..=rect.bottom() - 14.0, Stroke::new(1.0, palette.line.gamma_multiply(0.6)));
        let font = FontId::proportional(10.0);
        painter.text(pos2(x, rect.bottom() - 1.0), Align2::CENTER_BOTTOM, words::seconds(at), font, palette.weak);
        at += step;
    }
}

/// A step of 1, 2 or 5 times a power of ten that is no less.
pub fn nice(least: f64) -> f64 {
    let power = 10f64.powf(least.max(1e-9).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * power).find(|step| *step >= least).unwrap_or(least)
}

/// A bar of the lane's tokens, coloured by who wrote them and how sure they were; not finer than pixels.
fn tokens(painter: &Painter, palette: &Palette, lane: &Lane, scale: &Scale, y: f32) {
    let bar = |from: f32, to: f32| Rect::from_min_max(pos2(from, y - 5.0), pos2(to.max(from + 1.0), y + 5.0));
    let mut from = scale.x(lane.begun);
    let (mut sum, mut count) = (0.0, 0);
    for piece in &lane.pieces {
        let to = scale.x(f64::from(piece.at));
        sum += if piece.id.is_some() { piece.probability() } else { 1.0 };
        count += 1;
        if to - from < 1.5 {
            continue;
        }
        let voice = palette.voice(piece.voice).gamma_multiply(if piece.is_thought { 0.55 } else { 1.0 });
        let doubt = 1.0 - sum / count as f32;
        painter.rect_filled(
            bar(from, to),
            CornerRadius::ZERO,
            voice.lerp_to_gamma(palette.bad, (doubt * 1.2).min(0.9)),
        );
        (from, sum, count) = (to, 0.0, 0);
    }
}

fn marks(painter: &Painter, palette: &Palette, lane: &Lane, scale: &Scale, y: f32) {
    let tick = |at: f64, color: Color32| {
        painter.vline(scale.x(at), y - 8.0..=y + 8.0, Stroke::new(2.0, color));
    };
    if let Some(at) = lane.warned {
        tick(at, palette.weak);
    }
    if let Some(at) = lane.forced {
        tick(at, palette.warn);
    }
    if let Some(stop) = &lane.stop {
        let at = pos2(scale.x(stop.at), y);
        if stop.rule.is_some() || stop.failed {
            let stroke = Stroke::new(2.0, palette.bad);
            painter.line_segment([at + vec2(-4.0, -4.0), at + vec2(4.0, 4.0)], stroke);
            painter.line_segment([at + vec2(-4.0, 4.0), at + vec2(4.0, -4.0)], stroke);
        } else {
            painter.circle_filled(at, 4.0, palette.text);
        }
    }
}

fn outcome(painter: &Painter, palette: &Palette, lane: &Lane, at: egui::Pos2, is_winner: bool) {
    let Some(stop) = &lane.stop else { return };
    let answer = stop.answer.as_deref().unwrap_or("–");
    let score = lane.score.map(|(score, _)| format!("  {score:.2}")).unwrap_or_default();
    let color = if is_winner { palette.good } else { palette.text };
    let short: String = answer.chars().take(10).collect();
    painter.text(at, Align2::LEFT_CENTER, format!("{short}{score}"), FontId::proportional(12.0), color);
}

#[cfg(test)]
mod tests {
    use super::nice;

    #[test]
    fn steps_are_round() {
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(near(nice(0.013), 0.02) && near(nice(3.0), 5.0) && near(nice(7.0), 10.0) && near(nice(1.0), 1.0));
    }
}
