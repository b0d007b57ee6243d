//! Rules of early stop in words, for command lines and tables: `none`, or rules joined by `+`, each with its most telling
//! number if that is not the default: `settled=0.05+duplicates`.

use super::{ConfidenceSettings, DuplicateSettings, EarlyStopSettings, SettledSettings};
use std::fmt;
use std::str::FromStr;

impl fmt::Display for EarlyStopSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = |name: &str, number: f64, default: f64| {
            if number == default { name.to_owned() } else { format!("{name}={number}") }
        };
        let settled = self.settled.map(|s| rule("settled", s.improbable, SettledSettings::default().improbable));
        let confidence =
            self.confidence.map(|s| rule("confidence", s.quantile, ConfidenceSettings::default().quantile));
        let duplicates =
            self.duplicates.map(|s| rule("duplicates", s.similarity, DuplicateSettings::default().similarity));
        let rules: Vec<String> = [settled, confidence, duplicates].into_iter().flatten().collect();
        f.pad(&if rules.is_empty() { "none".to_owned() } else { rules.join("+") })
    }
}

impl FromStr for EarlyStopSettings {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut settings = Self::default();
        if text == "none" {
            return Ok(settings);
        }
        for rule in text.split('+') {
            let (name, number) = rule.split_once('=').map_or((rule, None), |(name, number)| (name, Some(number)));
            let number = |default: f64| match number {
                None => Ok(default),
                Some(number) => number.parse().map_err(|_| format!("{number:?} of {rule:?} is no number")),
            };
            match name {
                "settled" => {
                    let improbable = number(SettledSettings::default().improbable)?;
                    settings.settled = Some(SettledSettings { improbable });
                }
                "confidence" => {
                    let quantile = number(ConfidenceSettings::default().quantile)?;
                    settings.confidence = Some(ConfidenceSettings { quantile, ..ConfidenceSettings::default() });
                }
                "duplicates" => {
                    let similarity = number(DuplicateSettings::default().similarity)?;
                    settings.duplicates = Some(DuplicateSettings { similarity, ..DuplicateSettings::default() });
                }
                _ => {
                    return Err(format!(
                        "{rule:?} is no rule: use none, or settled, confidence and duplicates joined by +"
                    ));
                }
            }
        }
        settings.validate().map_err(|error| error.to_string())?;
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_back() {
        for text in ["none", "settled", "settled=0.05", "confidence=0.5", "settled+confidence+duplicates=0.8"] {
            let settings: EarlyStopSettings = text.parse().unwrap();
            assert_eq!(settings.to_string(), text);
        }
        assert!("none".parse::<EarlyStopSettings>().unwrap().is_off());
        for (text, part) in [("", "no rule"), ("luck", "luck"), ("settled=x", "no number"), ("settled=2", "improbable")]
        {
            let said = text.parse::<EarlyStopSettings>().unwrap_err();
            assert!(said.contains(part), "{said}");
        }
    }
}
