//! Pages: a folder of files, with headers that keep them safe and fresh, and small on their way.

mod caching;
mod coding;
mod packed;

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use tower_http::services::ServeDir;

use self::caching::{FRESH, caching};
use self::coding::Coding;
use self::packed::Packed;
use crate::limits;

/// Serves a folder: `index.html` for folders in it, 404 for what is not there. A file that lies
/// there compressed too, as `x.br` or `x.gz` beside `x`, is served as that.
pub(super) fn service(folder: &Path) -> Router {
    let files = ServeDir::new(folder).precompressed_br().precompressed_gzip();
    let packed = Arc::new(Packed::new(folder));
    Router::new()
        .fallback_service(files)
        .layer(from_fn_with_state(packed, compress))
        .layer(from_fn(add_headers))
}

/// Serves compressed what is worth it and does not lie there compressed.
async fn compress(State(packed): State<Arc<Packed>>, mut request: Request, next: Next) -> Response {
    // A part of a file is a part of what it is, not of what it is compressed to.
    let is_whole = !request.headers().contains_key(header::RANGE);
    let coding = Coding::preferred(request.headers()).filter(|_| is_whole);
    let path = request.uri().path().to_owned();
    // Who asks for the head alone is told what the whole would have.
    if request.method() == Method::HEAD && coding.is_some() {
        *request.method_mut() = Method::GET;
    }
    let response = next.run(request).await;
    let Some(coding) = coding.filter(|_| is_worth_it(&response)) else { return response };
    match packed.get(&path, coding).await {
        Some(bytes) => {
            let (mut parts, _) = response.into_parts();
            describe(&mut parts.headers, coding, bytes.len());
            Response::from_parts(parts, Body::from(bytes))
        }
        None => response,
    }
}

fn is_worth_it(response: &Response) -> bool {
    let headers = response.headers();
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let length = text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
    response.status() == StatusCode::OK
        && !headers.contains_key(header::CONTENT_ENCODING)
        && length.is_some_and(|length| limits::PACKED_FILE_BYTES.contains(&length))
        && text(header::CONTENT_TYPE).is_some_and(is_compressible)
}

/// Pictures, sound and archives are compressed already.
fn is_compressible(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or(kind).trim();
    kind.starts_with("text/")
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
        || COMPRESSIBLE.contains(&kind)
}

const COMPRESSIBLE: [&str; 6] = [
    "application/javascript",
    "application/json",
    "application/wasm",
    "application/xml",
    "font/otf",
    "font/ttf",
];

fn describe(headers: &mut HeaderMap, coding: Coding, length: usize) {
    headers.insert(header::CONTENT_ENCODING, coding.name());
    headers.insert(header::CONTENT_LENGTH, length.into());
    headers.remove(header::ACCEPT_RANGES);
    // The same file, but not the same bytes: a weak tag, by which it is still found unchanged.
    let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    if let Some(Ok(tag)) = tag.map(|tag| HeaderValue::try_from(format!("W/{tag}"))) {
        headers.insert(header::ETAG, tag);
    }
}

async fn add_headers(request: Request, next: Next) -> Response {
    let caching = caching(request.uri().path());
    let mut response = next.run(request).await;
    let status = response.status();
    let is_found = status.is_success() || status == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, if is_found { caching } else { FRESH });
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    for (name, value) in SAFETY {
        headers.insert(name, value);
    }
    response
}

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
    use super::is_compressible;

    #[test]
    fn what_is_compressed_already_is_left_alone() {
        for kind in ["text/html; charset=utf-8", "application/wasm", "image/svg+xml", "text/css"] {
            assert!(is_compressible(kind), "{kind}");
        }
        for kind in ["image/png", "font/woff2", "application/zip", "video/mp4", "x/text/"] {
            assert!(!is_compressible(kind), "{kind}");
        }
    }
}
