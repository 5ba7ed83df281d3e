//! Arbitrary bytes as a history of a hub, and a model that knows what the hub may do.
//!
//! The fuzzer and the property tests share this. Every operation is carried out, then every output
//! is held against the model: nobody gets a frame that is not for him, no sample names the asker or
//! the dead, every limit is kept, and the hub holds exactly what the model holds.

mod model;

use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use lacis_wire::codec::encode;
use lacis_wire::signal::{ByeReason, ClientFrame};
use lacis_wire::{NodeId, PROTOCOL, Topic, VersionRange};

use self::model::Model;
use crate::hub::{AddressKey, ConnId, Hub, HubConfig, Input, RateLimit, Rates, Relays, Stats};

/// One thing that happens to the hub.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Open { conn: ConnId, address: AddressKey },
    Frame { conn: ConnId, bytes: Vec<u8> },
    Malformed { conn: ConnId },
    Alive { conn: ConnId },
    Written { conn: ConnId, frames: usize },
    Close { conn: ConnId },
    Refused { conn: ConnId },
    Pass(Duration),
    Shutdown,
}

/// Plays the history that `bytes` stand for, and gives back what the hub had done before its end.
///
/// # Panics
/// When the hub does what it must not.
pub fn play(bytes: &[u8]) -> Stats {
    let mut dice = Dice { bytes };
    // With rates that bind, the model no longer knows which frames pass; the rest still holds.
    let exact = dice.below(4) != 0;
    let config = small_config(exact);
    let mut hub = Hub::new(config.clone(), [dice.byte(); 32]);
    let mut model = Model::new(config, exact);
    let mut next_conn = 0;
    while !dice.bytes.is_empty() {
        let op = dice.op(&model, &mut next_conn);
        step(&mut hub, &mut model, &op);
    }
    let stats = hub.stats();
    step(&mut hub, &mut model, &Op::Shutdown);
    step(&mut hub, &mut model, &Op::Pass(Duration::from_secs(1_000)));
    assert_eq!(hub.poll_timeout(), None, "an empty hub waits for nothing");
    assert_eq!(hub.stats().addresses, 0, "an address is remembered for ever");
    stats
}

fn step(hub: &mut Hub, model: &mut Model, op: &Op) {
    let now = model.now;
    match op {
        Op::Open { conn, address } => {
            let network = network_of(*address);
            hub.handle_input(now, Input::Opened { conn: *conn, address: *address, network });
        }
        Op::Frame { conn, bytes } => hub.handle_input(now, Input::Frame { conn: *conn, bytes }),
        Op::Malformed { conn } => hub.handle_input(now, Input::Malformed { conn: *conn }),
        Op::Alive { conn } => hub.handle_input(now, Input::Alive { conn: *conn }),
        Op::Written { conn, frames } => {
            model.write(*conn, *frames);
            hub.handle_input(now, Input::Written { conn: *conn, frames: *frames });
        }
        Op::Close { conn } => hub.handle_input(now, Input::Closed { conn: *conn }),
        Op::Refused { conn } => {
            hub.handle_input(now, Input::Refused { conn: *conn, reason: ByeReason::Origin });
        }
        Op::Pass(time) => hub.handle_timeout(now + *time),
        Op::Shutdown => hub.handle_input(now, Input::Shutdown),
    }
    let mut outputs = Vec::new();
    while let Some(output) = hub.poll_output() {
        outputs.push(output);
    }
    model.check(op, &outputs);
    model.compare(hub);
}

/// Two of the three addresses are in one wide network.
fn network_of(address: AddressKey) -> Option<AddressKey> {
    (address.0 > 0).then_some(AddressKey(9))
}

/// So small that short histories reach every limit.
fn small_config(exact: bool) -> HubConfig {
    let rates = |burst, per_second| {
        let limit = RateLimit { burst, per_second };
        let bytes = RateLimit { burst: burst * 200, per_second: per_second * 200 };
        Rates { frames: limit, bytes, joins: RateLimit { burst: burst / 2, per_second } }
    };
    let unlimited =
        Rates { frames: RateLimit::NONE, bytes: RateLimit::NONE, joins: RateLimit::NONE };
    HubConfig {
        connections_max: 6,
        connections_per_address_max: 4,
        topics_max: 5,
        topics_per_address_max: 4,
        topics_per_connection_max: 3,
        members_per_topic_max: 3,
        queue_bytes_max: 1_500,
        queues_bytes_max: 4_000,
        ping_interval: Duration::from_secs(10),
        stall_max: Duration::from_secs(4),
        topic_ttl: Duration::from_secs(30),
        connection_rates: if exact { unlimited } else { rates(8, 4) },
        connection_refusals: RateLimit { burst: 4, per_second: 2 },
        address_rates: if exact { unlimited } else { rates(10, 4) },
        relays: Some(Relays {
            stun: Vec::new(),
            turn: vec!["turn:example.org".into()],
            secret: vec![1; 32],
            lifetime: Duration::from_secs(40),
        }),
        secret: Some(vec![2; 32]),
        address_opens: if exact { RateLimit::NONE } else { RateLimit { burst: 8, per_second: 2 } },
        ..HubConfig::default()
    }
}

/// Reads choices off the bytes; when they are used up, every choice is the first.
struct Dice<'a> {
    bytes: &'a [u8],
}

impl Dice<'_> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.bytes.split_first().unwrap_or((&0, &[]));
        self.bytes = rest;
        *first
    }

    fn below(&mut self, bound: u8) -> u8 {
        self.byte() % bound
    }

    fn op(&mut self, model: &Model, next_conn: &mut u64) -> Op {
        let conn = self.conn(model, *next_conn);
        match self.below(32) {
            0..=1 => {
                let conn = ConnId(*next_conn);
                *next_conn += 1;
                Op::Open { conn, address: AddressKey(self.below(3).into()) }
            }
            2 => Op::Frame { conn, bytes: self.hello() },
            // What the connection's state asks for: else few would get past the greeting.
            3..=22 if model.is_greeting(conn) => Op::Frame { conn, bytes: self.hello() },
            kind @ 3..=22 => Op::Frame { conn, bytes: self.frame(kind) },
            23..=26 => Op::Written { conn, frames: self.below(8).into() },
            27 => Op::Alive { conn },
            28 => Op::Pass(Duration::from_secs(self.below(8).into())),
            29 => Op::Pass(Duration::from_millis(u64::from(self.byte()) * 8)),
            _ => match self.byte() {
                0 => Op::Shutdown,
                1..=31 => Op::Malformed { conn },
                32..=63 => Op::Close { conn },
                96..=111 => {
                    *next_conn += 1;
                    Op::Refused { conn: ConnId(*next_conn - 1) }
                }
                64..=95 => Op::Pass(Duration::from_secs(self.below(64).into())),
                _ => Op::Pass(Duration::ZERO),
            },
        }
    }

    /// Mostly a connection that is there, sometimes one that is gone or never was.
    fn conn(&mut self, model: &Model, next_conn: u64) -> ConnId {
        let choice = self.byte();
        let known = model.connections();
        match known.get(usize::from(choice) % known.len().max(1)) {
            Some(conn) if choice < 250 => *conn,
            _ => ConnId(u64::from(choice) % (next_conn + 1)),
        }
    }

    fn hello(&mut self) -> Vec<u8> {
        let versions = match self.below(16) {
            0 => VersionRange { min: PROTOCOL.max + 1, max: u16::MAX },
            _ => PROTOCOL,
        };
        let secret = [self.below(4) / 3; 16];
        encode(&ClientFrame::Hello { versions, node: self.node(), secret })
    }

    fn node(&mut self) -> NodeId {
        NodeId([self.below(8); 16])
    }

    fn frame(&mut self, kind: u8) -> Vec<u8> {
        let topic = Topic([self.below(7); 32]);
        let to = self.node();
        let payload = vec![self.byte(); usize::from(self.byte()) * 4];
        let mut bytes = encode(&match kind {
            3..=10 => ClientFrame::Join { topic, want: self.below(6) },
            11 => ClientFrame::Leave { topic },
            12..=19 => ClientFrame::Send { to, seq: self.byte().into(), payload: &payload },
            20 => ClientFrame::Resume { token: &payload },
            _ => ClientFrame::Ping { nonce: self.byte().into() },
        });
        if kind == 22 && self.below(4) == 0 {
            let index = usize::from(self.byte()) % bytes.len();
            bytes.splice(index.., [self.byte(), self.byte()]);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{ProptestConfig, any, proptest};

    use rand_chacha::ChaCha8Rng;
    use rand_core::{Rng, SeedableRng};

    use super::{ByeReason, Stats, play};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn no_history_breaks_a_promise(bytes in vec(any::<u8>(), 0..3_000)) {
            play(&bytes);
        }
    }

    #[test]
    fn random_histories_reach_everything_that_the_hub_does() {
        let mut seen = Stats::default();
        let mut random = ChaCha8Rng::from_seed([3; 32]);
        for _ in 0..300 {
            let mut bytes = [0; 2_000];
            random.fill_bytes(&mut bytes);
            let stats = play(&bytes);
            let closed = seen.closed.iter_mut().zip(stats.closed);
            closed.for_each(|(seen, closed)| *seen += closed);
            seen.delivered += stats.delivered;
            seen.undelivered_unknown += stats.undelivered_unknown;
            seen.undelivered_full += stats.undelivered_full;
            seen.undelivered_rate_limited += stats.undelivered_rate_limited;
            seen.refused_too_many_topics += stats.refused_too_many_topics;
            seen.refused_server_full += stats.refused_server_full;
            seen.refused_rate_limited += stats.refused_rate_limited;
            seen.expired += stats.expired;
            seen.pings += stats.pings;
        }
        // Whoever has no good token is told so outside of the hub, as those of other origins are.
        let told = ByeReason::ALL.iter().filter(|reason| **reason != ByeReason::Unauthorized);
        assert!(told.into_iter().all(|reason| seen.closed_for(*reason) > 0), "{seen:?}");
        let others = [
            seen.delivered,
            seen.undelivered_unknown,
            seen.undelivered_full,
            seen.undelivered_rate_limited,
            seen.refused_too_many_topics,
            seen.refused_server_full,
            seen.refused_rate_limited,
            seen.expired,
            seen.pings,
        ];
        assert!(others.iter().all(|count| *count > 0), "{seen:?}");
    }
}
