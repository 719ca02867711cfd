use serde_json::json;

use super::parse;

const STORE: &str = "https://libtv-res.liblib.art/claw";

#[test]
fn of_a_results_thumbnail_and_file_the_file_is_taken_and_of_two_files_the_first() {
    for (preview, url, taken) in [
        ("a.mp4?x-oss-process=video/snapshot,t_0", "a.mp4", "a.mp4"),
        ("a.mp4", "a.mp4?x-oss-process=video/snapshot,t_0", "a.mp4"),
        ("a.mp4", "b.mp4", "a.mp4"),
    ] {
        let result = json!({"videos": [{"previewPath": format!("{STORE}/{preview}"), "url": format!("{STORE}/{url}")}]});
        let content = json!({"task_result": result}).to_string();
        let messages = parse(&json!([{"role": "tool", "content": content}]));
        let urls: Vec<&str> = messages[0].urls.iter().map(|url| url.as_str()).collect();
        assert_eq!(urls, [format!("{STORE}/{taken}")]);
    }
}
