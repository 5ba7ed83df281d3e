//! What floods of some leave for others.

use super::*;

#[test]
fn a_flood_of_one_stranger_leaves_answers_for_others() {
    let mut world = World::with(|config| {
        config.strangers_of_address = RateLimit { burst: 10, per_second: 0 };
    });
    let binding = ask(1, METHOD_BINDING, &[]).bytes();
    let answered = (0..1_000).filter(|it| world.tell(client(*it), &binding).is_some()).count();
    assert_eq!(answered, 10);
    let other = Client { address: SocketAddr::new([6; 4].into(), 1), stream: None };
    assert!(world.tell(other, &binding).is_some());
}

#[test]
fn a_flood_of_one_wide_network_leaves_answers_for_others() {
    let mut world = World::new();
    let binding = ask(1, METHOD_BINDING, &[]).bytes();
    let at = |address: &str| Client { address: address.parse().unwrap(), stream: None };
    let answered = (0..40_000_u32).filter(|it| {
        let from = at(&format!("[2001:db8:1:{:x}::1]:5", it % 32));
        world.tell(from, &binding).is_some()
    });
    let most = crate::limits::TURN_STRANGERS_OF_NETWORK.burst as usize;
    assert_eq!(answered.count(), most);
    for other in ["[2001:db8:2::1]:5", "192.0.2.1:5"] {
        assert!(world.tell(at(other), &binding).is_some(), "{other}");
    }
}

#[test]
fn who_has_heard_an_answer_gets_a_relay_whatever_forgers_send() {
    let mut world = World::with(|config| {
        config.strangers = RateLimit { burst: 10, per_second: 0 };
    });
    let first = ask(1, METHOD_ALLOCATE, UDP).bytes();
    let told = world.answer(client(5), &first);
    let forged = (0..100).filter(|it| world.tell(client(1_000 + it), &first).is_some()).count();
    assert_eq!(forged, 9);
    let signed = signed(1, METHOD_ALLOCATE, UDP, GOOD, &told);
    assert_eq!(world.answer(client(5), &signed).error, None);
    // To others nobody's nonce is of use.
    assert!(world.tell(client(6), &signed).is_none());
}

#[test]
fn credentials_end_by_the_clock_of_the_world_also_where_the_machine_slept() {
    let mut world = World::new();
    let now = world.now;
    assert_eq!(world.allocate(client(5), GOOD).error, None);
    // The other clock stood still meanwhile.
    world.machine.handle_wall(now, EPOCH + Duration::from_secs(1_000_000));
    assert_eq!(world.allocate(client(6), GOOD).error, Some(401));
    world.machine.handle_wall(now, EPOCH);
    assert_eq!(world.allocate(client(7), GOOD).error, None);
}
