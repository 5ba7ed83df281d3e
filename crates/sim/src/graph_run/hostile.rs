//! One seed, one run of a group in which several lie at once: insiders with rights drawn at random,
//! among them some who are shut out, some whose time ends, and some who never get in. The honest
//! ones take nothing that is forged, lose nothing, are not read by who is shut out, keep within
//! bounds, and end equal.

mod insiders;
mod verdict;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use lacis_core::RevokeOptions;
use lacis_wire::{Millis, PeerId, RecordId, Roles};

use super::GraphRun;
use super::liar::{Lies, Standing};
use crate::run::{Figures, Options, Outcome};
use crate::world::group_properties;

pub use verdict::{HEAP_MAX, JUDGEMENTS_MAX};

/// The honest ones: the founder, an admin, an inviter and two members.
pub(super) const HONEST: usize = 5;

/// Insiders of one run, at least and at most.
const INSIDERS: (u64, u64) = (3, 5);

/// What one member may write: less than a flood, more than any honest one does.
const BUDGET: (u32, u64) = (150, 600_000);

/// How long after the last fault everything has to be well.
pub(super) const CALM: Duration = Duration::from_secs(600);

/// Runs one seed.
#[must_use]
pub fn run_hostile(seed: u64, options: Options) -> Outcome {
    let graph = GraphRun::new(seed, options.trace, "hostile");
    let mut run = HostileRun {
        graph,
        lies: Rc::default(),
        wall: Rc::new(RefCell::new(Millis(0))),
        insiders: Vec::new(),
        sealed: BTreeMap::new(),
        figures: Figures::default(),
    };
    let failure = run.go(options.steps).err();
    run.figures.judgements_max = run.graph.world.judgements_max();
    let mut outcome = run.graph.outcome(seed, failure);
    if let Some(state) = &mut outcome.state {
        state.push_str(&run.describe());
    }
    Outcome { figures: run.figures, ..outcome }
}

/// What an insider is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Right {
    Member,
    Inviter,
    Admin,
    Keeper,
    /// One of the others, shut out half-way.
    Revoked,
    /// A member or an inviter whose time ends.
    Expired,
    /// Whoever has an invitation that is of no use.
    Stranger,
}

const RIGHTS: [Right; 7] = [
    Right::Member,
    Right::Inviter,
    Right::Admin,
    Right::Keeper,
    Right::Revoked,
    Right::Expired,
    Right::Stranger,
];

#[derive(Debug)]
pub(super) struct Insider {
    pub(super) person: usize,
    right: Right,
    roles: Roles,
    pub(super) standing: Rc<RefCell<Standing>>,
}

impl Insider {
    /// Whether it is a member who writes, and is to stay one.
    pub(super) const fn may_write(&self) -> bool {
        matches!(self.right, Right::Member | Right::Inviter | Right::Admin)
    }
}

#[derive(Debug)]
pub(super) struct HostileRun {
    pub(super) graph: GraphRun,
    pub(super) lies: Rc<RefCell<Lies>>,
    wall: Rc<RefCell<Millis>>,
    pub(super) insiders: Vec<Insider>,
    /// What honest ones wrote while they held that somebody is shut out.
    pub(super) sealed: BTreeMap<RecordId, Vec<PeerId>>,
    pub(super) figures: Figures,
}

impl HostileRun {
    fn describe(&self) -> String {
        let tell = |it: &Insider| format!("insider {}: {:?} {:?}\n", it.person, it.right, it.roles);
        self.insiders.iter().map(tell).collect()
    }

    fn go(&mut self, steps: u32) -> Result<(), String> {
        self.gather()?;
        // Half of what other suites do: each step is followed by many lies.
        let steps = steps.div_ceil(2);
        for step in 0..steps {
            let pause = self.graph.random.millis(50, 2_000);
            *self.wall.borrow_mut() = self.graph.world.wall_now();
            self.graph.world.run_for(pause);
            self.graph.sound()?;
            for _ in 0..self.graph.random.between(1, 3) {
                let person = self.graph.random.index(HONEST);
                self.honest_work(person)?;
            }
            self.insiders_work();
            self.forget_readmitted();
            if step == steps / 2 {
                self.shut_out()?;
            }
            self.keep_within_bounds()?;
            if step % 8 == 0 {
                self.take_no_forgery()?;
            }
        }
        self.end_well()
    }

    fn honest_work(&mut self, person: usize) -> Result<(), String> {
        // By an insider with the rights to, it may be shut out until that one is.
        self.graph.people[person].is_uncertain = true;
        let before = self.graph.written.len();
        match self.graph.random.below(10) {
            0..6 => self.graph.write(person)?,
            6..9 => self.graph.change(person)?,
            _ => self.graph.delete(person)?,
        }
        self.graph.people[person].is_uncertain = false;
        let written = self.graph.written.get(before..).unwrap_or_default();
        let first = written.iter().find(|it| it.version == 1).map(|it| it.id);
        if let Some(id) = first {
            let excluded = self.excluded_by(person);
            self.sealed.insert(id, excluded);
        }
        Ok(())
    }

    /// The insiders who are shut out, as somebody knows.
    fn excluded_by(&self, person: usize) -> Vec<PeerId> {
        let Some(replica) = self.graph.replica(person) else { return Vec::new() };
        let peers = self.insiders.iter().map(|it| self.graph.peer(it.person));
        peers.filter(|peer| replica.members().is_shut_out(peer)).collect()
    }

    /// Somebody with the right to let an insider in again: what was sealed before is for it again.
    pub(super) fn forget_readmitted(&mut self) {
        let now = self.graph.world.wall_now();
        // An insider may be the only one who has heard of it, and gives the keys that it has.
        let founder = self.graph.replica(0).map(lacis_core::graph::Replica::members);
        let is_member = |it: &Insider| {
            let peer = self.graph.peer(it.person);
            it.may_write() && founder.is_some_and(|members| members.roles(&peer, now).is_some())
        };
        let among = self.insiders.iter().filter(|it| is_member(it)).map(|it| it.person);
        let views = (0..HONEST).chain(among).filter_map(|it| self.graph.replica(it));
        let members: Vec<_> = views.map(lacis_core::graph::Replica::members).collect();
        let insiders = self.insiders.iter().map(|it| self.graph.peer(it.person));
        let back: Vec<PeerId> = insiders
            .filter(|peer| members.iter().any(|it| it.roles(peer, now).is_some()))
            .collect();
        for excluded in self.sealed.values_mut() {
            excluded.retain(|peer| !back.contains(peer));
        }
        for insider in &self.insiders {
            if back.contains(&self.graph.peer(insider.person)) {
                let mut standing = insider.standing.borrow_mut();
                (standing.revoked, standing.expired) = (None, None);
            }
        }
    }

    fn gather(&mut self) -> Result<(), String> {
        let (least, most) = INSIDERS;
        let count = usize::try_from(self.graph.random.between(least, most)).unwrap_or(3);
        for number in 0..HONEST + count {
            let person = self.graph.new_person(number);
            self.graph.people.push(person);
        }
        let mut properties = group_properties("Board");
        (properties.budget_records, properties.budget_bytes) = BUDGET;
        self.graph.found_with(&properties)?;
        for person in 1..HONEST {
            let roles = match person {
                1 => Roles::ADMIN,
                2 => Roles::INVITER,
                _ => Roles::MEMBER,
            };
            self.graph.invite(0, person, roles, None)?;
            self.graph.bring_back(person)?;
        }
        self.graph.world.run_for(Duration::from_secs(20));
        for person in 0..HONEST {
            if let Some((tab, group)) = self.graph.place(person) {
                self.graph.world.watch(tab, group);
            }
        }
        for person in HONEST..HONEST + count {
            self.bring_in(person)?;
        }
        Ok(())
    }

    /// Half-way some are shut out by the founder, at once, and time passes so that by any honest
    /// clock what they write from here on is later than that.
    fn shut_out(&mut self) -> Result<(), String> {
        for at in 0..self.insiders.len() {
            if self.insiders[at].right == Right::Revoked {
                let person = self.insiders[at].person;
                let undo = self.graph.random.chance(300);
                self.revoke(person, undo)?;
            }
        }
        // While it is away nobody gives it more time.
        let expired = self.insiders.iter().filter(|it| it.right == Right::Expired);
        let expired: Vec<usize> = expired.map(|it| it.person).collect();
        for &person in &expired {
            self.graph.crash(person);
        }
        self.graph.world.run_for(Duration::from_secs(1_200));
        let now = self.graph.world.wall_now();
        *self.wall.borrow_mut() = now;
        for person in expired {
            self.graph.bring_back(person)?;
            let at = self.insiders.iter().position(|it| it.person == person);
            if let Some(at) = at {
                let insider = self.insiders.swap_remove(at);
                self.corrupt(&insider);
                self.insiders.push(insider);
            }
        }
        for insider in &self.insiders {
            let mut standing = insider.standing.borrow_mut();
            standing.is_quiet = false;
            match insider.right {
                Right::Revoked => standing.revoked = Some(now),
                Right::Expired => standing.expired = Some(now),
                _ => {}
            }
        }
        // Another insider may have given somebody more time.
        self.forget_readmitted();
        Ok(())
    }

    fn revoke(&mut self, person: usize, undo: bool) -> Result<(), String> {
        let Some((tab, group)) = self.graph.place(0) else { return Ok(()) };
        let (ticket, peer) = (self.graph.world.plain_ticket(tab), self.graph.peer(person));
        let options = RevokeOptions { undo, ..RevokeOptions::default() };
        let world = &mut self.graph.world;
        let done = world.command(tab, |node, now| node.revoke(now, ticket, group, peer, options));
        done.transpose().map_err(|code| format!("the founder cannot revoke: {code}"))?;
        Ok(())
    }

    /// The faults end: whoever did harm with rights is shut out by the founder, who has been told
    /// of it.
    pub(super) fn put_right(&mut self) -> Result<(), String> {
        for at in 0..self.insiders.len() {
            let Insider { person, roles, .. } = self.insiders[at];
            self.insiders[at].standing.borrow_mut().is_quiet = true;
            if roles == Roles::ADMIN {
                self.revoke(person, false)?;
            }
        }
        Ok(())
    }

    /// The founder names what ends have left unnamed, and lets in again whom insiders shut out.
    pub(super) fn name_all(&mut self) -> Result<(), String> {
        let Some((tab, group)) = self.graph.place(0) else { return Ok(()) };
        let admins = self.insiders.iter().filter(|it| it.roles == Roles::ADMIN);
        let admins: Vec<usize> = admins.map(|it| it.person).collect();
        for person in admins.into_iter().chain(1..HONEST) {
            let (ticket, peer) = (self.graph.world.plain_ticket(tab), self.graph.peer(person));
            let world = &mut self.graph.world;
            let named = world.command(tab, |node, now| node.name_actions(now, ticket, group, peer));
            named.transpose().map_err(|code| format!("the founder cannot name: {code}"))?;
            let ends = self.graph.replica(0).map_or(0, |it| it.members().lifts_for(&peer).len());
            if person >= HONEST || ends == 0 {
                continue;
            }
            let roles = match person {
                1 => Roles::ADMIN,
                2 => Roles::INVITER,
                _ => Roles::MEMBER,
            };
            let ticket = self.graph.world.plain_ticket(tab);
            let world = &mut self.graph.world;
            let back = world
                .command(tab, |node, now| node.set_roles(now, ticket, group, peer, (roles, None)));
            back.transpose().map_err(|code| format!("the founder lets nobody in: {code}"))?;
        }
        Ok(())
    }
}
