//! The store.

use alloc::collections::BTreeMap;
use alloc::vec;
use core::time::Duration;

use lacis_core::{Input, OpId, Output, StoreChange, StoreReply, StoreRequest, StoreTable};

use super::bench::Bench;
use super::harness::{Harness, Logged};

fn write(key: &[u8], value: Option<&[u8]>) -> StoreRequest {
    let value = value.map(<[u8]>::to_vec);
    StoreRequest::Write(vec![StoreChange { table: TABLE, key: key.to_vec(), value }])
}

const TABLE: StoreTable = StoreTable::Meta;

/// The reply to one request, after which there is no second.
async fn reply<H: Harness>(bench: &mut Bench<'_, H>, op: OpId) -> StoreReply {
    let answer = |logged| match logged {
        Logged::Input(Input::Store(of, reply)) if of == op => Some(reply),
        _ => None,
    };
    bench.expect(0, "the answer of its store", answer).await
}

/// Requests may be under way together: each is answered once, and what was asked first is seen by
/// what was asked later.
pub async fn a_store_answers_each_request_once<H: Harness>(harness: &mut H) {
    let mut bench = Bench::new(harness);
    let keys = || vec![b"ka".to_vec(), b"kb".to_vec()];
    let scan = StoreRequest::Scan { table: TABLE, prefix: b"k".to_vec(), after: None, limit: 9 };
    let first = [write(b"ka", Some(b"1")), write(b"kb", Some(b"2")), write(b"ka", Some(b"3"))];
    let ops = first.map(|request| {
        let op = bench.op();
        bench.want(0, Output::Store(op, request));
        op
    });
    let mut written = BTreeMap::new();
    let all = |logged| {
        if let Logged::Input(Input::Store(op, reply)) = logged {
            assert_eq!(written.insert(op, reply), None, "{op:?} is answered twice");
        }
        (written.len() == ops.len()).then(|| written.clone())
    };
    let written = bench.expect(0, "that all is written", all).await;
    assert!(written.values().all(|it| *it == StoreReply::Written), "{written:?}");
    let op = bench.op();
    bench.want(0, Output::Store(op, StoreRequest::Read { table: TABLE, keys: keys() }));
    let values = [b"3", b"2"].map(|value| Some(value.to_vec()));
    assert_eq!(reply(&mut bench, op).await, StoreReply::Values(values.into()));
    let op = bench.op();
    bench.want(0, Output::Store(op, scan));
    let page = [(b"ka", b"3"), (b"kb", b"2")].into_iter().collect();
    assert_eq!(reply(&mut bench, op).await, StoreReply::Page(page));
    let op = bench.op();
    bench.want(0, Output::Store(op, StoreRequest::Erase { prefix: b"k".to_vec() }));
    assert_eq!(reply(&mut bench, op).await, StoreReply::Written);
    let op = bench.op();
    bench.want(0, Output::Store(op, write(b"kc", Some(b"4"))));
    let last = bench.op();
    bench.want(0, Output::Store(last, StoreRequest::Erase { prefix: b"k".to_vec() }));
    let keys = vec![b"kc".to_vec()];
    let asked = bench.op();
    bench.want(0, Output::Store(asked, StoreRequest::Read { table: TABLE, keys }));
    let mut told = BTreeMap::new();
    let all = |logged| {
        if let Logged::Input(Input::Store(op, reply)) = logged {
            told.insert(op, reply);
        }
        (told.len() == 3).then(|| told.clone())
    };
    let told = bench.expect(0, "what is asked while changes are under way", all).await;
    let (written, nothing) = (StoreReply::Written, StoreReply::Values(vec![None]));
    assert_eq!(told, [(op, written.clone()), (last, written), (asked, nothing)].into());
    let late = bench.within(0, Duration::from_millis(200)).await;
    let is_late = |it: &&Logged| matches!(it, Logged::Input(Input::Store(..)));
    assert_eq!(late.iter().filter(is_late).count(), 0);
}

/// A store that does not do what it was asked says so.
pub async fn a_store_that_fails_is_told<H: Harness>(harness: &mut H) {
    harness.fail_store(0, true);
    let mut bench = Bench::new(harness);
    let op = bench.op();
    bench.want(0, Output::Store(op, write(b"kc", Some(b"1"))));
    let failed = reply(&mut bench, op).await;
    assert!(matches!(failed, StoreReply::Failed(_)), "{failed:?}");
    bench.harness.fail_store(0, false);
}
