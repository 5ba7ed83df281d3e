//! Links: operations, channels, and what closing does.

use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_core::{LinkAction, LinkInput};
use lacis_wire::link::Channel;
use lacis_wire::{Code, limits};

use super::bench::Bench;
use super::harness::Harness;

/// Long enough for what must not come to come.
const SILENCE: Duration = Duration::from_millis(700);

/// What is sent on a reliable channel arrives in its order.
pub async fn a_connection_carries_messages_in_order<H: Harness>(harness: &mut H) {
    let mut bench = Bench::new(harness);
    bench.link().await;
    for channel in [Channel::Control, Channel::Bulk] {
        let sent: Vec<Vec<u8>> = (0..20_u8).map(|at| vec![at; usize::from(at) * 50 + 1]).collect();
        for bytes in &sent {
            bench.send(0, channel, bytes);
        }
        assert_eq!(bench.messages(1, channel, sent.len()).await, sent);
    }
    bench.send(1, Channel::Ephemeral, b"back");
    assert_eq!(bench.messages(0, Channel::Ephemeral, 1).await, [b"back"]);
}

/// A candidate and a new offer may follow an answer that is not set yet.
pub async fn operations_of_a_link_are_done_one_after_the_other<H: Harness>(harness: &mut H) {
    let mut bench = Bench::new(harness);
    let (sdp, candidates) = bench.offer().await;
    let (set, again) = (bench.op(), bench.op());
    bench.ask(0, LinkAction::SetAnswer { op: set, sdp });
    for line in candidates {
        bench.ask(0, LinkAction::AddCandidate(line));
    }
    bench.ask(0, LinkAction::Offer { op: again, restart: true });
    let mut ends = Vec::new();
    let both = |told| {
        match told {
            LinkInput::Done(op) | LinkInput::Described(op, _) => ends.push(op),
            LinkInput::Failed(op, code) => panic!("{op:?} fails: {code:?}"),
            _ => {}
        }
        (ends.len() == 2).then(|| ends.clone())
    };
    assert_eq!(bench.hear(0, "both ends", both).await, [set, again]);
}

/// The answer to a send counts that message.
pub async fn a_send_answers_how_much_is_buffered<H: Harness>(harness: &mut H) {
    let mut bench = Bench::new(harness);
    let limit = bench.link().await;
    let bytes = vec![7; limit.min(64 * 1024)];
    let counts = [(); 3].map(|()| bench.send(0, Channel::Bulk, &bytes));
    let most = |at: usize| (at + 1) * bytes.len();
    let fits = |(at, count): (usize, &Option<usize>)| count.is_some_and(|it| it <= most(at));
    assert!(counts.iter().enumerate().all(fits), "{counts:?}");
    assert!(counts.iter().flatten().any(|count| *count > 0), "{counts:?}");
}

/// A buffer that was above the mark is told once it is below.
pub async fn a_buffer_that_drained_is_told<H: Harness>(harness: &mut H) {
    let mut bench = Bench::new(harness);
    let limit = bench.link().await;
    let bytes = vec![7; limit.min(64 * 1024)];
    let count = limits::BUFFERED_HIGH_BYTES * 2 / bytes.len();
    for _ in 0..count {
        bench.send(0, Channel::Bulk, &bytes);
    }
    while bench.next(0).is_some() {}
    let low = |told| match told {
        LinkInput::Buffered(Channel::Bulk, count) => Some(count),
        _ => None,
    };
    let left = bench.hear(0, "that the buffer drained", low).await;
    assert!(left <= limits::BUFFERED_LOW_BYTES, "{left} bytes are left");
    assert_eq!(bench.messages(1, Channel::Bulk, count).await.len(), count);
}

/// The largest message that a node sends arrives whole.
pub async fn a_message_at_the_limit_arrives_whole<H: Harness>(harness: &mut H) {
    let mut bench = Bench::new(harness);
    let limit = bench.link().await;
    let pattern = (0..limit).map(|at| u8::try_from(at % 251).unwrap_or_default());
    let bytes: Vec<u8> = pattern.collect();
    bench.send(0, Channel::Bulk, &bytes);
    bench.send(0, Channel::Control, &bytes);
    for channel in [Channel::Bulk, Channel::Control] {
        assert!(
            bench.messages(1, channel, 1).await == [bytes.clone()],
            "it differs on {channel:?}"
        );
    }
}

/// A goodbye is heard.
pub async fn what_was_sent_just_before_close_arrives<H: Harness>(harness: &mut H) {
    let mut bench = Bench::new(harness);
    bench.link().await;
    let words: [&[u8]; 3] = [b"one", b"two", b"goodbye"];
    for word in words {
        bench.send(0, Channel::Control, word);
    }
    bench.ask(0, LinkAction::Close);
    assert_eq!(bench.messages(1, Channel::Control, words.len()).await, words);
    let closed = |told| matches!(told, LinkInput::ChannelClosed(_)).then_some(());
    bench.hear(1, "that the other end has closed", closed).await;
}

/// Once it is closed, whatever comes from the other end is nothing to a node.
pub async fn nothing_is_heard_of_a_closed_link<H: Harness>(harness: &mut H) {
    let mut bench = Bench::new(harness);
    bench.link().await;
    bench.ask(0, LinkAction::Close);
    while bench.next(0).is_some() {}
    for _ in 0..5 {
        bench.send(1, Channel::Control, b"are you there?");
    }
    let told = bench.told_within(0, SILENCE).await;
    assert!(told.is_empty(), "{told:?}");
}

/// What was under way may still end; nothing else is heard.
pub async fn nothing_comes_of_a_link_that_is_closed_at_once<H: Harness>(harness: &mut H) {
    let mut bench = Bench::new(harness);
    bench.create(0);
    let op = bench.op();
    bench.ask(0, LinkAction::Offer { op, restart: false });
    bench.ask(0, LinkAction::Close);
    let told = bench.told_within(0, SILENCE).await;
    let is_end = |it: &LinkInput<'_>| match it {
        LinkInput::Described(of, _) | LinkInput::Failed(of, _) => *of == op,
        _ => false,
    };
    assert!(told.len() <= 1 && told.iter().all(is_end), "{told:?}");
}

/// Where no connections are made, the first word says so, and is the last.
pub async fn a_connection_that_is_refused_is_told<H: Harness>(harness: &mut H) {
    harness.refuse_connections(0, true);
    let mut bench = Bench::new(harness);
    bench.create(0);
    let told = bench.told_within(0, SILENCE).await;
    bench.harness.refuse_connections(0, false);
    assert_eq!(told, [LinkInput::CreateFailed(Code::WebrtcBlocked)]);
}

/// Whoever sends where the other end has closed hears so.
pub async fn a_send_on_a_closed_channel_is_told<H: Harness>(harness: &mut H) {
    let mut bench = Bench::new(harness);
    bench.link().await;
    bench.ask(1, LinkAction::Close);
    let closed = |told| (told == LinkInput::ChannelClosed(Channel::Control)).then_some(());
    bench.hear(0, "that the other end has closed", closed).await;
    assert_eq!(bench.send(0, Channel::Control, b"too late"), None);
}

/// Two ends on one machine need no relay.
pub async fn a_path_is_told<H: Harness>(harness: &mut H) {
    let mut bench = Bench::new(harness);
    bench.link().await;
    let op = bench.op();
    bench.ask(0, LinkAction::Inspect(op));
    let path = |told| match told {
        LinkInput::Path(of, path) if of == op => Some(path),
        LinkInput::Failed(of, code) if of == op => panic!("it fails: {code:?}"),
        _ => None,
    };
    assert!(!bench.hear(0, "its path", path).await.relayed());
}
