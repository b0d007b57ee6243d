//! The studio on a desktop.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use eframe::egui::ViewportBuilder;
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
            // As the library lists it, so that it is known there.
            file => given.push(std::path::absolute(file).unwrap_or_else(|_| PathBuf::from(file))),
        }
    }
    let viewport = ViewportBuilder::default()
        .with_title("Ruminate")
        .with_app_id("ruminate")
        .with_inner_size([1180.0, 780.0])
        .with_min_inner_size([340.0, 420.0])
        .with_icon(ruminate_app::icon::icon(64))
        .with_drag_and_drop(true);
    ruminate_app::run(eframe::NativeOptions { viewport, ..Default::default() }, gpu, given)
}
