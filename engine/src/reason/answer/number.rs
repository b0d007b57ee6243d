//! Exact numbers as people and models write them.

use std::fmt;

/// Signs of currencies, which say nothing about a number's value. A dollar also encloses LaTeX.
const CURRENCIES: [char; 7] = ['$', '€', '£', '¥', '₹', '₽', '₩'];
/// What may stand between a number and words that are its unit.
const OPERATORS: [char; 14] = ['+', '-', '−', '*', '×', '·', '/', '÷', '=', '<', '>', '^', ':', '≈'];
/// Larger exponents overflow anyway.
const MAX_EXPONENT: i32 = 38;

/// A reduced fraction; whatever does not fit is no number here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rational {
    numerator: i128,
    /// At least 1.
    denominator: i128,
}

impl fmt::Display for Rational {
    /// `n`, or `n/d`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator {
            1 => write!(f, "{}", self.numerator),
            _ => write!(f, "{}/{}", self.numerator, self.denominator),
        }
    }
}

impl Rational {
    /// The number that a text is: sign, currency, digits with thousands commas and decimals, a fraction `a/b` or a mixed
    /// number `1 1/2`, and after it a unit or other words without further numbers. A percent sign is a unit.
    pub fn parse(text: &str) -> Option<Self> {
        let (is_negative, rest) = sign_and_currency(text);
        let (number, rest) = Self::fraction(rest)?;
        is_unit(rest).then_some(())?;
        Some(number.negated(is_negative))
    }

    /// The last number in a text, wherever it stands; digits inside words are none.
    pub fn last_in(text: &str) -> Option<Self> {
        let mut last = None;
        let mut at = 0;
        while let Some(first) = text[at..].chars().next() {
            let is_start = (first.is_ascii_digit() || first == '.') && !text[..at].ends_with(char::is_alphanumeric);
            at = match is_start.then(|| Self::fraction(&text[at..])).flatten() {
                Some((number, rest)) => {
                    last = Some(number.negated(ends_with_sign(&text[..at])));
                    text.len() - rest.len()
                }
                None => at + first.len_utf8(),
            };
        }
        last
    }

    fn negated(self, is_negative: bool) -> Self {
        if is_negative { Self { numerator: -self.numerator, ..self } } else { self }
    }

    fn new(numerator: i128, denominator: i128) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let common = gcd(numerator, denominator);
        Some(Self { numerator: numerator / common, denominator: denominator / common })
    }

    /// `a`, `a/b` or `a b/c`, without signs, and what follows.
    fn fraction(text: &str) -> Option<(Self, &str)> {
        let (whole, rest) = Self::decimal(text)?;
        if let Some((below, rest)) = rest.trim_start().strip_prefix('/').and_then(|r| Self::decimal(r.trim_start())) {
            return Some((whole.divide(below)?, rest));
        }
        let mixed = || {
            let (above, rest) = Self::decimal(rest.strip_prefix(' ')?.trim_start())?;
            let (below, rest) = Self::decimal(rest.strip_prefix('/')?)?;
            let is_mixed = [whole, above, below].iter().all(|part| part.denominator == 1);
            is_mixed.then_some((whole.add(above.divide(below)?)?, rest))
        };
        mixed().or(Some((whole, rest)))
    }

    /// Digits, and what follows them.
    fn decimal(text: &str) -> Option<(Self, &str)> {
        let (first, mut rest) = digits(text);
        let mut whole = first.to_owned();
        // A zero before the comma is somebody's decimal comma.
        if (1..=3).contains(&first.len()) && !first.starts_with('0') {
            while let Some((group, after)) = rest.strip_prefix(',').map(digits).filter(|(group, _)| group.len() == 3) {
                whole.push_str(group);
                rest = after;
            }
        }
        let decimals = rest.strip_prefix('.').map(digits).filter(|(decimals, _)| !decimals.is_empty());
        let (decimals, rest) = decimals.unwrap_or(("", rest));
        if whole.is_empty() && decimals.is_empty() {
            return None;
        }
        let decimals = decimals.trim_end_matches('0');
        let (exponent, rest) = exponent(rest);
        let digit = |sum: i128, digit: u8| sum.checked_mul(10)?.checked_add(i128::from(digit - b'0'));
        let value = whole.bytes().chain(decimals.bytes()).try_fold(0, digit)?;
        let shift = exponent.checked_sub(i32::try_from(decimals.len()).ok()?)?;
        let power = 10i128.checked_pow(shift.unsigned_abs())?;
        let number = if shift < 0 { Self::new(value, power)? } else { Self::new(value.checked_mul(power)?, 1)? };
        Some((number, rest))
    }

    fn divide(self, by: Self) -> Option<Self> {
        let numerator = self.numerator.checked_mul(by.denominator)?;
        Self::new(numerator, self.denominator.checked_mul(by.numerator)?)
    }

    fn add(self, other: Self) -> Option<Self> {
        let (left, right) =
            (self.numerator.checked_mul(other.denominator)?, other.numerator.checked_mul(self.denominator)?);
        Self::new(left.checked_add(right)?, self.denominator.checked_mul(other.denominator)?)
    }
}

/// Of numbers that are not negative, and not both 0.
fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Whether the text before a number makes it negative, and the text from the number on.
fn sign_and_currency(text: &str) -> (bool, &str) {
    let mut rest = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '=' | '≈' | '~'));
    let mut is_negative = false;
    let mut has_sign = false;
    loop {
        let Some(first) = rest.chars().next() else { return (is_negative, rest) };
        if !has_sign && matches!(first, '-' | '−' | '+') {
            has_sign = true;
            is_negative = first != '+';
        } else if !CURRENCIES.contains(&first) && !first.is_whitespace() {
            return match rest.strip_prefix("US$") {
                Some(after) => (is_negative, after),
                None => (is_negative, rest),
            };
        }
        rest = &rest[first.len_utf8()..];
    }
}

/// Whether a minus that belongs to the number behind it ends a text: one between numbers subtracts.
fn ends_with_sign(text: &str) -> bool {
    let before = text.trim_end_matches(CURRENCIES).strip_suffix(['-', '−']);
    before.is_some_and(|before| !before.trim_end().ends_with(|c: char| c.is_ascii_digit() || matches!(c, ')' | '%')))
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// `e-3` and the like; 0 where none is.
fn exponent(text: &str) -> (i32, &str) {
    let parse = || {
        let rest = text.strip_prefix(['e', 'E'])?;
        let (sign, rest) = match rest.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, rest.strip_prefix('+').unwrap_or(rest)),
        };
        let (digits, rest) = digits(rest);
        let exponent: i32 = digits.parse().ok().filter(|exponent| *exponent <= MAX_EXPONENT)?;
        Some((sign * exponent, rest))
    };
    parse().unwrap_or((0, text))
}

/// Whether what follows a number leaves its value alone: a unit, or words without numbers. `5 + x` and `10:30` do not.
fn is_unit(rest: &str) -> bool {
    let trimmed = rest.trim_start();
    let mut characters = trimmed.chars();
    if let Some(first) = characters.next()
        && OPERATORS.contains(&first)
    {
        // km/h is a unit, and 5-year-old holds one.
        let is_joined = matches!(first, '/' | '-') && characters.next().is_some_and(char::is_alphabetic);
        if !is_joined {
            return trimmed == ":";
        }
    }
    // 5x3 is a product.
    if trimmed.strip_prefix(['x', 'X']).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        return false;
    }
    // Digits of m2, m^2 and m^{2} belong to the unit.
    let mut before = ' ';
    for character in rest.chars() {
        if character.is_ascii_digit() && !(before.is_alphanumeric() || matches!(before, '^' | '{')) {
            return false;
        }
        before = character;
    }
    true
}
