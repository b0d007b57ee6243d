//! What there is to see of a run at a time: its events, taken one after another.

use super::{Run, Token, Told};
use ruminate::reason::Rule;
use ruminate::reason::controller::{Count, Statistics};

/// What there is to see.
#[derive(Debug, Clone, Default)]
pub struct Scene {
    /// Events taken.
    taken: usize,
    /// The time of the last.
    pub at: f64,
    /// Tokens of the conversation that were read: (so far, in all).
    pub read: Option<(usize, usize)>,
    /// Who answers.
    pub decision: Option<Decision>,
    /// Adapters that came on, in order; pieces point into them.
    pub adapters: Vec<String>,
    voice: Voice,
    /// The branches, or the chat answer.
    pub lanes: Vec<Lane>,
    /// The votes, the best first.
    pub tally: Vec<Count>,
    /// The vote was counted.
    pub has_voted: bool,
    /// (text, what it answers, the branch that it is from)
    pub answer: Option<(String, Option<String>, usize)>,
    /// How it ended.
    pub ending: Option<Ending>,
}

/// Who answers, and why.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// When that was decided.
    pub at: f64,
    /// The switcher's score, if it was read.
    pub score: Option<f32>,
    /// Scores from here on are reasoned about.
    pub threshold: f32,
    /// (branches, most tokens of each); nothing where the base answers.
    pub effort: Option<(u32, u32)>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// With an answer.
    Answered(Box<Statistics>),
    /// It was stopped.
    Cancelled,
    /// It could not be answered: why.
    Failed(String),
}

/// Who wrote something: the base, or an adapter of [`Scene::adapters`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Voice {
    /// The model without adapters.
    #[default]
    Base,
    /// An adapter.
    Adapter(u16),
}

/// A branch.
#[derive(Debug, Clone, Default)]
pub struct Lane {
    /// When it was forked.
    pub begun: f64,
    /// What its tokens are drawn with.
    pub seed: Option<u64>,
    /// Its text so far.
    pub text: String,
    /// Tokens and forced texts, in order.
    pub pieces: Vec<Piece>,
    /// Tokens that were sampled.
    pub sampled: usize,
    /// Tokens so far, those that were forced included where that is known.
    pub tokens: usize,
    /// Most tokens that can follow in this part of the response.
    pub left: Option<usize>,
    /// When its thoughts were closed by force.
    pub forced: Option<f64>,
    /// When it was reminded.
    pub warned: Option<f64>,
    /// The sum of its tokens' log-probabilities.
    logprobs: f64,
    /// It is over.
    pub stop: Option<Stop>,
    /// The verifier's score, and when.
    pub score: Option<(f32, f64)>,
}

/// The end of a branch.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// When.
    pub at: f64,
    /// Why, in words.
    pub reason: String,
    /// The rule that stopped it early.
    pub rule: Option<Rule>,
    /// It could not go on.
    pub failed: bool,
    /// What it answers.
    pub answer: Option<String>,
}

/// A part of a lane's text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    /// Its bytes in the text.
    pub start: u32,
    /// The end of them.
    pub end: u32,
    /// The token, unless it was forced.
    pub id: Option<u32>,
    /// Tokens of the lane that were sampled before.
    pub number: u32,
    /// Its log-probability; 0 where it was forced.
    pub logprob: f32,
    /// It belongs to the thoughts.
    pub is_thought: bool,
    /// Who wrote it.
    pub voice: Voice,
    /// When, in seconds.
    pub at: f32,
}

impl Piece {
    /// Its probability, 0 to 1.
    pub fn probability(&self) -> f32 {
        self.logprob.exp().clamp(0.0, 1.0)
    }
}

impl Lane {
    /// Its mean log-probability, where it has tokens.
    pub fn mean_logprob(&self) -> Option<f64> {
        (self.sampled > 0).then(|| self.logprobs / self.sampled as f64)
    }

    /// A piece's text.
    pub fn of(&self, piece: &Piece) -> &str {
        self.text.get(piece.start as usize..piece.end as usize).unwrap_or_default()
    }

    /// When it ended, or `now` where it goes on.
    pub fn end(&self, now: f64) -> f64 {
        self.stop.as_ref().map_or(now, |stop| stop.at)
    }

    /// Its text without the forced beginning.
    pub fn said(&self) -> &str {
        let begun = self.pieces.first().filter(|piece| piece.id.is_none()).map_or(0, |piece| piece.end);
        self.text.get(begun as usize..).unwrap_or_default()
    }

    /// Its thoughts, without the answer.
    pub fn thoughts(&self) -> &str {
        let end = self.pieces.iter().take_while(|piece| piece.is_thought).last().map_or(0, |piece| piece.end);
        self.text.get(..end as usize).unwrap_or_default()
    }

    /// What follows its thoughts.
    pub fn after_thoughts(&self) -> &str {
        self.text.get(self.thoughts().len()..).unwrap_or_default()
    }

    fn add(&mut self, text: &str, piece: Piece) {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        self.pieces.push(Piece { start, end: self.text.len() as u32, ..piece });
    }
}

impl Scene {
    /// Goes on to the run's events up to `at`, or to all; back by starting over.
    pub fn follow(&mut self, run: &Run, at: Option<f64>) {
        let count = at.map_or(run.events.len(), |at| run.count_until(at));
        if count < self.taken {
            *self = Self::default();
        }
        for event in &run.events[self.taken..count] {
            self.take(event.at, &event.told);
        }
        self.taken = count;
        self.at = at.unwrap_or(self.at);
    }

    /// Nothing more will happen.
    pub fn is_over(&self) -> bool {
        self.ending.is_some()
    }

    /// The adapter's name; nothing for the base.
    pub fn name(&self, voice: Voice) -> Option<&str> {
        match voice {
            Voice::Base => None,
            Voice::Adapter(index) => self.adapters.get(usize::from(index)).map(String::as_str),
        }
    }

    /// Tokens of all branches so far.
    pub fn tokens(&self) -> usize {
        self.lanes.iter().map(|lane| lane.tokens).sum()
    }

    /// The most tokens of a branch.
    pub fn budget(&self) -> Option<u32> {
        self.decision.and_then(|decision| decision.effort).map(|(_, budget)| budget)
    }

    /// What a chat answer, or the answer of a reasoned one, says so far.
    pub fn answer_text(&self) -> &str {
        match (&self.answer, self.lanes.first()) {
            (Some((text, ..)), _) => text,
            (None, Some(lane)) if self.budget().is_none() => &lane.text,
            _ => "",
        }
    }

    fn lane(&mut self, branch: usize, at: f64) -> Option<&mut Lane> {
        // A file that was changed by hand may name any branch.
        if branch >= 256 {
            return None;
        }
        while self.lanes.len() <= branch {
            self.lanes.push(Lane { begun: at, ..Lane::default() });
        }
        self.lanes.get_mut(branch)
    }

    fn take(&mut self, at: f64, told: &Told) {
        self.at = at;
        let voice = self.voice;
        let given =
            Piece { start: 0, end: 0, id: None, number: 0, logprob: 0.0, is_thought: true, voice, at: at as f32 };
        match told {
            &Told::Prefill { done, total } => self.read = Some((done, total)),
            &Told::Routed { score, threshold, effort } => {
                self.decision = Some(Decision { at, score, threshold, effort });
            }
            Told::Switched { adapter } => {
                self.voice = match adapter {
                    None => Voice::Base,
                    Some(name) => {
                        let known = self.adapters.iter().position(|known| known == name);
                        let index = known.unwrap_or_else(|| {
                            self.adapters.push(name.clone());
                            self.adapters.len() - 1
                        });
                        Voice::Adapter(u16::try_from(index).unwrap_or(u16::MAX))
                    }
                };
            }
            &Told::Forked { branch, seed, ref text } => {
                if let Some(lane) = self.lane(branch, at) {
                    lane.begun = at;
                    lane.seed = Some(seed);
                    lane.add(text, given);
                }
            }
            Told::Token(token) => self.token(token, given),
            &Told::Warned { branch, ref text } => {
                if let Some(lane) = self.lane(branch, at) {
                    lane.warned = Some(at);
                    lane.add(text, given);
                }
            }
            &Told::BudgetForced { branch, ref text } => {
                if let Some(lane) = self.lane(branch, at) {
                    lane.forced = Some(at);
                    lane.add(text, Piece { is_thought: false, ..given });
                }
            }
            Told::Stopped { branch, reason, rule, failed, tokens, answer } => {
                if let Some(lane) = self.lane(*branch, at) {
                    lane.tokens = *tokens;
                    lane.left = None;
                    let (reason, answer) = (reason.clone(), answer.clone());
                    lane.stop = Some(Stop { at, reason, rule: *rule, failed: *failed, answer });
                }
            }
            &Told::Scored { branch, score } => {
                if let Some(lane) = self.lane(branch, at) {
                    lane.score = Some((score, at));
                }
            }
            Told::Vote { tally } => {
                self.tally.clone_from(tally);
                self.has_voted = true;
            }
            Told::Answer { text, answer, winner } => self.answer = Some((text.clone(), answer.clone(), *winner)),
            Told::End { statistics } => self.ending = Some(Ending::Answered(Box::new(statistics.clone()))),
            Told::Cancelled => self.ending = Some(Ending::Cancelled),
            Told::Failed { error } => self.ending = Some(Ending::Failed(error.clone())),
        }
    }

    fn token(&mut self, token: &Token, given: Piece) {
        if let Some(lane) = self.lane(token.branch, f64::from(given.at)) {
            let number = lane.sampled as u32;
            lane.sampled += 1;
            lane.tokens += 1;
            lane.logprobs += f64::from(token.logprob);
            lane.left = token.left;
            let piece =
                Piece { id: Some(token.id), number, logprob: token.logprob, is_thought: token.is_thought, ..given };
            lane.add(&token.text, piece);
        }
    }
}
