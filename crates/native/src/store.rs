//! The store of a peer: one file, one thread that works on it.

mod table;

use std::path::Path;
use std::sync::mpsc;
use std::thread::JoinHandle;

use lacis_core::{OpId, StoreReply, StoreRequest};
use tokio::sync::mpsc::UnboundedSender;

use crate::error::StoreError;
use table::Tables;

/// A request, and whose answer it gets.
type Asked = (OpId, StoreRequest);

/// The store of a peer. What is asked is done in its order; what is under way when it is dropped is
/// finished first.
#[derive(Debug)]
pub(crate) struct Store {
    asked: Option<mpsc::Sender<Asked>>,
    thread: Option<JoinHandle<()>>,
}

/// So many writes become durable together: each costs a round trip to the disk alone.
const TOGETHER_MAX: usize = 64;

impl Store {
    /// Opens the store in that file, and makes it if there is none. Answers go to `answers`.
    pub(crate) fn open(
        path: &Path,
        answers: UnboundedSender<(OpId, StoreReply)>,
    ) -> Result<Self, StoreError> {
        let tables = Tables::open(path)?;
        let (asked, requests) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("lacis-store".into())
            .spawn(move || work(tables, &requests, &answers))
            .map_err(StoreError::Io)?;
        Ok(Self { asked: Some(asked), thread: Some(thread) })
    }

    /// Asks something; says whether there is anybody to answer.
    pub(crate) fn ask(&self, op: OpId, request: StoreRequest) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.send((op, request)).is_ok())
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.asked = None;
        if let Some(thread) = self.thread.take() {
            // It panics nowhere; if it did, there is nobody left to tell.
            let _ = thread.join();
        }
    }
}

fn work(
    mut tables: Tables,
    requests: &mpsc::Receiver<Asked>,
    answers: &UnboundedSender<(OpId, StoreReply)>,
) {
    let mut next = requests.recv().ok();
    while let Some((op, request)) = next.take() {
        // Where nobody hears the answer, the peer is gone. What it asked is done all the same.
        match request {
            StoreRequest::Read { table, keys } => {
                let values = tables.read(table, &keys);
                let values = values.map_or_else(StoreReply::Failed, StoreReply::Values);
                let _ = answers.send((op, values));
            }
            StoreRequest::Scan { table, prefix, after, limit } => {
                let page = tables.scan(table, &prefix, after.as_deref(), limit);
                let packed = |entries: Vec<_>| StoreReply::Page(entries.into_iter().collect());
                let page = page.map_or_else(StoreReply::Failed, packed);
                let _ = answers.send((op, page));
            }
            change => {
                let mut changes = vec![(op, change)];
                while changes.len() < TOGETHER_MAX {
                    match requests.try_recv() {
                        Ok((op, request)) if is_change(&request) => changes.push((op, request)),
                        Ok(other) => {
                            next = Some(other);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                write(&mut tables, &changes, answers);
            }
        }
        if next.is_none() {
            next = requests.recv().ok();
        }
    }
}

const fn is_change(request: &StoreRequest) -> bool {
    matches!(request, StoreRequest::Write(_) | StoreRequest::Erase { .. })
}

/// Makes changes together; if that does not work, each alone, so that one that cannot be made takes
/// no other with it.
fn write(tables: &mut Tables, changes: &[Asked], answers: &UnboundedSender<(OpId, StoreReply)>) {
    let together = tables.write(changes.iter().map(|(_, change)| change));
    for (op, change) in changes {
        let made = match together {
            Ok(()) => Ok(()),
            Err(code) if changes.len() == 1 => Err(code),
            Err(_) => tables.write(std::iter::once(change)),
        };
        let reply = made.map_or_else(StoreReply::Failed, |()| StoreReply::Written);
        let _ = answers.send((*op, reply));
    }
}

#[cfg(test)]
mod tests;
