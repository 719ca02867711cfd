//! The store of finished media. It is sent no credential, so nothing can be echoed; its links come from LibTV.

use super::{GET, Granted, Header, Key, Route, Service, USER_AGENT, Value};
use crate::kind::Kind;

/// Parameters of links to a store: how the store is to show the file, until when the link is good, and its signature, as
/// the makers of such stores and of delivery networks name them. Not among them: what addresses something else than the
/// file (`acl`, `uploads`, `policy`) or another method.
pub(super) const LINK: &[Key] = &[
    // Alibaba's store, which this one is.
    Key::Begins("x-oss-"),
    Key::Begins("ossaccesskeyid"),
    Key::Begins("security-token"),
    Key::Begins("response-content-"),
    Key::Begins("versionid"),
    // Those of others: Amazon and who speaks like it, Volcengine, Tencent, Qiniu.
    Key::Begins("x-amz-"),
    Key::Begins("awsaccesskeyid"),
    Key::Begins("x-tos-"),
    Key::Begins("x-cos-"),
    Key::Begins("q-"),
    Key::Begins("imageview2/"),
    Key::Begins("imagemogr2/"),
    Key::Is("attname"),
    // Any of them, and delivery networks in front.
    Key::Begins("signature"),
    Key::Begins("expires"),
    Key::Begins("key-pair-id"),
    Key::Begins("auth_key"),
    Key::Begins("auth-key"),
    Key::Is("sign"),
    Key::Is("token"),
    Key::Is("time"),
    Key::Is("timestamp"),
    Key::Is("ts"),
    Key::Is("e"),
    Key::Is("t"),
    Key::Is("v"),
    Key::Is("version"),
    Key::Is("download"),
    Key::Is("filename"),
    Key::Is("format"),
    Key::Is("quality"),
    Key::Is("width"),
    Key::Is("height"),
    Key::Is("w"),
    Key::Is("h"),
];

/// A part of a file instead of all of it.
const RANGE: Header = Header {
    name: "range",
    value: Value::Range,
};

/// A file of a store, or a part of it. A route says where.
pub(super) const FILE: Route = Route {
    headers: &[USER_AGENT, RANGE],
    credential: false,
    kinds: &[Kind::Poll, Kind::Download, Kind::Doctor],
    ..GET
};

/// A file of LibTV's.
const LIBTV_FILE: Route = Route {
    query: LINK,
    headers: &[
        USER_AGENT,
        Header {
            name: "referer",
            value: Value::Exactly("https://www.liblib.art/"),
        },
        RANGE,
    ],
    ..FILE
};

/// The store of finished media.
pub const MEDIA: Service = Service {
    id: "media",
    name: "the store of finished media",
    short: "media store",
    origins: &["https://libtv-res.liblib.art"],
    moved_by: None,
    tail: "",
    granted: Granted::Always,
    when: "always",
    credential: None,
    ranges: true,
    routes: &[
        Route {
            path: "/sd-gen-save-img/{..}",
            ..LIBTV_FILE
        },
        Route {
            path: "/claw/{..}",
            ..LIBTV_FILE
        },
    ],
};
