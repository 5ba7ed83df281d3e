//! Who a peer is.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use lacis_wire::PeerId;
use lacis_wire::proof::{IdentityKey, peer_id};

/// The secret of an identity: whoever has it is that peer.
#[derive(Clone)]
pub struct Identity(pub(crate) [u8; 32]);

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

impl Identity {
    /// A new identity.
    ///
    /// # Errors
    /// The system gives no randomness.
    pub fn generate() -> io::Result<Self> {
        random().map(Self)
    }

    /// The identity of that secret.
    #[must_use]
    pub const fn from_bytes(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// Its public key.
    #[must_use]
    pub fn peer_id(&self) -> PeerId {
        peer_id(&IdentityKey::from_bytes(&self.0))
    }

    /// Opens the identity in that file, or makes a new one there: the whole of it or nothing, so
    /// that a full disk or a loss of power leaves no half. An empty file counts as none. The file
    /// is not encrypted: who may read it is up to the system, and when it is made, that is its
    /// owner alone.
    ///
    /// # Errors
    /// The file cannot be read or made, or is not that of an identity
    /// ([`io::ErrorKind::InvalidData`]).
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        match Self::read(path)? {
            Some(identity) => Ok(identity),
            None => Self::make(path),
        }
    }

    fn read(path: &Path) -> io::Result<Option<Self>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut secret = Vec::with_capacity(33);
        file.take(33).read_to_end(&mut secret)?;
        if secret.is_empty() {
            return Ok(None);
        }
        let secret = secret.try_into().map_err(|_| io::ErrorKind::InvalidData)?;
        Ok(Some(Self(secret)))
    }

    fn make(path: &Path) -> io::Result<Self> {
        let made = Self::generate()?;
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".{:016x}.new", u64::from_ne_bytes(random()?)));
        let beside = PathBuf::from(beside);
        let placed = write(&beside, &made.0).and_then(|()| place(&beside, path));
        // It has its name now, or is of no use.
        let _ = std::fs::remove_file(&beside);
        match placed {
            Ok(()) => {}
            // Somebody else made one meanwhile.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        #[cfg(unix)]
        if let Some(folder) = path.parent() {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            // Not all file systems can, and those that cannot need not.
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Self::read(path)?.ok_or_else(|| io::ErrorKind::InvalidData.into())
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
    match std::fs::hard_link(file, name) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if std::fs::metadata(name)?.len() > 0 {
                Err(error)
            } else {
                std::fs::rename(file, name)
            }
        }
        // Not every file system has links.
        Err(_) if !name.try_exists()? => std::fs::rename(file, name),
        placed => placed,
    }
}

/// Bytes that nobody can guess.
pub(crate) fn random<const COUNT: usize>() -> io::Result<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::Identity;

    #[test]
    fn an_identity_is_made_once() {
        let path = std::env::temp_dir().join(format!("lacis-identity-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let made = Identity::open(&path).unwrap();
        assert_eq!(Identity::open(&path).unwrap().0, made.0);
        std::fs::write(&path, [1; 33]).unwrap();
        let error = Identity::open(&path).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn an_empty_file_is_none_and_those_who_start_at_once_are_one() {
        let folder = std::env::temp_dir().join(format!("lacis-identities-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let empty = folder.join("empty");
        std::fs::write(&empty, []).unwrap();
        let made = Identity::open(&empty).unwrap();
        assert_eq!(Identity::open(&empty).unwrap().0, made.0);
        for round in 0..20 {
            let path = folder.join(round.to_string());
            let open = || Identity::open(&path).unwrap().0;
            let all = std::thread::scope(|scope| {
                let threads = [0; 4].map(|_| scope.spawn(open));
                threads.map(|thread| thread.join().unwrap())
            });
            assert!(all.iter().all(|secret| *secret == all[0]));
        }
        let names = std::fs::read_dir(&folder).unwrap().count();
        assert_eq!(names, 21, "nothing else is left there");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
