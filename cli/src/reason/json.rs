//! Events as objects, one a line.

use anyhow::Result;
use ruminate::reason::Event;
use serde::Serialize;

#[derive(Serialize)]
#[serde(untagged)]
enum Line<'a> {
    Event(&'a Event),
    End {
        #[serde(flatten)]
        event: &'a Event,
        seed: u64,
        device: &'a str,
        tier: &'a str,
    },
    Own(Own),
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Own {
    /// Ctrl-C, twice.
    Cancelled,
    /// The conversation has no room for the question.
    Refused { error: String },
}

/// An event's line; `seed`, and the device and its tier, stand in the last.
pub fn line(event: &Event, seed: u64, (device, tier): (&str, &str)) -> Result<String> {
    print(&match event {
        Event::End { .. } => Line::End { event, seed, device, tier },
        _ => Line::Event(event),
    })
}

/// The line of an answer that is not wanted any more.
pub fn cancelled() -> Result<String> {
    print(&Line::Own(Own::Cancelled))
}

/// The line of a question for which there is no room.
pub fn refused(error: &anyhow::Error) -> Result<String> {
    print(&Line::Own(Own::Refused { error: error.to_string() }))
}

fn print(line: &Line<'_>) -> Result<String> {
    Ok(serde_json::to_string(line)? + "\n")
}
