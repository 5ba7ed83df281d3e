//! Servers that share a Redis or Valkey as one.
//!
//! - A mailbox is a channel, to which the servers that have it are subscribed. `PUBLISH` says how
//!   many got a payload, and a server that is gone is subscribed to nothing.
//! - A topic is a sorted set of who is announced (node and server) by the time when that ends, by
//!   the clock of Redis.
//! - A server has a channel of its own, for answers.
//!
//! Commands go in batches, each one round trip. Whatever goes wrong ends the link: the hub goes on
//! alone, and says everything again once Redis is back.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::StreamExt;
use lacis_wire::signal::Undelivered;
use lacis_wire::{NodeId, Topic};
use redis::aio::{MultiplexedConnection, PubSubSink, PubSubStream};
use redis::{AsyncConnectionConfig, Client, ErrorKind, Pipeline, RedisError, Value};
use tokio::time::{Instant, timeout};
use tracing::{info, warn};

use super::Backplane;
use super::message::Message;
use crate::hub::{Command, Event, ServerId};
use crate::limits;
use crate::server::outbox::{Inbox, failure_of};
use crate::server::shared::Shared;

/// Commands of one round trip.
const BATCH: usize = 1_024;

/// Announces a member, forgets those whose time is over, and names some.
const ANNOUNCE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
if ARGV[3] == '0' then return {} end
return redis.call('ZRANDMEMBER', KEYS[1], ARGV[3])
";

/// The way to a Redis.
#[derive(Debug)]
pub(in crate::server) struct Redis(Client);

/// A connection to it.
struct Link {
    me: ServerId,
    connection: MultiplexedConnection,
    subscriptions: PubSubSink,
    /// Names [`ANNOUNCE`] at that Redis.
    announce: String,
    /// Mailboxes whose channels are subscribed to.
    held: HashSet<NodeId>,
    /// Commands that may not have been carried out yet.
    under_way: Vec<Command>,
}

impl Redis {
    /// # Errors
    /// What is wrong with the address.
    pub(in crate::server) fn new(address: &str) -> Result<Self, RedisError> {
        Client::open(address).map(Self)
    }
}

impl Backplane for Redis {
    fn run(
        self: Box<Self>,
        me: ServerId,
        inbox: Inbox,
        hub: Arc<Shared>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(run(self.0, me, inbox, hub))
    }
}

async fn run(client: Client, me: ServerId, mut inbox: Inbox, hub: Arc<Shared>) {
    let mut wait = limits::CLUSTER_RELINK_MIN;
    let mut is_known_gone = false;
    loop {
        let gone = match Link::open(&client, me).await {
            Ok((mut link, messages)) => {
                info!("linked to the other servers");
                let since = Instant::now();
                is_known_gone = false;
                hub.hear(&[Event::Linked]);
                let ended = tokio::select! {
                    ended = link.write(&mut inbox, &hub) => ended,
                    () = read(messages, me, &hub) => Err(ended_early()),
                };
                let Err(gone) = ended else { return };
                hub.hear(&[Event::Unlinked]);
                give_up(mem::take(&mut link.under_way), &hub);
                // One that takes nothing, as when its disk is full, is told everything anew each
                // time.
                if since.elapsed() >= limits::CLUSTER_RELINK_MAX {
                    wait = limits::CLUSTER_RELINK_MIN;
                }
                gone
            }
            Err(gone) => gone,
        };
        if !mem::replace(&mut is_known_gone, true) {
            warn!(reason = %gone, "no link to the other servers, going on alone");
        }
        let (stale, has_ended) = inbox.drain();
        give_up(stale, &hub);
        if has_ended {
            return;
        }
        match timeout(wait, inbox.next(BATCH)).await {
            Ok(batch) if batch.is_empty() => return,
            Ok(batch) => give_up(batch, &hub),
            Err(_) => {}
        }
        wait = (wait * 2).min(limits::CLUSTER_RELINK_MAX);
    }
}

/// Hands the hub what comes in, until the connection ends.
async fn read(messages: PubSubStream, me: ServerId, hub: &Shared) {
    let mut messages = messages.ready_chunks(BATCH);
    while let Some(batch) = messages.next().await {
        let events = batch.iter().filter_map(|it| Message::read(it.get_payload_bytes(), me));
        hub.hear(&events.collect::<Vec<_>>());
    }
}

/// Tells whoever waits that these were not carried out.
fn give_up(commands: Vec<Command>, hub: &Shared) {
    let failures = commands.into_iter().filter_map(|it| failure_of(it, Undelivered::Unknown));
    hub.hear(&failures.collect::<Vec<_>>());
}

fn ended_early() -> RedisError {
    RedisError::from((ErrorKind::Io, "the connection ended"))
}

/// Waits no longer than an answer may take.
async fn soon<T>(answer: impl Future<Output = Result<T, RedisError>>) -> Result<T, RedisError> {
    let late = || RedisError::from((ErrorKind::Io, "no answer in time"));
    timeout(limits::CLUSTER_DEADLINE, answer).await.unwrap_or_else(|_| Err(late()))
}

impl Link {
    async fn open(client: &Client, me: ServerId) -> Result<(Self, PubSubStream), RedisError> {
        let limit = Some(limits::CLUSTER_DEADLINE);
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(limit).set_response_timeout(limit);
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        let mut load = redis::cmd("SCRIPT");
        load.arg("LOAD").arg(ANNOUNCE);
        let announce = load.query_async(&mut connection).await?;
        let (mut subscriptions, messages) = soon(client.get_async_pubsub()).await?.split();
        soon(subscriptions.subscribe(channel_of_server(me))).await?;
        let link = Self {
            me,
            connection,
            subscriptions,
            announce,
            held: HashSet::new(),
            under_way: Vec::new(),
        };
        Ok((link, messages))
    }

    /// Carries out what the hub says, until it says nothing more.
    async fn write(&mut self, inbox: &mut Inbox, hub: &Shared) -> Result<(), RedisError> {
        let mut asked = Instant::now();
        loop {
            // Not only when it is quiet: what is subscribed is another connection than the one that
            // carries the commands, and shows no sign of life of its own.
            let quiet = limits::CLUSTER_PING_INTERVAL.saturating_sub(asked.elapsed());
            if quiet.is_zero() {
                asked = Instant::now();
                soon(self.subscriptions.ping::<Value>()).await?;
                redis::cmd("PING").exec_async(&mut self.connection).await?;
                continue;
            }
            match timeout(quiet, inbox.next(BATCH)).await {
                Ok(batch) if batch.is_empty() => return Ok(()),
                Ok(batch) => {
                    self.under_way = batch;
                    self.carry_out(hub).await?;
                    self.under_way.clear();
                    if inbox.has_dropped() {
                        // The next link begins with everything.
                        return Err(RedisError::from((ErrorKind::Io, "it does not keep up")));
                    }
                }
                Err(_) => {}
            }
        }
    }

    /// Subscribes before it claims, so that two who claim one mailbox at once hear of each other.
    async fn carry_out(&mut self, hub: &Shared) -> Result<(), RedisError> {
        let mut wanted = HashMap::new();
        for command in &self.under_way {
            match command {
                Command::Claim { node, .. } => wanted.insert(*node, true),
                Command::Release { node } => wanted.insert(*node, false),
                _ => None,
            };
        }
        let claimed = self.under_way.iter().filter_map(|command| match command {
            Command::Claim { node, .. } => Some(*node),
            _ => None,
        });
        let new: HashSet<NodeId> = claimed.filter(|node| !self.held.contains(node)).collect();
        if !new.is_empty() {
            let channels: Vec<_> = new.iter().map(channel_of_mailbox).collect();
            soon(self.subscriptions.subscribe(channels)).await?;
            self.held.extend(new);
        }
        self.ask(hub).await?;
        let old = self.held.iter().filter(|node| wanted.get(*node) == Some(&false));
        let old: Vec<NodeId> = old.copied().collect();
        if !old.is_empty() {
            let channels: Vec<_> = old.iter().map(channel_of_mailbox).collect();
            soon(self.subscriptions.unsubscribe(channels)).await?;
            self.held.retain(|node| !old.contains(node));
        }
        Ok(())
    }

    /// One round trip, and what the hub learns by it.
    async fn ask(&mut self, hub: &Shared) -> Result<(), RedisError> {
        let mut pipeline = redis::pipe();
        let asked: Vec<&Command> =
            self.under_way.iter().filter(|it| self.add(&mut pipeline, it)).collect();
        if asked.is_empty() {
            return Ok(());
        }
        let answers: Vec<Value> = pipeline.query_async(&mut self.connection).await?;
        let events =
            asked.iter().zip(&answers).filter_map(|(command, answer)| match (command, answer) {
                (Command::Pass { to, origin, .. }, Value::Int(0)) => {
                    let reason = Undelivered::Unknown;
                    Some(Event::Returned { node: *to, origin: (*origin)?, reason })
                }
                (Command::Announce { sample: Some((lookup, _)), .. }, Value::Array(members)) => {
                    let nodes = members.iter().filter_map(node_of_member).collect();
                    Some(Event::Found { lookup: *lookup, nodes })
                }
                _ => None,
            });
        hub.hear(&events.collect::<Vec<_>>());
        Ok(())
    }

    /// Adds the request that a command takes; there is none for a [`Command::Release`].
    fn add(&self, to: &mut Pipeline, command: &Command) -> bool {
        let by = self.me.0;
        match command {
            Command::Claim { node, proof } => {
                let message = Message::Claim { node: *node, proof: proof.0, by };
                to.cmd("PUBLISH").arg(channel_of_mailbox(node)).arg(message.encode());
            }
            Command::Release { .. } => return false,
            Command::Announce { topic, node, ttl, sample } => {
                let most = sample.map_or(0, |(_, most)| most);
                let life = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1);
                to.cmd("EVALSHA").arg(&self.announce).arg(1).arg(key_of(topic));
                to.arg(self.member(node)).arg(life).arg(most);
            }
            Command::Withdraw { topic, node } => {
                to.cmd("ZREM").arg(key_of(topic)).arg(self.member(node));
            }
            Command::Pass { from, to: node, payload, origin } => {
                let origin = origin.map(|it| (it.conn.0, it.seq));
                let message = Message::Pass { from: *from, to: *node, payload, by, origin };
                to.cmd("PUBLISH").arg(channel_of_mailbox(node)).arg(message.encode());
            }
            Command::Contest { to: server, node, proof } => {
                let message = Message::Contest { node: *node, proof: proof.0 };
                to.cmd("PUBLISH").arg(channel_of_server(*server)).arg(message.encode());
            }
            Command::Return { to: server, node, origin, reason } => {
                let origin = (origin.conn.0, origin.seq);
                let message = Message::Return { node: *node, origin, reason: *reason };
                to.cmd("PUBLISH").arg(channel_of_server(*server)).arg(message.encode());
            }
        }
        true
    }

    /// A node at this server. Whoever is at two of them stays when one of them says good-bye.
    fn member(&self, node: &NodeId) -> Vec<u8> {
        [&node.0[..], &self.me.0.to_be_bytes()].concat()
    }
}

fn node_of_member(member: &Value) -> Option<NodeId> {
    let Value::BulkString(bytes) = member else { return None };
    bytes.first_chunk().copied().map(NodeId)
}

fn channel_of_mailbox(node: &NodeId) -> Vec<u8> {
    [b"lacis:1:mailbox:", &node.0[..]].concat()
}

fn channel_of_server(server: ServerId) -> Vec<u8> {
    [b"lacis:1:server:", &server.0.to_be_bytes()[..]].concat()
}

fn key_of(topic: &Topic) -> Vec<u8> {
    [b"lacis:1:topic:", &topic.0[..]].concat()
}
