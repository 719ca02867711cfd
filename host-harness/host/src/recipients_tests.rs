use super::*;

fn recipients() -> (tempfile::TempDir, Recipients) {
    let folder = tempfile::tempdir().unwrap();
    let recipients = Recipients::at(folder.path().join("libtv-recipients"));
    (folder, recipients)
}

fn is_named(recipients: &Recipients, chat: &str) -> bool {
    // What is no recipient at all isn't one that was named.
    Recipient::named_by("", chat).is_some_and(|chat| recipients.is_named(&chat).unwrap())
}

#[test]
fn every_spelling_of_a_recipient_has_its_type() {
    for (text, id_type, id) in [
        ("ou_a", "open_id", "ou_a"),
        ("user:ou_a", "open_id", "ou_a"),
        ("oc_a", "chat_id", "oc_a"),
        (" chat:x ", "chat_id", "x"),
        ("on_a", "union_id", "on_a"),
        ("a@b.c", "email", "a@b.c"),
        ("else", "chat_id", "else"),
    ] {
        let recipient = Recipient::named_by("", text).unwrap();
        assert_eq!(
            (recipient.kind.as_str(), recipient.id.as_str()),
            (id_type, id)
        );
    }
    for nobody in ["", "  ", "user:", "chat:"] {
        assert_eq!(Recipient::named_by("", nobody), None, "{nobody:?}");
    }
}

#[test]
fn only_who_was_named_is_named_and_of_that_type() {
    let (_folder, recipients) = recipients();
    assert!(!is_named(&recipients, "oc_a"));
    recipients.name("", "oc_a").unwrap();
    recipients.name("", "chat:oc_a").unwrap();
    assert!(is_named(&recipients, "oc_a"));
    for other in ["oc_b", "user:oc_a", "oc_a@b", "oc_A", "oc_a\0"] {
        assert!(!is_named(&recipients, other), "{other:?}");
    }
    assert_eq!(fs::read_dir(&recipients.folder).unwrap().count(), 1);
}

#[test]
fn another_process_sees_at_once_who_was_named() {
    let (_folder, recipients) = recipients();
    let other = Recipients::at(recipients.folder.clone());
    recipients.name("", "ou_a").unwrap();
    assert!(is_named(&other, "ou_a"));
}

#[test]
fn many_at_once_lose_nobody() {
    let (_folder, recipients) = recipients();
    std::thread::scope(|scope| {
        for n in 0..16 {
            let recipients = &recipients;
            scope.spawn(move || recipients.name("", &format!("oc_{}", n / 2)).unwrap());
        }
    });
    for n in 0..8 {
        assert!(is_named(&recipients, &format!("oc_{n}")));
    }
}

#[test]
fn a_file_that_says_something_else_names_nobody() {
    let (_folder, recipients) = recipients();
    recipients.name("", "oc_a").unwrap();
    let a = Recipient::named_by("", "oc_a").unwrap();
    let path = recipients.folder.join(a.file_name());
    for content in [
        "",
        "{}",
        r#"{"receive_id_type":"chat_id","receive_id":"oc_b"}"#,
        r#"{"receive_id_type":"chat_id","rece"#,
    ] {
        fs::write(&path, content).unwrap();
        assert!(!recipients.is_named(&a).unwrap(), "{content}");
    }
    recipients.name("", "oc_a").unwrap();
    assert!(recipients.is_named(&a).unwrap(), "naming it again mends it");
}

#[test]
fn at_the_bound_those_who_were_named_stay_and_one_more_is_refused() {
    let (_folder, mut recipients) = recipients();
    recipients.most = 2;
    recipients.name("", "oc_a").unwrap();
    recipients.name("", "oc_b").unwrap();
    recipients.name("", "oc_a").unwrap();
    assert!(matches!(
        recipients.name("", "oc_c"),
        Err(CallError::Refused(_))
    ));
    assert!(!is_named(&recipients, "oc_c"));
    let longest = "x".repeat(ID_BYTES);
    recipients.most = 3;
    recipients.name("", &longest).unwrap();
    assert!(is_named(&recipients, &longest));
    assert!(matches!(
        recipients.name("", &format!("{longest}x")),
        Err(CallError::Refused(_))
    ));
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_or_change_them() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, recipients) = recipients();
    recipients.name("", "oc_a").unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&recipients.folder), 0o700);
    for entry in fs::read_dir(&recipients.folder).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[test]
fn of_the_messages_the_latest_thousand_may_be_replied_to() {
    let (_folder, recipients) = recipients();
    for n in 0..=ANSWERED {
        recipients.note_message(format!("om_{n}"));
    }
    assert!(!recipients.has_message("om_0"));
    assert!(recipients.has_message("om_1"));
    assert!(recipients.has_message(&format!("om_{ANSWERED}")));
}

#[test]
fn whom_one_call_may_send_to_is_nobody_for_the_next() {
    let (_folder, recipients) = recipients();
    let once = recipients.and_once("", "oc_test");
    assert!(is_named(&once, "oc_test") && !is_named(&once, "oc_other"));
    assert!(!is_named(&recipients, "oc_test"));
}

#[cfg(unix)]
#[test]
fn what_somebody_else_put_there_while_the_folder_was_open_names_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let recipients = Recipients::at(folder.path().to_owned());
    recipients.name("", "oc_mine").unwrap();
    recipients.name("", "oc_planted").unwrap();
    let planted = Recipient::named_by("", "oc_planted").unwrap();
    let path = folder.path().join(planted.file_name());
    std::fs::create_dir(folder.path().join("folder.json")).unwrap();
    let linked = Recipient::named_by("", "oc_linked").unwrap();
    let text = serde_json::to_vec(&linked).unwrap();
    let elsewhere = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(elsewhere.path(), text).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join(linked.file_name())).unwrap();
    assert!(!recipients.is_named(&linked).unwrap_or(false));
    // Only root can give files away.
    if std::os::unix::fs::chown(&path, Some(65_534), None).is_err() {
        return;
    }
    assert!(!recipients.is_named(&planted).unwrap());
    assert_eq!(recipients.all().unwrap().len(), 1);
    recipients.name("", "oc_planted").unwrap();
    assert!(recipients.is_named(&planted).unwrap());
}

fn of(kind: &str, id: &str) -> Recipient {
    Recipient {
        kind: kind.to_owned(),
        id: id.to_owned(),
    }
}

#[test]
fn whom_a_named_one_led_to_is_named_in_other_processes_too_and_for_as_long_as_that_one_is() {
    let (_folder, recipients) = recipients();
    let (person, chat) = (of("open_id", "ou_a"), of("chat_id", "oc_direct"));
    recipients.name("", "ou_a").unwrap();
    recipients.note_derived(person.clone(), chat.clone());
    let later = Recipients::at(recipients.folder.clone());
    for process in [&recipients, &later] {
        assert!(process.is_named(&chat).unwrap());
        assert!(!process.is_named(&of("open_id", "oc_direct")).unwrap());
        let all = process.all().unwrap();
        assert_eq!(
            all,
            std::slice::from_ref(&person),
            "only who was named is shown"
        );
    }
    // Whoever that one leads to in turn was named by nobody.
    recipients.note_derived(chat.clone(), of("chat_id", "oc_further"));
    assert!(!recipients.is_named(&of("chat_id", "oc_further")).unwrap());
    fs::remove_file(recipients.folder.join(person.file_name())).unwrap();
    for process in [&recipients, &later] {
        assert!(!process.is_named(&chat).unwrap());
    }
}

#[test]
fn whom_the_recipient_of_one_call_led_to_lasts_no_longer_than_the_call() {
    let (_folder, recipients) = recipients();
    let (person, chat) = (of("open_id", "ou_test"), of("chat_id", "oc_direct"));
    let once = recipients.and_once("", "ou_test");
    once.note_derived(person, chat.clone());
    assert!(once.is_named(&chat).unwrap());
    let later = Recipients::at(recipients.folder.clone());
    assert!(!recipients.is_named(&chat).unwrap() && !later.is_named(&chat).unwrap());
}

#[test]
fn a_derived_one_under_a_wrong_name_or_of_nobody_grants_nothing() {
    let (_folder, recipients) = recipients();
    recipients.name("", "ou_a").unwrap();
    let (chat, other) = (of("chat_id", "oc_a"), of("chat_id", "oc_b"));
    recipients.note_derived(of("open_id", "ou_a"), chat.clone());
    let folder = recipients.folder.join(DERIVED);
    fs::copy(
        folder.join(chat.file_name()),
        folder.join(other.file_name()),
    )
    .unwrap();
    fs::write(folder.join(of("chat_id", "oc_c").file_name()), "{}").unwrap();
    let later = Recipients::at(recipients.folder.clone());
    assert!(later.is_named(&chat).unwrap());
    for nobody in [other, of("chat_id", "oc_c")] {
        assert!(!later.is_named(&nobody).unwrap());
    }
    assert_eq!(Recipient::named_by("nowhere", "oc_a"), None);
}
