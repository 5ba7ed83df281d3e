//! Two members find out what they lack of each other.

use std::collections::BTreeSet;

use lacis_core::graph::reconcile::{advance, answer, begin};
use lacis_core::graph::{CopyKey, Index};
use lacis_wire::record::CopyName;
use proptest::collection::{btree_set, vec};
use proptest::prelude::{ProptestConfig, any, proptest};
use proptest::prop_assert_eq;

/// What a run found, and what it cost.
#[derive(Debug, Default)]
struct Run {
    have: BTreeSet<CopyName>,
    need: BTreeSet<CopyName>,
    bytes: usize,
    rounds: usize,
}

fn run(ours: &Index, theirs: &Index) -> Run {
    let mut run = Run::default();
    let mut question = begin(ours).expect("the first question");
    for _ in 0..1_000 {
        let reply = answer(theirs, &question).expect("an answer");
        run.bytes += question.len() + reply.len();
        run.rounds += 1;
        let findings = advance(ours, &reply).expect("findings");
        run.have.extend(findings.have);
        run.need.extend(findings.need);
        match findings.next {
            Some(next) => question = next,
            None => return run,
        }
    }
    panic!("it goes on for ever");
}

fn copy(number: u64, modified: u64) -> CopyKey {
    CopyKey { modified, name: CopyName::from_bytes(blake3::hash(&number.to_le_bytes()).as_bytes()) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_found_is_the_difference(
        ours in btree_set((0_u64..900, 0_u64..40), 0..400),
        theirs in btree_set((0_u64..900, 0_u64..40), 0..400),
    ) {
        let keys = |set: &BTreeSet<(u64, u64)>| -> BTreeSet<CopyKey> {
            // One time for a number, as one copy has only one.
            set.iter().map(|(number, _)| copy(*number, number % 40)).collect()
        };
        let (ours, theirs) = (keys(&ours), keys(&theirs));
        let found = run(&ours.iter().copied().collect(), &theirs.iter().copied().collect());
        let hashes = |left: &BTreeSet<CopyKey>, right: &BTreeSet<CopyKey>| -> BTreeSet<CopyName> {
            left.difference(right).map(|copy| copy.name).collect()
        };
        prop_assert_eq!(found.have, hashes(&ours, &theirs));
        prop_assert_eq!(found.need, hashes(&theirs, &ours));
    }

    #[test]
    fn garbage_is_refused_and_never_more(bytes in vec(any::<u8>(), 0..2_000)) {
        let index: Index = (0..100).map(|number| copy(number, number)).collect();
        let _ = answer(&index, &bytes);
        let _ = advance(&index, &bytes);
    }
}

#[test]
fn equal_sets_cost_next_to_nothing() {
    let index: Index = (0..100_000).map(|number| copy(number, number * 17)).collect();
    let run = run(&index, &index);
    assert_eq!((run.rounds, run.have.len(), run.need.len()), (1, 0, 0));
    assert!(run.bytes < 1_000, "{} bytes", run.bytes);
}

#[test]
fn ten_differences_anywhere_in_a_hundred_thousand_cost_little() {
    let all: Vec<CopyKey> = (0..100_000).map(|number| copy(number, number * 17)).collect();
    let lacks = |skip: &[usize]| -> Index {
        let kept = all.iter().enumerate().filter(|(at, _)| !skip.contains(at));
        kept.map(|(_, copy)| *copy).collect()
    };
    let ours = lacks(&[5, 20_011, 40_123, 61_000, 99_999]);
    let theirs = lacks(&[9_000, 31_000, 52_345, 70_007, 88_888]);
    let run = run(&ours, &theirs);
    assert_eq!((run.have.len(), run.need.len()), (5, 5));
    println!("{} bytes in {} rounds", run.bytes, run.rounds);
    assert!(run.bytes < 20_000, "{} bytes in {} rounds", run.bytes, run.rounds);
}

#[test]
fn an_index_keeps_each_copy_once() {
    let mut index = Index::default();
    assert!(index.is_empty());
    assert!(index.insert(copy(1, 5)) && !index.insert(copy(1, 5)));
    assert!(index.insert(copy(2, 4)) && index.contains(copy(2, 4)));
    assert!(index.remove(copy(1, 5)) && !index.remove(copy(1, 5)));
    assert_eq!(index.len(), 1);
}
