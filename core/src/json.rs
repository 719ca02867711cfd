//! JSON in and out: text to values and back, and the types of the records to values and back.
//!
//! The records are read by hand and not by serde's derive: its readers, one for each type, would be a tenth of the
//! component. One parser and one writer for the same reason: serde_json's are made anew for each kind of input.

mod repair;

use serde_json::{Map, Value};

/// Reads JSON; `None` when it is none.
#[must_use]
pub fn parse(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok()
}

/// Reads what a service calls JSON. What keeps it from being some, such as half a character, a number that is none or bytes
/// of another encoding, is replaced, so that nothing is lost for what stands beside it; `None` when there is no sense in it.
#[must_use]
pub fn foreign(bytes: &[u8]) -> Option<Value> {
    // The strict reading first: a repair must not touch what is right.
    parse(bytes)
        .or_else(|| parse(&repair::repaired(bytes, false)))
        // The wide reading last, since in UTF-8 it would take a good character with a bad one.
        .or_else(|| parse(&repair::repaired(bytes, true)))
}

/// Writes JSON, in one line.
#[must_use]
pub fn text(value: &Value) -> String {
    // It can't fail: a `Value` has no keys but texts. Empty is better than a panic if that should change.
    serde_json::to_string(value).unwrap_or_default()
}

/// What can stand in a record.
pub trait Stored {
    /// As it is written.
    fn to_json(&self) -> Value;

    /// As it was written; `None` when it is anything else. What is missing is read as `null`.
    fn from_json(value: &Value) -> Option<Self>
    where
        Self: Sized;
}

/// An object with these members, in this order; those that are `None` are left out.
#[must_use]
pub fn object(members: &[(&str, Option<&dyn Stored>)]) -> Value {
    let written = members.iter().filter_map(|(name, member)| {
        let member = (*member)?.to_json();
        Some(((*name).to_owned(), member))
    });
    Value::Object(written.collect::<Map<_, _>>())
}

/// A member of an object.
#[must_use]
pub fn member<T: Stored>(object: &Value, name: &str) -> Option<T> {
    let members = object.as_object()?;
    T::from_json(members.get(name).unwrap_or(&Value::Null))
}

/// The one of these that has the name.
#[must_use]
pub fn named<T: Copy>(value: &Value, all: &[T], name: fn(T) -> &'static str) -> Option<T> {
    let wanted = value.as_str()?;
    all.iter().copied().find(|one| name(*one) == wanted)
}

impl Stored for String {
    fn to_json(&self) -> Value {
        Value::String(self.clone())
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
}

impl Stored for u64 {
    fn to_json(&self) -> Value {
        Value::from(*self)
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_u64()
    }
}

impl Stored for u32 {
    fn to_json(&self) -> Value {
        Value::from(*self)
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_u64()?.try_into().ok()
    }
}

impl Stored for usize {
    fn to_json(&self) -> Value {
        Value::from(*self)
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_u64()?.try_into().ok()
    }
}

impl Stored for bool {
    fn to_json(&self) -> Value {
        Value::Bool(*self)
    }

    /// One that is missing is false: the record is older than the member.
    fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(false),
            other => other.as_bool(),
        }
    }
}

impl<T: Stored> Stored for Option<T> {
    fn to_json(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_json)
    }

    fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            other => T::from_json(other).map(Some),
        }
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn to_json(&self) -> Value {
        Value::Array(self.iter().map(T::to_json).collect())
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_array()?.iter().map(T::from_json).collect()
    }
}

/// Makes a struct one of the [`Stored`]: an object with these members. One with a default, `member = 0`, is left out when
/// it has that value, and has it when it is missing; `member as "name"` is called otherwise in records.
macro_rules! stored {
    ($type:ident { $($member:ident $(as $name:literal)? $(= $default:expr)?),+ $(,)? }) => {
        impl $crate::json::Stored for $type {
            fn to_json(&self) -> serde_json::Value {
                $crate::json::object(&[$(
                    ($crate::json::stored!(@name $member $(, $name)?), $crate::json::stored!(@write self.$member $(, $default)?))
                ),+])
            }

            fn from_json(value: &serde_json::Value) -> Option<Self> {
                Some(Self {
                    $($member: $crate::json::stored!(@read value, $crate::json::stored!(@name $member $(, $name)?) $(, $default)?)),+
                })
            }
        }
    };
    (@name $member:ident) => { stringify!($member) };
    (@name $member:ident, $name:literal) => { $name };
    (@write $member:expr) => { Some(&$member) };
    (@write $member:expr, $default:expr) => {
        ($member != $default).then_some(&$member as &dyn $crate::json::Stored)
    };
    (@read $object:ident, $name:expr) => {
        $crate::json::member($object, $name)?
    };
    (@read $object:ident, $name:expr, $default:expr) => {
        $crate::json::member::<Option<_>>($object, $name)?.unwrap_or($default)
    };
}
pub(crate) use stored;

/// Makes an enum of plain variants one of the [`Stored`]: the text that its `name` gives.
macro_rules! stored_by_name {
    ($type:ident { $($variant:ident),+ $(,)? }) => {
        impl $crate::json::Stored for $type {
            fn to_json(&self) -> serde_json::Value {
                self.name().into()
            }

            fn from_json(value: &serde_json::Value) -> Option<Self> {
                $crate::json::named(value, &[$(Self::$variant),+], Self::name)
            }
        }
    };
}
pub(crate) use stored_by_name;

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
