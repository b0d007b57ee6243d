//! Answering a question: the engine's events become what is told, and commands that come meanwhile are obeyed.

use super::load::Model;
use super::worker::{Desk, Wish};
use super::{Ask, Pages, Update};
use crate::run::{Token, Told};
use ruminate::reason::controller::Statistics;
use ruminate::reason::{Answer, Policy};
use ruminate::sample::StopConditions;
use ruminate::session::{self, Engine};
use ruminate::text::{Message, Role};
use ruminate::{Error, Result};
use std::time::Duration;
use web_time::Instant;

/// Between two looks at the cache's pages.
const PAGES_EVERY: Duration = Duration::from_millis(150);

/// Tells of one run.
struct Teller<'a> {
    desk: &'a mut Desk,
    run: u64,
    started: Instant,
    pages: Option<Instant>,
}

impl Teller<'_> {
    fn tell(&mut self, told: Told) {
        let at = self.started.elapsed().as_secs_f64();
        self.desk.tell(Update::Told { run: self.run, at, told });
    }

    /// Shows the cache's pages, not too often.
    fn pages(&mut self, engine: &Engine) {
        if self.pages.is_none_or(|last| last.elapsed() >= PAGES_EVERY) {
            self.pages = Some(Instant::now());
            self.desk.tell(Update::Pages(Box::new(pages(engine))));
        }
    }
}

/// The cache's pages now.
pub fn pages(engine: &Engine) -> Pages {
    let (positions, bytes) = engine.page_size();
    Pages { positions, bytes, pages: engine.page_map() }
}

/// Answers, to the end or until it is stopped. What goes wrong is told and given back.
pub async fn answer(model: &mut Model, ask: &Ask, desk: &mut Desk) -> Result<()> {
    let mut teller = Teller { desk, run: ask.run, started: Instant::now(), pages: None };
    let messages = |(question, answer): &(String, String)| {
        [Message::new(Role::User, question.as_str()), Message::new(Role::Assistant, answer.as_str())]
    };
    model.chat.set_messages(ask.history.iter().flat_map(messages).collect());
    let reasons = model.bundle.is_some() && ask.controls.policy != Policy::Chat;
    let done = if reasons { reason(model, ask, &mut teller).await } else { chat(model, ask, &mut teller).await };
    match &done {
        Ok(()) => {}
        Err(Error::Cancelled) => teller.tell(Told::Cancelled),
        Err(error) => teller.tell(Told::Failed { error: error.to_string() }),
    }
    teller.pages = None;
    teller.pages(&model.engine);
    done
}

async fn reason(model: &mut Model, ask: &Ask, teller: &mut Teller<'_>) -> Result<()> {
    let name = model.ensure_reasoner(ask.adapter.as_deref())?;
    let Some(reasoner) = model.reasoners.get(&name) else {
        return Err(Error::Invalid(format!("the adapter {name} is not loaded")));
    };
    let settings = ask.controls.settings(reasoner.bundle().manifest.sampling, ask.seed);
    let mut reply = reasoner.ask(&mut model.engine, &mut model.chat, &ask.question, &settings)?;
    loop {
        match teller.desk.wish() {
            Some(Wish::Stop) => return Err(Error::Cancelled),
            Some(Wish::AnswerNow) => reply.answer_now()?,
            // Who thinks is the reasoner's to say.
            Some(Wish::Switch(_)) | None => {}
        }
        let Some(event) = reply.next().await? else { return Ok(()) };
        teller.tell(event.into());
        teller.pages(reply.engine());
    }
}

async fn chat(model: &mut Model, ask: &Ask, teller: &mut Teller<'_>) -> Result<()> {
    let Model { engine, chat, .. } = model;
    chat.set_adapter(engine, ask.adapter.as_deref())?;
    let stop = StopConditions { max_tokens: Some(ask.controls.chat_tokens), ..StopConditions::default() };
    let mut generation = chat.ask(engine, &ask.question, ask.controls.chat_sampling(ask.seed), stop)?;
    teller.tell(Told::Routed { score: None, threshold: 1.0, effort: None });
    if ask.adapter.is_some() {
        teller.tell(Told::Switched { adapter: ask.adapter.clone() });
    }
    let mut text = String::new();
    let mut is_stopped = false;
    loop {
        match teller.desk.wish() {
            Some(Wish::Stop) => {
                is_stopped = true;
                break;
            }
            Some(Wish::AnswerNow) => break,
            Some(Wish::Switch(to)) => match generation.switch_adapter(to.as_deref()) {
                Ok(()) => teller.tell(Told::Switched { adapter: to }),
                Err(error @ Error::DeviceLost(_)) => return Err(error),
                Err(error) => teller.desk.tell(Update::Problem(error.to_string())),
            },
            None => {}
        }
        match generation.next().await? {
            None => break,
            Some(session::Event::Prefill { done, total }) => teller.tell(Told::Prefill { done, total }),
            Some(session::Event::Token { id, text: shown, logprob }) => {
                text.push_str(&shown);
                let token = Token { branch: 0, id, text: shown, logprob, is_thought: false, left: None };
                teller.tell(Told::Token(token));
            }
            Some(session::Event::End { text: rest, .. }) => {
                text.push_str(&rest);
                break;
            }
            Some(_) => {}
        }
        teller.pages(generation.engine());
    }
    let (figures, kept) = (generation.statistics(), generation.kept().to_vec());
    drop(generation);
    chat.answered(text.clone(), &kept);
    if is_stopped {
        return Err(Error::Cancelled);
    }
    let answer = Answer::in_chat(&text, "Answer:").map(|answer| answer.text().to_owned());
    teller.tell(Told::Answer { text, answer, winner: 0 });
    let statistics = Statistics {
        cached_tokens: figures.cached_tokens,
        prompt_tokens: figures.prompt_tokens,
        tokens: figures.tokens,
        branch_tokens: vec![figures.tokens],
        first_token_seconds: figures.first_token_seconds,
        seconds: teller.started.elapsed().as_secs_f64(),
        kv: engine.kv_bytes(&[chat.branch()])?,
        joules: None,
    };
    teller.tell(Told::End { statistics });
    Ok(())
}
