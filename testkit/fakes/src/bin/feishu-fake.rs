//! The Feishu fake alone, for clients that aren't written in Rust: `sdk-check/run` drives the official
//! SDKs against it. Prints its port (without TLS) and runs until its standard input ends.

use fakes::{App, Fake, Fault, World};
use std::io::{Read, Write};
use std::time::Duration;

fn main() -> std::io::Result<()> {
    let world = World::builder().start()?;
    let feishu = world.feishu();
    // The SDKs keep tokens by app id for the whole process, so each scenario has its own.
    for scenario in ["good", "uploads", "messages", "uuid", "foreign", "limited"] {
        for client in ["node", "python"] {
            feishu.add_app(App::new(&format!("cli_{client}_{scenario}"), "secret"));
        }
    }
    for client in ["node", "python"] {
        feishu.add_app(
            App::new(&format!("cli_{client}_scopeless"), "secret").without_scope("im:resource"),
        );
        feishu.add_app(App::new(&format!("cli_{client}_botless"), "secret").without_bot());
    }
    feishu.remove_bot_from("oc_without_bot");
    feishu.make_unavailable("ou_unavailable");
    // A path of its own, so that only the check that wants it meets it.
    feishu.fault(
        "POST /open-apis/im/v1/messages/om_limited/reply",
        Fault::rate_limited("x-ogw-ratelimit-reset", "1"),
        fakes::ALWAYS,
    );
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", feishu.http_addr().port())?;
    out.flush()?;
    // A parent that is gone closes the pipe; the time is for one that leaks it.
    let (ended, wait) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let read = std::io::stdin().read_to_end(&mut Vec::new());
        let _ = ended.send(read);
    });
    let _ = wait.recv_timeout(Duration::from_secs(3600));
    Ok(())
}
