//! What nobody takes from others, however much is sent.

use super::*;

/// Another address, and another secret than that of [`World::hello`].
const STRANGER: [u8; 16] = [66; 16];

/// Everybody in a world opens connections in these networks, one for each address.
fn open_in(world: &mut World, conn: ConnId, network: u64) {
    let (address, network) = (AddressKey(conn.0), Some(AddressKey(network)));
    world.input(Input::Opened { conn, address, network });
}

fn name(number: u64) -> NodeId {
    let mut node = [0; 16];
    node[..8].copy_from_slice(&number.to_be_bytes());
    NodeId(node)
}

#[test]
fn who_is_flooded_stays_and_the_sender_is_told() {
    let mut world = World::with(HubConfig::default(), &[A, B, C]);
    world.writes = false;
    let flood = |world: &mut World, from, seq| {
        world.frame(from, &ClientFrame::Send { to: node(B), seq, payload: &[0; 10_000] });
        world.take(B);
        let told = world.take(from);
        world.input(Input::Written { conn: from, frames: told.len() });
        told.first().map(|it| {
            read(it) == ServerFrame::Undelivered { to: node(B), seq, reason: Undelivered::Full }
        })
    };
    // 3 MiB of one sender, of which its share stays.
    let refused = (0..200).filter(|seq| flood(&mut world, A, *seq) == Some(true)).count();
    assert!((160..170).contains(&refused), "{refused}");
    // There is room for another one, which is not the rest of the queue either.
    let refused = (0..100).filter(|seq| flood(&mut world, C, *seq) == Some(true)).count();
    assert!((80..85).contains(&refused), "{refused}");
    assert_eq!(world.closed(B), None);
    assert!(world.hub.stats().queued_bytes <= limits::QUEUE_BYTES_MAX / 4 * 3);
    // What it asks for itself is answered still.
    world.join(B, TOPIC);
    assert!(matches!(read(&world.take_one(B)), ServerFrame::Joined { .. }));
    assert_eq!(world.closed(B), None);
}

#[test]
fn who_never_reads_what_it_asks_for_is_closed_and_its_senders_are_told() {
    let mut world = World::with(HubConfig::default(), &[A, B]);
    world.writes = false;
    world.send(A, B, b"waits");
    let rates = limits::CONNECTION_FRAMES;
    while world.closed(B).is_none() {
        for nonce in 0..rates.per_second {
            world.frame(B, &ClientFrame::Ping { nonce });
        }
        world.pass(1);
        world.input(Input::Alive { conn: A });
        // It takes one now and then, so it is not for standing still.
        world.input(Input::Written { conn: B, frames: 0 });
        assert!(world.hub.stats().queued_bytes <= limits::QUEUE_BYTES_MAX);
    }
    assert_eq!(world.closed(B), Some(ByeReason::SlowReader));
    assert_eq!(read(&world.take_one(A)), undelivered(B, Undelivered::Unknown));
}

#[test]
fn clients_of_another_server_share_what_one_may_take() {
    let mut world = World::with(HubConfig::default(), &[A, B]);
    world.writes = false;
    world.input(Input::Event(&Event::Linked));
    for number in 0..100 {
        let payload = Bytes::from_static(&[0; 10_000]);
        let (from, by) = (name(number), ServerId(7));
        let passed = Event::Passed { from, to: node(B), payload, by, origin: None };
        world.input(Input::Event(&passed));
    }
    assert!(world.take(B).len() < 40);
    world.send(A, B, b"here");
    assert_eq!(world.take(B).len(), 1);
}

#[test]
fn a_mailbox_stays_its_owners_for_a_while_after_its_connection_ended() {
    let ends: [fn(&mut World); 3] = [
        |world| world.input(Input::Closed { conn: A }),
        |world| world.input(Input::Malformed { conn: A }),
        |world| world.pass(60),
    ];
    for end in ends {
        let mut world = World::with(HubConfig::default(), &[A]);
        end(&mut world);
        assert_eq!(world.hub.stats().nodes, 0);
        world.open(B, 2);
        world.hello_as(B, node(A), STRANGER);
        assert_eq!(world.closed(B), Some(ByeReason::NodeTaken));
        world.open(C, 1);
        world.hello(C);
        world.open(ConnId(4), 1);
        world.hello_as(ConnId(4), node(A), [9; 16]);
        assert_eq!(world.closed(ConnId(4)), None);
    }
}

#[test]
fn a_mailbox_whose_owner_does_not_come_back_is_free_again() {
    let mut world = World::with(HubConfig::default(), &[A]);
    world.input(Input::Closed { conn: A });
    world.pass(limits::MAILBOX_KEPT.as_secs());
    world.open(B, 2);
    world.hello_as(B, node(A), STRANGER);
    assert_eq!(world.closed(B), None);
}

#[test]
fn a_mailbox_that_another_server_contests_is_kept_for_nobody_here() {
    let mut world = World::new(HubConfig::default());
    world.input(Input::Event(&Event::Linked));
    world.open(A, 1);
    world.hello_as(A, node(B), STRANGER);
    let claimed = world.outputs.iter().find_map(|output| match output {
        Output::Tell(Command::Claim { proof, .. }) => Some(*proof),
        _ => None,
    });
    let proof = claimed.unwrap();
    world.input(Input::Event(&Event::Contested { node: node(B), proof }));
    assert_eq!(world.closed(A), Some(ByeReason::NodeTaken));
    world.open(B, 2);
    world.hello(B);
    assert_eq!(world.closed(B), None);
}

#[test]
fn an_address_brings_so_many_topics_and_others_find_room() {
    let config = HubConfig { topics_per_address_max: 5, ..HubConfig::default() };
    let mut world = World::new(config);
    for (conn, address) in [(A, 1), (B, 1), (C, 2)] {
        world.open(conn, address);
        world.hello(conn);
        world.take(conn);
    }
    let joins = |world: &mut World, conn, topic| {
        world.join(conn, Topic([topic; 32]));
        matches!(read(&world.take_one(conn)), ServerFrame::Joined { .. })
    };
    for topic in 0..5 {
        assert!(joins(&mut world, if topic < 3 { A } else { B }, topic));
    }
    assert!(!joins(&mut world, A, 5) && !joins(&mut world, B, 5));
    // Another address does, and in its topics they are welcome.
    assert!(joins(&mut world, C, 5) && joins(&mut world, A, 5));
    // Whoever is left pays: the topic counts for A's address now.
    world.frame(C, &ClientFrame::Leave { topic: Topic([5; 32]) });
    world.frame(A, &ClientFrame::Leave { topic: Topic([0; 32]) });
    assert!(!joins(&mut world, A, 0));
    // With a connection go its topics.
    world.input(Input::Closed { conn: A });
    for topic in 10..13 {
        assert!(joins(&mut world, B, topic), "{topic}");
    }
    assert!(!joins(&mut world, B, 13));
}

#[test]
fn a_wide_network_does_not_fill_the_table_of_topics() {
    // So fast that nothing else ends it.
    let none = RateLimit::NONE;
    let address_rates = crate::hub::Rates { frames: none, bytes: none, joins: none };
    let mut world = World::new(HubConfig { address_rates, ..HubConfig::default() });
    let mut brought = 0;
    for conn in 1..=600 {
        open_in(&mut world, ConnId(conn), 0);
        world.hello_as(ConnId(conn), name(conn), STRANGER);
        for topic in 0..limits::TOPICS_PER_CONNECTION_MAX as u64 {
            let mut bytes = [0; 32];
            bytes[..16].copy_from_slice(&[conn.to_be_bytes(), topic.to_be_bytes()].concat());
            world.join(ConnId(conn), Topic(bytes));
        }
        world.outputs.clear();
        let topics = world.hub.stats().topics;
        if topics == brought {
            break;
        }
        brought = topics;
    }
    assert_eq!(brought, 8 * limits::TOPICS_PER_ADDRESS_MAX);
    assert!(4 * brought <= limits::TOPICS_MAX);
    open_in(&mut world, ConnId(1_000), 1);
    world.hello_as(ConnId(1_000), name(1_000), STRANGER);
    world.take(ConnId(1_000));
    world.join(ConnId(1_000), TOPIC);
    let joined = world.take_one(ConnId(1_000));
    assert!(matches!(read(&joined), ServerFrame::Joined { .. }), "{:?}", read(&joined));
}

#[test]
fn receivers_of_one_address_do_not_take_the_space_of_all() {
    // Of these 20,000 an address has 1,250, and a wide network 5,000.
    let config = HubConfig { queues_bytes_max: 20_000, ..HubConfig::default() };
    let mut world = World::with(config, &[A, B]);
    let deaf: Vec<ConnId> = (10..30).map(ConnId).collect();
    for conn in &deaf {
        open_in(&mut world, *conn, 5);
        world.hello(*conn);
    }
    world.outputs.clear();
    world.writes = false;
    for _ in 0..3 {
        for conn in &deaf {
            world.send(A, *conn, &[0; 800]);
        }
    }
    let held = world.hub.stats().queued_bytes;
    let full = ServerFrame::Undelivered { to: node(deaf[0]), seq: 5, reason: Undelivered::Full };
    assert!(world.take(A).iter().any(|it| read(it) == full));
    assert!((4_000..=15_000).contains(&held), "{held}");
    world.send(A, B, b"between two others");
    assert_eq!(world.take(B).len(), 1);
    // What has left makes room.
    let conn = deaf[0];
    world.input(Input::Closed { conn });
    world.take(A);
    world.send(A, deaf[19], b"small");
    assert_eq!(world.take(deaf[19]).len(), 1);
}

#[test]
fn connections_of_a_wide_network_share_what_eight_addresses_may_send() {
    let rates = HubConfig::default().address_rates;
    let frames = RateLimit { burst: 5, per_second: 1 };
    let address_rates = crate::hub::Rates { frames, ..rates };
    let mut world = World::new(HubConfig { address_rates, ..HubConfig::default() });
    for conn in 1..=20 {
        open_in(&mut world, ConnId(conn), 7);
        world.hello(ConnId(conn));
        world.outputs.clear();
        world.send(ConnId(conn), ConnId(conn), b"to itself");
    }
    // Each has sent two of five, and all of them forty.
    assert_eq!(world.take(ConnId(20)).len(), 1);
    open_in(&mut world, ConnId(21), 7);
    world.hello(ConnId(21));
    assert_eq!(world.closed(ConnId(21)), Some(ByeReason::RateLimited));
    world.open(ConnId(22), 7);
    world.hello(ConnId(22));
    assert_eq!(world.closed(ConnId(22)), None);
}
