use super::{MAX_URL_LEN, ResultUrl, extract};
use crate::json::{Stored, Written};
use proptest::prelude::*;
use serde_json::Value;

const A: &str = "https://libtv-res.liblib.art/sd-gen-save-img/2026/a.mp4";
const B: &str = "https://libtv-res.liblib.art/claw/11-22/b.png";

fn found(text: &str) -> Vec<String> {
    extract(text)
        .iter()
        .map(|url| url.as_str().to_owned())
        .collect()
}

#[test]
fn urls_come_in_order_without_repetition() {
    assert_eq!(found(&format!("{B} then {A} and again {B}")), [B, A]);
}

#[test]
fn the_sentence_around_a_url_is_not_part_of_it() {
    for text in [
        format!("done: {A}."),
        format!("视频：{A}。请查看"),
        format!("**{A}**"),
        format!("**{A}**done"),
        format!("`{A}`,"),
        format!("[video]({A})"),
        format!("<{A}>"),
        format!("\"{A}\""),
        format!("“{A}”"),
        format!("「{A}」，"),
        format!("{A}（点击）"),
        format!("{A}！？"),
        format!("really {A}?!"),
        format!("|{A}|mp4|"),
        format!("_{A}_"),
        format!("~~{A}~~"),
        format!("{{\"url\":\"{A}\\n\"}}"),
        format!("{A}\\nnext"),
        format!("{A}\u{3000}x"),
        format!("{A}\u{0}x"),
        format!("{A}；"),
        format!("链接{A}下载"),
        format!("{A}…"),
    ] {
        assert_eq!(found(&text), [A], "{text}");
    }
}

#[test]
fn urls_glued_together_are_told_apart() {
    for separator in [",", ";", "", "\\n", "**", "，", "|"] {
        assert_eq!(found(&format!("{A}{separator}{B}")), [A, B], "{separator}");
    }
}

#[test]
fn a_query_is_passed_on_exactly_as_it_was_found() {
    let url = format!(
        "{A}?x-oss-process=image/resize,w_10&Signature=a%2Fb*c~_&from=https://x.example/#t=1"
    );
    assert_eq!(found(&format!("see {url} ")), [url]);
}

#[test]
fn no_other_host_scheme_port_user_or_path_is_a_result() {
    for text in [
        "http://libtv-res.liblib.art/claw/a.mp4",
        "HTTPS://libtv-res.liblib.art/claw/a.mp4",
        "xhttps://libtv-res.liblib.art/claw/a.mp4",
        "git+https://libtv-res.liblib.art/claw/a.mp4",
        "https://libtv-res.liblib.art:443/claw/a.mp4",
        "https://user@libtv-res.liblib.art/claw/a.mp4",
        "https://libtv-res.liblib.art@evil.example/claw/a.mp4",
        "https://libtv-res.liblib.art.evil.example/claw/a.mp4",
        "https://libtv-res.liblib.artx/claw/a.mp4",
        "https://xlibtv-res.liblib.art/claw/a.mp4",
        "https://medeo-res.liblib.art/claw/a.mp4",
        "https://LIBTV-RES.liblib.art/claw/a.mp4",
        "https://libtv-res.liblib.art/clawx/a.mp4",
        "https://libtv-res.liblib.art/other/a.mp4",
        "https://libtv-res.liblib.art//claw/a.mp4",
        "https:\\\\libtv-res.liblib.art\\claw\\a.mp4",
        "file:///claw/a.mp4",
    ] {
        assert_eq!(found(text), Vec::<String>::new(), "{text}");
        assert_eq!(ResultUrl::parse(text), None, "{text}");
    }
}

#[test]
fn a_url_needs_a_file_behind_the_prefix_and_no_way_up() {
    for tail in [
        "",
        "/",
        "?a=b",
        "#a",
        "...",
        "。",
        "../x.mp4",
        "a/../../x.mp4",
        "%2e%2E/x.mp4",
        ".%2e/x",
        "a/..",
        "..%2fx.mp4",
        "a%5C..%5cx.mp4",
        "./x.mp4",
        "a/..?q",
        "a/%2e%2e,",
    ] {
        let text = format!("https://libtv-res.liblib.art/claw/{tail}");
        assert_eq!(found(&text), Vec::<String>::new(), "{text}");
    }
    let dots = "https://libtv-res.liblib.art/claw/a..b/..c/.d.mp4";
    assert_eq!(found(dots), [dots]);
}

#[test]
fn a_url_over_the_limit_is_left_out_and_the_next_one_found() {
    let room = MAX_URL_LEN - "https://libtv-res.liblib.art/claw/".len();
    let longest = format!("https://libtv-res.liblib.art/claw/{}", "a".repeat(room));
    assert_eq!(found(&format!("{longest} {A}")), [longest.as_str(), A]);
    assert_eq!(found(&format!("{longest}a {A}")), [A]);
}

#[test]
fn a_result_inside_another_address_is_taken_alone() {
    assert_eq!(found(&format!("https://www.liblib.tv/play?src={A}")), [A]);
}

#[test]
fn only_a_whole_text_parses() {
    assert_eq!(ResultUrl::parse(A).as_ref().map(ResultUrl::as_str), Some(A));
    for text in [
        format!("{A} "),
        format!(" {A}"),
        format!("{A}."),
        format!("{A},{B}"),
        format!("{A}。"),
    ] {
        assert_eq!(ResultUrl::parse(&text), None, "{text}");
    }
}

#[test]
fn reading_a_stored_one_validates() {
    let url = ResultUrl::from_json(&B.into()).unwrap();
    assert_eq!(url.to_json(), Value::from(B));
    assert_eq!(
        ResultUrl::from_json(&"http://127.0.0.1/claw/x".into()),
        None
    );
    assert_eq!(ResultUrl::from_json(&7.into()), None);
}

#[test]
fn uploads_are_told_by_their_prefix() {
    assert!(ResultUrl::parse(B).unwrap().is_upload());
    assert!(!ResultUrl::parse(A).unwrap().is_upload());
}

#[test]
fn only_a_short_plain_extension_is_one() {
    let extension = |tail: &str| {
        let url = ResultUrl::parse(&format!("https://libtv-res.liblib.art/claw/{tail}")).unwrap();
        url.extension().map(str::to_owned)
    };
    assert_eq!(extension("p/a.MP4?x=.png#y.gif").as_deref(), Some("MP4"));
    assert_eq!(extension("a.tar.gz").as_deref(), Some("gz"));
    for tail in [
        "a",
        "a.b/c",
        "a.toolong",
        "a.m%70",
        "a.m-4",
        "p/.mp4",
        "a.mp4/",
        "a.?x",
    ] {
        assert_eq!(extension(tail), None, "{tail}");
    }
}

proptest! {
    #[test]
    fn any_text_is_scanned_without_panic_and_gives_only_result_urls(text in r"(https://libtv-res\.liblib\.art/|claw/|sd-gen-save-img/|\PC|[ -~]|\n){0,60}") {
        for url in extract(&text) {
            prop_assert_eq!(ResultUrl::parse(url.as_str()), Some(url.clone()));
            prop_assert!(text.contains(url.as_str()));
        }
        let _ = ResultUrl::parse(&text);
    }

    #[test]
    fn joined_urls_are_extracted_again(
        // One link for each path: of several to one path only the newest is kept (`links.rs`).
        names in proptest::collection::btree_map(r"[a-zA-Z0-9_-]{1,20}\.(mp4|png|jpg)", r"(\?[a-z]=[0-9]{1,5})?", 0..20),
        separator in prop::sample::select(vec![" ", "\n", ",", "，", "。", ") (", "** **", "`", "\\n", "；", ". "]),
    ) {
        let urls: Vec<String> = names.iter().map(|(name, query)| format!("https://libtv-res.liblib.art/claw/{name}{query}")).collect();
        prop_assert_eq!(found(&urls.join(separator)), urls);
    }
}
