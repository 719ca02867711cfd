//! What a component could put into a chat that was named.

use host_harness::http::RefusalReason;

use fakes::Fake;

use super::{Attack, attack};

/// Its message is refused for what it is: the chat was named.
#[track_caller]
fn is_no_message_of_ours(attack: Attack) {
    attack.harness().name_recipient("", "oc_named").unwrap();
    attack.end().refused(RefusalReason::Message);
}

#[test]
pub fn sends_another_groups_card() {
    is_no_message_of_ours(attack!(sends_another_groups_card));
}

#[test]
pub fn sends_a_card_with_a_button() {
    is_no_message_of_ours(attack!(sends_a_card_with_a_button));
}

#[test]
pub fn calls_everybody() {
    let attack = attack!(calls_everybody);
    attack.harness().name_recipient("", "oc_named").unwrap();
    let end = attack.end();
    // Words of a chat may hold a call, and are shown; as markup it doesn't leave.
    assert_eq!(end.got(), ["status 200"]);
    let sent = end
        .env
        .feishu()
        .requests_to("POST /open-apis/im/v1/messages");
    let content = sent[0].json().unwrap()["content"].as_str().unwrap();
    assert!(content.contains("\u{ff1c}at user_id"), "{content}");
    assert!(!content.contains("<at"), "{content}");
}
