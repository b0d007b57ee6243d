//! What a frame costs the processor: `cargo run --release -p ruminate-app --example frame_time`. Headless: taking what
//! the engine tells, layout, tessellation and, every so often, keeping the conversation, which is all that the
//! interface's thread does but for handing triangles to the driver.

#[path = "../tests/studio/samples.rs"]
mod samples;

use eframe::egui::{self, Event, MouseWheelSource, MouseWheelUnit, Pos2, RawInput, Rect, TouchPhase, Vec2, pos2, vec2};
use ruminate_app::backend::{Command, Peer, Update, link};
use ruminate_app::history::Store;
use ruminate_app::library::Library;
use ruminate_app::run::Run;
use ruminate_app::studio::View;
use ruminate_app::{Places, Studio, theme};
use std::error::Error;
use std::time::Instant;

const FRAMES: usize = 400;
/// Frames between two writes of the conversation: more often than in use, so that their cost is seen.
const SAVE_EVERY: usize = 50;
/// The first frames rasterize the glyphs.
const WARM: usize = 20;

/// A studio that waits for the answer to a question, and the engine's end of it.
struct Bench {
    studio: Studio,
    engine: Peer,
    run: u64,
    /// Events that were told.
    told: usize,
}

impl Bench {
    fn new(store: Store) -> Result<Self, Box<dyn Error>> {
        let (link, mut engine) = link();
        let places = Places { store: Some(store), library: Library::default(), ..Places::default() };
        let mut studio = Studio::new(link, places);
        studio.loaded = Some(samples::loaded());
        studio.ask(samples::QUESTION);
        match engine.commands.try_recv()? {
            Command::Ask(ask) => Ok(Self { studio, engine, run: ask.run, told: 0 }),
            other => Err(format!("{other:?} came in place of the question").into()),
        }
    }

    /// The engine tells what is new in a run; a run that is over is told on.
    fn tell(&mut self, run: &Run) -> Result<(), Box<dyn Error>> {
        for event in run.events.iter().skip(self.told) {
            self.engine.updates.send(Update::Told { run: self.run, at: event.at, told: event.told.clone() })?;
        }
        self.told = run.events.len();
        Ok(())
    }
}

/// Draws frames of a run, `before` each a change, and prints what they took.
fn measure(
    name: &str,
    size: Vec2,
    view: View,
    mut run: Run,
    mut before: impl FnMut(&mut Run, &mut RawInput, usize),
) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut bench = Bench::new(Store::new(folder.path()))?;
    bench.studio.view = view;
    bench.tell(&run)?;
    let ctx = egui::Context::default();
    theme::install(&ctx);
    let mut times = Vec::new();
    for frame in 0..FRAMES {
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, size)),
            time: Some(frame as f64 / 60.0),
            ..RawInput::default()
        };
        before(&mut run, &mut input, frame);
        bench.tell(&run)?;
        let studio = &mut bench.studio;
        let started = Instant::now();
        studio.poll();
        let mut output = ctx.run_ui(input, |ui| studio.show(ui));
        // There is no GPU to upload glyphs to.
        output.textures_delta.clear();
        let triangles = ctx.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
        if frame % SAVE_EVERY == 0 {
            studio.save();
        }
        let took = started.elapsed().as_secs_f64() * 1e3;
        if frame >= WARM {
            times.push(took);
        }
        std::hint::black_box(triangles);
    }
    if let Some(problem) = bench.studio.notices.iter().find(|notice| notice.is_problem) {
        return Err(problem.text.clone().into());
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!("| {name} | {:.2} | {:.2} | {:.2} |", at(0.5), at(0.99), at(1.0));
    Ok(())
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

fn main() -> Result<(), Box<dyn Error>> {
    let desktop = vec2(1180.0, 780.0);
    println!("| frames | median, ms | 99 %, ms | longest, ms |\n| --- | ---: | ---: | ---: |");
    let streams = |run: &mut Run, _: &mut RawInput, frame: usize| samples::next(run, 8, 200 + frame);
    measure("eight branches stream", desktop, View::Thinking, samples::streaming(8, 200), streams)?;
    let wide = vec2(2560.0, 1440.0);
    measure("the same, 2560 x 1440", wide, View::Thinking, samples::streaming(8, 200), streams)?;
    measure("the same in the chat", desktop, View::Chat, samples::streaming(8, 200), streams)?;
    // 50,000 tokens in one answer.
    let words = "The river **runs** to the sea, and the sea is not full. ".repeat(12) + "\n\n";
    let long = || samples::chat("Tell me a long story.", &words.repeat(50_000 / 144 + 1));
    let scrolls = |_: &mut Run, input: &mut RawInput, _: usize| wheel(input, 120.0);
    measure("a transcript of 50,000 tokens scrolls", desktop, View::Chat, long(), scrolls)?;
    measure("its tokens scroll", desktop, View::Thinking, long(), scrolls)?;
    // What goes on is copied when it was just written.
    let mut story = long();
    story.events.retain(|event| !matches!(event.told, ruminate_app::run::Told::Answer { .. }));
    story.events.pop();
    let goes_on = |run: &mut Run, _: &mut RawInput, frame: usize| samples::next(run, 1, frame);
    measure("an answer goes on after 50,000 tokens", desktop, View::Chat, story, goes_on)
}
