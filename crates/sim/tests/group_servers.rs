//! The servers of a group are changed: who was there follows, who was away finds back, and whoever
//! comes later is sent to the new ones.

use std::time::Duration;

use lacis_core::{
    Event, GroupEvent, JoinError, RemoteReport, RemoteState, RevokeOptions, RoomId, ServerState,
};
use lacis_sim::{DiskId, ServerId, TabId, TabSetup, World, invitation_for};
use lacis_wire::export::framed;
use lacis_wire::invitation::InvitationLink;
use lacis_wire::{Code, Roles, limits};

const SOON: Duration = Duration::from_secs(20);
const DAY: Duration = Duration::from_secs(86_400);

/// People who know no server but those that their groups name.
struct Town {
    world: World,
    old: ServerId,
    new: ServerId,
    disks: Vec<DiskId>,
}

impl Town {
    fn new(seed: u64) -> Self {
        let mut world = World::scenario(seed);
        let [old, new] = [(); 2].map(|()| world.add_server());
        let disks = (0..4).map(|_| world.add_disk()).collect();
        Self { world, old, new, disks }
    }

    /// The page of somebody, by a number.
    fn page(&mut self, person: u8) -> TabId {
        let disk = Some(self.disks[usize::from(person)]);
        let identity = Some([person + 1; 32]);
        self.world.open(TabSetup { disk, identity, ..TabSetup::default() })
    }

    /// A group that meets at the old server, and who founded it.
    fn found(&mut self) -> (TabId, RoomId) {
        let ada = self.page(0);
        let ticket = self.world.plain_ticket(ada);
        let servers = vec![World::url(self.old)];
        let properties = lacis_sim::group_properties("Board");
        let made = self.world.open_group(ada, |node, now, number| {
            node.create_group(now, ticket, number, &properties, servers.clone())
        });
        let group = made.expect("she is there").expect("it is made");
        self.world.connect(ada, group);
        (ada, group)
    }

    /// Somebody comes back, and looks for the others.
    fn back(&mut self, person: u8, (founder, group): (TabId, RoomId)) -> (TabId, RoomId) {
        let id = self.world.group_id(founder, group);
        let tab = self.page(person);
        let group = self.world.open_stored(tab, id);
        self.world.connect(tab, group);
        (tab, group)
    }

    fn set(&mut self, (tab, group): (TabId, RoomId), servers: &[String]) -> Result<(), Code> {
        let (ticket, servers) = (self.world.plain_ticket(tab), servers.to_vec());
        let set = self
            .world
            .command(tab, |node, now| node.set_group_servers(now, ticket, group, servers));
        set.expect("the tab is there")
    }

    fn move_to_new(&mut self, at: (TabId, RoomId)) {
        let new = World::url(self.new);
        assert_eq!(self.set(at, &[new]), Ok(()));
    }

    fn servers(&mut self, (tab, group): (TabId, RoomId)) -> Vec<String> {
        let known = self.world.command(tab, |node, _| node.group_servers(group).map(<[_]>::to_vec));
        known.expect("the tab is there").expect("the group is open")
    }

    fn expect_servers(&mut self, at: (TabId, RoomId), servers: &[String]) {
        for _ in 0..80 {
            if self.servers(at) == servers {
                return;
            }
            self.world.run_for(Duration::from_millis(500));
        }
        panic!("{:?} instead of {servers:?}\n{}", self.servers(at), self.world.describe());
    }

    fn expect_linked(&mut self, one: TabId, two: TabId) {
        self.world.expect(SOON, "they are linked", |world| linked(world, one, two));
    }

    /// How many have a session with a server.
    fn visitors(&self, server: ServerId) -> usize {
        self.world.hub_stats(server).map_or(0, |stats| stats.nodes)
    }
}

/// Whether each has a link to the other.
fn linked(world: &World, one: TabId, two: TabId) -> bool {
    let has = |from: TabId, to: TabId| {
        let report = world.report(from);
        let direct =
            |it: &RemoteReport| it.node == world.node_id(to) && it.state == RemoteState::Direct;
        report.is_some_and(|report| report.remotes.iter().any(direct))
    };
    has(one, two) && has(two, one)
}

fn moves(world: &World, tab: TabId) -> usize {
    world.told(tab, |event| matches!(event, GroupEvent::Servers))
}

#[test]
fn a_group_outlives_its_server() {
    let mut town = Town::new(1);
    let (ada, group) = town.found();
    let bob = town.page(1);
    let joined = town.world.bring_in(ada, group, bob, Roles::MEMBER);
    town.expect_linked(ada, bob);
    town.world.run_for(SOON);
    town.world.stop_server(town.old, false);
    town.move_to_new((ada, group));
    let new = [World::url(town.new)];
    town.expect_servers((bob, joined), &new);
    assert_eq!([moves(&town.world, ada), moves(&town.world, bob)], [1, 1]);
    town.world.run_for(SOON);
    assert_eq!(town.visitors(town.new), 2);
    // Whoever is invited from now on knows nothing of the old one.
    let link = town.world.invite_anybody(ada, group, invitation_for(Roles::MEMBER, 5));
    assert_eq!(InvitationLink::parse(&link).expect("a link").servers, new);
    let cid = town.page(2);
    let at_cid = town.world.take_invitation(cid, &link);
    town.world.connect(cid, at_cid);
    town.expect_linked(cid, ada);
    town.expect_linked(cid, bob);
    town.world.run_for(SOON);
    assert_eq!(town.servers((cid, at_cid)), new);
    let peer = town.world.peer_id(cid);
    assert_eq!(town.world.roles(ada, group, peer), Some(Roles::MEMBER));
    let bound = town.world.invite(ada, group, peer, Roles::INVITER, None);
    let bound = lacis_wire::invitation::Invitation::parse(&bound).expect("an invitation");
    assert_eq!(bound.servers, new);
    // What is stored says where to look.
    town.world.kill(bob, false);
    let (bob, joined) = town.back(1, (ada, group));
    assert_eq!(town.servers((bob, joined)), new);
    assert_eq!(moves(&town.world, bob), 0, "that is no news");
    town.expect_linked(bob, ada);
}

#[test]
fn who_slept_for_a_month_finds_back_over_the_old_server() {
    let mut town = Town::new(2);
    let (ada, group) = town.found();
    let bob = town.page(1);
    let joined = town.world.bring_in(ada, group, bob, Roles::MEMBER);
    town.expect_linked(ada, bob);
    town.world.run_for(SOON);
    town.world.sleep(bob, 30 * DAY);
    town.world.run_for(DAY);
    town.move_to_new((ada, group));
    // Somebody who never was at the old server is all who is there later.
    let cid = town.page(2);
    let at_cid = town.world.bring_in(ada, group, cid, Roles::MEMBER);
    town.expect_linked(ada, cid);
    town.world.run_for(SOON);
    town.world.kill(ada, false);
    town.world.sleep(cid, 28 * DAY);
    town.world.run_for(29 * DAY);
    let new = [World::url(town.new)];
    town.expect_servers((bob, joined), &new);
    town.expect_linked(bob, cid);
    // Then the old one may go.
    town.world.stop_server(town.old, false);
    town.world.kill(bob, false);
    let (ada, _) = town.back(0, (cid, at_cid));
    let (bob, _) = town.back(1, (cid, at_cid));
    town.expect_linked(bob, ada);
    town.expect_linked(bob, cid);
}

#[test]
fn who_comes_back_when_the_old_server_is_gone_needs_an_invitation_of_now() {
    for is_open in [true, false] {
        let mut town = Town::new(3);
        let (ada, group) = town.found();
        let bob = town.page(1);
        town.world.bring_in(ada, group, bob, Roles::MEMBER);
        town.expect_linked(ada, bob);
        town.world.run_for(SOON);
        town.world.kill(bob, false);
        town.move_to_new((ada, group));
        town.world.stop_server(town.old, false);
        town.world.run_for(DAY);
        let link = town.world.invite_anybody(ada, group, invitation_for(Roles::MEMBER, 1));
        let (bob, joined) = if is_open {
            let (bob, joined) = town.back(1, (ada, group));
            town.world.run_for(SOON);
            assert!(!linked(&town.world, ada, bob));
            town.world.take_invitation(bob, &link);
            (bob, joined)
        } else {
            let bob = town.page(1);
            let joined = town.world.take_invitation(bob, &link);
            town.world.connect(bob, joined);
            (bob, joined)
        };
        town.expect_servers((bob, joined), &[World::url(town.new)]);
        town.expect_linked(ada, bob);
    }
}

#[test]
fn after_the_overlap_nobody_is_at_the_old_server() {
    let mut town = Town::new(4);
    let (ada, group) = town.found();
    let bob = town.page(1);
    town.world.bring_in(ada, group, bob, Roles::MEMBER);
    town.expect_linked(ada, bob);
    town.move_to_new((ada, group));
    town.world.run_for(SOON);
    assert_eq!([town.visitors(town.old), town.visitors(town.new)], [2, 2]);
    for tab in [ada, bob] {
        town.world.sleep(tab, limits::SERVERS_OVERLAP + DAY);
    }
    town.world.run_for(limits::SERVERS_OVERLAP + DAY);
    // Who wakes up looks again where to be, as everybody does each hour.
    town.world.run_for(6 * SOON);
    assert_eq!([town.visitors(town.old), town.visitors(town.new)], [0, 2]);
    // A session that is over is not begun again by a page that is shown again.
    town.world.put_aside(ada, 10 * SOON);
    town.world.run_for(11 * SOON);
    assert_eq!([town.visitors(town.old), town.visitors(town.new)], [0, 2]);
    town.expect_linked(ada, bob);
    // Back to it, which is dialled anew.
    let old = [World::url(town.old)];
    assert_eq!(town.set((ada, group), &old), Ok(()));
    town.world.run_for(2 * SOON);
    assert_eq!([town.visitors(town.old), town.visitors(town.new)], [2, 2]);
}

#[test]
fn only_admins_send_the_others_elsewhere_and_only_to_an_address_that_is_one() {
    let mut town = Town::new(5);
    let (ada, group) = town.found();
    let bob = town.page(1);
    let joined = town.world.bring_in(ada, group, bob, Roles::INVITER);
    town.expect_linked(ada, bob);
    let new = [World::url(town.new)];
    assert_eq!(town.set((bob, joined), &new), Err(Code::NotAllowed));
    let long = format!("wss://{}", "x".repeat(limits::URL_BYTES));
    for wrong in [
        "https://a.example",
        "ws://a.example/ws",
        "wss://",
        "wss:///ws",
        "wss://ada:secret@a.example/ws",
        "wss://a.example/ws#part",
        "wss://a.example\\@b.example/ws",
        "wss://a.example/\u{202e}ws",
        "ws://127.a.example/ws",
        "ws://localhost.a.example",
        &long,
    ] {
        let servers = [wrong.to_owned()];
        assert_eq!(town.set((ada, group), &servers), Err(Code::InvalidArgument), "{wrong}");
    }
    let many: Vec<_> = (0..5).map(|number| format!("wss://s{number}.example/ws")).collect();
    assert_eq!(town.set((ada, group), &many), Err(Code::InvalidArgument));
    assert_eq!(town.set((ada, group), &many[..4]), Ok(()));
    for own in ["ws://localhost:8080/ws", "ws://127.0.0.1/ws?key=1", "ws://[::1]:80/ws"] {
        assert_eq!(town.set((ada, group), &[own.to_owned()]), Ok(()), "{own}");
        town.world.run_for(Duration::from_millis(50));
    }
    assert_eq!(town.set((ada, group), &[]), Ok(()), "those of each member");
}

#[test]
fn the_last_word_counts_and_goes_with_the_admin_who_is_undone() {
    let mut town = Town::new(6);
    let (ada, group) = town.found();
    let bob = town.page(1);
    let joined = town.world.bring_in(ada, group, bob, Roles::ADMIN);
    town.expect_linked(ada, bob);
    town.world.run_for(SOON);
    // Apart, both say something; he does so last.
    town.world.isolate(&[bob], 1);
    let [first, last] = ["wss://a.example/ws", "wss://b.example/ws"].map(|url| [url.to_owned()]);
    assert_eq!(town.set((ada, group), &first), Ok(()));
    town.world.run_for(Duration::from_secs(5));
    assert_eq!(town.set((bob, joined), &last), Ok(()));
    town.world.run_for(Duration::from_secs(5));
    town.world.isolate(&[bob], 0);
    town.expect_servers((ada, group), &last);
    town.expect_servers((bob, joined), &last);
    // They are still where they met before, or they would never have met again.
    town.expect_linked(ada, bob);
    let peer = town.world.peer_id(bob);
    let undo = RevokeOptions { undo: true, ..RevokeOptions::default() };
    town.world.revoke_with(ada, group, peer, undo);
    town.expect_servers((ada, group), &first);
    // Before he has heard of it, he may.
    town.world.run_for(SOON);
    assert_eq!(town.set((bob, joined), &last).map_err(|_| ()), Err(()));
}

#[test]
fn an_admin_who_changes_them_all_the_time_has_nobody_dial_all_the_time() {
    let mut town = Town::new(7);
    let (ada, group) = town.found();
    let bob = town.page(1);
    let joined = town.world.bring_in(ada, group, bob, Roles::ADMIN);
    town.expect_linked(ada, bob);
    town.world.run_for(SOON);
    let begins = town.world.seen(ada).log.len();
    let minutes = 5;
    for round in 0..minutes * 120 {
        let server = |number: u32| format!("wss://s{round}-{number}.example/ws");
        let servers: Vec<_> = (0..4).map(server).collect();
        assert_eq!(town.set((bob, joined), &servers), Ok(()));
        town.world.run_for(Duration::from_millis(500));
    }
    let heard = town.world.seen(ada).log.iter().skip(begins);
    let dialed = |event: &&Event| {
        matches!(event, Event::Server { state: ServerState::Dialing, url, .. }
            if url.contains(".example"))
    };
    let dials = heard.filter(dialed).count();
    // As often as a server that is not there would be dialled anyway.
    let most = usize::try_from(minutes).expect("few") * 2 * 8 * 7;
    assert!(dials < most, "{dials} dials");
    let report = town.world.report(ada).expect("she is there");
    assert!(report.servers.len() <= limits::SESSIONS_MAX, "{}", report.servers.len());
    assert!(linked(&town.world, ada, bob));
    // One word of the founder ends it, and all are together.
    town.move_to_new((ada, group));
    town.world.run_for(2 * limits::SERVERS_PACE);
    assert_eq!(town.visitors(town.new), 2);
}

#[test]
fn a_file_of_the_group_says_where_it_meets() {
    let mut town = Town::new(8);
    let (ada, group) = town.found();
    town.move_to_new((ada, group));
    town.world.run_for(SOON);
    let ticket = town.world.plain_ticket(ada);
    let asked = town.world.command(ada, |node, now| node.export_group(now, ticket, group));
    assert_eq!(asked, Some(Ok(())));
    town.world.done(ada, ticket, "it is exported");
    let parts = town.world.seen(ada).log.iter().filter_map(|event| match event {
        Event::Group { event, .. } => match &**event {
            GroupEvent::Exported { ticket: known, part } if *known == ticket => Some(framed(part)),
            _ => None,
        },
        _ => None,
    });
    let file: Vec<u8> = parts.flatten().collect();
    town.disks[0] = town.world.add_disk();
    let other = town.page(0);
    let ticket = town.world.plain_ticket(other);
    let begins = file.chunks(limits::EXPORT_PART_BYTES).next().unwrap_or_default();
    let opened = town
        .world
        .open_group(other, |node, now, number| node.import_group(now, ticket, number, begins));
    let at_other = opened.expect("it is there").expect("it begins well");
    town.world.done(other, ticket, "it is opened");
    let taken =
        town.world.command(other, |node, now| node.import_file(now, at_other, 1, &file, true));
    assert!(taken.expect("it is there").is_ok());
    assert_eq!(town.servers((other, at_other)), [World::url(town.new)]);
    town.world.stop_server(town.old, false);
    town.world.connect(other, at_other);
    town.expect_linked(ada, other);
}

#[test]
fn a_server_of_before_that_counts_again_is_dialled_soon() {
    let mut town = Town::new(9);
    let (ada, group) = town.found();
    let bob = town.page(1);
    let joined = town.world.bring_in(ada, group, bob, Roles::MEMBER);
    town.expect_linked(ada, bob);
    town.world.stop_server(town.old, false);
    town.move_to_new((ada, group));
    town.expect_servers((bob, joined), &[World::url(town.new)]);
    // Long enough that it is tried rarely.
    town.world.run_for(2 * limits::REDIAL_BEFORE_MAX);
    town.world.start_server(town.old);
    town.world.stop_server(town.new, false);
    let old = [World::url(town.old)];
    assert_eq!(town.set((ada, group), &old), Ok(()));
    town.expect_servers((bob, joined), &old);
    town.world.run_for(2 * limits::REDIAL_MIN);
    assert_eq!(town.visitors(town.old), 2);
}

/// Sixteen sessions are all there may be.
#[test]
fn a_room_for_whose_server_there_is_no_session_is_announced_nowhere_else() {
    let mut town = Town::new(10);
    let (ada, group) = town.found();
    let mut places: Vec<ServerId> = Vec::new();
    for _ in 0..3 {
        let four: Vec<_> = (0..4).map(|_| town.world.add_server()).collect();
        let urls: Vec<String> = four.iter().map(|it| World::url(*it)).collect();
        assert_eq!(town.set((ada, group), &urls), Ok(()));
        town.world.run_for(2 * limits::SERVERS_PACE);
        places.extend(four);
    }
    let full = [(); 4].map(|()| {
        let four: Vec<_> = (0..4).map(|_| town.world.add_server()).collect();
        town.world.add_room(&four)
    });
    let joined = full.map(|room| town.world.try_join(ada, room, SOON));
    let known = town.world.report(ada).expect("she is there").servers.len();
    assert_eq!((joined.iter().filter(|it| it.is_ok()).count(), known), (2, limits::SESSIONS_MAX));
    assert_eq!(joined[3].err(), Some(JoinError::TooManyRooms));
    // What is left makes place.
    town.world.leave(ada, full[0]);
    assert!(town.world.try_join(ada, full[3], SOON).is_ok());
}
