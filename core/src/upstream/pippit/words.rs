//! The user's words as they go out: as they are, but for what stands in them for a file that was uploaded, which has a field
//! of its own.

use contract::ids::is_service_id;
use serde_json::Value;

/// What stands for an uploaded file, in front of its id: what `upload` prints, and agents put into the words.
const REFERENCE: &str = "pippit-asset:";

/// The ratios that have a number there.
const RATIOS: [(&str, u64); 4] = [("16:9", 2), ("9:16", 3), ("4:3", 4), ("3:4", 5)];

/// What stands for a file that was uploaded; none where the response has no id of it.
#[must_use]
pub fn reference(data: &Value) -> Option<String> {
    let id = data.get("pippit_asset_id").and_then(Value::as_str);
    Some([REFERENCE, id.filter(|id| is_service_id(id))?].concat())
}

/// The words without what stands for files, and the ids of those, in order. Words that are nothing else stay.
#[must_use]
pub fn split(words: &str) -> (String, Vec<String>) {
    let (kept, ids) = super::super::split(words, REFERENCE, is_service_id);
    // A request without any words is refused there, so that these stay as they are.
    if kept.trim().is_empty() {
        return (words.to_owned(), ids);
    }
    (kept, ids)
}

/// The number of a ratio, where it has one.
#[must_use]
pub fn ratio(ratio: &str) -> Option<u64> {
    let known = RATIOS.iter().find(|(text, _)| *text == ratio);
    known.map(|(_, number)| *number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn words_go_out_as_they_are_and_files_by_their_ids() {
        for (words, kept, ids) in [
            (
                "一只猫，  竖屏9:16\n\n海边 ",
                "一只猫，  竖屏9:16\n\n海边 ",
                &[][..],
            ),
            (
                "make it dance\npippit-asset:a-1\npippit-asset:b_2",
                "make it dance",
                &["a-1", "b_2"],
            ),
            ("pippit-asset:a-1\nmake it dance", "make it dance", &["a-1"]),
            ("pippit-asset:a-1", "pippit-asset:a-1", &["a-1"]),
            ("pippit-asset:../x stays", "pippit-asset:../x stays", &[]),
            ("my-pippit-asset:a stays", "my-pippit-asset:a stays", &[]),
        ] {
            let (text, found) = split(words);
            assert_eq!((&*text, found.len()), (kept, ids.len()), "{words:?}");
            assert!(found.iter().zip(ids).all(|(one, other)| one == other));
        }
    }

    #[test]
    fn an_upload_is_known_by_an_id_and_by_nothing_else() {
        let data = json!({"pippit_asset_id": "a-1", "asset_id": "w"});
        assert_eq!(reference(&data).as_deref(), Some("pippit-asset:a-1"));
        for data in [json!({}), json!({"pippit_asset_id": "a b"}), json!(null)] {
            assert_eq!(reference(&data), None);
        }
    }
}
