//! `--check`: asks a running server how it is, for containers and whoever watches over it.

mod tls;

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::uri::{PathAndQuery, Scheme, Uri};
use axum::http::{Request, StatusCode, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use self::tls::Trust;
use crate::arguments::Arguments;

/// Asks the server at `url`, or the one that these options describe, and prints what it says.
pub(crate) fn check(arguments: &Arguments, url: Option<&str>) -> Result<(), String> {
    let (url, trust) = match url {
        Some(url) => (health_of(url)?, Trust::Known),
        None => (own_health(arguments.listen, arguments.tls_certificate.is_some())?, Trust::All),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let answer = runtime.block_on(async { timeout(DEADLINE, ask(&url, trust)).await });
    let answer = answer.unwrap_or_else(|_| Err("no answer in time".into()));
    let answer = answer.map_err(|reason| format!("{url}: {reason}"))?;
    // Whoever asked may be gone, and has the status.
    let _ = writeln!(io::stdout(), "{url}: {answer}");
    Ok(())
}

const DEADLINE: Duration = Duration::from_secs(5);

/// More than a server says of itself.
const ANSWER_BYTES_MAX: usize = 4_096;

#[derive(Deserialize)]
struct Health {
    status: String,
}

/// Where a server with these options says how it is.
fn own_health(listen: SocketAddr, speaks_tls: bool) -> Result<Uri, String> {
    if listen.port() == 0 {
        return Err("nobody knows the port: name the address behind --check".into());
    }
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let scheme = if speaks_tls { "https" } else { "http" };
    health_of(&format!("{scheme}://{}", SocketAddr::new(ip, listen.port())))
}

/// The same for any server, whose address may be that for clients, `wss://example.org/ws`.
fn health_of(url: &str) -> Result<Uri, String> {
    let refused = || format!("{url}: an address looks like https://example.org");
    let mut parts = url.parse::<Uri>().map_err(|_| refused())?.into_parts();
    let scheme = match parts.scheme.as_ref().map(Scheme::as_str) {
        Some("http" | "ws") => Scheme::HTTP,
        Some("https" | "wss") => Scheme::HTTPS,
        _ => return Err(refused()),
    };
    let path = parts.path_and_query.as_ref().map_or("", PathAndQuery::path).trim_end_matches('/');
    let path = path.strip_suffix("/ws").or(path.strip_suffix("/health")).unwrap_or(path);
    parts.path_and_query = Some(format!("{path}/health").parse().map_err(|_| refused())?);
    parts.scheme = Some(scheme);
    Uri::from_parts(parts).map_err(|_| refused())
}

async fn ask(url: &Uri, trust: Trust) -> Result<String, String> {
    let host = url.host().unwrap_or_default();
    let is_tls = url.scheme() == Some(&Scheme::HTTPS);
    let port = url.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let bare = host.trim_matches(['[', ']']);
    let stream = TcpStream::connect((bare, port)).await.map_err(|error| error.to_string())?;
    if is_tls {
        request(tls::connect(stream, bare, trust).await?, url).await
    } else {
        request(stream, url).await
    }
}

async fn request<S>(stream: S, url: &Uri) -> Result<String, String>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let failed = |error: hyper::Error| error.to_string();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    // Ends with the runtime.
    tokio::spawn(connection);
    let host = url.authority().map_or("", |authority| authority.as_str());
    let path = url.path_and_query().map_or("/", PathAndQuery::as_str);
    let request = Request::get(path).header(header::HOST, host).body(Body::empty());
    let request = request.map_err(|error| error.to_string())?;
    let answer = sender.send_request(request).await.map_err(failed)?;
    let status = answer.status();
    let body = to_bytes(Body::new(answer.into_body()), ANSWER_BYTES_MAX).await;
    let body = body.map_err(|_| "the answer has no end")?;
    match (status, serde_json::from_slice::<Health>(&body)) {
        (StatusCode::OK, Ok(health)) if health.status == "ok" => {
            Ok(String::from_utf8_lossy(&body).trim_end().to_owned())
        }
        (_, Ok(health)) => Err(format!("the server says {:?}", health.status)),
        (_, Err(_)) => Err(format!("{status}, and no word of a signaling server")),
    }
}

#[cfg(test)]
mod tests {
    use super::{health_of, own_health};

    #[test]
    fn the_address_for_clients_leads_to_the_health() {
        for (url, health) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/health"),
            ("https://example.org/", "https://example.org/health"),
            ("wss://example.org/ws", "https://example.org/health"),
            ("ws://[::1]:80/sub/ws?token=x", "http://[::1]:80/sub/health"),
            ("https://example.org/health", "https://example.org/health"),
        ] {
            assert_eq!(health_of(url).unwrap().to_string(), health);
        }
        for url in ["example.org", "127.0.0.1:80", "ftp://example.org", "https://", ""] {
            assert!(health_of(url).is_err(), "{url}");
        }
    }

    #[test]
    fn who_listens_everywhere_is_asked_on_this_machine() {
        let asked = |listen: &str, tls| own_health(listen.parse().unwrap(), tls);
        assert_eq!(asked("0.0.0.0:80", false).unwrap(), "http://127.0.0.1:80/health");
        assert_eq!(asked("[::]:443", true).unwrap(), "https://[::1]:443/health");
        assert_eq!(asked("10.0.0.7:8080", false).unwrap(), "http://10.0.0.7:8080/health");
        assert!(asked("127.0.0.1:0", false).is_err());
    }
}
