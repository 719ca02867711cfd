//! Where the page may lead a person: results are fetched by the harness under its own rules, so the canvas is the only link
//! that a browser follows elsewhere. The status comes from the component, which must not choose another place for it.

use serde_json::Value;

/// LibTV's canvas. The slash ends the host: what stands behind it can't change where the link leads.
const CANVAS: &str = "https://www.liblib.tv/";

/// Takes the links out of a status that lead elsewhere, and results that are no text.
pub(crate) fn lead_home(status: &mut Value) {
    for session in members(status, "sessions") {
        let leads_elsewhere =
            |link: &Value| !link.as_str().is_some_and(|it| it.starts_with(CANVAS));
        if let Some(link) = session
            .get_mut("projectUrl")
            .filter(|link| leads_elsewhere(link))
        {
            *link = Value::Null;
        }
        for turn in members(session, "turns") {
            if let Some(results) = turn.get_mut("results").and_then(Value::as_array_mut) {
                results.retain(Value::is_string);
            }
        }
    }
}

fn members<'a>(value: &'a mut Value, name: &str) -> impl Iterator<Item = &'a mut Value> {
    let list = value.get_mut(name).and_then(Value::as_array_mut);
    list.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_canvas_leads_to_libtv_or_nowhere_and_the_rest_of_the_status_stays() {
        let canvas = "https://www.liblib.tv/canvas?projectId=1";
        let elsewhere = [
            "javascript:alert(1)",
            "http://www.liblib.tv/canvas",
            "https://www.liblib.tv.evil.example/",
            "https://www.liblib.tv",
            "https://www.liblib.tv:8443/",
            "https://www.liblib.tv@evil.example/",
            "https://www.liblib.tv\\@evil.example/",
            " https://evil.example/https://www.liblib.tv/",
            "//evil.example/",
            "",
        ];
        let session = |link: Value| json!({"sessionId": "s", "projectUrl": link, "turns": [{"results": ["https://a/1.mp4"]}]});
        let links = elsewhere.map(Value::from);
        for link in links.into_iter().chain([json!(7), json!([canvas])]) {
            let mut status = json!({"sessions": [session(link.clone()), session(canvas.into())]});
            lead_home(&mut status);
            let expected = json!({"sessions": [session(Value::Null), session(canvas.into())]});
            assert_eq!(status, expected, "{link}");
        }
    }

    #[test]
    fn results_that_are_no_text_and_a_status_of_another_shape_stop_nothing() {
        let mut status = json!({"sessions": [{"turns": [{"results": [1, null, "not an address", {}]}, 7]}, "x"]});
        lead_home(&mut status);
        assert_eq!(
            status,
            json!({"sessions": [{"turns": [{"results": ["not an address"]}, 7]}, "x"]})
        );
        for odd in [json!(null), json!([]), json!({"sessions": {}})] {
            let mut status = odd.clone();
            lead_home(&mut status);
            assert_eq!(status, odd);
        }
    }
}
