use super::*;
use crate::reason::{Answer, VoteKind};
use proptest::prelude::*;
use std::collections::HashSet;

#[test]
fn confidence_is_measured_against_branches_that_ended() {
    let mut rule = Confidence::new(ConfidenceSettings { window: 4, quantile: 0.0, least_ended: 2 });
    for (branch, logprob) in [(0, -0.5), (1, -0.2), (2, -9.0)] {
        for _ in 0..6 {
            assert_eq!(rule.token(branch, logprob), None, "nothing to measure against yet");
        }
    }
    rule.ended(0, true);
    // It has no answer, and is no measure.
    rule.ended(2, false);
    assert_eq!((rule.least(), rule.token(3, -9.0)), (None, None));
    rule.ended(1, true);
    assert_eq!(rule.least(), Some(-0.5));
    for _ in 0..2 {
        assert_eq!(rule.token(3, -9.0), None, "its window is not full");
    }
    let Some(Rule::LowConfidence { mean, least }) = rule.token(3, -9.0) else { panic!() };
    assert_eq!((mean, least), (-9.0, -0.5));
    // One that is confident goes on; a window that recovers, too.
    assert!((0..20).all(|_| rule.token(4, -0.4).is_none()));
}

#[test]
fn a_quantile_of_those_that_ended() {
    for (quantile, least) in [(0.0, -5.0), (0.2, -4.0), (0.5, -3.0), (0.99, -1.0)] {
        let mut rule = Confidence::new(ConfidenceSettings { window: 1, quantile, least_ended: 5 });
        for branch in 0..5 {
            rule.token(branch, -1.0 - branch as f32);
            rule.token(branch, 0.0);
            rule.ended(branch, true);
        }
        assert_eq!(rule.least(), Some(least), "{quantile}");
    }
}

#[test]
fn log_probabilities_that_are_no_numbers_do_no_harm() {
    let mut rule = Confidence::new(ConfidenceSettings { window: 2, quantile: 0.0, least_ended: 1 });
    for logprob in [f32::NEG_INFINITY, f32::NAN, 1.0, -0.5, -0.5] {
        rule.token(0, logprob);
    }
    rule.ended(0, true);
    assert_eq!(rule.least(), Some(-50.0));
}

fn feed(rule: &mut Duplicates, branch: usize, tokens: &[u32]) -> Option<Rule> {
    tokens.iter().filter_map(|&id| rule.token(branch, id)).next()
}

#[test]
fn the_earlier_of_two_duplicates_goes_on() {
    let settings = DuplicateSettings { gram: 2, similarity: 0.8, least_tokens: 6 };
    let mut rule = Duplicates::new(settings);
    let thoughts: Vec<u32> = (0..12).collect();
    assert_eq!(feed(&mut rule, 1, &thoughts), None);
    assert_eq!(feed(&mut rule, 2, &[5, 4, 3, 2, 1, 0, 9, 9, 9]), None);
    // Ten of the eleven pairs.
    let Some(Rule::Duplicate { of: 1, similarity }) = feed(&mut rule, 3, &thoughts[..11]) else { panic!() };
    assert!((0.8..0.95).contains(&similarity));
    rule.ended(3);
    // An earlier branch is not stopped for a later one; the later one is, at its next token.
    assert_eq!(feed(&mut rule, 0, &thoughts), None);
    assert!(matches!(rule.token(1, 12), Some(Rule::Duplicate { of: 0, .. })));
    rule.ended(1);
    // What has ended is compared no more.
    rule.ended(0);
    assert_eq!(feed(&mut rule, 4, &thoughts), None);
}

#[test]
fn short_branches_are_not_compared() {
    let mut rule = Duplicates::new(DuplicateSettings { gram: 2, similarity: 0.5, least_tokens: 4 });
    assert_eq!(feed(&mut rule, 0, &[1, 2, 3]), None);
    assert_eq!(feed(&mut rule, 1, &[1, 2, 3, 4]), None);
    assert_eq!(rule.token(0, 4), None);
    assert!(rule.token(1, 5).is_some());
    // Too short for any n-gram.
    let mut rule = Duplicates::new(DuplicateSettings { gram: 9, similarity: 0.5, least_tokens: 1 });
    assert!(feed(&mut rule, 0, &[1, 2]).or(feed(&mut rule, 1, &[1, 2])).is_none());
}

#[test]
fn the_vote_stops_all() {
    let answer = Answer::new("5").unwrap();
    let mut tally = Tally::new(VoteKind::Majority);
    let rules = |improbable| {
        let settings = EarlyStopSettings { settled: Some(SettledSettings { improbable }), ..Default::default() };
        EarlyStop::new(&settings).unwrap()
    };
    assert_eq!(rules(0.9).vote(&tally, &[0, 1, 2]), None, "without an answer nothing is settled");
    tally.add(0, Some(&answer), None);
    assert_eq!(rules(0.0).vote(&tally, &[1, 2]), None);
    assert!(matches!(rules(0.4).vote(&tally, &[1, 2]), Some(Rule::Settled { probability }) if probability > 0.3));
    tally.add(1, Some(&answer), None);
    assert_eq!(rules(0.0).vote(&tally, &[2]), Some(Rule::Settled { probability: 0.0 }));
    assert_eq!(rules(0.0).vote(&tally, &[]), None, "nothing is left to stop");
    let off = EarlyStop::new(&EarlyStopSettings::default()).unwrap();
    assert!(EarlyStopSettings::default().is_off() && off.vote(&tally, &[2]).is_none());
}

#[test]
fn nonsense_is_refused() {
    let settled =
        |improbable| EarlyStopSettings { settled: Some(SettledSettings { improbable }), ..Default::default() };
    let confidence = |settings| EarlyStopSettings { confidence: Some(settings), ..Default::default() };
    let duplicates = |settings| EarlyStopSettings { duplicates: Some(settings), ..Default::default() };
    let (good, similar) = (ConfidenceSettings::default(), DuplicateSettings::default());
    for settings in [
        settled(1.0),
        settled(f64::NAN),
        confidence(ConfidenceSettings { window: 0, ..good }),
        confidence(ConfidenceSettings { quantile: -0.1, ..good }),
        confidence(ConfidenceSettings { least_ended: 0, ..good }),
        duplicates(DuplicateSettings { gram: 0, ..similar }),
        duplicates(DuplicateSettings { similarity: 0.0, ..similar }),
        duplicates(DuplicateSettings { least_tokens: 0, ..similar }),
    ] {
        assert!(EarlyStop::new(&settings).is_err(), "{settings:?}");
    }
    assert!(confidence(good).validate().is_ok() && duplicates(similar).validate().is_ok());
}

proptest! {
    /// Common n-grams are counted as they come; that is what comparing whole sets gives.
    #[test]
    fn similarity_is_that_of_whole_sets(streams in prop::collection::vec(prop::collection::vec(0u32..4, 0..20), 2..4)) {
        let settings = DuplicateSettings { gram: 2, similarity: 0.6, least_tokens: 3 };
        let mut rule = Duplicates::new(settings);
        let mut live: Vec<bool> = streams.iter().map(|_| true).collect();
        for step in 0..20 {
            for branch in 0..streams.len() {
                let Some(&id) = streams[branch].get(step).filter(|_| live[branch]) else { continue };
                let said = rule.token(branch, id);
                let grams = |of: usize, length: usize| -> HashSet<Vec<u32>> {
                    streams[of][..length.min(streams[of].len())].windows(2).map(<[u32]>::to_vec).collect()
                };
                let own = grams(branch, step + 1);
                let wanted = (0..branch).filter(|&of| live[of]).find_map(|of| {
                    let earlier = grams(of, step + 1);
                    let similarity = own.intersection(&earlier).count() as f64 / own.union(&earlier).count() as f64;
                    let is_long = streams[of].len().min(step + 1) >= 3 && step >= 2;
                    (is_long && similarity >= 0.6).then_some(Rule::Duplicate { of, similarity })
                });
                prop_assert_eq!(said, wanted);
                if said.is_some() {
                    live[branch] = false;
                    rule.ended(branch);
                }
            }
        }
    }
}
