//! Why the component failed a call, in a closed set of names.

use serde::Serialize;
use wasmtime::component::{ComponentType, Lift};

/// Why a call failed, for programs. Whether trying again helps is said by [`ProblemKind`](super::ProblemKind) beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lift, Serialize)]
#[component(enum)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
#[non_exhaustive]
pub enum Cause {
    /// What was asked can't be met as it was asked: a wrong argument, a file that isn't there, an ambiguous id.
    #[component(name = "request")]
    Request,
    /// No session of that id is known here.
    #[component(name = "unknown-session")]
    UnknownSession,
    /// No key of the service is configured.
    #[component(name = "no-key")]
    NoKey,
    /// What is configured as a key can't be one, or the service refuses it.
    #[component(name = "key-refused")]
    KeyRefused,
    /// A setting of this machine, or a configuration file that can't be used.
    #[component(name = "setting")]
    Setting,
    /// The sandbox's rules don't let the request out: the observer is told which.
    #[component(name = "not-permitted")]
    NotPermitted,
    /// This machine's own limit on jobs is reached.
    #[component(name = "limit-reached")]
    LimitReached,
    /// The service wants credits, uses or a bill settled.
    #[component(name = "quota")]
    Quota,
    /// The service doesn't allow what was asked for, or what came of it.
    #[component(name = "moderated")]
    Moderated,
    /// The service refused for another reason, or has no such call.
    #[component(name = "service-refused")]
    ServiceRefused,
    /// The service doesn't know the job.
    #[component(name = "unknown-job")]
    UnknownJob,
    /// Asked too often: after a pause it is answered.
    #[component(name = "rate-limited")]
    RateLimited,
    /// The network or the service failed for now.
    #[component(name = "unreachable")]
    Unreachable,
    /// The same request was sent before: another process is at it, or what became of it isn't known.
    #[component(name = "repeated")]
    Repeated,
    /// A file of the state folder can't be read or written.
    #[component(name = "storage")]
    Storage,
    /// A record is damaged, or of a newer version.
    #[component(name = "record-unreadable")]
    RecordUnreadable,
    /// A defect of the component.
    #[component(name = "internal")]
    Internal,
}

impl Cause {
    /// All of them, in the order of the WIT.
    pub const ALL: [Self; 17] = [
        Self::Request,
        Self::UnknownSession,
        Self::NoKey,
        Self::KeyRefused,
        Self::Setting,
        Self::NotPermitted,
        Self::LimitReached,
        Self::Quota,
        Self::Moderated,
        Self::ServiceRefused,
        Self::UnknownJob,
        Self::RateLimited,
        Self::Unreachable,
        Self::Repeated,
        Self::Storage,
        Self::RecordUnreadable,
        Self::Internal,
    ];

    /// Its name for programs. It stays what it is.
    pub const fn name(self) -> &'static str {
        contract::names::OF_CAUSES[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_has_one_name_in_the_contract_and_in_json() {
        for (index, cause) in Cause::ALL.into_iter().enumerate() {
            assert_eq!(cause as usize, index);
            assert_eq!(serde_json::to_value(cause).unwrap(), cause.name());
        }
        assert_eq!(contract::names::OF_CAUSES.len(), Cause::ALL.len());
    }
}
