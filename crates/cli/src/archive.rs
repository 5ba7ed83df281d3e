//! `lacis export` and `lacis import`: a group as a file, of the same form as those of pages.

use std::io;
use std::path::Path;

use serde_json::json;
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufWriter};

use crate::arguments::{Common, ExportOptions, ImportOptions};
use crate::failure::Failure;
use crate::output::{Output, Progress, size};
use crate::place::Unfinished;
use crate::session::Session;
use crate::signals::End;

/// Bytes of a file that are read at once: more than its first part has.
const AT_ONCE: u64 = 2 * 1_048_576;

pub(crate) async fn export(
    output: &Output,
    common: &Common,
    options: ExportOptions,
) -> Result<(), Failure> {
    let mut end = End::listen()?;
    let session = end.unless(Session::offline(common)).await?;
    let written = end.unless(write(output, &session, &options)).await;
    session.close().await?;
    let (parts, bytes) = written?;
    let file = options.file.display().to_string();
    output
        .say(&json!({ "event": "exported", "file": file, "parts": parts, "bytes": bytes }), || {
            format!("{file}: {parts} parts, {}", size(bytes))
        });
    Ok(())
}

async fn write(
    output: &Output,
    session: &Session,
    options: &ExportOptions,
) -> Result<(u64, u64), Failure> {
    let path = &options.file;
    let failed = |error| Failure::file(path, &error);
    let group = session.group(&options.chosen, false).await?;
    let all = group.holding().await?.records;
    let mut progress = Progress::new(output, "records", u64::try_from(all).ok());
    // The name of a file that is whole is taken at the end, and first of all it must be free.
    if path.try_exists().map_err(failed)? {
        return Err(failed(io::ErrorKind::AlreadyExists.into()));
    }
    let partial = Unfinished(path.with_added_extension(format!("{}.part", std::process::id())));
    let mut file = BufWriter::new(create(&partial.0).await?);
    let mut parts = group.export().await?;
    let (mut count, mut bytes) = (0, 0);
    while let Some(part) = parts.next().await? {
        file.write_all(&part).await.map_err(failed)?;
        (count, bytes) = (count + 1, bytes + u64::try_from(part.len()).unwrap_or(u64::MAX));
        progress.at(count);
    }
    file.flush().await.map_err(failed)?;
    file.get_ref().sync_all().await.map_err(failed)?;
    // This takes no name that somebody else took meanwhile; a rename does where there are no links.
    match std::fs::hard_link(&partial.0, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(failed(error)),
        Err(_) => std::fs::rename(&partial.0, path).map_err(failed)?,
        Ok(()) => {}
    }
    Ok((count, bytes))
}

/// Makes a file that only this user can read.
async fn create(path: &Path) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    options.open(path).await.map_err(|error| Failure::file(path, &error))
}

pub(crate) async fn import(
    output: &Output,
    common: &Common,
    options: ImportOptions,
) -> Result<(), Failure> {
    let mut end = End::listen()?;
    let session = end.unless(Session::offline(common)).await?;
    let taken = end.unless(read(output, &session, &options.file)).await;
    session.close().await?;
    let (group, new) = taken?;
    output.say(&json!({ "event": "imported", "group": group, "new": new }), || {
        format!("{group}: {new} records are new")
    });
    Ok(())
}

async fn read(output: &Output, session: &Session, path: &Path) -> Result<(String, u64), Failure> {
    let failed = |error| Failure::file(path, &error);
    let file = File::open(path).await.map_err(failed)?;
    let all = file.metadata().await.map_err(failed)?.len();
    let mut progress = Progress::new(output, "reading", Some(all));
    let mut file = file;
    let mut bytes = Vec::new();
    (&mut file).take(AT_ONCE).read_to_end(&mut bytes).await.map_err(failed)?;
    let group = session.peer.import_group(bytes.clone()).await?;
    let mut import = group.import().await?;
    let (mut new, mut done) = (0, 0);
    loop {
        done += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        // What is shorter ends the file.
        let is_last = done % AT_ONCE != 0 || bytes.is_empty();
        new += import.take(bytes, is_last).await?;
        progress.at(done);
        if is_last {
            break;
        }
        bytes = Vec::new();
        (&mut file).take(AT_ONCE).read_to_end(&mut bytes).await.map_err(failed)?;
    }
    group.stored().await?;
    Ok((group.id().to_text(), u64::try_from(new).unwrap_or(u64::MAX)))
}
