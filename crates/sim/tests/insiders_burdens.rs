//! What insiders lay on others: each of it costs little, once, and holds up nothing.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use lacis_core::{GroupEvent, RoomId};
use lacis_sim::insider::{Insider, changes_group_frames, peer};
use lacis_sim::{ServerId, TabId, World};
use lacis_wire::codec::{decode, encode};
use lacis_wire::group::GroupFrame;
use lacis_wire::keys::EpochKey;
use lacis_wire::system::REVOCATION;
use lacis_wire::{Code, Millis, Roles};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn world(seed: u64) -> (World, ServerId) {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    (world, server)
}

fn stored(world: &mut World, server: ServerId, identity: u8) -> TabId {
    let setup = world.stored(server, identity);
    world.open(setup)
}

fn has_settled(world: &World, tab: TabId, ticket: lacis_core::Ticket) -> bool {
    world.settled(tab, ticket) == Some(Ok(()))
}

/// An admin makes a key that nobody else can open, and that is later than any.
#[test]
fn a_key_that_nobody_can_open_holds_up_writing_for_a_minute() {
    // Nothing is dated later than that.
    for at in [0, u64::MAX - 2, u64::MAX - 1] {
        let (mut world, server) = world(1);
        let [ada, bob] = [1, 2].map(|identity| stored(&mut world, server, identity));
        let group = world.found(ada, "Board");
        let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
        let text = world.invite(ada, group, peer(9), Roles::ADMIN, None);
        let mallory = Insider::invited(9, &text);
        world.run_for(SECOND * 20);
        let now = world.wall_now();
        assert_eq!(world.import(ada, group, &mallory.introduces_itself()), Ok(true));
        let key = EpochKey([0x66; 32]);
        let (_, part) = mallory.makes_key(&key, now.max(Millis(at)), &[], &[peer(9)]);
        assert_eq!(world.import(ada, group, &part), Ok(true));
        world.run_for(SECOND * 10);
        let (_, ticket) = world.write(bob, at_bob, "held up").expect("he may write");
        world.run_for(SECOND * 75);
        assert!(has_settled(&world, bob, ticket), "dated {at}");
        world.expect_texts(ada, group, &["held up"]);
        let is_old = |event: &GroupEvent| matches!(event, GroupEvent::KeyOld);
        assert!(world.told(bob, is_old) > 0, "he is told");
        // Where another key may be later, an admin makes one.
        if at == 0 {
            world.run_for(MINUTE);
            let renewed = |event: &GroupEvent| matches!(event, GroupEvent::KeyRenewed);
            assert_eq!([ada, bob].map(|tab| world.told(tab, renewed)), [1, 1]);
        }
    }
}

/// What was never signed takes no place of what a keeper knows that it cannot have.
#[test]
fn a_keeper_at_its_limit_notes_nothing_that_is_not_signed() {
    let (mut world, server) = world(2);
    let [ada, keeper] = [1, 7].map(|identity| stored(&mut world, server, identity));
    let group = world.found(ada, "Board");
    let at_keeper = world.bring_in(ada, group, keeper, Roles::KEEPER);
    let text = world.invite(ada, group, peer(9), Roles::MEMBER, None);
    let mallory = Insider::invited(9, &text);
    world.run_for(SECOND * 20);
    assert_eq!(world.import(keeper, at_keeper, &mallory.introduces_itself()), Ok(true));
    let limited = world.command(keeper, |node, now| node.limit_group(now, at_keeper, Some(10)));
    assert_eq!(limited, Some(Ok(())));
    let now = world.wall_now();
    let true_one = mallory.writes(now, 1, &[7; 100]);
    let Ok(GroupFrame::Record { header, body }) =
        decode::<GroupFrame>(&mallory.writes(now, 2, &[7; 100]))
    else {
        panic!("a record")
    };
    let mut junk = header;
    junk.salt = [9; 8];
    junk.id = junk.born_as();
    let junk = encode(&GroupFrame::Record { header: junk, body });
    let is_full =
        |world: &mut World| world.command(keeper, |node, _| node.is_group_at_limit(at_keeper));
    assert_eq!(world.import(keeper, at_keeper, &junk), Err(Code::ExportDamaged));
    assert_eq!(is_full(&mut world), Some(Ok(false)));
    assert!(world.import(keeper, at_keeper, &true_one).is_ok());
    assert_eq!(is_full(&mut world), Some(Ok(true)));
}

/// Somebody who was shut out says again and again who it is.
#[test]
fn the_proof_that_somebody_is_shut_out_is_given_once_a_link() {
    let (mut world, server) = world(3);
    let [ada, bob] = [1, 2].map(|identity| stored(&mut world, server, identity));
    let group = world.found(ada, "Board");
    let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
    world.run_for(SECOND * 20);
    let proofs = Rc::new(RefCell::new(BTreeMap::new()));
    let count = Rc::clone(&proofs);
    world.sabotage(
        ada,
        changes_group_frames(move |link, frame| {
            if let GroupFrame::Record { header, .. } = &frame
                && header.kind.as_str() == REVOCATION
            {
                *count.borrow_mut().entry(link).or_insert(0) += 1;
            }
            vec![frame]
        }),
    );
    world.sabotage(
        bob,
        changes_group_frames(|_, frame| match frame {
            GroupFrame::Enter { .. } => vec![frame; 20],
            // He believes nothing of it.
            frame => vec![frame],
        }),
    );
    world.revoke(ada, group, peer(2));
    world.run_for(SECOND * 10);
    for _ in 0..5 {
        world.command(bob, |node, now| node.prefer_records(now, at_bob, Vec::new()));
        world.run_for(SECOND * 10);
    }
    let proofs = proofs.borrow();
    // On the first it comes as what is new, too.
    assert!(proofs.values().all(|count| *count <= 2) && !proofs.is_empty(), "{proofs:?}");
}

fn held(world: &World, tab: TabId, group: RoomId, kind: &str) -> usize {
    world.replica(tab, group).map_or(0, |it| it.system_of(kind).count())
}

/// An admin takes an empty place by its records, and shuts out one of many.
#[test]
fn a_key_that_overtakes_an_admin_ends_nothing_of_it() {
    let (mut world, server) = world(4);
    let ada = stored(&mut world, server, 1);
    let group = world.found(ada, "Board");
    let [mallory, equal] = [8, 9].map(|identity| {
        let text = world.invite(ada, group, peer(identity), Roles::ADMIN, None);
        Insider::invited(identity, &text)
    });
    let now = world.wall_now();
    let covers = [(peer(9), lacis_wire::EndId([5; 16]))];
    let (_, part) = mallory.makes_key(&EpochKey([0x66; 32]), now, &covers, &[peer(8)]);
    for part in [mallory.introduces_itself(), part, equal.introduces_itself()] {
        assert_eq!(world.import(ada, group, &part), Ok(true));
    }
    assert!(held(&world, ada, group, lacis_wire::system::MEMBER) >= 3);
    assert_eq!(world.roles(ada, group, peer(9)), Some(Roles::ADMIN));
}
