//! Rules of early stop in words, for command lines and tables: `none`, or rules joined by `+`. A rule's most telling
//! number follows `=`, others by name after `:`, each only if it is not the default:
//! `settled=0.05+confidence=0.5:window=16+duplicates=0.8:gram=4:least-tokens=32`.

use super::{ConfidenceSettings, DuplicateSettings, EarlyStopSettings, SettledSettings};
use std::fmt;
use std::str::FromStr;

/// How the words go.
const SYNTAX: &str = "none, or rules joined by +: settled[=PROBABILITY], \
                          confidence[=QUANTILE][:window=TOKENS][:least-ended=BRANCHES], \
                          duplicates[=SIMILARITY][:gram=TOKENS][:least-tokens=TOKENS]";

impl fmt::Display for EarlyStopSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rules: Vec<String> = Vec::new();
        if let Some(SettledSettings { improbable }) = self.settled {
            rules.push("settled".to_owned() + &said("=", improbable, SettledSettings::default().improbable));
        }
        if let Some(ConfidenceSettings { window, quantile, least_ended }) = self.confidence {
            let default = ConfidenceSettings::default();
            let quantile = said("=", quantile, default.quantile);
            let window = said(":window=", window, default.window);
            rules.push(format!(
                "confidence{quantile}{window}{}",
                said(":least-ended=", least_ended, default.least_ended)
            ));
        }
        if let Some(DuplicateSettings { gram, similarity, least_tokens }) = self.duplicates {
            let default = DuplicateSettings::default();
            let similarity = said("=", similarity, default.similarity);
            let gram = said(":gram=", gram, default.gram);
            let least_tokens = said(":least-tokens=", least_tokens, default.least_tokens);
            rules.push(format!("duplicates{similarity}{gram}{least_tokens}"));
        }
        f.pad(&if rules.is_empty() { "none".to_owned() } else { rules.join("+") })
    }
}

fn said<T: PartialEq + fmt::Display>(sign: &str, value: T, default: T) -> String {
    if value == default { String::new() } else { format!("{sign}{value}") }
}

impl FromStr for EarlyStopSettings {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut settings = Self::default();
        if text == "none" {
            return Ok(settings);
        }
        for rule in text.split('+') {
            let mut words =
                rule.split(':').map(|word| word.split_once('=').map_or((word, None), |(n, v)| (n, Some(v))));
            let (name, number) = words.next().unwrap_or_default();
            match name {
                "settled" => {
                    let settled = settings.settled.insert(SettledSettings::default());
                    set(rule, number, &mut settled.improbable)?;
                    words.try_for_each(|word| unknown(rule, word))?;
                }
                "confidence" => {
                    let confidence = settings.confidence.insert(ConfidenceSettings::default());
                    set(rule, number, &mut confidence.quantile)?;
                    words.try_for_each(|word| match word {
                        ("window", value @ Some(_)) => set(rule, value, &mut confidence.window),
                        ("least-ended", value @ Some(_)) => set(rule, value, &mut confidence.least_ended),
                        _ => unknown(rule, word),
                    })?;
                }
                "duplicates" => {
                    let duplicates = settings.duplicates.insert(DuplicateSettings::default());
                    set(rule, number, &mut duplicates.similarity)?;
                    words.try_for_each(|word| match word {
                        ("gram", value @ Some(_)) => set(rule, value, &mut duplicates.gram),
                        ("least-tokens", value @ Some(_)) => set(rule, value, &mut duplicates.least_tokens),
                        _ => unknown(rule, word),
                    })?;
                }
                _ => return Err(format!("{rule:?} is no rule: use {SYNTAX}")),
            }
        }
        settings.validate().map_err(|error| error.to_string())?;
        Ok(settings)
    }
}

fn set<T: FromStr>(rule: &str, number: Option<&str>, value: &mut T) -> Result<(), String> {
    if let Some(number) = number {
        *value = number.parse().map_err(|_| format!("{number:?} of {rule:?} is no number that fits there"))?;
    }
    Ok(())
}

fn unknown(rule: &str, (name, _): (&str, Option<&str>)) -> Result<(), String> {
    Err(format!("{name:?} of {rule:?} is no number of that rule: use {SYNTAX}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_back() {
        for text in [
            "none",
            "settled",
            "settled=0.05",
            "confidence=0.5",
            "confidence=0.5:window=16:least-ended=3",
            "confidence:least-ended=1",
            "settled+confidence+duplicates=0.8",
            "duplicates:gram=4:least-tokens=20",
        ] {
            let settings: EarlyStopSettings = text.parse().unwrap();
            assert_eq!(settings.to_string(), text);
        }
        assert!("none".parse::<EarlyStopSettings>().unwrap().is_off());
        let settings: EarlyStopSettings = "confidence=0.2:window=8".parse().unwrap();
        assert_eq!(settings.confidence.unwrap(), ConfidenceSettings { quantile: 0.2, window: 8, least_ended: 2 });
        for (text, part) in [
            ("", "no rule"),
            ("luck", "luck"),
            ("settled=x", "no number"),
            ("settled=2", "improbable"),
            ("settled:window=3", "window"),
            ("confidence:window", "window"),
            ("confidence:window=0.5", "0.5"),
            ("confidence:window=0", "window"),
            ("duplicates:size=3", "size"),
        ] {
            let said = text.parse::<EarlyStopSettings>().unwrap_err();
            assert!(said.contains(part), "{said}");
        }
    }
}
