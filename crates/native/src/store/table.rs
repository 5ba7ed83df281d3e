//! Tables in a file.

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use lacis_core::{StoreChange, StoreRequest, StoreTable};
use lacis_wire::Code;
use redb::backends::FileBackend;
use redb::{Database, DatabaseError, Durability, ReadableDatabase, StorageError, TableDefinition};

use crate::error::StoreError;

type Definition = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// Entries, in the order of their keys.
type Entries = Vec<(Vec<u8>, Vec<u8>)>;

/// The tables of one store.
#[derive(Debug)]
pub(super) struct Tables {
    path: PathBuf,
    /// Nothing while it has to be opened again.
    database: Option<Database>,
}

/// Pages kept in memory: headers are read once, and bodies have a cache of their own.
const CACHE_BYTES: usize = 8 * 1024 * 1024;

const fn definition(table: StoreTable) -> Definition {
    TableDefinition::new(match table {
        StoreTable::Meta => "lacis-1-meta",
        StoreTable::System => "lacis-1-system",
        StoreTable::Heads => "lacis-1-heads",
        StoreTable::Bodies => "lacis-1-bodies",
    })
}

impl Tables {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let database = open(path)?;
        Ok(Self { path: path.to_owned(), database: Some(database) })
    }

    /// Has all of these changes made, or none, and comes back when they outlast a crash.
    pub(super) fn write<'a>(
        &mut self,
        changes: impl Iterator<Item = &'a StoreRequest>,
    ) -> Result<(), Code> {
        self.attempt(|database| {
            let mut transaction = database.begin_write()?;
            transaction.set_durability(Durability::Immediate)?;
            for change in changes {
                match change {
                    StoreRequest::Write(list) => {
                        for change in list {
                            apply(&transaction, change)?;
                        }
                    }
                    StoreRequest::Erase { prefix } => erase(&transaction, prefix)?,
                    StoreRequest::Read { .. } | StoreRequest::Scan { .. } => {}
                }
            }
            transaction.commit()?;
            Ok(())
        })
    }

    pub(super) fn read(
        &mut self,
        table: StoreTable,
        keys: &[Vec<u8>],
    ) -> Result<Vec<Option<Vec<u8>>>, Code> {
        self.attempt(|database| {
            let table = database.begin_read()?.open_table(definition(table))?;
            let value = |key: &Vec<u8>| {
                let value = table.get(key.as_slice())?;
                Ok(value.map(|value| value.value().to_vec()))
            };
            keys.iter().map(value).collect()
        })
    }

    pub(super) fn scan(
        &mut self,
        table: StoreTable,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Entries, Code> {
        self.attempt(|database| {
            let table = database.begin_read()?.open_table(definition(table))?;
            let from = match after {
                Some(after) if after >= prefix => Bound::Excluded(after),
                _ => Bound::Included(prefix),
            };
            let mut page = Vec::new();
            for entry in table.range::<&[u8]>((from, Bound::Unbounded))?.take(limit) {
                let (key, value) = entry?;
                if !key.value().starts_with(prefix) {
                    break;
                }
                page.push((key.value().to_vec(), value.value().to_vec()));
            }
            Ok(page)
        })
    }

    /// Does something with the database. One that has failed is opened again for the next: it
    /// refuses everything from then on, and the disk may have room again.
    fn attempt<T>(
        &mut self,
        act: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, Code> {
        let database = match self.database.take() {
            Some(database) => database,
            None => open(&self.path).map_err(|error| error.code())?,
        };
        match act(&database) {
            Ok(done) => {
                self.database = Some(database);
                Ok(done)
            }
            Err(redb::Error::Io(error)) => Err(match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Code::StoreFull,
                _ => Code::StoreFailed,
            }),
            Err(_) => Err(Code::StoreFailed),
        }
    }
}

fn open(path: &Path) -> Result<Database, StoreError> {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    let database = FileBackend::new(file(path)?)
        .and_then(|backend| builder.create_with_backend(backend))
        .map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => StoreError::InUse,
            DatabaseError::Storage(StorageError::Io(error)) => StoreError::Io(error),
            DatabaseError::UpgradeRequired(_) => StoreError::Version,
            other => StoreError::Damaged(other.to_string()),
        })?;
    // From here on every table can be read.
    let made = || -> Result<(), redb::Error> {
        let transaction = database.begin_write()?;
        for table in StoreTable::ALL {
            transaction.open_table(definition(table))?;
        }
        transaction.commit()?;
        Ok(())
    };
    made().map_err(|error| match error {
        redb::Error::Io(error) => StoreError::Io(error),
        other => StoreError::Damaged(other.to_string()),
    })?;
    Ok(database)
}

/// Its keys are secrets, and sealed, but who wrote what is nobody's business either.
fn file(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(StoreError::Io)
}

fn apply(transaction: &redb::WriteTransaction, change: &StoreChange) -> Result<(), redb::Error> {
    let mut table = transaction.open_table(definition(change.table))?;
    match &change.value {
        Some(value) => table.insert(change.key.as_slice(), value.as_slice())?,
        None => table.remove(change.key.as_slice())?,
    };
    Ok(())
}

fn erase(transaction: &redb::WriteTransaction, prefix: &[u8]) -> Result<(), redb::Error> {
    for table in StoreTable::ALL {
        let mut table = transaction.open_table(definition(table))?;
        let end = end_of(prefix);
        let end = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        table.retain_in::<&[u8], _>((Bound::Included(prefix), end), |_, _| false)?;
    }
    Ok(())
}

/// The first key after all that begin with a prefix; nothing if none comes after them.
fn end_of(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while end.last() == Some(&u8::MAX) {
        end.pop();
    }
    *end.last_mut()? += 1;
    Some(end)
}
