//! The real component in the real harness, against the fakes over TLS. Hermetic: nothing is taken from this
//! machine's environment, nothing leaves it. Every test has a world of its own; all run at once.
#![allow(clippy::unwrap_used, reason = "a test that can't go on says where")]

#[cfg(target_os = "linux")]
mod accounts;
// Processes that are killed, and a service manager that is a script.
#[cfg(unix)]
mod always_on;
mod ark;
mod ark_pictures;
mod audit;
mod capabilities;
mod check;
#[cfg(unix)]
mod code_cache;
mod commands;
mod config;
mod crash;
mod defects;
mod deliverable;
mod delivery;
mod delivery_fallback;
mod delivery_faults;
mod delivery_media;
mod delivery_people;
mod delivery_rules;
mod delivery_secrets;
mod dingtalk;
mod discord;
mod doctor;
mod documents;
mod downloads;
mod embed;
mod embedder;
mod env;
mod exports;
// Links and pipes, which only Unix has for everybody.
#[cfg(unix)]
mod files;
mod grants;
mod intents;
mod keyring;
mod legacy;
mod limits;
mod machine;
mod matrix;
mod matrix_server;
mod mcp;
mod mcp_edges;
mod memory;
mod mended;
mod network;
#[cfg(unix)]
mod newcomer;
mod no_component;
mod openclaw;
#[cfg(unix)]
mod other_owner;
mod over_hours;
mod page;
mod pippit;
mod progress;
mod ratio;
mod recipients;
mod refusals;
mod repeated;
mod results;
mod secrets;
mod serve;
mod serve_many;
mod serve_owner;
mod serve_talk;
mod sessions;
mod skill;
#[cfg(unix)]
mod skill_words;
mod slack;
mod smoke;
mod spending;
mod state_size;
mod status;
#[cfg(target_os = "linux")]
mod stranded;
mod submit;
mod telegram;
#[cfg(target_os = "linux")]
mod terminal;
mod texts;
mod together;
mod topics;
mod traced;
mod uploads;
mod watch;
mod webhook;
mod wechat;
mod wecom;
#[cfg(windows)]
mod windows;
mod words;
