//! `lacis publish` and `lacis read`: newsletters, as the application of the pages has them.

use std::path::Path;

use data_encoding::HEXLOWER;
use lacis_native::{Group, GroupEvent, GroupEvents, GroupUpdate, Record, Roles};
use serde_json::{Value, json};
use tokio::fs;

use crate::apps;
use crate::arguments::{Common, PublishOptions, ReadOptions};
use crate::failure::Failure;
use crate::group::reached;
use crate::output::{Output, plain, plain_line, utc};
use crate::session::{CaughtUp, Session};
use crate::signals::End;

pub(crate) async fn publish(
    output: &Output,
    common: &Common,
    options: PublishOptions,
) -> Result<(), Failure> {
    let mut end = End::listen()?;
    let (title, text) = issue(&options).await?;
    let session = end.unless(Session::online(common)).await?;
    let done = end.unless(async {
        let group = session.group(&options.chosen, !options.handing.offline).await?;
        let own = group.members().await?.into_iter().find(|it| it.peer == session.peer.id());
        if !own.and_then(|it| it.roles).is_some_and(Roles::may_change_others) {
            return Err(Failure::new("only admins publish")
                .hint("what others write is shown to nobody as an issue"));
        }
        session.introduce(&group).await?;
        let value = json!({ "title": title, "text": text });
        let id = group.add(apps::ISSUE, apps::content(&value)).await?.to_text();
        let stored = json!({ "event": "stored", "id": id, "title": title });
        output.say(&stored, || format!("stored: {title}"));
        match options.handing.offline {
            true => Ok((id, 0)),
            false => Ok((id, session.hand_over(output, &group).await?)),
        }
    });
    let done = done.await;
    session.close().await?;
    let (id, handed) = done?;
    reached(handed, options.handing)?;
    output.say(&json!({ "event": "published", "id": id, "handed": handed }), || {
        format!("published, {handed} who are here have it")
    });
    Ok(())
}

/// The title and the text of what is to be published.
async fn issue(options: &PublishOptions) -> Result<(String, String), Failure> {
    let path = &options.file;
    let text = fs::read_to_string(path).await.map_err(|error| Failure::file(path, &error))?;
    if text.trim().is_empty() {
        return Err(Failure::misused(format!("{}: there is no text in it", path.display())));
    }
    if text.len() > apps::ISSUE_BYTES {
        let most = apps::ISSUE_BYTES;
        return Err(Failure::new(format!("an issue has {most} bytes of text at most")));
    }
    let (title, text) = match &options.title {
        Some(title) => (title.trim().to_owned(), text),
        None => titled(path, text),
    };
    if title.is_empty() {
        return Err(Failure::misused("an issue has a title").hint("--title names one"));
    }
    Ok((title.chars().take(apps::TITLE_CHARS).collect(), text))
}

/// Takes the first heading for the title and out of the text, or else the name of the file.
fn titled(path: &Path, text: String) -> (String, String) {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if let Some(title) = first.strip_prefix("# ").filter(|title| !title.trim().is_empty()) {
        let rest = text.split_once(first).map_or("", |(_, rest)| rest).trim_start();
        if !rest.is_empty() {
            return (title.trim().to_owned(), rest.to_owned());
        }
        return (title.trim().to_owned(), text);
    }
    (path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), text)
}

pub(crate) async fn read(
    output: &Output,
    common: &Common,
    options: ReadOptions,
) -> Result<(), Failure> {
    let mut end = End::listen()?;
    let session = match options.offline {
        true => end.unless(Session::offline(common)).await?,
        false => end.unless(Session::online(common)).await?,
    };
    let done = end.unless(async {
        let group = session.group(&options.chosen, !options.offline).await?;
        let mut events = group.events().await?;
        let caught_up = match options.offline {
            true => CaughtUp { is_whole: true, clock_behind: None },
            false => session.catch_up(output, &group, &mut events).await?,
        };
        let mut issues = Vec::new();
        for record in group.query(apps::search(apps::ISSUE)).await? {
            if is_issue(&group, &record).await? {
                issues.push(record);
            }
        }
        issues.sort_by_key(|record| record.header.created);
        issues.iter().for_each(|record| show(output, record));
        tell_held(output, &group, caught_up.is_whole).await?;
        if options.follow {
            follow(output, &group, &mut events).await?;
        }
        Ok(caught_up)
    });
    let done = done.await;
    session.close().await?;
    match done {
        // To stop is how following ends.
        Err(_) if options.follow => Ok(()),
        done => done?.check(),
    }
}

/// Whether its author might publish it when it did.
async fn is_issue(group: &Group, record: &Record) -> Result<bool, Failure> {
    let header = &record.header;
    let roles = group.roles_at(apps::author(header), header.modified).await?;
    Ok(roles.is_some_and(Roles::may_change_others))
}

async fn tell_held(output: &Output, group: &Group, is_whole: bool) -> Result<(), Failure> {
    let held = group.holding().await?;
    let fingerprint = HEXLOWER.encode(&held.fingerprint);
    let object = json!({
        "event": "read", "whole": is_whole, "records": held.records, "fingerprint": fingerprint,
    });
    output.note(&object, "");
    Ok(())
}

async fn follow(output: &Output, group: &Group, events: &mut GroupEvents) -> Result<(), Failure> {
    output.note(&json!({ "event": "ready" }), "waiting for more, until Ctrl-C");
    while let Some(update) = events.next().await {
        let GroupUpdate::Event(event) = update else { continue };
        if let GroupEvent::Record { record, .. } = &*event
            && record.header.kind.as_str() == apps::ISSUE
            && is_issue(group, record).await?
        {
            show(output, record);
        }
    }
    Ok(())
}

/// Shows an issue; another program may have written it in another way.
fn show(output: &Output, record: &Record) {
    let Some(value) = apps::value_of(record) else { return };
    let field = |name| value.get(name).and_then(Value::as_str);
    let (Some(title), Some(text)) = (field("title"), field("text")) else { return };
    let header = &record.header;
    let author = apps::author(header).to_text();
    let object = json!({
        "event": "issue", "id": header.id.to_text(), "title": title, "text": text,
        "author": author, "published": header.created.0, "version": header.version,
    });
    output.say(&object, || {
        let (title, when) = (plain_line(title, apps::TITLE_CHARS), utc(header.created));
        format!("# {title}\n{when}, {author}\n\n{}\n", plain(text).trim_end())
    });
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::titled;

    #[test]
    fn the_title_is_the_first_heading_or_the_name_of_the_file() {
        let of = |text: &str| titled(Path::new("a/news.md"), text.to_owned());
        assert_eq!(of("\n# First \n\nText\n"), ("First".into(), "Text\n".into()));
        assert_eq!(of("Text\n# Later\n"), ("news".into(), "Text\n# Later\n".into()));
        assert_eq!(of("# Alone"), ("Alone".into(), "# Alone".into()));
        assert_eq!(of("## Second\nx"), ("news".into(), "## Second\nx".into()));
    }
}
