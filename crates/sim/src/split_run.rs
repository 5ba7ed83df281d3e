//! One seed, one group and one room that fall apart into islands, go on apart, and are put together
//! again: everybody finds everybody, and all hold the same.

mod plan;
mod verdict;
mod work;

use std::time::Duration;

use lacis_core::RoomId;
use lacis_wire::Roles;

use crate::ids::{ServerId, TabId};
use crate::network::Access;
use crate::random::Random;
use crate::run::{Figures, Options, Outcome};
use crate::tab::TabSetup;
use crate::world::{Pairing, World};
use plan::{Apart, Back, Plan};

/// Runs one seed.
#[must_use]
pub fn run_split(seed: u64, options: Options) -> Outcome {
    let mut run = SplitRun::new(seed, options.trace);
    let failure = run.go().err();
    let failure = failure.map(|sentence| format!("{sentence} ({:?})", run.plan));
    Outcome {
        seed,
        events: run.world.events(),
        hash: run.world.hash(),
        time: run.world.now(),
        state: failure.is_some().then(|| run.describe()),
        failure,
        figures: run.figures,
    }
}

/// A run under way.
#[derive(Debug)]
struct SplitRun {
    world: World,
    random: Random,
    plan: Plan,
    server: ServerId,
    /// The first one founded the group.
    people: Vec<Person>,
    /// The group, where rooms are meant, and a room by link if all are in one too.
    rooms: Vec<usize>,
    figures: Figures,
}

/// One who takes part.
#[derive(Clone, Debug)]
struct Person {
    tab: TabId,
    group: RoomId,
    roles: Roles,
    setup: TabSetup,
    island: u8,
    /// Whether it was shut out: what it has and hears does not count any more.
    is_out: bool,
}

/// All are in and have heard of each other after this: who was not heard of at once tells again
/// within a minute that it is there.
const GATHERED: Duration = Duration::from_secs(75);

impl SplitRun {
    fn new(seed: u64, trace: bool) -> Self {
        let mut world = World::new(seed);
        world.trace = trace;
        let mut random = Random::new(seed, "split");
        let plan = Plan::new(&mut random);
        let server = world.add_server();
        let (people, rooms, figures) = (Vec::new(), Vec::new(), Figures::default());
        Self { world, random, plan, server, people, rooms, figures }
    }

    fn go(&mut self) -> Result<(), String> {
        self.gather()?;
        self.write_some(2 * self.people.len())?;
        let rest = self.random.millis(5_000, 60_000);
        self.world.run_for(rest);
        self.sound()?;
        self.part();
        self.live_apart()?;
        for (last, merged) in self.plan.stages() {
            self.merge(merged)?;
            if !last {
                self.live_on()?;
            }
        }
        self.verdict()
    }

    /// Whether no checker has found anything.
    fn sound(&self) -> Result<(), String> {
        self.world.violation().map_or(Ok(()), |sentence| Err(sentence.to_owned()))
    }

    /// Those who are to hear and hold everything.
    fn members(&self) -> Vec<Person> {
        self.people.iter().filter(|person| !person.is_out).cloned().collect()
    }

    /// Those of them who are heard.
    fn speakers(&self) -> Vec<Person> {
        self.members().into_iter().filter(|person| person.roles != Roles::KEEPER).collect()
    }

    fn tabs(&self) -> Vec<TabId> {
        self.people.iter().filter(|person| !person.is_out).map(|person| person.tab).collect()
    }

    /// The founder, then all others, whom it invites.
    fn gather(&mut self) -> Result<(), String> {
        for number in 0..self.plan.nodes {
            self.come(number)?;
        }
        if self.plan.has_room {
            let room = self.world.add_room(&[self.server]);
            for person in &self.people {
                self.world.join(person.tab, room);
            }
            self.rooms.push(room);
        }
        let (members, rooms) = (self.members(), self.rooms.clone());
        let known =
            self.world.run_until(GATHERED, |world| stranger(world, &rooms, &members).is_none());
        self.sound()?;
        match stranger(&self.world, &rooms, &members) {
            Some((one, two)) if !known => Err(format!("tab {} never heard of {}", one.0, two.0)),
            _ => Ok(()),
        }
    }

    fn come(&mut self, number: usize) -> Result<(), String> {
        let latency = self.random.millis(1, 60);
        let access = Access { latency, jitter: self.random.upto(latency / 4), ..Access::default() };
        let identity = u8::try_from(number + 1).unwrap_or(u8::MAX);
        let error = i64::try_from(self.random.below(20_000)).unwrap_or(0) - 10_000;
        let wall_error = if number == 0 { 0 } else { error };
        let setup = TabSetup { access, wall_error, ..self.world.stored(self.server, identity) };
        let roles = match number {
            1 | 5 | 9 => Roles::ADMIN,
            2 => Roles::INVITER,
            3 if self.plan.has_keeper => Roles::KEEPER,
            _ => Roles::MEMBER,
        };
        let tab = self.world.open(setup.clone());
        let group = match self.people.first() {
            None => self.world.found(tab, "Split"),
            Some(founder) => {
                let (founder, group) = (founder.tab, founder.group);
                self.world.bring_in(founder, group, tab, roles)
            }
        };
        let room = self.world.room_of_group(tab, group);
        if number == 0 {
            self.rooms.push(room);
        }
        self.people.push(Person { tab, group, roles, setup, island: 0, is_out: false });
        // Some come together, and some after the others.
        let pause = self.random.millis(0, 1_500);
        self.world.run_for(pause);
        self.sound()
    }

    /// Islands from now on; the server is gone for some or all.
    fn part(&mut self) {
        for (person, island) in self.people.iter_mut().zip(self.plan.places(&mut self.random)) {
            person.island = island;
            self.world.isolate(&[person.tab], island);
            let is_cut = match self.plan.apart {
                Apart::All => false,
                Apart::Some => !island.is_multiple_of(2),
                Apart::None => true,
            };
            self.world.fabric.net.cut(person.tab, self.server, is_cut);
            if is_cut {
                self.world.silence_sockets(person.tab);
            }
        }
    }

    /// Some islands are one again.
    fn merge(&mut self, merged: u8) -> Result<(), String> {
        let back = if self.plan.apart == Apart::None { self.plan.back } else { Back::All };
        // Keepers hear nobody, so nobody is heard of through one, and each comes back by itself.
        // Whoever has lost all links of its own island too is an island too.
        let speak = self.speakers().into_iter().filter(|it| it.island <= merged);
        let islands = self.islands(&speak.map(|it| it.tab).collect::<Vec<_>>());
        let mut firsts: Vec<TabId> = islands.iter().filter_map(|it| it.first().copied()).collect();
        let keepers = self.people.iter().filter(|it| it.roles == Roles::KEEPER);
        firsts.extend(keepers.filter(|it| it.island <= merged).map(|it| it.tab));
        for person in self.people.iter().filter(|it| it.island <= merged) {
            self.world.isolate(&[person.tab], 0);
            let is_first = firsts.contains(&person.tab);
            let is_back = back == Back::All || (back == Back::Few && is_first);
            self.world.fabric.net.cut(person.tab, self.server, !is_back);
        }
        if let (Back::Hands, [one, others @ ..]) = (back, &firsts[..]) {
            for two in others {
                if !self.world.is_encrypted(*one, *two) {
                    self.carry(*one, *two)?;
                }
            }
        }
        for person in &mut self.people {
            if person.island <= merged {
                person.island = 0;
            }
        }
        Ok(())
    }

    /// People carry texts between two tabs.
    fn carry(&mut self, one: TabId, two: TabId) -> Result<(), String> {
        let room = self.rooms[0];
        let refused = |error| format!("a pairing by hand is refused: {error}");
        let offer = self.world.pair(one, room, None).map_err(refused)?;
        let text = self.written(one, offer)?;
        let answer = self.world.pair(two, room, Some(&text)).map_err(refused)?;
        let text = self.written(two, answer)?;
        self.world.complete_pairing(one, offer, &text).map_err(refused)
    }

    fn written(&mut self, tab: TabId, pairing: Pairing) -> Result<String, String> {
        let is_settled = |world: &World| world.outcome(tab, pairing.written).is_some();
        self.world.run_until(Duration::from_secs(5), is_settled);
        self.sound()?;
        let outcome = self.world.outcome(tab, pairing.written);
        let text = self.world.text(tab, pairing).filter(|_| outcome == Some(Ok(())));
        text.ok_or_else(|| format!("tab {} writes no text: {outcome:?}", tab.0))
    }

    /// Of those on one island everybody reaches everybody, over links that both ends take for such.
    fn islands(&self, tabs: &[TabId]) -> Vec<Vec<TabId>> {
        let mut left = tabs.to_vec();
        let mut islands = Vec::new();
        while !left.is_empty() {
            let (mut island, mut next) = (vec![left.remove(0)], 0);
            while let Some(&tab) = island.get(next) {
                next += 1;
                island.extend(left.extract_if(.., |other| self.world.are_linked(tab, *other)));
            }
            islands.push(island);
        }
        islands
    }

    fn describe(&self) -> String {
        let mut text = format!("{:?}\n", self.plan);
        for person in &self.people {
            let Person { tab, roles, island, is_out, .. } = person;
            let others: Vec<_> = self.world.linked_with(*tab).map(|other| other.0).collect();
            let line = format!("{}: {roles:?} island {island} out {is_out} {others:?}\n", tab.0);
            text.push_str(&line);
        }
        text
    }
}

/// Two of whom the first has not heard of the second in a room that both are in.
fn stranger(world: &World, rooms: &[usize], members: &[Person]) -> Option<(TabId, TabId)> {
    let speak = |it: &&Person| it.roles != Roles::KEEPER;
    for &room in rooms {
        for one in members.iter().filter(speak) {
            let mut others = members.iter().filter(speak).filter(|it| it.tab != one.tab);
            let unknown = others.find(|it| world.state_in(one.tab, room, it.tab).is_none());
            if let Some(two) = unknown {
                return Some((one.tab, two.tab));
            }
        }
    }
    None
}
