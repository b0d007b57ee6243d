//! The chat: a line is a turn.

use super::{Args, Printer};
use crate::table::print;
use anyhow::{Context, Result};
use ruminate::Error;
use ruminate::sample::Sampling;
use ruminate::session::{Chat, Engine};
use std::io::{self, BufRead, IsTerminal};
use std::process::ExitCode;

const HELP: &str = "\
/adapter NAME  answer with this adapter from now on; /adapter base without
/reset         forget the conversation
/quit          leave (as Ctrl-D does)
/help          this
Ctrl-C         stop the answer
";

/// Answers line after line until the input ends.
pub fn run(engine: &mut Engine, args: &Args, mut sampling: Sampling, printer: &Printer) -> Result<ExitCode> {
    let is_person = io::stdin().is_terminal() && !args.json;
    let mut chat = Chat::new(engine, args.system.as_deref())?;
    chat.set_adapter(engine, args.adapter.first())?;
    if is_person {
        eprintln!("Type a message; /help shows the commands.");
    }
    loop {
        if is_person {
            print("> ")?;
        }
        let Some(line) = read_line()? else { return Ok(ExitCode::SUCCESS) };
        match line.trim() {
            "" => {}
            "/quit" | "/exit" => return Ok(ExitCode::SUCCESS),
            "/help" => eprint!("{HELP}"),
            "/reset" => chat.reset(),
            command if command.split_whitespace().next() == Some("/adapter") => adapter(engine, &mut chat, command),
            command if command.starts_with('/') => eprintln!("{command} is no command. There are:\n{HELP}"),
            text => {
                turn(engine, args, &mut chat, text, sampling, printer)?;
                // The same words may get another answer; the whole conversation still follows from the seed.
                sampling.seed = sampling.seed.wrapping_add(1);
            }
        }
    }
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

fn turn(
    engine: &mut Engine,
    args: &Args,
    chat: &mut Chat,
    text: &str,
    sampling: Sampling,
    printer: &Printer,
) -> Result<()> {
    match chat.ask(engine, text, sampling, args.stop()) {
        Ok(mut generation) => {
            let answer = printer.drive(&mut generation)?;
            drop(generation);
            chat.answered(answer.text, &answer.kept);
            Ok(())
        }
        Err(error @ (Error::ContextFull { .. } | Error::PagesFull { .. })) => {
            eprintln!("error: {error}. /reset forgets the conversation");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// The next line, `None` at the end. Bytes that are no UTF-8 become U+FFFD.
fn read_line() -> Result<Option<String>> {
    let mut bytes = Vec::new();
    let count = io::stdin().lock().read_until(b'\n', &mut bytes).context("standard input cannot be read")?;
    Ok((count > 0).then(|| String::from_utf8_lossy(&bytes).into_owned()))
}
