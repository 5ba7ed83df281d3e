//! Offers of others that came already.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use lacis_wire::setup::Setup;
use lacis_wire::{NodeId, codec, limits};

/// What an offer is recognised by.
pub(crate) type Print = [u8; 32];

/// Offers seen, so that one played again is recognised; bounded, oldest forgotten first.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    order: VecDeque<(NodeId, Print)>,
}

impl Seen {
    /// What an offer is recognised by: all of it, or who changes one on its way would have the true
    /// one taken for known. Over a neighbor it is the name, by which both ends are told apart.
    pub(crate) fn print(offer: &Setup) -> Print {
        let bytes = match offer {
            Setup::Offer { attempt, description, .. } if description.through.is_some() => {
                Vec::from(attempt.0.to_be_bytes())
            }
            _ => codec::encode(offer),
        };
        *blake3::hash(&bytes).as_bytes()
    }

    pub(crate) fn contains(&self, node: NodeId, print: Print) -> bool {
        self.order.contains(&(node, print))
    }

    /// Remembers an offer that is new.
    pub(crate) fn insert(&mut self, node: NodeId, print: Print) {
        self.order.push_back((node, print));
        if self.order.len() > limits::ATTEMPTS_REMEMBERED {
            self.order.pop_front();
        }
    }
}
