//! A device that goes away in the middle: a typed error, no panic, no hang, and work goes on with a new engine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "clippy.toml allows them in tests, but not in their helpers")]

use ruminate::Error;
use ruminate::adapter::AdapterOptions;
use ruminate::gpu::Tier;
use ruminate::reason::{Policy, Settings};
use ruminate::session::{Chat, EngineOptions, Request};
use ruminate_tests::asking::{OPTIONS, Told, ask, reasoner};
use ruminate_tests::batches::{Seen, prompt, request, tiny, warm};
use ruminate_tests::bundles::manifest;
use ruminate_tests::goldens_folder;
use std::sync::mpsc;
use std::time::Duration;

/// What would hang fails.
fn within_a_minute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, ended) = mpsc::channel();
    let thread = std::thread::spawn(move || done.send(work()));
    match ended.recv_timeout(Duration::from_secs(60)) {
        Ok(result) => result,
        // It panicked, or it hangs.
        Err(error) => match thread.is_finished().then(|| thread.join()) {
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            _ => panic!("{error}"),
        },
    }
}

fn is_lost<T: std::fmt::Debug>(result: Result<T, Error>) -> bool {
    match result {
        Err(Error::DeviceLost(_)) => true,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_answer_ends_in_an_error_and_a_new_engine_takes_the_conversation_up() {
    let settings = Settings { threshold: Some(0.0), branches: 3, seed: 5, ..Settings::default() };
    let chatting = Settings { policy: Policy::Chat, ..Settings::default() };
    // While it reads, thinks, and answers.
    for (settings, at) in [(settings.clone(), 1), (settings, 40), (chatting, 4)] {
        within_a_minute(move || lost_after(at, &settings));
    }
}

/// Loses the device after some events of the second answer.
fn lost_after(at: usize, settings: &Settings) {
    let (mut engine, reasoner) = reasoner_on_a_device_of_its_own();
    let mut chat = Chat::new(&mut engine, Some("Be brief.")).unwrap();
    ask(&mut engine, &reasoner, &mut chat, "Before?", settings);
    let said = chat.messages().to_vec();
    let mut told = Told::default();
    let mut reply = reasoner.ask(&mut engine, &mut chat, "Lost?", settings).unwrap();
    told.drive(&reasoner, &mut reply, |told| told.order.len() >= at);
    reply.engine().gpu.device.destroy();
    // Some of what had come may still be told.
    let error = loop {
        match pollster::block_on(reply.next()) {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the answer came from a device that is gone"),
            Err(error) => break error,
        }
    };
    assert!(matches!(&error, Error::DeviceLost(_)) && error.to_string().contains("Load the model again"), "{error}");
    assert!(is_lost(pollster::block_on(reply.next())), "it is no better the second time");
    drop(reply);
    assert_eq!(chat.messages(), said, "the question is taken back");
    let again = reasoner.ask(&mut engine, &mut chat, "Again?", settings);
    assert!(is_lost(again.and_then(|mut reply| loop {
        if pollster::block_on(reply.next())?.is_none() {
            return Ok(());
        }
    })));
    drop(engine);

    let (mut engine, reasoner) = reasoner_on_a_device_of_its_own();
    let mut chat = Chat::resume(&mut engine, said.clone()).unwrap();
    let after = ask(&mut engine, &reasoner, &mut chat, "Lost?", settings);
    let mut chat = Chat::resume(&mut engine, said).unwrap();
    let want = ask(&mut engine, &reasoner, &mut chat, "Lost?", settings);
    assert!(after.answer.is_some() && (after.answer, after.chat) == (want.answer, want.chat));
}

fn reasoner_on_a_device_of_its_own() -> (ruminate::session::Engine, ruminate::reason::Reasoner) {
    reasoner(Tier::Software, &OPTIONS, &manifest())
}

/// The last that used an adapter lets go of it, which wants memory that is not to be had.
#[test]
fn a_branch_closes_even_if_its_adapter_cannot_be_freed() {
    within_a_minute(|| {
        let mut engine = tiny(Tier::Software, &EngineOptions { branches: 2, ..EngineOptions::default() });
        let free = engine.pages().0;
        for name in ["llama-r8", "llama-qv"] {
            let path = goldens_folder().join("adapters").join(name);
            engine.load_adapter(name, &path, AdapterOptions::default()).unwrap();
        }
        let [first, second] = ["llama-r8", "llama-qv"].map(|name| {
            let branch = engine.open_branch().unwrap();
            engine.set_adapter(branch, Some(name)).unwrap();
            pollster::block_on(engine.logits(branch, &prompt(0, 20))).unwrap();
            engine.unload_adapter(name).unwrap();
            branch
        });
        engine.gpu.device.destroy();
        assert!(is_lost(pollster::block_on(engine.logits(first, &prompt(0, 1)))));
        engine.set_adapter(first, None).unwrap();
        for branch in [first, second] {
            engine.close_branch(branch).unwrap();
            assert!(engine.branch_length(branch).is_err());
        }
        assert_eq!(engine.pages().0, free);
    });
}

#[test]
fn a_batch_ends_in_an_error_and_its_engine_refuses_to_go_on() {
    within_a_minute(|| {
        for tier in [Tier::Software, Tier::Portable] {
            let options = EngineOptions { branches: 8, positions: Some(1024), page: 16, ..EngineOptions::default() };
            let mut engine = tiny(tier, &options);
            let free = engine.pages().0;
            let branches = [0, 1, 2].map(|_| engine.open_branch().unwrap());
            let mut batch = engine.batch().unwrap();
            for (seed, &branch) in branches.iter().enumerate() {
                let request = Request { close_at_end: false, ..request(prompt(seed, 20), warm(seed as u64), 40) };
                batch.start(branch, request).unwrap();
            }
            Seen::default().until(&mut batch, branches[1], 3);
            batch.engine().gpu.device.destroy();
            let error = loop {
                match pollster::block_on(batch.next()) {
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("it ended well"),
                    Err(error) => break error,
                }
            };
            assert!(matches!(error, Error::DeviceLost(_)), "{tier}: {error}");
            drop(batch);
            // What is on the CPU is still right.
            branches.iter().for_each(|&branch| engine.close_branch(branch).unwrap());
            assert_eq!(engine.pages().0, free);
            let branch = engine.open_branch().unwrap();
            let more = engine.generate(branch, Request { close_at_end: false, ..request(prompt(0, 5), warm(0), 5) });
            assert!(is_lost(more.and_then(|mut generation| pollster::block_on(generation.next()).map(drop))), "{tier}");
            assert!(is_lost(pollster::block_on(engine.logits(branch, &prompt(0, 5)))), "{tier}");
            assert!(is_lost(engine.gpu.check()));
        }
    });
}
