//! Open invitations: as many come in as they say, for as long as whoever gave them may, and whoever
//! was shut out does not come back by one.

use std::time::Duration;

use lacis_core::{InviteOptions, RevokeOptions, RoomId, Ticket};
use lacis_sim::insider::{Insider, changes_group_frames, peer};
use lacis_sim::{ServerId, TabId, TabSetup, World, invitation_for};
use lacis_wire::credential::InvitationUse;
use lacis_wire::group::GroupFrame;
use lacis_wire::invitation::InvitationLink;
use lacis_wire::system::INVITATION;
use lacis_wire::{Code, Millis, Roles, limits};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

struct Board {
    world: World,
    server: ServerId,
    setup: TabSetup,
    ada: TabId,
    group: RoomId,
}

fn board(seed: u64) -> Board {
    let mut world = World::scenario(seed);
    let server = world.add_server();
    let setup = world.stored(server, 1);
    let ada = world.open(setup.clone());
    let group = world.found(ada, "Board");
    Board { world, server, setup, ada, group }
}

impl Board {
    fn tab(&mut self, identity: u8) -> TabId {
        let setup = self.world.stored(self.server, identity);
        self.world.open(setup)
    }

    fn member(&mut self, identity: u8, roles: Roles) -> (TabId, RoomId) {
        let tab = self.tab(identity);
        let group = self.world.bring_in(self.ada, self.group, tab, roles);
        self.world.expect(MINUTE, "it has met her", |world| {
            world.replica(tab, group).is_some_and(|it| it.len() > 3)
        });
        (tab, group)
    }

    fn link(&mut self, uses: u32) -> String {
        let options = invitation_for(Roles::MEMBER, uses);
        self.world.invite_anybody(self.ada, self.group, options)
    }

    /// Somebody tries for a minute; what comes of it.
    fn tries(&mut self, tab: TabId, link: &str) -> Option<Result<(), Code>> {
        let ticket = self.join(tab, link);
        self.world.run_for(MINUTE + SECOND * 5);
        self.world.settled(tab, ticket)
    }

    fn join(&mut self, tab: TabId, link: &str) -> Ticket {
        let ticket = self.world.plain_ticket(tab);
        let joined = self.world.open_group(tab, |node, now, number| {
            node.join_group(now, ticket, number, link, MINUTE)
        });
        let group = joined.expect("it is there").expect("the link can be read");
        self.world.connect(tab, group);
        ticket
    }

    fn role(&mut self, identity: u8) -> Option<Roles> {
        self.world.roles(self.ada, self.group, peer(identity))
    }
}

/// One use: the first comes in, whoever comes later does not, whatever proof it shows.
#[cfg_attr(test, test)]
pub(crate) fn an_invitation_for_one_lets_in_one() {
    let mut board = board(1);
    let link = board.link(1);
    let key = InvitationLink::parse(&link).expect("a link").key();
    let bob = board.tab(2);
    assert_eq!(board.tries(bob, &link), Some(Ok(())));
    let id = board.world.group_id(board.ada, board.group);
    let stolen = InvitationUse::prove(&key, &id, &peer(2));
    let mut bent = InvitationUse::prove(&key, &id, &peer(4));
    bent.proof[0] ^= 1;
    for (identity, used) in [(3, Some(stolen)), (4, Some(bent)), (5, None)] {
        let tab = board.tab(identity);
        if let Some(used) = used {
            board.world.sabotage(
                tab,
                changes_group_frames(move |_, frame| match frame {
                    GroupFrame::JoinRequest { .. } => {
                        vec![GroupFrame::JoinRequest { invitation: used.clone() }]
                    }
                    other => vec![other],
                }),
            );
        }
        let refused = board.tries(tab, &link);
        let is_plain = identity == 5;
        let code = if is_plain { Code::InvitationUsedUp } else { Code::InvitationNotTrusted };
        assert_eq!(refused, Some(Err(code)), "{identity}");
        assert_eq!(board.role(identity), None);
    }
    // Whoever came by it is not counted twice, on whatever device.
    let other = board.tab(2);
    assert_eq!(board.tries(other, &link), Some(Ok(())));
}

#[test]
fn whoever_was_shut_out_does_not_come_back_by_a_link_until_an_admin_lets_it_in() {
    let mut board = board(2);
    let inviter = board.member(7, Roles::INVITER);
    let (link, another) = (board.link(50), board.link(50));
    let bob = board.tab(2);
    assert_eq!(board.tries(bob, &link), Some(Ok(())));
    let (ada, group) = (board.ada, board.group);
    let keep = RevokeOptions { keep_invitations: true, ..RevokeOptions::default() };
    board.world.revoke_with(ada, group, peer(2), keep);
    board.world.run_for(SECOND * 15);
    // The link is of use to others, and not to the same identity, on whatever device.
    for link in [&link, &another] {
        let again = board.tab(2);
        assert_eq!(board.tries(again, link), Some(Err(Code::Revoked)));
        board.world.kill(again, false);
    }
    let cleo = board.tab(3);
    assert_eq!(board.tries(cleo, &link), Some(Ok(())));
    // An inviter cannot let it in either.
    let refused = board
        .world
        .command(inviter.0, |node, now| node.invite(now, inviter.1, peer(2), Roles::MEMBER, None));
    assert_eq!(refused.expect("it is there").err(), Some(Code::Revoked));
    let text = board.world.invite(ada, group, peer(2), Roles::MEMBER, None);
    board.world.take_invitation(bob, &text);
    board.world.run_for(MINUTE * 2);
    assert_eq!(board.role(2), Some(Roles::MEMBER));
}

#[test]
fn the_links_of_whoever_is_shut_out_end_with_it_unless_they_are_kept() {
    for keeps in [false, true] {
        let mut board = board(3);
        let came_by = board.link(50);
        let bob = board.tab(2);
        assert_eq!(board.tries(bob, &came_by), Some(Ok(())));
        let (ada, group) = (board.ada, board.group);
        let with = RevokeOptions { keep_invitations: keeps, ..RevokeOptions::default() };
        board.world.revoke_with(ada, group, peer(2), with);
        board.world.run_for(SECOND * 15);
        // Whoever was shut out has the link, and comes with another identity.
        let mallory = board.tab(3);
        let outcome = board.tries(mallory, &came_by);
        let expected = if keeps { Ok(()) } else { Err(Code::InvitationEnded) };
        assert_eq!(outcome, Some(expected));
    }
}

#[cfg_attr(test, test)]
pub(crate) fn an_invitation_is_worth_what_its_author_may_give() {
    let mut board = board(4);
    let (inviter, at_inviter) = board.member(2, Roles::INVITER);
    board.member(3, Roles::INVITER);
    let options = invitation_for(Roles::MEMBER, 50);
    let link = board.world.invite_anybody(inviter, at_inviter, options);
    board.world.run_for(SECOND * 5);
    let early = board.tab(4);
    assert_eq!(board.tries(early, &link), Some(Ok(())));
    let (ada, group) = (board.ada, board.group);
    let keep = RevokeOptions { keep_invitations: true, ..RevokeOptions::default() };
    board.world.revoke_with(ada, group, peer(2), keep);
    board.world.run_for(SECOND * 15);
    let late = board.tab(5);
    assert_eq!(board.tries(late, &link), Some(Err(Code::InvitationNotTrusted)));
    assert_eq!((board.role(4), board.role(5)), (Some(Roles::MEMBER), None));
    // Nor does its author let anybody in any more by a link of its own.
    board.world.kill(late, false);
    let refused =
        board.world.command(inviter, |node, now| node.invite_anybody(now, at_inviter, options));
    assert_eq!(refused.expect("it is there").err(), Some(Code::Revoked));
}

#[test]
fn an_invitation_ends_by_date_by_hand_and_without_anybody_who_may() {
    let mut board = board(5);
    let (ada, group) = (board.ada, board.group);
    let dated = InviteOptions { expires: Some(MINUTE), ..invitation_for(Roles::MEMBER, 50) };
    let dated = board.world.invite_anybody(ada, group, dated);
    let by_hand = board.link(50);
    board.world.run_for(MINUTE * 2);
    let late = board.tab(2);
    let ended = board.tries(late, &dated);
    assert!(
        [Some(Err(Code::InvitationEnded)), Some(Err(Code::InvitationExpired))].contains(&ended),
        "{ended:?}"
    );
    let open = board.world.command(ada, |node, _| node.group_invitations(group));
    let open = open.expect("she is there").expect("it is open");
    assert_eq!(open.len(), 1);
    let ticket = board.world.plain_ticket(ada);
    let asked =
        board.world.command(ada, |node, now| node.end_invitation(now, ticket, group, open[0].id));
    assert_eq!(asked, Some(Ok(())));
    let late = board.tab(3);
    assert_eq!(board.tries(late, &by_hand), Some(Err(Code::InvitationEnded)));
    // A member who may not invite is no issuer.
    let link = board.link(50);
    board.member(4, Roles::MEMBER);
    board.world.kill(ada, false);
    let alone = board.tab(5);
    assert_eq!(board.tries(alone, &link), Some(Err(Code::NoIssuer)));
    let setup = board.setup.clone();
    board.ada = board.world.open(setup);
}

/// Somebody repeats an invitation in a record that does not end with it.
#[cfg_attr(test, test)]
pub(crate) fn an_invitation_ends_by_what_it_says_whatever_the_end_of_its_record() {
    let mut board = board(8);
    let (ada, group) = (board.ada, board.group);
    let text = board.world.invite(ada, group, peer(7), Roles::INVITER, None);
    let inviter = Insider::invited(7, &text);
    let dated = InviteOptions { expires: Some(MINUTE), ..invitation_for(Roles::MEMBER, 50) };
    let link = board.world.invite_anybody(ada, group, dated);
    let replica = board.world.replica(ada, group).expect("it is open");
    let says = replica.system_of(INVITATION).next().expect("it is held").body.clone();
    let header = inviter.header(INVITATION, board.world.wall_now(), Millis::MAX, 1);
    for part in [inviter.introduces_itself(), inviter.signs(header, says)] {
        assert_eq!(board.world.import(ada, group, &part), Ok(true));
    }
    board.world.run_for(MINUTE * 2);
    let late = board.tab(2);
    assert_eq!(board.tries(late, &link), Some(Err(Code::InvitationExpired)));
    assert_eq!(board.role(2), None);
}

#[cfg_attr(test, test)]
pub(crate) fn so_many_are_admitted_in_a_minute() {
    let mut board = board(9);
    let link = board.link(100);
    let most = usize::try_from(limits::ADMISSIONS_PER_MINUTE).expect("few");
    for identity in (100..).take(most + 3) {
        let identity = Some([identity; 32]);
        let tab = board.world.open(TabSetup { identity, ..TabSetup::at(&[board.server]) });
        let ticket = board.join(tab, &link);
        board.world.run_until(SECOND * 2, |world| world.settled(tab, ticket).is_some());
        board.world.close(tab);
    }
    let replica = board.world.replica(board.ada, board.group).expect("it is open");
    assert_eq!(replica.members().subjects().count(), most + 1);
    board.world.run_for(MINUTE);
    let late = board.tab(2);
    assert_eq!(board.tries(late, &link), Some(Ok(())));
}

/// Another inviter lets in by a link that is not its own, unless it is exact.
#[cfg_attr(test, test)]
pub(crate) fn any_inviter_lets_in_but_by_an_exact_invitation() {
    for exact in [false, true] {
        let mut board = board(6);
        board.member(2, Roles::INVITER);
        let (ada, group) = (board.ada, board.group);
        let options = InviteOptions { exact, ..invitation_for(Roles::MEMBER, 50) };
        let link = board.world.invite_anybody(ada, group, options);
        board.world.run_for(SECOND * 5);
        board.world.kill(ada, false);
        let newcomer = board.tab(3);
        let expected = if exact { Err(Code::NotAllowed) } else { Ok(()) };
        assert_eq!(board.tries(newcomer, &link), Some(expected));
    }
}

/// A membership that is over is not the end: whoever may gives more time, and it comes back.
#[test]
fn whoever_was_away_when_its_time_was_over_is_given_more() {
    let mut board = board(7);
    let (ada, group) = (board.ada, board.group);
    let setup = board.world.stored(board.server, 2);
    let bob = board.world.open(setup.clone());
    let text = board.world.invite(ada, group, peer(2), Roles::MEMBER, Some(MINUTE));
    let at_bob = board.world.take_invitation(bob, &text);
    board.world.connect(bob, at_bob);
    board.world.write(ada, group, "before").expect("she may write");
    board.world.expect_texts(bob, at_bob, &["before"]);
    let id = board.world.group_id(bob, at_bob);
    board.world.kill(bob, false);
    board.world.run_for(MINUTE * 5);
    assert_eq!(board.role(2), None);
    let ticket = board.world.plain_ticket(ada);
    let more = (Roles::MEMBER, Some(MINUTE * 60));
    let asked =
        board.world.command(ada, |node, now| node.set_roles(now, ticket, group, peer(2), more));
    assert_eq!(asked, Some(Ok(())));
    board.world.write(ada, group, "meanwhile").expect("she may write");
    let bob = board.world.open(setup);
    let at_bob = board.world.open_stored(bob, id);
    board.world.connect(bob, at_bob);
    board.world.expect_texts(bob, at_bob, &["before", "meanwhile"]);
    board.world.write(bob, at_bob, "back").expect("he may write");
    board.world.expect_texts(ada, group, &["back", "before", "meanwhile"]);
}
