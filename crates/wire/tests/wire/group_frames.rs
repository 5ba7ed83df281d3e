//! What two members say about their group: one value of each frame, and the limits on its fields.

use lacis_wire::code::Code;
use lacis_wire::codec::{Frame, decode, encode};
use lacis_wire::credential::Chain;
use lacis_wire::group::{Bucket, GivenKey, GroupFrame, Holding, NAME_BYTES};
use lacis_wire::record::RecordType;
use lacis_wire::{DecodeError, limits};

use crate::group_samples as sample;
use crate::limits::boundary;
use crate::samples::{Samples, count};

/// The names of the records of the samples, as they stand in lists.
fn names() -> Vec<u8> {
    sample::headers().iter().flat_map(|(_, header)| header.name().to_bytes()).collect()
}

pub(crate) fn samples() -> Samples<GroupFrame> {
    let kind = |text: &&str| RecordType::new(text).expect("a type");
    let clock = sample::NOW;
    let enter = |chain, first: &[&str], held| GroupFrame::Enter {
        clock,
        chain,
        first: first.iter().map(kind).collect(),
        held,
        keys: held.map(|_| self::count(0x40)),
    };
    let held = Holding { count: 100_000, fingerprint: self::count(0x30) };
    let symbols = sample::symbols(2);
    let (name, key) = (sample::key_name(), sample::epoch_key());
    let keys = vec![GivenKey { name, key: key.clone() }];
    let meetings = vec![GivenKey { name, key: key.meeting_key() }];
    let bucket = |number, count, first| Bucket { number, count, fingerprint: self::count(first) };
    let (_, (header, body), _) = sample::records().remove(0);
    let message = vec![0x61, 0, 0, 0];
    let one = names()[..NAME_BYTES].to_vec();
    vec![
        ("enter", enter(Some(sample::member_chain()), &["chat", "stroke"], Some(held))),
        ("enter-without-a-chain", enter(None, &[], None)),
        ("enter-without-symbols", enter(Some(sample::member_chain()), &["chat"], None)),
        ("refuse", GroupFrame::Refuse { code: Code::Revoked }),
        ("join-request", GroupFrame::JoinRequest { invitation: sample::invitation_use() }),
        ("join-accept", GroupFrame::JoinAccept { chain: sample::chains().remove(3).1 }),
        ("keys", GroupFrame::Keys { keys, meetings: vec![] }),
        ("keys-to-a-keeper", GroupFrame::Keys { keys: vec![], meetings }),
        (
            "summary",
            GroupFrame::Summary { buckets: vec![bucket(0, 3, 0x10), bucket(32, u32::MAX, 0x20)] },
        ),
        ("summary-of-nothing", GroupFrame::Summary { buckets: vec![] }),
        ("query", GroupFrame::Query { bucket: 0, message: message.clone() }),
        ("reply", GroupFrame::Reply { bucket: 32, message }),
        ("have", GroupFrame::Have { names: names() }),
        ("want", GroupFrame::Want { names: names() }),
        ("missing", GroupFrame::Missing { names: one }),
        ("done", GroupFrame::Done { bucket: 0 }),
        ("record", GroupFrame::Record { header, body }),
        ("preview-request", GroupFrame::PreviewRequest { invitation: sample::looking_use() }),
        ("preview", preview()),
        ("sketch", GroupFrame::Sketch { held, from: 48, symbols }),
        ("sketch-without-symbols", GroupFrame::Sketch { held, from: 0, symbols: vec![] }),
        ("more", GroupFrame::More { fingerprint: held.fingerprint, from: 48 }),
        ("told", GroupFrame::Told { unasked: names() }),
        ("told-and-nothing-follows", GroupFrame::Told { unasked: vec![] }),
    ]
}

/// What the sample of an invitation offers.
fn preview() -> GroupFrame {
    let record = |(header, body)| encode(&GroupFrame::Record { header, body });
    GroupFrame::Preview {
        chain: sample::inviter_chain(),
        properties: record(sample::system_record()),
        invitation: record(sample::invitation_record()),
        used: 3,
    }
}

#[test]
fn a_record_is_written_as_its_frame() {
    let mut count = 0;
    for (name, frame) in samples() {
        let GroupFrame::Record { header, body } = &frame else { continue };
        assert_eq!(GroupFrame::record_bytes(header, body), encode(&frame), "{name}");
        assert_eq!(
            GroupFrame::record_bytes(header, &Vec::new()),
            encode(&GroupFrame::Record { header: header.clone(), body: Vec::new() })
        );
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn lists() {
    let kind = RecordType::new("chat").expect("a type");
    let first = |count: usize| GroupFrame::Enter {
        clock: sample::NOW,
        chain: None,
        first: vec![kind.clone(); count],
        held: None,
        keys: None,
    };
    boundary!(GroupFrame, "first", first(16), first(17));
    let mut bytes = encode(&first(1));
    let letter = bytes.last_mut().expect("a letter");
    assert!(letter.is_ascii_lowercase());
    letter.make_ascii_uppercase();
    assert_eq!(decode::<GroupFrame>(&bytes), Err(DecodeError::Limit("type")));
    let keys = |bodies: usize, meetings: usize| {
        let key = GivenKey { name: sample::key_name(), key: sample::epoch_key() };
        GroupFrame::Keys { keys: vec![key.clone(); bodies], meetings: vec![key; meetings] }
    };
    let most = limits::GIVEN_KEYS_MAX;
    boundary!(GroupFrame, "keys", keys(most, most), keys(most + 1, 0));
    boundary!(GroupFrame, "keys", keys(most, most), keys(0, most + 1));
    let most = limits::NAMES_MAX * NAME_BYTES;
    let have = |bytes: usize| GroupFrame::Have { names: vec![7; bytes] };
    let want = |bytes: usize| GroupFrame::Want { names: vec![7; bytes] };
    let missing = |bytes: usize| GroupFrame::Missing { names: vec![7; bytes] };
    for wrong in [0, 1, NAME_BYTES + 1, most + NAME_BYTES] {
        boundary!(GroupFrame, "names", have(most), have(wrong));
        boundary!(GroupFrame, "names", want(NAME_BYTES), want(wrong));
        boundary!(GroupFrame, "names", missing(most), missing(wrong));
    }
}

#[test]
fn symbols() {
    let held = Holding { count: 1, fingerprint: count(0) };
    let of = |from, bytes: usize| GroupFrame::Sketch { held, from, symbols: vec![7; bytes] };
    boundary!(GroupFrame, "symbols", of(0, 40), of(0, 41));
    boundary!(GroupFrame, "symbols", of(0, 256 * 40), of(0, 257 * 40));
    boundary!(GroupFrame, "symbols", of(255, 40), of(255, 80));
    boundary!(GroupFrame, "symbols", of(256, 0), of(257, 0));
    let told = |bytes: usize| GroupFrame::Told { unasked: vec![7; bytes] };
    boundary!(GroupFrame, "unasked", told(32 * 32), told(33 * 32));
    boundary!(GroupFrame, "unasked", told(0), told(31));
}

#[test]
fn buckets() {
    let of = |numbers: &[u8]| {
        let bucket = |number: &u8| Bucket { number: *number, count: 1, fingerprint: count(0) };
        GroupFrame::Summary { buckets: numbers.iter().map(bucket).collect() }
    };
    boundary!(GroupFrame, "bucket", of(&[0, 32]), of(&[0, 33]));
    boundary!(GroupFrame, "buckets", of(&[0, 1]), of(&[1, 1]));
    boundary!(GroupFrame, "buckets", of(&[0, 1]), of(&[1, 0]));
    let done = |bucket| GroupFrame::Done { bucket };
    boundary!(GroupFrame, "bucket", done(32), done(33));
    let query = |bucket, bytes: usize| GroupFrame::Query { bucket, message: vec![7; bytes] };
    let reply = |bucket, bytes: usize| GroupFrame::Reply { bucket, message: vec![7; bytes] };
    boundary!(GroupFrame, "message", query(32, 60_000), query(32, 60_001));
    boundary!(GroupFrame, "message", reply(32, 60_000), reply(32, 60_001));
    boundary!(GroupFrame, "bucket", query(32, 0), query(33, 0));
    boundary!(GroupFrame, "bucket", reply(32, 0), reply(33, 0));
}

#[test]
fn what_stands_inside_is_checked_too() {
    let empty = Chain(vec![]);
    let enter = |chain| GroupFrame::Enter {
        clock: sample::NOW,
        chain: Some(chain),
        first: vec![],
        held: None,
        keys: None,
    };
    boundary!(GroupFrame, "chain", enter(sample::member_chain()), enter(empty.clone()));
    let accept = |chain| GroupFrame::JoinAccept { chain };
    boundary!(GroupFrame, "chain", accept(sample::member_chain()), accept(empty.clone()));
    let most = limits::PREVIEW_RECORD_BYTES;
    let of = |chain: &Chain, lengths: [usize; 2]| {
        let ([properties, invitation], chain) =
            (lengths.map(|length| vec![7; length]), chain.clone());
        GroupFrame::Preview { chain, properties, invitation, used: 0 }
    };
    let (chain, fits) = (sample::inviter_chain(), [most; 2]);
    boundary!(GroupFrame, "record", of(&chain, fits), of(&chain, [most + 1, 0]));
    boundary!(GroupFrame, "record", of(&chain, fits), of(&chain, [0, most + 1]));
    boundary!(GroupFrame, "chain", of(&chain, fits), of(&empty, fits));
    let record = |change: fn(&mut lacis_wire::record::Header), bytes: usize| {
        let mut header = sample::header(&[]);
        change(&mut header);
        GroupFrame::Record { header, body: vec![7; bytes] }
    };
    boundary!(GroupFrame, "id", record(|_| (), 0), record(|it| it.salt[0] ^= 1, 0));
    let most = limits::RECORD_BYTES;
    boundary!(GroupFrame, "body", record(|_| (), most), record(|_| (), most + 1));
}
