//! The file of `--resume`: a line that says what the transcripts depend on, then a transcript a line.

use super::transcript::Transcript;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Transcripts, in memory and, if a file is given, in it.
#[derive(Debug)]
pub struct Journal {
    /// By question.
    transcripts: BTreeMap<usize, Vec<Transcript>>,
    file: Option<(File, PathBuf)>,
}

/// The first line.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Header {
    ruminate_eval: u32,
    settings: Value,
}

const VERSION: u32 = 2;

impl Journal {
    /// Opens or begins a file. A last line that was cut short, as when a machine stops, is written over.
    pub fn open(path: Option<&Path>, settings: Value) -> Result<Self> {
        let Some(path) = path else { return Ok(Self { transcripts: BTreeMap::new(), file: None }) };
        let unusable = || format!("{} cannot be used", path.display());
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = file.with_context(unusable)?;
        file.try_lock().with_context(|| format!("{} is another evaluation's", path.display()))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).with_context(unusable)?;
        let header = Header { ruminate_eval: VERSION, settings };
        let (transcripts, length) = match bytes.is_empty() {
            true => (Vec::new(), 0),
            false => read(&bytes, &header).with_context(|| path.display().to_string())?,
        };
        file.set_len(length as u64).and_then(|()| file.seek(SeekFrom::End(0))).with_context(unusable)?;
        let mut journal = Self { transcripts: BTreeMap::new(), file: Some((file, path.to_owned())) };
        if length == 0 {
            journal.write(&serde_json::to_string(&header)?)?;
        }
        transcripts.into_iter().for_each(|transcript| journal.keep(transcript));
        Ok(journal)
    }

    /// Adds a transcript, and writes it before going on.
    pub fn push(&mut self, transcript: Transcript) -> Result<()> {
        self.write(&serde_json::to_string(&transcript)?)?;
        self.keep(transcript);
        Ok(())
    }

    /// Those of a question.
    pub fn of(&self, question: usize) -> &[Transcript] {
        self.transcripts.get(&question).map_or(&[], Vec::as_slice)
    }

    /// Adds a transcript that is not written: it can be made again of others.
    pub fn keep(&mut self, transcript: Transcript) {
        self.transcripts.entry(transcript.question).or_default().push(transcript);
    }

    fn write(&mut self, line: &str) -> Result<()> {
        let Some((file, path)) = &mut self.file else { return Ok(()) };
        let written = file.write_all(format!("{line}\n").as_bytes());
        written.with_context(|| format!("{} cannot be written", path.display()))
    }
}

/// The transcripts, and how many bytes of the file are whole lines.
fn read(bytes: &[u8], wanted: &Header) -> Result<(Vec<Transcript>, usize)> {
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let mut lines = bytes[..whole].split_inclusive(|&byte| byte == b'\n');
    // A header that was cut short has nothing after it.
    let Some(first) = lines.next() else {
        return match serde_json::to_string(wanted)?.as_bytes().starts_with(bytes) {
            true => Ok((Vec::new(), 0)),
            false => bail!("it is no file of an evaluation. Name another for --resume"),
        };
    };
    let header: Header =
        serde_json::from_slice(first).context("it is no file of an evaluation. Name another for --resume")?;
    if header.ruminate_eval != VERSION {
        bail!("it is of version {}, this is {VERSION}. Name another file for --resume", header.ruminate_eval);
    }
    if header != *wanted {
        let differs = differences(&header.settings, &wanted.settings).join(", ");
        bail!("it was begun with other settings ({differs}). Repeat them, or name another file for --resume");
    }
    let mut transcripts = Vec::new();
    let mut length = first.len();
    for (at, line) in lines.enumerate() {
        match serde_json::from_slice(line) {
            Ok(transcript) => transcripts.push(transcript),
            // The last line may be what a dying disk or machine left.
            Err(_) if length + line.len() == whole => return Ok((transcripts, length)),
            Err(error) => return Err(error).with_context(|| format!("line {} is damaged. Remove it", at + 2)),
        }
        length += line.len();
    }
    Ok((transcripts, length))
}

/// The fields in which two objects differ.
fn differences(before: &Value, now: &Value) -> Vec<String> {
    let names = |value: &Value| value.as_object().map(|fields| fields.keys().cloned().collect()).unwrap_or_default();
    let both: BTreeSet<String> = [before, now].into_iter().flat_map(|value| -> Vec<String> { names(value) }).collect();
    let changed = both.into_iter().filter(|name| before[name] != now[name]);
    changed.map(|name| format!("{name} was {}, is {}", before[&name], now[&name])).collect()
}
