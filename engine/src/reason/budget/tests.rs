use super::*;
use proptest::prelude::*;

const END: u32 = 9;

fn rules(warning: Option<Warning>) -> Arc<BudgetRules> {
    Arc::new(BudgetRules {
        begin: vec![100, 101],
        closing: vec![102, 103, 104],
        think_close: "</think>".into(),
        answer_tokens: 4,
        end_ids: vec![END],
        warning,
    })
}

/// Pieces that a vocabulary may have: whole words, parts of tags, and bytes of é, 日 and 😀 cut anywhere.
const PIECES: &[&[u8]] = &[
    b"word ",
    b"</think>",
    b"</",
    b"think",
    b">\n",
    b"\n",
    "é".as_bytes(),
    b"\xc3",
    b"\xa9",
    b"<|im_end|>",
    b"\xe6",
    b"\x97\xa5",
    b"\xe6\x97",
    b"\xa5\xe6",
    b"\xf0\x9f",
    b"\x98",
    b"\x80x",
    b"",
];

/// What a caller does: the response as (token, bytes).
struct Caller {
    budget: Budget,
    response: Vec<(u32, Vec<u8>)>,
    dropped: usize,
    forced_at: Option<usize>,
}

impl Caller {
    fn new(budget: Budget) -> Self {
        Self { budget, response: vec![(100, b"<think>".into()), (101, b"\n".into())], dropped: 0, forced_at: None }
    }

    /// Does what is said; whether the response goes on.
    fn perform(&mut self, action: Action) -> bool {
        match action {
            Action::Continue => {}
            Action::Warn { tokens } => {
                assert_eq!(unfinished(&self.bytes()), 0);
                self.response.extend(tokens.iter().map(|&token| (token, b"hurry".to_vec())));
            }
            Action::Force { drop, tokens } => {
                let whole = unfinished(&self.bytes()) == 0;
                assert_eq!(drop == 0, whole, "tokens go only where a character is unfinished");
                self.response.truncate(self.response.len() - drop);
                self.dropped = drop;
                self.forced_at = Some(self.response.len());
                assert_eq!(unfinished(&self.bytes()), 0);
                assert!(!contains(&self.bytes(), b"</think>"));
                self.response.extend(tokens.iter().map(|&token| (token, b"</think> Answer:".to_vec())));
            }
            Action::Stop(_) => return false,
        }
        true
    }

    fn bytes(&self) -> Vec<u8> {
        self.response.iter().flat_map(|(_, bytes)| bytes.clone()).collect()
    }

    /// Goes on to the end of the stream or the response.
    fn drive(&mut self, stream: &[u32], answer_now_at: Option<usize>) -> bool {
        let begun = self.budget.begin();
        let mut goes_on = self.perform(begun);
        for (at, &id) in stream.iter().enumerate() {
            if !goes_on {
                return false;
            }
            if answer_now_at == Some(at) {
                let action = self.budget.answer_now();
                self.perform(action);
            }
            let bytes = PIECES[id as usize];
            self.response.push((id, bytes.to_vec()));
            let action = self.budget.push(id, bytes);
            goes_on = self.perform(action);
        }
        goes_on
    }
}

fn caller(most: Option<usize>, warning: Option<Warning>) -> Caller {
    Caller::new(Budget::new(rules(warning), most).unwrap())
}

#[test]
fn thoughts_are_closed_in_time() {
    let mut caller = caller(Some(14), None);
    // 2 of the beginning and 5 of thought leave 3 for the closing and 4 for the answer.
    assert!(caller.drive(&[0, 0, 0, 0, 0], None));
    assert_eq!((caller.forced_at, caller.budget.phase(), caller.budget.left()), (Some(7), Phase::Forced, Some(4)));
    for _ in 0..3 {
        assert_eq!(caller.budget.push(0, b"4"), Action::Continue);
    }
    assert_eq!(caller.budget.push(0, b"4"), Action::Stop(End::AnswerFull));
    assert_eq!((caller.budget.tokens(), caller.budget.push(0, b"4")), (14, Action::Stop(End::AnswerFull)));
}

#[test]
fn the_smallest_budget_closes_at_once() {
    assert!(Budget::new(rules(None), Some(8)).unwrap_err().to_string().contains("need 9"));
    let mut caller = caller(Some(9), None);
    assert!(caller.drive(&[], None));
    assert_eq!((caller.forced_at, caller.budget.tokens()), (Some(2), 5));
    assert_eq!(caller.budget.push(5, b"4\n"), Action::Stop(End::Line));
}

#[test]
fn closed_thoughts_go_on_to_the_last_token() {
    let mut ends = caller(Some(9 + 4), None);
    // </ think > closes with the last token of thought.
    assert!(ends.drive(&[0, 2, 3, 4], None));
    assert_eq!((ends.forced_at, ends.budget.phase(), ends.budget.left()), (None, Phase::Closed, Some(7)));
    let last = (0..7).map(|_| ends.budget.push(0, b"x")).last();
    assert_eq!((last, ends.budget.tokens()), (Some(Action::Stop(End::BudgetFull)), 13));
    let mut turn = caller(Some(30), None);
    assert!(!turn.drive(&[1, 0, END], None));
    assert_eq!((turn.budget.tokens(), turn.budget.phase()), (5, Phase::Over(End::Turn)));
    let mut unclosed = caller(Some(30), None);
    assert!(!unclosed.drive(&[0, END], None) && unclosed.forced_at.is_none());
}

#[test]
fn a_cut_character_is_taken_back() {
    // A half of 日 goes, however many tokens it is; after a half that is no UTF-8 anyway, both go.
    for (stream, dropped) in [([0, 0, 12], 1), ([0, 10, 14], 2), ([0, 10, 10], 2), ([12, 13, 0], 0)] {
        let mut caller = caller(Some(9 + 3), None);
        assert!(caller.drive(&stream, None));
        assert_eq!(caller.dropped, dropped, "{stream:?}");
    }
    // The last token ends 日 and begins another character: without it, 日 is unfinished.
    let mut chain = caller(Some(9 + 3), None);
    assert!(chain.drive(&[0, 12, 13], None));
    assert_eq!((chain.dropped, chain.budget.tokens()), (2, 2 + 1 + 3));
}

#[test]
fn a_warning_comes_once_and_counts() {
    let warning = Warning { tokens_left: 4, tokens: vec![50, 51] };
    let mut warned = caller(Some(9 + 6), Some(warning.clone()));
    assert!(warned.drive(&[0, 0], None));
    assert_eq!(warned.response[4..].iter().map(|part| part.0).collect::<Vec<_>>(), [50, 51]);
    assert_eq!((warned.budget.tokens(), warned.budget.left()), (6, Some(2)));
    assert_eq!(warned.budget.push(0, b"x"), Action::Continue);
    assert!(matches!(warned.budget.push(0, b"x"), Action::Force { drop: 0, .. }));
    // Inside a character it waits, and it does not come where it would take the last of the thoughts.
    let mut waits = caller(Some(9 + 6), Some(warning.clone()));
    assert!(waits.drive(&[0, 12], None) && waits.response.len() == 4);
    assert!(matches!(waits.budget.push(0, b"\xa5"), Action::Warn { .. }));
    let mut never = caller(Some(9 + 2), Some(warning));
    assert!(never.drive(&[0], None) && never.response.len() == 3);
}

#[test]
fn answer_now_at_any_time() {
    let mut thinks = caller(None, None);
    assert!(thinks.drive(&[0, 10, 0], Some(2)));
    assert_eq!((thinks.forced_at, thinks.dropped), (Some(3), 1));
    let mut closed = caller(None, None);
    assert!(closed.drive(&[0, 1, 0], None));
    assert_eq!((closed.budget.answer_now(), closed.budget.most()), (Action::Continue, Some(5 + 3 + 4)));
}

#[test]
fn a_pool_hands_on_what_is_left() {
    let rules = rules(None);
    assert!(BudgetPool::new(&rules, 26, 3).unwrap_err().to_string().contains("at least 9"));
    assert!(BudgetPool::new(&rules, 26, 0).is_err());
    let mut pool = BudgetPool::new(&rules, 100, 3).unwrap();
    assert_eq!(pool.share(), 33);
    assert_eq!(pool.end(10), 45);
    assert_eq!(pool.end(45), 45);
    assert_eq!(pool.end(45), 0);
}

fn streams() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(0u32..PIECES.len() as u32, 0..60)
}

fn warnings() -> impl Strategy<Value = Option<Warning>> {
    prop::option::of((1usize..4, 0usize..12))
        .prop_map(|some| some.map(|(n, more)| Warning { tokens_left: n + more, tokens: vec![50; n] }))
}

proptest! {
    #[test]
    fn budgets_are_exact(stream in streams(), extra in 0usize..40, warning in warnings(), now in prop::option::of(0usize..60)) {
        let most = 9 + extra;
        let mut caller = caller(Some(most), warning);
        let goes_on = caller.drive(&stream, now);
        prop_assert_eq!(caller.budget.tokens(), caller.response.len());
        prop_assert!(caller.response.len() <= most);
        if let Some(at) = caller.forced_at {
            // Never before its time, and with room for the whole answer.
            prop_assert!(now.is_some() || at + caller.dropped == most - 7);
            prop_assert!(at + caller.dropped <= most - 7);
        }
        if !goes_on && caller.budget.phase() == Phase::Over(End::BudgetFull) && now.is_none() {
            prop_assert_eq!(caller.response.len(), most);
        }
    }

    #[test]
    fn unfinished_is_what_a_decoder_waits_for(bytes in prop::collection::vec(any::<u8>(), 0..8)) {
        // One more byte completes it or shows it to be wrong; without it, lossy decoding gives one U+FFFD for all of it.
        let count = unfinished(&bytes);
        let (whole, rest) = bytes.split_at(bytes.len() - count);
        prop_assert_eq!(String::from_utf8_lossy(&bytes).chars().count(), String::from_utf8_lossy(whole).chars().count() + usize::from(count > 0));
        prop_assert!(count == 0 || std::str::from_utf8(rest).is_err_and(|e| e.error_len().is_none()));
    }

    #[test]
    fn a_pool_is_never_exceeded(streams in prop::collection::vec(streams(), 1..6), extra in 0usize..120) {
        let rules = rules(None);
        let total = 9 * streams.len() + extra;
        let mut pool = BudgetPool::new(&rules, total, streams.len()).unwrap();
        let mut callers: Vec<_> = streams.iter().map(|_| Caller::new(Budget::new(rules.clone(), Some(pool.share())).unwrap())).collect();
        let mut live: Vec<bool> = callers.iter_mut().map(|caller| { let a = caller.budget.begin(); caller.perform(a) }).collect();
        // In turns, as steps do; a stream that is out of tokens ends its turn.
        for step in 0.. {
            if !live.contains(&true) { break; }
            for at in 0..callers.len() {
                if !live[at] { continue; }
                let id = streams[at].get(step).copied().unwrap_or(END);
                callers[at].response.push((id, PIECES[id as usize].to_vec()));
                let action = callers[at].budget.push(id, PIECES[id as usize]);
                live[at] = callers[at].perform(action);
                if !live[at] {
                    let share = pool.end(callers[at].budget.tokens());
                    callers.iter_mut().zip(&live).filter(|(_, live)| **live).for_each(|(caller, _)| caller.budget.raise(share));
                }
            }
        }
        prop_assert!(callers.iter().map(|caller| caller.response.len()).sum::<usize>() <= total);
        prop_assert_eq!(pool.share(), 0);
    }
}
