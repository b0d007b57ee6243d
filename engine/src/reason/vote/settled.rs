//! Whether branches that still run can change the winner, and how probably they do.

use super::{ONE, Standing, Tally, VoteKind};

/// How much an answer not seen so far weighs against those seen, in branches that gave it.
const UNSEEN: f64 = 1.0;

/// An answer that might win, seen or not.
struct Rival {
    standing: Standing,
    /// Branches that gave it, or [`UNSEEN`].
    seen: f64,
    /// What each vote more is worth to it.
    each: f64,
}

impl Tally {
    /// Whether no votes of the branches that run, by number, can change the winner. With scores, a vote is at most 1.
    pub fn is_settled(&self, running: &[usize]) -> bool {
        let Some(&earliest) = running.iter().min() else { return true };
        let Some(winner) = self.winner() else { return false };
        let leader = winner.standing(self.kind);
        // The worst that can come: one rival, seen or not, takes all votes that are left.
        let most = match self.kind {
            VoteKind::Best => ONE,
            VoteKind::Majority | VoteKind::Weighted => running.len() as u64 * ONE,
        };
        let worst = |standing: Standing| match self.kind {
            VoteKind::Best => Standing { strength: most, branch: earliest },
            _ => Standing { strength: standing.strength + most, branch: standing.branch.min(earliest) },
        };
        let others = self.candidates.iter().filter(|other| other.branch != winner.branch);
        let unseen = Standing { strength: 0, branch: earliest };
        others.map(|other| other.standing(self.kind)).chain([unseen]).all(|rival| !worst(rival).wins_over(leader))
    }

    /// How probable it is that the branches that run, by number, change the winner: an upper bound, under this model.
    ///
    /// Each branch to come answers as a Pólya urn draws: like a branch before it with a probability in proportion to how
    /// many did, ended without an answer included, or something not seen so far with the weight of one branch (all unseen
    /// answers are taken for one, which is the worst case). Counts of a draw are then Dirichlet-multinomial. A vote to
    /// come weighs what the votes for its answer weighed on average, 1 for an unseen answer. The bound adds the
    /// probabilities that each rival alone overtakes the leader. Each is exact but for ties, which a rival wins here if
    /// any branch that runs is early enough. For the best of N, all branches
    /// are equally likely to have the highest score, whatever they answer.
    ///
    /// *CGES* (arXiv 2511.02603) stops on a posterior over answers too, fed by confidences instead of counts.
    pub fn change_probability(&self, running: &[usize]) -> f64 {
        if self.is_settled(running) {
            return 0.0;
        }
        let Some(winner) = self.winner() else { return 1.0 };
        let left = running.len();
        let ended = f64::from(self.ended());
        if self.kind == VoteKind::Best {
            return left as f64 / (ended + left as f64);
        }
        let each = |votes: u32, weight: u64| match self.kind {
            VoteKind::Weighted => weight as f64 / f64::from(votes),
            _ => ONE as f64,
        };
        let earliest = running.iter().min().copied().unwrap_or(usize::MAX);
        let leader = Rival {
            standing: winner.standing(self.kind),
            seen: f64::from(winner.votes),
            each: each(winner.votes, winner.weight),
        };
        let seen = self.candidates.iter().filter(|other| other.branch != winner.branch).map(|other| Rival {
            standing: other.standing(self.kind),
            seen: f64::from(other.votes),
            each: each(other.votes, other.weight),
        });
        let unseen = Rival { standing: Standing { strength: 0, branch: usize::MAX }, seen: UNSEEN, each: ONE as f64 };
        let urn = Urn { ended, left, earliest };
        seen.chain([unseen]).map(|rival| urn.overtakes(&leader, &rival)).sum::<f64>().min(1.0)
    }
}

/// What is drawn from, and how often.
struct Urn {
    ended: f64,
    left: usize,
    /// The earliest branch that runs.
    earliest: usize,
}

impl Urn {
    /// The probability that a rival overtakes the leader.
    fn overtakes(&self, leader: &Rival, rival: &Rival) -> f64 {
        let wins = |leader_votes: usize, rival_votes: usize| {
            let (leader_votes, more) = (leader_votes as f64, rival_votes as f64);
            let ahead = leader.standing.strength as f64 + leader_votes * leader.each;
            let behind = rival.standing.strength as f64 + more * rival.each;
            let branch = if rival_votes > 0 { rival.standing.branch.min(self.earliest) } else { rival.standing.branch };
            behind > ahead || behind == ahead && branch < leader.standing.branch
        };
        let others = self.ended + UNSEEN - leader.seen - rival.seen;
        let (of_leader, of_rival) = (rising(leader.seen, self.left), rising(rival.seen, self.left));
        let (of_others, of_all) = (rising(others, self.left), rising(self.ended + UNSEEN, self.left));
        let of_draws = |more: usize, same: usize| {
            (of_leader[same] + of_rival[more] + of_others[self.left - more - same] - of_all[self.left]).exp()
        };
        let with_more = |more| {
            let same = (0..=self.left - more).take_while(|&same| wins(same, more));
            same.map(|same| of_draws(more, same)).sum::<f64>()
        };
        (0..=self.left).map(with_more).sum()
    }
}

/// ln of (x)(x + 1)...(x + k - 1) / k! for k of 0 to `most`.
fn rising(x: f64, most: usize) -> Vec<f64> {
    let mut sum = 0.0;
    let mut all = vec![0.0];
    for k in 0..most {
        sum += (x + k as f64).ln() - (k as f64 + 1.0).ln();
        all.push(sum);
    }
    all
}
