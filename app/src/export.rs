//! A run as a picture, and what is in sight as one.

use crate::run::{Lane, Run, Scene, Voice};
use std::fmt::Write;

const WIDTH: f64 = 960.0;
const ROW: f64 = 46.0;
const LEFT: f64 = 130.0;
const RIGHT: f64 = 190.0;

/// An SVG of the run's end: the question, the decision, each branch's tokens over time coloured by who wrote them and
/// how sure they were, what was forced and stopped, the scores, the vote and the answer.
pub fn svg(run: &Run) -> String {
    let scene = run.scene(None);
    let duration = run.duration().max(1e-9);
    let votes = if scene.lanes.len() > 1 { scene.tally.len() } else { 0 };
    let height = 120.0 + ROW * scene.lanes.len() as f64 + 26.0 * votes as f64 + 60.0;
    let mut out = String::new();
    let x = |at: f64| LEFT + (WIDTH - LEFT - RIGHT) * (at / duration).clamp(0.0, 1.0);
    // Writing into a string does not fail.
    let _ = write!(
        out,
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="14"><rect width="100%" height="100%" fill="#ffffff"/>"##
    );
    text(&mut out, (20.0, 34.0), "#1c1f25", 18, &clip(&run.question, 90));
    if let Some(decision) = &scene.decision {
        let decided = match decision.effort {
            None => "the base answers".to_owned(),
            Some((branches, budget)) => format!("{branches} branches, up to {budget} tokens each"),
        };
        let score = decision.score.map(|score| format!("switcher {score:.2}, threshold {:.2}: ", decision.threshold));
        text(&mut out, (20.0, 58.0), "#5f6672", 14, &format!("{}{decided}", score.unwrap_or_default()));
        let _ = write!(
            out,
            r##"<line x1="{}" y1="84" x2="{}" y2="84" stroke="#1769a8" stroke-width="4"/><circle cx="{}" cy="84" r="6" fill="{}"/>"##,
            x(0.0),
            x(scene.lanes.first().map_or(duration, |lane| lane.begun)),
            x(decision.at),
            if decision.effort.is_some() { "#6740c8" } else { "#1769a8" }
        );
    }
    let winner = scene.answer.as_ref().map(|(.., winner)| *winner);
    for (index, lane) in scene.lanes.iter().enumerate() {
        let y = 112.0 + ROW * index as f64;
        branch(&mut out, &scene, lane, (index, winner == Some(index)), y, &x);
    }
    let mut y = 130.0 + ROW * scene.lanes.len() as f64;
    for count in scene.tally.iter().take(votes) {
        let weight = if count.weight > 0.0 { format!(", weight {:.2}", count.weight) } else { String::new() };
        let line = format!("{}: {} votes{weight}", clip(count.answer.text(), 60), count.votes);
        text(&mut out, (20.0, y), "#1c1f25", 14, &line);
        y += 26.0;
    }
    if let Some((answer, ..)) = &scene.answer {
        text(&mut out, (20.0, y + 10.0), "#1b8349", 18, &clip(answer.trim(), 90));
    }
    out.push_str("</svg>\n");
    out
}

/// The PNG file of an image of `[width, height]` pixels of four bytes each: red, green, blue, opacity.
///
/// # Errors
/// If the image is empty.
pub fn png([width, height]: [usize; 2], rgba: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let pixels = |edge: usize| u32::try_from(edge).unwrap_or(0);
    let mut encoder = png::Encoder::new(&mut file, pixels(width), pixels(height));
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rgba)?;
    writer.finish()?;
    Ok(file)
}

fn branch(
    out: &mut String,
    scene: &Scene,
    lane: &Lane,
    (index, is_winner): (usize, bool),
    y: f64,
    x: &impl Fn(f64) -> f64,
) {
    let color = if is_winner { "#1b8349" } else { "#5f6672" };
    text(out, (20.0, y + 15.0), color, 14, &format!("branch {}", index + 1));
    let mut from = x(lane.begun);
    for piece in &lane.pieces {
        let to = x(f64::from(piece.at)).max(from);
        let shade = match piece.voice {
            Voice::Base => "#1769a8",
            Voice::Adapter(_) => "#6740c8",
        };
        let doubt = 1.0 - piece.probability();
        let shade = if piece.id.is_some() && doubt > 0.5 { "#bd3627" } else { shade };
        let opacity = if piece.is_thought { 0.45 } else { 0.9 };
        let (shown, width) = (lane.of(piece), (to - from).max(0.4));
        let _ = write!(
            out,
            r#"<rect x="{from:.2}" y="{y}" width="{width:.2}" height="20" fill="{shade}" fill-opacity="{opacity}"><title>{} ({:.0} %)</title></rect>"#,
            escape(shown),
            100.0 * piece.probability()
        );
        from = to;
    }
    if let Some(forced) = lane.forced {
        let at = x(forced);
        let _ = write!(
            out,
            r##"<line x1="{at}" y1="{}" x2="{at}" y2="{}" stroke="#9a5f00" stroke-width="2"/>"##,
            y - 4.0,
            y + 24.0
        );
    }
    let Some(stop) = &lane.stop else { return };
    let answer = stop.answer.as_deref().unwrap_or("no answer");
    let score = lane.score.map(|(score, _)| format!("  {score:.2}")).unwrap_or_default();
    text(out, (WIDTH - RIGHT + 14.0, y + 10.0), color, 14, &format!("{}{score}", clip(answer, 16)));
    let budget = scene.budget().map(|budget| format!(" of {budget}")).unwrap_or_default();
    let why = format!("{}{budget} tokens, {}", lane.tokens, clip(&stop.reason, 60));
    text(out, (LEFT, y + 34.0), "#5f6672", 11, &why);
}

fn text(out: &mut String, (x, y): (f64, f64), fill: &str, size: u32, words: &str) {
    let _ = write!(out, r#"<text x="{x}" y="{y}" fill="{fill}" font-size="{size}">{}</text>"#, escape(words));
}

fn clip(words: &str, most: usize) -> String {
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most) {
        None => line,
        Some((end, _)) => format!("{}…", &line[..end]),
    }
}

/// What XML takes: markup as entities, control characters not at all.
fn escape(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(' '),
            c if (c as u32) < 0x20 || matches!(c as u32, 0xFFFE | 0xFFFF) => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]
    use super::*;
    use crate::run::{Setup, Token, Told};

    #[test]
    fn pictures_are_well_formed_whatever_is_said() {
        let mut run = Run::new("a < b & \"c\"\u{1}", Setup::default());
        run.push(0.1, Told::Routed { score: Some(0.7), threshold: 0.5, effort: Some((1, 9)) });
        let text = "<x>\u{0}&".to_owned();
        run.push(0.2, Told::Token(Token { branch: 0, id: 1, text, logprob: -1.0, is_thought: true, left: None }));
        let picture = svg(&run);
        assert!(
            picture.contains("a &lt; b &amp; &quot;c&quot;") && picture.contains("&lt;x&gt;&amp; (37 %)"),
            "{picture}"
        );
        assert!(!picture.contains(['\u{0}', '\u{1}']));
        assert_eq!(picture.matches("<rect").count(), picture.matches("</rect>").count() + 1);
    }

    #[test]
    fn png_comes_back() {
        let rgba = [255, 0, 0, 255, 0, 0, 255, 100];
        let file = png([2, 1], &rgba).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels, rgba);
        assert!(png([0, 0], &[]).is_err());
    }
}
