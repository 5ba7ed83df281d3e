//! Searches that go on: which of them every new version fits is decided while its body is open
//! anyway, by the same rules as when the application reads what is held.

use alloc::vec::Vec;

use lacis_wire::Code;

use crate::group::{Group, Record, Search};
use crate::many::Many;

/// What the application looks for on and on, by its own numbers.
#[derive(Debug, Default)]
pub(in crate::group) struct Watches(Many<u32, Search>);

impl Watches {
    /// The searches that a new version of a record fits. A tombstone fits by its type alone: it has
    /// no attributes any more, and whoever saw the record before has to hear of its end.
    pub(in crate::group) fn fitting(&self, record: &Record) -> Vec<u32> {
        let header = &record.header;
        let fits = |search: &Search| {
            search.fits_type(&header.kind) && (header.is_deleted() || search.fits_content(record))
        };
        let fitting = self.0.iter().filter(|(_, search)| fits(search));
        fitting.map(|(number, _)| *number).collect()
    }
}

impl Group {
    /// Has every new version of a record say whether it fits.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] when the filter exceeds a limit.
    pub(crate) fn watch(&mut self, number: u32, search: Search) -> Result<(), Code> {
        search.check()?;
        self.watches.0.insert(number, search);
        Ok(())
    }

    pub(crate) fn unwatch(&mut self, number: u32) {
        self.watches.0.remove(&number);
    }
}
