//! Which seeds are run, and what came of all of them together.

use crate::run::Outcome;

/// Seeds that once found something, then as many as asked for, from 1 on.
#[must_use]
pub fn plan(count: u64) -> Vec<u64> {
    let mut seeds = kept_seeds(include_str!("../seeds.txt"));
    seeds.extend(1..=count);
    seeds
}

/// The seeds in the text of a file that keeps them: one a line, words after `#` are for people.
#[must_use]
pub fn kept_seeds(text: &str) -> Vec<u64> {
    let numbers = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    numbers.filter_map(|number| number.parse().ok()).collect()
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
        assert_eq!(kept_seeds("# why\n12 # what\n\n7\n"), [12, 7]);
        assert!(plan(3).ends_with(&[1, 2, 3]));
    }
}
