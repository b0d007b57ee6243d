//! What happened on the branches of an answer in its order, and what rules of early stop would have made of it. So
//! rules and their numbers are compared without running any of them: a seed gives the same tokens whether other
//! branches are stopped or not.

use super::transcript::{Branch, Thinking, Transcript, Work};
use ruminate::Result;
use ruminate::reason::{Answer, EarlyStop, Rule, Tally, VoteKind};
use serde::{Deserialize, Serialize};

/// A token or some that were given: (branch, tokens more, (id, log-probability) of a sampled thought). The last of a
/// branch is its end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Moment(pub usize, pub i64, pub Option<(u32, f32)>);

/// What `thinking` would have made of a transcript without early stops, of the same branches and budget.
///
/// Tokens are those that a run would have told, but that a run learns a verifier's score some steps after a branch's
/// end. The seconds after the first token are taken to shrink as the longest branch does, which is too much: steps of
/// fewer branches are faster.
///
/// # Errors
/// [`ruminate::Error::Invalid`] where a rule's numbers make no sense.
pub fn simulate(full: &Transcript, thinking: &Thinking) -> Result<Transcript> {
    let work = Work::Reason(thinking.clone());
    if full.error.is_some() {
        return Ok(Transcript { work, ..full.clone() });
    }
    let mut stage = Stage {
        full: &full.branches,
        ends: vec![End::Running; full.branches.len()],
        tokens: vec![0; full.branches.len()],
        vote: thinking.vote,
        rules: EarlyStop::new(&thinking.early_stop)?,
    };
    let mut last = vec![0; full.branches.len()];
    for (at, moment) in full.tape.iter().enumerate() {
        last[moment.0] = at;
    }
    for (at, &Moment(branch, more, thought)) in full.tape.iter().enumerate() {
        if stage.ends[branch] != End::Running {
            continue;
        }
        stage.tokens[branch] += more;
        if let Some((id, logprob)) = thought
            && let Some(rule) = stage.rules.token(branch, id, logprob)
        {
            stage.stop(branch, rule);
        } else if at == last[branch] {
            stage.ends[branch] = End::Itself;
            stage.rules.ended(branch, stage.full[branch].answer.is_some());
        } else {
            continue;
        }
        stage.stop_if_settled();
    }
    let longest = |tokens: &mut dyn Iterator<Item = f64>| tokens.fold(0.0, f64::max);
    let before = longest(&mut full.branches.iter().map(|branch| branch.tokens as f64));
    let after = longest(&mut stage.tokens.iter().map(|&tokens| tokens as f64));
    let share = if before > 0.0 { after / before } else { 1.0 };
    let branches: Vec<Branch> = (0..full.branches.len()).map(|branch| stage.branch(branch)).collect();
    Ok(Transcript {
        work,
        tokens: branches.iter().map(|branch| branch.tokens).sum(),
        branches,
        seconds: full.first_token_seconds + share * (full.seconds - full.first_token_seconds),
        joules: None,
        tape: Vec::new(),
        is_simulated: true,
        ..full.clone()
    })
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Running,
    Itself,
    Early(Rule),
}

struct Stage<'t> {
    full: &'t [Branch],
    ends: Vec<End>,
    tokens: Vec<i64>,
    vote: VoteKind,
    rules: EarlyStop,
}

impl Stage<'_> {
    fn stop(&mut self, branch: usize, rule: Rule) {
        self.ends[branch] = End::Early(rule);
        self.rules.stopped(branch);
    }

    /// A branch's vote: an answer and its score, or silence; nothing while it has none yet.
    fn ballot(&self, branch: usize) -> Option<(Option<&Answer>, Option<f32>)> {
        match self.ends[branch] {
            End::Running => None,
            End::Itself => Some((self.full[branch].answer.as_ref(), self.full[branch].score)),
            End::Early(Rule::Duplicate { of, .. }) => self.ballot(of),
            End::Early(_) => Some((None, None)),
        }
    }

    fn stop_if_settled(&mut self) {
        let mut tally = Tally::new(self.vote);
        let mut running = Vec::new();
        for branch in 0..self.full.len() {
            match self.ballot(branch) {
                Some((answer, score)) => tally.add(branch, answer, score),
                None => running.push(branch),
            }
        }
        let Some(rule) = self.rules.vote(&tally, &running) else { return };
        for branch in 0..self.full.len() {
            if self.ends[branch] == End::Running {
                self.stop(branch, rule);
            }
        }
    }

    fn branch(&self, branch: usize) -> Branch {
        let full = &self.full[branch];
        match self.ends[branch] {
            End::Early(rule) => Branch {
                tokens: usize::try_from(self.tokens[branch]).unwrap_or(0),
                end: rule.to_string(),
                duplicate_of: if let Rule::Duplicate { of, .. } = rule { Some(of) } else { None },
                ..Branch::default()
            },
            End::Running | End::Itself => full.clone(),
        }
    }
}
