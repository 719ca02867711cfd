//! The fakes for clients that aren't written in Rust: `sdk-check/run` drives the official SDKs against them.
//! Prints one line for each, its name and its address (without TLS), and runs until its standard input ends. What a check
//! expects to find is prepared in a file per fake, of the same name as the check.

mod ark;
mod dingtalk;
mod discord;
mod feishu;
mod matrix;
mod slack;
mod telegram;
mod webhook;
mod wechat;
mod wecom;

use fakes::World;
use std::io::{Read, Write};
use std::time::Duration;

/// For a parent that is gone without closing the pipe: no check takes this long.
const LIMIT: Duration = Duration::from_secs(3600);

/// A fake's name, and what makes it ready and gives its address.
type Prepared = (&'static str, fn(&World) -> String);

const FAKES: &[Prepared] = &[
    ("ark", ark::prepare),
    ("dingtalk", dingtalk::prepare),
    ("discord", discord::prepare),
    ("feishu", feishu::prepare),
    ("matrix", matrix::prepare),
    ("modelark", ark::prepare_abroad),
    ("slack", slack::prepare),
    ("telegram", telegram::prepare),
    ("webhook", webhook::prepare),
    ("wechat", wechat::prepare),
    ("wecom", wecom::prepare),
];

fn main() -> std::io::Result<()> {
    let world = World::builder().start()?;
    let mut out = std::io::stdout().lock();
    for (name, prepare) in FAKES {
        writeln!(out, "{name} {}", prepare(&world))?;
    }
    out.flush()?;
    let (ended, wait) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let read = std::io::stdin().read_to_end(&mut Vec::new());
        let _ = ended.send(read);
    });
    let _ = wait.recv_timeout(LIMIT);
    Ok(())
}
