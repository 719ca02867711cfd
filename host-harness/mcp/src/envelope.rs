//! What a message is that can't be read, or is too long to be kept: whether it wants an answer, and under which id. Reads a
//! byte at a time and keeps two short texts. Not here: messages that can be read (`message.rs`).

use rmcp::model::RequestId;

/// A key or an id in its JSON form. Clients count, or take a UUID.
const TOKEN_BYTES: usize = 256;

/// The members `id` and `method` of one JSON object, as it comes by.
#[derive(Default)]
pub(crate) struct Envelope {
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// The key or value at hand, of the outermost object; what it holds is left out.
    token: Vec<u8>,
    key: Vec<u8>,
    id: Id,
    has_method: bool,
    /// Whether it brings a result or an error: an answer to an answer would be answered in turn.
    is_response: bool,
}

/// What stands under `id`.
#[derive(Default)]
enum Id {
    #[default]
    None,
    /// One that can't be given back.
    Odd,
    Good(RequestId),
}

/// How to answer a message that was not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Under its id; without one when the id can't be read.
    Error(Option<RequestId>),
    /// It is a notification or a response: the protocol answers neither.
    Nothing,
}

impl Envelope {
    /// Takes the message's next byte, whatever it is: nothing in it can fail.
    pub(crate) fn read(&mut self, byte: u8) {
        if self.in_string {
            self.keep(byte);
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => {
                self.in_string = true;
                self.keep(byte);
            }
            b'{' | b'[' => {
                // As a value, something that is no id.
                self.keep(byte);
                self.depth += 1;
            }
            b'}' | b']' => {
                if self.depth == 1 {
                    self.end_member();
                }
                // A message may close more than it opened: it is damaged, and is to be answered all the same.
                self.depth = self.depth.saturating_sub(1);
            }
            b':' if self.depth == 1 => self.key = std::mem::take(&mut self.token),
            b',' if self.depth == 1 => self.end_member(),
            _ if byte.is_ascii_whitespace() => {}
            _ => self.keep(byte),
        }
    }

    /// At the message's end.
    pub(crate) fn answer(mut self) -> Answer {
        // A message that ends too early is a request all the same. Its id, cut, would be another one.
        match self.key.as_slice() {
            b"\"method\"" => self.has_method = true,
            b"\"id\"" => self.id = Id::Odd,
            _ => {}
        }
        match (self.has_method, self.id) {
            (false, Id::None) if self.is_response => Answer::Nothing,
            (true, Id::Good(id)) => Answer::Error(Some(id)),
            (true, Id::None) | (false, Id::Good(_) | Id::Odd) => Answer::Nothing,
            (true, Id::Odd) | (false, Id::None) => Answer::Error(None),
        }
    }

    /// Keeps a byte of the token at hand, up to the length that an id may have.
    fn keep(&mut self, byte: u8) {
        // A token with one byte too many is none.
        if self.depth == 1 && self.token.len() <= TOKEN_BYTES {
            self.token.push(byte);
        }
    }

    /// Takes a member of the outermost object, once its value has come by.
    fn end_member(&mut self) {
        let value = std::mem::take(&mut self.token);
        match std::mem::take(&mut self.key).as_slice() {
            b"\"id\"" => {
                let fits = value.len() <= TOKEN_BYTES;
                let id = serde_json::from_slice(&value).ok().filter(|_| fits);
                self.id = id.map_or(Id::Odd, Id::Good);
            }
            b"\"method\"" => self.has_method = true,
            b"\"result\"" | b"\"error\"" => self.is_response = true,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Answer {
        let mut envelope = Envelope::default();
        text.bytes().for_each(|byte| envelope.read(byte));
        envelope.answer()
    }

    #[test]
    fn a_request_is_answered_under_its_id_wherever_that_stands() {
        let seven = || Answer::Error(Some(RequestId::Number(7)));
        for text in [
            r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#,
            r#"{"method":"x","params":{"id":8,"a":[{"id":9}],"t":"\"id\":1,}"},"jsonrpc":"2.0","id":7}"#,
            " { \"id\" : 7 ,\t\"params\" : [ ] , \"method\" : \"x\" } ",
            r#"{"id":7.0,"method":"x"}"#,
            r#"{"id":7,"method":"x"#,
        ] {
            assert_eq!(answer(text), seven(), "{text}");
        }
        let named = Answer::Error(Some(RequestId::String("a\"}\\".into())));
        assert_eq!(answer(r#"{"method":"x","id":"a\"}\\"}"#), named);
    }

    #[test]
    fn an_id_that_cannot_be_given_back_leaves_the_answer_without_one() {
        let long = format!(r#"{{"method":"x","id":"{}"}}"#, "x".repeat(TOKEN_BYTES));
        for text in [
            r#"{"method":"x","id":null}"#,
            r#"{"method":"x","id":{"id":7}}"#,
            r#"{"method":"x","id":[7]}"#,
            r#"{"method":"x","id":1.5}"#,
            r#"{"method":"x","id":7"#,
            "no message at all",
            r#"[{"id":7,"method":"x"}]"#,
            "}}]],,::",
            "",
            &long,
        ] {
            assert_eq!(answer(text), Answer::Error(None), "{text}");
        }
    }

    #[test]
    fn notifications_and_responses_are_not_answered() {
        for text in [
            r#"{"jsonrpc":"2.0","method":"notifications/x","params":{"id":7}}"#,
            r#"{"jsonrpc":"2.0","id":7,"result":{"method":"x"}}"#,
            r#"{"id":null,"error":{}}"#,
            r#"{"jsonrpc":"2.0","error":{}}"#,
        ] {
            assert_eq!(answer(text), Answer::Nothing, "{text}");
        }
    }
}
