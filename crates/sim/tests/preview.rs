//! Looking at an invitation before taking it: what is told, why nothing is, and that whoever looks
//! leaves nothing behind.

use std::time::Duration;

use lacis_core::{Completion, Event, InviteOptions, Preview, RevokeOptions, RoomId, Ticket};
use lacis_sim::insider::{Insider, changes_group_frames, peer};
use lacis_sim::{ServerId, TabId, TabSetup, World, invitation_for};
use lacis_wire::codec::{decode, encode};
use lacis_wire::credential::{Chain, InvitationUse};
use lacis_wire::group::GroupFrame;
use lacis_wire::invitation::InvitationLink;
use lacis_wire::system::GroupProperties;
use lacis_wire::{Code, Roles};

const SECOND: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(20);
const MINUTE: Duration = Duration::from_secs(60);

struct Board {
    world: World,
    server: ServerId,
    ada: TabId,
    group: RoomId,
}

fn board(seed: u64) -> Board {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let setup = world.stored(server, 1);
    let ada = world.open(setup);
    let group = world.found(ada, "Board");
    Board { world, server, ada, group }
}

impl Board {
    fn tab(&mut self, identity: u8) -> TabId {
        let setup = self.world.stored(self.server, identity);
        self.world.open(setup)
    }

    fn link(&mut self, options: InviteOptions) -> String {
        self.world.invite_anybody(self.ada, self.group, options)
    }

    fn look(&mut self, tab: TabId, link: &str) -> (RoomId, Ticket) {
        let ticket = self.world.plain_ticket(tab);
        let asked = self.world.open_group(tab, |node, now, number| {
            node.preview_group(now, ticket, number, link, PATIENCE)
        });
        (asked.expect("it is there").expect("the link can be read"), ticket)
    }

    /// Looks, and waits for the answer.
    fn sees(&mut self, tab: TabId, link: &str) -> (RoomId, Result<Preview, Code>) {
        let (group, ticket) = self.look(tab, link);
        self.world.connect(tab, group);
        let (answer, _) = self.answer(tab, ticket);
        (group, answer)
    }

    /// What a tab is told, and after how long.
    fn answer(&mut self, tab: TabId, asked: Ticket) -> (Result<Preview, Code>, Duration) {
        for tenths in 0..300 {
            if let Some(seen) = shown(&self.world, tab, asked) {
                return (Ok(seen), SECOND / 10 * tenths);
            }
            if let Some(Err(code)) = self.world.settled(tab, asked) {
                return (Err(code), SECOND / 10 * tenths);
            }
            self.world.run_for(SECOND / 10);
        }
        panic!("no answer: {}", self.world.describe());
    }

    fn join(&mut self, tab: TabId, link: &str) -> (RoomId, Ticket) {
        let ticket = self.world.plain_ticket(tab);
        let asked = self.world.open_group(tab, |node, now, number| {
            node.join_group(now, ticket, number, link, PATIENCE)
        });
        (asked.expect("it is there").expect("the link can be read"), ticket)
    }

    fn groups_of(&mut self, tab: TabId) -> usize {
        let ticket = self.world.plain_ticket(tab);
        self.world.command(tab, |node, now| node.stored_groups(now, ticket));
        self.world.run_for(SECOND);
        let told = self.world.seen(tab).log.iter().rev().find_map(|event| match event {
            Event::Completed { result: Ok(Completion::Groups(groups)), .. } => Some(groups.len()),
            _ => None,
        });
        told.expect("it is told")
    }
}

fn shown(world: &World, tab: TabId, asked: Ticket) -> Option<Preview> {
    world.seen(tab).log.iter().find_map(|event| match event {
        Event::Completed { ticket, result: Ok(Completion::Preview(preview)) }
            if *ticket == asked =>
        {
            Some((**preview).clone())
        }
        _ => None,
    })
}

#[test]
fn whoever_looks_is_told_what_is_offered_and_stays_what_it_was() {
    for seed in 0..5 {
        let mut board = board(seed);
        let terms = InviteOptions {
            expires: Some(MINUTE * 60),
            member_for: Some(MINUTE * 90),
            ..invitation_for(Roles::INVITER, 5)
        };
        let link = board.link(terms);
        let bob = board.tab(2);
        let (_, preview) = board.sees(bob, &link);
        let Preview { properties, invitation, used } = preview.expect("she is there");
        let says = invitation.says;
        assert_eq!((properties.name.as_str(), invitation.issuer), ("Board", peer(1)));
        assert_eq!((says.roles, says.uses, used), (Roles::INVITER, 5, 0));
        assert_eq!(says.member_for, 90 * 60_000);
        assert!(says.not_after > board.world.wall_now());
        board.world.run_for(SECOND * 5);
        assert_eq!(board.world.roles(board.ada, board.group, peer(2)), None);
        assert_eq!(board.groups_of(bob), 0, "nothing is stored");
    }
}

/// Over the same link; over a new one, when it has left the door meanwhile; and when it has closed
/// the group, which leaves nothing of it.
#[test]
fn whoever_has_looked_joins_whenever_it_likes() {
    let cases = [(Duration::ZERO, ""), (SECOND * 10, ""), (MINUTE * 5, "left"), (SECOND, "closed")];
    for (waits, what) in cases {
        let mut board = board(10);
        let link = board.link(invitation_for(Roles::MEMBER, 5));
        let bob = board.tab(2);
        let (group, preview) = board.sees(bob, &link);
        assert_eq!(preview.map(|it| it.used), Ok(0));
        board.world.command(bob, |node, now| match what {
            "left" => node.disconnect_group(now, group),
            "closed" => node.close_group(now, group),
            _ => {}
        });
        board.world.run_for(waits);
        let links = board.world.links(bob).len();
        let (same, joined) = board.join(bob, &link);
        assert_eq!(same == group, what != "closed");
        if what.is_empty() {
            board.world.done(bob, joined, "he is let in");
            assert_eq!(board.world.links(bob).len(), links, "over the same link");
        } else {
            board.world.connect(bob, same);
            board.world.done(bob, joined, "he is let in");
        }
        board.world.run_for(SECOND);
        assert_eq!(board.groups_of(bob), 1);
        let cleo = board.tab(3);
        let (_, preview) = board.sees(cleo, &link);
        assert_eq!(preview.map(|it| it.used), Ok(1), "after {waits:?}");
        // Whoever is a member has nothing to look at, and needs nobody for that.
        board.world.command(bob, |node, now| node.disconnect_group(now, same));
        let (_, again) = board.look(bob, &link);
        assert_eq!(board.answer(bob, again).0, Err(Code::AlreadyJoined));
    }
}

#[test]
fn what_is_wrong_with_an_invitation_is_told_at_once() {
    let mut board = board(20);
    let (ada, group) = (board.ada, board.group);
    let dated = board
        .link(InviteOptions { expires: Some(SECOND * 30), ..invitation_for(Roles::MEMBER, 5) });
    let ended = board.link(invitation_for(Roles::MEMBER, 50));
    let once = board.link(invitation_for(Roles::MEMBER, 1));
    let bob = board.tab(2);
    let (at_bob, _) = board.sees(bob, &once);
    let (_, joined) = board.join(bob, &once);
    board.world.done(bob, joined, "he is let in");
    let open = board.world.command(ada, |node, _| node.group_invitations(group));
    let open = open.expect("she is there").expect("it is open");
    let of_fifty = open.iter().find(|it| it.says.uses == 50).expect("it is listed").id;
    let ticket = board.world.plain_ticket(ada);
    let asked =
        board.world.command(ada, |node, now| node.end_invitation(now, ticket, group, of_fifty));
    assert_eq!(asked, Some(Ok(())));
    let keep = RevokeOptions { keep_invitations: true, ..RevokeOptions::default() };
    let shut = board.link(invitation_for(Roles::MEMBER, 5));
    board.world.revoke_with(ada, group, peer(2), keep);
    board.world.command(bob, |node, now| node.close_group(now, at_bob));
    board.world.run_for(MINUTE);
    let cases = [
        (3, &dated, Code::InvitationExpired),
        (4, &ended, Code::InvitationEnded),
        (5, &once, Code::InvitationUsedUp),
        (2, &shut, Code::Revoked),
    ];
    for (identity, link, code) in cases {
        let tab = board.tab(identity);
        for joins in [false, true] {
            let (at, looked) = board.look(tab, link);
            let asked = if joins { board.join(tab, link).1 } else { looked };
            board.world.connect(tab, at);
            let (answer, after) = board.answer(tab, asked);
            assert_eq!(answer, Err(code), "{identity}");
            assert!(after < PATIENCE / 2, "{identity} waited for {after:?}");
            board.world.command(tab, |node, now| node.close_group(now, at));
        }
        board.world.kill(tab, false);
    }
}

#[test]
fn whoever_finds_nobody_is_told_so_in_time() {
    let mut board = board(30);
    let link = board.link(invitation_for(Roles::MEMBER, 5));
    let text = board.world.invite(board.ada, board.group, peer(2), Roles::MEMBER, None);
    let unknown =
        InvitationLink { seed: [9; 16], ..InvitationLink::parse(&link).expect("it is one") };
    let eve = board.tab(7);
    let (_, answer) = board.sees(eve, &unknown.to_text());
    assert_eq!(answer, Err(Code::InvitationEnded), "she may not know of it yet");
    board.world.kill(eve, false);
    board.world.kill(board.ada, false);
    let bob = board.tab(2);
    let (_, answer) = board.sees(bob, &link);
    assert_eq!(answer, Err(Code::NoIssuer));
    // One that is signed for him needs nobody; and it is nobody else's.
    let cleo = board.tab(3);
    let ticket = board.world.plain_ticket(bob);
    let asked = board.world.open_group(bob, |node, now, number| {
        node.preview_group(now, ticket, number, &text, PATIENCE)
    });
    asked.expect("it is there").expect("it is for him");
    board.world.done(bob, ticket, "at once");
    let refused = board.world.open_group(cleo, |node, now, number| {
        node.preview_group(now, ticket, number, &text, PATIENCE)
    });
    assert_eq!(refused, Some(Err(Code::InvitationNotForYou)));
}

/// Changes what members answer to whoever looks.
fn answers(board: &mut Board, change: impl Fn(&mut Answer) + 'static) {
    let tab = board.ada;
    board.world.sabotage(
        tab,
        changes_group_frames(move |_, frame| match frame {
            GroupFrame::Preview { chain, properties, invitation, used } => {
                let mut answer = Answer { chain, properties, invitation };
                change(&mut answer);
                let Answer { chain, properties, invitation } = answer;
                vec![GroupFrame::Preview { chain, properties, invitation, used }]
            }
            other => vec![other],
        }),
    );
}

struct Answer {
    chain: Chain,
    properties: Vec<u8>,
    invitation: Vec<u8>,
}

/// Makes another record of one, signed by somebody else.
fn forged(
    record: &[u8],
    change: impl Fn(&mut lacis_wire::record::Header, &mut Vec<u8>),
) -> Vec<u8> {
    let Ok(GroupFrame::Record { mut header, mut body }) = decode(record) else {
        panic!("it is no record");
    };
    change(&mut header, &mut body);
    header.set_body(&body);
    encode(&GroupFrame::Record { header, body })
}

#[test]
fn nothing_is_believed_that_was_not_signed_by_those_who_have_to() {
    type Change = fn(&mut Answer);
    let cases: [(&str, Change); 6] = [
        ("nothing", |_| ()),
        ("a changed name", |it| {
            it.properties = forged(&it.properties, |_, body| {
                let mut said: GroupProperties = decode(body).expect("it is one");
                said.name = "Bank".into();
                *body = encode(&said);
            });
        }),
        ("more uses", |it| {
            it.invitation = forged(&it.invitation, |_, body| body[1] ^= 1);
        }),
        ("a shorter chain", |it| {
            it.chain.0.pop();
        }),
        ("records in each other's place", |it| {
            core::mem::swap(&mut it.properties, &mut it.invitation);
        }),
        ("no records", |it| it.invitation.clear()),
    ];
    for (name, change) in cases {
        let mut board = board(40);
        let (ada, group) = (board.ada, board.group);
        let inviter = board.tab(7);
        let at_inviter = board.world.bring_in(ada, group, inviter, Roles::INVITER);
        board.world.run_for(SECOND * 5);
        let options = invitation_for(Roles::MEMBER, 5);
        let link = board.world.invite_anybody(inviter, at_inviter, options);
        board.world.run_for(SECOND * 5);
        board.world.kill(inviter, false);
        answers(&mut board, change);
        let bob = board.tab(2);
        let (_, answer) = board.sees(bob, &link);
        let expected = if name == "nothing" { Ok(peer(7)) } else { Err(Code::NoIssuer) };
        assert_eq!(answer.map(|it| it.invitation.issuer), expected, "{name}");
    }
}

/// An inviter signs what only an admin may give, with a key that it made itself.
#[test]
fn an_invitation_is_worth_what_its_author_may_give() {
    let mut board = board(50);
    let (ada, group) = (board.ada, board.group);
    let text = board.world.invite(ada, group, peer(7), Roles::INVITER, None);
    let inviter = Insider::invited(7, &text);
    let link = board.link(invitation_for(Roles::ADMIN, 5));
    let wall = board.world.wall_now();
    answers(&mut board, move |it| {
        let Ok(GroupFrame::Record { body, .. }) = decode(&it.invitation) else { return };
        let kind = lacis_wire::system::INVITATION;
        let header = inviter.header(kind, wall, lacis_wire::Millis::MAX, 1);
        it.invitation = inviter.signs(header, body);
        it.chain = inviter.chain.clone();
    });
    let bob = board.tab(2);
    let (_, answer) = board.sees(bob, &link);
    assert_eq!(answer, Err(Code::NoIssuer));
}

/// What proves that somebody looks makes nobody a member, and the other way round.
#[test]
fn whoever_looks_has_not_asked_to_come_in() {
    for joins in [false, true] {
        let mut board = board(60);
        let link = board.link(invitation_for(Roles::MEMBER, 5));
        let key = InvitationLink::parse(&link).expect("a link").key();
        let id = board.world.group_id(board.ada, board.group);
        let setup = TabSetup { identity: Some([2; 32]), ..TabSetup::at(&[board.server]) };
        let bob = board.world.open(setup);
        board.world.sabotage(
            bob,
            changes_group_frames(move |_, frame| match frame {
                GroupFrame::JoinRequest { .. } => vec![GroupFrame::JoinRequest {
                    invitation: InvitationUse::prove_look(&key, &id, &peer(2)),
                }],
                GroupFrame::PreviewRequest { .. } => vec![GroupFrame::PreviewRequest {
                    invitation: InvitationUse::prove(&key, &id, &peer(2)),
                }],
                other => vec![other],
            }),
        );
        let (at, looked) = board.look(bob, &link);
        let asked = if joins { board.join(bob, &link).1 } else { looked };
        board.world.connect(bob, at);
        assert_eq!(board.answer(bob, asked).0, Err(Code::InvitationNotTrusted));
        assert_eq!(board.world.roles(board.ada, board.group, peer(2)), None);
    }
}

/// One link is used up, and another one of the same group is good.
#[test]
fn what_one_link_is_refused_for_ends_nothing_that_is_asked_by_another() {
    for seed in 0..4 {
        let mut board = board(seed);
        let once = board.link(invitation_for(Roles::MEMBER, 1));
        let good = board.link(invitation_for(Roles::MEMBER, 9));
        let cleo = board.tab(3);
        let (at_cleo, ticket) = board.join(cleo, &once);
        board.world.connect(cleo, at_cleo);
        board.world.done(cleo, ticket, "she is let in");
        board.world.run_for(SECOND * 5);

        // A look by the one, a look and a request by the other, a request by the one.
        let bob = board.tab(2);
        let (group, looks) = board.look(bob, &once);
        let (_, sees) = board.look(bob, &good);
        let (_, late) = board.join(bob, &once);
        let (_, joins) = board.join(bob, &good);
        board.world.connect(bob, group);
        board.world.done(bob, joins, "he is let in");
        let (answer, _) = board.answer(bob, looks);
        assert_eq!(answer.err(), Some(Code::InvitationUsedUp), "seed {seed}");
        let seen = shown(&board.world, bob, sees);
        let sees = board.world.settled(bob, sees);
        assert!(seen.is_some(), "seed {seed}: {sees:?}");
        // He is in, by whichever.
        let late = board.world.settled(bob, late).expect("he knows");
        assert!(matches!(late, Ok(()) | Err(Code::InvitationUsedUp)), "seed {seed}: {late:?}");
    }
}
