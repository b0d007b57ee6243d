//! The studio's icon, as `web/studio/icon.svg` draws it: one stem that forks into three branches, of which one is chosen.

use eframe::egui::{Color32, IconData};

/// The edge of the drawing, and the radius of its corners.
const EDGE: f32 = 64.0;
const RADIUS: f32 = 12.0;
/// Rectangles, the later over the earlier: left, top, right, bottom, and what they are filled with.
const PARTS: [([f32; 4], Color32); 5] = [
    ([10.0, 29.0, 26.0, 35.0], Color32::from_rgb(0x76, 0xbd, 0xf5)),
    ([22.0, 12.0, 28.0, 52.0], Color32::from_rgb(0xbd, 0xa2, 0xff)),
    ([22.0, 12.0, 48.0, 18.0], Color32::from_rgb(0xbd, 0xa2, 0xff)),
    ([22.0, 46.0, 40.0, 52.0], Color32::from_rgb(0xbd, 0xa2, 0xff)),
    ([28.0, 29.0, 56.0, 35.0], Color32::from_rgb(0x63, 0xcf, 0x8b)),
];
const GROUND: Color32 = Color32::from_rgb(0x1c, 0x1f, 0x26);
/// Samples of a pixel's edge.
const SAMPLES: usize = 4;

/// The icon in `size` x `size` pixels.
pub fn icon(size: usize) -> IconData {
    let rgba = (0..size * size).flat_map(|index| pixel(index % size, index / size, size)).collect();
    IconData { rgba, width: size as u32, height: size as u32 }
}

/// A pixel's red, green, blue and, not multiplied into them, opacity.
fn pixel(left: usize, top: usize, size: usize) -> [u8; 4] {
    let place = |pixel: usize, sample: usize| {
        let at = (pixel * SAMPLES + sample) as f32 + 0.5;
        at * EDGE / (size * SAMPLES) as f32
    };
    let samples = (0..SAMPLES).flat_map(|y| (0..SAMPLES).map(move |x| (x, y)));
    let colors: Vec<Color32> = samples.filter_map(|(x, y)| color(place(left, x), place(top, y))).collect();
    let count = colors.len().max(1) as u32;
    let mean =
        |part: fn(&Color32) -> u8| (colors.iter().map(|color| u32::from(part(color))).sum::<u32>() / count) as u8;
    let opacity = colors.len() * 255 / (SAMPLES * SAMPLES);
    [mean(Color32::r), mean(Color32::g), mean(Color32::b), opacity as u8]
}

/// What is at a place of the drawing.
fn color(x: f32, y: f32) -> Option<Color32> {
    let outside = |at: f32| (RADIUS - at).max(at - (EDGE - RADIUS)).max(0.0);
    if outside(x).hypot(outside(y)) > RADIUS {
        return None;
    }
    let holds = |[left, top, right, bottom]: [f32; 4]| (left..right).contains(&x) && (top..bottom).contains(&y);
    Some(PARTS.iter().rev().find(|(part, _)| holds(*part)).map_or(GROUND, |(_, color)| *color))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_the_drawings_colours_in_their_places() {
        let drawing = include_str!("../../web/studio/icon.svg");
        let hex = |[r, g, b, _]: [u8; 4]| format!("#{r:02x}{g:02x}{b:02x}");
        let icon = icon(64);
        let at = |x: usize, y: usize| [0, 1, 2, 3].map(|part| icon.rgba[(y * 64 + x) * 4 + part]);
        let places = [((32, 8), GROUND), ((12, 32), PARTS[0].1), ((40, 15), PARTS[1].1), ((50, 32), PARTS[4].1)];
        for ((x, y), color) in places {
            assert_eq!(at(x, y), color.to_array());
            assert!(drawing.contains(&hex(at(x, y))), "{}", hex(at(x, y)));
        }
        assert_eq!(at(0, 0)[3], 0);
        assert_eq!(at(23, 32), PARTS[1].1.to_array(), "the fork is over the stem");
    }
}
