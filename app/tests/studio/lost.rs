//! A device that goes away while the window's own engine answers.

use crate::bench::{DESKTOP, until, window};
use eframe::egui::{self, Theme};
use egui_kittest::kittest::Queryable;
use ruminate::gpu::Gpu;
use ruminate::reason::Policy;
use ruminate_app::backend::spawn_watched;
use ruminate_app::history::Store;
use ruminate_app::run::Ending;
use ruminate_app::{Places, Studio};
use ruminate_tests::bundles::{bundle, manifest};
use std::sync::{Arc, Mutex};

#[test]
fn the_question_stays_and_trying_again_answers_it() {
    let device: Arc<Mutex<Option<Arc<Gpu>>>> = Arc::default();
    let opened = device.clone();
    let link = spawn_watched(None, || {}, move |gpu| *opened.lock().unwrap() = Some(gpu.clone())).unwrap();
    let (folder, made) = (tempfile::tempdir().unwrap(), bundle(&manifest()));
    let kept = Store::new(folder.path());
    let mut studio = Studio::new(link, Places { store: Some(kept.clone()), ..Places::default() });
    let model = ruminate_tests::goldens_folder().join("tiny-llama.gguf");
    studio.preferences.controls.policy = Policy::Reason;
    studio.preferences.controls.branches = 3;
    studio.load(model, Some(made.path().to_owned()));
    let mut window = window(DESKTOP, Theme::Dark, studio);
    // Its tokens are noise: some are no characters.
    window.ctx.set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
    until(&mut window, "the model is loaded", Studio::is_ready);

    window.state_mut().ask("Lost?");
    until(&mut window, "it thinks", |studio| studio.conversation.turns[0].scene.tokens() > 3);
    let lost = device.lock().unwrap().take().unwrap();
    lost.device.destroy();
    drop(lost);
    until(&mut window, "it is loaded again", Studio::is_ready);
    let studio = window.state_mut();
    studio.flush();
    let scene = &studio.conversation.turns[0].scene;
    assert!(matches!(&scene.ending, Some(Ending::Failed(error)) if error.contains("was lost")), "{:?}", scene.ending);
    assert!(!scene.lanes.is_empty(), "what had come is still shown");
    assert!(studio.notices.iter().any(|notice| notice.text.contains("Try again")), "{:?}", studio.notices);
    assert_eq!(kept.load(&kept.list().0[0].id).unwrap().0.turns[0].run.question, "Lost?");
    assert!(device.lock().unwrap().is_some(), "another device is open");

    window.get_by_label("Ask again").click();
    window.run_steps(2);
    until(&mut window, "it is answered", |studio| {
        matches!(studio.conversation.turns[0].scene.ending, Some(Ending::Answered(_)))
    });
    assert_eq!(window.state().conversation.turns.len(), 1);
}
