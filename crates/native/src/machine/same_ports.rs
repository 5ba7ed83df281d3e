//! Several links between the same two ports: a new attempt stands beside a link that broke.

use std::time::Duration;

use lacis_core::{Input, LinkAction, LinkId, LinkInput, OpId};
use lacis_driver::Platform;
use lacis_driver::conformance::{Harness, Logged};
use lacis_wire::link::Channel;

use super::conformance::{Two, run};

/// Far from what a node calls its own.
const LINKS: [LinkId; 2] = [LinkId(7_000_001), LinkId(7_000_002)];

/// What one end was told of a link since it was last asked, in order.
fn told(two: &mut Two, side: usize, link: LinkId) -> Vec<LinkInput<'static>> {
    let mut told = Vec::new();
    two.machines[side].log.retain(|logged| match logged {
        Logged::Input(Input::Link(of, input)) if *of == link => {
            told.push(input.clone());
            false
        }
        _ => true,
    });
    told
}

fn described(told: &[LinkInput<'_>]) -> (String, Vec<String>) {
    let sdp = told.iter().find_map(|told| match told {
        LinkInput::Described(_, sdp) => Some(sdp.clone()),
        _ => None,
    });
    let candidate = |told: &LinkInput<'_>| match told {
        LinkInput::Candidate(line) => Some(line.clone()),
        _ => None,
    };
    (sdp.expect("it is described"), told.iter().filter_map(candidate).collect())
}

/// Sets a link up as far as both ends know of each other.
async fn begin(two: &mut Two, link: LinkId) {
    for machine in &mut two.machines {
        machine.create(link, Vec::new(), false).unwrap();
    }
    two.machines[0].operate(link, LinkAction::Offer { op: OpId(7_000_001), restart: false });
    two.pass(Duration::ZERO).await;
    let (sdp, of_first) = described(&told(two, 0, link));
    two.machines[1].operate(link, LinkAction::Accept { op: OpId(7_000_001), sdp });
    two.pass(Duration::ZERO).await;
    let (sdp, of_second) = described(&told(two, 1, link));
    two.machines[0].operate(link, LinkAction::SetAnswer { op: OpId(7_000_002), sdp });
    for (side, lines) in [(1, of_first), (0, of_second)] {
        for line in lines {
            two.machines[side].operate(link, LinkAction::AddCandidate(line));
        }
    }
}

/// Waits until something is told of a link at an end.
async fn hear(two: &mut Two, side: usize, link: LinkId, wanted: &LinkInput<'_>) {
    let mut all = Vec::new();
    for _ in 0..1_000 {
        let news = told(two, side, link);
        if news.contains(wanted) {
            return;
        }
        all.extend(news);
        two.pass(Duration::from_millis(10)).await;
    }
    panic!("end {side} does not hear {wanted:?} of {link:?}, but {all:?}");
}

async fn talk(two: &mut Two, link: LinkId, words: &[u8]) {
    for side in 0..2 {
        assert!(two.machines[side].send(link, Channel::Control, words.to_vec()).is_some());
        hear(two, 1 - side, link, &LinkInput::Data(Channel::Control, words.into())).await;
    }
}

async fn open(two: &mut Two, link: LinkId) {
    for side in 0..2 {
        hear(two, side, link, &LinkInput::ChannelOpened(Channel::Control)).await;
    }
}

#[test]
fn links_between_the_same_two_ports_do_not_disturb_each_other() {
    run(async {
        let mut two = Two::new();
        two.begin().await;
        let [old, new] = LINKS;
        begin(&mut two, old).await;
        open(&mut two, old).await;
        talk(&mut two, old, b"old").await;
        begin(&mut two, new).await;
        open(&mut two, new).await;
        talk(&mut two, new, b"new").await;
        talk(&mut two, old, b"old again").await;
        two.machines[0].close(old);
        hear(&mut two, 1, old, &LinkInput::ChannelClosed(Channel::Control)).await;
        talk(&mut two, new, b"new again").await;
        let other = told(&mut two, 1, new);
        assert!(!other.iter().any(|it| matches!(it, LinkInput::ChannelClosed(_))), "{other:?}");
    });
}

#[test]
fn two_links_that_are_set_up_together_both_open() {
    run(async {
        let mut two = Two::new();
        two.begin().await;
        for link in LINKS {
            begin(&mut two, link).await;
        }
        for link in LINKS {
            open(&mut two, link).await;
            talk(&mut two, link, b"both").await;
        }
    });
}
