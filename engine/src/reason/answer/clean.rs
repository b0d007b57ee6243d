//! Taking Markdown and LaTeX off an answer.

/// The content of the last `\boxed{…}`, braces inside it counted.
pub(super) fn boxed(text: &str) -> Option<&str> {
    const BOXED: &str = "\\boxed";
    let at = text.rfind(BOXED)?;
    group(text[at + BOXED.len()..].trim_start()).map(|(content, _)| content)
}

/// `{content}rest`
fn group(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('{')?;
    let mut depth = 1;
    for (at, character) in inner.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&inner[..at], &inner[at + 1..]));
        }
    }
    None
}

/// The text without marks of Markdown and LaTeX: fractions as `a/b`, `\text{…}` as its words, spaces collapsed.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if character == '\\'
            && let Some(after) = command(&rest[1..], &mut out)
        {
            rest = after;
            continue;
        }
        let after = &rest[character.len_utf8()..];
        rest = match character {
            // Markdown's bold, and code.
            '*' if after.starts_with('*') => &after[1..],
            '`' => after,
            // 1{,}000
            '{' if after.starts_with(",}") => {
                out.push(',');
                &after[2..]
            }
            '_' if after.starts_with('_') => after.trim_start_matches('_'),
            _ => {
                match vulgar(character) {
                    Some(fraction) => out.extend([" ", fraction]),
                    None if character.is_whitespace() => out.push(' '),
                    None => out.push(character),
                }
                after
            }
        };
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Writes what a LaTeX command stands for; gives what follows it, or nothing if it is to stay as it is.
fn command<'a>(text: &'a str, out: &mut String) -> Option<&'a str> {
    let length = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (name, rest) = text.split_at(length);
    match name {
        "" => {
            let symbol = text.chars().next()?;
            match symbol {
                '$' | '%' | '#' | '&' | '{' | '}' | '_' => out.push(symbol),
                ',' | ';' | ':' | '!' => {}
                ' ' | '\\' => out.push(' '),
                '(' | ')' | '[' | ']' => {}
                _ => return None,
            }
            Some(&text[symbol.len_utf8()..])
        }
        "frac" | "dfrac" | "tfrac" => {
            let (above, rest) = argument(rest)?;
            let (below, rest) = argument(rest)?;
            let bare = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == '.');
            // The space makes 1\frac{1}{2} a mixed number.
            match bare(above) && bare(below) {
                true => out.extend([" ", above, "/", below]),
                false => out.extend([" (", &plain(above), ")/(", &plain(below), ")"]),
            }
            // A minus before it is the fraction's.
            Some(rest)
        }
        "text" | "textbf" | "textit" | "mathrm" | "mathbf" | "mbox" | "emph" | "boxed" => {
            let (words, rest) = group(rest.trim_start())?;
            out.extend([" ", &plain(words)]);
            Some(rest)
        }
        "left" | "right" | "displaystyle" => Some(rest),
        "quad" | "qquad" => {
            out.push(' ');
            Some(rest)
        }
        _ => None,
    }
}

/// A command's argument: `{content}`, or one character.
fn argument(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    group(text).or_else(|| {
        let first = text.chars().next().filter(|&c| c != '{')?;
        Some(text.split_at(first.len_utf8()))
    })
}

fn vulgar(character: char) -> Option<&'static str> {
    Some(match character {
        '½' => "1/2",
        '⅓' => "1/3",
        '⅔' => "2/3",
        '¼' => "1/4",
        '¾' => "3/4",
        '⅕' => "1/5",
        '⅖' => "2/5",
        '⅗' => "3/5",
        '⅘' => "4/5",
        '⅙' => "1/6",
        '⅚' => "5/6",
        '⅛' => "1/8",
        '⅜' => "3/8",
        '⅝' => "5/8",
        '⅞' => "7/8",
        _ => return None,
    })
}
