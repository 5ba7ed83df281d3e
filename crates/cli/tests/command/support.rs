//! The program as a person starts it, and a server for it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::oneshot;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_lacis");

/// Whatever takes longer has failed.
pub(crate) const SOON: Duration = Duration::from_secs(60);

/// A folder for one test, removed at its end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("lacis-command-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A signaling server in this process.
pub(crate) struct Server {
    pub(crate) url: String,
    _end: oneshot::Sender<()>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let (end, ends) = oneshot::channel::<()>();
        let (told, tells) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async move {
                let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
                told.send(format!("ws://{}/ws", listener.local_addr().unwrap())).unwrap();
                let config = lacis_signaling::Config::default();
                let ending = async { drop(ends.await) };
                lacis_signaling::run(listener, config, std::sync::Arc::default(), ending).await
            })
        });
        Self { url: tells.recv_timeout(SOON).unwrap(), _end: end }
    }
}

/// Somebody with a folder of data, who runs the program.
pub(crate) struct Person {
    data: PathBuf,
    server: String,
    clock_offset: i64,
    /// What runs the program; nothing is the program itself.
    through: Vec<String>,
    links: String,
    variables: Vec<(String, String)>,
}

impl Person {
    pub(crate) fn new(folder: &Folder, name: &str, server: &str) -> Self {
        let (data, server) = (folder.path(name), server.to_owned());
        let links = "127.0.0.1:0".to_owned();
        let (through, variables) = (Vec::new(), Vec::new());
        Self { data, server, clock_offset: 0, through, links, variables }
    }

    /// The clock of this one is wrong.
    pub(crate) fn clock_offset(mut self, seconds: i64) -> Self {
        self.clock_offset = seconds;
        self
    }

    /// Runs the program by another one, with links at that address.
    pub(crate) fn through(mut self, words: &[&str], links: &str) -> Self {
        self.through = words.iter().map(|word| (*word).to_owned()).collect();
        self.links = links.to_owned();
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    pub(crate) fn id(&self) -> String {
        let shown = self.done(&["identity", "show"]);
        shown[0]["identity"].as_str().unwrap().to_owned()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = match self.through.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(PROGRAM);
                command
            }
            None => Command::new(PROGRAM),
        };
        command.arg("--json").args(words);
        command.env("LACIS_DATA", &self.data);
        if !self.server.is_empty() {
            command.env("LACIS_SERVER", &self.server);
        }
        command.env("LACIS_LINKS", &self.links).env("LACIS_LOOPBACK", "true");
        command.env("LACIS_CLOCK_OFFSET", self.clock_offset.to_string());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    pub(crate) fn start(&self, words: &[&str]) -> Running {
        let mut command = self.command(words);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take().unwrap());
        let mut stderr = child.stderr.take().unwrap();
        let (told, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let line = line.expect("it is UTF-8");
                let object = serde_json::from_str(&line);
                let object = object.unwrap_or_else(|_| panic!("not JSON: {line:?}"));
                if told.send(object).is_err() {
                    return;
                }
            }
        });
        let (complained, complaints) = mpsc::channel();
        std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            let _ = complained.send(text);
        });
        let words = words.iter().map(|word| word.chars().take(40).collect()).collect();
        Running { child, stdin, lines, complaints, seen: Vec::new(), words }
    }

    /// Runs it to its end; gives what it said, and its exit code.
    pub(crate) fn run(&self, words: &[&str]) -> (Vec<Value>, i32) {
        self.start(words).ended()
    }

    /// Runs it to its end, which has to be a good one.
    pub(crate) fn done(&self, words: &[&str]) -> Vec<Value> {
        let (said, code) = self.run(words);
        assert_eq!(code, 0, "{words:?}: {said:?}");
        said
    }

    /// What is held of the one group.
    pub(crate) fn holding(&self) -> (u64, String) {
        let shown = self.done(&["group", "show"]);
        holding_in(&shown[0])
    }
}

/// How many records, and which.
pub(crate) fn holding_in(object: &Value) -> (u64, String) {
    let fingerprint = object["fingerprint"].as_str().unwrap();
    (object["records"].as_u64().unwrap(), fingerprint.to_owned())
}

/// A program that runs; it ends with the test, however that ends.
pub(crate) struct Running {
    child: Child,
    pub(crate) stdin: Option<ChildStdin>,
    lines: Receiver<Value>,
    complaints: Receiver<String>,
    seen: Vec<Value>,
    words: Vec<String>,
}

impl Running {
    /// Waits until it says something that fits; gives it.
    pub(crate) fn says(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + SOON;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(object) => {
                    self.seen.push(object.clone());
                    if fits(&object) {
                        return object;
                    }
                }
                Err(error) => {
                    let _ = self.child.kill();
                    let complaints = self.complaints.recv_timeout(SOON).unwrap_or_default();
                    let Self { words, seen, .. } = self;
                    panic!("{words:?} does not say {what} ({error}): {seen:?} {complaints}");
                }
            }
        }
    }

    pub(crate) fn event(&mut self, name: &str) -> Value {
        self.says(name, |object| object["event"] == name)
    }

    /// What it has said by now and nobody has read.
    pub(crate) fn unread(&mut self) -> Vec<Value> {
        self.lines.try_iter().collect()
    }

    pub(crate) fn type_line(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// As if the power failed.
    pub(crate) fn kill(mut self) -> Vec<Value> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.lines.iter().collect()
    }

    /// Asks it to end, as a service manager does; gives what it said since, and its exit code.
    pub(crate) fn terminate(self) -> (Vec<Value>, i32) {
        self.signal(nix::sys::signal::Signal::SIGTERM);
        self.ended()
    }

    pub(crate) fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        nix::sys::signal::kill(pid, signal).unwrap();
    }

    /// Waits until it ends; gives what it said since, and its exit code.
    pub(crate) fn ended(mut self) -> (Vec<Value>, i32) {
        self.stdin = None;
        let until = Instant::now() + SOON;
        let mut said = Vec::new();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(object) => said.push(object),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    panic!("{:?} does not end: {:?} {said:?}", self.words, self.seen)
                }
            }
        }
        let status = self.child.wait().unwrap();
        (said, status.code().expect("it ends by itself"))
    }

    /// What it has complained of, once it has ended.
    pub(crate) fn complaints(mut self) -> (String, i32) {
        self.stdin = None;
        let complaints = self.complaints.recv_timeout(SOON).expect("it ends");
        (complaints, self.child.wait().unwrap().code().expect("it ends by itself"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail when it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The event of that name among others.
pub(crate) fn event<'a>(said: &'a [Value], name: &str) -> &'a Value {
    let found = said.iter().find(|object| object["event"] == name);
    found.unwrap_or_else(|| panic!("{name} is not in {said:?}"))
}

pub(crate) fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_else(|| panic!("{name} is not in {object}"))
}

/// What is answered at that address by HTTP.
pub(crate) fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
