//! Questions with known answers, from a file of JSON lines.

use anyhow::{Context, Result, bail};
use ruminate::reason::Answer;
use ruminate::text::{Message, Role};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::path::Path;

/// A question and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// What was said before.
    pub before: Vec<Message>,
    /// The user's words.
    pub question: String,
    /// The right answer.
    pub answer: Answer,
}

/// All questions of a file.
#[derive(Debug)]
pub struct Data {
    /// In the file's order.
    pub questions: Vec<Question>,
    /// The file's SHA-256, in hex.
    pub sha256: String,
}

/// A line: `question`, or `messages`, and `answer`. Anything else in it is ignored.
#[derive(Deserialize)]
struct Line {
    question: Option<String>,
    messages: Option<Vec<Message>>,
    answer: Gold,
}

/// An answer may be written as a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Gold {
    Text(String),
    Number(serde_json::Number),
}

impl Data {
    /// Reads a file.
    pub fn open(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        Self::parse(&text).with_context(|| path.display().to_string())
    }

    fn parse(text: &str) -> Result<Self> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let questions = lines.map(|(at, line)| question(line).with_context(|| format!("line {}", at + 1)));
        let questions = questions.collect::<Result<Vec<_>>>()?;
        if questions.is_empty() {
            bail!("there are no questions in it");
        }
        let sha256 = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { questions, sha256 })
    }
}

fn question(line: &str) -> Result<Question> {
    let line: Line = serde_json::from_str(line).context("give {\"question\": …, \"answer\": …} on each line")?;
    let (before, question) = match (line.question, line.messages) {
        (Some(question), None) => (Vec::new(), question),
        (None, Some(mut messages)) => match messages.pop().filter(|last| last.role == Role::User) {
            Some(last) => (messages, last.content),
            None => bail!("the last of its messages is not the user's"),
        },
        _ => bail!("give one of question and messages"),
    };
    let text = match line.answer {
        Gold::Text(text) => text,
        Gold::Number(number) => number.to_string(),
    };
    let answer = Answer::new(&text).with_context(|| format!("the answer {text:?} has neither letters nor digits"))?;
    Ok(Question { before, question, answer })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_and_conversations() {
        let data = Data::parse(
            "{\"question\": \"1 + 1?\", \"answer\": 2, \"solution\": \"…\"}\n\n{\"messages\": [{\"role\": \"system\", \
             \"content\": \"Be brief.\"}, {\"role\": \"user\", \"content\": \"Yes?\"}], \"answer\": \"$1,000\"}\n",
        )
        .unwrap();
        let [one, two] = &data.questions[..] else { panic!("{data:?}") };
        assert_eq!((one.before.len(), one.question.as_str(), one.answer.key()), (0, "1 + 1?", "2"));
        assert_eq!((two.before.len(), two.question.as_str(), two.answer.key()), (1, "Yes?", "1000"));
        assert_eq!(data.sha256.len(), 64);
    }

    #[test]
    fn bad_lines_are_named() {
        for (text, part) in [
            ("", "no questions"),
            ("{\"question\": \"a\", \"answer\": 1}\n{", "line 2"),
            ("{\"answer\": 1}", "one of question and messages"),
            ("{\"question\": \"a\"}", "answer"),
            ("{\"question\": \"a\", \"answer\": \"?\"}", "neither letters nor digits"),
            ("{\"messages\": [], \"answer\": 1}", "not the user's"),
            ("{\"messages\": [{\"role\": \"assistant\", \"content\": \"x\"}], \"answer\": 1}", "not the user's"),
        ] {
            let said = format!("{:#}", Data::parse(text).unwrap_err());
            assert!(said.contains(part), "{said}");
        }
    }
}
