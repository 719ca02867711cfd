use super::{DEFAULT, Ratio, names_ratio, with_ratio, without_ratio};
use proptest::prelude::*;

#[test]
fn a_ratio_is_two_numbers_from_1_to_99() {
    for text in ["16:9", "1:1", "99:99", "9:16"] {
        assert_eq!(
            Ratio::parse(text).map(|ratio| ratio.to_string()).as_deref(),
            Some(text)
        );
    }
    for text in [
        "", ":", "16", "16:", ":9", "0:9", "16:0", "100:1", "1:100", "016:9", "16:09", "16:9 ",
        " 16:9", "16：9", "+1:1", "1:-1", "1:1:1", "16x9", "16/9", "1.5:1", "٣:٤",
    ] {
        assert_eq!(Ratio::parse(text), None, "{text}");
    }
}

#[test]
fn a_ratio_between_non_digits_is_named() {
    for text in [
        "16:9",
        "a cat, 9:16",
        "1:1",
        "make it 4:3.",
        "21:9 film",
        "3:4",
        "竖屏9:16的视频",
        "横屏16：9",
        "比例３：４",
        "9∶16",
        "2.35:1 cinema",
        "(1:1)",
        "ratio:16:9",
        "ratio 10:30",
        "Aspect ratio of 12:25",
        "比例为 10:24",
        "画幅：9:20",
        "9:20竖屏",
        "10:24 ratio",
        "16:10 monitor",
        "9:16时尚短片",
        "9:16分镜",
        "9:16点阵风格",
        "9:16 amazing cat",
        "video at 9:16",
        "a clip in 9:16, pm me",
        "30:45",
        "16:90",
        "10:5",
        "x16:9y",
        "9:16\n",
        "meet at 10:30, shot in 16:9",
        "PM 9:21",
    ] {
        assert!(names_ratio(text), "{text}");
    }
}

#[test]
fn a_time_of_day_is_not_a_ratio() {
    for text in [
        "10:30",
        "8:05",
        "12:00",
        "at 9:15 am",
        "9:16pm",
        "9:16 PM.",
        "9:16 p.m.",
        "9:16点",
        "9:16 时",
        "9:16点钟",
        "9:16时，他来了",
        "下午9:16",
        "时间是9:16",
        "The clock shows... clock: 16:10",
        "until 11:59",
        "T10:30",
        "24:00",
        "9:16 o'clock",
        "John 3:16",
    ] {
        assert!(!names_ratio(text), "{text}");
    }
}

#[test]
fn what_is_no_pair_of_two_digit_numbers_is_not_a_ratio() {
    for text in [
        "",
        ":",
        "16x9",
        "16 : 9",
        "116:9",
        "16:900",
        "0:9",
        "16:0",
        "16:09",
        "06:9",
        "1:20:30",
        "16:9:1",
        "a:b",
        "16:",
        ":9",
        "https://example.com:8080/",
        "Scene 1: a cat",
    ] {
        assert!(!names_ratio(text), "{text}");
    }
}

#[test]
fn a_ratio_is_appended_once_and_only_when_none_is_named() {
    assert_eq!(with_ratio("a cat ", &DEFAULT), "a cat , video ratio 16:9");
    assert_eq!(with_ratio("竖屏9:16的视频", &DEFAULT), "竖屏9:16的视频");
    assert_eq!(
        with_ratio("a cat at 10:30", &DEFAULT),
        "a cat at 10:30, video ratio 16:9"
    );
}

#[test]
fn the_ratio_is_a_line_of_its_own_before_an_address_and_never_stuck_to_one() {
    let upload = "https://libtv-res.liblib.art/claw/p/cat.png";
    for (words, sent) in [
        (
            format!("make it run\n{upload}"),
            format!("make it run\nvideo ratio 16:9\n{upload}"),
        ),
        (
            format!("like {upload} but blue"),
            format!("video ratio 16:9\nlike {upload} but blue"),
        ),
        (
            format!("a\n\nb {upload}\n{upload}"),
            format!("a\n\nvideo ratio 16:9\nb {upload}\n{upload}"),
        ),
        (
            "see https://example.com/x".to_owned(),
            "video ratio 16:9\nsee https://example.com/x".to_owned(),
        ),
    ] {
        assert_eq!(with_ratio(&words, &DEFAULT), sent);
        assert_eq!(without_ratio(&sent), words);
    }
}

#[test]
fn the_users_words_are_shown_without_the_ratio_that_was_added() {
    for words in [
        "a cat",
        " 猫 ",
        "a cat\nvideo ratio later\n",
        "video ratio 16:9\nno address",
    ] {
        assert_eq!(without_ratio(words), words);
    }
    assert_eq!(without_ratio(&with_ratio("a cat", &DEFAULT)), "a cat");
}

proptest! {
    #[test]
    fn a_ratio_is_never_appended_twice(text in r"(\PC|[0-9:： ]|ratio|am|点){0,40}", width in 1u8..=99, height in 1u8..=99) {
        let ratio = Ratio { width, height };
        let once = with_ratio(&text, &ratio);
        prop_assert!(once.starts_with(&text));
        prop_assert_eq!(with_ratio(&once, &ratio), once);
    }

    #[test]
    fn every_ratio_is_read_back(width in 1u8..=99, height in 1u8..=99) {
        let ratio = Ratio { width, height };
        prop_assert_eq!(Ratio::parse(&ratio.to_string()), Some(ratio));
    }

    #[test]
    fn any_text_parses_without_panic(text in r"\PC{0,12}|[0-9:]{0,7}") {
        if let Some(ratio) = Ratio::parse(&text) {
            prop_assert_eq!(ratio.to_string(), text);
        }
    }
}
