//! All fakes, for programs that aren't written in Rust: the stock runtimes of `tests/runtimes`, the
//! package in `integrations/npm` and the MCP clients of `host-harness/mcp/client-check`.
//!
//! Prints one line of JSON with where they are reached (without TLS: stock runtimes take no authority of
//! ours; with TLS: `connectTo` and the authority's certificate) and the credentials they know. After that, each line on standard input is a chat, answered with
//! one line: what it received, and what was charged. Runs until its standard input ends.
//!
//! With a folder as its argument it is for people: it writes there what a shell has to know (`env`) and the authority's
//! certificate, and runs until it is interrupted.

use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use fakes::places::{self, PLACES};
use fakes::{
    ARK_KEY, DIRECT_KEY, DISCORD_BOT_TOKEN, FEISHU_APP_ID, FEISHU_APP_SECRET, Fake, GATEWAY_KEY,
    Job, MODELARK_KEY, PIPPIT_INTL_KEY, PIPPIT_KEY, SLACK_BOT_TOKEN, SentMessage,
    TELEGRAM_BOT_TOKEN, When, World, media,
};
use serde_json::{Value, json};

/// For a parent that is gone without closing the pipe: no check takes this long.
const SILENT_FOR: Duration = Duration::from_secs(3600);

const USAGE: &str = "fake-services [FOLDER]
With a FOLDER: writes there what a shell has to know, and runs until it is interrupted.
Without: answers each line on standard input, a chat, with what stands in it. For programs.";

fn main() -> std::io::Result<()> {
    let folder = std::env::args_os().nth(1);
    match folder.as_ref().map(|one| one.as_encoded_bytes()) {
        Some(b"--help" | b"-h") => {
            println!("{USAGE}");
            return Ok(());
        }
        // Else there would be a folder of that name.
        Some([b'-', ..]) => {
            eprintln!("{USAGE}");
            std::process::exit(2);
        }
        Some(_) | None => {}
    }
    let world = World::builder().start()?;
    let gateway = world.gateway();
    // Larger than any buffer on the way, so that it has to stream.
    let video = media::mp4(5_000, 3 << 20, false);
    world.media().put("/sd-gen-save-img/fox.mp4", video);
    gateway.on_message_containing(
        "fox",
        Job::new()
            .at(When::Polls(1))
            .works()
            .at(When::Polls(2))
            .videos(["/sd-gen-save-img/fox.mp4"])
            .at(When::Polls(3))
            .images(["/sd-gen-save-img/{session}/fox.png"])
            .at(When::Polls(4))
            .says("done"),
    );
    // Two seconds with a poll every tenth: long enough to do something meanwhile.
    gateway.on_message_containing(
        "patience",
        Job::new()
            .works()
            .at(When::Polls(20))
            .videos(["/sd-gen-save-img/{session}.mp4"])
            .says("done"),
    );
    if let Some(folder) = folder {
        return for_people(&world, folder.as_ref());
    }
    say(&json!({
        "gateway": gateway.http_base(),
        "direct": world.direct().http_base(),
        "media": world.media().http_base(),
        "feishu": world.feishu().http_base(),
        "connectTo": world.connect_to(),
        "ca": world.ca_pem(),
        "gatewayKey": GATEWAY_KEY,
        "directKey": DIRECT_KEY,
        "appId": FEISHU_APP_ID,
        "appSecret": FEISHU_APP_SECRET,
        "services": services(&world),
        "channels": channels(&world),
    }))?;

    let (asked, questions) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if line.is_err() || line.is_ok_and(|chat| asked.send(chat).is_err()) {
                break;
            }
        }
    });
    loop {
        match questions.recv_timeout(SILENT_FOR) {
            Ok(chat) => say(&json!({
                "messages": world.feishu().chat(&chat).messages().iter().map(message).collect::<Value>(),
                "submits": gateway.submits().iter().map(|submit| submit.text.as_str()).collect::<Value>(),
                "charged": charged(&world),
            }))?,
            Err(RecvTimeoutError::Disconnected | RecvTimeoutError::Timeout) => return Ok(()),
        }
    }
}

/// Writes what leads a shell's commands to the fakes, with a home folder of their own, and stays. Of a channel it says which chat
/// there is: whatever stands there can be read by nobody but the tests, but `status` tells what became of it.
fn for_people(world: &World, folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let folder = folder.canonicalize()?;
    let (ca, home) = (world.write_ca(&folder)?, folder.join("nexu"));
    let mut values = vec![
        ("NEXU_HOME", home.display().to_string()),
        ("SSL_CERT_FILE", ca.display().to_string()),
        ("LIBTV_CONNECT_TO", world.connect_to()),
        ("FAKE_GATEWAY_KEY", GATEWAY_KEY.to_owned()),
        ("FAKE_ARK_KEY", ARK_KEY.to_owned()),
        ("FAKE_MODELARK_KEY", MODELARK_KEY.to_owned()),
        ("FAKE_PIPPIT_KEY", PIPPIT_KEY.to_owned()),
        ("FAKE_PIPPIT_INTL_KEY", PIPPIT_INTL_KEY.to_owned()),
    ];
    values.extend(places::open(world));
    let mut lines = String::new();
    for (name, value) in values {
        lines.push_str(&format!("export {name}='{value}'\n"));
    }
    let env = folder.join("env");
    std::fs::write(&env, lines)?;
    println!("In another shell: . '{}'", env.display());
    println!("Chats, for --channel and --chat-id:");
    for (channel, chat) in PLACES {
        println!("  {channel} {chat}");
    }
    loop {
        // Until it is interrupted: the world ends with its process.
        std::thread::park();
    }
}

/// The services beside LibTV's, by the word that users have for them.
fn services(world: &World) -> Value {
    let service = |base: String, key: &str| json!({"base": base, "key": key});
    json!({
        "ark": service(world.ark().http_base(), ARK_KEY),
        "modelark": service(world.modelark().http_base(), MODELARK_KEY),
        "pippit": service(world.pippit().http_base(), PIPPIT_KEY),
        "pippit-intl": service(world.pippit_intl().http_base(), PIPPIT_INTL_KEY),
    })
}

/// The channels beside Feishu.
fn channels(world: &World) -> Value {
    let channel = |base: String, token: &str| json!({"base": base, "token": token});
    json!({
        "slack": channel(world.slack().http_base(), SLACK_BOT_TOKEN),
        "discord": channel(world.discord().http_base(), DISCORD_BOT_TOKEN),
        "telegram": channel(world.telegram().http_base(), TELEGRAM_BOT_TOKEN),
    })
}

/// How often each of those services was charged.
fn charged(world: &World) -> Value {
    json!({
        "ark": world.ark().made().len(),
        "modelark": world.modelark().made().len(),
        "pippit": world.pippit().submits().len(),
        "pippit-intl": world.pippit_intl().submits().len(),
    })
}

fn message(sent: &SentMessage) -> Value {
    let media = sent.file.as_ref().or(sent.image.as_ref());
    json!({
        "type": sent.msg_type,
        "content": sent.content,
        "sha256": media.map(|media| media.sha256.as_str()),
    })
}

fn say(value: &Value) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}")?;
    out.flush()
}
