//! What two neighbors lack of each other: found bucket by bucket, asked for, and taken.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use lacis_wire::group::{Bucket, GroupFrame};
use lacis_wire::record::{CopyName, Header};
use lacis_wire::{Code, NodeId, limits};

use super::incoming::Arrived;
use crate::cx::Cx;
use crate::graph::{BucketSummary, Copy, Outcome, Refusal, Replica, reconcile};
use crate::group::Group;
use crate::rule::Rule;

impl Group {
    /// The responder tells what it holds; the initiator works through what differs.
    pub(in crate::group) fn on_summary(&mut self, cx: &Cx, node: NodeId, theirs: &[Bucket]) {
        let ours = summary_of(&self.replica);
        let of = |buckets: &[Bucket], number| {
            let found = buckets.binary_search_by_key(&number, |it| it.number);
            found.ok().and_then(|at| buckets.get(at)).copied()
        };
        let Some(neighbour) = self.neighbours.get_mut(&node).filter(|it| it.initiates) else {
            return;
        };
        if neighbour.querying.is_some_and(|(_, until)| cx.now < until) {
            return;
        }
        neighbour.querying = None;
        neighbour.sketching.give_up();
        // The system first, then what either side asks for first, then the rest.
        let first = self.first.iter().chain(&neighbour.first).map(Replica::bucket_of);
        let mut order: Vec<u8> = Vec::new();
        for bucket in core::iter::once(0).chain(first).chain(0..=limits::BUCKETS) {
            if !order.contains(&bucket) {
                order.push(bucket);
            }
        }
        neighbour.buckets = VecDeque::new();
        for bucket in order {
            let differ = of(&ours, bucket) != of(theirs, bucket);
            if differ {
                neighbour.whole.remove(bucket);
                neighbour.buckets.push_back(bucket);
            } else {
                neighbour.told_all_of(bucket);
                neighbour.say(&GroupFrame::Done { bucket });
            }
        }
        self.query_next(cx, node);
    }

    fn query_next(&mut self, cx: &Cx, node: NodeId) {
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        if neighbour.querying.is_some() {
            return;
        }
        let Some(bucket) = neighbour.buckets.pop_front() else { return };
        if let Ok(message) = reconcile::begin(self.replica.bucket(bucket)) {
            neighbour.querying = Some((bucket, cx.now + limits::RECONCILE_INTERVAL));
            neighbour.say(&GroupFrame::Query { bucket, message });
        }
    }

    pub(in crate::group) fn on_query(
        &mut self,
        cx: &mut Cx,
        node: NodeId,
        bucket: u8,
        message: &[u8],
    ) {
        let answer = reconcile::answer(self.replica.bucket(bucket), message);
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        // What it has and we lack is told until it says that this is all.
        neighbour.whole.remove(bucket);
        match answer {
            Ok(message) => neighbour.say(&GroupFrame::Reply { bucket, message }),
            Err(_) => cx.warn(Code::Protocol, node),
        }
    }

    pub(in crate::group) fn on_reply(
        &mut self,
        cx: &mut Cx,
        node: NodeId,
        bucket: u8,
        message: &[u8],
    ) {
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        if neighbour.querying.is_none_or(|(queried, _)| queried != bucket) {
            return;
        }
        let Ok(findings) = reconcile::advance(self.replica.bucket(bucket), message) else {
            cx.warn(Code::Protocol, node);
            neighbour.querying = None;
            return;
        };
        neighbour.say_names(&findings.have, |names| GroupFrame::Have { names });
        match findings.next {
            Some(message) => {
                neighbour.querying = Some((bucket, cx.now + limits::RECONCILE_INTERVAL));
                neighbour.say(&GroupFrame::Query { bucket, message });
            }
            None => {
                neighbour.querying = None;
                neighbour.told_all_of(bucket);
                neighbour.say(&GroupFrame::Done { bucket });
            }
        }
        self.lack(node, findings.need);
        self.query_next(cx, node);
    }

    /// Whether a version is not here, and would be taken for all that is known of it.
    pub(in crate::group) fn lacks(&self, name: &CopyName) -> bool {
        let is_barred = self.rejected.contains(name) && Rule::NotAskedAgain.holds();
        !is_barred && !self.replica.has(name) && !self.approvals.has_refused(name)
    }

    pub(in crate::group) fn lack(&mut self, node: NodeId, mut names: Vec<CopyName>) {
        names.retain(|name| self.lacks(name));
        let Some(neighbour) = self.neighbours.get_mut(&node) else { return };
        for name in names {
            if neighbour.late.contains(&name) || !neighbour.missing.push(name) {
                // The next comparison finds what there is no place for, and what it did not give.
                neighbour.forget_told();
            }
        }
    }

    /// Asks neighbors for what we lack, as far as there is place for it.
    pub(in crate::group) fn ask_for_more(&mut self, cx: &Cx) {
        if self.saves.bytes() > limits::UNSAVED_BYTES {
            return;
        }
        let deadline = cx.now + limits::WANT_DEADLINE;
        for node in self.neighbours.keys().copied().collect::<Vec<_>>() {
            let names = self.choose_missing(cx, node);
            if let Some(neighbour) = self.neighbours.get_mut(&node) {
                neighbour.await_versions(cx.now, &names, deadline);
                neighbour.say_names(&names, |names| GroupFrame::Want { names });
            }
        }
    }

    /// What a neighbor is asked for now. No more is looked at than may be asked for at once, or a
    /// long list would cost its length at every frame.
    fn choose_missing(&mut self, cx: &Cx, node: NodeId) -> Vec<CopyName> {
        let mut names = Vec::new();
        for _ in 0..limits::WANTED_MAX {
            let Some(neighbour) = self.neighbours.get_mut(&node) else { break };
            if neighbour.in_flight.len() + names.len() >= limits::WANTED_MAX {
                break;
            }
            let Some(name) = neighbour.missing.pop() else { break };
            if self.replica.has(&name) || neighbour.late.contains(&name) {
                continue;
            }
            // What somebody did not give in time is not left to one alone again.
            let mut others = self.neighbours.values();
            let is_late = || self.neighbours.values().any(|it| it.late.contains(&name));
            let is_coming = others.any(|it| it.gives(cx.now, &name)) && !is_late();
            if !is_coming {
                names.push(name);
            } else if let Some(neighbour) = self.neighbours.get_mut(&node) {
                neighbour.missing.push(name);
            }
        }
        names
    }

    pub(in crate::group) fn on_record(
        &mut self,
        cx: &mut Cx,
        node: NodeId,
        header: Header,
        body: Vec<u8>,
    ) {
        let name = header.name();
        let mut is_asked = false;
        if let Some(neighbour) = self.neighbours.get_mut(&node) {
            is_asked = neighbour.in_flight.contains_key(&name);
            neighbour.push.remove(&name);
            neighbour.spreading.on_has(&name);
        }
        if !is_asked && self.replica.has(&name) {
            self.on_spare(node, name);
        }
        if self.saves.bytes() + self.incoming.bytes() > limits::UNSAVED_BYTES {
            // There is no place for it before the store has taken what waits; the next comparison
            // finds it.
            if let Some(neighbour) = self.neighbours.get_mut(&node) {
                neighbour.on_version(cx.now, &name);
                neighbour.forget_told();
            }
            return;
        }
        // What others may depend on, and what is news, waits for nothing.
        let waits = is_asked && !header.kind.is_system();
        let arrived = Arrived { from: node, copy: Copy { header, body }, name };
        let mut arrived = self.hold_back(arrived);
        if let Some(arrived) = arrived.take_if(|_| waits) {
            return self.await_others(cx, arrived);
        }
        if let Some(neighbour) = self.neighbours.get_mut(&node) {
            neighbour.on_version(cx.now, &name);
        }
        if let Some(arrived) = arrived {
            self.take_arrived(cx);
            self.take_from(cx, arrived, None);
        }
    }

    /// Takes a copy that a neighbor gave.
    pub(in crate::group) fn take_from(
        &mut self,
        cx: &mut Cx,
        Arrived { from: node, copy, name }: Arrived,
        is_signed: Option<bool>,
    ) {
        let header = copy.header.clone();
        let outcome = self.take_named(cx, (copy, name), Some(node), is_signed);
        let is_behind = matches!(
            outcome,
            Outcome::Older | Outcome::Beaten | Outcome::Refused(Refusal::Replaced)
        );
        // It has an older version than we do.
        let Some(newer) = self.replica.stands_for(&header).filter(|_| is_behind) else { return };
        let (name, has_ended) = (newer.name(), newer.has_ended);
        if has_ended {
            self.give_end(cx, node, name);
        } else if let Some(neighbour) = self.neighbours.get_mut(&node) {
            neighbour.push.push(name);
        }
    }
}

pub(in crate::group) fn summary_of(replica: &Replica) -> Vec<Bucket> {
    let summary = replica.summary().into_iter();
    let bucket = |it: BucketSummary| Bucket {
        number: it.bucket,
        count: it.count,
        fingerprint: it.fingerprint,
    };
    summary.map(bucket).collect()
}
