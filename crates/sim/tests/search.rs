//! Searches: what is held, what comes, and what is refused.

use std::time::Duration;

use lacis_core::{
    Condition, Content, Event, Field, Filter, GroupEvent, Operator, RoomId, Search, Subject,
};
use lacis_sim::{TabId, TabSetup, World};
use lacis_wire::body::{Attribute, Value};
use lacis_wire::record::RecordType;
use lacis_wire::{Code, Roles, limits};

fn numbered(operator: Operator, number: i64) -> Filter {
    let subject = Subject::Attribute("number".into());
    Filter::Is(Condition { subject, operator, value: Value::Int(number) })
}

fn search(filter: Filter) -> Search {
    Search { kind: None, filter: Some(filter) }
}

fn add(world: &mut World, tab: TabId, group: RoomId, number: i64) {
    let attributes = vec![Attribute { name: "number".into(), value: Value::Int(number) }];
    let content = Content { attributes, ..Content::default() };
    let kind = RecordType::new("note").expect("a type");
    let ticket = world.plain_ticket(tab);
    world
        .command(tab, |node, now| node.add_record(now, ticket, group, kind, content))
        .expect("the tab is there")
        .expect("it may write");
}

/// What a tab was told of records whose number is found by an event.
fn told(world: &World, tab: TabId, of: impl Fn(&GroupEvent) -> usize) -> usize {
    let log = world.seen(tab).log.iter();
    log.map(|event| if let Event::Group { event, .. } = event { of(event) } else { 0 }).sum()
}

#[test]
fn a_store_is_searched_and_what_others_write_is_watched() {
    let mut world = World::scenario(5);
    let server = world.add_server();
    let [ada, bob] = [1, 2].map(|identity| {
        let disk = Some(world.add_disk());
        let identity = Some([identity; 32]);
        world.open(TabSetup { disk, identity, ..TabSetup::at(&[server]) })
    });
    let group = world.found(ada, "Board");
    let joined = world.bring_in(ada, group, bob, Roles::MEMBER);
    let large = || search(numbered(Operator::GreaterOrEqual, 40));
    world
        .command(bob, |node, now| node.watch_records(now, joined, 7, large()))
        .expect("he is there")
        .expect("it is within the limits");
    for number in 0..50 {
        add(&mut world, ada, group, number);
    }
    world.run_for(Duration::from_secs(10));
    let watched = |event: &GroupEvent| match event {
        GroupEvent::Record { watches, .. } => usize::from(watches == &[7]),
        _ => 0,
    };
    assert_eq!(told(&world, bob, watched), 10);

    let ticket = world.plain_ticket(bob);
    world
        .command(bob, |node, now| node.query_records(now, ticket, joined, large()))
        .expect("he is there")
        .expect("it is within the limits");
    world.run_for(Duration::from_secs(1));
    let found = |event: &GroupEvent| match event {
        GroupEvent::Found { ticket: of, records } if *of == ticket => records.len(),
        _ => 0,
    };
    assert_eq!(told(&world, bob, found), 10);
}

#[test]
fn a_filter_beyond_the_limits_is_refused() {
    let mut world = World::scenario(6);
    let server = world.add_server();
    let tab = world.open(TabSetup::at(&[server]));
    let group = world.found(tab, "Board");
    // The ticket is used by the question that is taken, and that is the last.
    let ticket = world.plain_ticket(tab);
    let mut ask = |filter: Filter| {
        let asked =
            world.command(tab, |node, now| node.query_records(now, ticket, group, search(filter)));
        asked.expect("the tab is there")
    };
    let one = || numbered(Operator::Equal, 1);
    let nested = |depth| (1..depth).fold(one(), |inner, _| Filter::Not(Box::new(inner)));
    let of = |subject, operator, value| Filter::Is(Condition { subject, operator, value });
    let named = |name: &str| of(Subject::Attribute(name.into()), Operator::Equal, Value::Int(1));
    let wide = |parts| Filter::Any(vec![one(); parts - 1]);
    let text =
        |bytes| of(Subject::Field(Field::Id), Operator::Like, Value::Text("*".repeat(bytes)));
    let refused = [
        nested(limits::FILTER_DEPTH + 1),
        wide(limits::FILTER_PARTS + 1),
        text(limits::ATTRIBUTE_TEXT_BYTES + 1),
        named(""),
        named("two words"),
        named(&"a".repeat(limits::ATTRIBUTE_NAME_BYTES + 1)),
        of(Subject::Field(Field::Version), Operator::Like, Value::Int(1)),
    ];
    for filter in refused {
        assert_eq!(ask(filter.clone()), Err(Code::InvalidArgument), "{filter:?}");
    }
    assert_eq!(ask(nested(limits::FILTER_DEPTH)), Ok(()));
}

#[test]
fn what_is_at_the_limits_is_taken() {
    let mut world = World::scenario(7);
    let server = world.add_server();
    let tab = world.open(TabSetup::at(&[server]));
    let group = world.found(tab, "Board");
    let wide = Filter::Any(vec![numbered(Operator::Equal, 1); limits::FILTER_PARTS - 1]);
    let watched = world.command(tab, |node, now| node.watch_records(now, group, 1, search(wide)));
    assert_eq!(watched, Some(Ok(())));
}

#[test]
fn what_is_held_is_counted_by_type_and_creator() {
    let mut world = World::scenario(6);
    let server = world.add_server();
    let [ada, bob] = [1, 2].map(|identity| {
        let setup = world.stored(server, identity);
        world.open(setup)
    });
    let group = world.found(ada, "Board");
    let joined = world.bring_in(ada, group, bob, Roles::MEMBER);
    for number in 0..5 {
        add(&mut world, ada, group, number);
    }
    world.expect(Duration::from_secs(20), "they are there", |world| {
        world.replica(bob, joined).is_some_and(|it| it.len() > 7)
    });
    add(&mut world, bob, joined, 5);
    let all = world.read_all(bob, joined);
    let own = all.iter().find(|record| record.header.creator == world.peer_id(bob));
    let own = own.expect("it is there").header.clone();
    world.write(bob, joined, "another").expect("he may write");
    let peers = [ada, bob].map(|tab| world.peer_id(tab));
    let counts = |world: &mut World| {
        let mut of = |kind: Option<&str>, creator: Option<usize>| {
            let kind = kind.map(|it| RecordType::new(it).expect("a type"));
            let creator = creator.map(|at| &peers[at]);
            let count =
                world.command(bob, |node, _| node.count_records(joined, kind.clone(), creator));
            count.expect("he is there").expect("the group is open")
        };
        [of(None, None), of(Some("note"), Some(0)), of(Some("note"), Some(1)), of(Some("x"), None)]
    };
    assert_eq!(counts(&mut world), [7, 5, 2, 0]);
    let ticket = world.plain_ticket(bob);
    let asked = world.command(bob, |node, now| node.delete_record(now, ticket, joined, &own));
    assert_eq!(asked, Some(Ok(())));
    assert_eq!(counts(&mut world), [6, 5, 1, 0]);
}
