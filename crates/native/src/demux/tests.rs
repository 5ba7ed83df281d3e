use bytes::BytesMut;
use lacis_core::LinkId;

use super::{ASKED_MAX, DOUBTFUL_MAX, Demux, Sort, WAYS_MAX, Whose, asked_of, tag_of};

/// A link of the first machine, and of the second.
const fn first(link: u64) -> Whose {
    Whose { machine: 1, link: LinkId(link) }
}

const fn second(link: u64) -> Whose {
    Whose { machine: 2, link: LinkId(link) }
}

/// A binding request with a user name behind another attribute.
fn request(user: &str) -> Vec<u8> {
    let mut bytes = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    bytes.extend([7; 12]);
    bytes.extend([0x80, 0x22, 0, 3, 1, 2, 3, 0]);
    bytes.extend([0, 6, 0, u8::try_from(user.len()).unwrap()]);
    bytes.extend(user.bytes());
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

#[test]
fn a_request_is_for_the_link_that_it_names() {
    let mut demux = Demux::default();
    demux.name(first(1), "ours");
    demux.name(second(1), "other");
    let way = ("10.0.0.1:1".parse().unwrap(), "10.0.0.2:2".parse().unwrap());
    assert_eq!(demux.find(way, &request("other:theirs")), [second(1)]);
    assert_eq!(demux.find(way, &request("nobody:theirs")), []);
    demux.forget_all(2);
    assert_eq!(demux.find(way, &request("other:theirs")), []);
}

#[test]
fn what_comes_back_is_for_those_who_sent_that_way() {
    let mut demux = Demux::default();
    let way = ("10.0.0.1:1".parse().unwrap(), "10.0.0.2:2".parse().unwrap());
    let sealed = [23, 254, 253, 0, 1];
    assert_eq!(demux.find(way, &sealed), []);
    demux.sent(first(1), way, b"");
    demux.sent(first(2), way, b"");
    demux.sent(first(1), way, b"");
    assert_eq!(demux.find(way, &sealed), [first(2), first(1)]);
    demux.forget(first(1));
    assert_eq!(demux.find(way, &sealed), [first(2)]);
}

#[test]
fn what_may_be_for_many_is_given_to_the_youngest() {
    let mut demux = Demux::default();
    let way = ("10.0.0.1:1".parse().unwrap(), "10.0.0.2:2".parse().unwrap());
    for link in 0..100 {
        demux.sent(first(link), way, b"");
    }
    let given = demux.find(way, &[23, 254, 253, 0, 1]);
    assert_eq!((given.len(), given[0]), (DOUBTFUL_MAX, first(99)));
}

#[test]
fn a_tag_names_a_link_that_sends_that_way() {
    let mut demux = Demux::default();
    let way = ("10.0.0.1:1".parse().unwrap(), "10.0.0.2:2".parse().unwrap());
    demux.name(first(1), "abcdefghij");
    demux.name(first(2), "klmnopqrst");
    assert_eq!(tag_of("short"), None);
    let packet = || {
        let mut packet = BytesMut::from(&tag_of("klmnopqrst").unwrap()[..]);
        packet.extend_from_slice(b"sealed");
        packet
    };
    let mut refused = packet();
    assert_eq!(demux.tagged(way, &mut refused), None);
    assert_eq!(refused, packet());
    demux.sent(first(2), way, b"");
    let mut taken = packet();
    assert_eq!(demux.tagged(way, &mut taken), Some(first(2)));
    assert_eq!(taken, "sealed");
    demux.forget(first(2));
    assert_eq!(demux.tagged(way, &mut packet()), None);
}

#[test]
fn a_link_remembers_so_many_ways() {
    let mut demux = Demux::default();
    let way = |port: usize| {
        let peer = format!("10.0.0.2:{port}").parse().unwrap();
        ("10.0.0.1:1".parse().unwrap(), peer)
    };
    for port in 1..=WAYS_MAX + 1 {
        demux.sent(first(1), way(port), b"");
    }
    assert_eq!(demux.find(way(1), &[23; 9]), []);
    assert_eq!(demux.find(way(2), &[23; 9]), [first(1)]);
    demux.forget(first(1));
    assert!(demux.by_way.is_empty() && demux.known.is_empty());
}

/// A STUN message of that transaction.
fn stun(kind: u8, transaction: u8) -> Vec<u8> {
    [&[kind, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[transaction; 12]].concat()
}

#[test]
fn an_answer_is_for_the_link_that_asked_though_others_send_the_same_way() {
    let mut demux = Demux::default();
    let way = ("10.0.0.1:1".parse().unwrap(), "10.0.0.2:2".parse().unwrap());
    let links = [first(1), first(2), second(1)];
    for (number, whose) in (7..).zip(links) {
        demux.sent(whose, way, &stun(0, number));
    }
    assert_eq!(demux.find(way, &stun(1, 8)), [first(2)]);
    assert_eq!(demux.find(way, &stun(1, 9)), [second(1)]);
    // One that nobody waits for any more may be for any of them.
    assert_eq!(demux.find(way, &stun(1, 9)), [second(1), first(2), first(1)]);
    let elsewhere = ("10.0.0.1:1".parse().unwrap(), "10.0.0.3:2".parse().unwrap());
    assert_eq!(demux.find(elsewhere, &stun(1, 7)), []);
    for number in 0..=ASKED_MAX {
        demux.sent(first(2), way, &stun(0, 100 + u8::try_from(number).unwrap()));
    }
    assert_eq!(demux.by_transaction.len(), ASKED_MAX + 1);
    demux.forget(first(2));
    assert_eq!(demux.by_transaction.len(), 1);
    demux.forget_all(1);
    assert!(demux.by_transaction.is_empty());
}

#[test]
fn no_bytes_do_harm() {
    let whole = request("ours:theirs");
    assert_eq!(asked_of(&whole), Some(&b"ours"[..]));
    for end in 0..whole.len() {
        let _ = asked_of(&whole[..end]);
    }
    let mut long = whole;
    long[31] = 255;
    assert_eq!(asked_of(&long), None);
}

#[test]
fn sorts_are_told_by_the_first_byte_and_the_epoch() {
    assert_eq!(Sort::of(&[0, 1]), Some(Sort::Stun));
    assert_eq!(Sort::of(&[22, 254, 253, 0, 0, 0]), Some(Sort::DtlsPlain));
    assert_eq!(Sort::of(&[23, 254, 253, 0, 1, 0]), Some(Sort::DtlsSealed));
    assert_eq!(Sort::of(&[128, 0, 0, 0, 0, 0]), None);
    assert_eq!(Sort::of(&[22, 254]), None);
    assert_eq!(Sort::of(&[]), None);
}
