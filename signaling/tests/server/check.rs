//! `--check`, as whoever watches over a server calls it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output};

use crate::program::{PROGRAM, Running, fixture};

/// Exit status, and the one line that is said.
fn check(arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } =
        Command::new(PROGRAM).args(arguments).output().expect("it starts");
    let said = String::from_utf8([stdout, stderr].concat()).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    (status.code(), said)
}

#[test]
fn a_running_server_is_well_and_one_that_has_ended_is_not() {
    let running = Running::start(&[]);
    let address = running.address.clone();
    let (status, said) = check(&["--check", &format!("ws://{address}/ws")]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.starts_with(&format!("http://{address}/health: {{\"status\":\"ok\"")), "{said}");
    // By the options that it was started with.
    assert_eq!(check(&["--listen", &address, "--check"]).0, Some(0));
    drop(running);
    let (status, said) = check(&["--check", "--listen", &address]);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.starts_with(&format!("error: http://{address}/health: ")), "{said}");
}

#[test]
fn a_server_is_asked_over_tls_at_its_number_and_others_have_to_prove_their_name() {
    let (certificate, key) = (fixture("first.pem"), fixture("first.key.pem"));
    let files = ["--tls-certificate", &certificate, "--tls-key", &key];
    let running = Running::with(&files, &[]);
    let own = [&files[..], &["--listen", &running.address, "--check"]].concat();
    let (status, said) = check(&own);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.starts_with("https://"), "{said}");
    let (status, said) = check(&["--check", &format!("https://{}", running.address)]);
    assert_eq!(status, Some(1), "{said}");
    // Plain HTTP is answered, and that is no health.
    let (status, said) = check(&["--check", &format!("http://{}", running.address)]);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("400"), "{said}");
}

#[test]
fn what_answers_and_is_no_signaling_server_is_not_well() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let other = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 1_024];
        let length = stream.read(&mut asked).unwrap();
        assert!(asked[..length].starts_with(b"GET /health HTTP/1.1\r\n"));
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n<html").unwrap();
    });
    let (status, said) = check(&["--check", &url]);
    assert_eq!(status, Some(1));
    assert!(said.contains("no word of a signaling server"), "{said}");
    other.join().unwrap();
    let (status, said) = check(&["--check", "example.org"]);
    assert_eq!(status, Some(1));
    assert!(said.contains("https://example.org"), "{said}");
}
