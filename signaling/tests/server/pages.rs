//! Pages that the server hands out: what they are, how small they travel, how long they are kept.

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use flate2::read::GzDecoder;
use lacis_signaling::Config;

use crate::client::{Answer, Client, Server};

/// A folder that is gone when the test is over.
struct Pages(PathBuf);

impl Pages {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("lacis-{name}-{}", std::process::id()));
        fs::create_dir_all(folder.join("public/chat/assets")).unwrap();
        let pages = Self(folder);
        fs::write(pages.0.join("secret"), "not to be served").unwrap();
        pages.write("index.html", "start");
        pages.write("chat/index.html", "chat");
        pages.write("chat/assets/lacis-0a1b2c3d.wasm", "wasm");
        pages.write("chat/assets/main-0a1b2c3d.js", "js");
        pages
    }

    fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        fs::write(self.0.join("public").join(file), content).unwrap();
    }

    fn config(&self) -> Config {
        Config { pages: Some(self.0.join("public")), ..Config::default() }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Asks as a browser that takes these forms, with more lines if there are any.
async fn ask(server: &Server, method: &str, path: &str, accept: &str, more: &str) -> Answer {
    let head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{more}");
    server.request(&format!("{head}accept-encoding: {accept}\r\n\r\n")).await
}

fn unpacked(answer: &Answer) -> Vec<u8> {
    let mut whole = Vec::new();
    match answer.header("content-encoding") {
        Some("br") => brotli::BrotliDecompress(&mut &*answer.bytes, &mut whole).unwrap(),
        Some("gzip") => {
            GzDecoder::new(&*answer.bytes).read_to_end(&mut whole).unwrap();
        }
        other => {
            assert_eq!(other, None);
            whole.clone_from(&answer.bytes);
        }
    }
    whole
}

/// Something like a script.
fn script(lines: usize) -> Vec<u8> {
    (0..lines)
        .flat_map(|at| format!("export const name{at} = () => {at};\n").into_bytes())
        .collect()
}

#[tokio::test]
async fn files_travel_compressed_as_the_browser_wants_it() {
    let pages = Pages::new("packed");
    let whole = script(2_000);
    let kinds = [
        ("main-0a1b2c3d.js", "text/javascript"),
        ("lacis-0a1b2c3d.wasm", "application/wasm"),
        ("app.webmanifest", "application/manifest+json"),
    ];
    for (name, _) in kinds {
        pages.write(&format!("chat/assets/{name}"), &whole);
    }
    let server = Server::with(pages.config()).await;
    for (name, kind) in kinds {
        let path = format!("/chat/assets/{name}");
        for (accept, coding) in [
            ("gzip, deflate, br, zstd", Some("br")),
            ("gzip", Some("gzip")),
            ("br;q=0, gzip;q=0.5", Some("gzip")),
            ("identity", None),
        ] {
            let answer = ask(&server, "GET", &path, accept, "").await;
            assert_eq!((answer.status, answer.header("content-encoding")), (200, coding));
            assert_eq!(answer.header("content-type"), Some(kind), "{name}");
            assert_eq!(answer.header("vary"), Some("accept-encoding"));
            assert_eq!(unpacked(&answer), whole, "{name} as {coding:?}");
            let length = answer.header("content-length").unwrap();
            assert_eq!(length.parse(), Ok(answer.bytes.len()));
            assert_eq!(answer.bytes.len() < whole.len() / 4, coding.is_some(), "{length}");
            // Who asks for the head alone hears the same.
            let head = ask(&server, "HEAD", &path, accept, "").await;
            assert_eq!((head.header("content-encoding"), head.bytes.len()), (coding, 0));
            assert_eq!(head.header("content-length"), Some(length));
        }
    }
}

#[tokio::test]
async fn what_gains_nothing_is_served_as_it_is() {
    let pages = Pages::new("plain");
    pages.write("small.txt", "a".repeat(1_000));
    pages.write("picture.png", script(100));
    // What no compression makes smaller.
    let noise: Vec<u8> =
        (0..200u32).flat_map(|at| blake3::hash(&at.to_le_bytes()).as_bytes().to_vec()).collect();
    pages.write("noise.txt", &noise);
    let server = Server::with(pages.config()).await;
    for path in ["/small.txt", "/picture.png", "/noise.txt"] {
        let answer = ask(&server, "GET", path, "br", "").await;
        assert_eq!((answer.status, answer.header("content-encoding")), (200, None), "{path}");
    }
    // A part is a part of the file.
    pages.write("long.txt", script(100));
    let answer = ask(&server, "GET", "/long.txt", "br", "range: bytes=0-5\r\n").await;
    assert_eq!((answer.status, answer.body.as_str()), (206, "export"));
}

#[tokio::test]
async fn a_compressed_file_beside_is_taken_as_it_is() {
    let pages = Pages::new("beside");
    pages.write("main.js", script(100));
    pages.write("main.js.br", "better than we could");
    let server = Server::with(pages.config()).await;
    let answer = ask(&server, "GET", "/main.js", "br, gzip", "").await;
    assert_eq!(answer.header("content-encoding"), Some("br"));
    assert_eq!(answer.header("content-type"), Some("text/javascript"));
    assert_eq!(answer.body, "better than we could");
    // There is none for the others, so theirs is made.
    let answer = ask(&server, "GET", "/main.js", "gzip", "").await;
    assert_eq!(unpacked(&answer), script(100));
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
}

#[tokio::test]
async fn an_unchanged_file_is_not_sent_again_and_a_changed_one_is() {
    let pages = Pages::new("again");
    pages.write("main.js", script(100));
    let server = Server::with(pages.config()).await;
    let first = ask(&server, "GET", "/main.js", "br", "").await;
    let tag = first.header("etag").unwrap().to_owned();
    assert!(tag.starts_with("W/"), "the bytes are not those of the file: {tag}");
    let since = first.header("last-modified").unwrap();
    for condition in [format!("if-none-match: {tag}"), format!("if-modified-since: {since}")] {
        let more = format!("{condition}\r\n");
        let answer = ask(&server, "GET", "/main.js", "br", &more).await;
        assert_eq!((answer.status, answer.bytes.len()), (304, 0), "{condition}");
        assert_eq!(answer.header("vary"), Some("accept-encoding"));
    }
    pages.write("main.js", script(101));
    let file = fs::File::options().write(true).open(pages.0.join("public/main.js")).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(60)).unwrap();
    let more = format!("if-none-match: {tag}\r\n");
    let answer = ask(&server, "GET", "/main.js", "br", &more).await;
    assert_eq!((answer.status, unpacked(&answer)), (200, script(101)));
    // However it is asked for, it is the same file.
    for path in ["//main.js", "/./main.js"] {
        let answer = ask(&server, "GET", path, "br", "").await;
        assert_eq!((answer.status, unpacked(&answer)), (200, script(101)), "{path}");
    }
}

#[tokio::test]
async fn pages_come_with_their_type_and_their_life() {
    let pages = Pages::new("types");
    let server = Server::with(pages.config()).await;
    for (path, body, kind, caching) in [
        ("/", "start", "text/html", "no-cache"),
        ("/chat/", "chat", "text/html", "no-cache"),
        ("/chat/assets/lacis-0a1b2c3d.wasm", "wasm", "application/wasm", "immutable"),
        ("/chat/assets/main-0a1b2c3d.js", "js", "text/javascript", "immutable"),
    ] {
        let answer = server.get(path).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, body), "{path}");
        assert_eq!(answer.header("content-type"), Some(kind), "{path}");
        assert!(answer.header("cache-control").unwrap().contains(caching), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval';"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
    assert_eq!(server.get("/chat").await.status, 307);
    assert_eq!(server.get("/chat/assets/gone-0a1b2c3d.js").await.status, 404);
    assert_eq!(server.get("/health").await.status, 200);
    Client::greet(&server, 1).await;
}

#[tokio::test]
async fn nothing_outside_of_the_folder_is_served() {
    let pages = Pages::new("outside");
    let server = Server::with(pages.config()).await;
    for path in ["/../secret", "/chat/../../secret", "/%2e%2e/secret", "/..%2fsecret", "//secret"] {
        let answer = server.get(path).await;
        assert!(answer.status >= 400, "{path}: {}", answer.status);
        assert!(!answer.body.contains("not to be served"), "{path}");
    }
}
