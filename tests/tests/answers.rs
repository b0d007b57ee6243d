//! What answers mean, in cases that training code in other languages can read too: `goldens/answers.json` has
//! `[text, key]` pairs, with null where there is no answer.

use ruminate::reason::Answer;
use ruminate_tests::goldens_folder;
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    /// Answers that stand alone.
    alone: Vec<(String, Option<String>)>,
    /// Reasoned responses, whose marker is `Answer:`.
    responses: Vec<(String, Option<String>)>,
    /// Replies that were not asked for in any form.
    chat: Vec<(String, Option<String>)>,
}

#[test]
fn answers_mean_what_the_golden_says() {
    let text = std::fs::read_to_string(goldens_folder().join("answers.json")).unwrap();
    let cases: Cases = serde_json::from_str(&text).unwrap();
    let check = |cases: &[(String, Option<String>)], read: &dyn Fn(&str) -> Option<Answer>| {
        for (text, wanted) in cases {
            assert_eq!(read(text).as_ref().map(Answer::key), wanted.as_deref(), "{text:?}");
        }
    };
    check(&cases.alone, &Answer::new);
    check(&cases.responses, &|text| Answer::in_response(text, "Answer:"));
    check(&cases.chat, &|text| Answer::in_chat(text, "Answer:"));
}
