//! Colours, spacing and type: the only place that knows them.

use eframe::egui::{self, Color32, CornerRadius, FontFamily, FontId, Margin, Stroke, TextStyle, Theme, Visuals, vec2};

/// The colours that carry meaning, in one theme.
#[derive(Debug, Clone, Copy)]
pub struct Palette {
    /// What the window stands on.
    pub ground: Color32,
    /// Panels and cards.
    pub card: Color32,
    /// Lines around cards.
    pub line: Color32,
    /// Text.
    pub text: Color32,
    /// Text that matters less.
    pub weak: Color32,
    /// What the base wrote.
    pub base: Color32,
    /// What adapters wrote, in order.
    pub adapters: [Color32; 4],
    /// What went well.
    pub good: Color32,
    /// What is to be noticed.
    pub warn: Color32,
    /// What went wrong, and tokens of no confidence.
    pub bad: Color32,
    /// The person's words.
    pub own: Color32,
}

const DARK: Palette = Palette {
    ground: Color32::from_rgb(0x14, 0x16, 0x1b),
    card: Color32::from_rgb(0x1c, 0x1f, 0x26),
    line: Color32::from_rgb(0x31, 0x36, 0x41),
    text: Color32::from_rgb(0xd6, 0xd9, 0xe0),
    weak: Color32::from_rgb(0x9c, 0xa3, 0xb0),
    base: Color32::from_rgb(0x76, 0xbd, 0xf5),
    adapters: [
        Color32::from_rgb(0xbd, 0xa2, 0xff),
        Color32::from_rgb(0x6f, 0xd6, 0xc4),
        Color32::from_rgb(0xf2, 0xa7, 0xd0),
        Color32::from_rgb(0xd8, 0xd0, 0x7c),
    ],
    good: Color32::from_rgb(0x63, 0xcf, 0x8b),
    warn: Color32::from_rgb(0xef, 0xb3, 0x5e),
    bad: Color32::from_rgb(0xf2, 0x7d, 0x6d),
    own: Color32::from_rgb(0x26, 0x32, 0x42),
};

const LIGHT: Palette = Palette {
    ground: Color32::from_rgb(0xf6, 0xf6, 0xf3),
    card: Color32::from_rgb(0xff, 0xff, 0xff),
    line: Color32::from_rgb(0xd9, 0xd9, 0xd2),
    text: Color32::from_rgb(0x2b, 0x30, 0x38),
    weak: Color32::from_rgb(0x5f, 0x66, 0x72),
    base: Color32::from_rgb(0x17, 0x69, 0xa8),
    adapters: [
        Color32::from_rgb(0x67, 0x40, 0xc8),
        Color32::from_rgb(0x0b, 0x7a, 0x6b),
        Color32::from_rgb(0xa8, 0x34, 0x77),
        Color32::from_rgb(0x72, 0x68, 0x00),
    ],
    good: Color32::from_rgb(0x1b, 0x83, 0x49),
    warn: Color32::from_rgb(0x9a, 0x5f, 0x00),
    bad: Color32::from_rgb(0xbd, 0x36, 0x27),
    own: Color32::from_rgb(0xe2, 0xec, 0xf6),
};

impl Palette {
    /// Of the theme in force.
    pub fn of(ui: &egui::Ui) -> Self {
        if ui.visuals().dark_mode { DARK } else { LIGHT }
    }

    /// Of a voice.
    pub fn voice(&self, voice: crate::run::Voice) -> Color32 {
        match voice {
            crate::run::Voice::Base => self.base,
            crate::run::Voice::Adapter(index) => self.adapters[usize::from(index) % self.adapters.len()],
        }
    }

    /// Behind a token of this probability: nothing where it was certain, more the less likely it was.
    pub fn doubt(&self, probability: f32) -> Color32 {
        let doubt = (1.0 - probability.clamp(0.0, 1.0)).powf(1.5);
        if doubt < 0.05 {
            return Color32::TRANSPARENT;
        }
        let towards = self.warn.lerp_to_gamma(self.bad, doubt);
        towards.gamma_multiply(0.12 + 0.4 * doubt)
    }
}

/// Small print.
pub fn small() -> TextStyle {
    TextStyle::Small
}

/// Tokens in lanes.
pub fn token_font() -> FontId {
    FontId::new(13.5, FontFamily::Proportional)
}

/// Sets both themes.
pub fn install(ctx: &egui::Context) {
    for (theme, palette) in [(Theme::Dark, DARK), (Theme::Light, LIGHT)] {
        ctx.set_visuals_of(theme, visuals(theme, &palette));
    }
    ctx.all_styles_mut(|style| {
        let proportional = |size| FontId::new(size, FontFamily::Proportional);
        style.text_styles = [
            (TextStyle::Small, proportional(12.0)),
            (TextStyle::Body, proportional(14.5)),
            (TextStyle::Button, proportional(14.0)),
            (TextStyle::Heading, proportional(18.0)),
            (TextStyle::Monospace, FontId::new(13.0, FontFamily::Monospace)),
        ]
        .into();
        let spacing = &mut style.spacing;
        spacing.item_spacing = vec2(8.0, 6.0);
        spacing.button_padding = vec2(9.0, 5.0);
        spacing.interact_size.y = 28.0;
        spacing.menu_margin = Margin::same(8);
        spacing.slider_width = 120.0;
        // Bars do not cover what is scrolled.
        spacing.scroll.floating_allocated_width = 7.0;
        spacing.combo_width = 120.0;
    });
}

fn visuals(theme: Theme, palette: &Palette) -> Visuals {
    let mut visuals = theme.default_visuals();
    visuals.panel_fill = palette.ground;
    visuals.window_fill = palette.card;
    visuals.window_stroke = Stroke::new(1.0, palette.line);
    visuals.extreme_bg_color = if theme == Theme::Dark { Color32::from_rgb(0x0f, 0x11, 0x15) } else { palette.card };
    visuals.faint_bg_color = palette.card;
    visuals.code_bg_color = palette.own;
    visuals.hyperlink_color = palette.base;
    visuals.warn_fg_color = palette.warn;
    visuals.error_fg_color = palette.bad;
    visuals.weak_text_color = Some(palette.weak);
    visuals.selection.bg_fill = palette.base.gamma_multiply(0.35);
    visuals.selection.stroke = Stroke::new(1.0, palette.text);
    visuals.slider_trailing_fill = true;
    visuals.handle_shape = egui::style::HandleShape::Circle;
    let radius = CornerRadius::same(6);
    visuals.window_corner_radius = CornerRadius::same(10);
    visuals.menu_corner_radius = radius;
    let widgets = &mut visuals.widgets;
    for widget in [
        &mut widgets.noninteractive,
        &mut widgets.inactive,
        &mut widgets.hovered,
        &mut widgets.active,
        &mut widgets.open,
    ] {
        widget.corner_radius = radius;
        widget.expansion = 0.0;
        widget.fg_stroke.color = palette.text;
    }
    // Strong text is told apart by its colour alone: the fonts have one weight.
    widgets.active.fg_stroke.color = if theme == Theme::Dark { Color32::WHITE } else { Color32::BLACK };
    widgets.noninteractive.bg_stroke = Stroke::new(1.0, palette.line);
    widgets.inactive.weak_bg_fill = palette.text.gamma_multiply(0.08);
    widgets.inactive.bg_fill = palette.text.gamma_multiply(0.16);
    widgets.hovered.weak_bg_fill = palette.text.gamma_multiply(0.14);
    widgets.hovered.bg_stroke = Stroke::new(1.0, palette.weak);
    widgets.active.weak_bg_fill = palette.text.gamma_multiply(0.2);
    visuals
}

/// A card's frame.
pub fn card(palette: &Palette) -> egui::Frame {
    egui::Frame::new()
        .fill(palette.card)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(8))
        .inner_margin(Margin::symmetric(12, 10))
}
