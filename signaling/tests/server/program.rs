//! The program as a person starts it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_lacis-signaling");

/// Ends with the test, however that ends.
pub(crate) struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    pub(crate) address: String,
}

impl Running {
    pub(crate) fn start(variables: &[(&str, &str)]) -> Self {
        Self::with(&[], variables)
    }

    pub(crate) fn with(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(["--listen", "127.0.0.1:0"]).args(arguments);
        command.envs(variables.iter().copied());
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http").and_then(|address| {
            address.strip_prefix("s").unwrap_or(address).strip_prefix("://").map(str::to_owned)
        });
        let address = address.unwrap_or_else(|| panic!("it says {line:?}"));
        Self { child, stdout, address }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail when it has ended, as it should have.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn fixture(name: &str) -> String {
    format!("{}/tests/server/certificates/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn refused(arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } =
        Command::new(PROGRAM).args(arguments).output().expect("it starts");
    // Options that cannot be understood end with 2, what fails with 1.
    assert!(matches!(status.code(), Some(1 | 2)), "{arguments:?}: {status}");
    assert!(stdout.is_empty(), "{}", String::from_utf8_lossy(&stdout));
    String::from_utf8(stderr).unwrap()
}

#[cfg(unix)]
#[test]
fn it_says_where_it_listens_and_ends_when_it_is_asked_to() {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut running = Running::start(&[]);
        assert!(running.get("/health").contains("\"status\":\"ok\""));
        kill(Pid::from_raw(i32::try_from(running.child.id()).unwrap()), signal).unwrap();
        let status = running.child.wait().unwrap();
        assert_eq!(status.code(), Some(0), "{signal}");
        let mut rest = String::new();
        running.stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "one line is all it says");
    }
}

#[cfg(unix)]
#[test]
fn it_serves_and_ends_as_ever_when_nobody_reads_its_log() {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    let mut running = Running::start(&[]);
    drop(running.child.stderr.take());
    // The first of these makes a line of the log, and the second finds that done.
    for _ in 0..2 {
        let mut stream = TcpStream::connect(&running.address).unwrap();
        let request = "GET /ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\n\
            upgrade: websocket\r\nsec-websocket-version: 13\r\n\
            sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nx-forwarded-for: 192.0.2.1\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).expect("an answer");
        assert_eq!(&answer, b"HTTP/1.1 101");
    }
    kill(Pid::from_raw(i32::try_from(running.child.id()).unwrap()), Signal::SIGTERM).unwrap();
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
}

#[test]
fn every_option_has_a_variable() {
    let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/e2e/pages");
    let running = Running::start(&[
        ("LACIS_PAGES", pages),
        ("LACIS_ALLOW_ORIGIN", "https://a.test https://b.test"),
        ("LACIS_ICE_SERVER", "stun:a.test turn:b.test,user,word"),
        ("LACIS_TRUST_PROXY", "true"),
        ("LACIS_THREADS", "1"),
        ("LACIS_LOG", "off"),
    ]);
    assert!(running.get("/harness.js").contains("200 OK"));

    let mut asked = Command::new(PROGRAM);
    asked.arg("--help").env("LACIS_ICE_SERVER", "turn:x.test,anna,north");
    let help = String::from_utf8(asked.output().unwrap().stdout).unwrap();
    assert!(help.contains("LACIS_ICE_SERVER") && !help.contains("north"), "{help}");
    let manual = include_str!("../../../docs/operating.md");
    let options = help.split_whitespace().filter(|word| word.starts_with("--"));
    for option in options
        .filter(|option| !["--help", "--version", "--print-config", "--check"].contains(option))
    {
        let variable = format!("LACIS_{}", option[2..].to_uppercase().replace('-', "_"));
        assert!(help.contains(&variable), "{option} has no variable");
        assert!(manual.contains(&format!("`{option}")), "{option} is not in the manual");
    }
}

#[test]
fn what_cannot_work_is_refused_in_plain_words() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let message = refused(&["--listen", &address]);
    assert!(message.contains(&format!("cannot listen on {address}")), "{message}");
    let message = refused(&["--listen", "127.0.0.1:0", "--pages", "/nowhere/at/all"]);
    assert!(message.contains("cannot serve pages from /nowhere/at/all"), "{message}");
    let around = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let message = refused(&["--listen", "127.0.0.1:0", "--pages", around]);
    assert!(message.contains("there is no index.html in it"), "{message}");
    assert!(refused(&["--listen", "localhost:99999"]).contains("--listen"));
    assert!(refused(&["--threads", "0"]).contains("1 to 1024"));
    assert!(refused(&["--ice-server", "turn:x"]).contains("credential"));
    assert!(refused(&["--allow-origin", "example.org"]).contains("https://example.org"));
    let many = ["--ice-server", "stun:x"].repeat(9);
    assert!(refused(&many).contains("do not fit"));
    let outside = |count: usize, host: &str| {
        let servers =
            (0..count).flat_map(|it| ["--turn-server".into(), format!("turn:{it}.{host}")]);
        let words: Vec<String> = servers.chain(["--turn-secret".into(), "north".into()]).collect();
        refused(&words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let long = format!("{}.test", "a".repeat(600));
    assert!(outside(33, "test").contains("do not fit") && outside(1, &long).contains("do not fit"));
    for (listen, address) in [("127.0.0.1:0", "203.0.113.5"), ("0.0.0.0:0", "2001:db8::1")] {
        let message = refused(&["--listen", listen, "--turn-address", address]);
        assert!(message.contains("does not lead to"), "{message}");
    }
    let own = ["--listen", "127.0.0.1:0", "--turn", "on", "--turn-host", &long];
    assert!(refused(&own).contains("do not fit"));
}

#[test]
fn what_cannot_be_read_is_said_before_anybody_is_told_that_it_listens() {
    let (first, second) = (fixture("first.pem"), fixture("second.key.pem"));
    for files in [
        ["--tls-certificate", &first, "--tls-key", &second],
        ["--tls-certificate", "/nowhere.pem", "--tls-key", &second],
    ] {
        let message = refused(&[&["--listen", "127.0.0.1:0"], &files[..]].concat());
        assert!(message.starts_with("error: TLS: "), "{message}");
    }
    // A certificate is no set of keys.
    for keys in [first.as_str(), "/nowhere.json"] {
        let message = refused(&["--listen", "127.0.0.1:0", "--token-keys", keys]);
        assert!(message.starts_with("error: keys of tokens: "), "{message}");
    }
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_no_half_of_a_secret() {
    let file = std::env::temp_dir().join(format!("lacis-half-{}", std::process::id()));
    let path = file.to_str().unwrap();
    std::fs::write(&file, []).unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh", PROGRAM]);
    command.args(["--listen", "127.0.0.1:0", "--secret-file", path]);
    let Output { status, stderr, .. } = command.output().unwrap();
    let told = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{told}");
    // Neither that nor what was there before keeps it from starting.
    drop(Running::with(&["--secret-file", path], &[]));
    let secret = std::fs::read(&file).unwrap();
    assert_eq!(secret.len(), 32);
    drop(Running::with(&["--secret-file", path], &[]));
    assert_eq!(std::fs::read(&file).unwrap(), secret);
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    let beside = std::fs::read_dir(std::env::temp_dir()).unwrap().flatten();
    let left = beside.filter(|it| it.file_name().to_string_lossy().starts_with(&name));
    assert_eq!(left.count(), 1);
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn metrics_are_shown_where_they_are_to_be() {
    let free = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().to_string();
    let mut elsewhere = Running::with(&["--metrics", &free], &[]);
    assert!(elsewhere.get("/metrics").contains("404"));
    assert!(elsewhere.get("/health").contains("200 OK"));
    elsewhere.address = free;
    assert!(elsewhere.get("/metrics").contains("lacis_connections 0"));
    assert!(elsewhere.get("/health").contains("404"));
    assert!(Running::with(&["--metrics", "off"], &[]).get("/metrics").contains("404"));
    assert!(Running::with(&[], &[]).get("/metrics").contains("lacis_connections 0"));
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().to_string();
    assert!(refused(&["--metrics", "there"]).contains("127.0.0.1:9090"));
    let held = TcpListener::bind(&taken).unwrap();
    let words = ["--listen", "127.0.0.1:0", "--metrics", &taken];
    assert!(refused(&words).contains("cannot show metrics"));
    drop(held);
}

#[test]
fn yes_and_no_are_said_in_many_ways() {
    let shown = |word: &str| {
        let mut command = Command::new(PROGRAM);
        command.arg("--print-config").env("LACIS_TRUST_PROXY", word);
        let Output { status, stdout, .. } = command.output().expect("it starts");
        let shown = String::from_utf8(stdout).unwrap();
        let is_set = shown.contains("\"trust-proxy\": true");
        assert!(is_set || !status.success() || shown.contains("\"trust-proxy\": false"));
        status.success().then_some(is_set)
    };
    for word in ["1", "yes", "true", "on"] {
        assert_eq!(shown(word), Some(true), "{word}");
    }
    for word in ["0", "no", "false", "off"] {
        assert_eq!(shown(word), Some(false), "{word}");
    }
    assert_eq!(shown("perhaps"), None);
}

#[test]
fn a_mistyped_variable_is_named() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut command = Command::new(PROGRAM);
    command.args(["--listen", &taken.local_addr().unwrap().to_string()]);
    let Output { stderr, .. } = command.env("LACIS_TRUST_PROXI", "true").output().unwrap();
    let told = String::from_utf8(stderr).unwrap();
    assert!(told.contains("WARN") && told.contains("LACIS_TRUST_PROXI is not known"), "{told}");
    assert!(told.contains("LACIS_TRUST_PROXY is"), "{told}");
}
