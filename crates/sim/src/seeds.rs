//! Which seeds are run, and what came of all of them together.

use crate::run::Outcome;

/// Seeds that once found something, then those of the first `count` that are not among them.
#[must_use]
pub fn plan(suite: &str, count: u64) -> Vec<u64> {
    let mut seeds = kept_seeds(suite, include_str!("../seeds.txt"));
    // Once each: what came of a seed is put in order by its number.
    let fresh: Vec<u64> = (1..=count).filter(|seed| !seeds.contains(seed)).collect();
    seeds.extend(fresh);
    seeds
}

/// The seeds of a suite in the text of a file that keeps them: one a line, the name of the suite
/// before it, words after `#` are for people.
#[must_use]
pub fn kept_seeds(suite: &str, text: &str) -> Vec<u64> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let numbers = lines.filter_map(|line| line.strip_prefix(suite));
    numbers.filter_map(|number| number.trim().parse().ok()).collect()
}

/// The hash over the outputs of all runs, in the order of the runs.
#[must_use]
pub fn combined_hash(outcomes: &[Outcome]) -> String {
    let mut hasher = blake3::Hasher::new();
    for outcome in outcomes {
        hasher.update(&outcome.hash);
    }
    hasher.finalize().to_hex().as_str().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{kept_seeds, plan};

    #[test]
    fn kept_seeds_come_first_and_comments_are_skipped() {
        let text = "# why\nfoundation 12 # what\n\ngraph 9\nfoundation 7\n";
        assert_eq!(kept_seeds("foundation", text), [12, 7]);
        assert!(plan("graph", 3).ends_with(&[1, 2, 3]));
    }
}
