//! The studio on a desktop.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use eframe::egui::{IconData, ViewportBuilder};
use std::path::PathBuf;

fn main() -> eframe::Result {
    let mut arguments = std::env::args().skip(1);
    let (mut gpu, mut given) = (None, Vec::new());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--help" | "-h" => {
                println!(
                    "ruminate-app [--gpu NAME|INDEX] [FILE...]\n\nThe studio: chat with a small model, and see it think. \
                     FILE: models (.gguf), bundles' folders, adapters.\nRUMINATE_TIER, RUMINATE_MODELS: as for ruminate."
                );
                return Ok(());
            }
            "--gpu" => gpu = arguments.next(),
            file => given.push(PathBuf::from(file)),
        }
    }
    let viewport = ViewportBuilder::default()
        .with_title("Ruminate")
        .with_app_id("ruminate")
        .with_inner_size([1180.0, 780.0])
        .with_min_inner_size([340.0, 420.0])
        .with_icon(icon())
        .with_drag_and_drop(true);
    ruminate_app::run(eframe::NativeOptions { viewport, ..Default::default() }, gpu, given)
}

/// One stem that forks into three branches, of which one is chosen.
fn icon() -> IconData {
    const SIZE: usize = 64;
    let mut rgba = Vec::with_capacity(SIZE * SIZE * 4);
    for y in 0..SIZE {
        for x in 0..SIZE {
            let stem = (10..26).contains(&x) && (29..35).contains(&y);
            let fork = (22..28).contains(&x) && (12..52).contains(&y);
            let branch = |at: usize, end: usize| (22..end).contains(&x) && (at..at + 6).contains(&y);
            rgba.extend(match () {
                () if branch(29, 56) => [0x63, 0xcf, 0x8b, 0xff],
                () if branch(12, 48) || branch(46, 40) || fork => [0xbd, 0xa2, 0xff, 0xff],
                () if stem => [0x76, 0xbd, 0xf5, 0xff],
                () => [0x1c, 0x1f, 0x26, 0xff],
            });
        }
    }
    IconData { rgba, width: SIZE as u32, height: SIZE as u32 }
}
