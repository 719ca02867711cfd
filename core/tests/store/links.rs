//! Records of version 1 in which every link to a result counted as a result, and was what its delivery is named after.

use libtv_video_core::deliver::plan;
use libtv_video_core::session::{
    Delivery, DeliveryState, Progress, Purpose, Route, State, folder_name,
};
use libtv_video_core::store::{self, record};
use libtv_video_core::upstream::results::ResultUrl;

use crate::folder::{Folder, NONCE, NOW_MS};

fn signed(signature: u32) -> ResultUrl {
    let link = format!("https://libtv-res.liblib.art/claw/p/a.mp4?Expires={signature}");
    ResultUrl::parse(&link).unwrap()
}

/// As version 1 named it: after the whole link.
fn delivery(url: &ResultUrl, order: u32, state: DeliveryState) -> Delivery {
    let purpose = Purpose::Result(url.clone());
    let mut delivery = Delivery::planned(NONCE, 1, order, purpose, url.as_str(), NOW_MS);
    delivery.state = state;
    delivery
}

/// The state folder of a session whose two answers had two links to one film.
fn folder(deliveries: &[Delivery]) -> (Folder, String) {
    let route = Route {
        channel: "feishu".to_owned(),
        chat: "oc_1".to_owned(),
        ..Route::default()
    };
    let progress = Progress {
        state: State::Completed,
        results: vec![signed(1), signed(2)],
        ..Progress::begun(NOW_MS)
    };
    let (mut folder, dir) = Folder::with_session("project-1", route, &progress);
    for delivery in deliveries {
        let bytes = record::encode("delivery", delivery);
        folder.0.insert(format!("{dir}/d-{}", delivery.id), bytes);
    }
    (folder, folder_name("session-1"))
}

/// What is there when the session was read and planned.
fn planned(folder: &mut Folder, key: &str) -> store::Loaded {
    let loaded = folder.run(|io| store::load(io, key));
    let mut loaded = loaded.0.unwrap().unwrap();
    plan::plan(&mut loaded, NOW_MS);
    loaded
}

#[test]
fn what_was_delivered_under_another_link_is_not_sent_again() {
    let sent = delivery(&signed(1), 1, DeliveryState::Delivered);
    let waits = delivery(&signed(2), 2, DeliveryState::Pending);
    for deliveries in [&[sent.clone()][..], &[waits.clone(), sent.clone()]] {
        let (mut folder, key) = folder(deliveries);
        let loaded = planned(&mut folder, &key);
        assert_eq!(loaded.session.turns[0].progress.results, [signed(2)]);
        for delivery in &loaded.session.deliveries {
            let goes_on = delivery.state.is_open() && delivery.links.is_none();
            assert!(!goes_on, "{delivery:#?}");
        }
        assert_eq!(loaded.session.deliveries.len(), deliveries.len());
        let known = loaded.session.delivery_of(&signed(3)).unwrap();
        assert_eq!(known.state, DeliveryState::Delivered);
    }
}

#[test]
fn what_was_planned_under_another_link_goes_once_with_the_newest() {
    let deliveries = [1, 2].map(|at| delivery(&signed(at), at, DeliveryState::Pending));
    let (mut folder, key) = folder(&deliveries);
    let session = planned(&mut folder, &key).session;
    let goes = |delivery: &&Delivery| delivery.links.is_none();
    let going: Vec<&Delivery> = session.deliveries.iter().filter(goes).collect();
    assert_eq!(going.len(), 1);
    assert_eq!(session.link_of(going[0]), Some(&signed(2)));
}

#[test]
fn a_damaged_delivery_of_another_link_may_have_been_sent() {
    let (mut folder, key) = folder(&[delivery(&signed(1), 1, DeliveryState::Sending)]);
    for (path, bytes) in &mut folder.0 {
        if path.contains("/d-") {
            bytes.truncate(bytes.len() / 2);
        }
    }
    let session = planned(&mut folder, &key).session;
    assert_eq!(session.deliveries.len(), 1);
    assert_eq!(session.deliveries[0].state, DeliveryState::Uncertain);
}
