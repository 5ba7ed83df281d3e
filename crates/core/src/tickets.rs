//! Tickets: every operation of the application is settled exactly once, whatever happens.

use alloc::vec::Vec;

use lacis_wire::Code;

use crate::ids::Ticket;
use crate::many::Many;

/// The open tickets.
#[derive(Debug, Default)]
pub(crate) struct Tickets {
    open: Many<Ticket, Open>,
}

#[derive(Debug)]
struct Open {
    parts: usize,
    /// Whether it fails if no part of it works.
    strict: bool,
    /// How a part that settled did, one that worked before all others.
    result: Option<Result<(), Code>>,
}

impl Tickets {
    /// Opens a ticket that one result settles.
    pub(crate) fn open(&mut self, ticket: Ticket) {
        self.open_any(ticket, 1);
    }

    /// Opens a ticket that is settled when all of its parts are, and fails if none of them worked.
    pub(crate) fn open_any(&mut self, ticket: Ticket, parts: usize) {
        self.open.insert(ticket, Open { parts, strict: true, result: None });
    }

    /// Opens a ticket that is settled when all of its parts are, whether they worked or not: a
    /// member that left in the meantime does not make a broadcast fail.
    pub(crate) fn open_parts(&mut self, ticket: Ticket, parts: usize) {
        self.open.insert(ticket, Open { parts, strict: false, result: None });
    }

    pub(crate) fn is_open(&self, ticket: Ticket) -> bool {
        self.open.contains_key(&ticket)
    }

    /// Takes note of one result; gives the outcome if it was the last one.
    pub(crate) fn settle(
        &mut self,
        ticket: Ticket,
        result: Result<(), Code>,
    ) -> Option<Result<(), Code>> {
        let open = self.open.get_mut(&ticket)?;
        if open.result != Some(Ok(())) {
            open.result = Some(result);
        }
        open.parts = open.parts.saturating_sub(1);
        if open.parts > 0 {
            return None;
        }
        let open = self.open.remove(&ticket)?;
        open.result.filter(|_| open.strict).or(Some(Ok(())))
    }

    /// Closes a ticket whatever it still waits for; says whether it was open.
    pub(crate) fn close(&mut self, ticket: Ticket) -> bool {
        self.open.remove(&ticket).is_some()
    }

    /// Closes all tickets.
    pub(crate) fn drain(&mut self) -> Vec<Ticket> {
        core::mem::take(&mut self.open).keys().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use lacis_wire::Code;

    use super::Tickets;

    #[test]
    fn a_ticket_is_settled_once() {
        let mut tickets = Tickets::default();
        tickets.open(1);
        assert_eq!(tickets.settle(1, Err(Code::Timeout)), Some(Err(Code::Timeout)));
        assert_eq!(tickets.settle(1, Ok(())), None);
        assert!(!tickets.close(1));
    }

    #[test]
    fn a_ticket_of_many_parts_waits_for_the_last_and_forgives_failures() {
        let mut tickets = Tickets::default();
        tickets.open_parts(1, 2);
        assert_eq!(tickets.settle(1, Err(Code::LinkLost)), None);
        assert_eq!(tickets.settle(1, Err(Code::Left)), Some(Ok(())));
    }

    #[test]
    fn a_ticket_for_any_of_many_fails_only_if_all_of_them_do() {
        let mut tickets = Tickets::default();
        tickets.open_any(1, 3);
        assert_eq!(tickets.settle(1, Err(Code::LinkLost)), None);
        assert_eq!(tickets.settle(1, Ok(())), None);
        assert_eq!(tickets.settle(1, Err(Code::Left)), Some(Ok(())));
        tickets.open_any(2, 2);
        assert_eq!(tickets.settle(2, Err(Code::LinkLost)), None);
        assert_eq!(tickets.settle(2, Err(Code::RemoteLeft)), Some(Err(Code::RemoteLeft)));
    }
}
