//! Pages: a folder of files, with headers that keep them safe and fresh.

use std::path::Path;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tower_http::services::ServeDir;

/// Serves a folder: `index.html` for folders in it, 404 for what is not there.
pub(super) fn service(folder: &Path) -> Router {
    Router::new().fallback_service(ServeDir::new(folder)).layer(from_fn(add_headers))
}

async fn add_headers(request: Request, next: Next) -> Response {
    let caching = caching(request.uri().path());
    let mut response = next.run(request).await;
    let is_found = response.status().is_success();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, if is_found { caching } else { FRESH });
    for (name, value) in SAFETY {
        headers.insert(name, value);
    }
    response
}

/// A file whose name has a hash of its content never changes; of all others the browser asks
/// whether they did.
fn caching(path: &str) -> HeaderValue {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.split('.').next().unwrap_or(file);
    let is_hashed = folder.split('/').any(|part| part == "assets")
        && stem.rsplit_once('-').is_some_and(|(_, hash)| hash.len() >= HASH_LEN);
    if is_hashed { HeaderValue::from_static("public, max-age=31536000, immutable") } else { FRESH }
}

const FRESH: HeaderValue = HeaderValue::from_static("no-cache");

/// Bundlers put eight characters of hash into a name.
const HASH_LEN: usize = 8;

/// Scripts, styles and files come from here alone, and nothing is evaluated but WebAssembly. A page
/// may open WebSockets anywhere, because a room names its own servers, and shows what it received
/// from `blob:` addresses.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' blob: data:; media-src 'self' blob:; font-src 'self'; manifest-src 'self'; \
    worker-src 'self' blob:; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

const SAFETY: [(HeaderName, HeaderValue); 3] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    // An invitation is in the address; it must not leak to another site.
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

#[cfg(test)]
mod tests {
    use super::caching;

    #[test]
    fn only_hashed_assets_are_kept_for_ever() {
        for path in ["/assets/index-DiwrgTda.js", "/chat/assets/lacis_bg-a1B2_c3D.wasm"] {
            assert!(caching(path).to_str().is_ok_and(|text| text.contains("immutable")), "{path}");
        }
        for path in ["/", "/index.html", "/assets/logo.svg", "/chat-DiwrgTda.js", "/assets/a-b.js"]
        {
            assert_eq!(caching(path), "no-cache", "{path}");
        }
    }
}
