//! Envelopes and error codes of the open platform, each in one place.

use crate::reply::Reply;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// An answer with a `code` other than 0.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    /// The HTTP status: mostly 400, of the token route 200.
    pub(crate) status: u16,
    /// The body's `code`.
    pub(crate) code: u32,
    msg: String,
    /// Boxed: every `Result` of the fake carries a refusal.
    error: Box<Map<String, Value>>,
    rate: Option<Rate>,
}

/// What the rate headers say.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rate {
    limit: u32,
    reset: Duration,
}

impl Refusal {
    /// With HTTP 400, as most have.
    pub(crate) fn new(code: u32, msg: impl Into<String>) -> Self {
        Self {
            status: 400,
            code,
            msg: msg.into(),
            error: Box::default(),
            rate: None,
        }
    }

    /// The same with another HTTP status.
    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// 230001: what is wrong stands behind `ext=`.
    pub(crate) fn parameter(what: &str) -> Self {
        Self::new(
            230001,
            format!("Your request contains an invalid request parameter, ext={what}"),
        )
    }

    /// 99992402.
    pub(crate) fn field(field: &str, description: &str) -> Self {
        let mut refusal = Self::new(99992402, "field validation failed");
        refusal.error.insert(
            "field_violations".to_owned(),
            json!([{"field": field, "value": "", "description": description}]),
        );
        refusal
    }

    /// Too often; the headers tell when to come again.
    pub(crate) fn rate(status: u16, code: u32, limit: u32, reset: Duration) -> Self {
        let msg = match code {
            230020 => "This operation triggers the frequency limit.",
            _ => "request trigger frequency limit",
        };
        let mut refusal = Self::new(code, msg).with_status(status);
        refusal.rate = Some(Rate { limit, reset });
        refusal
    }

    /// 99991672, with the page where the scope is granted.
    pub(crate) fn scope(status: u16, host: &str, app_id: &str, scopes: &[&str]) -> Self {
        let (listed, joined) = (scopes.join(", "), scopes.join(","));
        let url = format!(
            "https://{host}/app/{app_id}/auth?q={joined}&op_from=openapi&token_type=tenant"
        );
        let msg = format!(
            "Access denied. One of the following scopes is required: [{listed}].应用尚未开通所需的应用身份权限：\
             [{listed}]，点击链接申请并开通任一权限即可：{url}"
        );
        let mut refusal = Self::new(99991672, msg).with_status(status);
        let violation = |scope: &&str| json!({"type": "action_scope_required", "subject": scope});
        refusal.error.insert(
            "permission_violations".to_owned(),
            scopes.iter().map(violation).collect(),
        );
        refusal
    }

    /// As a response, with a log id in body and header.
    pub(crate) fn reply(&self, host: &str, log_id: &str) -> Reply {
        let mut error = Value::Object(*self.error.clone());
        error["log_id"] = log_id.into();
        error["troubleshooter"] = format!(
            "排查建议查看(Troubleshooting suggestions): https://{host}/search?log_id={log_id}"
        )
        .into();
        let body = json!({"code": self.code, "msg": self.msg, "error": error});
        let reply = Reply::json(self.status, &body).header("x-tt-logid", log_id);
        match self.rate {
            None => reply,
            Some(rate) => reply
                .header("x-ogw-ratelimit-limit", &rate.limit.to_string())
                .header(
                    "x-ogw-ratelimit-reset",
                    &format!("{:.3}", rate.reset.as_secs_f64()),
                ),
        }
    }
}

/// The response to a call that succeeded.
pub(crate) fn success(data: &Value, log_id: &str) -> Reply {
    Reply::json(200, &json!({"code": 0, "msg": "success", "data": data}))
        .header("x-tt-logid", log_id)
}
