//! How long a browser may keep a file without asking.

use axum::http::HeaderValue;

/// A file whose name has a hash of its content never changes; of all others the browser asks
/// whether they did.
pub(super) fn caching(path: &str) -> HeaderValue {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let is_asset = folder.split('/').any(|part| part == "assets");
    if is_asset && is_hashed(file) { FOR_EVER } else { FRESH }
}

pub(super) const FRESH: HeaderValue = HeaderValue::from_static("no-cache");

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Bundlers put eight characters of hash or more into a name.
const HASH_LEN: usize = 8;

/// Whether a name ends in a hash, as in `name-DiwrgTda.js`.
fn is_hashed(file: &str) -> bool {
    let file = file.strip_suffix(".map").unwrap_or(file);
    let Some((stem, _)) = file.rsplit_once('.') else { return false };
    let last = stem.rsplit_once('-').map(|(_, last)| last);
    if last.is_some_and(|last| last.len() >= HASH_LEN && is_hash(last)) {
        return true;
    }
    // Vite writes hashes in an alphabet that has the hyphen too.
    let split = stem.len().checked_sub(HASH_LEN).and_then(|at| stem.split_at_checked(at));
    split.is_some_and(|(name, hash)| name.ends_with('-') && is_hash(hash) && has_both_cases(hash))
}

/// Whether a text looks as if nobody had written it: a word or a date kept for a year would be
/// worse than a hash that is asked about.
fn is_hash(text: &str) -> bool {
    let is_made = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let has = |kind: fn(&u8) -> bool| text.as_bytes().iter().any(kind);
    text.bytes().all(is_made)
        && has(u8::is_ascii_alphabetic)
        && (has(u8::is_ascii_digit) || has_both_cases(text))
}

/// Beyond the first letter, which a name may have large.
fn has_both_cases(text: &str) -> bool {
    let rest = || text.bytes().skip(1);
    rest().any(|byte| byte.is_ascii_uppercase()) && rest().any(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::caching;

    #[test]
    fn only_hashed_assets_are_kept_for_ever() {
        for path in [
            "/assets/index-DiwrgTda.js",
            "/chat/assets/lacis_bg-a1B2_c3D.wasm",
            "/assets/board-B6ZVE-bx.css",
            "/assets/board-Cm3GZ-EC.js.map",
            "/assets/build--BlE8qc1.js",
            "/assets/jquery.min-0123456789abcdef.js",
        ] {
            assert!(caching(path).to_str().is_ok_and(|text| text.contains("immutable")), "{path}");
        }
        for path in [
            "/",
            "/index.html",
            "/assets/logo.svg",
            "/chat-DiwrgTda.js",
            "/assets/a-b.js",
            "/assets/user-settings.js",
            "/assets/a-big-word.js",
            "/assets/logo-image-02.svg",
            "/assets/report-20240115.json",
            "/assets/THIRD-LICENSES.txt",
            "/assets/na\u{ef}ve-\u{e4}1234567.js",
            "/assets/index-DiwrgTda",
        ] {
            assert_eq!(caching(path), "no-cache", "{path}");
        }
    }
}
