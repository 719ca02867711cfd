//! `ret` codes. The HTTP status is always 200; what went wrong stands in the envelope.

use crate::fault::Fault;
use serde_json::{Value, json};

/// An answer whose `ret` isn't 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PippitError {
    pub(crate) ret: String,
    pub(crate) errmsg: String,
}

impl PippitError {
    /// Any code.
    pub fn new(ret: &str, errmsg: &str) -> Self {
        Self {
            ret: ret.to_owned(),
            errmsg: errmsg.to_owned(),
        }
    }

    /// 2: a key that is missing, wrong or of the other service. The code is that of a bad parameter; the text begins with
    /// `Ak`.
    pub fn bad_key() -> Self {
        Self::new("2", "Ak无效")
    }

    /// 2: a key that was good once.
    pub fn expired_key() -> Self {
        Self::new("2", "Ak已过期")
    }

    pub(crate) fn no_key() -> Self {
        Self::new("2", "Ak为空")
    }

    /// 2: a field that can't be so.
    pub(crate) fn parameter(why: &str) -> Self {
        Self::new("2", &format!("参数错误: {why}"))
    }

    /// 5: something behind it failed.
    pub fn upstream() -> Self {
        Self::new("5", "下游服务异常")
    }

    /// 10: too busy for everybody.
    pub fn overloaded() -> Self {
        Self::new("10", "系统繁忙，请稍后再试")
    }

    /// 15: no more today.
    pub fn daily_limit() -> Self {
        Self::new("15", "今日调用次数已达上限")
    }

    /// 16010: again after a minute.
    pub fn too_often() -> Self {
        Self::new("16010", "请求过于频繁，请稍后再试")
    }

    /// 12001: the check itself failed; again later.
    pub fn check_failed() -> Self {
        Self::new("12001", "内容审核失败")
    }

    /// 12004: the words are refused.
    pub fn sensitive_text() -> Self {
        Self::new("12004", "文本不符合平台规则")
    }

    /// 12005: a picture is refused.
    pub fn sensitive_image() -> Self {
        Self::new("12005", "图片不符合平台规则")
    }

    /// 12006: a video is refused.
    pub fn sensitive_video() -> Self {
        Self::new("12006", "视频不符合平台规则")
    }

    /// 12015: a sound is refused.
    pub fn sensitive_audio() -> Self {
        Self::new("12015", "音频不符合平台规则")
    }

    /// Its code.
    pub fn ret(&self) -> &str {
        &self.ret
    }
}

impl From<PippitError> for Fault {
    /// The answer of any route, with nothing done.
    fn from(error: PippitError) -> Self {
        Self::Json(200, envelope(&Err(error), "testkit", 0))
    }
}

pub(crate) fn envelope(result: &Result<Value, PippitError>, log_id: &str, now_s: u64) -> Value {
    let (ret, errmsg) = match result {
        Ok(_) => ("0", "success"),
        Err(error) => (error.ret.as_str(), error.errmsg.as_str()),
    };
    let mut envelope = json!({"ret": ret, "errmsg": errmsg, "log_id": log_id, "svr_time": now_s});
    if let Ok(data) = result {
        envelope["data"] = data.clone();
    }
    envelope
}
