use super::*;
use proptest::prelude::*;

fn key(text: &str) -> String {
    Answer::new(text).map_or_else(String::new, |answer| answer.key)
}

#[test]
fn numbers_in_any_dress() {
    for (wanted, forms) in [
        ("3", &["3", "3.0", "3.00", " 3 ", "+3", "$3", "$3.00", "3 apples", "**3**", "3.", "03", "\\boxed{3}"][..]),
        ("3", &["3%", "3 %", "3\\%", "\\(3\\)", "$3$", "`3`", "x = 3", "The answer is 3.", "1 + 2 = 3", "€3", "3€"]),
        ("3", &["3 km/h", "3 m^2", "3m2", "3-year-old", "6/2", "(3)", "Total: 3 dollars", "3 (three)", "= 3", "3rd"]),
        ("-3", &["-3", "−3", "- 3", "-$3", "$-3", "-3.0 degrees", "\\boxed{-3}"]),
        ("1234567", &["1,234,567", "1234567", "$1,234,567.00", "1{,}234{,}567", "1234567 people", "1.234567e6"]),
        ("1/2", &["1/2", "0.5", ".5", "\\frac{1}{2}", "\\frac12", "\\dfrac{1}{2}", "½", "2/4", "1 / 2 cup", "5e-1"]),
        ("3/2", &["1 1/2", "1.5", "1\\frac{1}{2}", "1½", "3/2", "1 1/2 hours", "$1.50", "$1\\frac{1}{2}$"]),
        ("-1/2", &["-1/2", "-\\frac{1}{2}", "-0.5", "- 1/2"]),
        ("0", &["0", "-0", "0.000", "0/5", "$0"]),
        ("42", &["\\boxed{\\text{42 apples}}", "42\\text{ apples}", "\\boxed{42}.", "US$42", "$42 \\text{ dollars}$"]),
    ] {
        for form in forms {
            assert_eq!(key(form), wanted, "{form:?}");
        }
    }
}

#[test]
fn several_numbers_are_no_number() {
    for text in [
        "3 apples and 4 pears",
        "10:30",
        "2024-01-05",
        "1.2.3",
        "1,23",
        "0,123",
        "5 + 3",
        "5x3",
        "5 ft 3 in",
        "2^10",
        "(1, 2)",
        "1/0",
        "1 000",
        "5 - x",
        "123456789012345678901234567890123456789012",
    ] {
        assert_eq!(key(text), bare(text).to_lowercase(), "{text:?}");
    }
}

#[test]
fn choices_words_and_nothing() {
    for text in ["(B)", "B", "b", "B.", "**B**", "(b).", "\\boxed{B}", "\\text{(B)}", "(B) a dog", "B) 42", "Option B"]
    {
        assert_eq!(key(text), "B", "{text:?}");
    }
    assert_eq!(key("The answer is (C)."), "C");
    assert_eq!(key("A dog"), "a dog");
    assert_eq!(key("F"), "f");
    for text in ["Yes", "yes.", "**Yes**", "Yes, she can."] {
        assert_eq!(key(text), "yes", "{text:?}");
    }
    assert_eq!(key("no"), "no");
    assert_eq!(key("No one"), "no one");
    assert_eq!(key("  New   York. "), "new york");
    assert_eq!(key("\\frac{x+1}{2}"), "(x+1)/(2)");
    for text in ["", "   ", ".", "**", "\\boxed{}", "$"] {
        assert_eq!(Answer::new(text), None, "{text:?}");
    }
}

#[test]
fn the_last_marker_counts_and_its_first_line() {
    let find = |text| Answer::in_response(text, "Answer:").map(|answer| (answer.text, answer.key));
    let found = |text: &str, key: &str| Some((text.to_owned(), key.to_owned()));
    assert_eq!(find("<think>\nAnswer: 3?\n</think>\nAnswer: 42 apples\nor so"), found("42 apples", "42"));
    assert_eq!(find("Answer:\n\n7"), found("7", "7"));
    assert_eq!(find("Answer: 3\nAnswer:"), None);
    assert_eq!(find("so \\boxed{1} or \\boxed{\\frac{1}{2}}"), found("\\frac{1}{2}", "1/2"));
    assert_eq!(find("**Answer:** 5"), found("** 5", "5"));
    assert_eq!(find("it is 3"), None);
    assert_eq!(find("\\boxed{3"), None);
    let chat = |text| Answer::in_chat(text, "Answer:").map(|answer| answer.key);
    for (reply, wanted) in [
        ("She has 3 + 4 = 7 apples. So 7, not 8.", "8"),
        ("It costs $1,250.50!", "2501/2"),
        ("He writes 12*52=624 pages a year", "624"),
        ("He has 450,000-2000=$448,000", "448000"),
        ("She saves $100-$38", "38"),
        ("20 - 5 is 15, and 3 - 2", "2"),
        ("It is -5.", "-5"),
        ("A loss of -$2.50 in Q3", "-5/2"),
        ("He eats 1 1/2 or \\frac{3}{4}.", "3/4"),
        ("Room B12 has 4.", "4"),
    ] {
        assert_eq!(chat(reply).as_deref(), Some(wanted), "{reply}");
    }
    assert_eq!(chat("Answer: 5 or 6"), Some("5 or 6".into()));
    assert_eq!(chat("Paris.\nA city."), Some("paris".into()));
}

/// An integer with a comma before each third digit from the right.
fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let comma = |(at, digit): (usize, char)| {
        let is_group = at > 0 && (digits.len() - at).is_multiple_of(3);
        [is_group.then_some(','), Some(digit)]
    };
    digits.chars().enumerate().flat_map(comma).flatten().collect()
}

proptest! {
    #[test]
    fn forms_of_one_number_meet(whole in 0u64.., cents in 0u32..100, negative: bool, zeros in 0usize..4) {
        let sign = if negative { "-" } else { "" };
        let plain = key(&format!("{sign}{whole}.{cents:02}"));
        for form in [
            format!("{sign}{}.{cents:02}{}", with_commas(whole), "0".repeat(zeros)),
            format!("**{sign}${}.{cents:02}**", with_commas(whole)),
            format!("{sign}{whole}.{cents:02} dollars per hour."),
            format!("\\boxed{{{sign}{whole}.{cents:02}}}"),
            format!("{sign}\\frac{{{}}}{{100}}", u128::from(whole) * 100 + u128::from(cents)),
            format!("{sign}{whole} {cents}/100"),
        ] {
            prop_assert_eq!(&key(&form), &plain, "{}", form);
        }
    }

    #[test]
    fn different_numbers_differ(a in -2000i64..2000, b in 1i64..60, c in -2000i64..2000, d in 1i64..60) {
        prop_assert_eq!(key(&format!("{a}/{b}")) == key(&format!("{c}/{d}")), a * d == c * b);
    }

    #[test]
    fn no_text_panics(text in "(?s).{0,40}|[-+$0-9.,/ {}()a-eA-E\\\\*=:½]{0,24}|(\\\\boxed|\\\\frac|\\{|\\}|1|Answer:|\\\\text| ){0,12}") {
        for answer in [Answer::new(&text), Answer::in_response(&text, "Answer:"), Answer::in_chat(&text, "Answer:")].into_iter().flatten() {
            prop_assert!(!answer.key.is_empty());
        }
        // A key means itself, so that answers can be kept as keys.
        if let Some(answer) = Answer::new(&text) {
            prop_assert!(answer.agrees_with(&answer));
        }
    }
}
