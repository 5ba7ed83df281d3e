//! Rooms of hundreds: a word of anybody reaches all, once, and costs little.

use lacis_sim::{MeshOptions, run_mesh};
use lacis_wire::limits::LINKS_MAX;

#[test]
fn in_a_large_room_all_hear_whoever_speaks_and_it_costs_little() {
    let nodes = 120;
    let options = MeshOptions { seed: 1, nodes, rounds: 1, at_once: 20, ..MeshOptions::default() };
    let figures = run_mesh(MeshOptions { calm_s: 20, ..options });
    assert_eq!(figures.failure, None);
    assert_eq!(figures.alone, 0);
    let spreads = [figures.first, figures.single, figures.many, figures.all];
    assert_eq!(spreads.map(|spread| spread.missed), [0; 4]);
    assert!(figures.max_links <= LINKS_MAX, "{} links", figures.max_links);
}

#[test]
fn words_take_the_shortest_tree_whoever_speaks() {
    let options = MeshOptions { seed: 2, nodes: 150, rounds: 8, at_once: 2, ..Default::default() };
    let figures = run_mesh(MeshOptions { calm_s: 80, ..options });
    let tree = figures.tree;
    assert_eq!((tree.reached, tree.one_way), (150, 0), "{tree:?}");
    assert!(tree.depth <= tree.least_depth + 1, "{tree:?}");
    // Up to the root and down again.
    let most = u16::try_from(2 * tree.depth).expect("few");
    assert!(figures.many.last_hop_p99 <= most, "{figures:?}");
}
