//! The chat: a line is a turn.

use super::{Args, Printer};
use crate::lines::{Input, Lines};
use anyhow::Result;
use ruminate::Error;
use ruminate::sample::Sampling;
use ruminate::session::{Chat, Engine, Generation};
use std::io::{self, IsTerminal};
use std::process::ExitCode;

const ADAPTER: &str = "/adapter";
const HELP: &str = "\
/adapter NAME  answer with this adapter from now on, from the next token while an answer streams;
               /adapter base without
/reset         forget the conversation
/quit          leave (as Ctrl-D does)
/help          this
Ctrl-C         stop the answer
";

/// Answers line after line until the input ends.
pub fn run(engine: &mut Engine, args: &Args, mut sampling: Sampling, printer: &Printer) -> Result<ExitCode> {
    let is_person = io::stdin().is_terminal() && !args.json;
    // What is piped in was written beforehand, and means the turns between its lines.
    let is_live = io::stdin().is_terminal() || args.json;
    let mut lines = Lines::read();
    let mut chat = Chat::new(engine, args.system.as_deref())?;
    chat.set_adapter(engine, args.adapter.first())?;
    if is_person {
        eprintln!("Type a message; /help shows the commands.");
    }
    while let Some(input) = lines.ask(is_person, &[ADAPTER], HELP)? {
        match input {
            Input::Reset => chat.reset(),
            Input::Command(command) => adapter(engine, &mut chat, &command),
            Input::Text(text) => {
                let mut switch = Switch { printer, lines: is_live.then_some(&mut lines), commands: Vec::new() };
                turn(engine, args, &mut chat, &text, sampling, &mut switch)?;
                // The same words may get another answer; the whole conversation still follows from the seed.
                sampling.seed = sampling.seed.wrapping_add(1);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `/adapter NAME`, `/adapter base`, or `/adapter` alone, which lists them.
fn adapter(engine: &Engine, chat: &mut Chat, command: &str) {
    match command.split_whitespace().nth(1) {
        None => {
            let names: Vec<&str> = engine.adapters().map(|info| info.alias.as_str()).collect();
            eprintln!("adapters: base {}", names.join(" "));
        }
        Some(name) => {
            if let Err(error) = chat.set_adapter(engine, (name != "base").then_some(name)) {
                eprintln!("error: {error}");
            }
        }
    }
}

fn is_adapter(line: &str) -> bool {
    line.split_whitespace().next() == Some(ADAPTER)
}

fn turn(
    engine: &mut Engine,
    args: &Args,
    chat: &mut Chat,
    text: &str,
    sampling: Sampling,
    switch: &mut Switch<'_>,
) -> Result<()> {
    let mut generation = match chat.ask(engine, text, sampling, args.stop()) {
        Ok(generation) => generation,
        Err(error @ (Error::ContextFull { .. } | Error::PagesFull { .. } | Error::PagesTooFew { .. })) => {
            eprintln!("error: {error}. /reset forgets the conversation");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let printer = switch.printer;
    let answer = printer.drive(&mut generation, &mut |generation| switch.obey(generation))?;
    drop(generation);
    chat.answered(answer.text, &answer.kept);
    // What was asked for meanwhile holds for the answers to come, too.
    for command in switch.commands.drain(..) {
        adapter(engine, chat, &command);
    }
    Ok(())
}

/// `/adapter` while an answer streams.
struct Switch<'a> {
    printer: &'a Printer,
    lines: Option<&'a mut Lines>,
    /// Those that came.
    commands: Vec<String>,
}

impl Switch<'_> {
    /// Does what lines that came by now ask for.
    fn obey(&mut self, generation: &mut Generation<'_>) -> Result<()> {
        while let Some(command) = self.lines.as_mut().and_then(|lines| lines.take(is_adapter)) {
            if let Some(name) = command.split_whitespace().nth(1) {
                match generation.switch_adapter((name != "base").then_some(name)) {
                    Ok(()) => self.printer.switched(name)?,
                    Err(error @ Error::KvNotShareable { .. }) => eprintln!("{error}. It answers the next turn"),
                    // The command is obeyed again after the answer, which tells what is wrong with it.
                    Err(_) => {}
                }
            }
            self.commands.push(command);
        }
        Ok(())
    }
}
