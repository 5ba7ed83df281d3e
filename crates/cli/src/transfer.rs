//! `lacis send` and `lacis receive`: a file over a room that nobody else knows, to and from pages
//! too.

use std::io;
use std::path::{Path, PathBuf};

use lacis_native::{
    Code, Error, FileInfo, Identity, IncomingFile, NodeId, Peer, Room, RoomEvent,
    create_room_link_at,
};
use serde_json::json;
use tokio::fs::{self, File, OpenOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::arguments::{Common, ReceiveOptions, SendOptions};
use crate::failure::Failure;
use crate::output::{Output, Progress, plain_line, size};
use crate::place::Unfinished;
use crate::session::{options, servers};
use crate::signals::End;

/// Read from the disk at once.
const PIECE: usize = 256 * 1024;

/// As most file systems have it.
const NAME_BYTES: usize = 255;

/// A peer that nobody knows again.
async fn stranger(common: &Common) -> Result<Peer, Failure> {
    let identity = Identity::generate();
    let identity = identity.map_err(|error| Failure::system("no link can be made", error))?;
    Peer::start(options(common, servers(common), identity)).await.map_err(Failure::from)
}

/// A variable that is empty names none.
fn named(link: Option<&String>) -> Option<&str> {
    link.map(|it| it.trim()).filter(|it| !it.is_empty())
}

/// Joins the room of that link, or of a new one, which is printed.
async fn meet(
    output: &Output,
    common: &Common,
    peer: &Peer,
    link: Option<&str>,
    then: &str,
) -> Result<Room, Failure> {
    let made;
    let text = match link {
        Some(link) => link,
        None => {
            // Whoever gets it may know no server. The usual one is that of this machine alone.
            let link = create_room_link_at(common.named_servers().collect());
            made = link.map_err(|error| Failure::system("no randomness", error))?;
            &made
        }
    };
    let room = peer.join_room_within(common.timeout, text).await?;
    if link.is_none() {
        output.note(&json!({ "event": "link", "link": text }), &format!("{then} {text}"));
    }
    Ok(room)
}

pub(crate) async fn send(
    output: &Output,
    common: &Common,
    options: SendOptions,
) -> Result<(), Failure> {
    let mut end = End::listen()?;
    let peer = end.unless(stranger(common)).await?;
    let sent = end.unless(offer(output, common, &peer, &options)).await;
    peer.close().await?;
    let info = sent?;
    output.say(&json!({ "event": "sent", "name": info.name, "bytes": info.size }), || {
        format!("{}: sent, {}", info.name, size(info.size))
    });
    Ok(())
}

async fn offer(
    output: &Output,
    common: &Common,
    peer: &Peer,
    options: &SendOptions,
) -> Result<FileInfo, Failure> {
    let path = &options.file;
    let failed = |error| Failure::file(path, &error);
    let mut file = File::open(path).await.map_err(failed)?;
    let about = file.metadata().await.map_err(failed)?;
    if !about.is_file() {
        return Err(Failure::misused(format!("{}: not a file", path.display())));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let info = FileInfo { name: safe_name(&name), media_type: String::new(), size: about.len() };
    let then = "on the other device: lacis receive";
    let room = meet(output, common, peer, named(options.to.as_ref()), then).await?;
    let mut events = room.events().await?;
    loop {
        let event = events.next().await.ok_or_else(|| Error::from(Code::Closed))?;
        let (RoomEvent::RemoteJoined(remote) | RoomEvent::RemoteChanged(remote)) = event else {
            continue;
        };
        if !remote.is_connected() {
            continue;
        }
        match send_to(output, &room, remote.node, &info, (&mut file, path)).await? {
            true => return Ok(info),
            // Another one may want it.
            false => continue,
        }
    }
}

/// Sends it to one who is there; says whether that one wants it.
async fn send_to(
    output: &Output,
    room: &Room,
    to: NodeId,
    info: &FileInfo,
    (file, path): (&mut File, &Path),
) -> Result<bool, Failure> {
    let mut writer = match room.send_file(to, info.clone()).await {
        Ok(writer) => writer,
        Err(error) if matches!(error.code(), Code::Rejected | Code::NoHandler) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let mut progress = Progress::new(output, "sending", Some(info.size));
    let mut piece = vec![0; PIECE];
    loop {
        let read = file.read(&mut piece).await.map_err(|error| Failure::file(path, &error))?;
        if read == 0 {
            break;
        }
        writer.write(&piece[..read]).await?;
        progress.at(writer.taken());
    }
    writer.finish().await?;
    Ok(true)
}

pub(crate) async fn receive(
    output: &Output,
    common: &Common,
    options: ReceiveOptions,
) -> Result<(), Failure> {
    let mut end = End::listen()?;
    let peer = end.unless(stranger(common)).await?;
    let received = end.unless(take(output, common, &peer, &options)).await;
    peer.close().await?;
    let (path, bytes) = received?;
    let shown = path.display().to_string();
    output.say(&json!({ "event": "received", "file": shown, "bytes": bytes }), || {
        format!("{shown}: received, {}", size(bytes))
    });
    Ok(())
}

async fn take(
    output: &Output,
    common: &Common,
    peer: &Peer,
    options: &ReceiveOptions,
) -> Result<(PathBuf, u64), Failure> {
    let then = "on the other device: lacis send FILE --to";
    let room = meet(output, common, peer, named(options.link.as_ref()), then).await?;
    let mut events = room.events().await?;
    loop {
        let event = events.next().await.ok_or_else(|| Error::from(Code::Closed))?;
        let RoomEvent::File(file) = event else { continue };
        let bytes = file.info().size;
        if options.max_size.is_some_and(|most| bytes > most) {
            // Dropped, it is refused.
            let text = format!("the file has {}, which is more than --max-size", size(bytes));
            return Err(Failure::new(text).coded("too-large"));
        }
        return keep(output, &file, &options.output).await;
    }
}

/// Writes it beside its place, and puts it there once all of it has come.
async fn keep(
    output: &Output,
    file: &IncomingFile,
    folder: &Path,
) -> Result<(PathBuf, u64), Failure> {
    let FileInfo { name, size, .. } = file.info();
    let name = safe_name(name);
    let (mut out, partial) = new_file(folder, &format!("{name}.part")).await?;
    let partial = Unfinished(partial);
    let bytes = copy(output, file, (&mut out, &partial.0), *size).await?;
    drop(out);
    // Taking the place first keeps what another one puts there meanwhile.
    let (_, path) = new_file(folder, &name).await?;
    fs::rename(&partial.0, &path).await.map_err(|error| Failure::file(&path, &error))?;
    Ok((path, bytes))
}

async fn copy(
    output: &Output,
    file: &IncomingFile,
    (out, path): (&mut File, &Path),
    size: u64,
) -> Result<u64, Failure> {
    let failed = |error| Failure::file(path, &error);
    let mut progress = Progress::new(output, "receiving", Some(size));
    let mut reader = file.accept().await?;
    let mut bytes = 0;
    while let Some(data) = reader.next().await? {
        out.write_all(&data).await.map_err(failed)?;
        bytes += u64::try_from(data.len()).unwrap_or(u64::MAX);
        progress.at(bytes);
    }
    out.sync_all().await.map_err(failed)?;
    Ok(bytes)
}

/// Makes a file of that name, or of one with a number if that is taken.
async fn new_file(folder: &Path, name: &str) -> Result<(File, PathBuf), Failure> {
    const TRIES: u32 = 1_000;
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => (stem, format!(".{ending}")),
        _ => (name, String::new()),
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    // What is sent over a secret link is nobody else's business.
    #[cfg(unix)]
    options.mode(0o600);
    for number in 0..TRIES {
        let name = match number {
            0 => name.to_owned(),
            number => format!("{stem} ({number}){ending}"),
        };
        let path = folder.join(name);
        match options.open(&path).await {
            Ok(file) => return Ok((file, path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Failure::file(&path, &error)),
        }
    }
    Err(Failure::new(format!("{}: every name like {name} is taken", folder.display())))
}

/// The name of a file without folders, without what no list of files can show, and none that a
/// system or its programs take for something else: whoever sends it chose it.
fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    // What is behind a colon is hidden, or something else, in some file systems.
    let mut shown = plain_line(last, NAME_BYTES).trim().replace(':', "_");
    while shown.len() > NAME_BYTES - ".part".len() - " (999)".len() {
        shown.pop();
    }
    // Windows leaves these out, and two names are one.
    shown.truncate(shown.trim_end_matches(['.', ' ']).len());
    if shown.is_empty() {
        return "file".into();
    }
    let stem = shown.split('.').next().unwrap_or_default().trim_end();
    // Programs and shells read what begins with a dot by themselves, and list it for nobody; a word
    // that begins with a dash is an option; and Windows has devices everywhere.
    if shown.starts_with(['.', '-', '~']) || is_device(stem) {
        shown.insert(0, '_');
    }
    shown
}

fn is_device(stem: &str) -> bool {
    let stem = stem.to_ascii_uppercase();
    let numbered = |name| {
        let number = stem.strip_prefix(name).map(str::chars);
        number.is_some_and(|mut it| {
            matches!(it.next(), Some('0'..='9' | '\u{b9}' | '\u{b2}' | '\u{b3}'))
                && it.next().is_none()
        })
    };
    let is_named = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&stem.as_str());
    is_named || numbered("COM") || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::safe_name;

    #[test]
    fn a_name_leads_nowhere_else() {
        for (given, made) in [
            ("../../etc/passwd", "passwd"),
            ("a\\b.txt", "b.txt"),
            ("..", "file"),
            ("", "file"),
            ("/", "file"),
            ("x\u{202e}txt.exe", "xtxt.exe"),
            ("new\nline", "new line"),
            (".bash_profile", "_.bash_profile"),
            ("a/..x", "_..x"),
            (" .envrc", "_.envrc"),
            ("\u{200b}.zshenv", "_.zshenv"),
            ("-rf", "_-rf"),
            ("a.txt:stream", "a.txt_stream"),
            ("C:boot.ini", "C_boot.ini"),
            ("con", "_con"),
            ("NUL.txt", "_NUL.txt"),
            ("Com1 .log", "_Com1 .log"),
            ("com", "com"),
            ("console", "console"),
            ("name. . ", "name"),
        ] {
            assert_eq!(safe_name(given), made, "{given:?}");
        }
        assert!(safe_name(&"\u{e9}".repeat(300)).len() < 250);
    }
}
