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

/// What can be written as JSON.
pub trait Written {
    /// As it is written.
    fn to_json(&self) -> Value;
}

/// What can stand in a record.
pub trait Stored: Written {
    /// As it was written; `None` when it is anything else. What is missing is read as `null`.
    fn from_json(value: &Value) -> Option<Self>
    where
        Self: Sized;
}

/// An object with these members, in this order; those that are `None` are left out. There are as many as names.
#[must_use]
pub fn object_of(names: &[&str], members: &[Option<&dyn Written>]) -> Value {
    let mut written = Map::with_capacity(names.len());
    for (name, member) in names.iter().zip(members) {
        if let Some(member) = member {
            written.insert((*name).to_owned(), member.to_json());
        }
    }
    Value::Object(written)
}

/// An object: `object! {"name": value}`, where a value is whatever is [`Written`], objects included.
///
/// Not serde_json's `json!`, which copies its way of writing a member into each place: 20 KB in all. Here a member is two
/// addresses, and one function writes them.
macro_rules! object {
    ($($name:literal: $value:expr),* $(,)?) => {
        $crate::json::object_of(&[$($name),*], &[$(Some(&$value)),*])
    };
}
pub(crate) use object;

/// An object of members that may be missing: each value is an `Option` of a reference, and `None` leaves the member out.
macro_rules! object_of_some {
    ($($name:literal: $value:expr),* $(,)?) => {
        $crate::json::object_of(&[$($name),*], &[$($value),*])
    };
}
pub(crate) use object_of_some;

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

impl<T: Written + ?Sized> Written for &T {
    fn to_json(&self) -> Value {
        (**self).to_json()
    }
}

impl Written for Value {
    fn to_json(&self) -> Value {
        self.clone()
    }
}

impl Written for str {
    fn to_json(&self) -> Value {
        Value::String(self.to_owned())
    }
}

impl Written for String {
    fn to_json(&self) -> Value {
        self.as_str().to_json()
    }
}

impl Written for i32 {
    fn to_json(&self) -> Value {
        Value::from(*self)
    }
}

impl Stored for String {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
}

impl Written for u64 {
    fn to_json(&self) -> Value {
        Value::from(*self)
    }
}

impl Stored for u64 {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_u64()
    }
}

impl Written for u32 {
    fn to_json(&self) -> Value {
        Value::from(*self)
    }
}

impl Stored for u32 {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_u64()?.try_into().ok()
    }
}

impl Written for usize {
    fn to_json(&self) -> Value {
        Value::from(*self)
    }
}

impl Stored for usize {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_u64()?.try_into().ok()
    }
}

impl Written for bool {
    fn to_json(&self) -> Value {
        Value::Bool(*self)
    }
}

impl Stored for bool {
    /// One that is missing is false: the record is older than the member.
    fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(false),
            other => other.as_bool(),
        }
    }
}

impl<T: Written> Written for Option<T> {
    fn to_json(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_json)
    }
}

impl<T: Stored> Stored for Option<T> {
    fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            other => T::from_json(other).map(Some),
        }
    }
}

impl<T: Written> Written for [T] {
    fn to_json(&self) -> Value {
        Value::Array(self.iter().map(T::to_json).collect())
    }
}

impl<T: Written, const N: usize> Written for [T; N] {
    fn to_json(&self) -> Value {
        self.as_slice().to_json()
    }
}

impl<T: Written> Written for Vec<T> {
    fn to_json(&self) -> Value {
        self.as_slice().to_json()
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn from_json(value: &Value) -> Option<Self> {
        value.as_array()?.iter().map(T::from_json).collect()
    }
}

/// Makes a struct one of the [`Stored`]: an object with these members. One with a default, `member = 0`, is left out when
/// it has that value, and has it when it is missing; `member as "name"` is called otherwise in records.
macro_rules! stored {
    ($type:ident { $($member:ident $(as $name:literal)? $(= $default:expr)?),+ $(,)? }) => {
        impl $crate::json::Written for $type {
            fn to_json(&self) -> serde_json::Value {
                $crate::json::object_of(
                    &[$($crate::json::stored!(@name $member $(, $name)?)),+],
                    &[$($crate::json::stored!(@write self.$member $(, $default)?)),+],
                )
            }
        }

        impl $crate::json::Stored for $type {
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
        ($member != $default).then_some(&$member as &dyn $crate::json::Written)
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
        impl $crate::json::Written for $type {
            fn to_json(&self) -> serde_json::Value {
                self.name().into()
            }
        }

        impl $crate::json::Stored for $type {
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
