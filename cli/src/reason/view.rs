//! What a person sees of an answer coming about: branches side by side on a terminal, plain lines elsewhere.

use super::json;
use crate::side_by_side::{Column, SideBySide, blocks};
use crate::table::print;
use anyhow::Result;
use ruminate::reason::controller::{Count, Route, Statistics};
use ruminate::reason::{Event, Settings, VoteKind};
use ruminate::session::Engine;
use ruminate::units::bytes;
use std::io::{self, IsTerminal};

/// Shows events.
pub struct View {
    is_json: bool,
    live: Option<SideBySide>,
    columns: Vec<Column>,
    /// Branches whose thoughts were closed by force.
    forced: Vec<usize>,
    /// Branches that answer; one alone streams.
    branches: u32,
    vote: VoteKind,
    tally: Vec<Count>,
    seed: u64,
    device: (String, String),
}

impl View {
    /// For one answer.
    pub fn new(is_json: bool, engine: &Engine, settings: &Settings) -> Self {
        Self {
            is_json,
            live: None,
            columns: Vec::new(),
            forced: Vec::new(),
            branches: 1,
            vote: settings.vote,
            tally: Vec::new(),
            seed: settings.seed,
            device: (engine.gpu.info.name.clone(), engine.gpu.caps.tier.to_string()),
        }
    }

    /// Shows an event.
    pub fn take(&mut self, event: &Event) -> Result<()> {
        if self.is_json {
            return print(&json::line(event, self.seed, (&self.device.0, &self.device.1))?);
        }
        match event {
            Event::Prefill { .. } | Event::AdapterSwitched { .. } => Ok(()),
            &Event::Routed { score, threshold, route } => {
                eprintln!("[{}]", routed(score, threshold, route));
                if let Route::Reason { branches, .. } = route {
                    self.branches = branches;
                    self.live = (branches > 1 && io::stdout().is_terminal()).then(SideBySide::new);
                }
                Ok(())
            }
            Event::Forked { branch, text, .. } => {
                self.columns.push(Column { head: name(*branch), ..Column::default() });
                self.add(*branch, text)
            }
            &Event::Token { branch, ref text, left, is_thought, .. } => {
                if let Some(column) = self.columns.get_mut(branch) {
                    let part = if is_thought { "thought" } else { "answer" };
                    column.head = name(branch);
                    if let Some(left) = left {
                        column.head += &format!(", {left} of {part} left");
                    }
                }
                self.add(branch, text)
            }
            &Event::Warned { branch, ref text } => self.add(branch, text),
            &Event::BudgetForced { branch, ref text, .. } => {
                self.forced.push(branch);
                self.add(branch, text)
            }
            Event::Stopped { branch, reason, tokens, answer, .. } => {
                let answer = answer.as_ref().map_or("no answer", |answer| answer.text());
                self.columns[*branch].head = name(*branch);
                let forced = if self.forced.contains(branch) { ", thoughts closed" } else { "" };
                self.columns[*branch].summary = Some(format!("{tokens} tokens{forced}, {reason}: {answer}"));
                self.draw()
            }
            Event::Scored { branch, score } => {
                if let Some(summary) = &mut self.columns[*branch].summary {
                    summary.push_str(&format!(", score {score:.2}"));
                }
                self.draw()
            }
            Event::Vote { tally } => self.voted(tally),
            Event::Answer { text, winner, .. } => self.answered(text, *winner),
            Event::End { statistics } => {
                eprintln!("[{}, seed {}, {}, {} tier]", summary(statistics), self.seed, self.device.0, self.device.1);
                Ok(())
            }
        }
    }

    /// There will be no answer.
    pub fn cancelled(self) -> Result<()> {
        if self.is_json {
            return print(&json::cancelled()?);
        }
        match self.live {
            Some(live) => live.end(&self.columns)?,
            None => print("\n")?,
        }
        eprintln!("[cancelled]");
        Ok(())
    }

    /// Text of a branch, or of a chat answer.
    fn add(&mut self, branch: usize, text: &str) -> Result<()> {
        if let Some(column) = self.columns.get_mut(branch) {
            column.text.push_str(text);
        }
        if self.branches == 1 { print(text) } else { self.draw() }
    }

    fn draw(&mut self) -> Result<()> {
        self.live.as_mut().map_or(Ok(()), |live| live.show(&self.columns))
    }

    fn voted(&mut self, tally: &[Count]) -> Result<()> {
        self.tally = tally.to_vec();
        match self.live.take() {
            Some(live) => live.end(&self.columns)?,
            None if self.branches > 1 => print(&blocks(&self.columns))?,
            None => {}
        }
        if self.branches > 1 {
            tally.iter().for_each(|count| eprintln!("[{}]", counted(count, self.vote)));
        }
        Ok(())
    }

    /// One alone was shown as it came.
    fn answered(&self, text: &str, winner: usize) -> Result<()> {
        if self.branches == 1 {
            return print("\n");
        }
        print(&format!("{}\n", if text.is_empty() { "No answer." } else { text }))?;
        eprintln!("[{}: {}]", name(winner), why(&self.tally, self.vote));
        Ok(())
    }
}

/// People count from 1.
fn name(branch: usize) -> String {
    format!("branch {}", branch + 1)
}

fn routed(score: Option<f32>, threshold: f32, route: Route) -> String {
    let decided = match route {
        Route::Chat => "the base answers".to_owned(),
        Route::Reason { branches: 1, budget } => format!("one branch thinks, up to {budget} tokens"),
        Route::Reason { branches, budget } => format!("{branches} branches think, up to {budget} tokens each"),
    };
    match score {
        Some(score) => format!("switcher {score:.2}, threshold {threshold:.2}: {decided}"),
        None => decided,
    }
}

fn votes(count: u32) -> String {
    format!("{count} vote{}", if count == 1 { "" } else { "s" })
}

fn counted(count: &Count, vote: VoteKind) -> String {
    let weight = if vote.needs_scores() { format!(", weight {:.2}", count.weight) } else { String::new() };
    format!("{}: {}{weight}", count.answer.text(), votes(count.votes))
}

fn why(tally: &[Count], vote: VoteKind) -> String {
    let Some(first) = tally.first() else { return "no branch has an answer".into() };
    let all: u32 = tally.iter().map(|count| count.votes).sum();
    let weight: f64 = tally.iter().map(|count| count.weight).sum();
    match vote {
        _ if tally.len() == 1 => format!("all that have an answer agree, {}", votes(all)),
        VoteKind::Majority => format!("{} of {all}", votes(first.votes)),
        VoteKind::Weighted => {
            format!("{} of {all}, {:.2} of {weight:.2} by the verifier's scores", votes(first.votes), first.weight)
        }
        VoteKind::Best => "the highest score".into(),
    }
}

fn summary(statistics: &Statistics) -> String {
    let Statistics { cached_tokens, prompt_tokens, tokens, first_token_seconds, seconds, kv, joules, .. } = statistics;
    let kv = match kv.shared {
        0 => format!("KV {}", bytes(kv.own)),
        shared => format!("KV {} shared and {} own", bytes(shared), bytes(kv.own)),
    };
    let joules = joules.map(|joules| format!(", {joules:.1} J")).unwrap_or_default();
    format!(
        "{tokens} tokens in {seconds:.2} s, first after {first_token_seconds:.2} s ({prompt_tokens} of prompt, \
         {cached_tokens} there before), {kv}{joules}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use ruminate::reason::Answer;

    fn count(text: &str, votes: u32, weight: f64) -> Count {
        Count { answer: Answer::new(text).unwrap(), branch: 0, votes, weight }
    }

    #[test]
    fn decisions_are_said_in_words() {
        let reason = Route::Reason { branches: 4, budget: 192 };
        assert_eq!(
            routed(Some(0.83), 0.5, reason),
            "switcher 0.83, threshold 0.50: 4 branches think, up to 192 tokens each"
        );
        assert_eq!(routed(None, 0.5, Route::Chat), "the base answers");
        let tally = [count("42", 3, 2.4), count("7", 1, 0.6)];
        assert_eq!(why(&tally, VoteKind::Weighted), "3 votes of 4, 2.40 of 3.00 by the verifier's scores");
        assert_eq!(why(&tally[..1], VoteKind::Weighted), "all that have an answer agree, 3 votes");
        assert_eq!(why(&[], VoteKind::Best), "no branch has an answer");
        assert_eq!(counted(&tally[1], VoteKind::Majority), "7: 1 vote");
    }
}
