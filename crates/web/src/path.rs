//! Which path a connection uses, from its statistics.

use js_sys::{Array, Function, Reflect};
use lacis_core::{CandidateKind, Path};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::RtcPeerConnection;

/// Finds the candidate pair in use.
pub(crate) async fn find(web: &RtcPeerConnection) -> Option<Path> {
    let report = JsFuture::from(web.get_stats()).await.ok()?;
    let get: Function = field(&report, "get").dyn_into().ok()?;
    let look_up = |id: &JsValue| get.call1(&report, id).unwrap_or(JsValue::UNDEFINED);
    let values: Function = field(&report, "values").dyn_into().ok()?;
    let entries = Array::from(&values.call0(&report).ok()?);
    let pair = entries.iter().find(|entry| {
        let nominated = field(entry, "nominated").is_truthy();
        let works = field(entry, "state") == "succeeded";
        field(entry, "type") == "candidate-pair" && nominated && works
    })?;
    let kind = |end| {
        let candidate = look_up(&field(&pair, end));
        CandidateKind::named(&field(&candidate, "candidateType").as_string()?)
    };
    Some(Path { local: kind("localCandidateId"), remote: kind("remoteCandidateId") })
}

fn field(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}
