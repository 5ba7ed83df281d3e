//! What takes a place, and for how long: what has ended, what is beaten, what was stored.

use lacis_core::graph::{Change, Copy, Outcome, Refusal, Replica};
use lacis_wire::record::Header;
use lacis_wire::system::GROUP;
use lacis_wire::{Millis, Roles, limits};

use super::budgets::{properties, sock_puppet};
use super::people::*;

const LATER: Millis = Millis(NOW.0 + 20);

/// What a store gives back of a replica.
fn read_anew<'a>(all: impl IntoIterator<Item = &'a Copy>, held: &Replica, now: Millis) -> Replica {
    let mut replica = Replica::new(group());
    for copy in all {
        let name = copy.header.name();
        if !held.all_names().iter().any(|(it, _)| *it == name) {
            continue;
        }
        if copy.header.kind.is_system() {
            replica.restore_system(copy.clone());
        } else {
            replica.restore(&copy.header, &name);
        }
    }
    replica.settle_restored(now);
    replica
}

fn erased(replica: &mut Replica) -> usize {
    let changes = std::iter::from_fn(|| replica.poll_change());
    changes.filter(|it| matches!(it, Change::Erased { keeps_header: false, .. })).count()
}

/// Chats of 4, the first the oldest.
fn chats(numbers: std::ops::Range<u8>, change: impl Fn(Draft) -> Draft) -> Vec<Copy> {
    let created = |number| 600_000 + u64::from(number);
    let draft = |number| Draft::new("chat", 4, number, b"x").created(created(number));
    numbers.map(|number| change(draft(number)).sign()).collect()
}

fn held(replica: &Replica, copies: &[Copy]) -> Vec<bool> {
    let is_held = |copy: &Copy| {
        replica.held(&copy.header.id).is_some_and(|it| it.name() == copy.header.name())
    };
    copies.iter().map(is_held).collect()
}

fn live(replica: &Replica, copies: &[Copy]) -> usize {
    copies.iter().filter(|copy| is_live(replica, copy)).count()
}

/// Those that live are the newest, and were the first to go.
#[test]
fn what_has_ended_takes_no_place_of_what_lives_when_a_store_is_read() {
    let says = properties(3, 1_000);
    let over = chats(0..3, |draft| draft.until(NOW.0 + 10));
    let alive = chats(10..13, |draft| draft.at(NOW.0 + 15));
    let all: Vec<Copy> = [people(), vec![says], over.clone(), alive.clone()].concat();
    let mut replica = Replica::new(group());
    for copy in &all[..all.len() - 3] {
        replica.offer(NOW, copy);
    }
    replica.expire(LATER);
    for copy in &alive {
        assert_eq!(replica.offer(LATER, copy), Outcome::Taken);
    }
    let mut restored = read_anew(&all, &replica, LATER);
    assert_eq!(erased(&mut restored), 0);
    restored.expire(LATER);
    assert_eq!(live(&restored, &alive), 3);
    assert_eq!((erased(&mut restored), live(&restored, &over)), (0, 0));
    assert_eq!(held(&restored, &over), [true; 3]);
    // Where expiration is deferred they are shown, and take no place either.
    let deferring = read_anew(&all, &replica, LATER);
    assert_eq!((live(&deferring, &alive), live(&deferring, &over)), (3, 3));
    // Nor does a clock that is far behind what is held push anything out.
    let mut behind = read_anew(&all, &replica, Millis(1));
    assert_eq!((live(&behind, &alive), erased(&mut behind)), (3, 0));
    // A clock that was ahead when the store was read changes nothing once it is right.
    for ends in [true, false] {
        let mut wrong = read_anew(&all, &replica, Millis(LATEST));
        if ends {
            wrong.expire(Millis(LATEST));
            assert_eq!(live(&wrong, &alive), 0);
        }
        wrong.reveal(LATER);
        wrong.expire(LATER);
        assert_eq!((live(&wrong, &alive), live(&wrong, &over)), (3, 0));
        let more = chats(20..21, |draft| draft);
        assert_eq!(refused(wrong.offer(LATER, &more[0])), Refusal::OverBudget);
    }
}

#[test]
fn what_has_ended_has_ten_times_as_many_places_and_no_more() {
    let most = limits::BUDGET_TOMBSTONES as usize;
    let ended = |draft: Draft| draft.until(NOW.0 - 1);
    let mut all = chats(0..30, ended);
    all.iter_mut().for_each(|copy| copy.body.clear());
    let mut backwards = all.clone();
    backwards.reverse();
    for order in [&all, &backwards] {
        let mut replica = populated();
        replica.offer(NOW, &properties(1, 1_000));
        for copy in order {
            let outcome = replica.offer(NOW, copy);
            assert!([Outcome::Taken, Outcome::Refused(Refusal::OverBudget)].contains(&outcome));
        }
        let expected: Vec<bool> = (0..30).map(|number| number < most).collect();
        assert_eq!(held(&replica, &all), expected, "the first by creation");
        let restored = read_anew(all.iter().chain(&people()), &replica, NOW);
        assert_eq!(held(&restored, &all), expected);
    }
}

#[test]
fn what_ends_here_gives_way_like_what_had_ended_before_it_came() {
    let mut replica = populated();
    replica.offer(NOW, &properties(1, 1_000));
    let all = chats(0..30, |draft| draft);
    let most = limits::BUDGET_TOMBSTONES as usize;
    for (number, copy) in (0_u64..).zip(&all) {
        let mut draft = Draft { header: copy.header.clone(), body: b"x".to_vec(), author: 4 };
        draft.header.expires = Millis(NOW.0 + 10 * number + 5);
        assert_eq!(replica.offer(Millis(NOW.0 + 10 * number), &draft.sign()), Outcome::Taken);
        replica.expire(Millis(NOW.0 + 10 * number + 5));
    }
    let held = all.iter().filter(|copy| replica.held(&copy.header.id).is_some()).count();
    assert_eq!(held, most);
    let next = chats(40..41, |draft| draft);
    assert_eq!(replica.offer(Millis(NOW.0 + 1_000), &next[0]), Outcome::Taken);
}

#[test]
fn what_is_there_again_because_time_went_back_has_a_place_or_goes() {
    let far = Millis(NOW.0 + 200_000);
    let early = chats(0..3, |draft| draft.until(NOW.0 + 100_000));
    // Where what is held shows that the time was right before, nothing goes for a wrong one.
    for (modified, left) in [(700_000, 0), (NOW.0 + 150_000, 3)] {
        let late = chats(10..13, |draft| draft.at(modified));
        let mut replica = populated();
        replica.offer(NOW, &properties(3, 1_000));
        early.iter().for_each(|copy| assert_eq!(replica.offer(NOW, copy), Outcome::Taken));
        replica.expire(far);
        late.iter().for_each(|copy| assert_eq!(replica.offer(far, copy), Outcome::Taken));
        replica.reveal(NOW);
        assert_eq!((live(&replica, &early), live(&replica, &late)), (3, left));
        replica.expire(far);
        assert_eq!((live(&replica, &early), live(&replica, &late)), (0, left));
    }
}

/// A clock that is ahead for one start is no reason to lose what is kept for others to name.
#[test]
fn what_is_set_aside_goes_by_the_time_by_which_bytes_are_erased() {
    let mut replica = populated();
    let copy = &chats(0..1, |draft| draft.lasting(u64::MAX))[0];
    let ended = revocation(2, 1, 4, &[]);
    offer_all(&mut replica, [copy, &ended]);
    assert_eq!(replica.aside(), 1);
    let lifetime = u64::try_from(limits::UNNAMED_LIFETIME.as_millis()).expect("days");
    let until = Millis(copy.header.modified.0.max(ended.header.modified.0) + lifetime);
    replica.expire(Millis(u64::MAX - 1));
    assert_eq!(replica.aside(), 1);
    assert_eq!(replica.next_erasure(), Some(until));
    replica.erase(Millis(until.0 - 1));
    assert_eq!(replica.aside(), 1);
    replica.erase(until);
    assert_eq!(replica.aside(), 0);
}

#[test]
fn of_one_record_and_author_only_the_greatest_beaten_version_is_kept() {
    let draft = Draft::new("chat", 4, 1, b"x").created(600_000);
    let versions: Vec<Copy> =
        (0..200).map(|more| draft.clone().at(600_000 + more * 7 % 200).sign()).collect();
    let greatest = versions.iter().max_by_key(|copy| copy.header.modified).expect("some");
    let changed = draft.version(2, 7).at(700_000).sign();
    for begin in [0, 57] {
        let mut replica = populated();
        offer_all(&mut replica, &versions[..begin]);
        replica.offer(NOW, &changed);
        for copy in &versions {
            let outcome = replica.offer(NOW, copy);
            assert!(matches!(outcome, Outcome::Beaten | Outcome::Older | Outcome::Known));
        }
        assert_eq!(replica.aside(), 1);
        assert!(replica.held_aside(&greatest.header.name()).is_some());
        let all = versions.iter().chain([&changed]).cloned().chain(people()).collect::<Vec<_>>();
        assert_eq!(read_anew(&all, &replica, NOW).aside(), 1);
        replica.offer(NOW, &revocation(1, 1, 7, &[]));
        assert!(is_live(&replica, greatest), "it is back when what had beaten it falls");
    }
}

/// Whatever an end or another one's version leaves aside, a member stores no more for a credential
/// than it may stand for.
#[test]
fn what_is_set_aside_is_bounded_in_bytes() {
    let mut replica = populated();
    replica.offer(NOW, &properties(100, 1_000));
    let drafts: Vec<Draft> =
        (0..20).map(|number| Draft::new("chat", 4, number, &[7; 300]).created(600_000)).collect();
    for draft in &drafts {
        let changed = Draft { body: b"y".to_vec(), ..draft.clone() }.version(2, 2).at(700_000);
        assert_eq!(replica.offer(NOW, &changed.sign()), Outcome::Taken);
    }
    let beaten = drafts.iter().map(|draft| replica.offer(NOW, &draft.clone().sign()));
    let outcomes: Vec<Outcome> = beaten.collect();
    assert_eq!(outcomes.iter().filter(|it| **it == Outcome::Beaten).count(), 4);
    assert_eq!(refused(outcomes[4]), Refusal::OverBudget);
    assert_eq!(replica.aside(), 4);
    // What goes makes place.
    let deleted = drafts[0].clone().version(2, 4).at(800_000).deleted().sign();
    assert_eq!(replica.offer(NOW, &deleted), Outcome::Taken);
    assert_eq!(replica.aside(), 4, "what the admin wrote is beaten now");
    assert_eq!(replica.offer(NOW, &drafts[4].clone().sign()), Outcome::Beaten);
}

#[test]
fn what_has_no_place_leaves_neither_its_type_nor_its_people_behind() {
    let mut replica = populated();
    replica.offer(NOW, &properties(1, 1_000));
    let held = Draft::new("chat", 4, 1, b"x").created(600_000);
    replica.offer(NOW, &held.clone().at(650_000).sign());
    let bytes = replica.bytes();
    for number in 0..100 {
        let copy = Draft::new(&format!("chat-{number}"), 4, number, b"x").created(700_000).sign();
        assert_eq!(refused(replica.offer(NOW, &copy)), Refusal::OverBudget);
        let older = held.clone().at(600_000 + u64::from(number)).sign();
        assert_eq!(replica.offer(NOW, &older), Outcome::Older);
    }
    assert!(replica.kinds().count() < 10, "{}", replica.kinds().count());
    assert_eq!(replica.bytes(), bytes);
}

/// Whoever heard of more places once holds no more than who comes later.
#[test]
fn budgets_are_those_of_what_the_group_says_now() {
    let version = |format: u16, change: fn(Draft) -> Draft| {
        let body = properties(3, 1_000).body;
        let mut draft = Draft::new(GROUP, ROOT, 1, &body).version(2, ROOT).at(900_000);
        draft.header.format = format;
        change(draft).sign()
    };
    let later = version(Header::FORMAT + 1, |draft| draft);
    let deleted = version(Header::FORMAT, Draft::deleted);
    let all = chats(0..5, |draft| draft);
    for newer in [&later, &deleted] {
        let mut early = populated();
        let mut late = populated();
        offer_all(&mut early, [&properties(3, 1_000), newer].into_iter().chain(&all));
        offer_all(&mut late, [newer].into_iter().chain(&all));
        assert_eq!((live(&early, &all), live(&late, &all)), (5, 5));
    }
    // Of several records the one that counts for everything else counts for budgets.
    let says = |number: u8, records: u32| {
        Draft::new(GROUP, ROOT, number, &properties(records, 1_000).body).sign()
    };
    let (three, four) = (says(1, 3), says(2, 4));
    let most = if three.header.id < four.header.id { 3 } else { 4 };
    for order in [[&three, &four], [&four, &three]] {
        let mut replica = populated();
        offer_all(&mut replica, order.into_iter().chain(&all));
        assert_eq!(live(&replica, &all), most);
        let first = replica.properties().expect("two").header.id;
        replica.forget(&first);
        offer_all(&mut replica, &all);
        assert_eq!(live(&replica, &all), 7 - most);
    }
}

/// A chain that brings two credentials takes the place of two others, and then has none for its
/// last: nothing of that may stay.
#[test]
fn who_has_no_place_leaves_nobody_out() {
    let ivy = place(3);
    let mut replica = populated();
    for number in 0..limits::CREDENTIALS_PER_INVITER - 1 {
        replica.offer(NOW, &sock_puppet(&ivy, number));
    }
    let known = |replica: &Replica| {
        let mut all: Vec<_> = replica.members().subjects().copied().collect();
        all.retain(|who| replica.members().roles(who, NOW).is_some());
        all
    };
    let (before, bytes) = (known(&replica), replica.bytes());
    assert_eq!(before.len(), limits::CREDENTIALS_PER_INVITER + 6);
    let between = ivy.gives_until(8, Roles::INVITER, u64::MAX, 0, &[]);
    let last = between.gives(9, Roles::MEMBER);
    assert_eq!(refused(replica.offer(NOW, &member(&last))), Refusal::OverBudget);
    assert!(known(&replica) == before);
    assert_eq!(replica.bytes(), bytes);
}
