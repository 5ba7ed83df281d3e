//! Files that the receiver has whole before the application has said that it has written all.
//!
//! Whoever learns late that there is no more, as from a stream, says so after the last byte has
//! arrived.

use alloc::collections::VecDeque;

use lacis_wire::limits;

use crate::cx::Cx;
use crate::ids::{StreamId, Ticket};

/// The last of them, at most [`limits::STREAMS_MAX`], and the ticket of what is said then.
#[derive(Debug, Default)]
pub(super) struct Done(VecDeque<(StreamId, Option<Ticket>)>);

impl Done {
    pub(super) fn note(&mut self, id: StreamId) {
        super::remember(&mut self.0, (id, None));
    }

    pub(super) fn contains(&self, id: StreamId) -> bool {
        self.0.iter().any(|(done, _)| *done == id)
    }

    /// The application has written everything; says whether that had arrived.
    pub(super) fn finish(&mut self, id: StreamId, ticket: Ticket) -> bool {
        let found = self.0.iter_mut().find(|(done, _)| *done == id);
        found.map(|(_, finished)| *finished = Some(ticket)).is_some()
    }

    /// Settles what was said.
    pub(super) fn settle(&mut self, cx: &mut Cx, id: StreamId) {
        let is_finished = |(done, ticket): &(StreamId, Option<_>)| *done == id && ticket.is_some();
        if let Some(place) = self.0.iter().position(is_finished)
            && let Some((_, Some(ticket))) = self.0.remove(place)
        {
            cx.settle(ticket, Ok(()));
        }
    }
}

const _: () = assert!(limits::STREAMS_MAX <= 256, "they are looked for one by one");
