//! Servers that let in only those with a token.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{EncodingKey, Header, encode};
use lacis_signaling::{Config, RunError, TokenKeys};
use lacis_wire::signal::ByeReason;
use serde_json::json;

use crate::client::{Client, Server, within};

/// A file of keys, gone with the test.
struct Keys(PathBuf);

impl Keys {
    fn new(name: &str, ids: &[&str]) -> Self {
        let file = format!("lacis-keys-{name}-{}.json", std::process::id());
        let keys = Self(std::env::temp_dir().join(file));
        keys.write(ids);
        keys
    }

    /// The secret of each key is its id, in the letters of base64.
    fn write(&self, ids: &[&str]) {
        let key =
            |id: &&str| json!({ "kty": "oct", "alg": "HS256", "kid": id, "k": id.repeat(16) });
        let set = json!({ "keys": ids.iter().map(key).collect::<Vec<_>>() });
        std::fs::write(&self.0, set.to_string()).unwrap();
    }

    fn config(&self, audience: Option<&str>) -> Config {
        let tokens = TokenKeys { file: self.0.clone(), audience: audience.map(str::to_owned) };
        Config { tokens: Some(tokens), ..Config::default() }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A token that is good for so many seconds.
fn token(id: &str, claims: serde_json::Value, seconds: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut claims = claims;
    claims["exp"] = json!(i64::try_from(now).unwrap() + seconds);
    let header = Header { kid: Some(id.to_owned()), ..Header::default() };
    let key = EncodingKey::from_base64_secret(&id.repeat(16)).unwrap();
    encode(&header, &claims, &key).unwrap()
}

async fn is_let_in(server: &Server, token: &str) -> bool {
    let bearer = format!("Bearer {token}");
    let by_head = Client::open_with(server, &[("authorization", &bearer)]).await.unwrap();
    let path = format!("/ws?token={token}");
    let by_path = Client::open_at(server, &path).await.unwrap();
    let mut outcomes = Vec::new();
    for mut client in [by_head, by_path] {
        client.try_hello(1).await;
        outcomes.push(client.is_welcome().await);
    }
    assert_eq!(outcomes[0], outcomes[1], "the head and the address are read alike");
    outcomes[0]
}

#[tokio::test]
async fn a_token_of_a_known_key_lets_in_until_it_ends() {
    let keys = Keys::new("known", &["aaaa", "bbbb"]);
    let server = Server::with(keys.config(None)).await;
    for id in ["aaaa", "bbbb"] {
        assert!(is_let_in(&server, &token(id, json!({}), 60)).await, "{id}");
    }
    let unsigned = "eyJhbGciOiJub25lIn0.eyJleHAiOjk5OTk5OTk5OTl9.";
    let good = token("aaaa", json!({}), 60);
    // Of its signature the last letter, which must not be the one that was there.
    let last = if good.ends_with('A') { 'E' } else { 'A' };
    let damaged = format!("{}{last}", &good[..good.len() - 1]);
    let late = token("aaaa", json!({}), -120);
    let foreign = token("cccc", json!({}), 60);
    let early = token("aaaa", json!({ "nbf": 99_999_999_999_u64 }), 60);
    // Not by being no number.
    let odd = token("aaaa", json!({ "nbf": "99999999999" }), 60);
    for bad in ["", "x", unsigned, &damaged, &late, &foreign, &early, &odd] {
        assert!(!is_let_in(&server, bad).await, "{bad}");
    }
    let without = Client::open(&server).await;
    assert!(without.ends_with(ByeReason::Unauthorized).await >= 60_000);
    assert!(server.metric("lacis_connections_closed_total{reason=\"unauthorized\"}").await > 0);
}

#[tokio::test]
async fn keys_are_replaced_while_the_server_runs() {
    let keys = Keys::new("replaced", &["aaaa"]);
    let server = Server::with(keys.config(Some("here"))).await;
    let old = token("aaaa", json!({ "aud": "here" }), 60);
    let new = token("bbbb", json!({ "aud": ["there", "here"] }), 60);
    assert!(is_let_in(&server, &old).await && !is_let_in(&server, &new).await);
    for other in [json!({ "aud": "there" }), json!({}), json!({ "aud": 1 })] {
        assert!(!is_let_in(&server, &token("aaaa", other, 60)).await);
    }
    keys.write(&["bbbb"]);
    server.reload.notify_one();
    within(async { while !is_let_in(&server, &new).await {} }).await;
    assert!(!is_let_in(&server, &old).await);
    // What cannot be read leaves the keys that are known.
    std::fs::write(&keys.0, "{").unwrap();
    server.reload.notify_one();
    assert!(is_let_in(&server, &new).await);
}

#[tokio::test]
async fn keys_that_cannot_be_used_are_told_before_the_start() {
    let keys = Keys::new("odd", &["aaaa"]);
    for text in ["{", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"aaaa\"}]}"] {
        std::fs::write(&keys.0, text).unwrap();
        let server = Server::with(keys.config(None)).await;
        let ended = within(server.ended()).await;
        assert!(matches!(ended, Err(RunError::Tokens(_))), "{text}");
    }
}

/// The modulus of a public key of RSA, as everybody may know it.
const MODULUS: &str = "nx4uaqFiwr5jRfH-h2lrvdsVm7TuM8tNfv6EmsX_DpOb9-\
    8Hg99OeQcf452h7TRgnzOv6WZjbwE5yFnOJmjc4fMSOu3Pp8RUlPGL9xXe8uwoPxD3CaomUHH1CThH472iIplfNG\
    R9skhAijSei8WxcGNOqMDuQVpLH-b-mH2ocRw8XHVgxyzLOn7uxb36S2pgrV8qC2322P9AHxWACdz2Mse5Gc97l_\
    EJLCpuJWwLiWMPEM1zhMCZbTCE9CpzaI1NieLDMIH3R5izkNjlFTD9BnsVAMhDFnrkKMXt2xDKsnaW4XhfgjZJV5\
    SaCLf4i-HdSDZ8yBgDRzDhYOW_X3-W-Q";

#[tokio::test]
async fn a_public_key_is_no_secret_to_sign_with() {
    let keys = Keys::new("public", &["aaaa"]);
    let key = json!({ "kty": "RSA", "alg": "RS256", "kid": "aaaa", "n": MODULUS, "e": "AQAB" });
    std::fs::write(&keys.0, json!({ "keys": [key] }).to_string()).unwrap();
    let server = Server::with(keys.config(None)).await;
    let claims = json!({ "exp": 9_999_999_999_u64 });
    let header = Header { kid: Some("aaaa".to_owned()), ..Header::default() };
    let standard = MODULUS.replace('-', "+").replace('_', "/");
    let bytes = EncodingKey::from_base64_secret(&format!("{standard}==")).unwrap();
    for secret in [bytes, EncodingKey::from_secret(MODULUS.as_bytes())] {
        assert!(!is_let_in(&server, &encode(&header, &claims, &secret).unwrap()).await);
    }
}
