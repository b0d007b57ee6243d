//! Reasoned answers on a tiny bundle: what is told, budgets to the token, scores, what stays in the conversation.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy.toml allows them in tests, but not in their helpers")]

use ruminate::gpu::Tier;
use ruminate::reason::{Bundle, Event, Policy, Reasoner, Settings};
use ruminate::session::{Chat, Engine, EngineOptions};
use ruminate_tests::batches::tiny;
use ruminate_tests::bundles::{bundle, manifest};

fn options() -> EngineOptions {
    EngineOptions { branches: 20, positions: Some(4096), page: 16, ..EngineOptions::default() }
}

fn reasoner(engine: &mut Engine) -> Reasoner {
    let folder = bundle(&manifest());
    Reasoner::new(engine, Bundle::open(folder.path()).unwrap(), None).unwrap()
}

#[test]
fn events_come_in_order() {
    let mut engine = tiny(Tier::Software, &options());
    let reasoner = reasoner(&mut engine);
    let mut chat = Chat::new(&mut engine, None).unwrap();
    let settings = Settings { policy: Policy::Reason, branches: 3, ..Settings::default() };
    let mut reply = reasoner.ask(&mut engine, &mut chat, "What is 2 + 3?", &settings).unwrap();
    while let Some(event) = pollster::block_on(reply.next()).unwrap() {
        println!("{event:?}");
    }
    let _ = Event::Vote { tally: vec![] };
    drop(reply);
    println!("{:?}", chat.messages());
}
