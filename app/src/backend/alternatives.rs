//! What else a branch could have said: its tokens are read again, and the likeliest at each place are kept. Decoding
//! itself tells the chosen token alone, so that it reads nothing else back.

use super::load::Model;
use super::worker::Desk;
use crate::run::Candidate;
use ruminate::cache::BranchId;
use ruminate::session::Engine;
use ruminate::text::{Message, Role};
use ruminate::{Error, Result};
use serde::{Deserialize, Serialize};

/// Candidates of a token.
const MOST: usize = 5;
/// Tokens that are read at once: their logits are of the whole vocabulary.
const CHUNK: usize = 16;

/// A branch to be read again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Reading {
    /// The conversation, to know the answer by.
    pub conversation: String,
    /// The turn in it.
    pub turn: usize,
    /// The branch of the turn.
    pub branch: usize,
    /// The exchanges before.
    pub history: Vec<(String, String)>,
    /// The question.
    pub question: String,
    /// (the adapter's name in the bundle, the budget) of a reasoned answer.
    pub reasoned: Option<(Option<String>, u32)>,
    /// The branch's parts: the token, or nothing where the text was forced; the text; the adapter.
    pub parts: Vec<(Option<u32>, String, Option<String>)>,
}

/// The candidates of each token that was sampled, the likeliest first.
pub async fn alternatives(model: &mut Model, reading: &Reading, desk: &mut Desk) -> Result<Vec<Vec<Candidate>>> {
    let messages = |(question, answer): &(String, String)| {
        [Message::new(Role::User, question.as_str()), Message::new(Role::Assistant, answer.as_str())]
    };
    let mut said: Vec<Message> = reading.history.iter().flat_map(messages).collect();
    said.push(Message::new(Role::User, reading.question.as_str()));
    if let Some((adapter, budget)) = &reading.reasoned {
        let name = model.ensure_reasoner(adapter.as_deref())?;
        said.extend(model.reasoners.get(&name).and_then(|reasoner| reasoner.budget_message(*budget)));
    }
    let engine = &mut model.engine;
    let prompt = engine.tokenizer()?.encode(&engine.template()?.render(&said, true)?, true)?;
    // The conversation's own positions make room; they are computed again with the next question.
    engine.truncate_branch(model.chat.branch(), 0)?;
    let branch = engine.open_branch()?;
    let read = read(engine, branch, &prompt, reading, desk).await;
    engine.close_branch(branch)?;
    read
}

/// A token of the response: its id, whether it was sampled, and who reads it.
struct Read<'r> {
    id: u32,
    is_sampled: bool,
    adapter: Option<&'r str>,
}

/// A token that is read: who reads it, and whether what may follow it is wanted.
struct Place<'r> {
    id: u32,
    reader: Option<&'r str>,
    is_told: bool,
}

async fn read(
    engine: &mut Engine,
    branch: BranchId,
    prompt: &[u32],
    reading: &Reading,
    desk: &mut Desk,
) -> Result<Vec<Vec<Candidate>>> {
    let mut tokens: Vec<Read<'_>> = Vec::new();
    for (id, text, adapter) in &reading.parts {
        let ids = id.map_or_else(|| engine.tokenizer().and_then(|t| t.encode(text, true)), |id| Ok(vec![id]))?;
        let is_sampled = id.is_some();
        tokens.extend(ids.into_iter().map(|id| Read { id, is_sampled, adapter: adapter.as_deref() }));
    }
    // It is this reading alone that goes from one writer to another.
    engine.allow_mixed(branch)?;
    // Thoughts go on where the base was, and so does an adapter that may; any other has read the conversation itself.
    let first = tokens.first().and_then(|token| token.adapter);
    let reader = match first.filter(|_| reading.reasoned.is_none()) {
        Some(alias) if !engine.find_adapter(alias)?.kv_shareable => Some(alias),
        _ => None,
    };
    engine.set_adapter(branch, reader)?;
    let (last, before) = prompt.split_last().ok_or_else(|| Error::Invalid("the prompt is empty".into()))?;
    for chunk in before.chunks(CHUNK) {
        desk.check_stop()?;
        engine.logits(branch, chunk).await?;
    }
    let mut found = Vec::new();
    // What is read at each place, and the token that came after it.
    let read_ids = [*last].into_iter().chain(tokens.iter().map(|token| token.id));
    let mut places: Vec<Place<'_>> =
        read_ids.zip(&tokens).map(|(id, next)| Place { id, reader: next.adapter, is_told: next.is_sampled }).collect();
    if let Some(place) = places.first_mut().filter(|place| !place.is_told) {
        // A forced beginning is the response's first part; the prompt's end is the prompt's.
        place.reader = reader;
    }
    for chunk in places.chunk_by(|a, b| a.reader == b.reader).flat_map(|same| same.chunks(CHUNK)) {
        desk.check_stop()?;
        engine.set_adapter(branch, chunk.first().and_then(|place| place.reader))?;
        let ids: Vec<u32> = chunk.iter().map(|place| place.id).collect();
        let logits = engine.logits(branch, &ids).await?;
        let rows = logits.chunks(engine.config.vocab as usize);
        for (row, _) in rows.zip(chunk).filter(|(_, place)| place.is_told) {
            found.push(likeliest(row).into_iter().map(|(id, logprob)| candidate(engine, id, logprob)).collect());
        }
    }
    Ok(found)
}

fn candidate(engine: &Engine, id: u32, logprob: f32) -> Candidate {
    let text = engine.tokenizer().map(|tokenizer| tokenizer.decode(&[id])).unwrap_or_default();
    Candidate { id, text, logprob }
}

/// The likeliest tokens of a row of logits, with their log-probabilities.
fn likeliest(logits: &[f32]) -> Vec<(u32, f32)> {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|logit| f64::from(logit - top).exp()).sum();
    let normal = top + sum.ln() as f32;
    let mut best: Vec<(u32, f32)> = Vec::with_capacity(MOST + 1);
    for (id, &logit) in logits.iter().enumerate() {
        if best.len() == MOST && best.last().is_some_and(|(_, least)| logit <= *least) {
            continue;
        }
        let at = best.partition_point(|(_, other)| *other >= logit);
        best.insert(at, (id as u32, logit));
        best.truncate(MOST);
    }
    best.into_iter().map(|(id, logit)| (id, logit - normal)).collect()
}

#[cfg(test)]
mod tests {
    use super::likeliest;

    #[test]
    fn the_likeliest_come_first_and_probabilities_add_up() {
        let logits = [0.0, 3.0, -1.0, 2.0, 3.0, 1.0, -5.0];
        let found = likeliest(&logits);
        assert_eq!(found.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [1, 4, 3, 5, 0]);
        let sum: f32 = likeliest(&logits[..3]).iter().map(|(_, logprob)| logprob.exp()).sum();
        assert!((sum - 1.0).abs() < 1e-6, "{sum}");
    }
}
