//! What is asked for: the user's words as they are, and what they leave open left to the model.

use serde_json::{Value, json};

use super::super::{Choices, Order};
use super::lost::{SHORTEST_LIFE_S, Trace};

/// The ratios that a clip may have.
const RATIOS: [&str; 6] = ["16:9", "4:3", "1:1", "3:4", "9:16", "21:9"];

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
    let mut body = json!({
        "model": model,
        "content": [{"type": "text", "text": order.words.unwrap_or_default()}],
        // Both are what is refused least: an edit demands them, and a first frame the former.
        "ratio": ratio.as_deref().unwrap_or("adaptive"),
        "duration": -1,
        "execution_expires_after": expires_s.unwrap_or(SHORTEST_LIFE_S),
    });
    if let Some(resolution) = &choices.resolution {
        body["resolution"] = resolution.as_str().into();
    }
    body
}
