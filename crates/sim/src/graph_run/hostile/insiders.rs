//! Who the insiders are, and what they do by their own nodes.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use lacis_core::RevokeOptions;
use lacis_wire::proof::{IdentityKey, signing_key};
use lacis_wire::{PeerId, Roles};

use super::{HONEST, HostileRun, Insider, RIGHTS, Right};
use crate::graph_run::liar::{Liar, Standing};
use crate::random::Random;
use crate::world::World;

impl HostileRun {
    /// Somebody comes who is not honest, with rights drawn at random.
    pub(super) fn bring_in(&mut self, person: usize) -> Result<(), String> {
        let random = &mut self.graph.random;
        let right = RIGHTS[random.index(RIGHTS.len())];
        let any = [Roles::MEMBER, Roles::INVITER, Roles::ADMIN];
        let roles = match right {
            Right::Member | Right::Stranger => Roles::MEMBER,
            Right::Inviter => Roles::INVITER,
            Right::Admin => Roles::ADMIN,
            Right::Keeper => Roles::KEEPER,
            Right::Revoked => any[random.index(3)],
            Right::Expired => any[random.index(2)],
        };
        let standing = Standing {
            roles: (right != Right::Stranger).then_some(roles),
            revoked: None,
            expired: None,
            // Somebody who is honest until it is shut out half-way, or who never was.
            is_quiet: right == Right::Revoked && random.chance(500),
        };
        let insider = Insider { person, right, roles, standing: Rc::new(RefCell::new(standing)) };
        // Admins have no end by date.
        let day = Duration::from_secs(86_400);
        let short = Duration::from_secs(600);
        let lasts = if right == Right::Expired { short } else { day };
        let lasts = (roles != Roles::ADMIN).then_some(lasts);
        if right == Right::Stranger {
            self.graph.invite_in_vain(person)?;
        } else {
            // From two sides, so that some are nearer to the founder than others.
            let by = if self.graph.random.chance(300) { 1 } else { 0 };
            self.graph.invite(by, person, roles, lasts)?;
        }
        self.graph.bring_back(person)?;
        // It says more than it has to, and is no concern of those who ask whether all is well.
        self.graph.people[person].was_revoked = true;
        self.graph.people[person].is_liar = true;
        self.corrupt(&insider);
        self.insiders.push(insider);
        Ok(())
    }

    fn key(person: usize) -> IdentityKey {
        let seed = u8::try_from(person + 1).unwrap_or(u8::MAX);
        signing_key(&[seed; 32])
    }

    /// Has its node say more than it has to.
    pub(super) fn corrupt(&mut self, insider: &Insider) {
        let person = insider.person;
        let victims: Vec<PeerId> = (0..HONEST).map(|honest| self.graph.peer(honest)).collect();
        let Some(group) = self.graph.people[0].id else { return };
        let random = Random::new(self.graph.random.number(), "liar");
        let shared = (self.lies.clone(), insider.standing.clone());
        let mut liar = Liar::new(group, Self::key(person), victims, random, shared);
        liar.wall = self.wall.clone();
        if let Some(tab) = self.graph.people[person].tab {
            self.graph.world.sabotage(tab, liar.saboteur());
        }
    }

    /// What insiders do by their own nodes, which keep to the rules.
    pub(super) fn insiders_work(&mut self) {
        for at in 0..self.insiders.len() {
            let Insider { person, roles, .. } = self.insiders[at];
            if self.insiders[at].standing.borrow().is_quiet || !self.graph.random.chance(250) {
                continue;
            }
            self.do_evil(person, roles);
        }
    }

    fn do_evil(&mut self, person: usize, roles: Roles) {
        let Some((tab, group)) = self.graph.place(person) else { return };
        let random = &mut self.graph.random;
        let victim = 1 + random.index(HONEST - 1);
        let other = self.insiders[random.index(self.insiders.len())].person;
        let victim = self.graph.peer(victim);
        let other = self.graph.peer(other);
        let ticket = self.graph.world.plain_ticket(tab);
        let day = Some(Duration::from_secs(86_400));
        let options =
            RevokeOptions { undo: self.graph.random.chance(500), ..RevokeOptions::default() };
        let what = self.graph.random.below(8);
        let world: &mut World = &mut self.graph.world;
        // Whether it may is for its node to say.
        match what {
            0 if roles == Roles::ADMIN => {
                world.command(tab, |node, now| node.revoke(now, ticket, group, victim, options));
            }
            1 if roles == Roles::ADMIN => {
                world.command(tab, |node, now| node.revoke(now, ticket, group, other, options));
            }
            2 => {
                let to = (Roles::MEMBER, day);
                world.command(tab, |node, now| node.set_roles(now, ticket, group, other, to));
            }
            3 => {
                let open = crate::world::invitation_for(Roles::INVITER, 1_000);
                world.command(tab, |node, now| node.invite_anybody(now, group, open));
            }
            // It may write, change and delete; of an admin all that others wrote.
            4 | 5 => {
                let _ = self.graph.change(person);
            }
            6 => {
                let _ = self.graph.delete(person);
            }
            _ => {
                for _ in 0..10 {
                    let _ = self.graph.write(person);
                }
            }
        }
    }
}
