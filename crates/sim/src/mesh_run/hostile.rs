//! Some of a large room misbehave: whether all others hear each other nevertheless.

use lacis_wire::codec::{decode, encode};
use lacis_wire::gossip::{Gossip, NamedGossip, News, Passed};
use lacis_wire::link::{Channel, Envelope, GOSSIP_LABEL, Kind, LinkFrame};
use lacis_wire::pen::Pen;
use lacis_wire::proof::{peer_id, signing_key};
use lacis_wire::{Millis, RoomTag, Topic};

use super::crowd::Crowd;
use super::{MeshOptions, Spread};
use crate::saboteur::{Outgoing, Saboteur, Sent};

/// What some do to what they should pass on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misdeed {
    /// They name words and never send them.
    Withhold,
    /// They neither send words nor name them.
    Silence,
    /// They claim to be nearest to everybody, name words that never were, and send none.
    Lie,
    /// They tell of identities that they make up, as if these were in the room.
    Swarm,
    /// They go and come back all the time, all at once.
    Storm,
}

impl Misdeed {
    /// Every sort.
    pub const ALL: [Self; 5] = [Self::Withhold, Self::Silence, Self::Lie, Self::Swarm, Self::Storm];

    /// As it is printed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Withhold => "withhold",
            Self::Silence => "silence",
            Self::Lie => "lie",
            Self::Swarm => "swarm",
            Self::Storm => "storm",
        }
    }

    /// What is sent in the place of a frame.
    fn change(self, out: &Outgoing<'_>, (topic, at): (&Topic, Millis), made_up: &mut u64) -> Sent {
        let frame = decode::<LinkFrame<'_>>(out.bytes);
        let as_it_is = (out.channel, out.bytes.to_vec());
        match frame {
            _ if self == Self::Storm => vec![as_it_is],
            Ok(LinkFrame::Message { envelope: Envelope { room, .. }, .. })
            | Ok(LinkFrame::Names { room, .. })
                if self == Self::Swarm =>
            {
                *made_up += 1;
                vec![(Channel::Ephemeral, somebody((*made_up, at), topic, room)), as_it_is]
            }
            _ if self == Self::Swarm => vec![as_it_is],
            Ok(LinkFrame::Message { payload, .. }) if is_word(payload) => Vec::new(),
            Ok(LinkFrame::Names { room, lacks: false, names }) if self != Self::Withhold => {
                if self == Self::Silence {
                    return Vec::new();
                }
                let near = names.iter().map(|name| NamedGossip { hops: 0, ..*name });
                let before =
                    near.clone().map(|name| NamedGossip { number: name.number - 1, ..name });
                let names = near.chain(before).take(512).collect();
                vec![(out.channel, encode(&LinkFrame::Names { room, lacks: false, names }))]
            }
            _ => vec![as_it_is],
        }
    }
}

/// That somebody is there who never was.
fn somebody((number, at): (u64, Millis), topic: &Topic, room: RoomTag) -> Vec<u8> {
    let mut seed = [99; 32];
    seed[..8].copy_from_slice(&number.to_be_bytes());
    let key = signing_key(&seed);
    let gossip = Gossip::unsigned((peer_id(&key), [7; 16]), (number, at), News::Here);
    let gossip = encode(&gossip.signed(&Pen::new(&key), topic));
    let payload = encode(&Passed { age_ms: 0, gossip: &gossip, walk: None, hops: None });
    let envelope = Envelope { room, kind: Kind::Gossip, label: GOSSIP_LABEL };
    encode(&LinkFrame::Ephemeral { envelope, payload: &payload })
}

fn is_word(payload: &[u8]) -> bool {
    let Ok(passed) = decode::<Passed<'_>>(payload) else { return false };
    let gossip = decode::<Gossip<'_>>(passed.gossip);
    gossip.is_ok_and(|gossip| matches!(gossip.news, News::Message { .. }))
}

/// Puts a room up in which one in so many misbehaves; gives what others tell each other, and what
/// no checker may find.
#[must_use]
pub fn run_hostile_mesh(
    options: MeshOptions,
    one_in: usize,
    misdeed: Misdeed,
) -> (Spread, Option<String>) {
    let mut crowd = Crowd::new(options);
    crowd.gather();
    crowd.calm(options.calm_s);
    crowd.rounds(1, |crowd| vec![crowd.any()]);
    let (topic, now) = (crowd.topic(), crowd.world.wall_now());
    crowd.world.truth.is_made_up = misdeed == Misdeed::Swarm;
    let turned = crowd.turn(options.nodes / one_in);
    for (at, tab) in turned.iter().enumerate() {
        let mut made_up = (at as u64) << 32;
        let change = move |out: Outgoing<'_>| misdeed.change(&out, (&topic, now), &mut made_up);
        crowd.world.sabotage(*tab, Saboteur::new(change));
    }
    let spread = crowd.rounds(options.rounds, |crowd| {
        if misdeed == Misdeed::Storm {
            crowd.come_back(&turned);
        }
        vec![crowd.any()]
    });
    crowd.tell(misdeed.name());
    (spread, crowd.world.violation().map(str::to_owned))
}
