//! What may be reached by default. Written from capabilities.json by `cargo run -p capabilities -- write`.

use http::Method;

/// Where Nexu's gateway lives.
pub(crate) const GATEWAY: &str = "https://seedance.nexu.io";

/// Where LibTV's own API lives.
pub(crate) const DIRECT: &str = "https://im.liblib.tv";

/// Where the store of finished media lives.
pub(crate) const MEDIA: &str = "https://libtv-res.liblib.art";

/// Where Feishu or Lark lives.
pub(crate) const FEISHU: &str = "https://open.feishu.cn";

/// Where Feishu or Lark lives.
pub(crate) const LARKSUITE: &str = "https://open.larksuite.com";

/// The routes of Nexu's gateway.
pub(crate) const GATEWAY_ROUTES: [(Method, &str); 8] = [
    (Method::GET, "/api/v1/key/status"),
    (Method::GET, "/api/v1/tasks"),
    (Method::GET, "/api/v1/tasks/{}"),
    (Method::POST, "/libtv/v1/session"),
    (Method::GET, "/libtv/v1/session/{}"),
    (Method::GET, "/libtv/v1/session/{}/results"),
    (Method::POST, "/libtv/v1/session/change-project"),
    (Method::POST, "/libtv/v1/upload"),
];

/// The routes of LibTV's own API.
pub(crate) const DIRECT_ROUTES: [(Method, &str); 4] = [
    (Method::POST, "/openapi/session"),
    (Method::GET, "/openapi/session/{}"),
    (Method::POST, "/openapi/session/change-project"),
    (Method::POST, "/openapi/file/upload"),
];

/// The routes of the store of finished media.
pub(crate) const MEDIA_ROUTES: [(Method, &str); 2] = [
    (Method::GET, "/sd-gen-save-img/{..}"),
    (Method::GET, "/claw/{..}"),
];

/// The routes of Feishu or Lark.
pub(crate) const FEISHU_ROUTES: [(Method, &str); 5] = [
    (
        Method::POST,
        "/open-apis/auth/v3/tenant_access_token/internal",
    ),
    (Method::POST, "/open-apis/im/v1/files"),
    (Method::POST, "/open-apis/im/v1/images"),
    (Method::POST, "/open-apis/im/v1/messages"),
    (Method::POST, "/open-apis/im/v1/messages/{}/reply"),
];

/// Variables that reach the component as they are (ARCHITECTURE.md, "The port").
pub const PASSED_ON: [&str; 8] = [
    "LIBTV_VIDEO_RATIO",
    "LIBTV_GATEWAY_URL",
    "LIBTV_DIRECT_BASE_URL",
    "LIBTV_POLL_INTERVAL_SECONDS",
    "LIBTV_MAX_POLLS",
    "LIBTV_SKIP_BACKGROUND_WAITER",
    "OPENCLAW_CHANNEL_TYPE",
    "OPENCLAW_CHAT_ID",
];
