//! The guide lists each name that a program may get to know of an error, and no other.

use std::collections::BTreeSet;
use std::io;

use super::*;
use crate::types::Cause;

fn home() -> HomeError {
    HomeError::new("can't read", "state", io::Error::other("gone"))
}

/// One of each that isn't the component's.
fn of_calls() -> Vec<CallError> {
    let text = String::new;
    let damaged = ConfigError::Damaged {
        path: PathBuf::new(),
        reason: text(),
    };
    let each = vec![
        CallError::Limit(LimitHit::Memory(1)),
        CallError::Trap(text()),
        CallError::Home(home()),
        CallError::Config(damaged),
        CallError::Refused(text()),
        CallError::Usage(text()),
        CallError::Credentials(text()),
        CallError::NoRuntime,
    ];
    for error in &each {
        // A variant that is added doesn't compile here, until it is above as well.
        match error {
            CallError::Problem(_)
            | CallError::Limit(_)
            | CallError::Trap(_)
            | CallError::Home(_)
            | CallError::Config(_)
            | CallError::Refused(_)
            | CallError::Usage(_)
            | CallError::Credentials(_)
            | CallError::NoRuntime => {}
        }
    }
    each
}

fn of_starts() -> Vec<StartError> {
    let reason = String::new;
    let setting = StartError::Setting {
        name: "",
        reason: reason(),
    };
    let each = vec![
        StartError::Component(reason()),
        StartError::Engine(reason()),
        setting,
        StartError::Home(home()),
    ];
    for error in &each {
        match error {
            StartError::Component(_)
            | StartError::Engine(_)
            | StartError::Setting { .. }
            | StartError::Home(_) => {}
        }
    }
    each
}

fn of_timers() -> Vec<ServeError> {
    let owned = ServeError::Owned {
        process: None,
        state: PathBuf::new(),
        lock: PathBuf::new(),
    };
    let each = vec![owned, ServeError::Home(home()), ServeError::NoRuntime];
    for error in &each {
        match error {
            ServeError::Owned { .. } | ServeError::Home(_) | ServeError::NoRuntime => {}
        }
    }
    each
}

/// The names in the first column of the guide's table with this head.
fn listed(head: &str) -> BTreeSet<String> {
    let guide = include_str!("../../../docs/embedding.md");
    let table = guide.lines().skip_while(|line| !line.starts_with(head));
    table
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .flat_map(|row| {
            let cell = row.split('|').nth(1).unwrap_or_default();
            let names = cell.split('`').skip(1).step_by(2);
            names.map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

fn set(names: impl IntoIterator<Item = &'static str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn the_guide_lists_every_cause_and_every_code_and_no_other() {
    assert_eq!(
        listed("| cause of the component's |"),
        set(Cause::ALL.map(Cause::name))
    );
    let calls = of_calls();
    for error in &calls {
        assert_eq!(error.cause(), error.code());
    }
    assert_eq!(
        listed("| cause of the harness's |"),
        set(calls.iter().map(CallError::cause))
    );
    let starts = of_starts();
    let timers = of_timers();
    let codes = starts.iter().map(StartError::code);
    assert_eq!(
        listed("| code of a start or of the timer |"),
        set(codes.chain(timers.iter().map(ServeError::code)))
    );
}
