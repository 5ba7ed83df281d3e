//! The folder with the identity and the groups.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use lacis_native::Identity;

use crate::apps::NAME_CHARS;
use crate::arguments::Common;
use crate::failure::Failure;
use crate::output::plain_line;

/// The folder with the identity and the groups. Only its owner can look into it.
#[derive(Debug)]
pub(crate) struct Place(PathBuf);

/// Stores of a keeper: more than anybody needs.
const SHARDS_MAX: usize = 1_000;

impl Place {
    /// Opens the folder, and makes it if there is none.
    pub(crate) fn open(common: &Common) -> Result<Self, Failure> {
        let path = match &common.data {
            Some(path) => path.clone(),
            None => usual().ok_or_else(|| {
                Failure::new("there is no home for data").hint("name a folder by --data")
            })?,
        };
        make(&path).map_err(|error| Failure::file(&path, &error))?;
        Ok(Self(path))
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.0.join("groups.lacis")
    }

    /// The store of one of the nodes of a keeper, counted from one.
    pub(crate) fn shard(&self, number: usize) -> PathBuf {
        match number {
            1 => self.store(),
            number => self.0.join(format!("groups-{number}.lacis")),
        }
    }

    /// How many such stores there are: as many as the number of the last one, and one at least.
    pub(crate) fn shards(&self) -> Result<usize, Failure> {
        let entries = fs::read_dir(&self.0).map_err(|error| Failure::file(&self.0, &error))?;
        let number =
            |name: &str| name.strip_prefix("groups-")?.strip_suffix(".lacis")?.parse().ok();
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let last = names.filter_map(|name| number(&name)).max().unwrap_or(1);
        if last > SHARDS_MAX {
            let path = self.shard(last);
            return Err(Failure::new(format!("{} is no store of a keeper", path.display())));
        }
        Ok(last)
    }

    fn identity_file(&self) -> PathBuf {
        self.0.join("identity")
    }

    pub(crate) fn has_identity(&self) -> bool {
        self.identity_file().exists()
    }

    /// The identity, or a new one.
    pub(crate) fn identity(&self) -> Result<Identity, Failure> {
        let path = self.identity_file();
        Identity::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => {
                Failure::new(format!("{}: that is no identity, or half of one", path.display()))
                    .hint("put a copy in its place; without the file you are somebody new")
            }
            _ => Failure::file(&path, &error),
        })
    }

    /// What others see as the name of this identity.
    pub(crate) fn name(&self) -> Option<String> {
        let text = fs::read_to_string(self.0.join("name")).ok()?;
        Some(text.trim().to_owned()).filter(|name| is_name(name))
    }

    pub(crate) fn set_name(&self, name: &str) -> Result<(), Failure> {
        let name = name.trim();
        if !is_name(name) {
            return Err(Failure::misused("a name has 1 to 60 characters, all of which show"));
        }
        let path = self.0.join("name");
        write_private(&path, name).map_err(|error| Failure::file(&path, &error))
    }
}

/// Whether all of it shows, on one line.
fn is_name(name: &str) -> bool {
    (1..=NAME_CHARS).contains(&name.chars().count()) && plain_line(name, NAME_CHARS) == name
}

/// Writes a file that only this user can read: the whole of it or nothing, whatever happens.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let beside = Unfinished(path.with_added_extension(format!("{}.new", std::process::id())));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside.0)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside.0, path)
}

/// A file that is of no use yet, and goes unless it gets another name.
#[derive(Debug)]
pub(crate) struct Unfinished(pub(crate) PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // It is gone already where it got its name; where it cannot be removed nothing is worse.
        let _ = fs::remove_file(&self.0);
    }
}

fn make(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Where the system wants the data of a user to be.
fn usual() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let absolute = |path: &PathBuf| path.is_absolute();
    // What systemd gives a service is its own.
    let given = variable("STATE_DIRECTORY").filter(absolute);
    let data = || variable("XDG_DATA_HOME").filter(absolute);
    let home = || std::env::home_dir().filter(absolute).map(|home| home.join(".local/share"));
    given.or_else(|| data().or_else(home).map(|data| data.join("lacis")))
}
