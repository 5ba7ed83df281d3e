//! Where the members of a group meet: under the topic of its newest key, and a few at its door.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use lacis_core::{Event, InviteOptions, RevokeOptions, RoomId};
use lacis_signaling::hub::HubConfig;
use lacis_sim::{Saboteur, ServerId, TabId, TabSetup, Way, World, invitation_for, liar};
use lacis_wire::codec::decode;
use lacis_wire::invitation::InvitationLink;
use lacis_wire::limits::{DOOR_AFTER, DOOR_SEATS, ROOMS_MAX, TOPIC_GRACE};
use lacis_wire::link::LinkFrame;
use lacis_wire::signal::ClientFrame;
use lacis_wire::{NodeId, Roles, Topic};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Who is announced where, as the server is told.
type Register = Rc<RefCell<BTreeMap<Topic, BTreeSet<NodeId>>>>;

struct Board {
    world: World,
    server: ServerId,
    people: Vec<(TabId, RoomId)>,
    setups: Vec<TabSetup>,
    register: Register,
    door: Topic,
    /// An open invitation as it was made at the beginning.
    link: String,
}

impl Board {
    /// A group of so many, all connected; those of these numbers are admins.
    fn of(seed: u64, count: u8, admins: &[u8]) -> Self {
        let mut world = World::scenario(seed);
        let secret = Some(vec![1; 32]);
        let server = world.add_server_with(HubConfig { secret, ..HubConfig::default() });
        let register = Register::default();
        let known = Rc::clone(&register);
        world.meddle(Box::new(move |passing| {
            if passing.way == Way::Up {
                let mut known = known.borrow_mut();
                match decode(passing.bytes) {
                    Ok(ClientFrame::Join { topic, .. }) => {
                        known.entry(topic).or_default().insert(passing.node);
                    }
                    Ok(ClientFrame::Leave { topic }) => {
                        known.entry(topic).or_default().remove(&passing.node);
                    }
                    _ => {}
                }
            }
            vec![passing.bytes.to_vec()]
        }));
        let mut setups = Vec::new();
        for identity in 0..count {
            let disk = Some(world.add_disk());
            let identity = Some([identity + 1; 32]);
            setups.push(TabSetup { disk, identity, ..TabSetup::at(&[server]) });
        }
        let founder = world.open(setups[0].clone());
        let group = world.found(founder, "Board");
        let link = open_link(&mut world, founder, group, invitation_for(Roles::MEMBER, 100));
        let door = InvitationLink::parse(&link).expect("it is one").door.keys().topic;
        let mut people = vec![(founder, group)];
        for number in 1..count {
            let tab = world.open(setups[usize::from(number)].clone());
            let roles = if admins.contains(&number) { Roles::ADMIN } else { Roles::MEMBER };
            people.push((tab, world.bring_in(founder, group, tab, roles)));
        }
        let mut board = Self { world, server, people, setups, register, door, link };
        board.meet(&board.people.clone());
        board
    }

    /// Waits until all of them are linked to each other, and calm.
    fn meet(&mut self, people: &[(TabId, RoomId)]) {
        self.world.expect(MINUTE, "all are linked", |world| {
            people.iter().all(|&(one, group)| {
                let present = |&(two, _): &(TabId, RoomId)| {
                    let node = world.node_id(two);
                    one == two || world.seen(one).members.contains_key(&(group, node))
                };
                people.iter().all(present)
            })
        });
        self.world.run_for(DOOR_AFTER + SECOND * 3);
    }

    fn at(&self, topic: Topic) -> BTreeSet<NodeId> {
        self.register.borrow().get(&topic).cloned().unwrap_or_default()
    }

    /// Topics beside the door at which somebody is announced.
    fn topics(&self) -> BTreeSet<Topic> {
        let register = self.register.borrow();
        let used = register.iter().filter(|(_, nodes)| !nodes.is_empty());
        used.map(|(topic, _)| *topic).filter(|topic| *topic != self.door).collect()
    }

    fn nodes(&self, people: &[(TabId, RoomId)]) -> BTreeSet<NodeId> {
        people.iter().map(|(tab, _)| self.world.node_id(*tab)).collect()
    }

    fn revoke(&mut self, by: usize, whom: usize) {
        let ((tab, group), peer) = (self.people[by], self.world.peer_id(self.people[whom].0));
        let ticket = self.world.plain_ticket(tab);
        let options = RevokeOptions::default();
        let asked =
            self.world.command(tab, |node, now| node.revoke(now, ticket, group, peer, options));
        asked.expect("it is there").expect("it may");
        self.world.done(tab, ticket, "it is stored");
    }

    fn newcomer(&mut self, identity: u8, link: &str) -> (TabId, RoomId) {
        let disk = Some(self.world.add_disk());
        let setup =
            TabSetup { disk, identity: Some([identity; 32]), ..TabSetup::at(&[self.server]) };
        let tab = self.world.open(setup);
        let ticket = self.world.plain_ticket(tab);
        let joined = self
            .world
            .open_group(tab, |node, now, number| node.join_group(now, ticket, number, link, MINUTE))
            .expect("it is there")
            .expect("the invitation is good");
        self.world.connect(tab, joined);
        self.world.done(tab, ticket, "it is let in");
        (tab, joined)
    }

    fn expect_texts(&mut self, people: &[(TabId, RoomId)], texts: &[&str]) {
        for &(tab, group) in people {
            let mut last = Vec::new();
            for _ in 0..300 {
                last = self.world.texts(tab, group);
                if last == texts {
                    break;
                }
                self.world.run_for(Duration::from_millis(100));
            }
            assert_eq!(last, texts, "{}", self.world.describe());
        }
    }
}

fn open_link(world: &mut World, tab: TabId, group: RoomId, options: InviteOptions) -> String {
    let made = world.command(tab, |node, now| node.invite_anybody(now, group, options));
    made.expect("it is there").expect("it may invite")
}

#[test]
fn all_meet_under_one_topic_and_three_wait_at_the_door() {
    for seed in 0..5 {
        let board = Board::of(seed, 8, &[]);
        let all = board.nodes(&board.people);
        let topics: Vec<Topic> = board.topics().into_iter().collect();
        assert_eq!(topics.len(), 1);
        assert_eq!(board.at(topics[0]), all);
        let waiting = board.at(board.door);
        assert_eq!(waiting.len(), DOOR_SEATS);
        let founder = board.people[0].0;
        assert!(waiting.contains(&board.world.node_id(founder)), "the founder waits");
        let report = board.world.report(founder).expect("it is there");
        assert_eq!(report.rooms.len(), 1, "to the application it is one place");
    }
}

#[test]
fn who_is_shut_out_sees_only_those_who_wait_at_the_door() {
    for seed in 0..3 {
        let mut board = Board::of(seed, 9, &[]);
        let before: Vec<Topic> = board.topics().into_iter().collect();
        let eve = board.world.node_id(board.people[8].0);
        board.revoke(0, 8);
        let stay = board.people[..8].to_vec();
        board.world.run_for(SECOND * 10);
        let seen = |board: &Board, topic| {
            board.at(topic).into_iter().filter(|node| *node != eve).collect::<BTreeSet<_>>()
        };
        assert_eq!(seen(&board, before[0]), BTreeSet::new(), "nobody is left in the old topic");
        let new = board.topics().into_iter().find(|topic| *topic != before[0]);
        assert_eq!(board.at(new.expect("there is a new one")), board.nodes(&stay));
        let mut ever = BTreeSet::new();
        for _ in 0..180 {
            board.world.run_for(SECOND);
            assert_eq!(seen(&board, before[0]), BTreeSet::new());
            ever.extend(seen(&board, board.door));
        }
        assert!(board.at(board.door).contains(&eve), "it comes to the door");
        assert_eq!(ever.len(), DOOR_SEATS, "of {} who are connected", stay.len());
    }
}

#[test]
fn a_newcomer_comes_in_by_an_older_link_after_two_revocations() {
    for seed in 0..3 {
        let mut board = Board::of(seed, 7, &[]);
        board.revoke(0, 6);
        board.world.run_for(SECOND * 10);
        board.revoke(0, 5);
        board.world.run_for(MINUTE);
        let link = board.link.clone();
        let newcomer = board.newcomer(99, &link);
        let mut all = board.people[..5].to_vec();
        all.push(newcomer);
        board.meet(&all);
        board.world.write(newcomer.0, newcomer.1, "bonjour").expect("it has the key");
        board.expect_texts(&all, &["bonjour"]);
        assert!(board.topics().iter().any(|topic| board.at(*topic) == board.nodes(&all)));
        let waiting = board.at(board.door);
        let waiting: Vec<_> = waiting.intersection(&board.nodes(&all)).copied().collect();
        assert_eq!(waiting.len(), DOOR_SEATS);
    }
}

#[test]
fn who_was_away_during_two_revocations_finds_back() {
    for seed in 0..3 {
        let mut board = Board::of(seed, 8, &[]);
        let (away, group) = board.people[5];
        let id = board.world.group_id(away, group);
        board.world.kill(away, false);
        board.revoke(0, 7);
        board.world.run_for(SECOND * 10);
        board.revoke(0, 6);
        board.world.write(board.people[0].0, board.people[0].1, "news").expect("it may write");
        board.world.run_for(TOPIC_GRACE + MINUTE);
        let setup = board.setups[5].clone();
        let again = board.world.open(setup);
        let opened = board.world.open_stored(again, id);
        board.world.connect(again, opened);
        let mut all = board.people[..5].to_vec();
        all.push((again, opened));
        board.expect_texts(&all[5..], &["news"]);
        board.meet(&all);
        assert!(board.topics().iter().any(|topic| board.at(*topic) == board.nodes(&all)));
    }
}

#[test]
fn two_halves_that_renewed_their_keys_apart_find_together() {
    for seed in 0..3 {
        let mut board = Board::of(seed, 8, &[3]);
        for gone in [6, 7] {
            board.world.kill(board.people[gone].0, false);
        }
        let (one, two) = (board.people[..3].to_vec(), board.people[3..6].to_vec());
        let tabs: Vec<TabId> = two.iter().map(|(tab, _)| *tab).collect();
        board.world.isolate(&tabs, 1);
        for &tab in &tabs {
            board.world.fabric.net.cut(tab, board.server, true);
            board.world.break_sockets(tab);
        }
        board.world.run_for(MINUTE * 2);
        board.revoke(0, 6);
        board.revoke(3, 7);
        board.world.write(one[1].0, one[1].1, "one").expect("it may write");
        board.world.write(two[1].0, two[1].1, "two").expect("it may write");
        // Longer than topics of before are heard.
        board.world.run_for(TOPIC_GRACE + MINUTE);
        board.expect_texts(&one, &["one"]);
        board.expect_texts(&two, &["two"]);
        board.register.borrow_mut().clear();
        board.world.heal();
        let all = board.people[..6].to_vec();
        board.expect_texts(&all, &["one", "two"]);
        board.meet(&all);
        // They are linked by members, and some wait longer for their server.
        let (door, nodes) = (board.door, board.nodes(&all));
        let register = Rc::clone(&board.register);
        board.world.expect(MINUTE * 2, "all are announced at one topic", |_| {
            register.borrow().iter().any(|(topic, at)| *topic != door && *at == nodes)
        });
    }
}

#[test]
fn nobody_is_cut_off_while_a_key_is_renewed() {
    for seed in 0..3 {
        let mut board = Board::of(seed, 7, &[]);
        let stay = board.people[..6].to_vec();
        let links = |board: &Board| -> Vec<usize> {
            let open = |tab| board.world.links(tab).iter().filter(|(_, open)| *open).count();
            stay.iter().map(|(tab, _)| open(*tab)).collect()
        };
        assert_eq!(links(&board), [6; 6]);
        let marks: Vec<usize> =
            stay.iter().map(|(tab, _)| board.world.seen(*tab).log.len()).collect();
        let mut texts = Vec::new();
        for round in 0..60 {
            if round == 10 {
                board.revoke(0, 6);
            }
            let (tab, group) = stay[round % stay.len()];
            texts.push(format!("note {round:02}"));
            board.world.write(tab, group, &texts[round]).expect("it may write");
            board.world.run_for(Duration::from_millis(500));
        }
        // Also not when the topic of before is left for good.
        board.world.run_for(TOPIC_GRACE + MINUTE);
        texts.push("the last".to_owned());
        board.world.write(stay[5].0, stay[5].1, "the last").expect("it may write");
        board.world.run_for(SECOND * 2);
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        for &(tab, group) in &stay {
            assert_eq!(board.world.texts(tab, group), texts);
        }
        let others = board.nodes(&stay);
        for (&(tab, _), mark) in stay.iter().zip(marks) {
            let lost = |event: &&Event| match event {
                Event::RemoteLeft { node, .. } => others.contains(node),
                Event::Room { .. } => true,
                _ => false,
            };
            let lost = board.world.seen(tab).log[mark..].iter().find(lost);
            assert_eq!(lost, None, "nobody is lost, and the group stays open");
        }
        // Whoever was shut out knocks now and then, and is turned away.
        let only_they_are_linked = (0..60).any(|_| {
            board.world.run_for(SECOND);
            links(&board) == [5; 6]
        });
        assert!(only_they_are_linked, "the link to the one who was shut out has ended");
    }
}

#[test]
fn who_waits_changes_with_the_hour_and_somebody_always_does() {
    let mut changed = 0;
    for seed in 0..3 {
        let mut board = Board::of(seed, 6, &[]);
        let hour = 3_600_000;
        let until = Duration::from_millis(hour - board.world.wall_now().0 % hour);
        // What happens before is of no concern here, and takes its time.
        for &(tab, _) in &board.people {
            let ahead = until.saturating_sub(MINUTE * 5).as_millis();
            board.world.set_clock(tab, i64::try_from(ahead).expect("less than an hour"));
        }
        board.world.run_for(MINUTE * 2);
        let before = board.at(board.door);
        assert_eq!(before.len(), DOOR_SEATS);
        let mut most = 0;
        for _ in 0..300 {
            board.world.run_for(SECOND);
            let waiting = board.at(board.door);
            assert!(waiting.len() >= DOOR_SEATS, "{waiting:?}");
            most = most.max(waiting.len());
        }
        let after = board.at(board.door);
        assert_eq!(after.len(), DOOR_SEATS);
        assert!(most <= 2 * DOOR_SEATS, "{most}");
        changed += usize::from(before != after);
        let link = board.link.clone();
        let newcomer = board.newcomer(99, &link);
        let mut all = board.people.clone();
        all.push(newcomer);
        board.meet(&all);
    }
    assert!(changed > 0, "the same wait all the time");
}

#[test]
fn when_those_who_wait_go_others_take_their_places() {
    let mut board = Board::of(2, 8, &[]);
    let waiting = board.at(board.door);
    let (gone, stay): (Vec<_>, Vec<_>) =
        board.people.iter().partition(|(tab, _)| waiting.contains(&board.world.node_id(*tab)));
    for (tab, _) in gone {
        board.world.kill(tab, true);
    }
    let before = board.nodes(&stay);
    let (register, door) = (Rc::clone(&board.register), board.door);
    board.world.expect(MINUTE * 2, "others wait", |_| {
        register.borrow()[&door].intersection(&before).count() == DOOR_SEATS
    });
    board.world.run_for(MINUTE);
    let peer = board.world.peer_id(stay[0].0);
    assert_ne!(peer, board.world.peer_id(board.people[0].0));
}

#[test]
fn who_alone_lets_in_by_an_exact_link_waits_for_those_who_come() {
    for seed in 0..3 {
        let mut board = Board::of(seed, 8, &[1, 2, 3, 4, 5, 6, 7]);
        // Whoever would not wait otherwise.
        let waiting = board.at(board.door);
        let idle = |(tab, _): &&(TabId, RoomId)| !waiting.contains(&board.world.node_id(*tab));
        let &(tab, group) = board.people.iter().find(idle).expect("three of eight wait");
        let exact = InviteOptions { exact: true, ..invitation_for(Roles::MEMBER, 1) };
        let link = open_link(&mut board.world, tab, group, exact);
        board.world.run_for(SECOND * 10);
        let node = board.world.node_id(tab);
        assert!(board.at(board.door).contains(&node));
        board.newcomer(99, &link);
        board.world.run_for(SECOND * 10);
        assert!(!board.at(board.door).contains(&node), "nobody else will come by it");
    }
}

#[test]
fn who_was_shut_out_does_not_see_in_another_group_who_is_in_this_one() {
    let mut board = Board::of(1, 2, &[]);
    let [(ada, first), (bob, _)] = [board.people[0], board.people[1]];
    let second = board.world.found(ada, "Second");
    let at_bob = board.world.bring_in(ada, second, bob, Roles::MEMBER);
    let id = board.world.group_id(bob, at_bob);
    board.world.run_for(SECOND * 10);
    board.revoke(0, 1);
    board.world.kill(bob, false);
    board.world.run_for(MINUTE);
    let named = Rc::new(RefCell::new(Vec::new()));
    let heard = Rc::clone(&named);
    board.world.sabotage(
        ada,
        Saboteur::new(move |out| {
            if let Ok(LinkFrame::Rooms { tags }) = decode(out.bytes) {
                heard.borrow_mut().push(tags.len());
            }
            vec![(out.channel, out.bytes.to_vec())]
        }),
    );
    let setup = board.setups[1].clone();
    let again = board.world.open(setup);
    let opened = board.world.open_stored(again, id);
    board.world.connect(again, opened);
    board.world.write(again, opened, "here").expect("it is a member of this one");
    board.expect_texts(&[(ada, second)], &["here"]);
    assert_eq!(*named.borrow(), [1], "of two groups one is named");
    let (ticket, peer) = (board.world.plain_ticket(ada), board.world.peer_id(again));
    let roles = (Roles::MEMBER, None);
    let back =
        board.world.command(ada, |node, now| node.set_roles(now, ticket, first, peer, roles));
    back.expect("it is there").expect("it may let in again");
    board.world.run_for(SECOND * 5);
    assert_eq!(*named.borrow(), [1, 2]);
}

#[test]
fn as_many_groups_as_may_be_are_announced_at_topic_and_door() {
    let mut world = World::scenario(1);
    let server = world.add_server();
    let ada = world.open(TabSetup::at(&[server]));
    for number in 0..ROOMS_MAX {
        world.found(ada, &format!("Board {number}"));
    }
    world.run_for(MINUTE);
    let stats = world.hub_stats(server).expect("it runs");
    assert_eq!(stats.members, 2 * ROOMS_MAX);
    let warned = |event: &Event| matches!(event, Event::Warning { .. });
    assert!(!world.seen(ada).log.iter().any(warned));
}

#[test]
fn who_disconnects_is_announced_nowhere_and_may_come_back() {
    let mut board = Board::of(4, 4, &[]);
    let (tab, group) = board.people[0];
    let node = board.world.node_id(tab);
    board.world.command(tab, |node, now| node.disconnect_group(now, group)).expect("it is there");
    board.world.run_for(SECOND);
    assert!(board.register.borrow().values().all(|nodes| !nodes.contains(&node)));
    board.world.expect(SECOND * 5, "the links end", |world| world.connections(tab) == 0);
    board.world.run_for(MINUTE);
    board.world.connect(tab, group);
    board.meet(&board.people.clone());
    board.world.write(tab, group, "back").expect("it may write");
    board.expect_texts(&board.people.clone(), &["back"]);
}

#[test]
fn a_server_that_comes_back_does_not_bring_back_an_older_topic() {
    for seed in 0..3 {
        let mut board = Board::of(seed, 5, &[]);
        board.world.kill(board.people[4].0, false);
        board.world.run_for(MINUTE);
        board.world.stop_server(board.server, true);
        board.world.run_for(SECOND);
        board.revoke(0, 4);
        board.world.run_for(SECOND * 10);
        board.world.start_server(board.server);
        board.world.run_for(MINUTE);
        let stats = board.world.hub_stats(board.server).expect("it runs");
        assert_eq!((stats.topics, stats.members), (2, 4 + DOOR_SEATS), "one topic and the door");
        let stay = board.people[..4].to_vec();
        board.meet(&stay);
    }
}

#[test]
fn a_server_that_names_all_to_whoever_is_shut_out_does_not_get_it_their_answers() {
    let mut board = Board::of(1, 8, &[]);
    let (eve, group) = board.people[7];
    let id = board.world.group_id(eve, group);
    board.revoke(0, 7);
    board.world.kill(eve, false);
    board.world.run_for(TOPIC_GRACE + MINUTE);
    let all = board.nodes(&board.people[..7]);
    let waiting: BTreeSet<_> = board.at(board.door).intersection(&all).copied().collect();
    assert_eq!(waiting.len(), DOOR_SEATS);
    let setup = board.setups[7].clone();
    let again = board.world.open(setup);
    let (node, door) = (board.world.node_id(again), board.door);
    board.world.meddle(liar::rewrite_samples(move |to, topic, members| {
        if to == node && topic == door { all.iter().copied().collect() } else { members }
    }));
    let opened = board.world.open_stored(again, id);
    board.world.connect(again, opened);
    let mut linked = BTreeSet::new();
    for _ in 0..480 {
        board.world.run_for(Duration::from_millis(250));
        let ends =
            board.people[..7].iter().filter(|(tab, _)| board.world.is_encrypted(*tab, again));
        linked.extend(ends.map(|(tab, _)| board.world.node_id(*tab)));
    }
    assert_eq!(linked, waiting);
}

#[test]
fn who_comes_back_to_those_who_are_there_is_not_seen_at_the_door() {
    for seed in 0..5 {
        let mut board = Board::of(seed, 8, &[]);
        let waiting = board.at(board.door);
        let idle = (1..8).filter(|at| !waiting.contains(&board.world.node_id(board.people[*at].0)));
        let [lost, away] = idle.take(2).collect::<Vec<_>>().try_into().expect("five are idle");
        // One is in a tunnel for a while.
        let (tab, server) = (board.people[lost].0, board.server);
        board.world.isolate(&[tab], 1);
        board.world.fabric.net.cut(tab, server, true);
        board.world.break_sockets(tab);
        // The page of another one is opened anew.
        let (closed, group) = board.people[away];
        let id = board.world.group_id(closed, group);
        board.world.kill(closed, false);
        board.world.run_for(MINUTE * 2);
        board.world.heal();
        let setup = board.setups[away].clone();
        let again = board.world.open(setup);
        let opened = board.world.open_stored(again, id);
        board.world.connect(again, opened);
        board.people[away] = (again, opened);
        let back = BTreeSet::from([tab, again].map(|tab| board.world.node_id(tab)));
        for _ in 0..120 {
            board.world.run_for(Duration::from_millis(250));
            assert!(board.at(board.door).is_disjoint(&back));
        }
        board.meet(&board.people.clone());
    }
}
