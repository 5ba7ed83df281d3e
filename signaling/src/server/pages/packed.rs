//! Compressed files, kept in memory: each is compressed when it is first asked for.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tracing::debug;

use super::coding::Coding;
use crate::limits;

/// The compressed files of one folder.
#[derive(Debug)]
pub(super) struct Packed {
    folder: PathBuf,
    held: Mutex<Held>,
    /// One file at a time, so that the other cores go on with what the server is for.
    working: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Held {
    files: HashMap<Key, File>,
    bytes: usize,
}

/// A file by the one name that leads to it without detours, and a form of it.
type Key = (PathBuf, Coding);

#[derive(Debug)]
struct File {
    of: Version,
    /// None if it is served as it is: it gets no smaller, or there is no room.
    bytes: Option<Bytes>,
}

/// By what a file is known to be the same.
type Version = (SystemTime, u64);

impl Packed {
    pub(super) fn new(folder: &Path) -> Self {
        let working = Arc::new(Semaphore::new(1));
        Self { folder: folder.to_owned(), held: Mutex::default(), working }
    }

    /// The file that was found at `path`; nothing if it is to be served as it is.
    pub(super) async fn get(self: &Arc<Self>, path: &str, coding: Coding) -> Option<Bytes> {
        // Names with escapes are few, and not worth a second reading of them.
        if path.contains('%') {
            return None;
        }
        let mut file = self.folder.join(path.trim_start_matches('/'));
        if path.ends_with('/') {
            file.push("index.html");
        }
        let (this, asked) = (Arc::clone(self), file.clone());
        let known = spawn_blocking(move || this.known(&asked, coding)).await.ok()?;
        if let Some(known) = known.ok()? {
            return known;
        }
        // It is never closed, so this does not fail.
        let working = Arc::clone(&self.working).acquire_owned().await.ok()?;
        let this = Arc::clone(self);
        // Goes on if the browser does not wait; the next one gets it.
        let packed = spawn_blocking(move || {
            let packed = this.pack(&file, coding);
            drop(working);
            packed
        });
        packed.await.ok()?.inspect_err(|error| debug!(%error, "a page is served as it is")).ok()?
    }

    /// What is held of a file as it is now.
    fn known(&self, file: &Path, coding: Coding) -> io::Result<Option<Option<Bytes>>> {
        let (file, version) = identify(file)?;
        let held = self.lock();
        let known = held.files.get(&(file, coding)).filter(|known| known.of == version);
        Ok(known.map(|known| known.bytes.clone()))
    }

    /// Compresses a file, unless somebody did while this one waited.
    fn pack(&self, file: &Path, coding: Coding) -> io::Result<Option<Bytes>> {
        if let Some(known) = self.known(file, coding)? {
            return Ok(known);
        }
        let (file, version) = identify(file)?;
        let whole = std::fs::read(&file)?;
        let packed = Bytes::from(coding.compress(&whole)?.into_boxed_slice());
        let bytes = (packed.len() < whole.len()).then_some(packed);
        let mut held = self.lock();
        Ok(held.take_in((file, coding), File { of: version, bytes }))
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Keeps a file if there is room, and says as what it is kept.
    fn take_in(&mut self, key: Key, mut file: File) -> Option<Bytes> {
        self.forget(&key);
        if self.bytes + file.len() > limits::PACKED_BYTES_MAX {
            let gone: Vec<Key> = self
                .files
                .iter()
                .filter(|it| it.1.is_gone(&it.0.0))
                .map(|it| it.0.clone())
                .collect();
            gone.iter().for_each(|key| self.forget(key));
        }
        if self.bytes + file.len() > limits::PACKED_BYTES_MAX {
            file.bytes = None;
        }
        self.bytes += file.len();
        let bytes = file.bytes.clone();
        self.files.insert(key, file);
        bytes
    }

    fn forget(&mut self, key: &Key) {
        self.bytes -= self.files.remove(key).map_or(0, |file| file.len());
    }
}

impl File {
    fn len(&self) -> usize {
        self.bytes.as_ref().map_or(0, Bytes::len)
    }

    /// Whether the file has changed or is not there any more.
    fn is_gone(&self, path: &Path) -> bool {
        identify(path).map_or(true, |(_, version)| version != self.of)
    }
}

/// The one name of a file, however it was asked for: links, doubled slashes and, where they do not
/// count, large letters lead to one file, which is compressed once.
fn identify(file: &Path) -> io::Result<(PathBuf, Version)> {
    let file = file.canonicalize()?;
    let metadata = file.metadata()?;
    Ok((file, (metadata.modified()?, metadata.len())))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::SystemTime;

    use bytes::Bytes;

    use super::{Coding, File, Held};
    use crate::limits;

    fn file(bytes: usize) -> File {
        File { of: (SystemTime::UNIX_EPOCH, 0), bytes: Some(Bytes::from(vec![0; bytes])) }
    }

    fn key(name: &str) -> (PathBuf, Coding) {
        (name.into(), Coding::Gzip)
    }

    #[test]
    fn what_is_held_is_bounded_and_makes_room_for_what_is_there() {
        let manifest = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
        let (manifest, version) = super::identify(&manifest).unwrap();
        let most = limits::PACKED_BYTES_MAX;
        let mut held = Held::default();
        let there = File { of: version, bytes: Some(Bytes::from(vec![0; most / 2])) };
        assert!(held.take_in((manifest.clone(), Coding::Gzip), there).is_some());
        assert!(held.take_in(key("/gone"), file(most / 2)).is_some());
        assert_eq!(held.bytes, most);
        // What is gone makes room.
        assert!(held.take_in(key("/new"), file(100)).is_some());
        assert_eq!(held.bytes, most / 2 + 100);
        // What is there does not, and what has no room is not tried again and again.
        assert!(held.take_in(key("/large"), file(most)).is_none());
        assert!(held.files.get(&key("/large")).is_some_and(|file| file.bytes.is_none()));
        assert!(held.files.contains_key(&(manifest, Coding::Gzip)));
        // One that comes again counts once.
        let before = held.bytes;
        held.take_in(key("/large"), file(7));
        held.take_in(key("/large"), file(9));
        assert_eq!(held.bytes, before + 9);
    }
}
