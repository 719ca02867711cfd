//! Links of a private bucket: signed for one path and a time, as Volcengine's object store (TOS) does it. The whole
//! query belongs to a signature: who drops or changes a part of it is refused. No real signing key is behind it.

use crate::blob::Sha256;
use crate::civil::compact;
use crate::record::Recorded;
use crate::reply::Reply;
use serde_json::json;
use std::collections::HashMap;

/// Every link that was handed out, and the Unix second from which it is dead.
#[derive(Debug, Default)]
pub(crate) struct Issued {
    region: &'static str,
    links: HashMap<(String, String), u64>,
}

impl Issued {
    pub(crate) fn new(region: &'static str) -> Self {
        Self {
            region,
            links: HashMap::new(),
        }
    }

    /// The query that opens `path` from now on for so many seconds.
    pub(crate) fn sign(&mut self, path: &str, now_s: u64, valid_s: u64) -> String {
        let (date, region) = (compact(now_s), self.region);
        let day = date.get(..8).unwrap_or_default();
        let mut hash = Sha256::new();
        // Two links for one path within a second differ as well: identity must not hang on the query.
        hash.update(format!("{path} {date} {}", self.links.len()).as_bytes());
        let signature = hash.finish();
        let query = format!(
            "X-Tos-Algorithm=TOS4-HMAC-SHA256&X-Tos-Credential=AKLTtestkit%2F{day}%2F{region}%2Ftos%2Frequest\
             &X-Tos-Date={date}&X-Tos-Expires={valid_s}&X-Tos-Signature={signature}&X-Tos-SignedHeaders=host"
        );
        let link = (path.to_owned(), query.clone());
        self.links.insert(link, now_s + valid_s);
        query
    }

    /// Why the request is refused, if it is.
    pub(crate) fn refusal(&self, request: &Recorded, now_s: u64) -> Option<Reply> {
        let Some(query) = request.query.clone() else {
            return Some(refusal(403, "AccessDenied", "Access Denied"));
        };
        match self.links.get(&(request.path.clone(), query)) {
            None => Some(refusal(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided",
            )),
            Some(dead_from_s) if now_s >= *dead_from_s => {
                Some(refusal(403, "AccessDenied", "Request has expired"))
            }
            Some(_) => None,
        }
    }
}

/// TOS answers in JSON, with capital letters.
pub(crate) fn refusal(status: u16, code: &str, message: &str) -> Reply {
    let body =
        json!({"Code": code, "Message": message, "RequestId": "testkit", "HostId": "testkit"});
    Reply::json(status, &body)
}
