//! Routers to compare the switcher with: one that knows the answers, and one that draws lots.

/// A question that both chat and reason have answered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Both {
    /// The switcher's score, if it is known.
    pub score: Option<f32>,
    /// Whether chat is right.
    pub chat: bool,
    /// Whether reason is right.
    pub reason: bool,
}

impl Both {
    /// Whether the oracle reasons about it: where only that is right.
    pub fn needs_reasoning(self) -> bool {
        self.reason && !self.chat
    }

    /// What reasoning about it changes in the number of right answers.
    fn gain(self) -> f64 {
        f64::from(u8::from(self.reason)) - f64::from(u8::from(self.chat))
    }
}

/// How much of the oracle's gain over lots the switcher has, over all shares of questions that may be reasoned about:
/// the area between its curve of accuracy against that share and the straight line of lots, divided by the oracle's. 1
/// is the oracle, 0 is by lot. Nothing where a score is missing, or where the oracle is no better than lots.
pub fn area(questions: &[Both]) -> Option<f64> {
    let scores: Option<Vec<f32>> = questions.iter().map(|question| question.score).collect();
    let mut by_score: Vec<(f64, f64)> =
        scores?.into_iter().zip(questions).map(|(score, question)| (f64::from(score), question.gain())).collect();
    let mut by_gain: Vec<(f64, f64)> = questions.iter().map(|question| (question.gain(), question.gain())).collect();
    let lots = questions.iter().map(|question| question.gain()).sum::<f64>() / 2.0;
    let oracle = area_under(&mut by_gain) - lots;
    (oracle > 1e-9).then(|| (area_under(&mut by_score) - lots) / oracle)
}

/// The mean over all shares of the gain, in questions, when those with the highest keys are reasoned about first; of
/// equal keys, all have their mean gain.
fn area_under(questions: &mut [(f64, f64)]) -> f64 {
    questions.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut gained, mut sum) = (0.0, 0.0);
    for same in questions.chunk_by(|a, b| a.0 == b.0) {
        let more: f64 = same.iter().map(|(_, gain)| gain).sum();
        sum += (gained + more / 2.0) * same.len() as f64;
        gained += more;
    }
    sum / questions.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn questions(scores: [f32; 4]) -> Vec<Both> {
        // Reasoning helps with two, spoils one, and changes nothing in the last.
        let right = [(false, true), (false, true), (true, false), (true, true)];
        scores.into_iter().zip(right).map(|(score, (chat, reason))| Both { score: Some(score), chat, reason }).collect()
    }

    #[test]
    fn the_oracle_has_all_and_lots_have_nothing() {
        assert!((area(&questions([0.9, 0.8, 0.1, 0.5])).unwrap() - 1.0).abs() < 1e-12);
        assert!(area(&questions([0.5; 4])).unwrap().abs() < 1e-12);
        // The wrong way round is worse than by lot, as far below as the oracle is above.
        assert!((area(&questions([0.1, 0.2, 0.9, 0.5])).unwrap() + 1.0).abs() < 1e-12);
        // One of the two first: gains of 1, 0, 1, 1 at the quarters against 1, 2, 2, 1; lots gain 0.25 a quarter.
        let (switcher, oracle, lots) = (0.5 + 0.5 + 0.5 + 1.0, 0.5 + 1.5 + 2.0 + 1.5, 2.0);
        let wanted = (switcher - lots) / (oracle - lots);
        assert!((area(&questions([0.9, 0.2, 0.8, 0.1])).unwrap() - wanted).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_told_is_not() {
        let mut missing = questions([0.5; 4]);
        missing[2].score = None;
        assert_eq!(area(&missing), None);
        let same = Both { score: Some(0.3), chat: true, reason: true };
        assert_eq!((area(&[same; 3]), area(&[])), (None, None));
    }
}
