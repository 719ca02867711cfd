//! What states, purposes and causes are called, wherever a program or a person reads them: in records, in JSON, in logs. The component
//! and the harness have types of their own for them, which the border (`wit/world.wit`) holds together; the words are here. Each
//! table is in the order of the cases in the WIT, which is that of both sides' types.

/// Where a session stands.
pub const OF_SESSIONS: [&str; 6] = [
    "submitted",
    "generating",
    "awaiting_user",
    "completed",
    "failed",
    "timeout",
];

/// Where a message to the chat stands.
pub const OF_DELIVERIES: [&str; 6] = [
    "pending",
    "sending",
    "delivered",
    "link_only",
    "failed",
    "uncertain",
];

/// Why a call failed.
pub const OF_CAUSES: [&str; 17] = [
    "request",
    "unknown-session",
    "no-key",
    "key-refused",
    "setting",
    "not-permitted",
    "limit-reached",
    "quota",
    "moderated",
    "service-refused",
    "unknown-job",
    "rate-limited",
    "unreachable",
    "repeated",
    "storage",
    "record-unreadable",
    "internal",
];

/// What a message to the chat is for.
pub const OF_PURPOSES: [&str; 7] = [
    "result",
    "links",
    "question",
    "failure",
    "timeout",
    "more",
    "uncertain",
];
