//! `lacis chat`: a talk, as the application of the pages has it.

use std::collections::HashMap;

use lacis_native::{Group, GroupEvent, GroupUpdate, PeerId, Record};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, stdin};

use crate::apps;
use crate::arguments::{ChatOptions, Common, Handing};
use crate::failure::Failure;
use crate::group::reached;
use crate::output::{Output, plain_below, plain_line, size, utc};
use crate::session::Session;
use crate::signals::End;

pub(crate) async fn run(
    output: &Output,
    common: &Common,
    options: ChatOptions,
) -> Result<(), Failure> {
    let mut end = End::listen()?;
    let session = end.unless(Session::online(common)).await?;
    let talked = tokio::select! {
        talked = talk(output, &session, &options) => talked,
        // To stop is how a talk ends.
        () = end.asked() => Ok(None),
    };
    session.close().await?;
    talked?.map_or(Ok(()), |handed| reached(handed, Handing { offline: false }))
}

/// Talks until there is no more input; says then how many have all that was said.
async fn talk(
    output: &Output,
    session: &Session,
    options: &ChatOptions,
) -> Result<Option<usize>, Failure> {
    let group = session.group(&options.chosen, true).await?;
    let mut events = group.events().await?;
    let mut view = View { output, names: HashMap::new(), me: session.peer.id() };
    view.before(&group, options.last).await?;
    session.introduce(&group).await?;
    output.note(&json!({ "event": "ready" }), "type a line and press Enter; Ctrl-C ends");
    let mut lines = BufReader::new(stdin()).lines();
    let failed = |error| Failure::system("cannot read what is typed", error);
    loop {
        tokio::select! {
            line = lines.next_line() => match line.map_err(failed)? {
                Some(line) => say(&group, &line).await?,
                None => return session.hand_over(output, &group).await.map(Some),
            },
            update = events.next() => match update {
                Some(update) => view.hear(&group, update).await?,
                None => return Ok(None),
            },
        }
    }
}

async fn say(group: &Group, line: &str) -> Result<(), Failure> {
    let text: String = line.trim().chars().take(apps::LINE_CHARS).collect();
    if !text.is_empty() {
        group.add(apps::LINE, apps::content(&json!({ "text": text }))).await?;
    }
    Ok(())
}

/// What is shown of a talk.
struct View<'a> {
    output: &'a Output,
    names: HashMap<PeerId, String>,
    me: PeerId,
}

impl View<'_> {
    /// Shows what was said last.
    async fn before(&mut self, group: &Group, last: usize) -> Result<(), Failure> {
        for profile in group.query(apps::search(apps::PROFILE)).await? {
            self.names.extend(apps::name_in(&profile));
        }
        let mut all = group.query(apps::search(apps::LINE)).await?;
        all.extend(group.query(apps::search(apps::FILE)).await?);
        all.sort_by_key(|record| (record.header.created, record.header.id));
        let skipped = all.len().saturating_sub(last);
        all.iter().skip(skipped).for_each(|record| self.show(record));
        Ok(())
    }

    async fn hear(&mut self, group: &Group, update: GroupUpdate) -> Result<(), Failure> {
        match update {
            GroupUpdate::Event(event) => self.on_event(&event),
            GroupUpdate::Missed(count) => {
                let words = format!("{count} things happened too fast to be shown");
                self.output.note(&json!({ "event": "missed", "count": count }), &words);
                for profile in group.query(apps::search(apps::PROFILE)).await? {
                    self.names.extend(apps::name_in(&profile));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn on_event(&mut self, event: &GroupEvent) {
        match event {
            GroupEvent::Record { record, .. } => match record.header.kind.as_str() {
                apps::PROFILE => self.names.extend(apps::name_in(record)),
                apps::LINE | apps::FILE => self.show(record),
                _ => {}
            },
            GroupEvent::Member(member) if member.peer != self.me => {
                let id = member.peer.to_text();
                let name = self.name_of(&member.peer);
                let object =
                    json!({ "event": "member", "identity": id, "present": member.present });
                let is = if member.present { "is here" } else { "is not here" };
                self.output.note(&object, &format!("{name} {is}"));
            }
            _ => {}
        }
    }

    fn name_of(&self, peer: &PeerId) -> String {
        let short = || peer.to_text().chars().take(8).collect();
        self.names.get(peer).cloned().unwrap_or_else(short)
    }

    /// Shows a line; another program may have written it in another way.
    fn show(&self, record: &Record) {
        let Some(value) = apps::value_of(record) else { return };
        let field = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let header = &record.header;
        let text = if header.kind.as_str() == apps::FILE {
            let bytes = value.get("size").and_then(Value::as_u64).unwrap_or_default();
            field("name").map(|name| {
                let name = plain_line(&name, apps::TITLE_CHARS);
                format!("[{name}, {}]", size(bytes))
            })
        } else {
            field("text")
        };
        let Some(text) = text else { return };
        let text: String = text.chars().take(apps::LINE_CHARS).collect();
        let object = json!({
            "event": "line", "id": header.id.to_text(), "author": header.creator.to_text(),
            "at": header.created.0, "text": text, "version": header.version,
        });
        self.output.say(&object, || {
            let changed = if header.version > 1 { " (changed)" } else { "" };
            let name = self.name_of(&header.creator);
            format!("{} {name}{changed}: {}", utc(header.created), plain_below(&text))
        });
    }
}
