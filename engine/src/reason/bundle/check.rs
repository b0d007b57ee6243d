//! Values of a manifest that have the right type and make no sense.

use std::path::{Component, Path};

use super::schema::{BUDGET_PLACE, Budgets, Manifest, Response, Switcher};

/// No budget is larger, in tokens.
const MAX_TOKENS: u32 = 1 << 20;

/// What is wrong with a field.
pub(super) struct Problem {
    pub field: String,
    pub problem: String,
    pub remedy: &'static str,
}

type Checked = Result<(), Problem>;

const AGAIN: &str = "Correct the bundle, or download it again";

/// Finds the first value that makes no sense.
pub(super) fn check(manifest: &Manifest) -> Checked {
    check_base(manifest)?;
    check_adapters(manifest)?;
    check_response(&manifest.response)?;
    check_budgets(&manifest.budgets, manifest.response.answer_tokens)?;
    within("chat.max_tokens", manifest.chat.max_tokens, 1, MAX_TOKENS)?;
    check_switcher(&manifest.switcher)?;
    filled("verifier.append", &manifest.verifier.append)?;
    manifest.sampling.with_seed(0).validate().or_else(|error| fail("sampling", error.to_string(), AGAIN))
}

fn check_base(manifest: &Manifest) -> Checked {
    let base = &manifest.base;
    let hex = |text: &str| text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if let Some(sha256) = base.sha256.as_deref().filter(|text| !hex(text)) {
        return fail("base.sha256", format!("{sha256:?} is not 64 lower-case hex digits"), AGAIN);
    }
    within("base.hidden_size", base.hidden_size, 1, 1 << 16)?;
    inside("base.file", &base.file)?;
    inside("heads", &manifest.heads)?;
    match Path::new(&base.file).components().count() {
        1 => Ok(()),
        _ => fail("base.file", format!("{:?} is a path, not a file's name", base.file), AGAIN),
    }
}

fn check_adapters(manifest: &Manifest) -> Checked {
    for (alias, adapter) in &manifest.adapters {
        if alias.is_empty() || alias == "base" {
            return fail("adapters", format!("{alias:?} cannot name an adapter"), "Choose another name");
        }
        inside(&format!("adapters.{alias}.path"), &adapter.path)?;
    }
    let Some(default) = manifest.adapters.get(&manifest.default_adapter) else {
        return fail("default_adapter", format!("{:?} is not among adapters", manifest.default_adapter), AGAIN);
    };
    if !default.kv_shareable {
        let problem = format!("{:?} is not KV-shareable", manifest.default_adapter);
        return fail("default_adapter", problem, "Train it with the prompt masked, or name another adapter");
    }
    match &manifest.budget_message {
        Some(message) if !message.content.contains(BUDGET_PLACE) => {
            let problem = format!("{:?} has no place {BUDGET_PLACE}", message.content);
            fail("budget_message.content", problem, "Write where the number goes")
        }
        None if manifest.adapters.values().any(|adapter| adapter.budget_stated) => {
            let remedy = "State the wording that the adapter was trained with";
            fail("budget_message", "an adapter has budget_stated, so that it is needed".into(), remedy)
        }
        _ => Ok(()),
    }
}

fn check_response(response: &Response) -> Checked {
    let Response { begin, think_open, think_close, closing, answer_marker, answer_tokens, soft_warning } = response;
    filled("response.begin", begin)?;
    filled("response.think_open", think_open)?;
    filled("response.think_close", think_close)?;
    filled("response.closing", closing)?;
    filled("response.answer_marker", answer_marker)?;
    if !begin.contains(think_open) || begin.contains(think_close) {
        return fail("response.begin", format!("{begin:?} does not open the thoughts with {think_open:?}"), AGAIN);
    }
    let asked = closing.find(think_close).map(|at| &closing[at..]);
    if !asked.is_some_and(|rest| rest.trim_end().ends_with(answer_marker.trim_end())) {
        let problem =
            format!("{closing:?} does not close the thoughts with {think_close:?} and then ask with {answer_marker:?}");
        return fail("response.closing", problem, AGAIN);
    }
    within("response.answer_tokens", *answer_tokens, 1, 4096)?;
    if let Some(warning) = soft_warning {
        within("response.soft_warning.tokens_left", warning.tokens_left, 1, MAX_TOKENS)?;
        filled("response.soft_warning.text", &warning.text)?;
    }
    Ok(())
}

fn check_budgets(budgets: &Budgets, answer_tokens: u32) -> Checked {
    // Tokens are counted once a tokenizer is known: the beginning and the closing have at least one each.
    let smallest = answer_tokens + 2;
    within("budgets.default", budgets.default, smallest, MAX_TOKENS)?;
    budgets.choices.iter().try_for_each(|&choice| within("budgets.choices", choice, smallest, MAX_TOKENS))?;
    match budgets.choices.is_sorted() {
        true => Ok(()),
        false => fail("budgets.choices", format!("{:?} do not ascend", budgets.choices), AGAIN),
    }
}

fn check_switcher(switcher: &Switcher) -> Checked {
    within("switcher.chunk", switcher.chunk, 1, 1 << 16)?;
    if !(0.0..1.0).contains(&switcher.ema) {
        return fail("switcher.ema", format!("{} is not from 0 to below 1", switcher.ema), AGAIN);
    }
    let points = switcher.thresholds.iter().map(|point| ("switcher.thresholds", point.threshold));
    let mut thresholds = std::iter::once(("switcher.threshold", switcher.threshold)).chain(points);
    match thresholds.find(|(_, threshold)| !(0.0..=1.0).contains(threshold)) {
        None => Ok(()),
        Some((field, threshold)) => fail(field, format!("{threshold} is not between 0 and 1"), AGAIN),
    }
}

fn fail(field: &str, problem: String, remedy: &'static str) -> Checked {
    Err(Problem { field: field.to_owned(), problem, remedy })
}

fn within(field: &str, value: u32, least: u32, most: u32) -> Checked {
    match (least..=most).contains(&value) {
        true => Ok(()),
        false => fail(field, format!("{value} is not between {least} and {most}"), AGAIN),
    }
}

fn filled(field: &str, text: &str) -> Checked {
    match text.trim().is_empty() {
        false => Ok(()),
        true => fail(field, "it is empty".into(), "State the words that the adapter was trained with"),
    }
}

/// Refuses a path that leaves the folder by what is written. Links are the person's own: download caches use them.
fn inside(field: &str, path: &str) -> Checked {
    let plain = |component| matches!(component, Component::Normal(_) | Component::CurDir);
    // A backslash and a colon are names on some systems and leave the folder on others.
    let leaves = path.contains(['\\', ':', '\0']) || !Path::new(path).components().all(plain);
    if leaves || !Path::new(path).components().any(|c| matches!(c, Component::Normal(_))) {
        let problem = format!("{path:?} is no path inside the bundle's folder");
        return fail(field, problem, "Write it relative to the folder, without \"..\"");
    }
    Ok(())
}
