//! The forms in which a file may travel, and which of them a browser wants.

use std::io::{self, Write};

use axum::http::{HeaderMap, HeaderValue, header};
use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Coding {
    Brotli,
    Gzip,
}

impl Coding {
    /// What `Accept-Encoding` asks for; Brotli if there is a choice, because it is smaller.
    pub(super) fn preferred(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(header::ACCEPT_ENCODING);
        let listed = || {
            let texts = values.iter().filter_map(|value| value.to_str().ok());
            texts.flat_map(|text| text.split(',')).map(weighed)
        };
        let weight = |wanted: &str| {
            let of = |name: &str| listed().find(|(it, _)| it.eq_ignore_ascii_case(name));
            of(wanted).or_else(|| of("*")).map_or(0, |(_, weight)| weight)
        };
        match (weight("br"), weight("gzip")) {
            (0, 0) => None,
            (brotli, gzip) if brotli >= gzip => Some(Self::Brotli),
            _ => Some(Self::Gzip),
        }
    }

    pub(super) const fn name(self) -> HeaderValue {
        match self {
            Self::Brotli => HeaderValue::from_static("br"),
            Self::Gzip => HeaderValue::from_static("gzip"),
        }
    }

    pub(super) fn compress(self, file: &[u8]) -> io::Result<Vec<u8>> {
        let mut packed = Vec::new();
        match self {
            Self::Brotli => {
                let params = BrotliEncoderParams {
                    quality: BROTLI_QUALITY,
                    size_hint: file.len(),
                    ..BrotliEncoderParams::default()
                };
                brotli::BrotliCompress(&mut &*file, &mut packed, &params)?;
            }
            Self::Gzip => {
                let mut encoder = GzEncoder::new(&mut packed, Compression::best());
                encoder.write_all(file)?;
                encoder.finish()?;
            }
        }
        Ok(packed)
    }
}

/// Two steps more make a module of 700 kB a tenth smaller and take ten times as long (0.5 s and
/// 5.4 s), for which somebody waits. Whoever wants that compresses once, beside the file.
const BROTLI_QUALITY: i32 = 9;

/// One of a list, with its weight in thousandths.
fn weighed(item: &str) -> (&str, u16) {
    let mut parts = item.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
    let Some(weight) = weight else { return (name, 1000) };
    let thousandths = match weight.split_once('.').unwrap_or((weight, "")) {
        ("1", _) => Some(1000),
        ("0", digits) if digits.len() <= 3 => format!("{digits:0<3}").parse().ok(),
        _ => None,
    };
    // What is written wrongly is not asked for.
    (name, thousandths.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::Coding;

    #[test]
    fn the_browser_gets_what_it_asks_for() {
        let preferred = |text: &'static str| {
            let value = HeaderValue::from_static(text);
            Coding::preferred(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, value)]))
        };
        for text in ["br", "gzip, deflate, br, zstd", "*", "gzip;q=0.5, BR ; q=0.5", "br;q=1.000"] {
            assert_eq!(preferred(text), Some(Coding::Brotli), "{text}");
        }
        for text in ["gzip", "gzip, br;q=0", "br;q=0.9,gzip", "*, br;q=0.000", "br;q=x, gzip;q=.1"]
        {
            let expected = (!text.ends_with(".1")).then_some(Coding::Gzip);
            assert_eq!(preferred(text), expected, "{text}");
        }
        for text in ["", "identity", "zstd", "br;q=0, gzip;q=0.0", "*;q=0", "brotli", ",;,"] {
            assert_eq!(preferred(text), None, "{text}");
        }
        assert_eq!(Coding::preferred(&HeaderMap::new()), None);
    }
}
