//! What each address holds and may still send, over all of its connections.

use alloc::collections::{BTreeMap, BTreeSet};
use core::time::Duration;

use super::config::HubConfig;
use super::ids::AddressKey;
use super::rate::{Bucket, Buckets, Cost, refill_time};
use crate::limits;

/// All addresses that have connections, and some that had; and the same of wide networks.
///
/// Who closes a connection must not find full buckets at the next one, so an address lingers until
/// they would be full by themselves. Of those that linger only so many are kept: beyond that, the
/// one closest to its end is forgotten.
#[derive(Debug)]
pub(super) struct Addresses {
    accounts: BTreeMap<Key, Account>,
    lingering: BTreeSet<(Duration, Key)>,
}

/// Where a connection comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) address: AddressKey,
    /// The wide network around it, where one subscriber may have many addresses.
    pub(super) network: Option<AddressKey>,
}

/// Whose account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Address(AddressKey),
    Network(AddressKey),
}

/// What the connections of an address, or of a wide network, hold and may send together.
#[derive(Debug)]
struct Account {
    connections: usize,
    /// Topics that one of its connections pays for.
    topics: usize,
    /// Bytes that wait for its connections.
    queued: usize,
    lingers_until: Option<Duration>,
    opens: Bucket,
    buckets: Buckets,
}

/// Why an address may not open a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpenError {
    /// It has as many as it may.
    Full,
    /// It opened too many lately.
    RateLimited,
}

impl Source {
    fn keys(self) -> impl Iterator<Item = Key> {
        let network = self.network.map(Key::Network);
        [Key::Address(self.address)].into_iter().chain(network)
    }

    /// Whose share of a queue it takes: the wide network counts as one.
    pub(super) fn payer(self) -> AddressKey {
        self.network.unwrap_or(self.address)
    }
}

impl Key {
    /// How many addresses' worth it may have.
    const fn worth(self) -> usize {
        match self {
            Self::Address(_) => 1,
            Self::Network(_) => limits::ADDRESSES_PER_NETWORK_MAX,
        }
    }

    /// The same for rates.
    fn times(self) -> u32 {
        u32::try_from(self.worth()).unwrap_or(u32::MAX)
    }
}

impl Addresses {
    pub(super) const fn new() -> Self {
        Self { accounts: BTreeMap::new(), lingering: BTreeSet::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.accounts.len()
    }

    /// Counts a new connection in.
    pub(super) fn open(
        &mut self,
        config: &HubConfig,
        now: Duration,
        source: Source,
    ) -> Result<(), OpenError> {
        for key in source.keys() {
            self.accounts.entry(key).or_insert_with(|| Account {
                connections: 0,
                topics: 0,
                queued: 0,
                lingers_until: None,
                opens: Bucket::full(config.address_opens.times(key.times()), now),
                buckets: Buckets::full(&config.address_rates.times(key.times()), now),
            });
        }
        let most = config.connections_per_address_max;
        let result =
            if !self.all(source, |key, it| it.connections < most.saturating_mul(key.worth())) {
                Err(OpenError::Full)
            } else if !self.all(source, |key, it| {
                it.opens.take(config.address_opens.times(key.times()), now, 1)
            }) {
                Err(OpenError::RateLimited)
            } else {
                self.each(source, |it| it.connections += 1);
                Ok(())
            };
        for key in source.keys() {
            let Some(account) = self.accounts.get_mut(&key) else { continue };
            if account.connections == 0 {
                self.linger(config, now, key);
            } else if let Some(until) = account.lingers_until.take() {
                self.lingering.remove(&(until, key));
            }
        }
        result
    }

    /// Counts a connection out.
    pub(super) fn close(&mut self, config: &HubConfig, now: Duration, source: Source) {
        self.each(source, |it| it.connections = it.connections.saturating_sub(1));
        for key in source.keys() {
            if self.accounts.get(&key).is_some_and(|account| account.connections == 0) {
                self.linger(config, now, key);
            }
        }
    }

    /// Takes the price of a frame, unless there is too little left for it.
    pub(super) fn pay(
        &mut self,
        config: &HubConfig,
        now: Duration,
        source: Source,
        cost: Cost,
    ) -> bool {
        let rates = &config.address_rates;
        let can = self.all(source, |key, it| it.buckets.have(&rates.times(key.times()), now, cost));
        if can {
            self.each(source, |it| it.buckets.spend(cost));
        }
        can
    }

    /// Whether one of its connections may bring a new topic.
    pub(super) fn may_found(&mut self, config: &HubConfig, source: Source) -> bool {
        let most = config.topics_per_address_max;
        self.all(source, |key, it| it.topics < most.saturating_mul(key.worth()))
    }

    pub(super) fn take_topic(&mut self, source: Source) {
        self.each(source, |it| it.topics += 1);
    }

    pub(super) fn drop_topic(&mut self, source: Source) {
        self.each(source, |it| it.topics = it.topics.saturating_sub(1));
    }

    /// Whether another payload may wait for one of its connections.
    pub(super) fn may_wait(&mut self, config: &HubConfig, source: Source, bytes: usize) -> bool {
        self.all(source, |key, it| {
            let part = match key {
                Key::Address(_) => limits::QUEUES_PART_OF_ADDRESS,
                Key::Network(_) => limits::QUEUES_PART_OF_NETWORK,
            };
            it.queued.saturating_add(bytes) <= config.queues_bytes_max / part
        })
    }

    pub(super) fn queue(&mut self, source: Source, bytes: usize) {
        self.each(source, |it| it.queued += bytes);
    }

    pub(super) fn unqueue(&mut self, source: Source, bytes: usize) {
        self.each(source, |it| it.queued = it.queued.saturating_sub(bytes));
    }

    /// Forgets those whose time is over.
    pub(super) fn expire(&mut self, now: Duration) {
        while let Some(&(until, _)) = self.lingering.first()
            && until <= now
        {
            self.forget_first();
        }
    }

    /// Whether something holds of all accounts of a connection; without one it does not.
    fn all(&mut self, source: Source, mut holds: impl FnMut(Key, &mut Account) -> bool) -> bool {
        source.keys().all(|key| self.accounts.get_mut(&key).is_some_and(|it| holds(key, it)))
    }

    fn each(&mut self, source: Source, mut change: impl FnMut(&mut Account)) {
        for key in source.keys() {
            if let Some(account) = self.accounts.get_mut(&key) {
                change(account);
            }
        }
    }

    fn linger(&mut self, config: &HubConfig, now: Duration, key: Key) {
        let Some(account) = self.accounts.get_mut(&key) else { return };
        let until = now.saturating_add(refill_time(&config.address_rates, config.address_opens));
        if let Some(before) = account.lingers_until.replace(until) {
            self.lingering.remove(&(before, key));
        }
        self.lingering.insert((until, key));
        if self.lingering.len() > limits::ADDRESSES_LINGERING_MAX {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some((_, key)) = self.lingering.pop_first() {
            self.accounts.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::{AddressKey, Addresses, Duration, HubConfig, OpenError, Source, limits};
    use crate::hub::RateLimit;

    const HOME: Source = at(1);

    const fn at(address: u64) -> Source {
        Source { address: AddressKey(address), network: None }
    }

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
        assert_eq!(addresses.open(&config, now, at(2)), Ok(()));
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
            assert_eq!(addresses.open(&config, now, at(key)), Ok(()));
            addresses.close(&config, now, at(key));
        }
        assert_eq!(addresses.len(), limits::ADDRESSES_LINGERING_MAX);
    }

    #[test]
    fn a_wide_network_has_eight_addresses_worth() {
        let (config, now) = (config(), Duration::ZERO);
        let mut addresses = Addresses::new();
        let within = |key| Source { address: AddressKey(key), network: Some(AddressKey(1)) };
        let opened: Vec<_> = (0..26).map(|key| addresses.open(&config, now, within(key))).collect();
        let (places, beyond) = opened.split_at(16);
        assert!(places.iter().all(Result::is_ok), "{places:?}");
        assert!(beyond.iter().all(|it| *it == Err(OpenError::Full)), "{beyond:?}");
        addresses.close(&config, now, within(0));
        for key in 100..108 {
            assert_eq!(addresses.open(&config, now, within(key)), Ok(()), "{key}");
            addresses.close(&config, now, within(key));
        }
        // Each at an address of its own, and all together too often.
        assert_eq!(addresses.open(&config, now, within(200)), Err(OpenError::RateLimited));
        assert_eq!(addresses.open(&config, now, HOME), Ok(()));
    }
}
