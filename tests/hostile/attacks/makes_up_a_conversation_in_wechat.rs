//! Says itself what the conversation with somebody who was named is known by.

use crate::Attempt;
use crate::wasi::send_in_wechat;

const BODY: &str = r#"{"msg":{"from_user_id":"","to_user_id":"o9fox@im.wechat","client_id":"a","message_type":2,"message_state":2,"item_list":[{"type":1,"text_item":{"text":"hello"}}],"context_token":"made-up"},"base_info":{"channel_version":"2.4.9","bot_agent":"x"}}"#;

pub fn attack() -> Attempt {
    send_in_wechat(BODY)
}
