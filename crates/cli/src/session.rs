//! A peer for the time of one command.

use std::time::Duration;

use lacis_native::{
    Code, Error, Group, GroupEvent, GroupEvents, GroupId, GroupUpdate, Identity, Options, Peer,
    PeerId, SyncPhase,
};
use tokio::time::{Instant, interval, timeout_at};

use crate::apps;
use crate::arguments::{Chosen, Common};
use crate::failure::Failure;
use crate::output::{Output, Progress};
use crate::place::Place;

/// The server of this machine, as it is started without options.
const USUAL_SERVER: &str = "ws://127.0.0.1:8080/ws";

/// A peer for the time of one command.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) peer: Peer,
    pub(crate) place: Place,
    timeout: Duration,
}

impl Session {
    /// Starts a peer that looks for others.
    pub(crate) async fn online(common: &Common) -> Result<Self, Failure> {
        Self::start(common, servers(common)).await
    }

    /// Starts a peer that has what is stored, and nobody else.
    pub(crate) async fn offline(common: &Common) -> Result<Self, Failure> {
        Self::start(common, Vec::new()).await
    }

    async fn start(common: &Common, servers: Vec<String>) -> Result<Self, Failure> {
        let place = Place::open(common)?;
        let mut options = options(common, servers, place.identity()?);
        options = options.store(place.store());
        let peer = Peer::start(options).await?;
        Ok(Self { peer, place, timeout: common.timeout })
    }

    /// Opens the group that is meant, and connects it if that is wanted.
    pub(crate) async fn group(&self, chosen: &Chosen, connects: bool) -> Result<Group, Failure> {
        let id = self.choose(chosen.group.as_deref()).await?;
        let opened = match connects {
            true => self.peer.open_group(id).await,
            false => self.peer.open_group_offline(id).await,
        };
        opened.map_err(Failure::from)
    }

    async fn choose(&self, wanted: Option<&str>) -> Result<GroupId, Failure> {
        let all = self.peer.groups().await?;
        let fits = |id: &GroupId, name: &str| {
            wanted.is_none_or(|wanted| name == wanted || id.to_text().starts_with(wanted))
        };
        let mut found = all.iter().filter(|kept| fits(&kept.id, &kept.name));
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one.id),
            (Some(_), Some(_)) => Err(Failure::misused("more than one group is meant")
                .hint("lacis group list shows them; --group names one, also by its id")),
            (None, _) if all.is_empty() => Err(Failure::new("there is no group here")
                .hint("lacis group create or lacis group join makes one")),
            (None, _) => Err(Error::from(Code::GroupUnknown).into()),
        }
    }

    /// Waits until some member has all that is here, for the time of `--timeout`; says how many.
    pub(crate) async fn hand_over(&self, output: &Output, group: &Group) -> Result<usize, Failure> {
        let until = Instant::now() + self.timeout;
        self.hand_over_to(output, group, None, until).await
    }

    /// The same for all who are here, that one among them; it may be gone again before that.
    pub(crate) async fn hand_over_to(
        &self,
        output: &Output,
        group: &Group,
        whom: Option<PeerId>,
        until: Instant,
    ) -> Result<usize, Failure> {
        /// What was told is asked for within a round trip, and nothing says so before.
        const SETTLED: Duration = Duration::from_millis(400);
        const LOOKED_EVERY: Duration = Duration::from_millis(50);
        let mut progress = Progress::new(output, "waiting for a member", None);
        let mut ticks = interval(LOOKED_EVERY);
        let mut since = None;
        while Instant::now() < until {
            ticks.tick().await;
            let (present, handed) = group.handed().await?;
            progress.at(u64::try_from(present).unwrap_or(u64::MAX));
            let is_done = match whom {
                Some(whom) => present == handed && is_here(group, whom).await?,
                None => handed > 0,
            };
            if !is_done {
                since = None;
            } else if since.get_or_insert_with(Instant::now).elapsed() >= SETTLED {
                return Ok(handed);
            }
        }
        Ok(0)
    }

    /// Waits until all that some member holds is here, for the time of `--timeout`.
    pub(crate) async fn catch_up(
        &self,
        output: &Output,
        group: &Group,
        events: &mut GroupEvents,
    ) -> Result<CaughtUp, Failure> {
        let until = Instant::now() + self.timeout;
        let mut progress = Progress::new(output, "fetching records", None);
        let mut caught_up = CaughtUp { is_whole: false, clock_behind: None };
        let mut came = 0;
        loop {
            caught_up.is_whole = group.sync().await?.phase == SyncPhase::Whole;
            let update = match events.try_next() {
                Some(update) => update,
                None if caught_up.is_whole => return Ok(caught_up),
                None => match timeout_at(until, events.next()).await {
                    Ok(Some(update)) => update,
                    Ok(None) => return Err(Error::from(Code::Closed).into()),
                    Err(_) => return Ok(caught_up),
                },
            };
            came += 1;
            progress.at(came);
            if let GroupUpdate::Event(event) = update
                && let GroupEvent::Clock { ahead } = *event
            {
                let behind = ahead.and_then(|ms| u64::try_from(ms).ok());
                caught_up.clock_behind = behind.map(Duration::from_millis);
            }
        }
    }

    /// Has the group know the name of this identity, where it has one.
    pub(crate) async fn introduce(&self, group: &Group) -> Result<(), Failure> {
        match self.place.name() {
            Some(name) => apps::introduce(group, self.peer.id(), &name).await,
            None => Ok(()),
        }
    }

    /// Ends the peer once all is stored.
    pub(crate) async fn close(self) -> Result<(), Failure> {
        self.peer.close().await.map_err(Failure::from)
    }
}

/// How far a group has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CaughtUp {
    /// Whether all that a member holds is here.
    pub(crate) is_whole: bool,
    /// By how much the clock of this machine is behind those of the members, if that is too much:
    /// what they write is in the future, and not taken.
    pub(crate) clock_behind: Option<Duration>,
}

impl CaughtUp {
    /// Says so where not all is here.
    pub(crate) fn check(self) -> Result<(), Failure> {
        if let Some(behind) = self.clock_behind {
            let seconds = behind.as_secs();
            let text = format!("the clock of this machine is {seconds} seconds behind");
            let hint = format!(
                "what others wrote later than it says is not taken; set it, or add {seconds} to \
                 --clock-offset"
            );
            return Err(Failure::new(text).coded("clock").hint(hint));
        }
        if self.is_whole {
            return Ok(());
        }
        Err(Failure::unreached("no member was there to ask whether there is more"))
    }
}

async fn is_here(group: &Group, peer: PeerId) -> Result<bool, Failure> {
    Ok(group.members().await?.iter().any(|it| it.peer == peer && it.present))
}

/// The options of a peer, but its store.
pub(crate) fn options(common: &Common, servers: Vec<String>, identity: Identity) -> Options {
    let mut options = Options::new(identity)
        .loopback(common.loopback)
        .clock_offset(common.clock_offset.saturating_mul(1_000));
    for server in servers {
        options = options.signaling(server);
    }
    for at in &common.advertise {
        options = options.advertise(*at);
    }
    match common.links {
        Some(at) => options.listen(at),
        None => options,
    }
}

/// The servers that were named, or that of this machine.
pub(crate) fn servers(common: &Common) -> Vec<String> {
    let named: Vec<String> = common.named_servers().collect();
    if named.is_empty() { vec![USUAL_SERVER.to_owned()] } else { named }
}
