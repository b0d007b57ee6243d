//! What a frame costs the processor: `cargo run --release -p ruminate-app --example frame_time`. Headless: layout and
//! tessellation, which is all that the interface's thread does but for handing triangles to the driver.

#[path = "../tests/studio/samples.rs"]
mod samples;

use eframe::egui::{self, Event, MouseWheelSource, MouseWheelUnit, Pos2, RawInput, Rect, TouchPhase, Vec2, pos2, vec2};
use ruminate_app::backend::link;
use ruminate_app::history::Turn;
use ruminate_app::library::Library;
use ruminate_app::studio::View;
use ruminate_app::{Places, Studio, theme};
use std::time::Instant;

const FRAMES: usize = 400;

/// Draws frames, `before` each a change, and prints what they took.
fn measure(name: &str, size: Vec2, view: View, turn: Turn, mut before: impl FnMut(&mut Turn, &mut RawInput, usize)) {
    let (link, _engine) = link();
    let mut studio = Studio::new(link, Places { library: Library::default(), ..Places::default() });
    studio.loaded = Some(samples::loaded());
    studio.conversation.turns.push(turn);
    studio.view = view;
    let ctx = egui::Context::default();
    theme::install(&ctx);
    let mut times = Vec::new();
    for frame in 0..FRAMES {
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, size)),
            time: Some(frame as f64 / 60.0),
            ..RawInput::default()
        };
        let started = Instant::now();
        if let Some(turn) = studio.conversation.turns.last_mut() {
            before(turn, &mut input, frame);
        }
        let mut output = ctx.run_ui(input, |ui| studio.show(ui));
        // There is no GPU to upload glyphs to.
        output.textures_delta.clear();
        let triangles = ctx.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
        let took = started.elapsed().as_secs_f64() * 1e3;
        // The first frames rasterize the glyphs.
        if frame >= 20 {
            times.push(took);
        }
        std::hint::black_box(triangles);
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!("| {name} | {:.2} | {:.2} | {:.2} |", at(0.5), at(0.99), at(1.0));
}

fn wheel(input: &mut RawInput, by: f32) {
    input.events.push(Event::PointerMoved(pos2(400.0, 400.0)));
    input.events.push(Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: vec2(0.0, by),
        phase: TouchPhase::Move,
        source: MouseWheelSource::Wheel,
        modifiers: egui::Modifiers::NONE,
    });
}

fn main() {
    let desktop = vec2(1180.0, 780.0);
    println!("| frames | median, ms | 99 %, ms | longest, ms |\n| --- | ---: | ---: | ---: |");
    let streams = |turn: &mut Turn, _: &mut RawInput, frame: usize| {
        samples::next(&mut turn.run, 8, 200 + frame);
        turn.scene.follow(&turn.run, None);
    };
    measure("eight branches stream", desktop, View::Thinking, Turn::new(samples::streaming(8, 200)), streams);
    let wide = vec2(2560.0, 1440.0);
    measure("the same, 2560 x 1440", wide, View::Thinking, Turn::new(samples::streaming(8, 200)), streams);
    measure("the same in the chat", desktop, View::Chat, Turn::new(samples::streaming(8, 200)), streams);
    // 50,000 tokens in one answer.
    let words = "The river **runs** to the sea, and the sea is not full. ".repeat(12) + "\n\n";
    let long = || Turn::new(samples::chat("Tell me a long story.", &words.repeat(50_000 / 144 + 1)));
    let scrolls = |_: &mut Turn, input: &mut RawInput, _: usize| wheel(input, 120.0);
    measure("a transcript of 50,000 tokens scrolls", desktop, View::Chat, long(), scrolls);
    measure("its tokens scroll", desktop, View::Thinking, long(), scrolls);
}
