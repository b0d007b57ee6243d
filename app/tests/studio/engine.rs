//! The window's own engine with a tiny model: what it tells of tokens and of memory is so.

use crate::bench::{DESKTOP, until, window};
use eframe::egui::{self, Theme};
use egui_kittest::Harness;
use ruminate::reason::Policy;
use ruminate_app::backend::spawn;
use ruminate_app::run::Ending;
use ruminate_app::{Places, Studio};
use ruminate_tests::bundles::{bundle, manifest};
use std::path::{Path, PathBuf};

fn tiny() -> PathBuf {
    ruminate_tests::goldens_folder().join("tiny-llama.gguf")
}

/// A window whose engine has a model, with a bundle if one is given.
fn loaded(model: &Path, bundle: Option<&Path>) -> Harness<'static, Studio> {
    let mut studio = Studio::new(spawn(None, || {}).unwrap(), Places::default());
    studio.library.add(model);
    studio.load(model.to_owned(), bundle.map(Path::to_owned));
    let mut window = window(DESKTOP, Theme::Dark, studio);
    // Its tokens are noise: some are no characters.
    window.ctx.set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
    until(&mut window, "the model is loaded", Studio::is_ready);
    window
}

/// Asks, and compares every branch's tokens with what reading them again says of them.
fn is_read_again_as_it_was_said(mut window: Harness<'static, Studio>, branches: usize) {
    window.state_mut().ask("What else?");
    until(&mut window, "it is answered", |studio| {
        matches!(studio.conversation.turns[0].scene.ending, Some(Ending::Answered(_)))
    });
    for branch in 0..branches {
        until(&mut window, "the engine is free", Studio::is_ready);
        window.state_mut().read_again(0, branch);
        until(&mut window, "it is read", |studio| studio.conversation.turns[0].run.alternatives.contains_key(&branch));
        let turn = &window.state().conversation.turns[0];
        let (lane, found) = (&turn.scene.lanes[branch], &turn.run.alternatives[&branch]);
        assert!(lane.sampled > 1 && found.len() == lane.sampled, "{} of {}", found.len(), lane.sampled);
        let sampled = lane.pieces.iter().filter_map(|piece| Some((piece.id?, piece.logprob)));
        let mut compared = 0;
        for ((id, logprob), candidates) in sampled.zip(found) {
            assert!(candidates.is_sorted_by(|a, b| a.logprob >= b.logprob));
            if let Some(same) = candidates.iter().find(|candidate| candidate.id == id) {
                assert!((same.logprob - logprob).abs() < 0.02, "token {id}: {} against {logprob}", same.logprob);
                compared += 1;
            }
        }
        // What was drawn by chance need not be among the likeliest; some of it is.
        assert!(compared > 0, "none of {} tokens is among its candidates", lane.sampled);
    }
}

#[test]
fn a_chat_answer_is_read_again_as_it_was_said() {
    let mut window = loaded(&tiny(), None);
    let controls = &mut window.state_mut().preferences.controls;
    (controls.policy, controls.chat_tokens, controls.chat_temperature) = (Policy::Chat, 24, 0.0);
    is_read_again_as_it_was_said(window, 1);
}

#[test]
fn an_adapter_that_has_read_the_conversation_itself_does_so_again() {
    let mut window = loaded(&tiny(), None);
    window.state_mut().dropped(&ruminate_tests::goldens_folder().join("adapters/llama-r8"));
    until(&mut window, "the adapter is loaded", |studio| {
        studio.is_ready() && studio.loaded.as_ref().is_some_and(|loaded| !loaded.adapters.is_empty())
    });
    let studio = window.state_mut();
    studio.chat_adapter = Some("llama-r8".into());
    let controls = &mut studio.preferences.controls;
    (controls.policy, controls.chat_tokens) = (Policy::Chat, 24);
    (controls.chat_temperature, controls.seed) = (1.0, Some(5));
    is_read_again_as_it_was_said(window, 1);
}

#[test]
fn branches_are_read_again_as_they_were_said() {
    let made = bundle(&manifest());
    let mut window = loaded(&tiny(), Some(made.path()));
    let controls = &mut window.state_mut().preferences.controls;
    (controls.policy, controls.branches, controls.seed) = (Policy::Reason, 2, Some(3));
    is_read_again_as_it_was_said(window, 2);
}

#[test]
fn what_is_needed_is_foretold() {
    let real = ruminate_tests::assets_folder().join("SmolLM2-135M-Instruct.Q4_1.gguf");
    // A tiny model takes shorter pieces of a prompt on this device than it might on another.
    for (model, most) in [(tiny(), 1.6), (real, 1.1)] {
        let window = loaded(&model, None);
        let (studio, name) = (window.state(), model.display());
        let (need, loaded) = (studio.library.models[0].need.clone().unwrap(), studio.loaded.as_ref().unwrap());
        assert_eq!(need.kv, Some(loaded.kv_bytes), "{name}");
        let ratio = |of: u64, to: u64| of as f64 / to as f64;
        let (weights, all) = (ratio(need.weights, loaded.weight_bytes), ratio(need.total(), loaded.gpu_bytes));
        assert!((0.95..1.05).contains(&weights), "{name}: {weights} of the weights");
        assert!((0.99..most).contains(&all), "{name}: {all} of all: {need:?} for {loaded:?}");
    }
}
