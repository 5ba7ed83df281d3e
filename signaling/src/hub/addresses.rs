//! What each address holds and may still send, over all of its connections.

use alloc::collections::{BTreeMap, BTreeSet};
use core::time::Duration;

use super::config::HubConfig;
use super::ids::AddressKey;
use super::rate::{Bucket, Buckets, refill_time};
use crate::limits;

/// All addresses that have connections, and some that had.
///
/// Who closes a connection must not find full buckets at the next one, so an address lingers until
/// they would be full by themselves. Of those that linger only so many are kept: beyond that, the
/// one closest to its end is forgotten.
#[derive(Debug)]
pub(super) struct Addresses {
    addresses: BTreeMap<AddressKey, Address>,
    lingering: BTreeSet<(Duration, AddressKey)>,
}

#[derive(Debug)]
pub(super) struct Address {
    connections: usize,
    lingers_until: Option<Duration>,
    opens: Bucket,
    pub(super) buckets: Buckets,
}

/// Why an address may not open a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpenError {
    /// It has as many as it may.
    Full,
    /// It opened too many lately.
    RateLimited,
}

impl Addresses {
    pub(super) const fn new() -> Self {
        Self { addresses: BTreeMap::new(), lingering: BTreeSet::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.addresses.len()
    }

    pub(super) fn get_mut(&mut self, key: AddressKey) -> Option<&mut Address> {
        self.addresses.get_mut(&key)
    }

    /// Counts a new connection in.
    pub(super) fn open(
        &mut self,
        config: &HubConfig,
        now: Duration,
        key: AddressKey,
    ) -> Result<(), OpenError> {
        let address = self.addresses.entry(key).or_insert_with(|| Address {
            connections: 0,
            lingers_until: None,
            opens: Bucket::full(config.address_opens, now),
            buckets: Buckets::full(&config.address_rates, now),
        });
        let result = if address.connections >= config.connections_per_address_max {
            Err(OpenError::Full)
        } else if !address.opens.take(config.address_opens, now, 1) {
            Err(OpenError::RateLimited)
        } else {
            address.connections += 1;
            Ok(())
        };
        if address.connections == 0 {
            self.linger(config, now, key);
        } else if let Some(until) = address.lingers_until.take() {
            self.lingering.remove(&(until, key));
        }
        result
    }

    /// Counts a connection out.
    pub(super) fn close(&mut self, config: &HubConfig, now: Duration, key: AddressKey) {
        let Some(address) = self.addresses.get_mut(&key) else { return };
        address.connections = address.connections.saturating_sub(1);
        if address.connections == 0 {
            self.linger(config, now, key);
        }
    }

    /// Forgets those whose time is over.
    pub(super) fn expire(&mut self, now: Duration) {
        while let Some(&(until, _)) = self.lingering.first()
            && until <= now
        {
            self.forget_first();
        }
    }

    fn linger(&mut self, config: &HubConfig, now: Duration, key: AddressKey) {
        let Some(address) = self.addresses.get_mut(&key) else { return };
        let until = now.saturating_add(refill_time(&config.address_rates, config.address_opens));
        if let Some(before) = address.lingers_until.replace(until) {
            self.lingering.remove(&(before, key));
        }
        self.lingering.insert((until, key));
        if self.lingering.len() > limits::ADDRESSES_LINGERING_MAX {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some((_, key)) = self.lingering.pop_first() {
            self.addresses.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AddressKey, Addresses, Duration, HubConfig, OpenError, limits};
    use crate::hub::RateLimit;

    const HOME: AddressKey = AddressKey(1);

    fn config() -> HubConfig {
        HubConfig {
            connections_per_address_max: 2,
            address_opens: RateLimit { burst: 3, per_second: 1 },
            ..HubConfig::default()
        }
    }

    #[test]
    fn an_address_has_so_many_connections_and_opens_so_many_in_a_time() {
        let (config, now) = (config(), Duration::ZERO);
        let mut addresses = Addresses::new();
        assert_eq!(addresses.open(&config, now, HOME), Ok(()));
        assert_eq!(addresses.open(&config, now, HOME), Ok(()));
        assert_eq!(addresses.open(&config, now, HOME), Err(OpenError::Full));
        addresses.close(&config, now, HOME);
        assert_eq!(addresses.open(&config, now, HOME), Ok(()));
        addresses.close(&config, now, HOME);
        assert_eq!(addresses.open(&config, now, HOME), Err(OpenError::RateLimited));
        assert_eq!(addresses.open(&config, now, AddressKey(2)), Ok(()));
    }

    #[test]
    fn coming_back_does_not_fill_the_buckets() {
        let (config, now) = (config(), Duration::ZERO);
        let mut addresses = Addresses::new();
        for _ in 0..3 {
            assert_eq!(addresses.open(&config, now, HOME), Ok(()));
            addresses.close(&config, now, HOME);
        }
        assert_eq!(addresses.open(&config, now, HOME), Err(OpenError::RateLimited));
        addresses.expire(Duration::from_secs(300));
        assert_eq!(addresses.len(), 0);
    }

    #[test]
    fn an_address_in_use_is_not_forgotten_because_it_was_idle_before() {
        let config = config();
        let mut addresses = Addresses::new();
        assert_eq!(addresses.open(&config, Duration::ZERO, HOME), Ok(()));
        addresses.close(&config, Duration::ZERO, HOME);
        assert_eq!(addresses.open(&config, Duration::from_secs(1), HOME), Ok(()));
        addresses.expire(Duration::from_secs(3_600));
        assert_eq!(addresses.len(), 1);
    }

    #[test]
    fn only_so_many_addresses_linger() {
        let (config, now) = (config(), Duration::ZERO);
        let mut addresses = Addresses::new();
        for key in 0..2 * limits::ADDRESSES_LINGERING_MAX as u64 {
            assert_eq!(addresses.open(&config, now, AddressKey(key)), Ok(()));
            addresses.close(&config, now, AddressKey(key));
        }
        assert_eq!(addresses.len(), limits::ADDRESSES_LINGERING_MAX);
    }
}
