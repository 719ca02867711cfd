//! Records. `v1/` holds one of every kind and case as version 1 was written, `v2/` what version 2 writes in another way; files
//! there are never changed, a new version gets a folder of its own beside them.

use std::collections::BTreeSet;
use std::path::Path;

use libtv_video_core::session::{
    Asked, Delivery, DeliveryState, Purpose, Route, State, folder_name,
};
use libtv_video_core::store::record::{self, Bad};
use libtv_video_core::store::submits::Submit;
use libtv_video_core::types::Request;
use libtv_video_core::{commands, skill};

use crate::folder::{Folder, settings};
use crate::samples::{Record, asked, delivery, progress, pulse, samples, submit, url};

fn folder(version: u32) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/store/records/v{version}"))
}

fn kept(version: u32, name: &str) -> Vec<u8> {
    let path = folder(version).join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What version 2 writes in a way of its own: deliveries, and routes of which version 1 couldn't say all.
fn samples_of_version_2() -> Vec<(String, Record)> {
    let mut found = samples();
    found.retain(|(_, record)| matches!(record, Record::Delivery(_)));
    let route = Route {
        account: Some("work".to_owned()),
        thread: Some("1700000000.123456".to_owned()),
        ..asked().route
    };
    let asked = Asked {
        route: route.clone(),
        ..asked()
    };
    let submit = Submit {
        route: Route {
            account: None,
            ..route
        },
        ..submit()
    };
    found.push(("asked-by-account".to_owned(), Record::Asked(asked)));
    found.push(("submit-in-thread".to_owned(), Record::Submit(submit)));
    found
}

#[test]
fn every_record_of_version_1_is_read_and_written_as_it_was() {
    assert_eq!(
        record::VERSION,
        2,
        "keep fixtures of the new version beside those of the old"
    );
    for (name, record) in samples() {
        let bytes = kept(1, &name);
        assert_eq!(record.decode(&bytes).as_ref(), Ok(&record), "{name}");
        // A delivery is kept for any channel since version 2.
        if !matches!(record, Record::Delivery(_)) {
            assert_eq!(
                String::from_utf8(record.encode()),
                String::from_utf8(bytes),
                "{name}: its form has changed, which makes a new version"
            );
        }
    }
}

#[test]
fn every_record_of_version_2_is_read_and_written_as_it_was() {
    for (name, record) in samples_of_version_2() {
        let bytes = kept(2, &name);
        assert_eq!(record.decode(&bytes).as_ref(), Ok(&record), "{name}");
        assert_eq!(
            String::from_utf8(record.encode()),
            String::from_utf8(bytes),
            "{name}: its form has changed, which makes a new version"
        );
    }
}

#[test]
fn every_kept_record_is_looked_at() {
    let older = ["delivery-without-links", "submit-without-told"].map(str::to_owned);
    for (version, samples, older) in [(1, samples(), &older[..]), (2, samples_of_version_2(), &[])]
    {
        let names: BTreeSet<String> = std::fs::read_dir(folder(version))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let mut known: BTreeSet<String> = samples.into_iter().map(|(name, _)| name).collect();
        known.extend(older.iter().cloned());
        assert_eq!(names, known, "version {version}");
    }
}

/// Members that may be missing.
#[test]
fn a_record_without_what_came_later_is_read() {
    let known = delivery(Purpose::Result(url()), DeliveryState::Sending);
    let read: Delivery = record::decode("delivery", &kept(1, "delivery-without-links")).unwrap();
    assert_eq!(
        read,
        Delivery {
            links: None,
            ..known
        }
    );
    let read: Submit = record::decode("submit", &kept(1, "submit-without-told")).unwrap();
    assert_eq!(
        read,
        Submit {
            told: false,
            ..submit()
        }
    );
}

#[test]
fn every_flipped_bit_and_every_truncation_of_every_kind_is_noticed() {
    let both = [(1, samples()), (2, samples_of_version_2())];
    let all = both
        .into_iter()
        .flat_map(|(version, samples)| samples.into_iter().map(move |one| (version, one)));
    for (version, (name, record)) in all {
        let good = kept(version, &name);
        for at in 0..good.len() {
            assert!(record.decode(&good[..at]).is_err(), "{name} cut at {at}");
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                assert!(
                    record.decode(&bad).is_err(),
                    "{name}: bit {bit} of byte {at}"
                );
            }
        }
    }
}

/// The record as the next version might write it.
fn newer(record: &Record) -> Vec<u8> {
    let text = String::from_utf8(record.encode()).unwrap();
    let (_, rest) = text
        .strip_prefix("libtv-video ")
        .unwrap()
        .split_once(' ')
        .unwrap();
    let newer = format!("libtv-video 3 {rest}");
    assert_eq!(
        record.decode(newer.as_bytes()),
        Err(Bad::Newer(3)),
        "{}",
        record.kind()
    );
    newer.into_bytes()
}

#[test]
fn a_record_of_a_newer_version_is_refused_and_left_untouched() {
    let key = folder_name("session-1");
    let other = folder_name("session-2");
    let dir = format!("sessions/{key}");
    for newer_one in [
        "asked-0002",
        "progress-0002",
        "pulse-0002",
        "d-0123456789abcdef0123",
    ] {
        let mut state = Folder::default();
        for (name, record) in [
            ("asked-0002", Record::Asked(asked())),
            (
                "progress-0002",
                Record::Progress(progress(State::Generating)),
            ),
            ("pulse-0002", Record::Pulse(pulse())),
            (
                "d-0123456789abcdef0123",
                Record::Delivery(delivery(Purpose::Result(url()), DeliveryState::Pending)),
            ),
        ] {
            let bytes = if name == newer_one {
                newer(&record)
            } else {
                record.encode()
            };
            state.0.insert(format!("{dir}/{name}"), bytes);
        }
        let second = Record::Asked(Asked {
            session_id: "session-2".to_owned(),
            ..asked()
        });
        state
            .0
            .insert(format!("sessions/{other}/asked-0002"), second.encode());
        state.0.insert(format!("active/{key}"), Vec::new());
        let before = state.clone();

        let (polled, _) = state.run(|io| skill::poll(io, &settings(), key.clone()));
        let words = polled.unwrap_err().failure().message.clone();
        assert!(
            words.contains(newer_one) && words.contains("newer version"),
            "{words}"
        );
        let request = Request {
            text: Some("go on".to_owned()),
            session_id: Some("session-1".to_owned()),
            ..Request::default()
        };
        let (submitted, _) = state.run(|io| skill::submit(io, &settings(), request));
        assert!(submitted.is_err());
        assert_eq!(state, before, "{newer_one}");

        let arguments = vec!["recover".to_owned()];
        let (_, printed) = state.run(|io| commands::main(io, &settings(), arguments));
        let printed = printed.join("\n");
        assert!(printed.contains("newer version"), "{printed}");
        assert!(
            printed.contains("session-2"),
            "the others are shown: {printed}"
        );
        for (path, bytes) in before.0.iter().filter(|(path, _)| path.starts_with(&dir)) {
            assert_eq!(state.0.get(path), Some(bytes), "{path}");
        }
    }
}

#[test]
fn an_intent_of_a_newer_version_is_left_untouched() {
    let mut state = Folder::default();
    let path = "submits/ffeeddccbbaa99887766554433221100".to_owned();
    state
        .0
        .insert(path.clone(), newer(&Record::Submit(submit())));
    let before = state.clone();
    let arguments = vec!["recover".to_owned()];
    state.run(|io| commands::main(io, &settings(), arguments));
    assert_eq!(state.0.get(&path), before.0.get(&path));
}
