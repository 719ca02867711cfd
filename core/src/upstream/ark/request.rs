//! What is asked for: the user's words as they are, and what they leave open left to the model.

use serde_json::Value;

use super::super::{Choices, Order};
use super::lost::{SHORTEST_LIFE_S, Trace};
use super::references;
use crate::json::object;

/// The ratios that a clip may have.
const RATIOS: [&str; 6] = ["16:9", "4:3", "1:1", "3:4", "9:16", "21:9"];

/// Whether a model makes pictures, and no clips: by its name. What is called otherwise, an endpoint's id among it, counts as one
/// that makes clips.
#[must_use]
pub fn makes_pictures(model: &str) -> bool {
    model.contains("seedream")
}

/// The body that asks for a clip.
#[must_use]
pub fn clip(model: &str, choices: &Choices, order: &Order<'_>) -> Value {
    // Another ratio than these would be refused; what the words say of it the model reads.
    let ratio = order.ratio.map(|ratio| ratio.to_string());
    let ratio = ratio.filter(|ratio| RATIOS.contains(&ratio.as_str()));
    let expires_s = order
        .trace
        .and_then(Trace::read)
        .map(|trace| trace.expires_s);
    let mut content = Vec::new();
    if let Some(words) = order.words {
        content.push(object! {"type": "text", "text": words});
    }
    for (at, reference) in order.references.iter().enumerate() {
        content.push(object! {
            "type": "image_url",
            "image_url": object! {"url": references::place(reference, order)},
            "role": references::role(model, at),
        });
    }
    let mut body = object! {
        "model": model,
        "content": content,
        // Both are what is refused least: an edit demands them, and a first frame the former.
        "ratio": ratio.as_deref().unwrap_or("adaptive"),
        "duration": -1,
        "execution_expires_after": expires_s.unwrap_or(SHORTEST_LIFE_S),
    };
    if let Some(resolution) = &choices.resolution {
        body["resolution"] = resolution.as_str().into();
    }
    body
}

/// The body that asks for pictures; none without words.
#[must_use]
pub fn picture(model: &str, order: &Order<'_>) -> Option<Value> {
    let mut body = object! {
        "model": model,
        "prompt": order.words?,
        // How many there are, and their ratio, is in the words. Every model takes this size.
        "size": "2K",
        "sequential_image_generation": "auto",
        "response_format": "url",
    };
    if !order.references.is_empty() {
        let places = order.references.iter();
        let places = places.map(|reference| references::place(reference, order));
        body["image"] = places.collect::<Vec<_>>().into();
    }
    Some(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_picture_is_asked_for_with_the_words_alone_and_without_any_not_at_all() {
        let order = Order {
            words: Some("three cats, 9:16"),
            picture: true,
            ..Order::default()
        };
        let body = picture("seedream-5-0-260128", &order).unwrap();
        assert_eq!(body["prompt"], "three cats, 9:16");
        assert_eq!((&body["size"], body.get("image")), (&json!("2K"), None));
        assert_eq!(picture("seedream-5-0-260128", &Order::default()), None);
    }

    #[test]
    fn a_model_is_told_by_its_name() {
        for (model, expected) in [
            ("doubao-seedream-5-0-260128", true),
            ("seedream-4-0-250828", true),
            ("doubao-seedance-2-5-260628", false),
            ("ep-20260101-abcde", false),
        ] {
            assert_eq!(makes_pictures(model), expected, "{model}");
        }
    }
}
