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
        let (database, _) = open(path, true)?;
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
    ///
    /// What is gone then is not made anew: below a folder where a volume was, a store that begins
    /// with nothing would report things stored, and be gone itself when the volume is back. A file
    /// that is there and holds nothing is one, and who asked hears that it is empty.
    fn attempt<T>(
        &mut self,
        act: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, Code> {
        let database = match self.database.take() {
            Some(database) => database,
            None => match open(&self.path, false) {
                Ok((database, false)) => database,
                Ok((database, true)) => {
                    self.database = Some(database);
                    return Err(Code::StoreDamaged);
                }
                Err(StoreError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(Code::StoreFailed);
                }
                Err(error) => return Err(error.code()),
            },
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

/// Opens a store; says whether it held nothing, not even its tables.
fn open(path: &Path, makes: bool) -> Result<(Database, bool), StoreError> {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    let database = FileBackend::new(file(path, makes)?)
        .and_then(|backend| builder.create_with_backend(backend))
        .map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => StoreError::InUse,
            DatabaseError::Storage(StorageError::Io(error)) => StoreError::Io(error),
            DatabaseError::UpgradeRequired(_) => StoreError::Version,
            other => StoreError::Damaged(other.to_string()),
        })?;
    // From here on every table can be read.
    let made = || -> Result<bool, redb::Error> {
        let transaction = database.begin_write()?;
        let was_empty = transaction.list_tables()?.next().is_none();
        for table in StoreTable::ALL {
            transaction.open_table(definition(table))?;
        }
        transaction.commit()?;
        Ok(was_empty)
    };
    let was_empty = made().map_err(|error| match error {
        redb::Error::Io(error) => StoreError::Io(error),
        other => StoreError::Damaged(other.to_string()),
    })?;
    Ok((database, was_empty))
}

/// Its keys are secrets, and sealed, but who wrote what is nobody's business either.
fn file(path: &Path, makes: bool) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(makes).truncate(false);
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

#[cfg(test)]
mod tests {
    use std::io;

    use super::{Code, StoreChange, StoreRequest, StoreTable, Tables};

    fn write(tables: &mut Tables) -> Result<(), Code> {
        let change = StoreChange { table: StoreTable::Meta, key: vec![1], value: Some(vec![2]) };
        tables.write(std::iter::once(&StoreRequest::Write(vec![change])))
    }

    fn fail(tables: &mut Tables) {
        let lost = || redb::Error::Io(io::ErrorKind::NotConnected.into());
        assert_eq!(tables.attempt::<()>(|_| Err(lost())), Err(Code::StoreFailed));
    }

    #[test]
    fn a_store_that_is_gone_is_not_made_anew_and_an_empty_one_says_so() {
        let name = format!("lacis-table-{}", std::process::id());
        let (path, away) =
            (std::env::temp_dir().join(&name), std::env::temp_dir().join(name + "2"));
        let _ = std::fs::remove_file(&path);
        let mut tables = Tables::open(&path).unwrap();
        assert_eq!(write(&mut tables), Ok(()));
        // The volume goes, and comes back.
        fail(&mut tables);
        std::fs::rename(&path, &away).unwrap();
        assert_eq!(write(&mut tables), Err(Code::StoreFailed));
        assert!(!path.exists());
        std::fs::rename(&away, &path).unwrap();
        let held = tables.read(StoreTable::Meta, &[vec![1]]);
        assert_eq!(held, Ok(vec![Some(vec![2])]));
        // Nothing is left in it.
        fail(&mut tables);
        std::fs::write(&path, []).unwrap();
        assert_eq!(write(&mut tables), Err(Code::StoreDamaged));
        assert_eq!(write(&mut tables), Ok(()));
        std::fs::remove_file(&path).unwrap();
    }
}
