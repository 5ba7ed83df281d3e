//! One seed, one run of a group in which some lie: members, one who was shut out, and one whose
//! invitation is of no use. The honest ones take nothing that is forged, keep within bounds, and
//! end equal.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use lacis_core::{GroupLoad, RevokeOptions};
use lacis_wire::proof::{IdentityKey, signing_key};
use lacis_wire::{Millis, PeerId, Roles, limits};

use super::liar::{Liar, Lies};
use super::verdict::copies;
use super::{CALM, GraphRun};
use crate::random::Random;
use crate::run::{Options, Outcome};

/// The honest ones: the founder, an admin and three members.
const HONEST: usize = 5;

/// A member who lies; one who is shut out half-way; one who never becomes a member; and an admin
/// who is honest until it is shut out half-way.
const LIARS: [usize; 4] = [5, 6, 7, 8];

/// Runs one seed.
#[must_use]
pub fn run_hostile(seed: u64, options: Options) -> Outcome {
    let graph = GraphRun::new(seed, options.trace, "hostile");
    let mut run = HostileRun {
        graph,
        lies: Rc::default(),
        wall: Rc::new(RefCell::new(Millis(0))),
        revoked: Rc::default(),
        forgeries: 0,
    };
    let failure = run.go(options.steps).err();
    Outcome { forgeries: run.forgeries, ..run.graph.outcome(seed, failure) }
}

#[derive(Debug)]
struct HostileRun {
    graph: GraphRun,
    lies: Rc<RefCell<Lies>>,
    wall: Rc<RefCell<Millis>>,
    /// When the second and the fourth liar were shut out.
    revoked: Rc<RefCell<Option<Millis>>>,
    forgeries: u64,
}

impl HostileRun {
    fn go(&mut self, steps: u32) -> Result<(), String> {
        self.gather()?;
        for step in 0..steps {
            let pause = self.graph.random.millis(50, 2_000);
            *self.wall.borrow_mut() = self.graph.world.wall_now();
            self.graph.world.run_for(pause);
            self.graph.sound()?;
            for _ in 0..self.graph.random.between(1, 3) {
                let person = self.graph.random.index(HONEST);
                match self.graph.random.below(10) {
                    0..6 => self.graph.write(person)?,
                    6..9 => self.graph.change(person)?,
                    _ => self.graph.delete(person)?,
                }
            }
            if step == steps / 2 {
                self.shut_out([LIARS[1], LIARS[3]])?;
            }
            self.keep_within_bounds()?;
            if step % 8 == 0 {
                self.take_no_forgery()?;
            }
        }
        self.end_well()
    }

    fn gather(&mut self) -> Result<(), String> {
        for number in 0..HONEST + LIARS.len() {
            let person = self.graph.new_person(number);
            self.graph.people.push(person);
        }
        self.graph.found()?;
        for person in 1..HONEST {
            let roles = if person == 1 { Roles::ADMIN } else { Roles::MEMBER };
            self.graph.invite(0, person, roles, None)?;
            self.graph.bring_back(person)?;
        }
        for (person, roles) in [(0, Roles::MEMBER), (1, Roles::MEMBER), (3, Roles::ADMIN)] {
            // Admins have no end by date.
            let day = (roles != Roles::ADMIN).then_some(Duration::from_secs(86_400));
            self.graph.invite(0, LIARS[person], roles, day)?;
            self.graph.bring_back(LIARS[person])?;
            self.corrupt(LIARS[person]);
        }
        self.graph.invite_in_vain(LIARS[2])?;
        self.graph.bring_back(LIARS[2])?;
        self.corrupt(LIARS[2]);
        Ok(())
    }

    fn key(person: usize) -> IdentityKey {
        let seed = u8::try_from(person + 1).unwrap_or(u8::MAX);
        signing_key(&[seed; 32])
    }

    fn corrupt(&mut self, person: usize) {
        let victims: Vec<PeerId> = (0..HONEST).map(|honest| self.graph.peer(honest)).collect();
        let Some(group) = self.graph.people[0].id else { return };
        let random = Random::new(self.graph.random.number(), "liar");
        let mut liar = Liar::new(group, Self::key(person), victims, random, self.lies.clone());
        liar.wall = self.wall.clone();
        if person == LIARS[1] || person == LIARS[3] {
            liar.revoked = self.revoked.clone();
        }
        liar.is_member = person != LIARS[2];
        liar.is_admin = person == LIARS[3];
        if let Some(tab) = self.graph.people[person].tab {
            self.graph.world.sabotage(tab, liar.saboteur());
        }
    }

    fn shut_out(&mut self, people: [usize; 2]) -> Result<(), String> {
        let Some((tab, group)) = self.graph.place(0) else { return Ok(()) };
        for person in people {
            let (ticket, peer) = (self.graph.world.plain_ticket(tab), self.graph.peer(person));
            let options = RevokeOptions::default();
            let done = self
                .graph
                .world
                .command(tab, |node, now| node.revoke(now, ticket, group, peer, options));
            done.transpose().map_err(|code| format!("the founder cannot revoke: {code}"))?;
            self.graph.people[person].was_revoked = true;
        }
        // By any honest clock what it writes from here on is later than the revocation.
        self.graph.world.run_for(Duration::from_secs(600));
        *self.wall.borrow_mut() = self.graph.world.wall_now();
        *self.revoked.borrow_mut() = Some(self.graph.world.wall_now());
        Ok(())
    }

    fn take_no_forgery(&mut self) -> Result<(), String> {
        let lies = self.lies.borrow();
        for person in 0..HONEST {
            let held = self.graph.replica(person).map(copies).unwrap_or_default();
            let mut forged = held.iter().filter(|copy| lies.forged.contains(&copy.name));
            if let Some(copy) = forged.next() {
                self.forgeries += 1 + forged.count() as u64;
                let what = self.graph.replica(person).and_then(|it| it.held(&copy.name.id));
                return Err(format!("person {person} took a forgery: {what:?}"));
            }
        }
        Ok(())
    }

    fn keep_within_bounds(&self) -> Result<(), String> {
        for person in 0..HONEST {
            let Some((tab, group)) = self.graph.place(person) else { continue };
            let Some(load) = self.graph.world.group_load(tab, group) else { continue };
            let GroupLoad { waiting, waiting_bytes, aside, frame_bytes, names, body_bytes } = load;
            let people = HONEST + LIARS.len();
            let fine = waiting <= limits::WAITING_BYTES / limits::HEADER_BYTES
                && waiting_bytes <= limits::WAITING_BYTES
                && aside <= people * limits::ASIDE_MAX
                && frame_bytes <= people * (limits::GROUP_QUEUE_BYTES + 1_048_576)
                && names <= people * (limits::MISSING_MAX + limits::NAMES_MAX)
                && body_bytes <= limits::BODY_CACHE_BYTES + limits::UNSAVED_BYTES;
            if !fine {
                return Err(format!("person {person} is beyond all bounds: {load:?}"));
            }
        }
        Ok(())
    }

    /// The honest ones hold the same and can read it, all the lies notwithstanding.
    fn end_well(&mut self) -> Result<(), String> {
        for person in LIARS {
            self.graph.crash(person);
        }
        self.graph.end_equal()?;
        self.take_no_forgery()?;
        self.graph.nothing_is_lost()?;
        let told = self.lies.borrow().told;
        if told < 50 || self.graph.world.now() > CALM * 10 {
            return Err(format!("only {told} lies were told"));
        }
        Ok(())
    }
}
