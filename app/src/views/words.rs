//! Figures and events in words.

use crate::run::{Decision, Ending, Lane, Scene};
use ruminate::reason::Rule;
use ruminate::reason::controller::Statistics;

/// "1 branch", "4 branches".
pub fn count(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Seconds, as short as they can be.
pub fn seconds(seconds: f64) -> String {
    match seconds {
        s if s > 0.0 && s < 0.000_995 => format!("{:.0} us", s * 1e6),
        s if s < 0.0995 => format!("{:.0} ms", s * 1e3),
        s if s < 10.0 => format!("{s:.2} s"),
        s if s < 100.0 => format!("{s:.1} s"),
        s => format!("{s:.0} s"),
    }
}

/// Why it was decided as it was.
pub fn decision(decision: &Decision) -> String {
    let decided = match decision.effort {
        None => "the base answers".to_owned(),
        Some((1, budget)) => format!("one branch thinks, up to {budget} tokens"),
        Some((branches, budget)) => format!("{branches} branches think, up to {budget} tokens each"),
    };
    match decision.score {
        Some(score) => {
            let sign = if score >= decision.threshold { "≥" } else { "<" };
            format!("switcher {score:.2} {sign} {:.2}: {decided}", decision.threshold)
        }
        None => decided,
    }
}

/// What became of a branch.
pub fn status(lane: &Lane) -> String {
    match &lane.stop {
        Some(stop) => match stop.rule {
            // People count from 1.
            Some(Rule::Duplicate { of, similarity }) => {
                format!("stopped: repeats branch {}, {:.0} % the same", of + 1, 100.0 * similarity)
            }
            Some(_) => format!("stopped: {}", stop.reason),
            None => stop.reason.clone(),
        },
        None if lane.forced.is_some() => "answers, its budget is used up".into(),
        None => match lane.pieces.last() {
            Some(piece) if !piece.is_thought => "answers".into(),
            _ => "thinks".into(),
        },
    }
}

/// Tokens a second after the first.
pub fn rate(statistics: &Statistics) -> Option<f64> {
    let decoding = statistics.seconds - statistics.first_token_seconds;
    (statistics.tokens > 1 && decoding > 0.0).then(|| (statistics.tokens - 1) as f64 / decoding)
}

/// How an answer came about, in a line.
pub fn summary(scene: &Scene) -> String {
    let mut parts = Vec::new();
    match &scene.ending {
        Some(Ending::Answered(statistics)) => {
            parts.push(count(statistics.tokens, "token", "tokens"));
            parts.push(seconds(statistics.seconds));
            parts.extend(rate(statistics).map(|rate| format!("{rate:.1} tokens/s")));
            parts.push(format!("first after {}", seconds(statistics.first_token_seconds)));
        }
        Some(Ending::Cancelled) => parts.push(format!("stopped after {}", count(scene.tokens(), "token", "tokens"))),
        Some(Ending::Failed(_)) => parts.push("failed".into()),
        None => match scene.read {
            _ if !scene.lanes.is_empty() => {
                parts.push(count(scene.tokens(), "token", "tokens"));
                parts.push(seconds(scene.at));
            }
            Some((done, total)) if done < total => parts.push(format!("reading {done} of {total} tokens")),
            _ => parts.push("reading".into()),
        },
    }
    parts.join(" · ")
}

/// A power of ten with a unit: 1 T, 100 G.
pub fn power(value: f64) -> String {
    metric(value).replace(".00", "").replace(".0", "")
}

/// A large number with a unit: 1.5 T, 23 G.
pub fn metric(value: f64) -> String {
    let units = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    match units.into_iter().find(|(size, _)| value >= *size) {
        Some((size, unit)) => {
            let scaled = value / size;
            let digits = if scaled < 10.0 { 2 } else { usize::from(scaled < 100.0) };
            format!("{scaled:.digits$} {unit}")
        }
        None => format!("{value:.1} "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        assert_eq!([0.0123, 0.5, 12.34, 123.4].map(seconds), ["12 ms", "0.50 s", "12.3 s", "123 s"]);
        assert_eq!([1e9, 1e10, 1e11].map(power), ["1 G", "10 G", "100 G"]);
        assert_eq!(seconds(31e-6), "31 us");
        assert_eq!([1.5e12, 23.4e9, 999.0].map(metric), ["1.50 T", "23.4 G", "999.0 "]);
        let auto = Decision { at: 0.0, score: Some(0.83), threshold: 0.5, effort: Some((4, 192)) };
        assert_eq!(decision(&auto), "switcher 0.83 ≥ 0.50: 4 branches think, up to 192 tokens each");
        assert_eq!(decision(&Decision { score: None, effort: None, ..auto }), "the base answers");
    }
}
