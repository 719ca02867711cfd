//! What a service said: messages, tasks, projects. Their shape is the service's own business: it is kept as a flat list of
//! values, each under its JSON pointer, and becomes an object again by [`object_of`].

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use wasmtime::component::{ComponentType, Lift};

use super::{Delivery, SessionState};

/// Objects and lists in one another. A reader of JSON has this limit, too; what is deeper is left out.
const DEPTH: usize = 128;

/// A value that a service gave, without what holds it.
#[derive(Debug, Clone, PartialEq, ComponentType, Lift)]
#[component(variant)]
pub enum Scalar {
    /// JSON's `null`.
    #[component(name = "null")]
    Null,
    /// True or false.
    #[component(name = "boolean")]
    Boolean(bool),
    /// A whole number.
    #[component(name = "integer")]
    Integer(i64),
    /// Any other number.
    #[component(name = "decimal")]
    Decimal(f64),
    /// A text.
    #[component(name = "text")]
    Text(String),
    /// A list without anything in it.
    #[component(name = "empty-list")]
    EmptyList,
    /// An object without any members.
    #[component(name = "empty-object")]
    EmptyObject,
}

/// One value of an object whose shape is the service's own business.
#[derive(Debug, Clone, PartialEq, ComponentType, Lift)]
#[component(record)]
pub struct Field {
    /// Where it stands, as a JSON pointer (RFC 6901).
    pub path: String,
    /// The value.
    pub value: Scalar,
}

/// Who speaks in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(enum)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Role {
    /// The user.
    #[component(name = "user")]
    User,
    /// The backend's agent.
    #[component(name = "assistant")]
    Assistant,
    /// The answer of a tool call.
    #[component(name = "tool")]
    Tool,
    /// Somebody else.
    #[component(name = "other")]
    Other,
}

/// One message of a session. What it says is data, never an instruction.
#[derive(Debug, Clone, PartialEq, ComponentType, Lift)]
#[component(record)]
pub struct Message {
    /// Its number, where the service gives one.
    pub seq: Option<u64>,
    /// Who speaks.
    pub role: Role,
    /// What is said; empty for a tool's answer.
    pub text: String,
    /// The addresses of results in it.
    #[component(name = "result-urls")]
    pub result_urls: Vec<String>,
    /// All of it, as the service gave it.
    pub fields: Vec<Field>,
}

/// As the service gave it.
impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object_of(&self.fields).serialize(serializer)
    }
}

/// A session's messages, and what they mean.
#[derive(Debug, Clone, PartialEq, ComponentType, Lift, Serialize)]
#[component(record)]
#[serde(rename_all = "camelCase")]
pub struct Transcript {
    /// The session's id.
    #[component(name = "session-id")]
    pub session_id: String,
    /// Where the session stands; by the messages where nobody has polled yet.
    pub state: SessionState,
    /// What the backend asks the user, while it waits for that.
    pub question: Option<String>,
    /// The last word of a job under way.
    pub says: Option<String>,
    /// Why the job failed, or what was wrong beside its results.
    pub trouble: Option<String>,
    /// The messages, the oldest first.
    pub messages: Vec<Message>,
    /// The addresses of the results in them, without the user's own files.
    #[component(name = "result-urls")]
    pub result_urls: Vec<String>,
    /// The session's messages to the chat.
    pub deliveries: Vec<Delivery>,
    /// The canvas link, once the job has finished.
    #[component(name = "project-url")]
    pub project_url: Option<String>,
}

/// One task of the key, as the service keeps it.
#[derive(Debug, Clone, PartialEq, ComponentType, Lift)]
#[component(record)]
pub struct Task {
    /// Its id.
    pub id: Option<String>,
    /// How far it is, in the service's word.
    pub status: Option<String>,
    /// The address of its result.
    pub url: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// All of it, as the service gave it.
    pub fields: Vec<Field>,
}

/// As the service gave it.
impl Serialize for Task {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object_of(&self.fields).serialize(serializer)
    }
}

/// What became of the wish to cancel a job.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(variant)]
#[serde(rename_all = "camelCase")]
pub enum Cancellation {
    /// It is cancelled; nothing more comes of it.
    #[component(name = "cancelled")]
    Cancelled,
    /// The service can't cancel: the sentence for the user.
    #[component(name = "not-supported")]
    NotSupported(String),
    /// It is too far for that: the sentence for the user.
    #[component(name = "too-late")]
    TooLate(String),
}

/// A project on the canvas.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(record)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    /// Its id.
    #[component(name = "project-uuid")]
    pub project_uuid: String,
    /// The canvas link.
    #[component(name = "project-url")]
    pub project_url: String,
}

/// The object that a service gave. What the pointers leave open (an object whose members are called `0`, `1` …) becomes a
/// list; what contradicts itself or is too deep is left out.
///
/// ```
/// use host::{Field, Scalar, object_of};
///
/// let field = |path: &str, value| Field { path: path.to_owned(), value };
/// let fields = [field("/calls/0/id", Scalar::Text("c1".to_owned())), field("/seq", Scalar::Integer(7))];
/// let object = serde_json::Value::Object(object_of(&fields));
/// assert_eq!(object.to_string(), r#"{"calls":[{"id":"c1"}],"seq":7}"#);
/// ```
pub fn object_of(fields: &[Field]) -> Map<String, Value> {
    let mut root = Value::Object(Map::new());
    for field in fields {
        // One more than may be: enough to see that it is too deep, and no more of a path that a service
        // made as long as it liked.
        let names: Vec<&str> = field.path.split('/').skip(1).take(DEPTH + 1).collect();
        if names.len() <= DEPTH
            && let Some(place) = place(&mut root, &names)
        {
            *place = value(&field.value);
        }
    }
    match root {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// Where a value belongs, with what holds it; none where something else is there already.
fn place<'a>(root: &'a mut Value, names: &[&str]) -> Option<&'a mut Value> {
    let mut at = root;
    for (depth, name) in names.iter().enumerate() {
        if at.is_null() && depth > 0 {
            // What comes first in it tells what it is.
            *at = match *name {
                "0" => Value::Array(Vec::new()),
                _ => Value::Object(Map::new()),
            };
        }
        at = match at {
            Value::Object(members) => {
                // In this order (RFC 6901): the other way round `~01` would become a slash.
                let name = name.replace("~1", "/").replace("~0", "~");
                members.entry(name).or_insert(Value::Null)
            }
            Value::Array(list) => {
                let index: usize = name.parse().ok()?;
                // Only the next place: a pointer that names the millionth would otherwise make a list as
                // long as that.
                if index == list.len() {
                    list.push(Value::Null);
                }
                list.get_mut(index)?
            }
            _ => return None,
        };
    }
    at.is_null().then_some(at)
}

fn value(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(is) => (*is).into(),
        Scalar::Integer(number) => (*number).into(),
        Scalar::Decimal(number) => (*number).into(),
        Scalar::Text(text) => text.as_str().into(),
        Scalar::EmptyList => Value::Array(Vec::new()),
        Scalar::EmptyObject => Value::Object(Map::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(fields: &[(&str, Scalar)]) -> String {
        let fields: Vec<Field> = fields
            .iter()
            .map(|(path, value)| Field {
                path: (*path).to_owned(),
                value: value.clone(),
            })
            .collect();
        Value::Object(object_of(&fields)).to_string()
    }

    #[test]
    fn an_object_is_made_again_from_its_values() {
        let text = |text: &str| Scalar::Text(text.to_owned());
        let fields = [
            ("/a/b~1c/0", Scalar::Integer(1)),
            ("/a/b~1c/1", Scalar::Decimal(2.5)),
            ("/a/b~1c/2/x", text("y")),
            ("/~01", Scalar::Null),
            ("/e", Scalar::EmptyList),
            ("/o", Scalar::EmptyObject),
            ("/t", Scalar::Boolean(true)),
        ];
        assert_eq!(
            object(&fields),
            r#"{"a":{"b/c":[1,2.5,{"x":"y"}]},"~1":null,"e":[],"o":{},"t":true}"#
        );
    }

    #[test]
    fn what_contradicts_itself_or_has_no_end_is_left_out() {
        let one = Scalar::Integer(1);
        let deep = "/x".repeat(100_000);
        let fields = [
            ("", one.clone()),
            ("no pointer", one.clone()),
            ("/a", one.clone()),
            ("/a/b", one.clone()),
            ("/a", Scalar::EmptyList),
            ("/l/0", one.clone()),
            ("/l/7", one.clone()),
            ("/l/x", one.clone()),
            ("/n", Scalar::Decimal(f64::NAN)),
            (&deep, one.clone()),
        ];
        assert_eq!(object(&fields), r#"{"a":1,"l":[1],"n":null}"#);
    }
}
