//! A client that can do what a good one never does: it writes bytes and reads bytes.

use serde_json::Value;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Generous: it only ends a test that would hang otherwise.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body has as many bytes as the headers said.
    pub fn is_whole(&self) -> bool {
        self.header("content-length")
            .and_then(|len| len.parse().ok())
            == Some(self.body.len())
    }
}

pub fn parse(bytes: &[u8]) -> io::Result<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "no answer"))?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default()[9..12]
        .parse()
        .expect("a status");
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    Ok(Answer {
        status,
        headers,
        body: bytes[end + 4..].to_vec(),
    })
}

/// Sends exactly this and reads to the end of the connection.
pub fn raw(address: SocketAddr, request: &[u8]) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request)?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    parse(&bytes)
}

/// A well-formed request with a body of known length.
pub fn send(
    address: SocketAddr,
    line: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Answer> {
    let mut request = format!("{line} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n");
    if !body.is_empty() {
        request += &format!("content-length: {}\r\n", body.len());
    }
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    raw(address, &[request.as_bytes(), b"\r\n", body].concat())
}

pub struct FilePart<'a> {
    pub name: &'a str,
    /// Everything behind the part's name: file name and content type, or nothing.
    pub rest: &'a str,
    pub content: &'a [u8],
}

pub const FORM: (&str, &str) = ("content-type", "multipart/form-data; boundary=XX");

pub fn form(fields: &[(&str, &str)], file: &FilePart<'_>) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part =
            format!("--XX\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.as_bytes());
    }
    let head = format!(
        "--XX\r\ncontent-disposition: form-data; name=\"{}\"{}\r\n\r\n",
        file.name, file.rest
    );
    body.extend(head.as_bytes());
    body.extend(file.content);
    body.extend(b"\r\n--XX--\r\n");
    body
}
