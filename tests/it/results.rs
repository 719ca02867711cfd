//! What a result is, and what isn't one: links that change, thumbnails, pages in the place of media.

use fakes::media::MediaFile;
use fakes::{Fake, Fault, Job, When};

use crate::delivery::{deliver, only, recovered, url};
use crate::env::scenes::POLL;
use crate::env::{TestEnv, files_below, texts};

const VIDEO: &str = "/sd-gen-save-img/cat.mp4";

/// What the media store was asked for, with the queries.
fn fetched(env: &TestEnv) -> Vec<String> {
    let requests = env.media().requests();
    requests
        .iter()
        .map(|request| match &request.query {
            None => request.path.clone(),
            Some(query) => format!("{}?{query}", request.path),
        })
        .collect()
}

#[test]
fn a_link_that_is_signed_anew_for_every_answer_is_one_result_and_the_newest_is_fetched() {
    for env in [TestEnv::new(), TestEnv::direct()] {
        for service in [env.gateway(), env.direct_api()] {
            service.sign_links();
            service.set_default_job(
                Job::new()
                    .works_on(2)
                    .at(When::Polls(2))
                    .videos([VIDEO])
                    .at(When::Polls(9))
                    .images(["/sd-gen-save-img/dog.png"])
                    .says("done"),
            );
        }
        let id = env.submit("a cat and a dog");
        env.watch(&id).ok();
        assert_eq!(texts(&env.chat()), ["[media]", "[image]"]);
        let fetched = fetched(&env);
        let of_the_dog = format!("{}?Expires=9&Signature=s%2B9", "/sd-gen-save-img/dog.png");
        assert!(fetched.contains(&of_the_dog), "{fetched:#?}");
        let told = recovered(&env, &id);
        assert_eq!(told["results"].as_array().unwrap().len(), 2, "{told}");
        assert!(told["deliveredAt"].is_string(), "{told}");
        let listed = env.run(["query-session", &id]).ok().json();
        assert_eq!(listed["result_urls"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn a_link_that_goes_out_as_text_is_the_newest() {
    let env = TestEnv::new();
    env.gateway().sign_links();
    env.media().remove(VIDEO);
    deliver(&env, &[VIDEO]);
    let message = only(env.chat());
    let text = message.text().unwrap();
    assert!(
        text.contains(&format!("{}?Expires=1&Signature=s%2B1\n", url(VIDEO))),
        "{text}"
    );
}

#[test]
fn a_thumbnail_and_its_file_are_one_message_with_the_file() {
    let thumbnail = format!("{}?x-oss-process=video/snapshot,t_0,f_jpg", url(VIDEO));
    let both_at_once = Job::new()
        .works()
        .at(When::Polls(1))
        .videos([&thumbnail])
        .says(&format!("done: {}", url(VIDEO)));
    let thumbnail_first = Job::new()
        .works()
        .at(When::Polls(2))
        .videos([&thumbnail])
        .at(When::Polls(4))
        .says(&format!("done: {}", url(VIDEO)));
    let file_first = Job::new()
        .works()
        .at(When::Polls(2))
        .videos([VIDEO])
        .at(When::Polls(4))
        .says(&format!("done: {thumbnail}"));
    for job in [both_at_once, thumbnail_first, file_first] {
        let env = TestEnv::new();
        env.gateway().set_default_job(job);
        let id = env.submit("a cat");
        env.watch(&id);
        let message = only(env.chat());
        assert_eq!(message.msg_type, "media", "{message:#?}");
        assert_eq!(recovered(&env, &id)["results"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn what_an_earlier_turn_brought_is_no_result_of_a_later_one_under_another_signature() {
    let env = TestEnv::new();
    env.gateway().sign_links();
    let id = deliver(&env, &[VIDEO]);
    env.gateway().set_default_job(
        Job::new()
            .works()
            .at(When::Polls(1))
            .videos(["/sd-gen-save-img/two.mp4"])
            .says(&format!(
                "the second of {}",
                url("/sd-gen-save-img/c%61t.mp4")
            )),
    );
    env.continue_session(&id, "another one");
    env.watch(&id).ok();
    assert_eq!(texts(&env.chat()), ["[media]", "[media]"]);
}

/// Pages and other things that stand in the place of media with status 200.
fn impostors() -> Vec<MediaFile> {
    let page = "<!DOCTYPE html><title>Log in</title>";
    [
        ("text/html", page),
        ("video/mp4", page),
        ("application/xml", "<?xml version=\"1.0\"?><Error/>"),
        ("application/json", "{\"code\":\"AccessDenied\"}"),
        ("text/plain", "登录后再试"),
        ("application/octet-stream", "%PDF-1.7\n"),
        ("text/html; charset=utf-8", "\u{1}\u{2}\u{3}packed"),
    ]
    .map(|(kind, text)| MediaFile::from_bytes(kind, text.as_bytes()))
    .into()
}

#[test]
fn a_page_in_the_place_of_a_film_or_picture_is_tried_again_and_then_a_link() {
    let env = TestEnv::new();
    let paths: Vec<String> = (0..)
        .zip(impostors())
        .map(|(at, file)| {
            let path = format!("/sd-gen-save-img/{at}.{}", ["mp4", "png"][at % 2]);
            env.media().put(&path, file);
            path
        })
        .collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    deliver(&env, &paths);
    let told = texts(&env.chat());
    assert_eq!(told.len(), paths.len(), "{told:#?}");
    for path in paths {
        let link = format!("{}\n", url(path));
        assert!(told.iter().any(|text| text.starts_with(&link)), "{told:#?}");
        let asked = env.media().requests();
        assert!(asked.iter().filter(|request| request.path == path).count() >= 4);
    }
}

#[test]
fn a_page_that_makes_way_for_the_film_is_forgotten() {
    let env = TestEnv::new();
    let page = Fault::Status(
        200,
        vec![("content-type".into(), "text/html".into())],
        "<html>please log in</html>".into(),
    );
    env.media().fault("GET /sd-gen-save-img/*", page, 2);
    deliver(&env, &[VIDEO]);
    assert_eq!(only(env.chat()).msg_type, "media");
}

#[test]
fn a_page_is_not_stored_as_a_film() {
    let env = TestEnv::new();
    for (at, file) in (0..).zip(impostors()) {
        let path = format!("/sd-gen-save-img/{at}.mp4");
        env.media().put(&path, file);
        let out = env.run([
            "download-results",
            "--urls",
            &url(&path),
            "--output-dir",
            "out",
        ]);
        let told = out.exits(1).json();
        assert_eq!(told["downloaded"], serde_json::json!([]), "{told}");
        assert!(
            told["errors"][0]["error"]
                .as_str()
                .unwrap()
                .contains("something else")
        );
    }
    assert_eq!(
        files_below(&env.folder().join("out")),
        Vec::<std::path::PathBuf>::new()
    );
}

#[test]
fn of_more_results_than_a_chat_can_bear_the_number_is_told() {
    let env = TestEnv::new();
    let paths: Vec<String> = (0..45)
        .map(|at| format!("/sd-gen-save-img/{at}.png"))
        .collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    deliver(&env, &paths);
    let told = texts(&env.chat());
    assert_eq!(told.len(), 41, "{told:#?}");
    let notes: Vec<&String> = told.iter().filter(|text| *text != "[image]").collect();
    assert_eq!(notes.len(), 1, "{told:#?}");
    assert!(notes[0].starts_with("… and 5 more"), "{notes:#?}");
}

#[test]
fn a_film_is_called_in_the_chat_what_people_called_it() {
    let env = TestEnv::new();
    deliver(&env, &["/sd-gen-save-img/%E7%8B%90%E7%8B%B8%20%22a%22.mp4"]);
    let name = only(env.chat()).file.unwrap().file_name.unwrap();
    assert_eq!(name, "狐狸 _a_.mp4");
}

#[test]
fn an_answer_that_is_almost_json_is_read_and_its_film_delivered() {
    let env = TestEnv::new();
    env.media()
        .put(VIDEO, fakes::media::mp4(5_041, 100_000, false));
    env.gateway().set_default_job(Job::never());
    let id = env.submit("a cat");
    // Half a character, a line break and a control character as they are, and what a log line left in front of it.
    let said = format!(
        "{{\"messages\": [{{\"id\": \"m9\", \"seq\": 9, \"role\": \"assistant\", \"content\": \"done \\ud83d\n\u{1}: {}\"}}]}}",
        url(VIDEO)
    );
    let header = ("content-type".to_owned(), "application/json".to_owned());
    let almost = Fault::Status(200, vec![header], format!("\u{feff}{said}"));
    env.gateway().fault(POLL, almost, fakes::ALWAYS);
    env.watch(&id).ok();
    assert_eq!(only(env.chat()).msg_type, "media");
}
