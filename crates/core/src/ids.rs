//! Numbers of sockets, links, rooms and the like.
//!
//! What the node begins by itself, it numbers by itself: dials, attempts, operations, what others
//! send or ask. Those numbers have 64 bits and one counter, so each is given once: whatever others
//! do, it does not come round. JavaScript holds the first 2^53 exactly.
//!
//! What a client of the node begins, it numbers by itself: tickets, watches, rooms, groups, files
//! that it sends. So it can ask for something, and hear of it, before anything was answered. Those
//! numbers have 32 bits, of which the upper four are the number of the client, so that several can
//! share a node and need not agree on anything. The last of them is the node itself, which has
//! rooms of its own where groups meet. The package and the native peer are alone with their node:
//! they count from 1, as client 0.
//!
//! Of rooms and groups together, and of files, each number is greater than those that its client
//! chose before. So none means two things, however late it is spoken of, and behind the greatest
//! there is none: the node refuses what is not new. A call that is refused may have used it up.

macro_rules! counter_id {
    ($(#[$doc:meta])* $name:ident($number:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $number);
    };
}

counter_id! {
    /// One dial of a signaling server; a new one for every dial, so that callbacks of a dead
    /// socket are recognised.
    SocketId(u64)
}
counter_id! {
    /// One connection object; a new one for every attempt, so that callbacks of a dead connection
    /// are recognised.
    LinkId(u64)
}
counter_id! {
    /// One asynchronous call that the driver makes for the node.
    OpId(u64)
}
counter_id! {
    /// A room, or a group, as the client numbered it that has joined or opened it.
    RoomId(u32)
}
counter_id! {
    /// A stream. One that a client sends has the number that the client chose, of 32 bits; one that
    /// comes has a greater one, from the node.
    StreamId(u64)
}
counter_id! {
    /// A request of another remote that waits for our answer.
    RequestId(u64)
}

/// Marks connections that go over a neighbor, and that no driver hears of.
const RELAYED: u64 = 1 << 63;

impl LinkId {
    /// The connection of that number, over a neighbor or by a driver.
    pub(crate) const fn numbered(number: u64, is_relayed: bool) -> Self {
        Self(if is_relayed { number | RELAYED } else { number })
    }

    /// Whether it goes over a neighbor.
    pub(crate) const fn is_relayed(self) -> bool {
        self.0 & RELAYED != 0
    }
}

impl StreamId {
    /// The stream of that number of the node.
    pub(crate) const fn numbered(number: u64) -> Self {
        Self(number + (1 << u32::BITS))
    }
}

/// A client's number for something that will be settled. Once it is, the number may be used again.
pub type Ticket = u32;

/// How many clients a number tells apart, the node as the last of them.
const CLIENTS: usize = 16;
/// The bits below those of the client.
const CLIENT_SHIFT: u32 = 28;
/// Where the numbers of the node begin.
const OWN: u32 = 15 << CLIENT_SHIFT;

/// The last number that each client chose for something of one sort.
#[derive(Debug, Default)]
pub(crate) struct Chosen([u32; CLIENTS]);

impl Chosen {
    /// Takes a number that a client chose for something new; says whether it is.
    pub(crate) fn take(&mut self, number: u32) -> bool {
        match self.0.get_mut((number >> CLIENT_SHIFT) as usize) {
            Some(last) if *last < number && number < OWN => {
                *last = number;
                true
            }
            _ => false,
        }
    }

    /// Chooses one for the node itself; `None` if it has used up all of them.
    pub(crate) fn own(&mut self) -> Option<u32> {
        let last = self.0.last_mut()?;
        *last = (*last).max(OWN).checked_add(1)?;
        Some(*last)
    }
}

#[cfg(test)]
mod tests {
    use super::{CLIENT_SHIFT, CLIENTS, Chosen, OWN};

    #[test]
    fn a_number_is_taken_once_and_none_comes_after_the_greatest() {
        let mut chosen = Chosen::default();
        assert!(!chosen.take(0), "it is none");
        assert!(chosen.take(1) && chosen.take(7));
        assert!(!chosen.take(7) && !chosen.take(2), "it may have been used");
        let greatest = (1 << CLIENT_SHIFT) - 1;
        assert!(chosen.take(greatest));
        assert!(!chosen.take(greatest) && !chosen.take(greatest - 1) && !chosen.take(0));
    }

    #[test]
    fn clients_do_not_take_numbers_from_each_other() {
        let mut chosen = Chosen::default();
        for number in 1..4 {
            for client in 0..15 {
                assert!(chosen.take(client << CLIENT_SHIFT | number), "client {client}");
                assert!(!chosen.take(client << CLIENT_SHIFT | number));
            }
        }
    }

    #[test]
    fn the_node_has_numbers_that_no_client_may_choose() {
        let mut chosen = Chosen::default();
        assert!(!chosen.take(OWN + 1) && !chosen.take(u32::MAX));
        assert_eq!((chosen.own(), chosen.own()), (Some(OWN + 1), Some(OWN + 2)));
        assert!(!chosen.take(OWN + 3));
        chosen.0 = [u32::MAX; CLIENTS];
        assert_eq!(chosen.own(), None);
    }
}
