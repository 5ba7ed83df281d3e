//! Some of a large room misbehave: whether all others hear each other nevertheless.

use lacis_wire::codec::{decode, encode};
use lacis_wire::gossip::{Gossip, NamedGossip, News, Passed};
use lacis_wire::link::LinkFrame;

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
}

impl Misdeed {
    /// Every sort.
    pub const ALL: [Self; 3] = [Self::Withhold, Self::Silence, Self::Lie];

    /// As it is printed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Withhold => "withhold",
            Self::Silence => "silence",
            Self::Lie => "lie",
        }
    }

    /// What is sent in the place of a frame.
    fn change(self, out: &Outgoing<'_>) -> Sent {
        let frame = decode::<LinkFrame<'_>>(out.bytes);
        match frame {
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
            _ => vec![(out.channel, out.bytes.to_vec())],
        }
    }
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
    for tab in crowd.turn(options.nodes / one_in) {
        crowd.world.sabotage(tab, Saboteur::new(move |out| misdeed.change(&out)));
    }
    let spread = crowd.rounds(options.rounds, |crowd| vec![crowd.any()]);
    crowd.tell(misdeed.name());
    (spread, crowd.world.violation().map(str::to_owned))
}
