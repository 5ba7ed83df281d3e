//! A server that speaks TLS itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lacis_signaling::{Config, TlsFiles};
use lacis_wire::signal::ServerFrame;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::client::{Client, Server, frame, within};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/server/certificates").join(name)
}

fn files(certificate: &Path, key: &Path) -> Config {
    let files = TlsFiles { certificate: certificate.into(), key: key.into() };
    Config { tls: Some(files), ..Config::default() }
}

/// Connects as somebody who trusts one certificate only.
async fn connect(server: &Server, trusted: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(fixture(trusted)).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    within(connector.connect("server.test".try_into().unwrap(), server.tcp().await)).await
}

async fn health(mut stream: TlsStream<TcpStream>) -> String {
    let request = b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    // The server may close without a word of TLS.
    let _ = within(stream.read_to_end(&mut answer)).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn pages_and_signaling_go_over_tls() {
    let config = files(&fixture("first.pem"), &fixture("first.key.pem"));
    let server = Server::with(config).await;
    assert!(health(connect(&server, "first.pem").await.unwrap()).await.contains("\"ok\""));
    let mut client = Client::over(connect(&server, "first.pem").await.unwrap()).await;
    client.try_hello(1).await;
    assert!(matches!(frame(&client.next().await), ServerFrame::Welcome { .. }));
    // Whoever speaks plainly is told in words.
    let plain = server.get("/health").await;
    assert_eq!(plain.status, 400);
    assert!(plain.body.contains("https"), "{}", plain.body);
    assert!(connect(&server, "second.pem").await.is_err());
}

#[tokio::test]
async fn a_new_certificate_is_taken_while_the_server_runs() {
    let folder = std::env::temp_dir().join(format!("lacis-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (certificate, key) = (folder.join("server.pem"), folder.join("server.key.pem"));
    let put = |name: &str| {
        std::fs::copy(fixture(&format!("{name}.pem")), &certificate).unwrap();
        std::fs::copy(fixture(&format!("{name}.key.pem")), &key).unwrap();
    };
    put("first");
    let server = Server::with(files(&certificate, &key)).await;
    let old = connect(&server, "first.pem").await.unwrap();
    put("second");
    server.reload.notify_one();
    within(async { while connect(&server, "second.pem").await.is_err() {} }).await;
    // Whoever is connected stays.
    assert!(health(old).await.contains("\"ok\""));
    // What does not fit changes nothing.
    std::fs::copy(fixture("first.pem"), &certificate).unwrap();
    server.reload.notify_one();
    assert!(health(connect(&server, "second.pem").await.unwrap()).await.contains("\"ok\""));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_not_waited_for_and_takes_one_place() {
    let config = files(&fixture("first.pem"), &fixture("first.key.pem"));
    let request_deadline = Duration::from_millis(500);
    let server = Server::with(Config { request_deadline, http_per_address_max: 2, ..config }).await;
    // The head of a record that is long, and a part of what it announces.
    let begun = [&[22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3][..], &[7; 40]].concat();
    let mut slow = Vec::new();
    for _ in 0..2 {
        let mut stream = server.tcp().await;
        stream.write_all(&begun).await.unwrap();
        slow.push(stream);
    }
    let mut third = server.tcp().await;
    assert_eq!(within(third.read(&mut [0])).await.unwrap_or(0), 0, "there is a place too many");
    for mut stream in slow {
        let _ = within(stream.read_to_end(&mut Vec::new())).await;
    }
    within(async { while connect(&server, "first.pem").await.is_err() {} }).await;
}
