//! SentencePiece's byte-pair merging, as Llama 2 and its kin use it: scores instead of merges, bytes as a last resort.
//!
//! Source: Kudo and Richardson, SentencePiece (2018), and the vocabulary of a GGUF file with
//! `tokenizer.ggml.model = llama`.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};
use std::path::Path;

use super::tokenizer::{BYTE, NORMAL, UNKNOWN, USER_DEFINED, broken};
use crate::Result;

/// SentencePiece's visible space.
const SPACE: char = '\u{2581}';

/// The pieces that text may become.
#[derive(Debug)]
pub(super) struct SentencePiece {
    /// Piece to (id, score): what may come out of a merge.
    pieces: HashMap<String, (u32, f32)>,
    /// The tokens of single bytes, for characters that are no pieces.
    byte_ids: Vec<u32>,
}

/// Two neighbouring parts that make a piece together.
#[derive(Debug, PartialEq)]
struct Merge {
    score: f32,
    left: usize,
    right: usize,
    /// Where the right part ends: tells whether both are still what they were.
    end: usize,
}

impl Eq for Merge {}

impl Ord for Merge {
    /// The highest score first, then the leftmost.
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then(other.left.cmp(&self.left))
    }
}

impl PartialOrd for Merge {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A part of the text between merges: `start..end`, empty when merged into its left neighbour.
struct Part {
    start: usize,
    end: usize,
    before: Option<usize>,
    after: Option<usize>,
}

impl SentencePiece {
    /// From a vocabulary: one score and one type (see `tokenizer.rs`) a token.
    pub fn new(file: &Path, tokens: &[String], scores: &[f32], types: &[i32]) -> Result<Self> {
        if scores.len() != tokens.len() {
            return Err(broken(file, format!("it has {} tokens but {} scores", tokens.len(), scores.len())));
        }
        let kinds = || tokens.iter().zip(types).enumerate().map(|(id, (token, &kind))| (id as u32, token, kind));
        let usable = kinds().filter(|&(_, _, kind)| matches!(kind, NORMAL | USER_DEFINED));
        let pieces = usable.map(|(id, token, _)| (token.clone(), (id, scores[id as usize]))).collect();
        let unknown = kinds().find(|&(_, _, kind)| kind == UNKNOWN).map(|(id, ..)| id);
        let bytes: HashMap<u8, u32> =
            kinds().filter(|&(.., kind)| kind == BYTE).filter_map(|(id, token, _)| Some((byte(token)?, id))).collect();
        let byte_ids = (0..=255u8).map(|byte| bytes.get(&byte).copied().or(unknown)).collect::<Option<_>>();
        let byte_ids =
            byte_ids.ok_or_else(|| broken(file, "it has neither tokens for all bytes nor an unknown token"))?;
        Ok(Self { pieces, byte_ids })
    }

    /// Appends the ids of a text.
    pub fn encode(&self, text: &str, ids: &mut Vec<u32>) {
        let text = text.replace(' ', SPACE.encode_utf8(&mut [0; 4]));
        let mut parts: Vec<Part> = text
            .char_indices()
            .enumerate()
            .map(|(i, (start, c))| Part {
                start,
                end: start + c.len_utf8(),
                before: i.checked_sub(1),
                after: (start + c.len_utf8() < text.len()).then_some(i + 1),
            })
            .collect();
        let mut queue = BinaryHeap::new();
        let offer = |queue: &mut BinaryHeap<Merge>, parts: &[Part], left: Option<usize>, right: Option<usize>| {
            if let (Some(left), Some(right)) = (left, right)
                && let Some(&(_, score)) = self.pieces.get(&text[parts[left].start..parts[right].end])
            {
                queue.push(Merge { score, left, right, end: parts[right].end });
            }
        };
        for right in 1..parts.len() {
            offer(&mut queue, &parts, Some(right - 1), Some(right));
        }
        while let Some(Merge { left, right, end, .. }) = queue.pop() {
            // Stale if the left part was merged away or has another neighbour now, or the right one has grown.
            if parts[left].start == parts[left].end || parts[left].after != Some(right) || parts[right].end != end {
                continue;
            }
            let after = parts[right].after;
            parts[left].end = end;
            parts[left].after = after;
            parts[right].end = parts[right].start;
            if let Some(after) = after {
                parts[after].before = Some(left);
            }
            let before = parts[left].before;
            offer(&mut queue, &parts, before, Some(left));
            offer(&mut queue, &parts, Some(left), after);
        }
        for part in parts.iter().filter(|part| part.start < part.end) {
            let part = &text[part.start..part.end];
            match self.pieces.get(part) {
                Some(&(id, _)) => ids.push(id),
                None => ids.extend(part.bytes().map(|byte| self.byte_ids[usize::from(byte)])),
            }
        }
    }

    /// The id of a piece or of a byte's token.
    pub fn id(&self, piece: &str) -> Option<u32> {
        let of_byte = || byte(piece).map(|byte| self.byte_ids[usize::from(byte)]);
        self.pieces.get(piece).map(|&(id, _)| id).or_else(of_byte)
    }

    /// What a token stands for.
    pub fn token_bytes(token: &str, kind: i32) -> Vec<u8> {
        match byte(token) {
            Some(byte) if kind == BYTE => vec![byte],
            _ if kind == NORMAL => token.replace(SPACE, " ").into_bytes(),
            _ => token.as_bytes().to_vec(),
        }
    }
}

/// The byte that a token like `<0x0A>` stands for.
fn byte(token: &str) -> Option<u8> {
    let hex = token.strip_prefix("<0x")?.strip_suffix('>').filter(|hex| hex.len() == 2)?;
    u8::from_str_radix(hex, 16).ok()
}
