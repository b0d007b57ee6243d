//! What drawing costs decoding: the same answer again and again, with and without the studio drawn into a texture, on a
//! device of its own as in the window. No window system is needed.
//!
//! `cargo run --release -p ruminate-app --example interface_cost -- MODEL.gguf [BUNDLE] [--gpu NAME|INDEX] [--rounds N]
//! [--rate FRAMES]`: frames a second; by default as many as tokens that come ask for, `--rate 60` is a person's pointer
//! that never rests.

use eframe::egui::{self, Pos2, RawInput, Rect, Vec2, vec2};
use eframe::egui_wgpu::{Renderer, RendererOptions, ScreenDescriptor};
use eframe::wgpu;
use ruminate::reason::Policy;
use ruminate_app::backend::{HEARD_WITHIN, spawn};
use ruminate_app::run::Ending;
use ruminate_app::studio::{View, Work};
use ruminate_app::{Places, Studio, theme};
use std::error::Error;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

const QUESTION: &str = "A train has 8 cars with 24 seats each, and 150 seats are taken. How many are free?";
/// A laptop's window, with 1.5 pixels a point.
const SIZE: Vec2 = vec2(1280.0, 800.0);
const PIXELS: f32 = 1.5;
/// Branches that think, and tokens of a chat answer where there is no bundle.
const BRANCHES: u32 = 8;
const TOKENS: usize = 400;

/// What is asked for.
struct Args {
    model: PathBuf,
    bundle: Option<PathBuf>,
    gpu: Option<String>,
    rounds: usize,
    /// Between two frames.
    frame: Duration,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = args()?;
    let link = spawn(args.gpu, || {})?;
    let mut studio = Studio::new(link, Places::default());
    let controls = &mut studio.preferences.controls;
    // The same tokens in every round, and no branch that ends early for being like another.
    (controls.seed, controls.branches, controls.chat_tokens) = (Some(7), BRANCHES, TOKENS);
    controls.policy = if args.bundle.is_some() { Policy::Reason } else { Policy::Chat };
    studio.load(args.model, args.bundle);
    while !studio.is_ready() {
        studio.poll();
        if studio.work == Work::Idle && studio.loaded.is_none() {
            return Err(studio.notices.iter().map(|notice| notice.text.as_str()).collect::<Vec<_>>().join("; ").into());
        }
        sleep(args.frame);
    }
    let device = studio.device.clone().unwrap_or_default();
    let mut window = Window::open(&device.name)?;
    println!("decoding on {} ({} tier), drawing on {}", device.name, device.tier, window.adapter);

    // The first rounds compile kernels and rasterize glyphs.
    for is_drawn in [false, true] {
        round(&mut studio, &mut window, is_drawn, args.frame)?;
    }
    window.frames.clear();
    println!("| round | tokens | without, tokens/s | drawn, tokens/s |\n| ---: | ---: | ---: | ---: |");
    let mut rates = [Vec::new(), Vec::new()];
    for index in 0..args.rounds {
        // Which comes first changes, so that a clock that drifts counts for neither.
        let order = if index % 2 == 0 { [false, true] } else { [true, false] };
        let mut tokens = 0;
        for is_drawn in order {
            let (count, rate) = round(&mut studio, &mut window, is_drawn, args.frame)?;
            tokens = count;
            rates[usize::from(is_drawn)].push(rate);
        }
        println!("| {} | {tokens} | {:.1} | {:.1} |", index + 1, rates[0][index], rates[1][index]);
    }
    let [without, drawn] = rates.map(median);
    println!(
        "median: {without:.1} tokens/s without, {drawn:.1} drawn at {:.0} frames/s",
        1.0 / args.frame.as_secs_f64()
    );
    println!("drawing costs decoding {:.2} %", 100.0 * (1.0 - drawn / without));
    let frames = window.frames.len();
    println!("{frames} frames, median {:.2} ms of the interface's thread", 1e3 * median(window.frames));
    Ok(())
}

fn args() -> Result<Args, Box<dyn Error>> {
    let (mut files, mut gpu, mut rounds, mut frame) = (Vec::new(), None, 9, HEARD_WITHIN);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--gpu" => gpu = words.next(),
            "--rounds" => rounds = words.next().unwrap_or_default().parse()?,
            "--rate" => {
                let rate = words.next().unwrap_or_default().parse::<f64>()?;
                frame = Duration::try_from_secs_f64(1.0 / rate)?;
            }
            _ => files.push(PathBuf::from(word)),
        }
    }
    let mut files = files.into_iter();
    let model = files
        .next()
        .ok_or("give a model: interface_cost MODEL.gguf [BUNDLE] [--gpu NAME|INDEX] [--rounds N] [--rate FRAMES]")?;
    Ok(Args { model, bundle: files.next(), gpu, rounds: rounds.max(1), frame })
}

/// Answers the question once; gives its tokens, and tokens a second after the first.
fn round(
    studio: &mut Studio,
    window: &mut Window,
    is_drawn: bool,
    frame: Duration,
) -> Result<(usize, f64), Box<dyn Error>> {
    studio.new_conversation();
    studio.view = View::Thinking;
    studio.ask(QUESTION);
    let mut next = Instant::now();
    while studio.is_answering() {
        studio.poll();
        if is_drawn {
            window.draw(studio)?;
        }
        next += frame;
        let now = Instant::now();
        match next.checked_duration_since(now) {
            Some(left) => sleep(left),
            // A frame that came too late is not made up for.
            None => next = now,
        }
    }
    let ending = studio.conversation.turns.last().and_then(|turn| turn.scene.ending.clone());
    match ending {
        Some(Ending::Answered(told)) => {
            let seconds = told.seconds - told.first_token_seconds;
            Ok((told.tokens, told.tokens.saturating_sub(1) as f64 / seconds))
        }
        other => Err(format!("the question was not answered: {other:?}").into()),
    }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A window without a screen.
struct Window {
    adapter: String,
    ctx: egui::Context,
    device: wgpu::Device,
    queue: wgpu::Queue,
    renderer: Renderer,
    texture: wgpu::Texture,
    begun: Instant,
    /// Seconds that frames took.
    frames: Vec<f64>,
    submitted: Option<wgpu::SubmissionIndex>,
}

impl Window {
    /// Draws on the device of this name, where it can be had.
    fn open(name: &str) -> Result<Self, Box<dyn Error>> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
        let adapter = adapters.into_iter().find(|adapter| adapter.get_info().name == name);
        let adapter = adapter.ok_or_else(|| format!("{name} cannot draw"))?;
        let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor::default()))?;
        let format = wgpu::TextureFormat::Rgba8Unorm;
        let renderer = Renderer::new(&device, format, RendererOptions::default());
        let size = SIZE * PIXELS;
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("window"),
            size: wgpu::Extent3d { width: size.x as u32, height: size.y as u32, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
            view_formats: &[],
        });
        let ctx = egui::Context::default();
        theme::install(&ctx);
        let adapter = adapter.get_info().name;
        let (begun, frames, submitted) = (Instant::now(), Vec::new(), None);
        Ok(Self { adapter, ctx, device, queue, renderer, texture, begun, frames, submitted })
    }

    /// Lays out and draws a frame; waits for the one before, as a screen would have it.
    fn draw(&mut self, studio: &mut Studio) -> Result<(), Box<dyn Error>> {
        let started = Instant::now();
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
            time: Some(self.begun.elapsed().as_secs_f64()),
            ..RawInput::default()
        };
        if let Some(viewport) = input.viewports.get_mut(&input.viewport_id) {
            viewport.native_pixels_per_point = Some(PIXELS);
        }
        let mut output = self.ctx.run_ui(input, |ui| studio.show(ui));
        let jobs = self.ctx.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
        for (id, images) in output.textures_delta.set.drain() {
            for image in images {
                self.renderer.update_texture(&self.device, &self.queue, id, &image);
            }
        }
        let size_in_pixels = [self.texture.width(), self.texture.height()];
        let screen = ScreenDescriptor { size_in_pixels, pixels_per_point: output.pixels_per_point };
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let buffers = self.renderer.update_buffers(&self.device, &self.queue, &mut encoder, &jobs, &screen);
        let view = self.texture.create_view(&wgpu::TextureViewDescriptor::default());
        let pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("window"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &view,
                resolve_target: None,
                ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::BLACK), store: wgpu::StoreOp::Store },
                depth_slice: None,
            })],
            ..Default::default()
        });
        self.renderer.render(&mut pass.forget_lifetime(), &jobs, &screen);
        let commands = buffers.into_iter().chain([encoder.finish()]);
        let submitted = self.queue.submit(commands);
        for id in output.textures_delta.free.drain() {
            self.renderer.free_texture(&id);
        }
        if let Some(before) = self.submitted.replace(submitted) {
            self.device.poll(wgpu::PollType::Wait { submission_index: Some(before), timeout: None })?;
        }
        self.frames.push(started.elapsed().as_secs_f64());
        Ok(())
    }
}
