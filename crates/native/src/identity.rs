//! Who a peer is.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::Path;

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

    /// Opens the identity in that file, or makes a new one there. The file is not encrypted: who
    /// may read it is up to the system, and when it is made, that is its owner alone.
    ///
    /// # Errors
    /// The file cannot be read or made, or is not that of an identity
    /// ([`io::ErrorKind::InvalidData`]).
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        match OpenOptions::new().read(true).open(&path) {
            Ok(file) => {
                let mut secret = Vec::with_capacity(33);
                file.take(33).read_to_end(&mut secret)?;
                secret.try_into().map(Self).map_err(|_| io::ErrorKind::InvalidData.into())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::make(path.as_ref()),
            Err(error) => Err(error),
        }
    }

    fn make(path: &Path) -> io::Result<Self> {
        let made = Self::generate()?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.write_all(&made.0)?;
        file.sync_all()?;
        Ok(made)
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
}
