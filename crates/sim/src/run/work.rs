//! What people do.

use lacis_core::{Priority, Ticket, Until};

use super::Run;
use crate::ids::TabId;
use crate::world::Mail;

impl Run {
    /// Somebody does something. Errors are the node's right: a full queue, a member unknown.
    pub(super) fn work(&mut self) {
        let awake: Vec<TabId> =
            self.world.living().into_iter().filter(|tab| !self.world.is_frozen(*tab)).collect();
        let Some(&tab) = self.random.pick(&awake) else { return };
        let choice = self.random.below(100);
        match choice {
            0..2 => self.join_or_leave(tab),
            2..6 => self.cancel(tab),
            6..8 => {
                self.world.command(tab, |node, now| node.wake(now));
            }
            _ => self.say(tab, choice),
        }
    }

    fn say(&mut self, tab: TabId, choice: u64) {
        let rooms = self.world.rooms_of(tab);
        let Some(&room) = self.random.pick(&rooms) else { return };
        let others: Vec<TabId> =
            self.world.tab_ids().into_iter().filter(|other| *other != tab).collect();
        let Some(&to) = self.random.pick(&others) else { return };
        // Sending may fail, and says so: that is for tests of their own.
        match choice {
            8..24 => {
                let size = self.small();
                let _ = self.world.broadcast(tab, room, size, true);
            }
            24..36 => {
                let size = self.small().min(1000);
                let _ = self.world.broadcast(tab, room, size, false);
            }
            36..50 => {
                let (size, patience) = (self.small(), self.random.millis(200, 20_000));
                let _ = self.world.request(tab, room, to, size, patience);
            }
            50..58 => {
                let size = self.random.below(1_500_000);
                let _ = self.world.send_file(tab, room, to, size);
            }
            58..68 => {
                let mail =
                    Mail { size: self.large(), priority: Priority::Bulk, until: self.until() };
                let _ = self.world.send(tab, room, to, mail);
            }
            68..74 => {
                let size = self.large();
                let mail = Mail { size, priority: Priority::Automatic, until: self.until() };
                let _ = self.world.send(tab, room, to, mail);
            }
            _ => {
                let (size, until) = (self.small(), self.until());
                let mail = Mail { size, priority: Priority::Automatic, until };
                let _ = self.world.send(tab, room, to, mail);
            }
        }
    }

    fn until(&mut self) -> Until {
        if self.random.chance(700) { Until::Delivered } else { Until::Accepted }
    }

    fn small(&mut self) -> usize {
        match self.random.below(20) {
            0 => 0,
            1 => self.random.index(60_000),
            _ => self.random.index(500),
        }
    }

    fn large(&mut self) -> usize {
        self.random.index(400_000)
    }

    fn join_or_leave(&mut self, tab: TabId) {
        let room = self.random.index(self.world.room_count());
        if self.world.rooms_of(tab).contains(&room) {
            self.world.leave(tab, room);
        } else {
            let patience = self.random.millis(1_000, 20_000);
            let _ = self.world.try_join(tab, room, patience);
        }
    }

    fn cancel(&mut self, tab: TabId) {
        let open: Vec<Ticket> = self
            .world
            .truth
            .promises
            .iter()
            .filter(|((owner, _), promise)| *owner == tab && promise.settled.is_none())
            .map(|((_, ticket), _)| *ticket)
            .collect();
        if let Some(&ticket) = self.random.pick(&open) {
            self.world.cancel(tab, ticket);
        }
    }
}
