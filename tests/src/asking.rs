//! Asking reasoners of tiny bundles.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

use crate::batches::tiny;
use crate::bundles::bundle;
use ruminate::adapter::AdapterLimits;
use ruminate::gpu::Tier;
use ruminate::reason::controller::{Route, Statistics, Stopped};
use ruminate::reason::{Answer, Bundle, Event, Reasoner, Reply, Settings};
use ruminate::session::{Chat, Engine, EngineOptions};
use serde_json::Value;

/// Room for 16 branches of the tiny bundle.
pub const OPTIONS: EngineOptions = EngineOptions {
    context: None,
    branches: 20,
    positions: Some(4096),
    page: 16,
    chunk: None,
    precision: None,
    adapters: AdapterLimits::DEFAULT,
};

/// A tiny engine with a reasoner of this manifest.
///
/// # Panics
/// If one of them cannot be loaded.
pub fn reasoner(tier: Tier, options: &EngineOptions, manifest: &Value) -> (Engine, Reasoner) {
    let mut engine = tiny(tier, options);
    let folder = bundle(manifest);
    let bundle = Bundle::open(folder.path()).unwrap();
    let reasoner = Reasoner::new(&mut engine, bundle, None).unwrap();
    (engine, reasoner)
}

/// What was told of a branch.
#[derive(Debug, Clone, Default)]
pub struct Thread {
    /// What its tokens were drawn with.
    pub seed: u64,
    /// Its response's tokens, all that was forced included, without the one that ended the turn.
    pub tokens: Vec<u32>,
    /// Bits of the log-probabilities of those that were sampled, and taken back or not.
    pub logprobs: Vec<u32>,
    /// Where its thoughts were closed by force.
    pub forced_at: Option<usize>,
    /// How many tokens were taken back then.
    pub dropped: usize,
    /// After how many tokens it was reminded that its thoughts are to end.
    pub warned_at: Option<usize>,
    /// Why it was over.
    pub stopped: Option<Stopped>,
    /// L, as it was told.
    pub count: usize,
    /// Its text, as it was told.
    pub text: String,
    /// What it answers.
    pub answer: Option<Answer>,
    /// The verifier's score.
    pub score: Option<f32>,
}

/// What was told of an answer.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Every event's name, in order.
    pub order: Vec<&'static str>,
    /// (score, route)
    pub routed: Option<(Option<f32>, Route)>,
    /// The branches.
    pub threads: Vec<Thread>,
    /// The answer's text, and the branch that it is from.
    pub answer: Option<(String, usize)>,
    /// Tokens of a chat answer.
    pub chat: Vec<u32>,
    /// How it went.
    pub statistics: Option<Statistics>,
}

impl Told {
    /// Takes an event.
    ///
    /// # Panics
    /// If it cannot come there.
    pub fn take(&mut self, engine: &Engine, reasoner: &Reasoner, event: Event) {
        let encode = |text: &str| engine.tokenizer().unwrap().encode(text, true).unwrap();
        let name = match event {
            Event::Prefill { .. } => "prefill",
            Event::Routed { score, route, .. } => {
                self.routed = Some((score, route));
                "routed"
            }
            Event::AdapterSwitched { .. } => "switched",
            Event::Forked { branch, seed, text } => {
                assert_eq!((branch, text.as_str()), (self.threads.len(), "<think>\n"));
                self.threads.push(Thread { seed, tokens: reasoner.rules().begin.clone(), ..Thread::default() });
                "forked"
            }
            Event::Token { branch, id, logprob, is_thought, .. } => {
                if let Some(thread) = self.threads.get_mut(branch) {
                    assert!(thread.stopped.is_none() && !(is_thought && thread.forced_at.is_some()));
                    thread.tokens.push(id);
                    thread.logprobs.push(logprob.to_bits());
                } else {
                    assert!(branch == 0 && !is_thought);
                    self.chat.push(id);
                }
                "token"
            }
            Event::Warned { branch, text } => {
                let thread = &mut self.threads[branch];
                assert!(thread.forced_at.is_none() && thread.warned_at.replace(thread.tokens.len()).is_none());
                thread.tokens.extend(encode(&text));
                "warned"
            }
            Event::BudgetForced { branch, dropped, text } => {
                let thread = &mut self.threads[branch];
                thread.tokens.truncate(thread.tokens.len() - dropped);
                (thread.forced_at, thread.dropped) = (Some(thread.tokens.len()), dropped);
                let closing = engine.tokenizer().unwrap().decode(&reasoner.rules().closing);
                assert!(text.ends_with(&closing), "{text:?}");
                thread.tokens.extend(&reasoner.rules().closing);
                "forced"
            }
            Event::Stopped { branch, reason, tokens, text, answer } => {
                let thread = &mut self.threads[branch];
                assert_eq!(text, engine.tokenizer().unwrap().decode(&thread.tokens));
                assert!(thread.stopped.replace(reason).is_none(), "{branch} stopped twice");
                (thread.count, thread.text, thread.answer) = (tokens, text, answer);
                "stopped"
            }
            Event::Scored { branch, score } => {
                assert!(self.threads[branch].score.replace(score).is_none(), "{branch} was scored twice");
                "scored"
            }
            Event::Vote { .. } => "vote",
            Event::Answer { text, winner, .. } => {
                self.answer = Some((text, winner));
                "answer"
            }
            Event::End { statistics } => {
                self.statistics = Some(statistics);
                "end"
            }
        };
        self.order.push(name);
    }

    /// Takes events to the end, or until `is_enough` says so.
    ///
    /// # Panics
    /// If one is an error.
    pub fn drive(&mut self, reasoner: &Reasoner, reply: &mut Reply<'_>, is_enough: impl Fn(&Self) -> bool) {
        while !is_enough(self)
            && let Some(event) = pollster::block_on(reply.next()).unwrap()
        {
            self.take(reply.engine(), reasoner, event);
        }
    }
}

/// Asks, and listens to the end.
///
/// # Panics
/// If that fails.
pub fn ask(engine: &mut Engine, reasoner: &Reasoner, chat: &mut Chat, question: &str, settings: &Settings) -> Told {
    let mut told = Told::default();
    let mut reply = reasoner.ask(engine, chat, question, settings).unwrap();
    told.drive(reasoner, &mut reply, |_| false);
    told
}

/// [`ask`] in a conversation of its own, which is closed again.
///
/// # Panics
/// If that fails.
pub fn ask_once(engine: &mut Engine, reasoner: &Reasoner, question: &str, settings: &Settings) -> Told {
    let mut chat = Chat::new(engine, None).unwrap();
    let told = ask(engine, reasoner, &mut chat, question, settings);
    engine.close_branch(chat.branch()).unwrap();
    told
}
