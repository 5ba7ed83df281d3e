//! What the application reads: one record, or all that fit. Bodies come from the store on demand, a
//! page at a time.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;

use lacis_wire::record::CopyName;
use lacis_wire::{Code, PeerId, RecordId};

use crate::cx::Cx;
use crate::event::Completion;
use crate::graph::{Copy, Held};
use crate::group::queries::export::part_of;
use crate::group::{Group, GroupEvent, Loading, Record, Search};
use crate::ids::Ticket;
use crate::store::StoreReply;
use crate::table::in_order;

/// Records read at once for a query: so many at first, and then as many as have about so many
/// bytes, because a store takes its time to answer whatever it is asked for.
const PAGES: core::ops::RangeInclusive<usize> = 16..=2_048;
const FIRST_PAGE: usize = 256;
const PAGE_BYTES: usize = 1024 * 1024;
const PAGE_BYTES_HALF: usize = PAGE_BYTES / 2;
/// The store reads one page while another one is checked and told.
const PAGES_READ_AT_ONCE: usize = 2;

/// How records are read at the reader's pace.
#[derive(Clone, Copy, Debug)]
pub struct Paging {
    /// The latest first; otherwise the oldest.
    pub newest_first: bool,
    /// How many are told before the reader asks for more.
    pub credit: usize,
}

/// A question of the application that is being answered.
#[derive(Debug)]
pub(in crate::group) struct Query {
    pub(in crate::group) ticket: Ticket,
    purpose: Purpose,
    waiting: VecDeque<RecordId>,
    /// How many are read at once.
    page: usize,
    /// How many pages the store is reading.
    reading: usize,
    /// How many records are still told before the reader asks for more; as many as there are, if it
    /// is nothing.
    credit: Option<usize>,
}

impl Query {
    fn new(ticket: Ticket, purpose: Purpose, waiting: VecDeque<RecordId>) -> Self {
        Self { ticket, purpose, waiting, page: FIRST_PAGE, reading: 0, credit: None }
    }

    /// Takes the next page; none if nothing is left, or the store has enough to do.
    fn take_page(&mut self) -> Option<Vec<RecordId>> {
        // What is read in order is read one page after the other.
        let at_once = if self.credit.is_some() { 1 } else { PAGES_READ_AT_ONCE };
        if self.waiting.is_empty() || self.reading >= at_once || self.credit == Some(0) {
            return None;
        }
        let wanted = match (&self.purpose, self.credit) {
            // Each of them is told, so no more are read.
            (Purpose::Search(Search { filter: None, .. }), Some(credit)) => self.page.min(credit),
            _ => self.page,
        };
        Some(self.waiting.drain(..self.waiting.len().min(wanted)).collect())
    }

    /// Learns from a page how large the next one may be.
    fn learn(&mut self, reply: &StoreReply) {
        let StoreReply::Values(values) = reply else { return };
        let bytes: usize = values.iter().flatten().map(Vec::len).sum();
        let fitting = match bytes {
            0..PAGE_BYTES_HALF => values.len() * 2,
            PAGE_BYTES_HALF..=PAGE_BYTES => values.len(),
            _ => values.len() / 2,
        };
        self.page = fitting.clamp(*PAGES.start(), *PAGES.end());
    }
}

/// What is done with what is read.
#[derive(Debug)]
enum Purpose {
    /// One record that must be there.
    One,
    /// The application reads all that fit.
    Search(Search),
    /// They go into a file.
    Export,
}

impl Group {
    /// Reads one record. The ticket is completed with it, or fails.
    pub(crate) fn read(&mut self, cx: &mut Cx, ticket: Ticket, id: RecordId) {
        cx.tickets.open(ticket);
        let waiting = VecDeque::from([id]);
        self.queries.push(Query::new(ticket, Purpose::One, waiting));
        self.advance_queries(cx);
    }

    /// How many records are held that were not deleted: of one type or all of the application, by
    /// one creator or all.
    pub(crate) fn count(&self, search: &Search, creator: Option<&PeerId>) -> usize {
        let ids = self.replica.ids_where(|kind| search.fits_type(kind));
        let held = ids.filter_map(|id| self.replica.held(&id));
        let fits = |held: &Held<'_>| {
            !held.is_deleted && creator.is_none_or(|creator| held.creator == creator)
        };
        held.filter(fits).count()
    }

    /// Reads all records that fit, but no tombstones: there is nothing in them to be found by. They
    /// come as [`GroupEvent::Found`]; then the ticket settles.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] when the filter exceeds a limit.
    pub(crate) fn query(
        &mut self,
        cx: &mut Cx,
        ticket: Ticket,
        search: Search,
    ) -> Result<(), Code> {
        search.check()?;
        cx.tickets.open(ticket);
        let waiting = self.replica.ids_where(|kind| search.fits_type(kind)).collect();
        self.queries.push(Query::new(ticket, Purpose::Search(search), waiting));
        self.advance_queries(cx);
        Ok(())
    }

    /// Reads them in the order in which they were made, as many as the reader wants, and goes on
    /// when it wants more.
    ///
    /// # Errors
    /// As of [`Group::query`].
    pub(crate) fn page(
        &mut self,
        cx: &mut Cx,
        ticket: Ticket,
        search: Search,
        paging: Paging,
    ) -> Result<(), Code> {
        search.check()?;
        cx.tickets.open(ticket);
        let fitting = self.replica.ids_where(|kind| search.fits_type(kind));
        let held = fitting.filter_map(|id| self.replica.held(&id));
        let mut dated = in_order(held.map(|held| (held.created, held.id)));
        if paging.newest_first {
            dated.reverse();
        }
        let waiting = dated.into_iter().map(|(_, id)| id).collect();
        let mut query = Query::new(ticket, Purpose::Search(search), waiting);
        query.credit = Some(paging.credit);
        self.queries.push(query);
        self.advance_queries(cx);
        Ok(())
    }

    /// The reader wants so many more. A ticket that is settled is ignored.
    pub(crate) fn page_on(&mut self, cx: &mut Cx, ticket: Ticket, count: usize) {
        let query = self.queries.iter_mut().find(|query| query.ticket == ticket);
        if let Some(credit) = query.and_then(|query| query.credit.as_mut()) {
            *credit = credit.saturating_add(count);
        }
        self.advance_queries(cx);
    }

    /// Reads all records of the application, and tells them as they travel.
    pub(in crate::group) fn query_raw(&mut self, cx: &mut Cx, ticket: Ticket) {
        let waiting = self.replica.ids_where(|kind| !kind.is_system()).collect();
        self.queries.push(Query::new(ticket, Purpose::Export, waiting));
        self.advance_queries(cx);
    }

    pub(crate) fn cancel_query(&mut self, ticket: Ticket) {
        self.queries.retain(|query| query.ticket != ticket);
    }

    fn advance_queries(&mut self, cx: &mut Cx) {
        let mut at = 0;
        while let Some(query) = self.queries.get_mut(at) {
            if let Some(page) = query.take_page() {
                self.load_page(cx, at, page);
            } else if query.reading > 0 || !query.waiting.is_empty() {
                at += 1;
            } else {
                let query = self.queries.remove(at);
                cx.settle(query.ticket, Ok(()));
            }
        }
    }

    /// Asks the store for a page, or tells it if all of it is at hand.
    fn load_page(&mut self, cx: &mut Cx, at: usize, ids: Vec<RecordId>) {
        let names: Vec<CopyName> =
            ids.iter().filter_map(|id| self.replica.held(id)).map(|held| held.name()).collect();
        let is_at_hand = names.iter().all(|name| self.at_hand(name).is_some());
        if !cx.config.store || is_at_hand {
            let copies = names.iter().filter_map(|name| self.at_hand(name)).collect();
            self.tell_page(cx, at, copies);
        } else if let Some(query) = self.queries.get_mut(at) {
            query.reading += 1;
            let ticket = query.ticket;
            self.read_bodies(cx, &names.clone(), Loading::Query { ticket, names });
        }
    }

    /// Tells one page of what a query asks for.
    fn tell_page(&mut self, cx: &mut Cx, at: usize, copies: Vec<Arc<Copy>>) {
        let Some(query) = self.queries.get(at) else { return };
        let ticket = query.ticket;
        match &query.purpose {
            Purpose::Search(search) => {
                let present = copies.iter().filter(|copy| !copy.header.is_deleted());
                let records = present.map(|copy| self.reading(copy));
                let records: Vec<Record> = records.filter(|it| search.fits_content(it)).collect();
                if let Some(credit) = self.queries.get_mut(at).and_then(|it| it.credit.as_mut()) {
                    *credit = credit.saturating_sub(records.len());
                }
                if !records.is_empty() {
                    self.event(cx, GroupEvent::Found { ticket, records });
                }
            }
            Purpose::Export => {
                let now = self.now(cx);
                for copy in copies.iter().filter(|copy| copy.header.expires > now) {
                    self.event(cx, GroupEvent::Exported { ticket, part: part_of(copy) });
                }
            }
            Purpose::One => {
                self.queries.remove(at);
                let record = copies.first().map(|copy| self.reading(copy));
                match record {
                    Some(record) => cx.complete(ticket, Completion::Record(Box::new(record))),
                    None => cx.settle(ticket, Err(Code::RecordUnknown)),
                }
            }
        }
    }

    pub(in crate::group) fn on_query_loaded(
        &mut self,
        cx: &mut Cx,
        ticket: Ticket,
        names: &[CopyName],
        reply: StoreReply,
    ) {
        let asked = self.queries.iter().position(|query| query.ticket == ticket);
        if let (Some(at), StoreReply::Failed(code)) = (asked, &reply) {
            self.queries.remove(at);
            cx.settle(ticket, Err(*code));
            return;
        }
        if let Some(query) = asked.and_then(|at| self.queries.get_mut(at)) {
            query.reading -= 1;
            query.learn(&reply);
        }
        let copies = self.check_read(cx, names, reply);
        // The page may be larger than what stays at hand, so it is told from here.
        if let Some(at) = asked {
            self.tell_page(cx, at, copies.into_iter().flatten().collect());
        }
        self.advance_queries(cx);
    }
}
