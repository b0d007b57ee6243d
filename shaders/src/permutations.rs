//! The list of permutations, expanded from `permutations.txt`.

/// Every permutation's name.
pub fn permutations() -> Vec<String> {
    include_str!("../permutations.txt").lines().flat_map(expand).collect()
}

/// Whether `name` is in the list: the engine only builds pipelines of listed permutations, so all are tested.
pub fn is_listed(name: &str) -> bool {
    use std::{collections::HashSet, sync::OnceLock};
    static NAMES: OnceLock<HashSet<String>> = OnceLock::new();
    NAMES.get_or_init(|| permutations().into_iter().collect()).contains(name)
}

fn expand(line: &str) -> Vec<String> {
    let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
    let Some(kernel) = words.next() else { return Vec::new() };
    words.fold(vec![kernel.to_owned()], |names, axis| {
        names
            .iter()
            .flat_map(|name| {
                axis.split('|').map(move |choice| match choice {
                    "-" => name.clone(),
                    define => format!("{name}+{define}"),
                })
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn axes_multiply_and_dash_adds_nothing() {
        assert_eq!(expand("k A|B -|C # note"), ["k+A", "k+A+C", "k+B", "k+B+C"]);
        assert!(expand("# only a comment").is_empty());
    }
}
