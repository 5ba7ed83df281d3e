//! One seed, one run of a group through days and weeks: machines sleep while their monotonic clocks
//! stand still, clocks are wrong by seconds to years and are set right, records and memberships end
//! by date, and people are shut out at such moments. Replicas end equal, what is to be held is
//! held, who has ended reads nothing more, no single clock drags the time of the group, and bytes
//! go only when that is certain.

use std::collections::BTreeMap;
use std::time::Duration;

use lacis_core::{Event, GroupEvent, RevokeOptions, StoreTable};
use lacis_wire::{Millis, RecordId, Roles, limits};

use super::GraphRun;
use crate::run::{Figures, Options, Outcome};

/// A founder, an admin, members without end and, the last two, members whose time ends.
const PEOPLE: usize = 7;
const GUESTS: [usize; 2] = [5, 6];

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Leaps through time in one run.
const LEAPS: u32 = 7;

/// Runs one seed.
#[must_use]
pub fn run_time(seed: u64, options: Options) -> Outcome {
    let mut run = TimeRun {
        graph: GraphRun::new(seed, options.trace, "time"),
        ends: BTreeMap::new(),
        off: None,
        bodies: BTreeMap::new(),
        late: BTreeMap::new(),
        figures: Figures::default(),
    };
    let failure = run.go(options.steps).err();
    Outcome { figures: run.figures, ..run.graph.outcome(seed, failure) }
}

#[derive(Debug)]
struct TimeRun {
    graph: GraphRun,
    /// When the memberships of guests end, by the true time.
    ends: BTreeMap<usize, Millis>,
    /// Whose clock is wrong. One at a time: of two no rule could say who is right.
    off: Option<usize>,
    /// Bodies in stores, by person and record: when each ends at the latest.
    bodies: BTreeMap<(usize, RecordId), Millis>,
    /// Records made after the end of a guest who was not to get them.
    late: BTreeMap<RecordId, Vec<usize>>,
    figures: Figures,
}

impl TimeRun {
    fn go(&mut self, steps: u32) -> Result<(), String> {
        self.gather()?;
        for leap in 0..LEAPS {
            self.work(steps.div_ceil(LEAPS))?;
            if leap == LEAPS / 2 {
                self.shut_out()?;
            }
            self.leap()?;
            self.set_clocks();
            self.look()?;
        }
        self.end_well()
    }

    fn gather(&mut self) -> Result<(), String> {
        self.graph.may_move = true;
        for number in 0..PEOPLE {
            let person = self.graph.new_person(number);
            self.graph.people.push(person);
            self.graph.people[number].set_error(i64::try_from(number).unwrap_or(0) * 700 - 2_000);
        }
        self.graph.found()?;
        for person in 1..PEOPLE {
            let roles = if person == 1 { Roles::ADMIN } else { Roles::MEMBER };
            let lasts = GUESTS.contains(&person).then(|| {
                let hours = self.graph.random.between(2, 30 * 24);
                Duration::from_secs(hours * 3_600)
            });
            self.graph.invite(0, person, roles, lasts)?;
            if let Some(lasts) = lasts {
                let span = u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX);
                self.ends.insert(person, Millis(self.graph.world.wall_now().0 + span));
            }
            self.graph.bring_back(person)?;
            // What guests write ends with them.
            self.graph.people[person].is_uncertain = lasts.is_some();
        }
        self.graph.world.run_for(Duration::from_secs(30));
        self.graph.sound()
    }

    /// Some minutes in which people write, change and delete; some are offline.
    fn work(&mut self, steps: u32) -> Result<(), String> {
        for _ in 0..steps {
            let pause = self.graph.random.millis(200, 12_000);
            self.graph.world.run_for(pause);
            self.graph.sound()?;
            let present = self.graph.present();
            let Some(&person) = self.graph.random.pick(&present) else { continue };
            let is_late = self.has_ended(person);
            self.graph.people[person].is_uncertain =
                is_late || self.off == Some(person) || GUESTS.contains(&person);
            let before = self.graph.written.len();
            match self.graph.random.below(12) {
                0..7 => self.graph.write_for(person, LASTS)?,
                7..9 => self.graph.change(person)?,
                9 => self.graph.delete(person)?,
                10 => self.graph.toggle(person),
                _ => {}
            }
            let is_guest = GUESTS.contains(&person);
            self.graph.people[person].is_uncertain =
                is_guest || self.graph.people[person].was_revoked;
            self.note_late(before);
        }
        Ok(())
    }

    /// Whether the time of a guest is over or nearly so, or it was given more.
    fn has_ended(&self, person: usize) -> bool {
        let now = self.graph.world.wall_now().0;
        self.ends.get(&person).is_some_and(|end| now + 5 * MINUTE > end.0)
            || self.graph.people[person].was_revoked
    }

    /// What was written when a guest was none any more by anybody's clock.
    fn note_late(&mut self, before: usize) {
        let now = self.graph.world.wall_now().0;
        let peers = GUESTS.iter().filter(|guest| {
            let founder = self.graph.replica(0);
            let members = founder.map(lacis_core::graph::Replica::members);
            let peer = self.graph.peer(**guest);
            // Given more time, it is a member for whoever has not heard that it was shut out since.
            let may = members.and_then(|it| it.roles_at(&peer, Millis(now)));
            let is_over = self.ends.get(guest).is_some_and(|end| now > end.0 + 65 * MINUTE);
            is_over && may.is_none()
        });
        let peers: Vec<usize> = peers.copied().collect();
        for written in self.graph.written.iter().skip(before).filter(|it| it.version == 1) {
            let author = written.person;
            let others = peers.iter().copied().filter(|guest| *guest != author);
            self.late.insert(written.id, others.collect());
        }
    }

    /// Everybody's machine sleeps, or is off, for minutes to weeks; somebody a little longer.
    fn leap(&mut self) -> Result<(), String> {
        let random = &mut self.graph.random;
        let length = match random.below(6) {
            0 => random.between(2 * MINUTE, 50 * MINUTE),
            1 => random.between(HOUR, 9 * HOUR),
            2 => random.between(9 * HOUR, 2 * DAY),
            3 => random.between(2 * DAY, 6 * DAY),
            _ => random.between(6 * DAY, 40 * DAY),
        };
        // Whose clock is behind might take back what nobody noted.
        if let Some(off) = self.off
            && self.graph.people[off].error() < 0
        {
            self.set_right(off);
        }
        for person in self.graph.present() {
            let Some(tab) = self.graph.people[person].tab else { continue };
            if self.graph.random.chance(200) {
                self.graph.crash(person);
            } else {
                let more = self.graph.random.millis(0, 90_000);
                self.graph.world.sleep(tab, Duration::from_millis(length) + more);
            }
        }
        // Nobody is there to be served meanwhile.
        let server = self.graph.server;
        self.graph.world.stop_server(server, true);
        let minutes = length.min(10 * MINUTE);
        self.graph.world.run_for(Duration::from_millis(minutes));
        for person in 0..PEOPLE {
            if let Some(tab) = self.graph.people[person].tab {
                self.graph.world.lose_links(tab);
            }
        }
        self.graph.world.run_for(Duration::from_millis(length - minutes));
        self.graph.world.start_server(server);
        for person in 0..PEOPLE {
            if self.graph.people[person].group.is_none() && self.graph.random.chance(800) {
                self.graph.bring_back(person)?;
            }
        }
        // Who slept knows the time within a minute.
        self.graph.world.run_for(Duration::from_secs(170));
        self.graph.sound()
    }

    fn set_right(&mut self, person: usize) {
        self.set_clock(person, 0);
        self.off = None;
    }

    fn set_clock(&mut self, person: usize, error: i64) {
        self.graph.people[person].set_error(error);
        if let Some(tab) = self.graph.people[person].tab {
            self.graph.world.set_clock(tab, error);
        }
    }

    /// One clock is set wrong by seconds to years, or right again.
    fn set_clocks(&mut self) {
        if let Some(off) = self.off {
            if self.graph.random.chance(700) {
                self.set_right(off);
                self.graph.world.run_for(Duration::from_secs(70));
            }
            return;
        }
        let random = &mut self.graph.random;
        let most = [30_000, 10 * MINUTE, HOUR, 30 * DAY, 3 * 365 * DAY][random.index(5)];
        let size = i64::try_from(random.between(1_000, most)).unwrap_or(0);
        let error = if random.chance(500) { size } else { -size };
        let person = 1 + random.index(PEOPLE - 1);
        self.off = Some(person);
        self.set_clock(person, error);
        self.graph.world.run_for(Duration::from_secs(70));
    }

    /// A guest or a member is shut out.
    fn shut_out(&mut self) -> Result<(), String> {
        let of = 3 + self.graph.random.index(PEOPLE - 3);
        let Some((tab, group)) = self.graph.place(0) else { return Ok(()) };
        let (ticket, peer) = (self.graph.world.plain_ticket(tab), self.graph.peer(of));
        let options = RevokeOptions::default();
        let world = &mut self.graph.world;
        let done = world.command(tab, |node, now| node.revoke(now, ticket, group, peer, options));
        if done == Some(Ok(())) {
            self.graph.people[of].was_revoked = true;
            self.graph.people[of].is_uncertain = true;
        }
        Ok(())
    }

    /// What has to hold at any time.
    fn look(&mut self) -> Result<(), String> {
        self.times_are_right()?;
        self.bodies_stay()
    }

    /// The time of the group is right for all whose own clock is, whatever one of them says.
    fn times_are_right(&mut self) -> Result<(), String> {
        for person in self.graph.present() {
            let Some((tab, group)) = self.graph.place(person) else { continue };
            if self.off == Some(person) || self.graph.world.is_frozen(tab) {
                continue;
            }
            let told = self.graph.world.command(tab, |node, now| node.group_time(now, group));
            let Some(Ok(told)) = told else { continue };
            let off = told.0.abs_diff(self.graph.world.wall_now().0);
            if off > 30_000 {
                return Err(format!("group time of person {person} is {off} ms off"));
            }
        }
        Ok(())
    }

    /// A body that is stored stays until its end and the grace after it, as long as its version is
    /// the one that is held.
    fn bodies_stay(&mut self) -> Result<(), String> {
        let now = self.graph.world.wall_now().0;
        let grace = u64::try_from(limits::ERASE_GRACE.as_millis()).unwrap_or(u64::MAX);
        for person in 0..PEOPLE {
            let Some(replica) = self.graph.replica(person) else { continue };
            let mut held = Vec::new();
            for written in &self.graph.written {
                if let Some(it) = replica.held(&written.id).filter(|it| !it.is_deleted) {
                    held.push((written.id, it.name().to_bytes(), it.expires));
                }
            }
            let Some(disk) = self.graph.people[person].disk() else { continue };
            let entries = &self.graph.world.disk(disk).entries;
            let stored: Vec<[u8; 32]> = entries
                .keys()
                .filter(|(table, _)| *table == StoreTable::Bodies)
                .filter_map(|(_, key)| key.last_chunk::<32>().copied())
                .collect();
            for (id, name, expires) in held {
                if stored.contains(&name) {
                    self.bodies.insert((person, id), expires);
                    continue;
                }
                let until = self.bodies.get(&(person, id)).copied();
                let is_early =
                    until == Some(expires) && now + 10 * MINUTE < expires.0.saturating_add(grace);
                if is_early {
                    return Err(format!("person {person} erased {id:?} too early"));
                }
            }
        }
        Ok(())
    }

    fn end_well(&mut self) -> Result<(), String> {
        if let Some(off) = self.off {
            self.set_right(off);
        }
        self.graph.world.heal();
        for person in 0..PEOPLE {
            self.graph.bring_back(person)?;
        }
        // Who was ahead writes anew within this, and who is behind hears of the rest.
        self.graph.world.run_for(Duration::from_secs(200));
        for person in GUESTS {
            // They are no members any more, and hold what they held.
            self.graph.people[person].was_revoked = true;
        }
        self.graph.end_equal()?;
        self.look()?;
        self.nobody_reads_who_has_ended()?;
        self.count_lost()
    }

    fn nobody_reads_who_has_ended(&self) -> Result<(), String> {
        for (id, guests) in &self.late {
            for guest in guests {
                let replica = self.graph.replica(*guest);
                if replica.is_some_and(|it| it.held(id).is_some()) {
                    return Err(format!("person {guest}, whose time was over, holds {id:?}"));
                }
            }
        }
        Ok(())
    }

    /// What people were told to be stored, and was not to end yet, is held under its name or, where
    /// its author was ahead, under another.
    fn count_lost(&mut self) -> Result<(), String> {
        let now = self.graph.world.wall_now();
        let mut rewritten: BTreeMap<RecordId, RecordId> = BTreeMap::new();
        for tab in self.graph.world.all_tabs() {
            for event in &self.graph.world.seen(tab).log {
                if let Event::Group { event, .. } = event
                    && let GroupEvent::Rewritten { old, new } = &**event
                {
                    rewritten.insert(*old, *new);
                }
            }
        }
        let Some(founder) = self.graph.replica(0) else { return Err("no founder".into()) };
        let mut first = None;
        for written in self.graph.durable() {
            if self.graph.people[written.person].is_uncertain
                || self.graph.people[written.person].was_revoked
            {
                continue;
            }
            let mut id = written.id;
            for _ in 0..10 {
                id = rewritten.get(&id).copied().filter(|new| *new != id).unwrap_or(id);
            }
            let ends = written.expires.is_some_and(|end| end <= Millis(now.0 + DAY));
            if !ends && founder.held(&id).is_none() {
                self.figures.honest_records_lost += 1;
                first.get_or_insert(*written);
            }
        }
        first.map_or(Ok(()), |it| Err(format!("the founder lacks {it:?}")))
    }
}

/// How long what is written lasts, at the least and at the most, in milliseconds.
const LASTS: (u64, u64) = (20 * MINUTE, 20 * DAY);
