//! Ark (Volcengine) and ModelArk (BytePlus), which is the same abroad with other keys and models: Seedance's clips and
//! Seedream's pictures. docs/apis/ark.md is the source.

use super::media::{FILE, LINK, MEDIA};
use super::{Body, GET, Granted, Key, Keys, Method, PAID, Route, Service, bearer};
use crate::kind::Kind;

/// "The whole body at most 64 MB": pictures travel in it.
const JSON_BYTES: u64 = 64 << 20;

/// The request that costs the user money.
const SUBMIT: Route = Route {
    body: Body::Json(JSON_BYTES),
    ..PAID
};

/// What may be asked of either.
const ROUTES: &[Route] = &[
    Route {
        path: "/api/v3/contents/generations/tasks",
        ..SUBMIT
    },
    Route {
        path: "/api/v3/contents/generations/tasks",
        query: &[
            Key::Is("page_num"),
            Key::Is("page_size"),
            Key::Is("filter.model"),
        ],
        kinds: &[Kind::Poll, Kind::Check, Kind::Doctor],
        ..GET
    },
    Route {
        path: "/api/v3/contents/generations/tasks/{}",
        kinds: &[Kind::Poll, Kind::Download, Kind::Check, Kind::Cancel],
        ..GET
    },
    Route {
        method: Method::Delete,
        path: "/api/v3/contents/generations/tasks/{}",
        // It cancels a task that waits, and deletes the record of one that is over: no step of the timer may do that.
        kinds: &[Kind::Cancel],
        ..GET
    },
    Route {
        path: "/api/v3/images/generations",
        ..SUBMIT
    },
];

/// Ark.
pub const ARK: Service = Service {
    id: "ark",
    name: "Volcengine Ark",
    short: "Ark",
    origins: &["https://ark.cn-beijing.volces.com"],
    moved_by: Some("LIBTV_ARK_URL"),
    tail: "/api/v3",
    granted: Granted::WithKey(Keys {
        service: "ark",
        prefix: "",
        variable: "ARK_API_KEY",
        stored: "ark-api-key",
        environment: "ark-api-key-env",
        new: "ark-api-key-new",
    }),
    when: "a key of `ark` is configured",
    credential: bearer("ark-api-key"),
    ranges: false,
    routes: ROUTES,
};

/// ModelArk.
pub const MODELARK: Service = Service {
    id: "modelark",
    name: "BytePlus ModelArk",
    short: "ModelArk",
    origins: &["https://ark.ap-southeast.bytepluses.com"],
    moved_by: Some("LIBTV_MODELARK_URL"),
    granted: Granted::WithKey(Keys {
        service: "modelark",
        prefix: "",
        variable: "MODELARK_API_KEY",
        stored: "modelark-api-key",
        environment: "modelark-api-key-env",
        new: "modelark-api-key-new",
    }),
    when: "a key of `modelark` is configured",
    credential: bearer("modelark-api-key"),
    ..ARK
};

/// The stores of Ark's results: which one it is depends on the model.
pub const ARK_MEDIA: Service = Service {
    id: "ark-media",
    name: "the stores of Ark's results",
    short: "Ark's store",
    origins: &[
        "https://ark-content-generation-cn-beijing.tos-cn-beijing.volces.com",
        "https://ark-content-generation-v2-cn-beijing.tos-cn-beijing.volces.com",
        "https://ark-acg-cn-beijing.tos-cn-beijing.volces.com",
    ],
    granted: Granted::WithKeyOf("ark"),
    when: "a key of `ark` is configured; all of them",
    // Each result has a signed link, which opens it alone.
    routes: &[Route {
        path: "/{..}",
        query: LINK,
        ..FILE
    }],
    ..MEDIA
};

/// The stores of ModelArk's results.
pub const MODELARK_MEDIA: Service = Service {
    id: "modelark-media",
    name: "the stores of ModelArk's results",
    short: "ModelArk's store",
    origins: &[
        "https://ark-content-generation-ap-southeast-1.tos-ap-southeast-1.volces.com",
        "https://ark-content-generation-v2-ap-southeast-1.tos-ap-southeast-1.bytepluses.com",
        "https://ark-acg-ap-southeast-1.tos-ap-southeast-1.volces.com",
    ],
    granted: Granted::WithKeyOf("modelark"),
    when: "a key of `modelark` is configured; all of them",
    ..ARK_MEDIA
};
