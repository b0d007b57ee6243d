use super::transcript::{Ask, Branch, Thinking, Transcript, Work};
use super::*;
use ruminate::Error;
use ruminate::reason::Answer;
use ruminate::reason::bundle::Manifest;
use serde_json::Value;
use std::cell::Cell;

/// A solver of a known mind: the switcher's score of question i is i / 10, chat is right on even questions, the adapter
/// from question 2 on in two of three branches. The right answer is the question's number.
#[derive(Default)]
struct Fake {
    begun: Vec<(usize, Ask)>,
    asked: Vec<(usize, Ask)>,
    cancels_at: Option<usize>,
    fails_at: Option<usize>,
    /// Questions at once; it answers the last that was begun first.
    most: usize,
}

fn manifest() -> Manifest {
    serde_json::from_value(ruminate_tests::bundles::manifest()).unwrap()
}

fn answer(number: usize) -> Answer {
    Answer::new(&number.to_string()).unwrap()
}

impl Solver for Fake {
    fn has_room(&self) -> bool {
        self.begun.len() < self.most.max(1)
    }

    fn begin(&mut self, index: usize, _: &Question, ask: &Ask) -> Result<()> {
        self.begun.push((index, ask.clone()));
        Ok(())
    }

    fn next(&mut self, is_cancelled: &dyn Fn() -> bool) -> Result<Option<Transcript>> {
        if is_cancelled() || self.cancels_at == Some(self.asked.len()) {
            return Err(Error::Cancelled.into());
        }
        let Some((index, ask)) = self.begun.pop() else { return Ok(None) };
        self.asked.push((index, ask.clone()));
        let score = index as f32 / 10.0;
        let (work, score) = match &ask {
            Ask::This(work) => (work.clone(), None),
            Ask::Switched(threshold, _) if score < *threshold => (Work::Chat, Some(score)),
            Ask::Switched(_, thinking) => (Work::Reason(thinking.clone()), Some(score)),
        };
        let branch = |number: usize, score| Branch { answer: Some(answer(number)), score, ..Branch::default() };
        let branches = match &work {
            Work::Chat => vec![branch(if index.is_multiple_of(2) { index } else { 99 }, None)],
            Work::Reason(Thinking { branches, .. }) => {
                let right = |at: usize| index >= 2 && at != 1;
                let number = |at| if right(at) { index } else { 77 };
                // The wrong one is the surest of itself.
                (0..*branches as usize).map(|at| branch(number(at), Some(if right(at) { 0.5 } else { 0.9 }))).collect()
            }
        };
        let tokens = 10 * branches.len();
        let error = (self.fails_at == Some(index)).then(|| "too long".to_owned());
        let branches = if error.is_some() { Vec::new() } else { branches };
        Ok(Some(Transcript {
            question: index,
            work,
            score: score.filter(|_| error.is_none()),
            branches,
            tokens,
            first_token_seconds: 0.25,
            seconds: 0.5,
            joules: None,
            error,
            tape: Vec::new(),
            is_simulated: false,
        }))
    }
}

fn questions(count: usize) -> Vec<Question> {
    let question = |at| Question { before: Vec::new(), question: format!("{at}?"), answer: answer(at) };
    (0..count).map(question).collect()
}

struct Wanted<'a> {
    policies: &'a [Policy],
    branches: &'a [u32],
    votes: &'a [VoteKind],
    early_stops: &'a [&'a str],
    thresholds: &'a [Threshold],
    within: &'a [u64],
    simulates: bool,
}

impl Default for Wanted<'_> {
    fn default() -> Self {
        Self {
            policies: &Policy::ALL,
            branches: &[1],
            votes: &[VoteKind::Weighted],
            early_stops: &["none"],
            thresholds: &[],
            within: &[],
            simulates: false,
        }
    }
}

fn grid(wanted: &Wanted<'_>) -> Grid {
    let early_stops: Vec<EarlyStopSettings> = wanted.early_stops.iter().map(|rules| rules.parse().unwrap()).collect();
    Grid::new(&Axes {
        policies: wanted.policies,
        branches: wanted.branches,
        budgets: &[Cap(Some(96))],
        within: wanted.within,
        efforts: &Efforts::new(&manifest(), wanted.branches.iter().copied().max().unwrap_or(1)),
        votes: wanted.votes,
        early_stops: &early_stops,
        simulates: wanted.simulates,
        thresholds: wanted.thresholds,
        default_threshold: 0.3,
    })
    .unwrap()
}

fn evaluated(grid: &Grid, fake: &mut Fake, count: usize) -> Vec<report::Row> {
    let mut journal = Journal::open(None, json!({})).unwrap();
    evaluate(grid, &questions(count), &mut journal, fake, &|| false, &mut |_| {}).unwrap();
    report::rows(grid, &questions(count), &journal)
}

#[test]
fn policies_share_transcripts() {
    let thresholds = [Threshold::At(0.3), Threshold::At(0.0), Threshold::At(1.0)];
    let mut fake = Fake::default();
    let grid = grid(&Wanted { thresholds: &thresholds, ..Wanted::default() });
    let rows = evaluated(&grid, &mut fake, 10);
    // One of each for each question: five lines and the oracle share them.
    assert_eq!((rows.len(), fake.asked.len()), (6, 20));
    let accuracy: Vec<f64> = rows.iter().map(|row| row.accuracy).collect();
    // Auto at 0.3: chat is right on 0 and 2, the adapter on 3 to 9. Nobody is right on 1.
    assert_eq!(accuracy, [0.5, 0.8, 0.9, 0.8, 0.5, 0.9]);
    let routed: Vec<f64> = rows.iter().map(|row| row.routed).collect();
    assert_eq!(routed, [0.0, 1.0, 0.7, 1.0, 0.0, 0.4]);
    // By score, reasoning about 9, 7, 5, 3 gains one each, 0 loses one: areas of 25.5 and 31.5 where lots have 15.
    let oracle = &rows[5];
    assert_eq!((oracle.policy, oracle.threshold), (report::Router::Oracle, None));
    assert!((oracle.switcher_area.unwrap() - 10.5 / 16.5).abs() < 1e-12);
    assert!(report::notes(&rows, 1).contains("0.636 (branches 1, budget 96,"));
    // A lot would get 0.3 * 0.5 + 0.7 * 0.8.
    assert!((rows[2].above_random.unwrap() - 0.19).abs() < 1e-12 && rows[1].above_random.is_none());
    assert!((rows[0].standard_error - 0.025f64.sqrt()).abs() < 1e-12);
    assert_eq!((rows[2].questions, rows[2].tokens, rows[2].seconds), (10, 10.0, 0.5));
}

#[test]
fn auto_alone_runs_what_it_needs() {
    let mut fake = Fake::default();
    let thresholds = [Threshold::At(0.5), Threshold::At(0.8)];
    let rows = evaluated(
        &grid(&Wanted { policies: &[Policy::Auto], thresholds: &thresholds, ..Wanted::default() }),
        &mut fake,
        10,
    );
    // Ten through the switcher at the lower threshold; from 5 to 7 chat is needed too.
    let chats: Vec<usize> = fake.asked.iter().filter(|(_, ask)| *ask == Ask::This(Work::Chat)).map(|a| a.0).collect();
    assert_eq!((fake.asked.len(), chats), (13, vec![5, 6, 7]));
    assert_eq!(rows.iter().map(|row| row.routed).collect::<Vec<_>>(), [0.5, 0.2]);
    assert!(rows[0].above_random.is_none());
}

#[test]
fn votes_share_transcripts_unless_they_stop_branches() {
    let mut fake = Fake::default();
    let wanted = Wanted { policies: &[Policy::Reason], branches: &[3], votes: &VoteKind::ALL, ..Wanted::default() };
    let rows = evaluated(&grid(&wanted), &mut fake, 4);
    assert_eq!((rows.len(), fake.asked.len()), (3, 4));
    // Two of three branches are right, but the best scored is not.
    assert_eq!(rows.iter().map(|row| row.accuracy).collect::<Vec<_>>(), [0.5, 0.5, 0.0]);
    assert_eq!(rows.iter().map(|row| row.tokens).collect::<Vec<_>>(), [30.0; 3]);

    let mut fake = Fake::default();
    let wanted = Wanted { early_stops: &["settled", "duplicates"], ..wanted };
    assert_eq!(evaluated(&grid(&wanted), &mut fake, 4).len(), 6);
    assert_eq!(fake.asked.len(), 4 * (3 + 1));
    // Majority alone needs no scores, and one branch has no vote.
    let grid = grid(&Wanted { branches: &[1, 3], votes: &[VoteKind::Majority], ..wanted });
    let runs: Vec<_> = grid.settings.iter().filter_map(|setting| setting.thinking.as_ref()).collect();
    assert_eq!((runs.len(), runs[0].branches, runs[0].early_stop.is_off()), (3, 1, true));
    assert!(runs.iter().all(|run| run.vote == VoteKind::Majority));
}

#[test]
fn questions_are_answered_together() {
    let thresholds = [Threshold::Sweep];
    let grid = grid(&Wanted { thresholds: &thresholds, branches: &[1, 3], ..Wanted::default() });
    let one = evaluated(&grid, &mut Fake::default(), 10);
    let mut fake = Fake { most: 4, ..Fake::default() };
    assert_eq!(evaluated(&grid, &mut fake, 10), one);
    assert_eq!(fake.asked.len(), 30);
    assert!(fake.asked.iter().take(4).any(|(index, _)| *index == 3));
}

#[test]
fn efforts_are_chosen_from_transcripts_of_fixed_ones() {
    let wanted = Wanted { policies: &[Policy::Reason], branches: &[3], within: &[200], ..Wanted::default() };
    let mut fake = Fake::default();
    let rows = evaluated(&grid(&wanted), &mut fake, 10);
    // Of one branch with 40 or 48 tokens, 2 and 3 with 48, and 3 with 64: the most within 200 times the difficulty, which
    // begins at 0.3. And 3 branches with 96, which are fixed.
    let mut efforts = [(0, 0, 0); 10];
    for (index, ask) in &fake.asked {
        if let Ask::This(Work::Reason(Thinking { branches, budget: Some(budget), .. })) = ask
            && (*branches, *budget) != (3, 96)
        {
            efforts[*index] = (*index, *branches, *budget);
        }
    }
    let chosen: Vec<_> = efforts.iter().map(|&(_, branches, budget)| (branches, budget)).collect();
    let wanted_efforts = [(1, 40), (1, 40), (1, 40), (1, 40), (1, 40), (1, 48), (1, 48), (2, 48), (2, 48), (3, 48)];
    assert_eq!(chosen, wanted_efforts);
    // The score comes with a chat answer, once a question; then one more for each of two lines.
    assert_eq!((rows.len(), fake.asked.len()), (2, 30));
    assert_eq!((rows[0].tokens, rows[1].tokens), (30.0, 14.0));
    let said = Grid::new(&Axes {
        policies: &[Policy::Reason],
        branches: &[1],
        budgets: &[],
        within: &[39],
        efforts: &Efforts::new(&manifest(), 1),
        votes: &[VoteKind::Majority],
        early_stops: &[EarlyStopSettings::default()],
        simulates: false,
        thresholds: &[],
        default_threshold: 0.5,
    });
    assert!(format!("{:#}", said.unwrap_err()).contains("39 tokens"));
}

#[test]
fn a_question_that_cannot_be_put_is_wrong_and_asked_once() {
    let mut fake = Fake { fails_at: Some(4), ..Fake::default() };
    let thresholds = [Threshold::Sweep];
    let rows = evaluated(&grid(&Wanted { thresholds: &thresholds, ..Wanted::default() }), &mut fake, 6);
    assert_eq!(rows.len(), 14);
    assert_eq!(rows[13].switcher_area, None, "a score is missing");
    assert!(rows.iter().all(|row| (row.questions, row.failed) == (6, 1)), "{rows:?}");
    assert!(fake.asked.iter().filter(|(index, _)| *index == 4).count() <= 2);
    assert_eq!(report::table(&rows).markdown().lines().count(), 16);
}

#[test]
fn an_interrupted_run_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answers.jsonl");
    let grid = grid(&Wanted::default());
    let all = evaluated(&grid, &mut Fake::default(), 5);
    let run = |fake: &mut Fake, settings: Value, is_cancelled: &dyn Fn() -> bool| {
        let mut journal = Journal::open(Some(&path), settings)?;
        let end = evaluate(&grid, &questions(5), &mut journal, fake, is_cancelled, &mut |_| {})?;
        anyhow::Ok((end, report::rows(&grid, &questions(5), &journal)))
    };
    let settings = json!({"seed": 1, "device": "a"});
    let mut fake = Fake { cancels_at: Some(3), ..Fake::default() };
    let (end, rows) = run(&mut fake, settings.clone(), &|| false).unwrap();
    assert_eq!((end, rows[0].questions, rows[1].questions), (End::Interrupted, 2, 1));

    // The machine stopped while it wrote.
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{whole}{{\"question\": 3, \"wo")).unwrap();
    let mut fake = Fake::default();
    let calls = Cell::new(0);
    let stops_later = || calls.replace(calls.get() + 1) >= 4;
    assert_eq!(run(&mut fake, settings.clone(), &stops_later).unwrap().0, End::Interrupted);
    let done = 3 + fake.asked.len();
    let mut fake = Fake::default();
    assert_eq!(run(&mut fake, settings.clone(), &|| false).unwrap(), (End::Done, all.clone()));
    assert_eq!(done + fake.asked.len(), 10);
    let mut idle = Fake::default();
    assert_eq!(run(&mut idle, settings.clone(), &|| false).unwrap(), (End::Done, all));
    assert!(idle.asked.is_empty());

    let said = format!("{:#}", run(&mut idle, json!({"seed": 2, "device": "a"}), &|| false).unwrap_err());
    assert!(said.contains("answers.jsonl") && said.contains("seed was 1, is 2") && !said.contains("device"), "{said}");
    // A line in the middle is nobody's accident.
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, whole.replacen("\"question\":0", "\"question\":", 1)).unwrap();
    let said = format!("{:#}", run(&mut idle, settings.clone(), &|| false).unwrap_err());
    assert!(said.contains("line 2 is damaged"), "{said}");
    for other in ["{\"question\": 1, \"answer\": 2}\n", "hello"] {
        std::fs::write(&path, other).unwrap();
        let said = format!("{:#}", run(&mut idle, settings.clone(), &|| false).unwrap_err());
        assert!(said.contains("no file of an evaluation"), "{said}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), other, "it is left as it was");
    }
    // A header that was cut short.
    std::fs::write(&path, "{\"ruminate_eval\":2,").unwrap();
    assert_eq!(run(&mut Fake::default(), settings, &|| false).unwrap().0, End::Done);
}

#[test]
fn a_duplicate_votes_as_its_original() {
    let branch = |text: &str, duplicate_of| Branch { answer: Answer::new(text), duplicate_of, ..Branch::default() };
    let thinking =
        Thinking { branches: 5, budget: None, vote: VoteKind::Majority, early_stop: EarlyStopSettings::default() };
    let transcript = Transcript {
        question: 0,
        work: Work::Reason(thinking),
        score: None,
        branches: vec![
            branch("5", None),
            branch("6", None),
            branch("", Some(1)),
            branch("", Some(2)),
            branch("5", None),
        ],
        tokens: 0,
        first_token_seconds: 0.0,
        seconds: 0.0,
        joules: None,
        error: None,
        tape: Vec::new(),
        is_simulated: false,
    };
    assert_eq!(transcript.answer(VoteKind::Majority).unwrap().key(), "6");
    let back: Transcript = serde_json::from_str(&serde_json::to_string(&transcript).unwrap()).unwrap();
    assert_eq!(back, transcript);
}
