//! `libtv-video mcp` at the edges of the protocol: its beginning and end, what a client writes wrong, bounds, resources and
//! the prompt.

use std::time::Instant;

use fakes::Job;
use serde_json::{Value, json};

use crate::env::{CHAT, TIMEOUT, TestEnv};

/// As `host-harness/mcp` has them.
const MESSAGE_BYTES: usize = 1 << 20;
const WAITS: usize = 32;

/// JSON-RPC's codes.
const INVALID_REQUEST: i64 = -32600;
const UNKNOWN_METHOD: i64 = -32601;
const PARSE_ERROR: i64 = -32700;
const WRONG_PARAMETERS: i64 = -32602;
/// MCP's own.
const NO_RESOURCE: i64 = -32002;

#[test]
fn a_server_says_who_it_is_and_how_it_is_used() {
    let env = TestEnv::new();
    let mut talking = env.mcp_unchecked();
    let hello = talking.shake_hands();
    assert_eq!(hello["serverInfo"]["name"], "libtv-video");
    assert_eq!(hello["serverInfo"]["version"], env!("CARGO_PKG_VERSION"));
    for capability in ["tools", "prompts", "resources"] {
        assert!(hello["capabilities"][capability].is_object(), "{hello}");
    }
    let instructions = hello["instructions"].as_str().unwrap();
    assert!(instructions.contains("never repeat one"), "{instructions}");
}

#[test]
fn the_end_of_the_input_is_the_end_of_the_server_whatever_is_under_way() {
    let env = TestEnv::new();
    env.gateway().set_default_job(Job::never());
    assert_eq!(env.mcp_unchecked().close(), 0, "before a word was said");
    let mut talking = env.polling_mcp();
    let request = json!({"message": "a cat", "channel": "feishu", "chat_id": CHAT});
    let id = talking.good("create_session", request)["sessionId"].clone();
    let wait = talking.start_tool(
        "wait_for_result",
        json!({"session_id": id, "timeout_seconds": 1800}),
        Some("t"),
    );
    talking.wait_for_progress("t");
    assert_eq!(talking.close(), 0);
    let message = talking.answer(wait)["result"]["structuredContent"]["error"]["message"].clone();
    assert_eq!(message, "The server is ending.");
}

#[test]
fn a_signal_ends_the_server_also_while_its_input_is_open() {
    let env = TestEnv::new();
    let mut silent = env.mcp_unchecked();
    silent.wait_for_log("started: polling");
    assert_eq!(silent.terminate(), 0, "before a word was said");
    let mut talking = env.polling_mcp();
    assert_eq!(talking.terminate(), 0);
}

#[test]
fn garbage_is_passed_over_and_the_next_request_is_answered() {
    let env = TestEnv::new();
    let mut talking = env.mcp();
    for line in [
        "not json",
        "{",
        "[]",
        "{}",
        "null",
        r#"{"jsonrpc":"2.0"}"#,
        r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","method":"tools/call","params":7}"#,
        r#"{"jsonrpc":"2.0","id":"never asked","result":{}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}"#,
        "",
    ] {
        talking.write(line.as_bytes());
    }
    talking.write(b"\xff\xfe\x00");
    let tools = talking.ask("tools/list", json!({}));
    assert!(tools["result"]["tools"].is_array(), "{tools}");
    assert_eq!(talking.close(), 0);
}

#[test]
fn a_prompt_with_half_a_character_is_submitted_and_what_cannot_be_read_is_answered() {
    let env = TestEnv::new();
    let mut talking = env.mcp();
    talking.write(
        br#"{"jsonrpc":"2.0","id":7001,"method":"tools/call","params":{"name":"create_session","arguments":{"message":"a cat \ud83d"}}}"#,
    );
    let submitted = talking.answer(7001);
    assert_eq!(
        submitted["result"]["structuredContent"]["status"], "submitted",
        "{submitted}"
    );
    let submits = env.gateway().submits();
    let sent: Vec<&str> = submits.iter().map(|one| one.text.as_str()).collect();
    assert!(
        matches!(sent[..], [text] if text.starts_with("a cat \u{fffd}")),
        "{sent:?}"
    );

    // Bytes of another encoding are such characters, too; what is not JSON at all has the code for that.
    talking.write(b"{\"jsonrpc\":\"2.0\",\"id\":7002,\"method\":\"ping\",\"params\":{\"_meta\":{\"x\":\"\xc3\xa8\xb0\"}}}");
    assert!(talking.answer(7002)["result"].is_object());
    talking.write(br#"{"jsonrpc":"2.0","id":7003,"method":"tools/call","params":{"name":NaN}}"#);
    assert_eq!(talking.answer(7003)["error"]["code"], PARSE_ERROR);
    talking.write(b"{\"jsonrpc\":\"2.0\",\"id\":7004,\"method\":\"ping\"");
    assert_eq!(talking.answer(7004)["error"]["code"], PARSE_ERROR);
    let before = talking.messages().len();
    talking.write(b"\xff\xfe no message");
    let refused = talking.wait_for_message(|message| message.get("id").is_none());
    assert_eq!(refused["error"]["code"], PARSE_ERROR, "{refused}");
    // An answer is not answered, or two that echo each other would never end.
    talking.write(refused.to_string().as_bytes());
    talking.ask("ping", json!({}));
    assert_eq!(talking.messages().len(), before + 2);
}

#[test]
fn parameters_of_another_shape_are_told_as_that_and_not_as_an_unknown_method() {
    let env = TestEnv::new();
    let mut talking = env.mcp();
    for params in [
        json!({"name": "create_session", "arguments": "{\"message\": \"a cat\"}"}),
        json!({"name": "create_session", "arguments": ["a cat"]}),
        json!({"arguments": {}}),
        json!([7]),
    ] {
        let refused = talking.ask("tools/call", params.clone());
        assert_eq!(
            refused["error"]["code"], WRONG_PARAMETERS,
            "{params}: {refused}"
        );
    }
    assert_eq!(env.gateway().submits().len(), 0);
}

#[test]
fn whole_numbers_are_taken_in_the_spelling_of_clients_that_keep_doubles() {
    let env = TestEnv::new();
    let mut talking = env.mcp();
    for number in ["5", "5.0", "5e0"] {
        let id = format!("n{number}");
        let line = format!(
            r#"{{"jsonrpc":"2.0","id":"{id}","method":"tools/call","params":{{"name":"list_sessions","arguments":{{"last":{number}}}}}}}"#
        );
        talking.write(line.as_bytes());
        let answer = talking.wait_for_message(|message| message["id"] == id.as_str());
        assert_eq!(answer["result"]["isError"], false, "{number}: {answer}");
    }
    let wrong = talking.bad("list_sessions", json!({"last": 5.5}));
    assert!(
        wrong["message"].as_str().unwrap().contains("5.5"),
        "{wrong}"
    );
}

#[test]
fn a_message_at_the_limit_is_read_and_a_longer_one_is_refused_under_its_id() {
    let env = TestEnv::new();
    let mut talking = env.mcp();
    let padded = |mut message: Value, bytes: usize| {
        message["params"] = json!({"_meta": {"pad": ""}});
        // The line feed counts.
        let missing = bytes - 1 - message.to_string().len();
        message["params"]["_meta"]["pad"] = "x".repeat(missing).into();
        message.to_string()
    };
    let ping = |id: Value| json!({"jsonrpc": "2.0", "method": "ping", "id": id});
    talking.write(padded(ping(json!(1001)), MESSAGE_BYTES + 1).as_bytes());
    talking.write(padded(ping(json!("1002")), 3 * MESSAGE_BYTES).as_bytes());
    talking.write(padded(ping(json!(1003)), MESSAGE_BYTES).as_bytes());
    assert!(talking.answer(1003)["result"].is_object());
    talking.wait_for_log("bytes was dropped");
    for id in [json!(1001), json!("1002")] {
        let refused = talking.wait_for_message(|message| message["id"] == id);
        assert_eq!(refused["error"]["code"], INVALID_REQUEST, "{refused}");
        let text = refused["error"]["message"].as_str().unwrap();
        assert!(text.contains("1048576 bytes"), "{text}");
    }

    // A notification gets no answer; what is no message gets one without an id, as the protocol has it.
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let before = talking.messages().len();
    talking.write(padded(notification, 2 * MESSAGE_BYTES).as_bytes());
    talking.write("x".repeat(2 * MESSAGE_BYTES).as_bytes());
    let refused = talking.wait_for_message(|message| message.get("id").is_none());
    assert_eq!(refused["error"]["code"], INVALID_REQUEST, "{refused}");
    assert_eq!(talking.messages().len(), before + 1);
    talking.ask("ping", json!({}));
}

#[test]
fn a_client_that_begins_with_something_else_is_told_and_left() {
    let env = TestEnv::new();
    let mut talking = env.mcp_unchecked();
    talking.notify("notifications/initialized", json!({}));
    assert_eq!(talking.end(), 1);
    talking.has_logged("❌ The client's first message was not `initialize`");
}

#[test]
fn a_server_that_cannot_start_says_so_on_standard_error_alone() {
    let env = TestEnv::builder()
        .var("LIBTV_CONNECT_TO", "seedance.nexu.io=192.0.2.1:443")
        .start();
    let mut talking = env.mcp_unchecked();
    assert_eq!(talking.end(), 1);
    talking.has_logged("❌ LIBTV_CONNECT_TO");
    assert_eq!(talking.messages().len(), 0);
}

#[test]
fn what_is_not_there_is_refused_by_its_code() {
    let env = TestEnv::new();
    let mut talking = env.mcp();
    for (method, params, code) in [
        ("tools/cal", json!({}), UNKNOWN_METHOD),
        (
            "logging/setLevel",
            json!({"level": "debug"}),
            UNKNOWN_METHOD,
        ),
        (
            "resources/subscribe",
            json!({"uri": "libtv://sessions/x"}),
            UNKNOWN_METHOD,
        ),
        (
            "tools/call",
            json!({"name": "setup", "arguments": {}}),
            WRONG_PARAMETERS,
        ),
        ("prompts/get", json!({"name": "director"}), WRONG_PARAMETERS),
        (
            "resources/list",
            json!({"cursor": "behind"}),
            WRONG_PARAMETERS,
        ),
        (
            "resources/read",
            json!({"uri": "libtv://sessions/nobody"}),
            NO_RESOURCE,
        ),
        (
            "resources/read",
            json!({"uri": "libtv://sessions/%FF"}),
            NO_RESOURCE,
        ),
        (
            "resources/read",
            json!({"uri": "file:///etc/passwd"}),
            NO_RESOURCE,
        ),
    ] {
        let answer = talking.ask(method, params);
        assert_eq!(answer["error"]["code"], code, "{method}: {answer}");
    }
}

#[test]
fn sessions_are_resources_page_by_page() {
    let env = TestEnv::new();
    env.gateway().set_default_job(Job::never());
    let mut talking = env.mcp();
    let empty = talking.ask("resources/list", json!({}));
    assert_eq!(empty["result"]["resources"], json!([]));
    let request = json!({"message": "a cat\non the moon", "channel": "feishu", "chat_id": CHAT});
    let id = talking.good("create_session", request)["sessionId"]
        .as_str()
        .unwrap()
        .to_owned();
    let listed = talking.ask("resources/list", json!({}));
    let resource = &listed["result"]["resources"][0];
    assert_eq!(resource["name"], id, "{listed}");
    assert_eq!(resource["mimeType"], "application/json");
    assert!(
        resource["title"].as_str().unwrap().starts_with("a cat"),
        "{resource}"
    );
    assert!(listed["result"].get("nextCursor").is_none());
    let read = talking.ask("resources/read", json!({"uri": resource["uri"]}));
    let contents = &read["result"]["contents"][0];
    let session: Value = serde_json::from_str(contents["text"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&session["sessionId"], &session["results"]),
        (&json!(id), &json!([]))
    );
    let beyond = talking.ask("resources/list", json!({"cursor": "100"}));
    assert_eq!(beyond["result"]["resources"], json!([]));
    let templates = talking.ask("resources/templates/list", json!({}));
    assert_eq!(
        templates["result"]["resourceTemplates"][0]["uriTemplate"],
        "libtv://sessions/{session_id}"
    );
}

#[test]
fn the_prompt_explains_the_messenger_and_takes_the_users_words() {
    let env = TestEnv::new();
    let mut talking = env.mcp();
    let listed = talking.ask("prompts/list", json!({}));
    let prompt = &listed["result"]["prompts"][0];
    assert_eq!(prompt["name"], "messenger");
    let names: Vec<&Value> = prompt["arguments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|argument| &argument["name"])
        .collect();
    assert_eq!(names, ["request", "channel", "chat_id"]);
    let arguments = json!({"request": "做个视频 \"猫\"", "channel": "lark"});
    let filled = talking.ask(
        "prompts/get",
        json!({"name": "messenger", "arguments": arguments}),
    );
    let text = filled["result"]["messages"][0]["content"]["text"]
        .as_str()
        .unwrap();
    assert!(text.contains("Verbatim") && text.contains("做个视频 \"猫\"") && text.contains("lark"));
}

#[test]
fn more_waits_than_anybody_needs_are_refused_until_one_is_cancelled() {
    let env = TestEnv::new();
    env.gateway().set_default_job(Job::never());
    let mut talking = env.mcp();
    let request = json!({"message": "a cat", "channel": "feishu", "chat_id": CHAT});
    let id = talking.good("create_session", request)["sessionId"].clone();
    let wait = json!({"session_id": id, "timeout_seconds": 1800});
    let calls: Vec<i64> = (0..=WAITS)
        .map(|_| talking.start_tool("wait_for_result", wait.clone(), None))
        .collect();
    // Requests begin in any order: one of them is one too many.
    let refused = talking.wait_for_message(|message| message["result"]["isError"] == true);
    let error = &refused["result"]["structuredContent"]["error"];
    assert_eq!(
        (&error["kind"], &error["mayRetry"]),
        (&json!("temporary"), &json!(true))
    );
    assert!(calls.contains(&refused["id"].as_i64().unwrap()));
    assert!(
        talking.good("list_sessions", json!({}))["sessions"].is_array(),
        "others have their own room"
    );
    let answered = talking
        .messages()
        .iter()
        .filter(|message| calls.iter().any(|call| message["id"] == *call))
        .count();
    assert_eq!(answered, 1);

    let waiting = calls.iter().find(|call| refused["id"] != **call).unwrap();
    talking.notify("notifications/cancelled", json!({"requestId": waiting}));
    // Its room is free a moment after the notification was read.
    let deadline = Instant::now() + TIMEOUT;
    let look = json!({"session_id": id, "timeout_seconds": 0});
    while talking.tool("wait_for_result", look.clone())["isError"] == true {
        assert!(Instant::now() < deadline, "a cancelled wait keeps its room");
    }
}

#[test]
fn a_client_of_the_protocol_without_handshake_is_served() {
    let env = TestEnv::new();
    let mut talking = env.mcp_unchecked();
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "0"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let found = talking.ask("server/discover", json!({"_meta": meta}));
    assert!(
        found["result"]["capabilities"]["tools"].is_object(),
        "{found}"
    );
    let listed = talking.ask(
        "tools/call",
        json!({"_meta": meta, "name": "list_sessions", "arguments": {}}),
    );
    assert_eq!(
        listed["result"]["structuredContent"]["sessions"],
        json!([]),
        "{listed}"
    );
}

#[test]
fn its_help_shows_how_a_client_is_configured() {
    let env = TestEnv::new();
    let help = env.run(["mcp", "--help"]).ok();
    help.says("\"mcpServers\"")
        .says("claude mcp add libtv-video -- libtv-video mcp");
    env.run(["mcp", "--what"]).exits(2);
}
