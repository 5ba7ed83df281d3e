//! What the command can be told.

mod group;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use lacis_native::Roles;

pub(crate) use self::group::{GroupCommand, InviteArguments};

/// Lacis as one command: groups whose members share signed records from device to device, and keep
/// them.
#[derive(Debug, Parser)]
#[command(name = "lacis", version, propagate_version = true, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 not understood, 3 nobody was reached in \
time, 130 ended by Ctrl-C before it was done. Options can also be set by their variables.";

/// What every subcommand takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Common options")]
pub(crate) struct Common {
    /// Folder with the identity and the groups; by default `lacis` where this user's data is
    #[arg(long, global = true, env = "LACIS_DATA", value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
    /// Server that introduces peers to each other; up to 4, in the variable separated by spaces; by
    /// default that of this machine, ws://127.0.0.1:8080/ws
    #[arg(long, global = true, env = "LACIS_SERVER", value_name = "URL", value_delimiter = ' ')]
    pub(crate) server: Vec<String>,
    /// Address and UDP port of all links, by default any free port
    #[arg(long, global = true, env = "LACIS_LINKS", value_name = "ADDRESS")]
    pub(crate) links: Option<SocketAddr>,
    /// One more address under which that port is reached, such as that of a router
    #[arg(long, global = true, env = "LACIS_ADVERTISE", value_name = "ADDRESS")]
    #[arg(value_delimiter = ' ')]
    pub(crate) advertise: Vec<SocketAddr>,
    /// Tell others also of addresses that lead to this machine only
    #[arg(long, global = true, env = "LACIS_LOOPBACK", value_parser = BoolishValueParser::new())]
    pub(crate) loopback: bool,
    /// Seconds to wait for others
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds, default_value = "8")]
    pub(crate) timeout: Duration,
    /// Correct the clock of this machine by so many seconds
    #[arg(long, global = true, env = "LACIS_CLOCK_OFFSET", value_name = "SECONDS")]
    #[arg(default_value_t = 0, allow_negative_numbers = true)]
    pub(crate) clock_offset: i64,
    /// Say everything as JSON, one object a line
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

impl Common {
    /// The servers that were named. A variable that is empty names none.
    pub(crate) fn named_servers(&self) -> impl Iterator<Item = String> {
        self.server.iter().filter(|url| !url.is_empty()).cloned()
    }
}

/// Which group is meant.
#[derive(Clone, Debug, Args)]
pub(crate) struct Chosen {
    /// The group, by its name or how its id begins; not needed where there is one only
    #[arg(long, short, env = "LACIS_GROUP", value_name = "GROUP")]
    pub(crate) group: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Who you are
    #[command(subcommand)]
    Identity(IdentityCommand),
    /// Groups, and who is in them
    #[command(subcommand)]
    Group(GroupCommand),
    /// Store and serve what groups write, without being able to read it, until Ctrl-C
    Keep(KeepOptions),
    /// Be the server and a keeper in one, until Ctrl-C
    Serve(ServeOptions),
    /// Talk: lines that are typed go to all, and theirs are shown, until Ctrl-C or the end of input
    Chat(ChatOptions),
    /// Publish a text in Markdown as an issue of a newsletter
    Publish(PublishOptions),
    /// Read the issues of a newsletter
    Read(ReadOptions),
    /// Send a file to whoever gets the link that is printed
    Send(SendOptions),
    /// Receive a file
    Receive(ReceiveOptions),
    /// Write a group into a file that only this identity can use
    Export(ExportOptions),
    /// Take in a group from such a file
    Import(ImportOptions),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum IdentityCommand {
    /// Print this identity, and make one if there is none
    Show,
    /// Make an identity; fails if there is one
    New {
        /// What others see as your name
        #[arg(long)]
        name: Option<String>,
    },
    /// Set what others see as your name
    Name {
        /// 1 to 60 characters
        name: String,
    },
}

/// What is waited for before the command ends.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Handing {
    /// Write it here and do not wait until somebody else has it
    #[arg(long)]
    pub(crate) offline: bool,
}

/// How a keeper keeps.
#[derive(Clone, Debug, Args)]
pub(crate) struct KeepOptions {
    /// Invitations to take first; each is needed once, and does no harm later
    #[arg(value_name = "INVITATION", env = "LACIS_INVITATIONS", value_delimiter = ' ')]
    #[arg(hide_env_values = true)]
    pub(crate) invitations: Vec<String>,
    /// Where /health and /metrics are answered; nowhere, if not given
    #[arg(long, env = "LACIS_STATUS", value_name = "ADDRESS")]
    pub(crate) status: Option<SocketAddr>,
    /// The most that is kept of one group, such as 500M or 2G; more is not taken
    #[arg(long, env = "LACIS_BUDGET", value_name = "BYTES", value_parser = bytes)]
    #[arg(default_value = "4G")]
    pub(crate) budget: u64,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ServeOptions {
    /// Address and port of the server; port 0 takes a free one
    #[arg(long, env = "LACIS_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Folder to serve as pages
    #[arg(long, env = "LACIS_PAGES", value_name = "FOLDER")]
    pub(crate) pages: Option<PathBuf>,
    /// Take client addresses from X-Forwarded-For. Only behind a reverse proxy that sets it
    #[arg(long, env = "LACIS_TRUST_PROXY", value_parser = BoolishValueParser::new())]
    pub(crate) trust_proxy: bool,
    #[command(flatten)]
    pub(crate) keep: KeepOptions,
}

#[derive(Debug, Args)]
pub(crate) struct ChatOptions {
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    /// How many lines are shown that were said before
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    pub(crate) last: usize,
}

#[derive(Debug, Args)]
pub(crate) struct PublishOptions {
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    /// The text, in Markdown
    #[arg(value_name = "FILE.md")]
    pub(crate) file: PathBuf,
    /// Its title; by default the first heading, or the name of the file
    #[arg(long)]
    pub(crate) title: Option<String>,
    #[command(flatten)]
    pub(crate) handing: Handing,
}

#[derive(Debug, Args)]
pub(crate) struct ReadOptions {
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    /// Show only what is here, without asking others
    #[arg(long, conflicts_with = "follow")]
    pub(crate) offline: bool,
    /// Go on, and show what comes, until Ctrl-C
    #[arg(long, short)]
    pub(crate) follow: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SendOptions {
    /// The file
    pub(crate) file: PathBuf,
    /// The link of a room where the receiver waits; by default a new one, which is printed. In the
    /// variable others on this machine do not see it
    #[arg(long, value_name = "LINK", env = "LACIS_LINK", hide_env_values = true)]
    pub(crate) to: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ReceiveOptions {
    /// The link that the sender printed; without one, a new one is printed. In the variable others
    /// on this machine do not see it
    #[arg(env = "LACIS_LINK", hide_env_values = true)]
    pub(crate) link: Option<String>,
    /// Folder for the file
    #[arg(long, short, value_name = "FOLDER", default_value = ".")]
    pub(crate) output: PathBuf,
    /// The most that is taken, such as 500M or 2G; a larger file is refused
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub(crate) max_size: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct ExportOptions {
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    /// The file, which must not exist
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ImportOptions {
    /// The file
    pub(crate) file: PathBuf,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: u64 = text.parse().map_err(|_| "a number of seconds".to_owned())?;
    match seconds {
        1..=86_400 => Ok(Duration::from_secs(seconds)),
        _ => Err("1 to 86400 seconds".into()),
    }
}

fn role(text: &str) -> Result<Roles, String> {
    match text {
        "member" => Ok(Roles::MEMBER),
        "inviter" => Ok(Roles::INVITER),
        "admin" => Ok(Roles::ADMIN),
        "keeper" => Ok(Roles::KEEPER),
        _ => Err("member, inviter, admin or keeper".into()),
    }
}

/// A time such as `30m`, `12h` or `7d`, as in pages.
fn lifetime(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let seconds = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err("a time looks like 30m, 12h or 7d".into()),
    };
    let count: u64 = digits.parse().map_err(|_| "a time looks like 30m, 12h or 7d".to_owned())?;
    count
        .checked_mul(seconds)
        .filter(|it| *it > 0)
        .map(Duration::from_secs)
        .ok_or_else(|| "a time is more than nothing, and less than the age of the world".to_owned())
}

/// A size such as `500M` or `2G`.
fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let scale = match &text[digits.len()..] {
        "" => 1,
        "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        "T" => 1 << 40,
        _ => return Err("a size looks like 500M or 2G".into()),
    };
    let count: Option<u64> = digits.parse().ok();
    count.and_then(|it| it.checked_mul(scale)).ok_or_else(|| "a size looks like 500M or 2G".into())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::CommandFactory;

    use super::{Arguments, bytes, lifetime, seconds};

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn times_and_sizes_have_units() {
        assert_eq!(lifetime("7d"), Ok(Duration::from_secs(604_800)));
        assert_eq!(bytes("2G"), Ok(2 << 30));
        assert_eq!(bytes("17"), Ok(17));
        assert!(seconds("0").is_err() && seconds("10").is_ok());
        for text in ["", "d", "7", "-1d", "7w", "0d", "7\u{e9}"] {
            assert!(lifetime(text).is_err(), "{text}");
        }
        for text in ["", "G", "2X", "-1", "99999999T"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
