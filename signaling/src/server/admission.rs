//! Who may connect at all: pages of certain origins, and bearers of a token that somebody with one
//! of the named keys has signed (JWT, RFC 7519). The keys are a JWK set (RFC 7517), so that a new
//! one can be added before an old one goes.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{PoisonError, RwLock};

use axum::http::{HeaderMap, Uri, header};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use lacis_wire::signal::ByeReason;
use serde::Deserialize;
use tracing::{debug, error, info};

/// Where the keys are, and for whom tokens have to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenKeys {
    /// A JWK set; every key in it names its `alg`.
    pub file: PathBuf,
    /// What tokens have to say as `aud`; nothing is asked for, if not given.
    pub audience: Option<String>,
}

/// Decides who may connect.
pub(super) struct Admission {
    origins: Vec<String>,
    keys: Option<TokenKeys>,
    known: RwLock<Vec<Key>>,
}

struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

/// Of a token only its being good counts.
#[derive(Deserialize)]
struct Claims {
    /// The library passes over one that is no number.
    #[serde(rename = "nbf")]
    _not_before: Option<f64>,
}

impl Admission {
    pub(super) fn new(origins: Vec<String>, keys: Option<TokenKeys>) -> Result<Self, String> {
        let known = keys.as_ref().map_or(Ok(Vec::new()), |keys| load(&keys.file))?;
        Ok(Self { origins, keys, known: RwLock::new(known) })
    }

    /// Why somebody may not connect; nothing if they may.
    pub(super) fn refusal(&self, uri: &Uri, headers: &HeaderMap) -> Option<ByeReason> {
        if !origin_allowed(&self.origins, headers) {
            debug!("a page of another origin wanted to connect");
            return Some(ByeReason::Origin);
        }
        let keys = self.keys.as_ref()?;
        let is_good = token_of(uri, headers).is_some_and(|token| self.is_good(token, keys));
        if !is_good {
            debug!("somebody without a good token wanted to connect");
        }
        (!is_good).then_some(ByeReason::Unauthorized)
    }

    /// Reads the keys again. What cannot be read changes nothing.
    pub(super) fn reload(&self) {
        let Some(keys) = &self.keys else { return };
        match load(&keys.file) {
            Ok(known) => {
                info!(keys = known.len(), "the keys of tokens were read again");
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
            }
            Err(reason) => error!(reason, "the keys of tokens stay the old ones"),
        }
    }

    fn is_good(&self, token: &str, TokenKeys { audience, .. }: &TokenKeys) -> bool {
        let Ok(said) = decode_header(token) else { return false };
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut fitting = known.iter().filter(|key| {
            // The algorithm is that of the key, whatever the token says.
            key.algorithm == said.alg
                && (said.kid.is_none() || key.id.is_none() || key.id == said.kid)
        });
        fitting.any(|key| {
            let mut rules = Validation::new(key.algorithm);
            rules.validate_nbf = true;
            match audience {
                Some(audience) => {
                    rules.set_audience(&[audience]);
                    // By itself a token that names none would do.
                    rules.set_required_spec_claims(&["exp", "aud"]);
                }
                None => rules.validate_aud = false,
            }
            decode::<Claims>(token, &key.key, &rules).is_ok()
        })
    }
}

fn load(file: &Path) -> Result<Vec<Key>, String> {
    let failed = |reason: &dyn std::fmt::Display| format!("{}: {reason}", file.display());
    let text = std::fs::read_to_string(file).map_err(|reason| failed(&reason))?;
    let set: JwkSet = serde_json::from_str(&text).map_err(|reason| failed(&reason))?;
    let keys: Result<Vec<Key>, String> = set.keys.iter().map(read).collect();
    match keys {
        Ok(keys) if keys.is_empty() => Err(failed(&"there is no key in it")),
        Ok(keys) => Ok(keys),
        Err(reason) => Err(failed(&reason)),
    }
}

fn read(jwk: &Jwk) -> Result<Key, String> {
    let id = jwk.common.key_id.clone();
    let named = jwk.common.key_algorithm.ok_or("a key does not name its alg")?;
    let algorithm = Algorithm::from_str(&named.to_string()).map_err(|reason| reason.to_string())?;
    let key = DecodingKey::from_jwk(jwk).map_err(|reason| reason.to_string())?;
    Ok(Key { id, algorithm, key })
}

/// As `Authorization: Bearer`, or where browsers cannot set that, as `?token=`.
fn token_of<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let in_head = bearer.and_then(|value| value.strip_prefix("Bearer "));
    let mut pairs = uri.query().unwrap_or_default().split('&');
    // A token has no letters that an address would have to escape.
    in_head.or_else(|| pairs.find_map(|pair| pair.strip_prefix("token=")))
}

fn origin_allowed(allowed: &[String], headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let is_origin = |known: &String| origin.as_bytes().eq_ignore_ascii_case(known.as_bytes());
    allowed.is_empty() || allowed.iter().any(is_origin)
}

impl std::fmt::Debug for Admission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { origins, keys, .. } = self;
        let mut shown = f.debug_struct("Admission");
        shown.field("origins", origins).field("keys", keys).finish_non_exhaustive()
    }
}
