//! Nobody counts up to where others cannot follow: versions, ends, dates and lists of an admin who
//! is shut out leave everything within reach of those who stay.

use std::time::Duration;

use lacis_core::{Content, RevokeOptions, RoomId};
use lacis_sim::insider::{Insider, peer};
use lacis_sim::{TabId, World};
use lacis_wire::keys::EpochKey;
use lacis_wire::record::Header;
use lacis_wire::{EndId, Millis, PeerId, Roles};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// A founder and a member, linked, and an admin whose node is not there.
struct Board {
    world: World,
    ada: (TabId, RoomId),
    bob: (TabId, RoomId),
    mallory: Insider,
}

fn board(seed: u64) -> Board {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let [ada, bob] = [1, 2].map(|identity| {
        let setup = world.stored(server, identity);
        world.open(setup)
    });
    let group = world.found(ada, "Board");
    let at_bob = world.bring_in(ada, group, bob, Roles::MEMBER);
    let text = world.invite(ada, group, peer(9), Roles::ADMIN, None);
    let mallory = Insider::invited(9, &text);
    world.write(bob, at_bob, "original").expect("he may write");
    world.expect_texts(ada, group, &["original"]);
    assert_eq!(world.import(ada, group, &mallory.introduces_itself()), Ok(true));
    world.run_for(SECOND * 5);
    Board { world, ada: (ada, group), bob: (bob, at_bob), mallory }
}

/// The headers of the application that a tab holds.
fn headers(world: &mut World, (tab, group): (TabId, RoomId)) -> Vec<Header> {
    let records = world.read_all(tab, group).into_iter().map(|record| record.header);
    records.filter(|header| !header.kind.is_system()).collect()
}

fn update(world: &mut World, (tab, group): (TabId, RoomId), held: &Header, text: &str) {
    let ticket = world.plain_ticket(tab);
    let content = Content { data: text.into(), ..Content::default() };
    let asked =
        world.command(tab, |node, now| node.update_record(now, ticket, group, held, content));
    assert_eq!(asked, Some(Ok(())));
}

#[test]
fn a_record_that_an_admin_counted_up_can_be_changed_and_deleted() {
    for undo in [false, true] {
        let Board { mut world, ada, bob, mallory } = board(14);
        world.run_for(MINUTE);
        let held = headers(&mut world, ada).remove(0);
        let now = world.wall_now();
        let ahead = Millis(now.0 + 86_400_000);
        // Beyond what its age allows, now and later.
        for (version, at) in [(u64::MAX, now), (1_000_000, now), (u64::MAX, ahead)] {
            let header = mallory.follows(&held, version, at);
            assert!(world.import(ada.0, ada.1, &mallory.signs(header, b"x".to_vec())).is_err());
        }
        let most = (now.0 - held.created.0) / 10 + 1;
        let header = mallory.follows(&held, most, now);
        let part = mallory.signs(header, b"garbage".to_vec());
        assert_eq!(world.import(ada.0, ada.1, &part), Ok(true));
        world.run_for(SECOND * 5);
        let with = RevokeOptions { undo, ..RevokeOptions::default() };
        world.revoke_with(ada.0, ada.1, mallory.peer(), with);
        world.run_for(SECOND * 10);
        let held = headers(&mut world, bob).remove(0);
        assert_eq!(held.version, if undo { 1 } else { most });
        update(&mut world, bob, &held, "mine again");
        world.expect_texts(ada.0, ada.1, &["mine again"]);
        let held = headers(&mut world, ada).remove(0);
        let ticket = world.plain_ticket(ada.0);
        let asked = world.command(ada.0, |node, now| node.delete_record(now, ticket, ada.1, &held));
        assert_eq!(asked, Some(Ok(())));
        world.expect_texts(bob.0, bob.1, &[]);
    }
}

#[test]
fn nobody_moves_the_end_of_a_record_beyond_what_it_was_born_with() {
    let Board { mut world, ada: (ada, group), bob, mallory } = board(3);
    let id = world.write_for(bob.0, bob.1, "for a day", Duration::from_secs(86_400));
    world.run_for(SECOND * 5);
    let all = headers(&mut world, (ada, group));
    let held = all.into_iter().find(|header| header.id == id).expect("it is held");
    let now = world.wall_now();
    let longer = Millis(held.latest.0 + 1);
    for (expires, latest) in [(longer, longer), (longer, held.latest), (Millis::MAX, Millis::MAX)] {
        let header = Header { expires, latest, ..mallory.follows(&held, 2, now) };
        assert!(world.import(ada, group, &mallory.signs(header, b"x".to_vec())).is_err());
    }
    // A tombstone that ends soon would let what was deleted come back.
    let mut header = mallory.follows(&held, 2, now);
    (header.flags, header.key) = (Header::DELETED, None);
    header.expires = Millis(now.0 + 1_000);
    assert!(world.import(ada, group, &mallory.signs(header, Vec::new())).is_err());
}

#[test]
fn what_was_deleted_or_shortened_does_not_come_back() {
    let Board { mut world, ada: (ada, group), bob, mallory } = board(4);
    world.run_for(MINUTE);
    let held = headers(&mut world, (ada, group)).remove(0);
    let ticket = world.plain_ticket(bob.0);
    let asked = world.command(bob.0, |node, now| node.delete_record(now, ticket, bob.1, &held));
    assert_eq!(asked, Some(Ok(())));
    world.expect_texts(ada, group, &[]);
    // A greater version without the flag, by an admin.
    let now = world.wall_now();
    let header = mallory.follows(&held, 7, now);
    let _ = world.import(ada, group, &mallory.signs(header, b"x".to_vec()));
    world.run_for(SECOND * 5);
    assert_eq!(world.texts(ada, group), [""; 0]);
    assert!(
        world
            .replica(ada, group)
            .expect("it is open")
            .held(&held.id)
            .is_some_and(|it| it.is_deleted)
    );
    // One that ends soon keeps those before it from coming back when it has ended.
    let id = world.write_for(bob.0, bob.1, "first", Duration::from_secs(86_400));
    world.run_for(SECOND * 5);
    let first = world.read_all(ada, group).into_iter().find(|it| it.header.id == id);
    let first = first.expect("it is held").header;
    let now = world.wall_now();
    let soon = Millis(now.0 + 5_000);
    let header = Header { expires: soon, ..mallory.follows(&first, 2, now) };
    assert_eq!(world.import(ada, group, &mallory.signs(header, b"x".to_vec())), Ok(true));
    world.run_for(MINUTE * 3);
    assert_eq!(headers(&mut world, (ada, group)), []);
    assert_eq!(headers(&mut world, bob), []);
}

/// An admin takes somebody out by as much as it can, and is shut out itself: whoever stays can let
/// the member in again.
fn comes_back(seed: u64, undo: bool, attack: impl Fn(&Insider, Millis) -> Vec<Vec<u8>>) {
    let Board { mut world, ada, bob, mallory } = board(seed);
    for part in attack(&mallory, world.wall_now()) {
        assert_eq!(world.import(ada.0, ada.1, &part), Ok(true));
    }
    world.run_for(SECOND * 10);
    assert_eq!(world.roles(ada.0, ada.1, peer(2)), None, "he is out");
    let with = RevokeOptions { undo, ..RevokeOptions::default() };
    world.revoke_with(ada.0, ada.1, mallory.peer(), with);
    world.run_for(SECOND * 10);
    let text = world.invite(ada.0, ada.1, peer(2), Roles::MEMBER, None);
    world.take_invitation(bob.0, &text);
    world.run_for(MINUTE * 2);
    for (tab, group) in [ada, bob] {
        assert_eq!(world.roles(tab, group, peer(2)), Some(Roles::MEMBER), "{tab:?} undo {undo}");
    }
    world.write(bob.0, bob.1, "back").expect("he may write");
    world.run_for(SECOND * 15);
    assert!(world.texts(ada.0, ada.1).contains(&"back".to_owned()));
    world.write(ada.0, ada.1, "welcome").expect("she may write");
    world.run_for(SECOND * 15);
    assert!(world.texts(bob.0, bob.1).contains(&"welcome".to_owned()));
}

#[test]
fn whom_an_admin_shut_out_can_be_let_in_again() {
    let far = Millis(u64::MAX - 1);
    for (seed, undo) in [(15, false), (16, true)] {
        // Now, and as far ahead as there are numbers; once, and often.
        comes_back(seed, undo, |mallory, now| vec![mallory.revokes(peer(2), now, 1, &[])]);
        comes_back(seed, undo, |mallory, _| vec![mallory.revokes(peer(2), far, 1, &[])]);
        comes_back(seed, undo, |mallory, now| {
            (0..8).map(|number| mallory.revokes(peer(2), now, number, &[])).collect()
        });
    }
}

#[test]
fn whom_a_key_of_an_admin_names_as_ended_can_be_let_in_again() {
    for (seed, undo) in [(17, false), (18, true)] {
        comes_back(seed, undo, |mallory, now| {
            // Ends of which there is no revocation.
            let ends: Vec<(PeerId, EndId)> =
                (0..4).map(|number| (peer(2), EndId([number; 16]))).collect();
            let readers = [peer(1), peer(9)];
            vec![mallory.makes_key(&EpochKey([0x66; 32]), now, &ends, &readers).1]
        });
    }
}
