//! The app whose secret is exchanged for a token: what it is called, and where it is asked for.

use std::sync::Arc;

use contract::services::{FEISHU_ORIGIN, LARK_ORIGIN};

use super::base_url::BaseUrl;
use crate::secrets::Secret;

/// A Feishu or Lark app.
pub struct FeishuApp {
    /// The app's id. No secret.
    pub app_id: String,
    /// The app's secret.
    pub secret: Arc<Secret>,
    /// Feishu, Lark, or an override.
    pub base: BaseUrl,
    /// Where it was found, in words, for `check`.
    pub found_in: String,
}

fn origin(lark: bool) -> &'static str {
    if lark { LARK_ORIGIN } else { FEISHU_ORIGIN }
}

impl FeishuApp {
    /// An app at Feishu, or at Lark.
    pub fn new(
        app_id: impl Into<String>,
        secret: Secret,
        lark: bool,
        found_in: impl Into<String>,
    ) -> Option<Self> {
        let base = BaseUrl::parse(origin(lark)).ok()?;
        Some(Self {
            app_id: app_id.into(),
            secret: Arc::new(secret),
            base,
            found_in: found_in.into(),
        })
    }
}
