//! The secret by which clients go on after a restart.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Reads a secret, or makes one where only this user can read it. An empty file counts as none:
/// what a full disk or a loss of power may have left of a program that wrote in place.
pub(crate) fn in_file(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |error: io::Error| format!("{}: {error}", path.display());
    if let Some(secret) = read(path)? {
        return Ok(secret);
    }
    let mut secret = vec![0; SECRET_BYTES];
    getrandom::fill(&mut secret).map_err(|error| error.to_string())?;
    let mut beside = path.as_os_str().to_owned();
    let number = getrandom::u64().map_err(|error| error.to_string())?;
    beside.push(format!(".{number:016x}.new"));
    let beside = PathBuf::from(beside);
    let placed = write(&beside, &secret).and_then(|()| place(&beside, path));
    // It has its name now, or is of no use.
    let _ = fs::remove_file(&beside);
    match placed {
        Ok(()) => {}
        // Another server made one meanwhile, and this one shall have the same.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(error)),
    }
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        // Not all file systems can, and those that cannot need not.
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    read(path)?.ok_or_else(|| format!("{}: stays empty", path.display()))
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, String> {
    match fs::read(path) {
        Ok(secret) if secret.is_empty() => Ok(None),
        Ok(secret) if secret.len() >= SECRET_BYTES => Ok(Some(secret)),
        Ok(_) => Err(format!("{}: shorter than {SECRET_BYTES} bytes", path.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// Writes a file that only its owner can read, and comes back when it outlasts a crash.
fn write(path: &Path, secret: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(secret)?;
    file.sync_all()
}

/// Gives a file its name, which must not be taken but by an empty one.
fn place(file: &Path, name: &Path) -> io::Result<()> {
    match fs::hard_link(file, name) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if fs::metadata(name)?.len() > 0 { Err(error) } else { fs::rename(file, name) }
        }
        // Not every file system has links.
        Err(_) if !name.try_exists()? => fs::rename(file, name),
        placed => placed,
    }
}

const SECRET_BYTES: usize = 32;
