//! Reading a request's JSON fields: `null` is the same as absent (the official SDK sends every field, most of them
//! null), a field of another type is refused, and so is one that the documents don't know.

use super::error::ArkError;
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// The fields of one object. `path` stands before their names in refusals.
pub(crate) struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: String,
}

impl<'a> Fields<'a> {
    /// The body itself.
    pub(crate) fn of_body(body: Option<&'a Value>) -> Result<Self, ArkError> {
        let map = body.and_then(Value::as_object);
        let map = map.ok_or_else(|| ArkError::invalid("body", "it is not a JSON object"))?;
        Ok(Self {
            map,
            path: String::new(),
        })
    }

    /// An object within it.
    pub(crate) fn of(value: &'a Value, path: &str) -> Result<Self, ArkError> {
        let map = value
            .as_object()
            .ok_or_else(|| ArkError::invalid(path, "it is not an object"))?;
        Ok(Self {
            map,
            path: format!("{path}."),
        })
    }

    /// A field that is there and not `null`.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    /// Refuses what is none of these.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), ArkError> {
        let mut names = self.map.keys();
        match names.find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => Err(self.invalid(name, "it is not known")),
        }
    }

    /// A text.
    ///
    /// # Errors
    /// It is of another type.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&'a str>, ArkError> {
        let read = |value: &'a Value| {
            value
                .as_str()
                .ok_or_else(|| self.invalid(name, "it is not a string"))
        };
        self.get(name).map(read).transpose()
    }

    /// A text that has to be there and not empty.
    pub(crate) fn needed(&self, name: &str) -> Result<&'a str, ArkError> {
        self.text(name)?
            .filter(|text| !text.is_empty())
            .ok_or_else(|| ArkError::missing(&format!("{}{name}", self.path)))
    }

    /// One of some texts.
    pub(crate) fn choice(&self, name: &str, choices: &[&str]) -> Result<Option<&'a str>, ArkError> {
        match self.text(name)? {
            Some(text) if !choices.contains(&text) => {
                Err(self.invalid(name, &format!("it is none of {}", choices.join(", "))))
            }
            text => Ok(text),
        }
    }

    /// True or false.
    ///
    /// # Errors
    /// It is of another type.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, ArkError> {
        let read = |value: &Value| {
            value
                .as_bool()
                .ok_or_else(|| self.invalid(name, "it is not a boolean"))
        };
        self.get(name).map(read).transpose()
    }

    /// A whole number in a range.
    ///
    /// # Errors
    /// It is of another type, or outside.
    pub(crate) fn whole(
        &self,
        name: &str,
        range: RangeInclusive<i64>,
    ) -> Result<Option<i64>, ArkError> {
        let read = |value: &Value| {
            let number = value
                .as_i64()
                .ok_or_else(|| self.invalid(name, "it is not an integer"))?;
            if range.contains(&number) {
                return Ok(number);
            }
            let (least, most) = (range.start(), range.end());
            Err(self.invalid(name, &format!("it must be within [{least}, {most}]")))
        };
        self.get(name).map(read).transpose()
    }

    /// The objects of an array, with where each of them stands.
    pub(crate) fn items(&self, name: &str) -> Result<Vec<(String, &'a Value)>, ArkError> {
        let Some(value) = self.get(name) else {
            return Err(ArkError::missing(&format!("{}{name}", self.path)));
        };
        let items = value
            .as_array()
            .ok_or_else(|| self.invalid(name, "it is not an array"))?;
        let numbered = items.iter().enumerate();
        Ok(numbered
            .map(|(index, item)| (format!("{}{name}[{index}]", self.path), item))
            .collect())
    }

    /// A refusal that names the field with its path.
    pub(crate) fn invalid(&self, name: &str, why: &str) -> ArkError {
        ArkError::invalid(&format!("{}{name}", self.path), why)
    }
}
