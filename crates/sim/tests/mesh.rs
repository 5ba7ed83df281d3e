//! Rooms of hundreds: a word of anybody reaches all, once, and costs little.

use lacis_sim::{MeshOptions, run_mesh};
use lacis_wire::limits::{COMPANY_MAX, LINKS_MAX};

#[test]
fn in_a_room_of_more_than_anybody_knows_all_hear_whoever_speaks() {
    let nodes = COMPANY_MAX + 24;
    let options = MeshOptions { seed: 1, nodes, rounds: 1, at_once: 20, ..MeshOptions::default() };
    let figures = run_mesh(MeshOptions { calm_s: 20, ..options });
    assert_eq!(figures.failure, None);
    assert_eq!(figures.alone, 0);
    let spreads = [figures.first, figures.single, figures.many, figures.all];
    assert_eq!(spreads.map(|spread| spread.missed), [0; 4]);
    assert!(figures.max_links <= LINKS_MAX, "{} links", figures.max_links);
}
