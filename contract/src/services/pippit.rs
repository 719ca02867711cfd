//! Pippit (小云雀 in China), and the same abroad with other keys. docs/apis/pippit.md is the source.

use super::media::{FILE, MEDIA};
use super::{Body, Granted, Key, Keys, PAID, Route, Service, bearer};
use crate::kind::Kind;

/// Words are at most some hundred thousand characters, JSON may double them.
const JSON_BYTES: u64 = 4 << 20;
/// "Under 200 MB"; the form around a file has some hundred bytes.
const UPLOAD_BYTES: u64 = (200 << 20) + (64 << 10);

/// The request that costs the user money.
const SUBMIT: Route = Route {
    path: "/api/biz/v1/skill/submit_run",
    body: Body::Json(JSON_BYTES),
    ..PAID
};

/// What may be asked of either.
const ROUTES: &[Route] = &[
    SUBMIT,
    // It reads, although it is a POST: a thread, from an entry on.
    Route {
        path: "/api/biz/v1/skill/get_thread",
        paid: false,
        own_connection: false,
        kinds: &[Kind::Poll, Kind::Download, Kind::Check, Kind::Doctor],
        ..SUBMIT
    },
    Route {
        path: "/api/biz/v1/skill/upload_file",
        body: Body::Multipart(UPLOAD_BYTES),
        paid: false,
        kinds: &[Kind::Upload],
        ..SUBMIT
    },
];

/// 小云雀.
pub const PIPPIT: Service = Service {
    id: "pippit",
    name: "Pippit (小云雀)",
    short: "Pippit",
    origins: &["https://xyq.jianying.com"],
    moved_by: Some("LIBTV_PIPPIT_URL"),
    tail: "",
    granted: Granted::WithKey(Keys {
        service: "pippit",
        prefix: "",
        variable: "XYQ_ACCESS_KEY",
        stored: "pippit-access-key",
        environment: "pippit-access-key-env",
        new: "pippit-access-key-new",
    }),
    when: "a key of `pippit` is configured",
    credential: bearer("pippit-access-key"),
    ranges: false,
    routes: ROUTES,
};

/// Pippit abroad.
pub const PIPPIT_INTL: Service = Service {
    id: "pippit-intl",
    name: "Pippit, international",
    short: "Pippit abroad",
    origins: &["https://www.pippit.ai"],
    moved_by: Some("LIBTV_PIPPIT_INTL_URL"),
    granted: Granted::WithKey(Keys {
        service: "pippit-intl",
        prefix: "",
        variable: "PIPPIT_ACCESS_KEY",
        stored: "pippit-intl-access-key",
        environment: "pippit-intl-access-key-env",
        new: "pippit-intl-access-key-new",
    }),
    when: "a key of `pippit-intl` is configured",
    credential: bearer("pippit-intl-access-key"),
    ..PIPPIT
};

/// Parameters of links there, as they were seen in public clients of the same networks: the signature and its end, how the file
/// is shown and measured, and what tells whose it is. A link is signed in its path or by `x-signature`.
const LINK: &[Key] = &[
    Key::Is("x-expires"),
    Key::Is("x-signature"),
    Key::Is("x-orig-sign"),
    Key::Is("lk3s"),
    Key::Is("rk3s"),
    Key::Is("shcp"),
    Key::Is("from"),
    Key::Is("format"),
    Key::Is("mime_type"),
    Key::Is("filename"),
    Key::Is("download"),
    Key::Is("a"),
    Key::Is("ch"),
    Key::Is("cr"),
    Key::Is("dr"),
    Key::Is("er"),
    Key::Is("lr"),
    Key::Is("cd"),
    Key::Is("cv"),
    Key::Is("cs"),
    Key::Is("ds"),
    Key::Is("br"),
    Key::Is("bt"),
    Key::Is("ft"),
    Key::Is("qs"),
    Key::Is("rc"),
    Key::Is("l"),
    Key::Is("vl"),
    Key::Is("vr"),
    Key::Is("btag"),
    Key::Is("dy_q"),
    Key::Is("dy_va_biz_cert"),
    Key::Is("feature_id"),
    Key::Is("is_play_url"),
    Key::Is("refresh_token"),
];

/// A result. Each has a signed link, which opens it alone; a film has a folder's name there.
const FILES: &[Route] = &[
    Route {
        path: "/{..}",
        query: LINK,
        ..FILE
    },
    Route {
        path: "/{..}/",
        query: LINK,
        ..FILE
    },
];

/// The delivery networks of the results. Which host it is isn't documented: the maker's own domains for films and pictures are
/// granted, and what lies elsewhere is shown as a link.
pub const PIPPIT_MEDIA: Service = Service {
    id: "pippit-media",
    name: "the stores of Pippit's results",
    short: "Pippit's store",
    origins: &["https://*.vlabvod.com", "https://*.byteimg.com"],
    granted: Granted::WithKeyOf("pippit"),
    when: "a key of `pippit` is configured; all of them",
    routes: FILES,
    ..MEDIA
};

/// Those of results that were made abroad.
pub const PIPPIT_INTL_MEDIA: Service = Service {
    id: "pippit-intl-media",
    name: "the stores of the results of Pippit, international",
    short: "the store of Pippit abroad",
    origins: &[
        "https://*.capcutcdn.com",
        "https://*.capcutcdn-us.com",
        "https://*.ibyteimg.com",
    ],
    granted: Granted::WithKeyOf("pippit-intl"),
    when: "a key of `pippit-intl` is configured; all of them",
    ..PIPPIT_MEDIA
};
