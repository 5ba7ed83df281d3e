//! `lacis export` and `lacis import`: a group as a file, of the same form as those of pages. Each
//! part stands after its length in four bytes, the lowest first.

use std::path::Path;

use serde_json::json;
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader, BufWriter};

use lacis_native::{Code, Error};

use crate::arguments::{Common, ExportOptions, ImportOptions};
use crate::failure::Failure;
use crate::output::{Output, Progress, size};
use crate::session::Session;
use crate::signals::End;

/// A part is one record at most, or what begins the file.
const PART_MAX: u32 = 1_048_576;

pub(crate) async fn export(
    output: &Output,
    common: &Common,
    options: ExportOptions,
) -> Result<(), Failure> {
    let mut end = End::listen()?;
    let session = Session::offline(common).await?;
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
    let mut file = BufWriter::new(create(path).await?);
    let mut parts = group.export().await?;
    let (mut count, mut bytes) = (0, 0);
    while let Some(part) = parts.next().await? {
        let length = u32::try_from(part.len()).map_err(|_| Error::from(Code::TooLarge))?;
        file.write_all(&length.to_le_bytes()).await.map_err(failed)?;
        file.write_all(&part).await.map_err(failed)?;
        (count, bytes) = (count + 1, bytes + 4 + u64::from(length));
        progress.at(count);
    }
    file.flush().await.map_err(failed)?;
    file.get_ref().sync_all().await.map_err(failed)?;
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
    let session = Session::offline(common).await?;
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
    let mut file = BufReader::new(file);
    let first = part(&mut file, path).await?.ok_or_else(|| Error::from(Code::ExportDamaged))?;
    let mut done = bytes_of(&first);
    let group = session.peer.import_group(first).await?;
    let mut new = 0;
    while let Some(part) = part(&mut file, path).await? {
        done += bytes_of(&part);
        new += u64::from(group.import(part).await?);
        progress.at(done);
    }
    group.stored().await?;
    Ok((group.id().to_text(), new))
}

fn bytes_of(part: &[u8]) -> u64 {
    u64::try_from(part.len()).unwrap_or(u64::MAX).saturating_add(4)
}

/// The next part; nothing at the end of the file.
async fn part(file: &mut BufReader<File>, path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    let failed = |error| Failure::file(path, &error);
    let damaged = |_| Failure::from(Error::from(Code::ExportDamaged));
    let mut length = [0; 4];
    // Nothing at all is the end; something of a length is not.
    if file.read(&mut length[..1]).await.map_err(failed)? == 0 {
        return Ok(None);
    }
    file.read_exact(&mut length[1..]).await.map_err(damaged)?;
    let length = u32::from_le_bytes(length);
    if length > PART_MAX {
        return Err(Error::from(Code::ExportDamaged).into());
    }
    let mut part = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
    file.read_exact(&mut part).await.map_err(damaged)?;
    Ok(Some(part))
}
