//! WASI in short: what several attacks need. Every error is its typed name as text, for the test to compare.

use std::fmt::Debug;

use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    Fields, FutureIncomingResponse, IncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme,
};

/// Where the gateway is, unless the environment leads elsewhere.
const GATEWAY: &str = "https://seedance.nexu.io";

/// An error by its name: `not-permitted`, `HttpRequestDenied`.
pub fn name(error: impl Debug) -> String {
    let text = format!("{error:?}");
    // What WIT calls an enum is shown as `ErrorCode { code, name, message }`.
    let named = text
        .split_once("name: \"")
        .and_then(|(_, rest)| rest.split_once('"'));
    match named {
        Some((name, _)) => name.to_owned(),
        None => text.rsplit("::").next().unwrap_or(&text).to_owned(),
    }
}

/// The placeholder of the key that stands in the configuration.
pub fn key() -> Result<String, String> {
    let config = std::env::var("LIBTV_CONFIG").map_err(|error| error.to_string())?;
    config
        .split('"')
        .find(|part| part.starts_with("mgk_"))
        .map(str::to_owned)
        .ok_or_else(|| format!("no key in {config}"))
}

/// What authorises with the placeholder that stands in a variable.
pub fn bearer(variable: &str) -> Result<String, String> {
    let key = std::env::var(variable).map_err(|error| error.to_string())?;
    Ok(format!("Bearer {key}"))
}

/// The state folder's descriptor.
pub fn state() -> Result<Descriptor, String> {
    granted("/state")
}

/// The descriptor of a granted folder.
pub fn granted(path: &str) -> Result<Descriptor, String> {
    get_directories()
        .into_iter()
        .find(|(_, granted)| granted == path)
        .map(|(folder, _)| folder)
        .ok_or_else(|| format!("{path} isn't granted"))
}

/// Opens a file for reading, seen from the state folder; links are followed.
pub fn read(path: &str) -> Result<Descriptor, String> {
    state()?
        .open_at(
            PathFlags::SYMLINK_FOLLOW,
            path,
            OpenFlags::empty(),
            DescriptorFlags::READ,
        )
        .map_err(name)
}

/// What stands at the beginning of a file.
pub fn content(file: &Descriptor) -> Result<String, String> {
    let (bytes, _) = file.read(4096, 0).map_err(name)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Sends a message in WeChat by the account there, and says what came back.
pub fn send_in_wechat(body: &str) -> crate::Attempt {
    let answer = Ask::at("ilinkai.weixin.qq.com", "/ilink/bot/sendmessage")
        .header("authorization", "Bearer placeholder-wechat-bot-token")
        .header("authorizationtype", "ilink_bot_token")
        .header("content-type", "application/json")
        .post(body.as_bytes())?;
    Ok(crate::got(format!("status {}", answer.status())))
}

/// Puts a message into a room of Matrix by the bot there, and says what came back.
pub fn put_in_matrix(room: &str, body: &str) -> crate::Attempt {
    let path = format!("/_matrix/client/v3/rooms/{room}/send/m.room.message/1");
    let answer = Ask::at("matrix.example.com", &path)
        .header("authorization", "Bearer placeholder-matrix-access-token")
        .header("content-type", "application/json")
        .send_as(Method::Put, body.as_bytes())?;
    Ok(crate::got(format!("status {}", answer.status())))
}

/// A request to be.
pub struct Ask {
    method: Method,
    scheme: Scheme,
    authority: String,
    path: String,
    headers: Vec<(String, Vec<u8>)>,
}

impl Ask {
    /// `GET https://AUTHORITY/PATH`.
    pub fn at(authority: &str, path: &str) -> Self {
        Self {
            method: Method::Get,
            scheme: Scheme::Https,
            authority: authority.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
        }
    }

    /// The same at the gateway.
    pub fn gateway(path: &str) -> Self {
        let base = std::env::var("LIBTV_GATEWAY_URL").unwrap_or_else(|_| GATEWAY.to_owned());
        match base.strip_prefix("http://") {
            Some(authority) => Self::at(authority, path).scheme(Scheme::Http),
            None => Self::at(base.trim_start_matches("https://"), path),
        }
    }

    /// With another method.
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// With another scheme.
    pub fn scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = scheme;
        self
    }

    /// With one more header.
    pub fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The request as a resource.
    pub fn build(self) -> Result<OutgoingRequest, String> {
        let request = OutgoingRequest::new(Fields::from_list(&self.headers).map_err(name)?);
        request
            .set_method(&self.method)
            .and_then(|()| request.set_scheme(Some(&self.scheme)))
            .and_then(|()| request.set_authority(Some(&self.authority)))
            .and_then(|()| request.set_path_with_query(Some(&self.path)))
            .map_err(|()| "unusable".to_owned())?;
        Ok(request)
    }

    /// Hands it over and doesn't wait.
    pub fn start(self) -> Result<FutureIncomingResponse, String> {
        outgoing_handler::handle(self.build()?, None).map_err(name)
    }

    /// Posts it with a body, and waits for the head of the answer.
    pub fn post(self, content: &[u8]) -> Result<IncomingResponse, String> {
        self.send_as(Method::Post, content)
    }

    /// The same with another method that has a body.
    pub fn send_as(self, method: Method, content: &[u8]) -> Result<IncomingResponse, String> {
        let length = content.len().to_string();
        let request = self
            .method(method)
            .header("content-length", length)
            .build()?;
        let body = request.body().map_err(|()| "no body")?;
        let stream = body.write().map_err(|()| "no stream")?;
        let coming = outgoing_handler::handle(request, None).map_err(name)?;
        for piece in content.chunks(4096) {
            // Who refuses the request doesn't read its body; the answer says why.
            if stream.blocking_write_and_flush(piece).is_err() {
                break;
            }
        }
        drop(stream);
        let _ = OutgoingBody::finish(body, None);
        answer(&coming)
    }

    /// Sends it and waits for the head of the answer.
    pub fn send(self) -> Result<IncomingResponse, String> {
        answer(&self.start()?)
    }
}

/// Sends a message to the chat `oc_named`; `content` is escaped as it stands in JSON.
pub fn message(kind: &str, content: &str) -> Result<IncomingResponse, String> {
    let body = format!(
        r#"{{"receive_id":"oc_named","msg_type":"{kind}","content":"{content}","uuid":"1"}}"#
    );
    Ask::at(
        "open.feishu.cn",
        "/open-apis/im/v1/messages?receive_id_type=chat_id",
    )
    .header("authorization", "Bearer placeholder-feishu-tenant-token")
    .header("content-type", "application/json")
    .post(body.as_bytes())
}

/// Waits for an answer's head.
pub fn answer(coming: &FutureIncomingResponse) -> Result<IncomingResponse, String> {
    coming.subscribe().block();
    match coming.get() {
        Some(Ok(answer)) => answer.map_err(name),
        _ => Err("no answer".to_owned()),
    }
}

/// Reads an answer's body to its end and counts it.
pub fn drain(answer: IncomingResponse) -> Result<u64, String> {
    use wasip2::io::streams::StreamError;
    let body = answer.consume().map_err(|()| "no body".to_owned())?;
    let stream = body.stream().map_err(|()| "no stream".to_owned())?;
    let mut count = 0;
    loop {
        match stream.blocking_read(64 << 10) {
            Ok(bytes) => count += bytes.len() as u64,
            Err(StreamError::Closed) => return Ok(count),
            Err(StreamError::LastOperationFailed(error)) => {
                let code = wasip2::http::types::http_error_code(&error);
                return Err(code.map_or_else(|| error.to_debug_string(), name));
            }
        }
    }
}
