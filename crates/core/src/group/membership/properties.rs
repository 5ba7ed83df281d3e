//! What the founder says of the group: what it is called, and how it behaves.

use core::time::Duration;

use lacis_wire::codec::decode;
use lacis_wire::credential::Chain;
use lacis_wire::system::GroupProperties;
use lacis_wire::{Code, Millis, PeerId, Roles};

use crate::cx::Cx;
use crate::group::membership::admission::Term;
use crate::group::{Group, GroupEvent};

impl Group {
    /// What the founder says, as far as it is known.
    pub(crate) const fn properties(&self) -> Option<&GroupProperties> {
        self.properties.as_ref()
    }

    /// Who founded the group: the one to whom its root key gave what all chains begin with. Nobody
    /// is known while we apply.
    pub(crate) fn founder(&self) -> Option<PeerId> {
        let Chain(credentials) = self.profile.chain.as_ref()?;
        credentials.first().map(|credential| credential.subject)
    }

    pub(in crate::group) fn defers_expiration(&self) -> bool {
        let flags = self.properties.as_ref().map_or(0, |properties| properties.flags);
        flags & GroupProperties::DEFER_EXPIRATION != 0
    }

    /// Until when a credential is valid that is given now, unless its issuer says for how long.
    ///
    /// # Errors
    /// [`Code::InvalidArgument`] when an admin is to have an end: whether a revocation holds would
    /// depend on a clock.
    pub(crate) fn credential_end(
        &self,
        cx: &Cx,
        roles: Roles,
        lifetime: Option<Duration>,
    ) -> Result<Term, Code> {
        let is_fixed = lifetime.is_some_and(|it| it != Duration::MAX);
        if roles.may_change_others() {
            let endless = Term { until: Millis::MAX, is_fixed };
            return if is_fixed { Err(Code::InvalidArgument) } else { Ok(endless) };
        }
        let of_group = || self.properties.as_ref().map_or(u64::MAX, |it| it.member_lifetime);
        let span = lifetime.map_or_else(of_group, |lifetime| {
            u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX)
        });
        Ok(Term { until: Millis(self.now(cx).0.saturating_add(span)), is_fixed })
    }

    /// The record of the properties is another one than before.
    pub(in crate::group) fn properties_changed(&mut self, cx: &mut Cx) {
        let held = self.replica.properties();
        let Some(properties) = held.and_then(|copy| decode::<GroupProperties>(&copy.body).ok())
        else {
            return;
        };
        if self.properties.as_ref() == Some(&properties) {
            return;
        }
        self.properties = Some(properties.clone());
        if self.profile.name != properties.name {
            self.profile.name.clone_from(&properties.name);
            self.keep_profile(cx);
        }
        if self.is_open {
            self.event(cx, GroupEvent::Properties(properties));
        }
    }
}
