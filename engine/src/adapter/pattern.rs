//! `rank_pattern` and `alpha_pattern` of a PEFT configuration: values for the modules whose names match.
//!
//! PEFT takes the first key, in the file's order, for which Python's `re.match(rf"(.*\.)?({key})$", name)` holds.

use fancy_regex::Regex;

use crate::formats::members::Members;

/// No key that PEFT or a person writes is longer, in bytes.
const MAX_KEY: usize = 4096;

/// A pattern's keys, ready to match.
#[derive(Debug)]
pub(super) struct Patterns<V>(Vec<(Key, V)>);

#[derive(Debug)]
enum Key {
    /// Letters, digits, `_` and dots: the end of a name, from a dot on.
    Plain(String),
    Regex(Box<Regex>),
}

impl<V: Copy> Patterns<V> {
    /// Compiles the keys.
    ///
    /// # Errors
    /// The first key that cannot be matched, and why.
    pub fn new(members: Members<V>) -> Result<Self, (String, String)> {
        let compile = |(key, value): (String, V)| match Key::new(&key) {
            Ok(compiled) => Ok((compiled, value)),
            Err(problem) => Err((key, problem)),
        };
        members.0.into_iter().map(compile).collect::<Result<_, _>>().map(Self)
    }

    /// The value for a module, by its dotted name.
    ///
    /// # Errors
    /// Why a key could not be matched.
    pub fn find(&self, name: &str) -> Result<Option<V>, String> {
        for (key, value) in &self.0 {
            if key.matches(name)? {
                return Ok(Some(*value));
            }
        }
        Ok(None)
    }
}

impl Key {
    fn new(key: &str) -> Result<Self, String> {
        if key.len() > MAX_KEY {
            return Err(format!("it is longer than {MAX_KEY} bytes"));
        }
        if key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')) {
            return Ok(Self::Plain(key.to_owned()));
        }
        // Grouped as PEFT groups it, so that alternatives and back-references mean the same.
        Regex::new(&format!(r"^(.*\.)?({key})$")).map(|regex| Self::Regex(Box::new(regex))).map_err(|e| e.to_string())
    }

    fn matches(&self, name: &str) -> Result<bool, String> {
        match self {
            Self::Plain(key) => Ok(ends_with(name.as_bytes(), key.as_bytes())),
            Self::Regex(regex) => regex.is_match(name).map_err(|e| e.to_string()),
        }
    }
}

/// Whether a name ends with the key, at its start or after a dot. To Python, a dot in the key is any character.
fn ends_with(name: &[u8], key: &[u8]) -> bool {
    let Some(start) = name.len().checked_sub(key.len()) else { return false };
    (start == 0 || name[start - 1] == b'.') && name[start..].iter().zip(key).all(|(n, k)| n == k || *k == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "model.layers.1.self_attn.q_proj";

    fn find(keys: &[&str], name: &str) -> Option<usize> {
        let members = keys.iter().enumerate().map(|(i, key)| ((*key).to_owned(), i)).collect();
        Patterns::new(Members(members)).unwrap().find(name).unwrap()
    }

    #[test]
    fn plain_keys_match_whole_segments_at_the_end() {
        for key in ["q_proj", "self_attn.q_proj", "layers.1.self_attn.q_proj", NAME, "1.self_attn.q.proj"] {
            assert_eq!(find(&[key], NAME), Some(0), "{key}");
        }
        for key in ["proj", "self_attn", "layers.2.self_attn.q_proj", "x.model.layers.1.self_attn.q_proj"] {
            assert_eq!(find(&[key], NAME), None, "{key}");
        }
        assert_eq!(find(&["1.self_attn.q_proj"], "model.layers.11.self_attn.q_proj"), None);
    }

    #[test]
    fn regular_expressions_match_as_in_python() {
        for key in [r"layers\.\d+\.self_attn\.q_proj", "(q|k)_proj", r".*\.1\..*", "^model.*q_proj", "q_proj|k_proj"] {
            assert_eq!(find(&[key], NAME), Some(0), "{key}");
        }
        for key in ["(k|v)_proj", r"layers\.[23]\..*", "^layers.*", r"(?!q)._proj"] {
            assert_eq!(find(&[key], NAME), None, "{key}");
        }
    }

    #[test]
    fn the_first_key_of_the_file_wins() {
        assert_eq!(find(&["v_proj", "q_proj", NAME], NAME), Some(1));
        let members: Members<u32> = serde_json::from_str(r#"{"z": 1, "a": 2, "m": 3}"#).unwrap();
        assert_eq!(members.0, [("z".to_owned(), 1), ("a".to_owned(), 2), ("m".to_owned(), 3)]);
    }

    #[test]
    fn keys_that_do_not_compile_are_named() {
        for key in ["(q_proj", "[", "*", &"(".repeat(3000), &"a".repeat(5000), "((a{1000}){1000}){1000}"] {
            let (named, _why) = Patterns::new(Members(vec![(key.to_owned(), 1)])).unwrap_err();
            assert_eq!(named, key);
        }
    }

    #[test]
    fn a_key_that_never_ends_is_an_error() {
        let patterns = Patterns::new(Members(vec![(r"(a|aa)+\1x".to_owned(), 1)])).unwrap();
        assert!(patterns.find(&"a".repeat(200)).is_err());
    }
}
