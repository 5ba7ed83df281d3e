//! What somebody wrote, its own node took, and nobody keeps: its page is told which record and why.

use std::time::Duration;

use lacis_core::{Content, Event, GroupEvent, RevokeOptions, RoomId};
use lacis_sim::insider::peer;
use lacis_sim::{TabId, TabSetup, World, group_properties};
use lacis_wire::record::Header;
use lacis_wire::system::GroupProperties;
use lacis_wire::{Code, RecordId, Roles};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

type Page = (TabId, RoomId);

/// A founder and somebody with these roles, who have met.
fn two(seed: u64, roles: Roles, properties: &GroupProperties) -> (World, Page, Page) {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let [ada, bob] = [1, 2].map(|identity| {
        let disk = Some(world.add_disk());
        world.open(TabSetup { disk, identity: Some([identity; 32]), ..TabSetup::at(&[server]) })
    });
    let group = world.found_with(ada, properties);
    let joined = world.bring_in(ada, group, bob, roles);
    world.write(ada, group, "hello").expect("she may write");
    world.expect_texts(bob, joined, &["hello"]);
    (world, (ada, group), (bob, joined))
}

fn rejected(world: &World, (tab, _): Page) -> Vec<(RecordId, Code)> {
    let told = world.seen(tab).log.iter().filter_map(|event| match event {
        Event::Group { event, .. } => match **event {
            GroupEvent::Rejected { id, code } => Some((id, code)),
            _ => None,
        },
        _ => None,
    });
    told.collect()
}

fn write(world: &mut World, (tab, group): Page, text: &str) -> RecordId {
    let (id, ticket) = world.write(tab, group, text).expect("it may write");
    world.done(tab, ticket, "it is stored");
    id
}

fn held(world: &mut World, (tab, group): Page, id: RecordId) -> Header {
    let all = world.read_all(tab, group);
    all.into_iter().find(|record| record.header.id == id).expect("it is held").header
}

fn update(world: &mut World, (tab, group): Page, held: &Header, text: &str) {
    let ticket = world.plain_ticket(tab);
    let content = Content { data: text.into(), ..Content::default() };
    let asked =
        world.command(tab, |node, now| node.update_record(now, ticket, group, held, content));
    assert_eq!(asked, Some(Ok(())));
    world.done(tab, ticket, "it is stored");
}

fn leave(world: &mut World, (tab, group): Page) {
    world.command(tab, |node, now| node.disconnect_group(now, group));
    world.run_for(SECOND);
}

#[test]
fn of_two_who_change_a_record_at_once_the_slower_is_told() {
    let (mut world, ada, bob) = two(1, Roles::ADMIN, &group_properties("Board"));
    let id = write(&mut world, ada, "agenda");
    world.expect_texts(bob.0, bob.1, &["agenda", "hello"]);
    // Whoever follows what it has seen takes nothing from anybody.
    let first = held(&mut world, bob, id);
    update(&mut world, bob, &first, "agenda of bob");
    world.expect_texts(ada.0, ada.1, &["agenda of bob", "hello"]);
    assert_eq!(rejected(&world, ada), []);
    leave(&mut world, bob);
    let second = held(&mut world, ada, id);
    update(&mut world, ada, &second, "by ada");
    update(&mut world, bob, &second, "by bob");
    world.connect(bob.0, bob.1);
    world.run_for(SECOND * 20);
    let texts = world.texts(ada.0, ada.1);
    assert_eq!(texts, world.texts(bob.0, bob.1));
    let (slower, faster) =
        if texts.contains(&"by ada".to_owned()) { (bob, ada) } else { (ada, bob) };
    assert_eq!(rejected(&world, slower), [(id, Code::Superseded)]);
    assert_eq!(rejected(&world, faster), []);
}

#[test]
fn whoever_changes_what_was_deleted_meanwhile_is_told() {
    let (mut world, ada, bob) = two(2, Roles::MEMBER, &group_properties("Board"));
    let id = write(&mut world, bob, "agenda");
    world.expect_texts(ada.0, ada.1, &["agenda", "hello"]);
    leave(&mut world, bob);
    let first = held(&mut world, ada, id);
    let ticket = world.plain_ticket(ada.0);
    let asked = world.command(ada.0, |node, now| node.delete_record(now, ticket, ada.1, &first));
    assert_eq!(asked, Some(Ok(())));
    update(&mut world, bob, &first, "agenda, second part");
    assert_eq!(rejected(&world, bob), []);
    world.connect(bob.0, bob.1);
    world.run_for(SECOND * 20);
    assert_eq!(world.texts(bob.0, bob.1), ["hello"]);
    assert_eq!(rejected(&world, bob), [(id, Code::Superseded)]);
    assert_eq!(rejected(&world, ada), []);
}

#[test]
fn whoever_writes_while_it_is_shut_out_is_told_for_each_record() {
    let (mut world, ada, bob) = two(3, Roles::MEMBER, &group_properties("Board"));
    let before = write(&mut world, bob, "before");
    world.expect_texts(ada.0, ada.1, &["before", "hello"]);
    leave(&mut world, bob);
    let after = ["one", "two"].map(|text| write(&mut world, bob, text));
    world.revoke_with(ada.0, ada.1, peer(2), RevokeOptions::default());
    world.connect(bob.0, bob.1);
    world.run_for(MINUTE);
    let mut told = rejected(&world, bob);
    told.retain(|(id, _)| *id == before || after.contains(id));
    told.sort_unstable();
    let mut expected = after.map(|id| (id, Code::Revoked));
    expected.sort_unstable();
    assert_eq!(told, expected);
}

#[test]
fn whoever_has_more_than_there_is_place_for_now_is_told_which() {
    let properties = group_properties("Board");
    let (mut world, ada, bob) = two(4, Roles::MEMBER, &properties);
    let ids: Vec<RecordId> = (0..5)
        .map(|number| {
            world.run_for(SECOND);
            write(&mut world, bob, &number.to_string())
        })
        .collect();
    world.expect_texts(ada.0, ada.1, &["0", "1", "2", "3", "4", "hello"]);
    let ticket = world.plain_ticket(ada.0);
    let less = GroupProperties { budget_records: 4, ..properties };
    let asked = world.command(ada.0, |node, now| node.set_properties(now, ticket, ada.1, &less));
    assert_eq!(asked, Some(Ok(())));
    world.run_for(SECOND * 20);
    assert_eq!(rejected(&world, bob), [(ids[4], Code::OverBudget)]);
    world.expect_texts(ada.0, ada.1, &["0", "1", "2", "3", "hello"]);
}
