//! What admins change in a group.

use std::time::Duration;

use lacis_native::{Group, RevokeOptions, Roles};
use serde_json::json;

use super::{find_member, reached, role_name};
use crate::apps;
use crate::arguments::{Chosen, Common, Handing};
use crate::failure::Failure;
use crate::output::{Output, plain_line};
use crate::session::Session;
use crate::signals::End;

/// Has an admin change something, and waits until somebody else has it. Gives what the change came
/// to, and how many have it.
async fn change<T>(
    output: &Output,
    common: &Common,
    mut end: End,
    (chosen, handing): (&Chosen, Handing),
    deed: impl AsyncFnOnce(&Group) -> Result<T, Failure>,
) -> Result<(T, usize), Failure> {
    let session = end.unless(Session::online(common)).await?;
    let done = end.unless(async {
        let group = session.group(chosen, !handing.offline).await?;
        let told = deed(&group).await?;
        let handed = if handing.offline { 0 } else { session.hand_over(output, &group).await? };
        Ok((told, handed))
    });
    let done = done.await;
    session.close().await?;
    done
}

pub(super) async fn revoke(
    output: &Output,
    common: &Common,
    end: End,
    (chosen, member, undo): (&Chosen, &str, bool),
    handing: Handing,
) -> Result<(), Failure> {
    let done = change(output, common, end, (chosen, handing), async |group| {
        let subject = find_member(group, member).await?;
        group.revoke(subject, RevokeOptions { keep_invitations: false, undo }).await?;
        Ok(subject.to_text())
    });
    let (id, handed) = done.await?;
    output.say(&json!({ "event": "revoked", "identity": id, "handed": handed }), || {
        format!("{id} is no member any more")
    });
    reached(handed, handing)
}

pub(super) async fn set_role(
    output: &Output,
    common: &Common,
    end: End,
    (chosen, member): (&Chosen, &str),
    (role, member_for): (Roles, Option<Duration>),
    handing: Handing,
) -> Result<(), Failure> {
    let done = change(output, common, end, (chosen, handing), async |group| {
        let subject = find_member(group, member).await?;
        group.set_roles(subject, role, member_for).await?;
        Ok(subject.to_text())
    });
    let (id, handed) = done.await?;
    let role = role_name(role);
    let object = json!({ "event": "role", "identity": id, "role": role, "handed": handed });
    output.say(&object, || format!("{id} is {role}"));
    reached(handed, handing)
}

pub(super) async fn rename(
    output: &Output,
    common: &Common,
    end: End,
    (chosen, name): (&Chosen, &str),
    handing: Handing,
) -> Result<(), Failure> {
    let done = change(output, common, end, (chosen, handing), async |group| {
        Ok(group.rename(name, None).await?)
    });
    let ((), handed) = done.await?;
    let object = json!({ "event": "renamed", "name": name, "handed": handed });
    output.say(&object, || format!("it is called {} now", plain_line(name, apps::NAME_CHARS)));
    reached(handed, handing)
}

pub(super) async fn set_servers(
    output: &Output,
    common: &Common,
    end: End,
    (chosen, servers): (&Chosen, Vec<String>),
    handing: Handing,
) -> Result<(), Failure> {
    let done = change(output, common, end, (chosen, handing), async |group| {
        Ok(group.set_servers(servers.clone()).await?)
    });
    let ((), handed) = done.await?;
    let object = json!({ "event": "servers", "servers": servers, "handed": handed });
    output.say(&object, || match servers.as_slice() {
        [] => "the members meet at the servers of each".to_owned(),
        some => format!("the members meet at {}", some.join(", ")),
    });
    reached(handed, handing)
}
