//! `lacis keep`: stores and serves what groups write, and can read none of it.

mod notify;
mod shards;
mod standing;
mod status;
mod ward;

use std::net::SocketAddr;
use std::sync::Arc;

use lacis_native::{Error, Group, Peer};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Duration, timeout};

use self::notify::Manager;
use self::shards::Shards;
use self::standing::Standing;
use self::status::StatusServer;
use crate::apps;
use crate::arguments::{Common, KeepOptions};
use crate::failure::Failure;
use crate::group::is_passing;
use crate::output::{Output, plain_line};
use crate::signals::End;

/// Something a keeper has to say: as an object, and in words where those are for people.
type Said = (Value, Option<String>);

pub(crate) async fn run(
    output: &Output,
    common: &Common,
    options: KeepOptions,
) -> Result<(), Failure> {
    let end = End::listen()?;
    keep(output, common, options, end).await
}

/// Keeps until it is asked to end.
pub(crate) async fn keep(
    output: &Output,
    common: &Common,
    options: KeepOptions,
    mut end: End,
) -> Result<(), Failure> {
    let status = match options.status {
        Some(address) => Some(StatusServer::bind(address).await?),
        None => None,
    };
    let shards = Shards::new(common, options.budget)?;
    let standing = Arc::new(Standing::default());
    let at = status.as_ref().map(StatusServer::address);
    // These end with this function, however it ends.
    let mut tasks = JoinSet::new();
    if let Some(status) = status {
        tasks.spawn(status.serve(Arc::clone(&standing), shards.clone()));
    }
    let (said, mut says) = mpsc::channel(64);
    let wards = Wards { shards: shards.clone(), said, standing };
    let opening = async {
        shards.start().await?;
        wards.open_all(&mut tasks).await
    };
    let opened = match end.unless(opening).await {
        Ok(opened) => opened,
        Err(failure) => {
            shards.close().await?;
            return Err(failure);
        }
    };
    // A variable that is empty names none.
    for invitation in options.invitations.into_iter().filter(|it| !it.is_empty()) {
        tasks.spawn(wards.clone().take(invitation, common.timeout));
    }
    let manager = Manager::from_environment();
    greet(output, &shards, &wards.standing, at).await;
    opened.into_iter().for_each(|said| print(output, said));
    wards.standing.opened();
    manager.ready();
    let ended = attend(output, (&mut says, &mut end), &shards, &manager).await;
    manager.stopping();
    wards.standing.begin_to_end();
    shards.close().await?;
    tasks.shutdown().await;
    output.note(&json!({ "event": "closed" }), "everything is stored");
    ended
}

async fn greet(output: &Output, shards: &Shards, standing: &Standing, status: Option<SocketAddr>) {
    let (peers, groups) = (shards.peers().await, standing.groups());
    let id = peers.first().map(|peer| peer.id().to_text()).unwrap_or_default();
    // All of them share one port.
    let links = peers.first().map(|peer| peer.local_addr().to_string()).unwrap_or_default();
    let object = json!({
        "event": "keeping", "identity": id, "groups": groups,
        "links": [links], "status": status.map(|it| it.to_string()),
    });
    output.say(&object, || {
        let at = status.map(|it| format!(", status at http://{it}/health")).unwrap_or_default();
        format!("keeping {groups} groups as {id}, links at {links}{at}")
    });
}

/// Says what there is to say, until it is asked to end or the peer is no more.
async fn attend(
    output: &Output,
    (says, end): (&mut mpsc::Receiver<Said>, &mut End),
    shards: &Shards,
    manager: &Manager,
) -> Result<(), Failure> {
    let mut signs = manager.signs();
    loop {
        tokio::select! {
            () = end.asked() => return Ok(()),
            Some(said) = says.recv() => print(output, said),
            () = signs.due() => {
                if timeout(ALIVE_WITHIN, all_answer(shards)).await == Ok(true) {
                    manager.alive();
                }
            }
        }
    }
}

fn print(output: &Output, (object, words): Said) {
    match words {
        Some(words) => output.note(&object, &words),
        None if output.is_json() => output.say(&object, String::new),
        None => {}
    }
}

/// Peers and stores are alive if they answer.
async fn all_answer(shards: &Shards) -> bool {
    for peer in shards.peers().await {
        if peer.groups().await.is_err() {
            return false;
        }
    }
    true
}

const ALIVE_WITHIN: Duration = Duration::from_secs(5);

/// The groups that are kept.
#[derive(Clone, Debug)]
struct Wards {
    shards: Shards,
    said: mpsc::Sender<Said>,
    standing: Arc<Standing>,
}

impl Wards {
    /// Opens all that is stored; gives what there is to say of it. Nobody listens yet, so it does
    /// not go where the groups say what happens in them.
    async fn open_all(&self, tasks: &mut JoinSet<()>) -> Result<Vec<Said>, Failure> {
        let mut all = Vec::new();
        for opened in self.shards.open_all().await? {
            match opened {
                Ok(group) => {
                    let first = self.enter(group, tasks).await?;
                    all.extend(first.map(|object| (object, None)));
                }
                Err((name, failure)) => {
                    let words =
                        format!("{} is not kept: {failure}", plain_line(&name, apps::NAME_CHARS));
                    let object = json!({ "event": "not-kept", "code": failure.code() });
                    all.push((object, Some(words)));
                }
            }
        }
        Ok(all)
    }

    /// Has a group kept; gives what there is to say of it, unless it is kept already.
    async fn enter(&self, group: Group, tasks: &mut JoinSet<()>) -> Result<Option<Value>, Failure> {
        let Some(place) = self.standing.enter(group.id()) else { return Ok(None) };
        let said = self.said.clone();
        let first = ward::first(&group, &place).await?;
        tasks.spawn(ward::watch(group, place, said));
        Ok(Some(first))
    }

    /// Takes an invitation, as soon as somebody lets in, and keeps the group from then on.
    async fn take(self, invitation: String, patience: Duration) {
        let (peer, taken) = match self.shards.place_of(&invitation).await {
            Ok(place) => place,
            Err(failure) => return self.fail(&failure).await,
        };
        let Some(group) = self.join(&peer, &invitation, patience).await else {
            return self.shards.give_back(taken).await;
        };
        let id = group.id().to_text();
        let object = json!({ "event": "joined", "group": id });
        self.say(object, Some(format!("keeping {id} from now on"))).await;
        let mut tasks = JoinSet::new();
        match self.enter(group, &mut tasks).await {
            Ok(Some(first)) => self.say(first, None).await,
            Ok(None) => {}
            Err(failure) => self.fail(&failure).await,
        }
        while tasks.join_next().await.is_some() {}
    }

    async fn join(&self, peer: &Peer, invitation: &str, patience: Duration) -> Option<Group> {
        loop {
            match peer.join_group(invitation, patience).await {
                Ok(group) => return Some(group),
                Err(error) => {
                    let waits = is_passing(error.code());
                    self.not_taken(error).await;
                    if !waits {
                        return None;
                    }
                }
            }
        }
    }

    async fn not_taken(&self, error: Error) {
        let is_passing = is_passing(error.code());
        let failure = Failure::from(error);
        if is_passing {
            let object = json!({ "event": "waiting", "code": failure.code() });
            self.say(object, Some(format!("{failure}; waiting"))).await;
        } else {
            self.fail(&failure).await;
        }
    }

    async fn fail(&self, failure: &Failure) {
        let hint = failure.help().map(|hint| format!(" ({hint})")).unwrap_or_default();
        let object = json!({ "event": "not-taken", "code": failure.code() });
        self.say(object, Some(format!("an invitation is not taken: {failure}{hint}"))).await;
    }

    async fn say(&self, object: Value, words: Option<String>) {
        // Nobody listens any more once it ends.
        let _ = self.said.send((object, words)).await;
    }
}
