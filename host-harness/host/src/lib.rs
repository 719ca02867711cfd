//! The harness around the `libtv-video` component: sandbox, timer, credentials.
//!
//! It loads one WASI 0.2 component of the world `libtv:video/libtv-video`, grants it what a call
//! needs and nothing else, and calls its poll step on a timer. It knows the WIT world, not the
//! skill: what a session is made of is the component's business.
//!
//! The library never prints, reads no environment variable and knows no home folder; everything
//! comes in through [`Settings`]. The command line (`host-harness/cli`) is a caller like any other.
//!
//! ```no_run
//! use host::{Component, Environment, Harness, ServeOptions, Settings, StopHandle, Submit, serve};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! // 1. The component: the one that is built in, or with the feature `compiler` any bytes of the same world.
//! let component = Component::embedded()?;
//!
//! // 2. Where things stand, and the values a command line would read from the environment.
//! let environment = Environment::from_lookup(|name| match name {
//!     "LIBTV_API_KEY" => Some("mgk_…".into()),
//!     _ => None,
//! });
//! let settings = Settings::new("/home/user/.nexu").with_environment(environment);
//! let harness = Harness::new(component, settings)?;
//!
//! // 3. Typed calls, each on a fresh instance with its own limits …
//! let submission = harness.submit(Submit::message("a red fox runs through snow").to_chat("oc_…")).await?;
//! let step = harness.poll(&submission.session_id).await?;
//!
//! // … or the timer, which calls `poll` whenever a session is due, until it is asked to stop.
//! let stop = StopHandle::new();
//! serve(&harness, ServeOptions::default(), stop.clone(), |event| println!("{event}")).await?;
//! # Ok(()) }
//! ```
//!
//! # What belongs to what
//!
//! | module | is |
//! |---|---|
//! | [`Component`] | the component as machine code, and its engine |
//! | [`Harness`] | calls: a fresh instance each, limits, grants, environment, credentials |
//! | [`serve`] | the timer: who is due, retries, the log files, the ownership of the state folder |
//! | [`Limits`] | every bound, with its reason |
//! | [`GrantsReport`] | what is granted at this moment |
//! | [`AuditLog`] | the record: what every call did |
//! | [`http`] | the only way out: egress rules, connector, client |
//! | [`credentials`] | secrets, where they are found, and the broker that puts them into requests |
//! | [`CallState`] | the state of one call where it is kept elsewhere than under `$NEXU_HOME` |
//! | [`StateStore`] | where the state of every call is then, with the timer and commands as they are |
//! | [`Home`] | the files under `$NEXU_HOME` |
#![deny(unsafe_code)]

mod admit;
mod answer;
mod bindings;
mod command;
mod component;
pub mod credentials;
mod environment;
mod error;
mod granted_by;
mod grants;
mod harness;
mod heard;
mod home;
mod jobs;
mod keys;
mod kind;
mod lent;
pub mod limits;
mod looks;
mod media;
mod moving;
mod network;
mod open_result;
mod openclaw;
mod polling;
mod recipients;
mod report;
mod route_report;
mod settings;
mod spending;
mod state;
mod store;
mod submit;
mod timer;
mod types;
mod wording;

/// What stands between the component and the network, as far as it is part of this library's interface: how requests that cost
/// money are counted, and why others are refused.
#[cfg(not(feature = "unstable"))]
pub mod http {
    pub use sandbox::http::{
        AddressClass, App, Left, NetworkSettings, Pending, Place, Refusal, RefusalReason, Spending,
        Standing,
    };
}

pub use command::{CommandEnd, Stdio};
pub use component::Component;
pub use contract::settings::passed_on;
pub use contract::text::{is_unseen, one_line, seen};
pub use credentials::{CredentialSource, Credentials, Keyring, app};
pub use environment::Environment;
pub use error::{CallError, ConfigError, ErrorKind, HomeError, ServeError, StartError};
pub use harness::Harness;
pub use home::Home;
pub use limits::{LimitRow, Limits};
pub use network::Network;
pub use open_result::ResultBody;
pub use openclaw::openclaw_state_dir;
pub use polling::{Poller, StartedBy};
pub use report::{
    CallReport, CredentialReport, FileReport, GrantsReport, RecipientReport, RecipientsReport,
};
pub use route_report::RouteReport;
pub use sandbox::audit::{
    AuditLog, Broken, CallEnded, Place, RefusedRequest, Verified, VerifyError,
};
#[cfg(feature = "unstable")]
pub use sandbox::call::{Change, Keeper, Lost, Records};
pub use sandbox::call::{Output, Usage};
pub use sandbox::error::LimitHit;
#[cfg(feature = "fault-injection")]
pub use sandbox::fault_injection;
pub use sandbox::files::text_from_bytes;
#[cfg(feature = "unstable")]
pub use sandbox::http;
pub use sandbox::http::App;
pub use sandbox::secrets::Secret;
pub use sandbox::time::format_time;
pub use settings::Settings;
pub use spending::{JobsLeft, WithJobs};
#[cfg(feature = "unstable")]
pub use state::CallState;
#[cfg(feature = "unstable")]
pub use store::{Borrower, Lent, StateStore};
pub use submit::Submit;
pub use timer::{Clock, Event, EventKind, ServeOptions, Served, StopHandle, SystemClock, serve};
pub use types::{
    Cancellation, Cause, ChannelAccount, Configuration, Delivery, DeliveryState, Downloaded,
    DueSession, Field, Finding, Health, Medium, Message, Missed, Overview, Polling, Problem,
    ProblemKind, Product, Project, Purpose, Role, Scalar, Session, SessionState, Step, Submission,
    Task, Transcript, Turn, UnknownSubmit, Uploaded, Uses, WantedResults, object_of, rfc3339,
};
