//! What is given up, and what becomes of it.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::link::{Body, Envelope, Kind};
use lacis_wire::{Code, Millis, NodeId, RoomTag, limits};

use crate::config::Config;
use crate::cx::Cx;
use crate::event::Event;
use crate::ids::{RoomId, StreamId};
use crate::io::{Output, Priority};
use crate::session::{Outgoing, RoomProof, Session, SharedRooms, Tags};
use crate::time::Timestamp;

const ROOM: RoomId = RoomId(1);
const OTHER: NodeId = NodeId([9; 16]);
const SECOND: Duration = Duration::from_secs(1);

fn cx() -> Cx {
    let config = Config {
        servers: Vec::new(),
        ice_servers: None,
        relay_only: false,
        identity: [255; 32],
        wall: Millis(1_800_000_000_000),
        store: false,
    };
    Cx::new(config, [1; 32], Timestamp::from_micros(1))
}

fn message(kind: Kind) -> Outgoing {
    let payload = Arc::new(Vec::from([1, 2, 3]));
    Outgoing { room: ROOM, kind, label: "a".into(), payload, ticket: None }
}

/// A room in which words wait until the other side shows that it hears them.
fn held(cx: &Cx) -> SharedRooms {
    let mut rooms = SharedRooms::default();
    rooms.set(ROOM, RoomProof::Proven);
    let (ours, theirs) = (RoomTag([1; 16]), RoomTag([2; 16]));
    rooms.set_tags(Vec::from([Tags { room: ROOM, ours, theirs, is_held: true, since: cx.now }]));
    rooms
}

#[test]
fn who_does_not_show_that_it_hears_words_is_given_up() {
    let mut cx = cx();
    let mut session = Session::new(OTHER);
    let mut rooms = held(&cx);
    let late = cx.now + limits::STREAM_IDLE;
    assert!(!session.is_unheard(late, true, &rooms), "nothing waits");
    session.enqueue(&mut cx, message(Kind::Broadcast), Priority::Automatic).expect("it fits");
    assert!(!session.is_unheard(cx.now + SECOND, true, &rooms));
    assert!(session.is_unheard(late, true, &rooms));
    // What a link takes that does not work is nobody's silence.
    assert!(!session.is_unheard(late, false, &rooms));
    assert!(!session.is_unheard(late + SECOND, true, &rooms));
    assert!(session.is_unheard(late + limits::STREAM_IDLE, true, &rooms));
    rooms.release(ROOM);
    assert!(!session.is_unheard(late + limits::STREAM_IDLE, true, &rooms));
}

/// Rooms of ours have names on a link long before the other side is in them.
#[test]
fn who_joins_later_has_as_long_from_the_first_word_on() {
    let mut cx = cx();
    let mut session = Session::new(OTHER);
    let rooms = held(&cx);
    cx.now = cx.now + limits::STREAM_IDLE * 2;
    session.enqueue(&mut cx, message(Kind::Broadcast), Priority::Automatic).expect("it fits");
    assert!(!session.is_unheard(cx.now + SECOND, true, &rooms));
    assert!(session.is_unheard(cx.now + limits::STREAM_IDLE, true, &rooms));
}

#[test]
fn a_question_that_was_given_up_is_not_asked() {
    let mut cx = cx();
    let mut session = Session::new(OTHER);
    for (ticket, size) in [(1, 3), (2, 200_000), (3, 3), (4, 200_000)] {
        let payload = Arc::new(Vec::from_iter(core::iter::repeat_n(0, size)));
        let question = Outgoing { payload, ..message(Kind::Direct) };
        let deadline = cx.now + SECOND * if ticket < 3 { 1 } else { 100 };
        cx.tickets.open(ticket);
        session.ask(&mut cx, question, ticket, deadline).expect("it fits");
    }
    cx.now = cx.now + SECOND;
    session.on_timeout(&mut cx, None);
    assert_eq!(
        (session.messages.waiting().count(), session.streams.waiting_since().count()),
        (1, 1)
    );
    for ticket in [3, 4] {
        session.cancel(&mut cx, None, ticket);
    }
    assert_eq!(
        (session.messages.waiting().count(), session.streams.waiting_since().count()),
        (0, 0)
    );
    assert_eq!(session.messages.waiting_bytes(), 0);
    assert!(session.is_idle());
}

#[test]
fn a_question_that_is_never_answered_is_forgotten_with_whoever_asked() {
    let mut cx = cx();
    let mut session = Session::new(OTHER);
    let envelope = Envelope { room: RoomTag([2; 16]), kind: Kind::Request { id: 1 }, label: "a" };
    session.on_message(&mut cx, (1, 0), Some(ROOM), &envelope, b"?");
    assert!(!session.is_idle());
    cx.now = cx.now + limits::DEADLINE_MAX;
    session.on_timeout(&mut cx, None);
    assert!(session.is_idle());
}

#[test]
fn an_answer_that_cannot_be_sent_is_refused_at_once() {
    let mut cx = cx();
    let mut session = Session::new(OTHER);
    let fill = Vec::from_iter(core::iter::repeat_n(0, limits::INTERACTIVE_BYTES));
    while session.enqueue(&mut cx, message(Kind::Direct), Priority::Automatic).is_ok() {}
    let waiting = session.messages.waiting().count();
    let too_large = Vec::from_iter(core::iter::repeat_n(0, limits::MESSAGE_BYTES + 1));
    for (id, answer) in [(1, too_large), (2, fill)] {
        session.reply(&mut cx, ROOM, id, Ok(answer));
    }
    let refused = session.messages.waiting().skip(waiting).map(|it| it.kind);
    let refusal = |id| Kind::Response { id, refused: Some(Code::HandlerFailed) };
    assert_eq!(refused.collect::<Vec<_>>(), [refusal(1), refusal(2)]);
    let warned = |code| Output::Event(Event::Warning { code, node: Some(OTHER) });
    let told: Vec<Output> = cx.outputs.into();
    assert_eq!(told, [warned(Code::TooLarge), warned(Code::WouldBlock)]);
}

#[test]
fn a_file_that_has_arrived_is_remembered_until_it_is_said_to_be_whole() {
    let mut cx = cx();
    let mut session = Session::new(OTHER);
    let body = Body::File { name: "a".into(), media_type: "text/plain".into() };
    let streams = &mut session.streams;
    let id = StreamId(1);
    streams.open_file(&cx, (id, 1), message(Kind::Direct), body, 0).expect("it fits");
    if let Some(stream) = streams.outbound.get_mut(&id) {
        stream.number = Some(2);
    }
    streams.on_done(&mut cx, 2);
    assert!(streams.is_idle());
    assert_eq!(cx.arrived, [id]);
}
