//! A branch's text, token by token: coloured by who wrote it, with a ground that shows doubt. Hovering tells the rest.

use super::rows::{Heights, Item};
use crate::run::{Candidate, Lane, Piece, Scene};
use crate::theme::{Palette, token_font};
use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{self, Color32, RichText, ScrollArea, Sense, Stroke, Ui};

/// Most pieces of a paragraph that is laid out at once.
const LONGEST: usize = 160;

/// What is shown.
#[derive(Clone, Copy)]
pub struct Of<'s> {
    /// The run.
    pub scene: &'s Scene,
    /// The branch.
    pub lane: &'s Lane,
    /// Of each token that was sampled, what else could have been said, where that was read.
    pub alternatives: Option<&'s [Vec<Candidate>]>,
}

/// A lane's paragraphs, and their heights.
#[derive(Debug, Clone, Default)]
pub struct LaneView {
    /// Pieces that were looked at.
    seen: usize,
    /// The first piece of each paragraph.
    starts: Vec<usize>,
    /// Pieces of the last paragraph end in a new line.
    is_ended: bool,
    heights: Heights,
}

impl LaneView {
    fn follow(&mut self, lane: &Lane) {
        if lane.pieces.len() < self.seen {
            *self = Self::default();
        }
        for (index, piece) in lane.pieces.iter().enumerate().skip(self.seen) {
            let length = self.starts.last().map_or(0, |start| index - start);
            if self.starts.is_empty() || self.is_ended || length >= LONGEST {
                self.starts.push(index);
            }
            self.is_ended = lane.of(piece).ends_with('\n');
        }
        self.seen = lane.pieces.len();
    }

    fn paragraph<'l>(&self, lane: &'l Lane, index: usize) -> &'l [Piece] {
        let end = self.starts.get(index + 1).copied().unwrap_or(lane.pieces.len());
        &lane.pieces[self.starts[index]..end]
    }

    /// Shows the text in a scrolled field of this height.
    pub fn show(&mut self, ui: &mut Ui, palette: &Palette, of: Of<'_>, height: f32) {
        let Of { scene, lane, .. } = of;
        self.follow(lane);
        let mut heights = std::mem::take(&mut self.heights);
        let area = ScrollArea::vertical().max_height(height).min_scrolled_height(height).auto_shrink(false);
        area.stick_to_bottom(!scene.is_over()).show_viewport(ui, |ui, viewport| {
            ui.spacing_mut().item_spacing.y = 2.0;
            let width = ui.available_width();
            let item = |index: usize| {
                let pieces = self.paragraph(lane, index);
                let bytes = pieces.last().map_or(0, |last| last.end) - pieces.first().map_or(0, |first| first.start);
                let lines = (bytes as f32 * 6.6 / width.max(60.0)).ceil().max(1.0);
                Item { key: u64::from(bytes), height: lines * 17.0 }
            };
            heights.show(ui, viewport, self.starts.len(), item, |ui, index| {
                paragraph(ui, palette, of, self.paragraph(lane, index));
            });
        });
        self.heights = heights;
    }
}

/// Lays out pieces, and tells of the one under the pointer.
fn paragraph(ui: &mut Ui, palette: &Palette, of: Of<'_>, pieces: &[Piece]) {
    let lane = of.lane;
    let mut job = LayoutJob::default();
    job.wrap.max_width = ui.available_width();
    for piece in pieces {
        let mut text = lane.of(piece);
        if std::ptr::eq(piece, pieces.last().unwrap_or(piece)) {
            // The next paragraph begins a line of its own.
            text = text.strip_suffix('\n').unwrap_or(text);
        }
        let is_given = piece.id.is_none();
        let mut color = palette.voice(piece.voice);
        // Colours are for telling voices apart; text is for reading.
        color = color.lerp_to_gamma(palette.text, if piece.is_thought { 0.45 } else { 0.15 });
        let format = TextFormat {
            font_id: token_font(),
            color: if is_given { palette.weak } else { color },
            background: if is_given { Color32::TRANSPARENT } else { palette.doubt(piece.probability()) },
            underline: if is_given { Stroke::new(1.0, palette.line) } else { Stroke::NONE },
            ..TextFormat::default()
        };
        job.append(text, 0.0, format);
    }
    if job.text.is_empty() {
        ui.add_space(8.0);
        return;
    }
    let galley = ui.painter().layout_job(job);
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, galley.text()));
    if ui.is_rect_visible(rect) {
        ui.painter().galley(rect.min, galley.clone(), palette.text);
    }
    if let Some(pointer) = response.hover_pos() {
        let at = galley.cursor_from_pos(pointer - rect.min).index.0;
        if let Some(piece) = piece_at(lane, pieces, at) {
            response.on_hover_ui_at_pointer(|ui| tell(ui, palette, of, piece));
        }
    }
}

/// The piece that a character belongs to.
fn piece_at<'p>(lane: &Lane, pieces: &'p [Piece], character: usize) -> Option<&'p Piece> {
    let mut before = 0;
    pieces.iter().find(|piece| {
        before += lane.of(piece).chars().count();
        before > character
    })
}

/// All that is known of a piece.
fn tell(ui: &mut Ui, palette: &Palette, Of { scene, lane, alternatives }: Of<'_>, piece: &Piece) {
    ui.set_max_width(240.0);
    let shown = lane.of(piece).replace('\n', "¶");
    ui.label(RichText::new(format!("“{shown}”")).strong());
    let who = scene.name(piece.voice).unwrap_or("the base");
    match piece.id {
        Some(id) => {
            ui.label(format!("{:.1} % likely (log-probability {:.2})", 100.0 * piece.probability(), piece.logprob));
            ui.label(format!("token {id}, written by {who}"));
        }
        None => {
            ui.label(format!("Forced, not sampled; read by {who}"));
        }
    }
    let others = alternatives.and_then(|all| all.get(piece.number as usize)).filter(|_| piece.id.is_some());
    for other in others.into_iter().flatten() {
        let shown = other.text.replace('\n', "¶");
        let text = RichText::new(format!("{:5.1} %  “{shown}”", 100.0 * other.logprob.exp())).monospace();
        ui.label(if piece.id == Some(other.id) { text.strong() } else { text.color(palette.weak) });
    }
    let part = if piece.is_thought { "a thought" } else { "the answer" };
    let text = format!("part of {part}, after {}", super::words::seconds(f64::from(piece.at)));
    ui.label(RichText::new(text).color(palette.weak));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]
    use super::*;
    use crate::run::{Run, Setup, Token, Told};

    #[test]
    fn paragraphs_end_at_lines_and_characters_find_their_token() {
        let mut run = Run::new("", Setup::default());
        for text in ["One", " é", ".\n", "Two"] {
            let (text, branch) = (text.to_owned(), 0);
            run.push(0.0, Told::Token(Token { branch, id: 1, text, logprob: 0.0, is_thought: false, left: None }));
        }
        let scene = run.scene(None);
        let lane = &scene.lanes[0];
        let mut view = LaneView::default();
        view.follow(lane);
        assert_eq!(view.starts, [0, 3]);
        let pieces = view.paragraph(lane, 0);
        let at = |character| piece_at(lane, pieces, character).map(|piece| lane.of(piece));
        assert_eq!([at(0), at(2), at(4), at(5), at(99)], [Some("One"), Some("One"), Some(" é"), Some(".\n"), None]);
        // Going back in time starts over.
        view.follow(&run.scene(Some(-1.0)).lanes.first().cloned().unwrap_or_default());
        assert_eq!(view.starts, [] as [usize; 0]);
    }
}
