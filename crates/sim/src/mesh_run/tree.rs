//! Over which links words travel whole, seen from outside.

use std::collections::VecDeque;
use std::collections::btree_map::{BTreeMap, Entry};

use lacis_core::Report;
use lacis_wire::NodeId;

/// The tree that words take, as the nodes themselves report it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tree {
    /// How many are reached from its root.
    pub reached: usize,
    /// The links from the root to whoever is farthest from it.
    pub depth: usize,
    /// The same if words took the shortest way in the mesh.
    pub least_depth: usize,
    /// Links that carry words whole in one direction only.
    pub one_way: usize,
}

type Reports = BTreeMap<NodeId, Report>;

impl Tree {
    pub(super) fn of(reports: &Reports) -> Self {
        let linked = |node: &NodeId| -> Vec<NodeId> {
            let remotes = reports.get(node).into_iter().flat_map(|report| &report.remotes);
            let remotes = remotes.filter(|it| it.link.is_some() && reports.contains_key(&it.node));
            remotes.map(|it| it.node).collect()
        };
        let is_lazy = |from: &NodeId, to: &NodeId| {
            let rooms = reports.get(from).into_iter().flat_map(|report| &report.rooms);
            rooms.into_iter().any(|room| room.lazy.contains(to))
        };
        let whole = |node: &NodeId| -> Vec<NodeId> {
            linked(node).into_iter().filter(|to| !is_lazy(node, to)).collect()
        };
        // Its root is the lowest id.
        let Some(root) = reports.keys().next() else { return Self::default() };
        let (tree, mesh) = (depths(*root, whole), depths(*root, linked));
        let deepest = |all: &BTreeMap<_, usize>| all.values().max().copied().unwrap_or_default();
        let back = |node: &NodeId| whole(node).iter().filter(|to| is_lazy(to, node)).count();
        Self {
            reached: tree.len(),
            depth: deepest(&tree),
            least_depth: deepest(&mesh),
            one_way: reports.keys().map(back).sum(),
        }
    }
}

/// Over how many links each is reached.
fn depths(root: NodeId, next: impl Fn(&NodeId) -> Vec<NodeId>) -> BTreeMap<NodeId, usize> {
    let mut all = BTreeMap::from([(root, 0)]);
    let mut waiting = VecDeque::from([(root, 0)]);
    while let Some((node, depth)) = waiting.pop_front() {
        for to in next(&node) {
            if let Entry::Vacant(place) = all.entry(to) {
                place.insert(depth + 1);
                waiting.push_back((to, depth + 1));
            }
        }
    }
    all
}
