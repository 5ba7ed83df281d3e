use std::path::PathBuf;

use lacis_core::{OpId, StoreChange, StoreReply, StoreRequest, StoreTable};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::Store;
use crate::error::StoreError;

/// A file that is removed again.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let name = format!("lacis-store-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_file(&path);
        Self(path)
    }

    fn open(&self) -> (Store, UnboundedReceiver<(OpId, StoreReply)>) {
        let (answers, heard) = unbounded_channel();
        (Store::open(&self.0, answers).unwrap(), heard)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn write(key: &[u8], value: Option<&[u8]>) -> StoreRequest {
    let (table, value) = (StoreTable::Heads, value.map(<[u8]>::to_vec));
    StoreRequest::Write(vec![StoreChange { table, key: key.to_vec(), value }])
}

fn scan(prefix: &[u8], after: Option<&[u8]>, limit: usize) -> StoreRequest {
    let (prefix, after) = (prefix.to_vec(), after.map(<[u8]>::to_vec));
    StoreRequest::Scan { table: StoreTable::Heads, prefix, after, limit }
}

fn page(entries: &[(&[u8], &[u8])]) -> StoreReply {
    StoreReply::Page(entries.iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect())
}

#[test]
fn what_was_written_is_there_after_it_was_closed() {
    let place = Place::new("again");
    let (store, mut heard) = place.open();
    assert!(store.ask(OpId(1), write(b"a", Some(b"1"))));
    assert_eq!(heard.blocking_recv(), Some((OpId(1), StoreReply::Written)));
    drop(store);
    let (store, mut heard) = place.open();
    let keys = vec![b"b".to_vec(), b"a".to_vec()];
    store.ask(OpId(2), StoreRequest::Read { table: StoreTable::Heads, keys });
    let values = StoreReply::Values(vec![None, Some(b"1".to_vec())]);
    assert_eq!(heard.blocking_recv(), Some((OpId(2), values)));
}

#[test]
fn a_store_belongs_to_one() {
    let place = Place::new("alone");
    let (store, _heard) = place.open();
    let (answers, _) = unbounded_channel();
    assert!(matches!(Store::open(&place.0, answers.clone()), Err(StoreError::InUse)));
    drop(store);
    assert!(Store::open(&place.0, answers).is_ok());
}

#[test]
fn pages_go_on_after_a_key_and_end_with_the_prefix() {
    let place = Place::new("pages");
    let (store, mut heard) = place.open();
    for key in [&b"a"[..], b"b", b"b\x01", b"b\xff", b"c", b"\xff\xff"] {
        store.ask(OpId(1), write(key, Some(key)));
        assert_eq!(heard.blocking_recv(), Some((OpId(1), StoreReply::Written)));
    }
    let mut ask = |request| {
        store.ask(OpId(2), request);
        heard.blocking_recv().unwrap().1
    };
    assert_eq!(ask(scan(b"b", None, 2)), page(&[(b"b", b"b"), (b"b\x01", b"b\x01")]));
    assert_eq!(ask(scan(b"b", Some(b"b\x01"), 9)), page(&[(b"b\xff", b"b\xff")]));
    assert_eq!(ask(scan(b"b", Some(b"a"), 1)), page(&[(b"b", b"b")]));
    assert_eq!(ask(scan(b"\xff", None, 9)), page(&[(b"\xff\xff", b"\xff\xff")]));
    assert_eq!(ask(StoreRequest::Erase { prefix: b"b".to_vec() }), StoreReply::Written);
    let rest = page(&[(b"a", b"a"), (b"c", b"c"), (b"\xff\xff", b"\xff\xff")]);
    assert_eq!(ask(scan(b"", None, 9)), rest);
    assert_eq!(ask(StoreRequest::Erase { prefix: b"\xff".to_vec() }), StoreReply::Written);
    assert_eq!(ask(scan(b"", None, 9)), page(&[(b"a", b"a"), (b"c", b"c")]));
}

#[test]
fn what_was_asked_before_it_is_dropped_is_written() {
    let place = Place::new("dropped");
    let (store, heard) = place.open();
    drop(heard);
    for number in 0..200_u32 {
        store.ask(OpId(number.into()), write(&number.to_be_bytes(), Some(b"x")));
    }
    drop(store);
    let (store, mut heard) = place.open();
    store.ask(OpId(1), scan(b"", None, 999));
    let Some((_, StoreReply::Page(page))) = heard.blocking_recv() else { panic!("no page") };
    assert_eq!(page.iter().count(), 200);
}
