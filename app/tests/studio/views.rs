//! Each view as a picture, from recorded runs: at desktop and phone size, light and dark. Update with
//! `UPDATE_SNAPSHOTS=1`, and look at them.

use crate::bench::{Bench, DESKTOP, PHONE, open, open_fine};
use crate::samples;
use eframe::egui::Theme;
use egui_kittest::SnapshotResults;
use egui_kittest::kittest::Queryable;
use ruminate::session::Part;
use ruminate_app::Shop;
use ruminate_app::backend::{Measured, StepTime, Update};
use ruminate_app::run::Told;
use ruminate_app::studio::{Running, Sheet, View, Work};
use ruminate_download::Progress;
use std::sync::Arc;

const MARKDOWN: &str = "Rivers flow to the **sea**:\n\n1. *Springs* feed brooks.\n2. Brooks feed rivers.\n\n```\nwater -> sea\n\
                        ```\n\nThat is all.";

/// Takes the picture in both sizes and themes.
fn pictures(name: &str, prepare: impl Fn(&mut Bench, bool)) {
    let mut results = SnapshotResults::new();
    for (size, at) in [(DESKTOP, "desktop"), (PHONE, "phone")] {
        for (theme, lit) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
            let mut bench = open(size, theme, None);
            prepare(&mut bench, size == PHONE);
            bench.steps(6);
            bench.window.remove_cursor();
            bench.steps(2);
            results.add(bench.window.try_snapshot(format!("{name}_{at}_{lit}")));
        }
    }
}

#[test]
fn first_run() {
    pictures("first_run", |bench, _| bench.load());
}

#[test]
fn chat() {
    pictures("chat", |bench, _| {
        bench.load();
        bench.put(vec![samples::chat("How do rivers flow?", MARKDOWN), samples::thought()]);
    });
}

#[test]
fn thinking() {
    pictures("thinking", |bench, _| {
        bench.load();
        bench.put(vec![samples::thought()]);
        bench.window.state_mut().view = View::Thinking;
    });
}

/// The base has answered, the reasoner too, and thought within a budget goes on.
#[test]
fn compare() {
    pictures("compare", |bench, _| {
        bench.load();
        let studio = bench.window.state_mut();
        studio.view = View::Compare;
        let reasoner = studio.loaded.as_ref().unwrap().reasoner.clone().unwrap();
        studio.compare_ways(samples::QUESTION, &reasoner);
        let mut base = samples::chat("", "7 pens cost 7 * 3 = 24 dollars. So she gets **26** dollars back.");
        for event in &mut base.events {
            if let Told::Answer { answer, .. } = &mut event.told {
                *answer = Some("26".into());
            }
        }
        let mut brief = samples::thought();
        brief.events.truncate(70);
        for run in [base, samples::thought(), brief] {
            let ask = bench.only_ask();
            bench.replay(ask.run, &run);
        }
    });
}

/// A model is loaded, a download runs, and another was left before its end.
#[test]
fn downloads() {
    let feeds = std::cell::RefCell::new(Vec::new());
    pictures("downloads", |bench, is_phone| {
        bench.load();
        let studio = bench.window.state_mut();
        studio.preferences.unfinished.push("owner/models/an-older-model-q8_0.gguf".into());
        studio.sheet = is_phone.then_some(Sheet::Library);
        let file = "Qwen/Qwen2.5-0.5B-Instruct-GGUF/qwen2.5-0.5b-instruct-q8_0.gguf";
        let (running, feed) = Running::new(file.parse().unwrap());
        feed.tell(Progress { done: 251_000_000, total: 675_710_816, is_checking: false });
        studio.downloads.running = Some(running);
        let open = || Err(ruminate_download::Error::Cancelled);
        studio.downloads.shop = Some(Shop { folder: "models".into(), open: Arc::new(open), wake: Arc::new(|| {}) });
        // A feed that is gone ends its download.
        feeds.borrow_mut().push(feed);
    });
}

#[test]
fn machine() {
    pictures("machine", |bench, _| {
        bench.load();
        bench.put(vec![samples::thought()]);
        bench.tell(Update::Measured(Box::new(measured())));
        bench.window.state_mut().view = View::Machine;
    });
}

#[test]
fn sheets_of_a_phone() {
    let mut results = SnapshotResults::new();
    for (sheet, name) in [(Sheet::Library, "library"), (Sheet::Controls, "controls")] {
        let mut bench = open(PHONE, Theme::Dark, None);
        bench.load();
        bench.window.state_mut().sheet = Some(sheet);
        bench.steps(6);
        results.add(bench.window.try_snapshot(format!("{name}_phone_dark")));
    }
}

/// As a screen with two pixels a point shows it, where the pages' legend is; no colour is parted from its word.
#[test]
fn pages_on_a_fine_screen() {
    let mut bench = open_fine(PHONE, Theme::Dark);
    bench.load();
    bench.put(vec![samples::thought()]);
    bench.window.state_mut().view = View::Machine;
    bench.steps(3);
    bench.window.get_by_label("free").scroll_to_me();
    bench.steps(6);
    bench.window.remove_cursor();
    bench.steps(2);
    bench.window.snapshot("pages_phone_dark_2x");
}

/// The bundle is there, its model is not.
#[test]
fn first_run_without_the_base() {
    let mut results = SnapshotResults::new();
    for (size, at) in [(DESKTOP, "desktop_dark"), (PHONE, "phone_dark")] {
        let mut bench = open(size, Theme::Dark, None);
        let studio = bench.window.state_mut();
        studio.work = Work::Idle;
        studio.library.models.clear();
        let open = || Err(ruminate_download::Error::Cancelled);
        studio.downloads.shop = Some(Shop { folder: "models".into(), open: Arc::new(open), wake: Arc::new(|| {}) });
        bench.steps(6);
        results.add(bench.window.try_snapshot(format!("without_base_{at}")));
    }
}

/// Without an adapter the tax is not passed over in silence.
#[test]
fn a_tax_that_cannot_be_told_is_said() {
    let mut bench = open(DESKTOP, Theme::Dark, None);
    bench.load();
    let all = measured();
    let steps = all.steps.iter().filter(|step| !step.adapted).copied().collect();
    bench.tell(Update::Measured(Box::new(Measured { steps, ..all.clone() })));
    bench.window.state_mut().view = View::Machine;
    bench.steps(3);
    bench.window.get_by_label_contains("LoRA tax: not measured");
    bench.tell(Update::Measured(Box::new(all)));
    bench.steps(3);
    bench.window.get_by_label_contains("LoRA tax: 11.4 %");
}

fn measured() -> Measured {
    let part = |name: &str, dispatches: usize, us: f64| Part {
        part: name.into(),
        kernel: format!("{name}_kernel"),
        dispatches,
        us,
        percent: us / 7.0,
    };
    let step = |rows: u32, adapted: bool, us: f64| StepTime {
        rows,
        adapted,
        seconds: us * 1e-6,
        bytes: 1e8,
        flops: 2.7e8 * f64::from(rows),
    };
    Measured {
        bandwidth: 2.4e12,
        steps: vec![
            step(1, false, 70.0),
            step(2, false, 74.0),
            step(4, false, 82.0),
            step(8, false, 96.0),
            step(16, false, 150.0),
            step(1, true, 78.0),
            step(8, true, 110.0),
        ],
        parts: vec![
            part("embed", 1, 8.0),
            part("qkv", 30, 140.0),
            part("attention", 30, 120.0),
            part("output", 30, 70.0),
            part("gate up", 30, 190.0),
            part("down", 30, 120.0),
            part("head", 1, 52.0),
        ],
    }
}
