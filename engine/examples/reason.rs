//! A question answered by a reasoner: `cargo run --release -p ruminate --example reason -- MODEL.gguf BUNDLE "QUESTION"`.

use ruminate::Error;
use ruminate::gpu::{Gpu, GpuOptions};
use ruminate::reason::{Bundle, Event, Reasoner, Settings};
use ruminate::session::{Chat, Engine, EngineOptions};

fn main() -> ruminate::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, bundle, question] = &args[..] else {
        return Err(Error::Invalid("give a model, a bundle and a question".into()));
    };
    pollster::block_on(async {
        let gpu = Gpu::open(&GpuOptions::default()).await?;
        let options = EngineOptions { branches: 8, positions: Some(8192), ..EngineOptions::default() };
        let mut engine = Engine::load(gpu, model.as_ref(), &options, &mut |_| true)?;
        let reasoner = Reasoner::new(&mut engine, Bundle::open(bundle.as_ref())?, None)?;
        let mut chat = Chat::new(&mut engine, None)?;
        let settings = Settings { branches: 4, ..Settings::default() };
        let mut reply = reasoner.ask(&mut engine, &mut chat, question, &settings)?;
        while let Some(event) = reply.next().await? {
            match event {
                Event::Routed { score, route, .. } => println!("{route:?}, since the switcher says {score:?}"),
                Event::Stopped { branch, reason, text, .. } => println!("branch {branch} ({reason}): {text}"),
                Event::Scored { branch, score } => println!("branch {branch} is right with {score:.2}"),
                Event::Answer { text, winner, .. } => println!("{text}\n(of branch {winner})"),
                Event::End { statistics } => println!("{statistics:?}"),
                _ => {}
            }
        }
        Ok(())
    })
}
