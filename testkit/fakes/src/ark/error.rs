//! Error codes, with the status and type that each of them comes with. One body for all:
//! `{"error": {"code", "message", "param", "type"}}`.

use crate::fault::Fault;
use crate::reply::Reply;
use serde_json::{Value, json};

/// An answer with a status of 400 and more, or why a task failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArkError {
    /// The HTTP status; of a failed task none is sent.
    pub(crate) status: u16,
    /// The documented code, with dots.
    pub(crate) code: String,
    /// In words, without the request's id.
    pub(crate) message: String,
    param: String,
}

impl ArkError {
    /// Any code, with the status that the documents give it (500 where they don't know it).
    pub fn new(code: &str, message: &str) -> Self {
        Self {
            status: status_of(code),
            code: code.to_owned(),
            message: message.to_owned(),
            param: String::new(),
        }
    }

    fn of(code: &str, param: &str, message: String) -> Self {
        Self {
            param: param.to_owned(),
            ..Self::new(code, &message)
        }
    }

    /// 400: a field that has to be there isn't.
    pub(crate) fn missing(param: &str) -> Self {
        let message = format!("The request failed because it is missing `{param}` parameter.");
        Self::of("MissingParameter", param, message)
    }

    /// 400: a field that can't be so.
    pub(crate) fn invalid(param: &str, why: &str) -> Self {
        let message =
            format!("The parameter `{param}` specified in the request is not valid: {why}.");
        Self::of("InvalidParameter", param, message)
    }

    /// 400: the settings don't fit what the model takes the request for (a first frame, an edit).
    pub(crate) fn task_type(param: &str, why: &str) -> Self {
        Self::of(
            "InvalidParameter.TaskTypeConstraint",
            param,
            format!("{why}."),
        )
    }

    /// 404: no such task, or no longer.
    pub(crate) fn no_task(id: &str) -> Self {
        let message = format!("The specified task `{id}` could not be found.");
        Self::of("NotFound.task_id", "task_id", message)
    }

    /// 404: no such model here.
    pub fn no_model(model: &str) -> Self {
        let message = format!(
            "The model or endpoint {model} does not exist or you do not have access to it."
        );
        Self::of("InvalidEndpointOrModel.NotFound", "", message)
    }

    /// 404: the model has to be switched on in the console.
    pub fn model_not_open(model: &str) -> Self {
        let message = format!(
            "Your account 2100000000 has not activated the model {model}. Please activate the model service in the Ark Console."
        );
        Self::of("ModelNotOpen", "", message)
    }

    /// 409: a task that runs can't be stopped.
    pub(crate) fn running() -> Self {
        Self::new(
            "InvalidAction.RunningTaskDeletion",
            "Cannot delete task because it is currently running.",
        )
    }

    /// 401: a key that is missing, wrong, or of the other service.
    pub fn bad_key() -> Self {
        Self::new(
            "AuthenticationError",
            "the API key or AK/SK in the request is missing or invalid.",
        )
    }

    /// 403: the account owes money.
    pub fn overdue() -> Self {
        Self::new(
            "AccountOverdueError",
            "The request failed because your account has an overdue balance.",
        )
    }

    /// 403: the key may not do this.
    pub fn access_denied() -> Self {
        Self::new(
            "AccessDenied",
            "The request failed because you do not have access to the requested resource.",
        )
    }

    /// 429: too many requests a minute.
    pub fn rate_limited() -> Self {
        Self::new(
            "ModelAccountRpmRateLimitExceeded",
            "The request failed because it exceeded the RPM limit of the model for your account.",
        )
    }

    /// 429: the free quota is used up, or too many tasks are queued.
    pub fn quota_exceeded() -> Self {
        Self::new(
            "QuotaExceeded",
            "Your account 2100000000 has exhausted its free trial quota. Please activate the model service in the Ark Console.",
        )
    }

    /// 429: too busy for everybody.
    pub fn overloaded() -> Self {
        Self::new(
            "ServerOverloaded",
            "The service is currently unable to handle additional requests due to server overload.",
        )
    }

    /// 500: try again later.
    pub fn internal() -> Self {
        Self::new(
            "InternalServiceError",
            "The service encountered an unexpected internal error.",
        )
    }

    /// 400: the words are refused.
    pub fn sensitive_text() -> Self {
        Self::new(
            "InputTextSensitiveContentDetected",
            "The request failed because the input text may contain sensitive information.",
        )
    }

    /// 400: a picture is refused.
    pub fn sensitive_image() -> Self {
        Self::new(
            "InputImageSensitiveContentDetected",
            "The request failed because the input image may contain sensitive information.",
        )
    }

    /// 400: a picture shows a person who may be real.
    pub fn real_face() -> Self {
        Self::new(
            "InputImageSensitiveContentDetected.PrivacyInformation",
            "The request failed because the input image 'content[1]' may contain real person.",
        )
    }

    /// The clip is refused after it was made; not charged.
    pub fn sensitive_video() -> Self {
        Self::new(
            "OutputVideoSensitiveContentDetected",
            "The request failed because the output video may contain sensitive information.",
        )
    }

    /// The clip looks like somebody's property; not charged.
    pub fn copyright() -> Self {
        Self::new(
            "OutputVideoSensitiveContentDetected.PolicyViolation",
            "The request failed because the output video may be related to copyright restrictions.",
        )
    }

    /// Its status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Its code.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// As a task tells why it failed.
    pub(crate) fn of_task(&self) -> Value {
        json!({"code": self.code, "message": self.message})
    }

    /// The one envelope for all.
    fn body(&self, request_id: &str) -> Value {
        let message = format!("{} Request id: {request_id}", self.message);
        json!({"error": {
            "code": self.code,
            "message": message,
            "param": self.param,
            "type": type_of(self.status),
        }})
    }

    /// As a response, with the request's id in body and header.
    pub(crate) fn reply(&self, request_id: &str) -> Reply {
        Reply::json(self.status, &self.body(request_id)).header("x-request-id", request_id)
    }
}

impl From<ArkError> for Fault {
    /// The answer of any route, with nothing done.
    fn from(error: ArkError) -> Self {
        Self::Json(error.status, error.body("02178000000000testkit"))
    }
}

/// By the first word of the code, as the documents list them.
fn status_of(code: &str) -> u16 {
    let first = code.split('.').next().unwrap_or(code);
    match first {
        "AuthenticationError" => 401,
        "AccountOverdueError" | "AccessDenied" | "OperationDenied" => 403,
        "NotFound" | "ModelNotOpen" | "InvalidEndpointOrModel" => 404,
        "InvalidAction" => 409,
        "QuotaExceeded" | "SetLimitExceeded" | "ServerOverloaded" | "RequestBurstTooFast" => 429,
        _ if first.ends_with("RateLimitExceeded") => 429,
        _ if first.ends_with("Parameter") || first.ends_with("SensitiveContentDetected") => 400,
        _ => 500,
    }
}

/// `type` of the envelope, which says no more than the status.
fn type_of(status: u16) -> &'static str {
    match status {
        400 => "BadRequest",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        409 => "Conflict",
        429 => "TooManyRequests",
        _ => "InternalServerError",
    }
}
