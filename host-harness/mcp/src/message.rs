//! From a line of the client to a message of the protocol. What can be read is read, half a character included; what can't
//! be is answered, under its id where that can be told: who gets no answer waits for its own time-out, and asks again.

use std::borrow::Cow;

use rmcp::RoleServer;
use rmcp::model::{ErrorData, RequestId};
use rmcp::service::RxJsonRpcMessage;
use serde_json::Value;

use crate::envelope::{Answer, Envelope};

/// What a line is.
pub(crate) enum Read {
    Message(Box<RxJsonRpcMessage<RoleServer>>),
    /// No message: the error to answer with.
    Refused(Option<RequestId>, ErrorData),
    /// Nothing that wants an answer.
    Nothing,
}

/// Reads one line, without its end.
pub(crate) fn read(line: &[u8]) -> Read {
    // Windows' line ends, and the mark that its shells put in front of a text.
    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
    let text = String::from_utf8_lossy(line.trim_ascii());
    if text.is_empty() {
        return Read::Nothing;
    }
    match serde_json::from_str::<Value>(&whole_characters(&text)) {
        Ok(value) => message(value, line),
        Err(error) => {
            let text = format!("The message is not JSON: {error}.");
            refused(line, ErrorData::parse_error(text, None))
        }
    }
}

/// JSON as a message of the protocol. A method that isn't known is one, and is answered elsewhere.
fn message(value: Value, line: &[u8]) -> Read {
    let is_request = value["jsonrpc"] == "2.0" && value["method"].is_string();
    match serde_json::from_value(value) {
        Ok(message) => Read::Message(Box::new(message)),
        Err(_) if is_request => refused(
            line,
            ErrorData::invalid_params("These parameters are not what the method takes.", None),
        ),
        Err(_) => refused(
            line,
            ErrorData::invalid_request("That is no request of JSON-RPC 2.0.", None),
        ),
    }
}

/// The error under the id of the line, where it has one that can be read.
fn refused(line: &[u8], error: ErrorData) -> Read {
    let mut envelope = Envelope::default();
    line.iter().for_each(|byte| envelope.read(*byte));
    match envelope.answer() {
        Answer::Error(id) => Read::Refused(id, error),
        Answer::Nothing => Read::Nothing,
    }
}

/// A JSON text in which half a surrogate pair, as a client in JavaScript leaves it where it cuts a text, is U+FFFD, as
/// everywhere else. A whole pair, and an escaped backslash before a `u`, stay.
fn whole_characters(text: &str) -> Cow<'_, str> {
    let mut mended: Option<String> = None;
    let (mut at, mut copied) = (0, 0);
    while let Some(found) = text[at..].find('\\') {
        let escape = at + found;
        let Some(unit) = code_unit(text, escape) else {
            // Another escape has one character behind its backslash, of whatever length.
            let behind = text[escape + 1..].chars().next();
            at = escape + 1 + behind.map_or(0, char::len_utf8);
            continue;
        };
        at = escape + UNIT_BYTES;
        let pairs =
            matches!(unit, 0xD800..=0xDBFF) && matches!(code_unit(text, at), Some(0xDC00..=0xDFFF));
        if pairs {
            at += UNIT_BYTES;
        } else if matches!(unit, 0xD800..=0xDFFF) {
            let mended = mended.get_or_insert_default();
            mended.push_str(&text[copied..escape]);
            mended.push(char::REPLACEMENT_CHARACTER);
            copied = at;
        }
    }
    match mended {
        Some(mut mended) => {
            mended.push_str(&text[copied..]);
            Cow::Owned(mended)
        }
        None => Cow::Borrowed(text),
    }
}

/// `\uXXXX`.
const UNIT_BYTES: usize = 6;

/// The UTF-16 code unit that is escaped here.
fn code_unit(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + UNIT_BYTES)?.strip_prefix("\\u")?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex
        .then(|| u16::from_str_radix(digits, 16).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use rmcp::model::ErrorCode;

    use super::*;

    #[test]
    fn half_a_character_is_replaced_and_everything_else_stays() {
        for (text, read) in [
            (r#""a cat \ud83d""#, "a cat \u{fffd}"),
            (
                r#""\uDE00 \ud83d\ude00 \ud83d\ud83d\ude00""#,
                "\u{fffd} 😀 \u{fffd}😀",
            ),
            (
                r#""\ud83d\n\\ud83d \\\ud83d""#,
                "\u{fffd}\n\\ud83d \\\u{fffd}",
            ),
            (r#""猫\ud83d猫 \u732b""#, "猫\u{fffd}猫 猫"),
        ] {
            let mended = whole_characters(text);
            assert_eq!(serde_json::from_str::<String>(&mended).unwrap(), read);
        }
        for text in ["", "\\", "\\u", "\\ud83", "\\ud83d", "\\猫", "\"\\ud83d\\"] {
            let _ = whole_characters(text);
        }
        assert!(matches!(whole_characters("no escape"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_cannot_be_read_is_answered_under_its_id_and_by_its_code() {
        let seven = || Some(RequestId::Number(7));
        for (line, id, code) in [
            (
                r#"{"jsonrpc":"2.0","id":7,"method":"ping","params":NaN}"#,
                seven(),
                ErrorCode::PARSE_ERROR,
            ),
            ("not json", None, ErrorCode::PARSE_ERROR),
            ("[]", None, ErrorCode::INVALID_REQUEST),
            ("{}", None, ErrorCode::INVALID_REQUEST),
            (
                r#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#,
                seven(),
                ErrorCode::INVALID_REQUEST,
            ),
        ] {
            let Read::Refused(found, error) = read(line.as_bytes()) else {
                panic!("{line}")
            };
            assert_eq!((found, error.code), (id, code), "{line}");
        }
    }

    #[test]
    fn nobody_is_answered_for_an_answer_a_notification_or_an_empty_line() {
        for line in [
            "",
            "\r",
            "\u{feff}",
            r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"x"}}"#,
            r#"{"jsonrpc":"2.0","id":7,"result":7,"error":7}"#,
            r#"{"jsonrpc":"1.0","method":"notifications/x"}"#,
        ] {
            assert!(
                !matches!(read(line.as_bytes()), Read::Refused(..)),
                "{line}"
            );
        }
        let bytes = b"\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}\r";
        assert!(matches!(read(bytes), Read::Message(_)));
    }
}
