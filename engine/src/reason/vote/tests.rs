use super::*;
use proptest::prelude::*;

fn answer(text: &str) -> Answer {
    Answer::new(text).unwrap()
}

/// Branches in order: (answer, score); "" is none.
fn tally(kind: VoteKind, branches: &[(&str, f32)]) -> Tally {
    let mut tally = Tally::new(kind);
    for (branch, &(text, score)) in branches.iter().enumerate() {
        tally.add(branch, Answer::new(text).as_ref(), Some(score));
    }
    tally
}

fn winner(kind: VoteKind, branches: &[(&str, f32)]) -> String {
    tally(kind, branches).winner().map_or(String::new(), |winner| winner.answer.key().to_owned())
}

#[test]
fn each_vote_has_its_winner() {
    let branches = [("5", 0.3), ("7", 0.1), ("", 0.9), ("$5.00", 0.2), ("7.0", 0.15), ("7", 0.1), ("9", 0.4)];
    assert_eq!(winner(VoteKind::Majority, &branches), "7");
    assert_eq!(winner(VoteKind::Weighted, &branches), "5");
    assert_eq!(winner(VoteKind::Best, &branches), "9");
    let tally = tally(VoteKind::Weighted, &branches);
    let ranked: Vec<_> = tally.ranked().iter().map(|c| (c.answer.text().to_owned(), c.votes)).collect();
    assert_eq!(ranked, [("5".to_owned(), 2), ("9".to_owned(), 1), ("7".to_owned(), 3)]);
    assert_eq!((tally.ended(), tally.silent()), (7, 1));
    assert!((tally.ranked()[0].weight() - 0.5).abs() < 1e-6 && (tally.ranked()[1].best() - 0.4).abs() < 1e-6);
}

#[test]
fn ties_go_to_the_earlier_branch() {
    let branches = [("", 0.0), ("8", 0.5), ("9", 0.5), ("9", 0.25), ("8", 0.25)];
    for kind in VoteKind::ALL {
        assert_eq!(winner(kind, &branches), "8", "{kind}");
    }
    // The branch of the highest score counts, not the first that gave the answer.
    assert_eq!(winner(VoteKind::Best, &[("1", 0.1), ("2", 0.9), ("1", 0.9)]), "2");
    assert_eq!(winner(VoteKind::Majority, &[("", 0.0)]), "");
    // Scores that are no numbers count for nothing.
    assert_eq!(winner(VoteKind::Weighted, &[("1", f32::NAN), ("2", 0.1), ("1", -3.0)]), "2");
}

#[test]
fn kinds_have_names() {
    for kind in VoteKind::ALL {
        assert_eq!(kind.to_string().parse(), Ok(kind));
    }
    assert!("all".parse::<VoteKind>().unwrap_err().contains("weighted"));
}

#[test]
fn a_settled_vote() {
    let three = tally(VoteKind::Majority, &[("5", 0.0), ("5", 0.0), ("5", 0.0)]);
    // Branches 3 and 4 cannot; 3, 4 and 5 can only tie, and are later.
    assert!(three.is_settled(&[3, 4]) && three.is_settled(&[3, 4, 5]) && !three.is_settled(&[3, 4, 5, 6]));
    assert!(!Tally::new(VoteKind::Majority).is_settled(&[0]) && Tally::new(VoteKind::Majority).is_settled(&[]));
    // A tie counts if the branches that run are earlier.
    let mut late = Tally::new(VoteKind::Majority);
    late.add(3, Some(&answer("5")), None);
    assert!(late.is_settled(&[4]) && !late.is_settled(&[0]));
    // With scores, even three votes may weigh less than one to come.
    assert!(!tally(VoteKind::Weighted, &[("5", 0.3), ("5", 0.3), ("5", 0.3)]).is_settled(&[3]));
    assert!(tally(VoteKind::Weighted, &[("5", 0.6), ("5", 0.6)]).is_settled(&[2]));
    assert!(
        tally(VoteKind::Best, &[("5", 1.0)]).is_settled(&[1, 2])
            && !tally(VoteKind::Best, &[("5", 0.99)]).is_settled(&[1])
    );
}

#[test]
fn votes_become_improbable_to_change() {
    let of = |agreed: usize| tally(VoteKind::Majority, &vec![("5", 0.0); agreed]);
    let mut before = 1.0;
    for agreed in 1..8 {
        let running: Vec<usize> = (agreed..8).collect();
        let probability = of(agreed).change_probability(&running);
        assert!(probability <= before, "{agreed}: {probability}");
        before = probability;
    }
    assert_eq!(before, 0.0);
    // After one of one, a second answer wins with two of two draws: 1/2 * 2/3. It ties with one, and is later.
    let probability = of(1).change_probability(&[1, 2]);
    assert!((probability - 1.0 / 3.0).abs() < 1e-12, "{probability}");
    assert_eq!(Tally::new(VoteKind::Majority).change_probability(&[0]), 1.0);
    let best = tally(VoteKind::Best, &[("5", 0.9), ("6", 0.5), ("", 0.0)]);
    assert_eq!(best.change_probability(&[3]), 0.25);
}

/// The votes that can come: (answer, score) of each running branch, in all ways.
fn futures(running: usize) -> Vec<Vec<(&'static str, f32)>> {
    let votes = ["", "1", "2", "3", "4", "77"].iter().flat_map(|&text| [0.0, 0.5, 1.0].map(|score| (text, score)));
    let votes: Vec<_> = votes.filter(|&(text, score)| !text.is_empty() || score == 0.0).collect();
    let mut all = vec![vec![]];
    for _ in 0..running {
        all = all.iter().flat_map(|f| votes.iter().map(move |&v| [&f[..], &[v]].concat())).collect();
    }
    all
}

/// The probability that the winner changes, by following the urn draw by draw. Unseen answers are one.
fn drawn(tally: &Tally, running: &[usize]) -> f64 {
    let now = tally.winner().map(|winner| winner.answer.key().to_owned());
    fn follow(tally: &Tally, running: &[usize], now: Option<&str>) -> f64 {
        let Some((&branch, rest)) = running.split_first() else {
            let then = tally.winner().map(|winner| winner.answer.key());
            return f64::from(u8::from(then != now));
        };
        let all = f64::from(tally.ended()) + UNSEEN_WEIGHT;
        let knows = tally.candidates.iter().any(|candidate| candidate.answer.key() == "unseen");
        let mut draws: Vec<(f64, Option<Answer>)> =
            tally.candidates.iter().map(|c| (f64::from(c.votes), Some(c.answer.clone()))).collect();
        draws.push((f64::from(tally.silent), None));
        match draws.iter_mut().find(|(_, answer)| answer.as_ref().is_some_and(|a| a.key() == "unseen")) {
            Some(draw) if knows => draw.0 += UNSEEN_WEIGHT,
            _ => draws.push((UNSEEN_WEIGHT, Some(answer("unseen")))),
        }
        let next = |(weight, answer): (f64, Option<Answer>)| {
            let mut tally = tally.clone();
            tally.add(branch, answer.as_ref(), None);
            weight / all * follow(&tally, rest, now)
        };
        draws.into_iter().filter(|draw| draw.0 > 0.0).map(next).sum()
    }
    follow(tally, running, now.as_deref())
}

const UNSEEN_WEIGHT: f64 = 1.0;

fn branches() -> impl Strategy<Value = Vec<(usize, &'static str, f32)>> {
    let text = prop::sample::select(vec!["", "1", "2", "3", "4"]);
    let branch = (text, prop::sample::select(vec![0.0f32, 0.25, 0.5, 0.9, 1.0]));
    let order = |n: usize| Just((0..n).collect::<Vec<usize>>()).prop_shuffle();
    prop::collection::vec(branch, 0..6).prop_flat_map(move |votes| {
        order(votes.len() + 2)
            .prop_map(move |order| votes.iter().zip(order).map(|(&(text, score), at)| (at, text, score)).collect())
    })
}

fn of(kind: VoteKind, branches: &[(usize, &str, f32)]) -> Tally {
    let mut tally = Tally::new(kind);
    branches.iter().for_each(|&(at, text, score)| tally.add(at, Answer::new(text).as_ref(), Some(score)));
    tally
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_ends_does_not_matter(branches in branches()) {
        for kind in VoteKind::ALL {
            let mut back = branches.clone();
            back.reverse();
            let (one, other) = (of(kind, &branches), of(kind, &back));
            prop_assert_eq!(one.ranked(), other.ranked());
            prop_assert_eq!(one.winner(), one.ranked().first().copied());
        }
    }

    /// Settled exactly where no future changes the winner.
    #[test]
    fn settled_is_exact(branches in branches()) {
        let running: Vec<usize> = (0..branches.len() + 2).filter(|at| branches.iter().all(|b| b.0 != *at)).collect();
        for kind in VoteKind::ALL {
            let tally = of(kind, &branches);
            let Some(now) = tally.winner().map(|winner| winner.answer.key().to_owned()) else { continue };
            let changes = |future: &Vec<(&str, f32)>| {
                let mut tally = tally.clone();
                for (&at, &(text, score)) in running.iter().zip(future) {
                    tally.add(at, Answer::new(text).as_ref(), Some(score));
                }
                tally.winner().is_some_and(|winner| winner.answer.key() != now)
            };
            prop_assert_eq!(tally.is_settled(&running), !futures(running.len()).iter().any(changes), "{:?}", kind);
        }
    }

    /// Never below what the urn gives, and equal to it where there is one rival that wins no ties.
    #[test]
    fn the_bound_holds(branches in branches()) {
        let running: Vec<usize> = (0..branches.len() + 2).filter(|at| branches.iter().all(|b| b.0 != *at)).collect();
        let tally = of(VoteKind::Majority, &branches);
        prop_assume!(tally.winner().is_some());
        let (bound, exact) = (tally.change_probability(&running), drawn(&tally, &running));
        prop_assert!(bound >= exact - 1e-9, "{} < {}", bound, exact);
        if tally.candidates.len() == 1 && running.iter().all(|&at| at > tally.candidates[0].branch) {
            prop_assert!((bound - exact).abs() < 1e-9, "{} and {}", bound, exact);
        }
    }
}
