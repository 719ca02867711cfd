//! Parameters of calls, for services that take them from the query, a form and JSON alike. The query comes first, then
//! the body in its order; of several with one name the first counts.

use crate::record::{Body, Part, Recorded, percent_decode};
use serde_json::Value;

/// All parameters of a request, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(Vec<(String, Value)>);

impl Params {
    pub(crate) fn read(request: &Recorded) -> Self {
        let mut found = Vec::new();
        pairs(request.query.as_deref().unwrap_or(""), &mut found);
        match &request.body {
            Body::Json(Value::Object(fields)) => {
                found.extend(
                    fields
                        .iter()
                        .map(|(name, value)| (name.clone(), value.clone())),
                );
            }
            Body::Text(text) => pairs(text, &mut found),
            Body::Form { parts, .. } => {
                let fields = parts.iter().filter(|part| part.file_name.is_none());
                found.extend(
                    fields.filter_map(|part: &Part| Some((part.name.clone(), part.text()?.into()))),
                );
            }
            _ => {}
        }
        Self(found)
    }

    fn get(&self, name: &str) -> Option<&Value> {
        let value = self
            .0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value);
        value.filter(|value| !value.is_null())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// How often a parameter was given.
    pub(crate) fn times(&self, name: &str) -> usize {
        self.0.iter().filter(|(known, _)| known == name).count()
    }

    /// A text, or a number or truth value as text. Empty counts as absent.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let text = match self.get(name)? {
            Value::String(text) => text.clone(),
            value @ (Value::Number(_) | Value::Bool(_)) => value.to_string(),
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.trim().parse().ok()
    }

    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.text(name)
            .is_some_and(|text| matches!(text.as_str(), "true" | "True" | "1"))
    }

    /// A structure, or a text that holds one.
    pub(crate) fn json(&self, name: &str) -> Option<Value> {
        match self.get(name)? {
            Value::String(text) => serde_json::from_str(text).ok(),
            value => Some(value.clone()),
        }
    }
}

fn pairs(text: &str, found: &mut Vec<(String, Value)>) {
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        found.push((
            percent_decode(name, true),
            percent_decode(value, true).into(),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_name_counts() {
        let mut found = Vec::new();
        pairs("a=1&b=%7B%22c%22%3A2%7D&a=3&d", &mut found);
        let params = Params(found);
        assert_eq!(
            (
                params.text("a").as_deref(),
                params.number("a"),
                params.times("a")
            ),
            (Some("1"), Some(1), 2)
        );
        assert_eq!(params.json("b").unwrap()["c"], 2);
        assert_eq!(
            (params.text("d"), params.has("d"), params.has("e")),
            (None, true, false)
        );
    }
}
