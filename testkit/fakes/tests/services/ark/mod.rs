//! Ark and ModelArk: tasks from submit to link, the list, cancelling, pictures.

mod requests;

use crate::client::{Answer, send};
use fakes::ark::{LINK_LIFE, RECORD_LIFE, TASKS};
use fakes::{
    ARK_KEY, ARK_MEDIA_HOSTS, Ark, ArkError, Clip, Fake, Fault, MODELARK_KEY, Media, When, World,
    media,
};
use serde_json::{Value, json};
use std::time::Duration;

const MODEL: &str = "doubao-seedance-2-0-260128";
const MODEL_2_5: &str = "doubao-seedance-2-5-260628";
const PICTURES: &str = "doubao-seedream-4-5-251128";

fn ask(ark: &Ark, key: &str, line: &str, body: Option<&Value>) -> Answer {
    let bearer = format!("Bearer {key}");
    let body = body.map(Value::to_string).unwrap_or_default();
    let headers = [("authorization", bearer.as_str())];
    send(ark.http_addr(), line, &headers, body.as_bytes()).unwrap()
}

fn create(ark: &Ark, body: &Value) -> Answer {
    ask(ark, ARK_KEY, &format!("POST {TASKS}"), Some(body))
}

fn get(ark: &Ark, id: &str) -> Value {
    ask(ark, ARK_KEY, &format!("GET {TASKS}/{id}"), None).json()
}

fn list(ark: &Ark, query: &str) -> Value {
    ask(ark, ARK_KEY, &format!("GET {TASKS}?{query}"), None).json()
}

fn words(text: &str) -> Value {
    json!({"model": MODEL, "content": [{"type": "text", "text": text}]})
}

fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

fn begin(ark: &Ark, text: &str) -> String {
    let answer = create(ark, &words(text));
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn picture(url: &str, role: &str) -> Value {
    json!({"type": "image_url", "image_url": {"url": url}, "role": role})
}

/// Status and code of a refusal; the type and the request's id have to be there.
fn refusal(answer: &Answer) -> (u16, String) {
    let error = &answer.json()["error"];
    assert!(error["type"].is_string(), "{error}");
    assert!(error["param"].is_string(), "{error}");
    assert!(error["message"].as_str().unwrap().contains("Request id: "));
    assert!(answer.header("x-request-id").is_some());
    (answer.status, error["code"].as_str().unwrap().to_owned())
}

fn is(answer: &Answer, status: u16, code: &str) {
    assert_eq!(refusal(answer), (status, code.to_owned()));
}

/// Path and query of a link, to ask the store for.
fn target(link: &str) -> (String, String) {
    let rest = link.strip_prefix("https://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    (host.to_owned(), format!("/{path}"))
}

fn fetch(store: &Media, link: &str) -> Answer {
    let (_, path) = target(link);
    send(store.http_addr(), &format!("GET {path}"), &[], b"").unwrap()
}

#[test]
fn a_task_is_queued_then_runs_then_has_a_link() {
    let world = World::builder().start().unwrap();
    let ark = world.ark();
    let body = with(
        with(words("a cat"), "duration", json!(-1)),
        "ratio",
        json!("adaptive"),
    );
    let answer = create(&ark, &with(body, "safety_identifier", json!("user-1"))).json();
    let id = answer["id"].as_str().unwrap();
    assert!(id.starts_with("cgt-20") && id.len() == 24, "{id}");
    assert_eq!(answer["safety_identifier"], "user-1");
    assert_eq!(ark.status(id), Some("queued"));
    let running = get(&ark, id);
    assert_eq!(
        (&running["status"], &running["error"]),
        (&json!("running"), &Value::Null)
    );
    assert!(running.get("content").is_none());
    let done = get(&ark, id);
    assert_eq!(done["status"], "succeeded");
    assert_eq!(
        (&done["duration"], &done["ratio"], &done["resolution"]),
        (&json!(5), &json!("16:9"), &json!("720p"))
    );
    assert_eq!(
        done["usage"]["completion_tokens"],
        1280 * 720 * 24 * 5 / 1024
    );
    assert_eq!(done["execution_expires_after"], 172_800);
    let (host, _) = target(done["content"]["video_url"].as_str().unwrap());
    assert!(ARK_MEDIA_HOSTS.contains(&host.as_str()), "{host}");
    assert_eq!(ark.polls(id), 2);
    let made = ark.made();
    assert_eq!((made.len(), made[0].text.as_str()), (1, "a cat"));
    assert_eq!(made[0].safety_identifier.as_deref(), Some("user-1"));
}

#[test]
fn a_link_opens_its_path_alone_and_dies_after_a_day() {
    let world = World::builder().start().unwrap();
    let (ark, store) = (world.ark(), world.ark_media());
    ark.set_default_clip(
        Clip::video_at("/clips/cat.mp4")
            .starting(When::Now)
            .ending(When::Now),
    );
    store.put("/clips/cat.mp4", media::mp4(5_000, 400_000, true));
    let id = begin(&ark, "a cat");
    let link = get(&ark, &id)["content"]["video_url"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(link.contains("X-Tos-Expires=86400") && link.contains("X-Tos-Signature="));
    let file = fetch(&store, &link);
    assert_eq!((file.status, file.body.len()), (200, 400_000));
    assert_eq!(fetch(&store, link.split('?').next().unwrap()).status, 403);
    assert_eq!(fetch(&store, &link.replace("cat", "dog")).status, 403);
    assert_eq!(
        fetch(&store, &format!("{link}&x=1")).json()["Code"],
        "SignatureDoesNotMatch"
    );
    store.set_clock_offset(LINK_LIFE);
    let dead = fetch(&store, &link);
    assert_eq!(
        (dead.status, &dead.json()["Message"]),
        (403, &json!("Request has expired"))
    );
    ark.set_clock_offset(LINK_LIFE);
    assert_eq!(
        get(&ark, &id)["content"]["video_url"],
        link,
        "the record outlives it"
    );
    ark.set_clock_offset(RECORD_LIFE);
    assert_eq!(get(&ark, &id)["error"]["code"], "NotFound.task_id");
}

#[test]
fn the_same_result_can_come_under_another_signature_that_lives_no_longer() {
    let world = World::builder().start().unwrap();
    let (ark, store) = (world.ark(), world.ark_media());
    ark.sign_links_anew(true);
    ark.set_default_clip(Clip::video().starting(When::Now).ending(When::Now));
    let id = begin(&ark, "x");
    let link = |ark: &Ark| {
        get(ark, &id)["content"]["video_url"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (one, two) = (link(&ark), link(&ark));
    assert_ne!(one, two);
    assert_eq!(one.split('?').next(), two.split('?').next());
    let later = LINK_LIFE - Duration::from_secs(60);
    ark.set_clock_offset(later);
    store.set_clock_offset(later);
    let three = link(&ark);
    assert_eq!(fetch(&store, &three).status, 200);
    store.set_clock_offset(LINK_LIFE + Duration::from_secs(1));
    assert_eq!(fetch(&store, &three).status, 403);
}

#[test]
fn the_models_of_one_service_are_unknown_to_the_other_and_so_are_its_keys() {
    let world = World::builder().start().unwrap();
    let (ark, modelark) = (world.ark(), world.modelark());
    let abroad = with(words("x"), "model", json!("dreamina-seedance-2-0-260128"));
    is(
        &create(&ark, &abroad),
        404,
        "InvalidEndpointOrModel.NotFound",
    );
    let line = format!("POST {TASKS}");
    is(
        &ask(&modelark, ARK_KEY, &line, Some(&abroad)),
        401,
        "AuthenticationError",
    );
    assert_eq!(
        ask(&modelark, MODELARK_KEY, &line, Some(&abroad)).status,
        200
    );
    assert_eq!((ark.made().len(), modelark.made().len()), (0, 1));
    let unauthorised = send(ark.http_addr(), &format!("GET {TASKS}"), &[], b"").unwrap();
    assert_eq!(unauthorised.json()["error"]["type"], "Unauthorized");
}

#[test]
fn only_a_queued_task_can_be_cancelled() {
    let world = World::builder().start().unwrap();
    let ark = world.ark();
    let delete = |id: &str| ask(&ark, ARK_KEY, &format!("DELETE {TASKS}/{id}"), None);
    ark.set_default_clip(Clip::queued());
    let queued = begin(&ark, "x");
    assert_eq!(delete(&queued).status, 200);
    assert_eq!(get(&ark, &queued)["status"], "cancelled");
    assert_eq!(delete(&queued).status, 409);
    let running = begin(&ark, "y");
    assert!(ark.advance(&running));
    get(&ark, &running);
    is(&delete(&running), 409, "InvalidAction.RunningTaskDeletion");
    get(&ark, &running);
    assert_eq!(ark.status(&running), Some("succeeded"));
    assert_eq!(delete(&running).status, 200, "its record goes");
    is(&delete(&running), 404, "NotFound.task_id");
}

#[test]
fn a_task_expires_where_it_stands() {
    let world = World::builder().start().unwrap();
    let ark = world.ark();
    ark.set_default_clip(Clip::never());
    let id = begin(&ark, "x");
    get(&ark, &id);
    ark.set_clock_offset(Duration::from_secs(172_799));
    assert_eq!(get(&ark, &id)["status"], "running");
    ark.set_clock_offset(Duration::from_secs(172_801));
    assert_eq!(get(&ark, &id)["status"], "expired");
}

#[test]
fn what_was_done_in_time_is_done_though_nobody_looked() {
    let world = World::builder().start().unwrap();
    let ark = world.ark();
    ark.set_default_clip(
        Clip::video()
            .starting(When::Now)
            .ending(When::After(Duration::from_secs(90))),
    );
    let id = begin(&ark, "x");
    ark.set_clock_offset(Duration::from_secs(200_000));
    let done = get(&ark, &id);
    assert_eq!(done["status"], "succeeded");
    let took = done["updated_at"].as_u64().unwrap() - done["created_at"].as_u64().unwrap();
    assert_eq!(took, 90);
}

#[test]
fn the_list_is_filtered_and_paged_newest_first() {
    let world = World::builder().start().unwrap();
    let ark = world.ark();
    let (one, two, three) = (begin(&ark, "1"), begin(&ark, "2"), begin(&ark, "3"));
    get(&ark, &two);
    let ids = |query: &str| {
        let listed = list(&ark, query);
        let items = listed["items"].as_array().unwrap().clone();
        let ids = items
            .iter()
            .map(|item| item["id"].as_str().unwrap().to_owned());
        (listed["total"].as_u64().unwrap(), ids.collect::<Vec<_>>())
    };
    assert_eq!(ids(""), (3, vec![three.clone(), two.clone(), one.clone()]));
    assert_eq!(ids("page_size=2&page_num=2"), (3, vec![one.clone()]));
    assert_eq!(ids("filter.status=running"), (1, vec![two.clone()]));
    assert_eq!(ids(&format!("filter.model={MODEL}")).0, 3);
    assert_eq!(ids(&format!("filter.model={MODEL_2_5}")).0, 0);
    let some = format!("filter.task_ids={one}&filter.task_ids={three}");
    assert_eq!(ids(&some), (2, vec![three, one]));
    for bad in [
        "page_size=0",
        "page_size=501",
        "filter.status=done",
        "status=queued",
    ] {
        let answer = ask(&ark, ARK_KEY, &format!("GET {TASKS}?{bad}"), None);
        is(&answer, 400, "InvalidParameter");
    }
    assert_eq!(ark.polls(&two), 1, "listing is no poll");
}

#[test]
fn a_submit_whose_answer_is_lost_is_found_in_the_list_perhaps_later() {
    let world = World::builder().start().unwrap();
    let ark = world.ark();
    ark.delay_list(Duration::from_secs(30));
    ark.fault(
        format!("POST {TASKS}").as_str(),
        Fault::ResetAfterApplied,
        1,
    );
    let body = with(words("a cat"), "safety_identifier", json!("intent-1")).to_string();
    let bearer = format!("Bearer {ARK_KEY}");
    let headers = [("authorization", bearer.as_str())];
    assert!(
        send(
            ark.http_addr(),
            &format!("POST {TASKS}"),
            &headers,
            body.as_bytes()
        )
        .is_err()
    );
    assert_eq!(ark.made().len(), 1);
    assert_eq!(list(&ark, "")["total"], 0);
    ark.set_clock_offset(Duration::from_secs(31));
    assert_eq!(list(&ark, "")["items"][0]["safety_identifier"], "intent-1");
    ark.hide_identifiers(true);
    assert!(
        list(&ark, "")["items"][0]
            .get("safety_identifier")
            .is_none()
    );
    ark.fault(
        format!("GET {TASKS}").as_str(),
        ArkError::internal().into(),
        1,
    );
    let down = ask(&ark, ARK_KEY, &format!("GET {TASKS}"), None);
    assert_eq!(
        (down.status, &down.json()["error"]["code"]),
        (500, &json!("InternalServiceError"))
    );
}

#[test]
fn making_is_limited_and_looking_where_a_test_wants_it() {
    let world = World::builder().start().unwrap();
    let ark = world.ark();
    ark.stop_clock();
    for _ in 0..180 {
        assert_eq!(create(&ark, &words("x")).status, 200);
    }
    is(
        &create(&ark, &words("x")),
        429,
        "ModelAccountRpmRateLimitExceeded",
    );
    ark.limit_reads(true);
    assert_eq!(
        ask(&ark, ARK_KEY, &format!("GET {TASKS}"), None).status,
        200
    );
    is(
        &ask(&ark, ARK_KEY, &format!("GET {TASKS}"), None),
        429,
        "AccountRateLimitExceeded",
    );
    ark.set_clock_offset(Duration::from_secs(61));
    assert_eq!(create(&ark, &words("x")).status, 200);
}

#[test]
fn pictures_come_in_the_answer_as_links_or_bytes() {
    let world = World::builder().start().unwrap();
    let ark = world.ark();
    let answer = |more: Value| {
        let mut body = json!({"model": PICTURES, "prompt": "a cat"});
        for (field, value) in more.as_object().unwrap() {
            body[field] = value.clone();
        }
        ask(
            &ark,
            ARK_KEY,
            "POST /api/v3/images/generations",
            Some(&body),
        )
    };
    let one = answer(json!({"size": "2K"})).json();
    assert_eq!(
        (&one["data"][0]["size"], &one["usage"]["generated_images"]),
        (&json!("2048x2048"), &json!(1))
    );
    let link = one["data"][0]["url"].as_str().unwrap();
    let (host, _) = target(link);
    assert!(ARK_MEDIA_HOSTS.contains(&host.as_str()));
    assert!(
        fetch(&world.ark_media(), link)
            .body
            .starts_with(&[0xff, 0xd8, 0xff])
    );
    ark.set_pictures_made(3);
    assert_eq!(
        answer(json!({})).json()["data"].as_array().unwrap().len(),
        1
    );
    let open = json!({"sequential_image_generation": "auto", "response_format": "b64_json"});
    let three = answer(open).json();
    assert_eq!(three["data"].as_array().unwrap().len(), 3);
    assert!(three["data"][2]["b64_json"].is_string());
    is(
        &answer(json!({"size": "1024x1024"})),
        400,
        "InvalidParameter",
    );
    is(&answer(json!({"prompt": ""})), 400, "MissingParameter");
    is(&answer(json!({"model": MODEL})), 400, "InvalidParameter");
    ark.refuse_text_containing("cat", ArkError::sensitive_text());
    is(&answer(json!({})), 400, "InputTextSensitiveContentDetected");
    assert_eq!(ark.made().len(), 3);
}
