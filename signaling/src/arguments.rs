//! What the program can be told, on its command line or by variables.

mod parsing;

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Parser, ValueEnum};
use lacis_signaling::hub::{HubConfig, Relays};
use lacis_signaling::{
    BackplaneOptions, Config, MetricsAt, TlsFiles, TokenKeys, TurnOptions, limits, own_address,
};
use lacis_wire::signal::IceServer;
use serde::Serialize;
use tracing::level_filters::LevelFilter;

use self::parsing::{
    parse_ice_server, parse_ice_url, parse_metrics, parse_origin, parse_ports, parse_threads,
};
use crate::secret;

/// Helps peers find each other and connect, and passes nothing on but sealed setup messages.
#[derive(Debug, Parser, Serialize)]
#[serde(rename_all = "kebab-case")]
#[command(version, about, after_help = "Every option can also be set by its variable.")]
pub(crate) struct Arguments {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, env = "LACIS_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Folder to serve as pages
    #[arg(long, env = "LACIS_PAGES", value_name = "FOLDER")]
    pub(crate) pages: Option<PathBuf>,
    /// Web origin whose pages may connect, such as https://example.org; all, if none is given. Can
    /// be given several times, in the variable separated by spaces
    #[arg(long, env = "LACIS_ALLOW_ORIGIN", value_name = "ORIGIN")]
    #[arg(value_delimiter = ' ', value_parser = parse_origin)]
    pub(crate) allow_origin: Vec<String>,
    /// STUN or TURN server for clients to use. Can be given several times, in the variable
    /// separated by spaces
    #[arg(long, env = "LACIS_ICE_SERVER", value_name = "URL[,USER,CREDENTIAL]")]
    #[arg(hide_env_values = true)]
    #[arg(value_delimiter = ' ', value_parser = parse_ice_server)]
    #[serde(serialize_with = "without_credentials")]
    pub(crate) ice_server: Vec<IceServer>,
    /// Whether to answer STUN and to relay (TURN), over UDP and TCP at the port of the server. By
    /// itself it does unless it listens on this machine only
    #[arg(long, env = "LACIS_TURN", value_name = "WHEN", default_value = "auto")]
    pub(crate) turn: When,
    /// The address under which relays are reached from outside; that of this machine, if not given
    #[arg(long, env = "LACIS_TURN_ADDRESS", value_name = "IP")]
    pub(crate) turn_address: Option<IpAddr>,
    /// The name that clients are given for the relays; the address, if not given
    #[arg(long, env = "LACIS_TURN_HOST", value_name = "NAME")]
    pub(crate) turn_host: Option<String>,
    /// Ports for relays, which a firewall has to let through for UDP
    #[arg(long, env = "LACIS_TURN_PORTS", value_name = "FIRST-LAST", value_parser = parse_ports)]
    #[arg(default_value = "49152-65535")]
    #[serde(serialize_with = "as_range")]
    pub(crate) turn_ports: RangeInclusive<u16>,
    /// Relay to private networks and to this machine too. Only where all clients are trusted
    #[arg(long, env = "LACIS_TURN_ALLOW_PRIVATE", value_parser = BoolishValueParser::new())]
    pub(crate) turn_allow_private: bool,
    /// Seconds for which credentials for relays are good; clients get new ones before
    #[arg(long, env = "LACIS_TURN_LIFETIME", value_name = "SECONDS")]
    #[arg(default_value_t = limits::TURN_LIFETIME.as_secs())]
    #[arg(value_parser = clap::value_parser!(u64).range(60..=86_400))]
    pub(crate) turn_lifetime: u64,
    /// An outside STUN or TURN server, such as coturn, to hand out credentials for in place of our
    /// own relays. Can be given several times, in the variable separated by spaces
    #[arg(long, env = "LACIS_TURN_SERVER", value_name = "URL", requires = "turn_secret")]
    #[arg(value_delimiter = ' ', value_parser = parse_ice_url)]
    pub(crate) turn_server: Vec<String>,
    /// What the outside server knows as its static-auth-secret
    #[arg(long, env = "LACIS_TURN_SECRET", value_name = "SECRET", hide_env_values = true)]
    #[serde(skip)]
    pub(crate) turn_secret: Option<String>,
    /// Certificate chain as PEM: the server speaks TLS. Read again at SIGHUP
    #[arg(long, env = "LACIS_TLS_CERTIFICATE", value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_certificate: Option<PathBuf>,
    /// The private key of the certificate, as PEM
    #[arg(long, env = "LACIS_TLS_KEY", value_name = "FILE", requires = "tls_certificate")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Keys of those whose tokens (JWT) let clients in, as a JWK set. Read again at SIGHUP
    #[arg(long, env = "LACIS_TOKEN_KEYS", value_name = "FILE")]
    pub(crate) token_keys: Option<PathBuf>,
    /// What tokens have to say as their audience
    #[arg(long, env = "LACIS_TOKEN_AUDIENCE", value_name = "TEXT", requires = "token_keys")]
    pub(crate) token_audience: Option<String>,
    /// A secret by which clients go on after a restart, or at another server that has it too. Made
    /// if the file is not there
    #[arg(long, env = "LACIS_SECRET_FILE", value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
    /// Act as one with all servers that share this Redis or Valkey:
    /// redis://[[USER]:PASSWORD@]HOST[:PORT]
    #[arg(long, env = "LACIS_BACKPLANE", value_name = "URL", hide_env_values = true)]
    #[serde(serialize_with = "without_password")]
    pub(crate) backplane: Option<String>,
    /// Take client addresses from X-Forwarded-For. Only behind a reverse proxy that sets it
    #[arg(long, env = "LACIS_TRUST_PROXY", value_parser = BoolishValueParser::new())]
    pub(crate) trust_proxy: bool,
    /// Where /metrics is answered: `here`, beside /health; at another address and port, which a
    /// firewall can keep to itself; or `off`
    #[arg(long, env = "LACIS_METRICS", value_name = "WHERE", default_value = "here")]
    #[arg(value_parser = parse_metrics)]
    #[serde(serialize_with = "metrics_as_text")]
    pub(crate) metrics: MetricsAt,
    /// Signaling connections in all
    #[arg(long, env = "LACIS_CONNECTIONS_MAX", value_name = "COUNT")]
    #[arg(default_value_t = limits::CONNECTIONS_MAX)]
    pub(crate) connections_max: usize,
    /// Signaling connections from one address (IPv4) or one /64 network (IPv6)
    #[arg(long, env = "LACIS_CONNECTIONS_PER_ADDRESS_MAX", value_name = "COUNT")]
    #[arg(default_value_t = limits::CONNECTIONS_PER_ADDRESS_MAX)]
    pub(crate) connections_per_address_max: usize,
    /// Topics in all
    #[arg(long, env = "LACIS_TOPICS_MAX", value_name = "COUNT")]
    #[arg(default_value_t = limits::TOPICS_MAX)]
    pub(crate) topics_max: usize,
    /// Members of one topic
    #[arg(long, env = "LACIS_MEMBERS_PER_TOPIC_MAX", value_name = "COUNT")]
    #[arg(default_value_t = limits::MEMBERS_PER_TOPIC_MAX)]
    pub(crate) members_per_topic_max: usize,
    /// Threads that serve connections; as many as the machine has cores, if not given
    #[arg(long, env = "LACIS_THREADS", value_name = "COUNT", value_parser = parse_threads)]
    pub(crate) threads: Option<usize>,
    /// How much to log to standard error: off, error, warn, info, debug or trace. Client addresses
    /// appear from debug on
    #[arg(long, env = "LACIS_LOG", value_name = "LEVEL", default_value = "info")]
    #[serde(serialize_with = "as_text")]
    pub(crate) log: LevelFilter,
    /// Form of the log: text for people, or a JSON object on each line
    #[arg(long, env = "LACIS_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,
    /// Ask a running server whether it is well, and end: the one of these options, or that at URL
    #[arg(long, value_name = "URL", num_args = 0..=1)]
    #[serde(skip)]
    pub(crate) check: Option<Option<String>>,
    /// Print what all options come to, without secrets, and end
    #[arg(long)]
    #[serde(skip)]
    pub(crate) print_config: bool,
}

/// When something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum When {
    /// If it is of use.
    Auto,
    /// In any case.
    On,
    /// Never.
    Off,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Arguments {
    /// What they come to.
    pub(crate) fn configuration(self) -> Result<Config, String> {
        let turn = self.turn_options()?;
        let relays = self.turn_secret.map(|secret| {
            let is_turn = |url: &String| url.starts_with("turn");
            let (turn, stun) = self.turn_server.into_iter().partition(is_turn);
            let lifetime = Duration::from_secs(self.turn_lifetime);
            Relays { stun, turn, secret: secret.into_bytes(), lifetime }
        });
        let files = self.tls_certificate.zip(self.tls_key);
        Ok(Config {
            hub: HubConfig {
                connections_max: self.connections_max,
                connections_per_address_max: self.connections_per_address_max,
                topics_max: self.topics_max,
                topics_per_address_max: self
                    .connections_per_address_max
                    .saturating_mul(limits::TOPICS_PER_PLACE),
                members_per_topic_max: self.members_per_topic_max,
                ice_servers: self.ice_server,
                relays,
                secret: self.secret_file.as_deref().map(secret::in_file).transpose()?,
                ..HubConfig::default()
            },
            pages: self.pages,
            origins: self.allow_origin,
            trust_proxy: self.trust_proxy,
            metrics: self.metrics,
            tls: files.map(|(certificate, key)| TlsFiles { certificate, key }),
            tokens: self.token_keys.map(|file| TokenKeys { file, audience: self.token_audience }),
            turn,
            backplane: self.backplane.map(BackplaneOptions::Redis),
            ..Config::default()
        })
    }

    /// How this server relays itself, if it does.
    fn turn_options(&self) -> Result<Option<TurnOptions>, String> {
        let is_of_use = self.turn_address.is_some() || !self.listen.ip().is_loopback();
        let is_wanted = match self.turn {
            When::On => true,
            When::Off => false,
            When::Auto => is_of_use && self.turn_server.is_empty(),
        };
        if !is_wanted {
            return Ok(None);
        }
        let listen = Some(self.listen.ip()).filter(|address| !address.is_unspecified());
        let address = self.turn_address.or(listen).or_else(own_address);
        let Some(address) = address else {
            // A machine without a network still serves pages to itself.
            return match self.turn {
                When::On => Err("relays need --turn-address: this machine has none".into()),
                When::Auto | When::Off => Ok(None),
            };
        };
        match self.check_turn(address) {
            Ok(()) => {}
            // Nobody has asked for any.
            Err(_) if self.turn_address.is_none() && self.turn == When::Auto => return Ok(None),
            Err(reason) => return Err(reason),
        }
        Ok(Some(TurnOptions {
            address,
            host: self.turn_host.clone(),
            ports: self.turn_ports.clone(),
            allow_private: self.turn_allow_private,
            lifetime: Duration::from_secs(self.turn_lifetime),
        }))
    }

    /// Whether relays that are offered at that address can be reached where the server listens.
    fn check_turn(&self, address: IpAddr) -> Result<(), String> {
        let listen = self.listen.ip();
        let is_kept_in = listen.is_loopback() && !address.to_canonical().is_loopback();
        let is_other = match listen {
            IpAddr::V4(_) => address.is_ipv6(),
            // One that listens on all addresses has those of IPv4, too.
            IpAddr::V6(v6) => address.is_ipv4() && !v6.is_unspecified(),
        };
        if is_kept_in || is_other {
            return Err(format!(
                "--turn-address {address} does not lead to --listen {listen}: nobody would reach \
                 the relays; listen on 0.0.0.0, or turn them off by --turn off"
            ));
        }
        Ok(())
    }

    /// All options as JSON, without secrets.
    pub(crate) fn shown(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

fn as_text<S: serde::Serializer>(value: &LevelFilter, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(value)
}

fn metrics_as_text<S: serde::Serializer>(value: &MetricsAt, to: S) -> Result<S::Ok, S::Error> {
    match value {
        MetricsAt::Here => to.serialize_str("here"),
        MetricsAt::Off => to.serialize_str("off"),
        MetricsAt::Address(at) => to.collect_str(at),
    }
}

/// An address without what stands before its host, and behind its path: a socket of Unix takes its
/// password there.
fn without_password<S: serde::Serializer>(url: &Option<String>, to: S) -> Result<S::Ok, S::Error> {
    let shown = url.as_deref().map(|url| {
        let url = match (url.split_once("://"), url.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
            _ => url.to_owned(),
        };
        url.split('?').next().map(str::to_owned)
    });
    shown.serialize(to)
}

/// Addresses alone.
fn without_credentials<S: serde::Serializer>(all: &[IceServer], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(all.iter().flat_map(|server| &server.urls))
}

fn as_range<S: serde::Serializer>(ports: &RangeInclusive<u16>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{}-{}", ports.start(), ports.end()))
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::Arguments;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn what_is_shown_has_no_secret() {
        let arguments = Arguments::parse_from([
            "lacis-signaling",
            "--turn-server",
            "turn:outside.test",
            "--turn-secret",
            "north",
            "--ice-server",
            "turn:example.org,anna,west",
            "--backplane",
            "redis://:south@example.org:6379",
        ]);
        let shown = arguments.shown();
        for told in ["turn:outside.test", "turn:example.org", "49152-65535", "redis://example.org"]
        {
            assert!(shown.contains(told), "{told} in {shown}");
        }
        assert!(!["north", "west", "south"].iter().any(|it| shown.contains(it)), "{shown}");
        let by_file = "redis+unix:///run/redis.sock?db=1&pass=south";
        let shown = Arguments::parse_from(["lacis-signaling", "--backplane", by_file]).shown();
        assert!(shown.contains("/run/redis.sock") && !shown.contains("south"), "{shown}");
    }
}
