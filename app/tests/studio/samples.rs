//! Runs as an engine would tell them, made of words, for tests and for measuring.

#![allow(dead_code, reason = "each test and example uses a part")]

use ruminate::reason::Answer;
use ruminate::reason::Rule;
use ruminate::reason::controller::{Count, Statistics};
use ruminate::session::KvBytes;
use ruminate_app::backend::{AdapterEntry, DeviceInfo, Loaded, Pages, ReasonerInfo, Thinker};
use ruminate_app::run::{Run, Setup, Token, Told};

/// What the pen question is.
pub const QUESTION: &str = "A shop sells pens at 3 dollars each. Lena buys 7 pens and pays with a 50 dollar note. How much change does she get?";

const THOUGHT: &str = "Lena buys 7 pens.\nEach pen costs 3 dollars, so she pays 7 * 3 = 21 dollars.\nShe gives a 50 dollar \
                       note.\nThe change is 50 - 21 = 29 dollars.\n";

/// How sure the token of a number is: the same in every run, and not the same for all.
fn logprob(number: usize) -> f32 {
    let noise = (number as u32).wrapping_mul(2_654_435_761) >> 24;
    -(noise as f32 / 255.0).powi(12) * 3.0
}

/// Words with the space before them.
fn words(text: &str) -> Vec<&str> {
    let starts: Vec<usize> = text.char_indices().filter(|(i, c)| *i > 0 && *c == ' ').map(|(i, _)| i).collect();
    let ends = starts.iter().copied().chain([text.len()]);
    [0].into_iter().chain(starts.iter().copied()).zip(ends).map(|(from, to)| &text[from..to]).collect()
}

fn setup() -> Setup {
    Setup {
        model: "SmolLM2-135M-Instruct.Q4_1".into(),
        device: "Test device, software tier".into(),
        policy: "auto".into(),
        vote: "weighted".into(),
        seed: 7,
    }
}

fn token(branch: usize, number: usize, text: &str, is_thought: bool, left: Option<usize>) -> Told {
    Told::Token(Token {
        branch,
        id: number as u32,
        text: text.into(),
        logprob: logprob(number + 31 * branch),
        is_thought,
        left,
    })
}

/// Four branches that think: one ends by itself, one is forced, one repeats another and is stopped, one is wrong.
pub fn thought() -> Run {
    let mut run = Run::new(QUESTION, setup());
    run.push(0.05, Told::Prefill { done: 58, total: 58 });
    run.push(0.2, Told::Routed { score: Some(0.83), threshold: 0.5, effort: Some((4, 96)) });
    run.push(0.21, Told::Switched { adapter: Some("smollm2-reasoner/brief".into()) });
    for branch in 0..4 {
        run.push(0.22, Told::Forked { branch, seed: 100 + branch as u64, text: "<think>\n".into() });
    }
    let words = words(THOUGHT);
    for (index, word) in words.iter().enumerate() {
        for branch in 0..4 {
            let stops = match branch {
                1 => 24,
                2 => 14,
                _ => words.len(),
            };
            if index < stops {
                run.push(0.3 + 0.04 * index as f64, token(branch, index, word, true, Some(84 - index)));
            }
        }
        if index == 14 {
            let rule = Rule::Duplicate { of: 0, similarity: 0.94 };
            let (reason, answer) = (rule.to_string(), None);
            run.push(0.87, Told::Stopped { branch: 2, reason, rule: Some(rule), failed: false, tokens: 17, answer });
        }
        if index == 24 {
            run.push(1.27, Told::BudgetForced { branch: 1, text: "\n</think>\nAnswer:".into() });
            run.push(1.3, token(1, 90, " 29", false, Some(3)));
            end(&mut run, 1.33, 1, "end of line", 37, "29");
        }
    }
    for (branch, answer) in [(0, " 29"), (3, " 71")] {
        run.push(1.5, token(branch, 91, "</think>\nAnswer:", false, Some(12)));
        run.push(1.54, token(branch, 92 + branch, answer, false, Some(11)));
        end(&mut run, 1.58, branch, "end of turn", 45, answer.trim());
    }
    for (branch, score) in [(1, 0.71), (0, 0.88), (3, 0.22)] {
        run.push(1.8, Told::Scored { branch, score });
    }
    let count =
        |text: &str, branch, votes, weight| Answer::new(text).map(|answer| Count { answer, branch, votes, weight });
    let tally = [count("29", 0, 3, 2.47), count("71", 3, 1, 0.22)].into_iter().flatten().collect();
    run.push(1.81, Told::Vote { tally });
    run.push(1.82, Told::Answer { text: "29".into(), answer: Some("29".into()), winner: 0 });
    run.push(1.83, Told::End { statistics: statistics(144, vec![45, 37, 17, 45], 1.83) });
    run
}

fn end(run: &mut Run, at: f64, branch: usize, reason: &str, tokens: usize, answer: &str) {
    let (reason, answer) = (reason.to_owned(), Some(answer.to_owned()));
    run.push(at, Told::Stopped { branch, reason, rule: None, failed: false, tokens, answer });
}

fn statistics(tokens: usize, branch_tokens: Vec<usize>, seconds: f64) -> Statistics {
    Statistics {
        cached_tokens: 12,
        prompt_tokens: 58,
        tokens,
        branch_tokens,
        first_token_seconds: 0.3,
        seconds,
        kv: KvBytes { shared: 3 << 20, own: 5 << 20, unshared: 14 << 20 },
        joules: None,
    }
}

/// A chat answer, in whose middle an adapter comes on.
pub fn chat(question: &str, answer: &str) -> Run {
    let mut run = Run::new(question, setup());
    run.push(0.05, Told::Routed { score: Some(0.12), threshold: 0.5, effort: None });
    let words = words(answer);
    for (index, word) in words.iter().enumerate() {
        if index == words.len() / 2 {
            run.push(0.1 + 0.03 * index as f64, Told::Switched { adapter: Some("style".into()) });
        }
        run.push(0.1 + 0.03 * index as f64, token(0, index, word, false, None));
    }
    let at = run.duration();
    run.push(at, Told::Answer { text: answer.into(), answer: None, winner: 0 });
    run.push(at, Told::End { statistics: statistics(words.len(), vec![words.len()], at) });
    run
}

/// So many branches that have told so many tokens each, and go on.
pub fn streaming(branches: usize, tokens: usize) -> Run {
    let mut run = Run::new(QUESTION, setup());
    run.push(0.2, Told::Routed { score: Some(0.9), threshold: 0.5, effort: Some((branches as u32, 4096)) });
    run.push(0.21, Told::Switched { adapter: Some("brief".into()) });
    for branch in 0..branches {
        run.push(0.22, Told::Forked { branch, seed: branch as u64, text: "<think>\n".into() });
    }
    let words = words(THOUGHT);
    for index in 0..tokens {
        for branch in 0..branches {
            let word = words[index % words.len()];
            run.push(0.3 + 0.003 * index as f64, token(branch, index, word, true, Some(4096 - index)));
        }
    }
    run
}

/// The next token of each of these branches.
pub fn next(run: &mut Run, branches: usize, index: usize) {
    let words = words(THOUGHT);
    let at = run.duration() + 0.003;
    for branch in 0..branches {
        run.push(at, token(branch, index, words[index % words.len()], true, Some(4096usize.saturating_sub(index))));
    }
}

/// A model with a bundle.
pub fn loaded() -> Loaded {
    let adapter = |name: &str| AdapterEntry { name: name.into(), rank: 32, bytes: 19 << 20, kv_shareable: true };
    let thinker = |name: &str, is_budget_stated| Thinker { name: name.into(), is_budget_stated };
    Loaded {
        model: "SmolLM2-135M-Instruct.Q4_1.gguf".into(),
        name: "SmolLM2-135M-Instruct.Q4_1".into(),
        parameters: 134_515_008,
        weight_bytes: 90 << 20,
        kv_bytes: 250 << 20,
        gpu_bytes: 380 << 20,
        context: 4096,
        reasoner: Some(ReasonerInfo {
            name: "smollm2-reasoner".into(),
            folder: "models/smollm2-reasoner".into(),
            adapters: vec![thinker("brief", true), thinker("verbose", false)],
            default_adapter: "brief".into(),
            budgets: vec![96, 128, 192, 256],
            default_budget: 192,
            smallest_budget: 24,
            threshold: 0.5,
            temperature: 0.7,
        }),
        adapters: vec![adapter("smollm2-reasoner/brief"), adapter("style")],
    }
}

/// A device.
pub fn device() -> DeviceInfo {
    DeviceInfo {
        name: "Test device".into(),
        kind: "discrete".into(),
        backend: "vulkan".into(),
        driver: "testdriver 1.2".into(),
        tier: "matrix".into(),
        limits: vec![
            ("Subgroups".into(), "of 32".into()),
            ("Matrices".into(), "16 x 16, f16 to f32".into()),
            ("Largest binding".into(), "2 GiB".into()),
            ("Workgroup memory".into(), "48 KiB".into()),
        ],
        quirk: None,
        others: vec!["1: llvmpipe (software, vulkan, Mesa)".into()],
    }
}

/// A cache with a shared prompt, pages of four branches, and room.
pub fn pages() -> Pages {
    use ruminate::cache::Writer;
    use ruminate::session::PageUse;
    let page = |index: usize| match index {
        0..6 => PageUse { holders: 5, writers: vec![Writer::Base] },
        6..10 => PageUse { holders: 1, writers: vec![Writer::Base, Writer::Adapter(1)] },
        10..34 => PageUse { holders: 1, writers: vec![Writer::Adapter(1)] },
        _ => PageUse { holders: 0, writers: vec![] },
    };
    Pages { positions: 32, bytes: 737_280, pages: (0..352).map(page).collect() }
}
