//! For simulations, in which thousands of nodes of one process verify the same signature: what it
//! came to is remembered, by what it follows from alone.

#[cfg(feature = "memo")]
pub use enabled::remember;
#[cfg(feature = "memo")]
pub(crate) use enabled::remembered;

/// Verifies a signature.
#[cfg(not(feature = "memo"))]
pub(crate) fn remembered(
    _peer: &crate::ids::PeerId,
    _message: &[u8],
    _signature: &[u8],
    verify: impl FnOnce() -> bool,
) -> bool {
    verify()
}

#[cfg(feature = "memo")]
mod enabled {
    extern crate std;

    use core::cell::RefCell;
    use std::collections::HashMap;
    use std::thread_local;

    use crate::ids::PeerId;

    /// Signatures of which that is remembered; then all of it is forgotten.
    const REMEMBERED_MAX: usize = 1 << 20;

    thread_local! {
        static KNOWN: RefCell<Option<HashMap<[u8; 32], bool>>> = const { RefCell::new(None) };
    }

    /// Has this thread remember from now on; no other one does.
    pub fn remember() {
        KNOWN.with_borrow_mut(|known| _ = known.get_or_insert_default());
    }

    /// Verifies a signature, or knows what that came to.
    pub(crate) fn remembered(
        peer: &PeerId,
        message: &[u8],
        signature: &[u8],
        verify: impl FnOnce() -> bool,
    ) -> bool {
        if KNOWN.with_borrow(Option::is_none) {
            return verify();
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(peer.as_bytes()).update(signature).update(message);
        let name = *hasher.finalize().as_bytes();
        if let Some(known) = KNOWN.with_borrow(|known| known.as_ref()?.get(&name).copied()) {
            return known;
        }
        let holds = verify();
        KNOWN.with_borrow_mut(|known| {
            let Some(known) = known else { return };
            if known.len() >= REMEMBERED_MAX {
                known.clear();
            }
            known.insert(name, holds);
        });
        holds
    }
}
