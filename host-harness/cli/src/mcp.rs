//! `libtv-video mcp`: the MCP server on standard input and output. Standard output carries the protocol and nothing else;
//! everything for a person stands on standard error.

use std::sync::Arc;

use contract::channels::CHANNELS;
use host::StopHandle;

use super::{FAILED, environment, print, signals};

/// What `--help` shows below the options.
pub(crate) fn help() -> String {
    let [channel, ..] = CHANNELS;
    let variables = &channel.variables;
    // Not every channel's app has an id beside its secret; then its line would name nothing.
    let app = variables.app.map_or(String::new(), |name| {
        format!("{:10}\"{name}\": \"{}\",\n", "", channel.example.app)
    });
    HELP.replace("{app}", &app)
        .replace("{secret}", variables.secret)
        .replace("{channel}", channel.words().next().unwrap_or_default())
        .replace("{chat}", channel.example.chat)
}

/// With places for what depends on the channel.
const HELP: &str = r#"Tools, resources and a prompt for agents that speak the Model Context Protocol. While it runs it polls and
delivers, as `serve` does; when another process does already, it leaves polling to that one.

Claude Code:
  claude mcp add libtv-video -- libtv-video mcp

Claude Desktop (claude_desktop_config.json), Cursor (.cursor/mcp.json) and others:
  {
    "mcpServers": {
      "libtv-video": {
        "command": "libtv-video",
        "args": ["mcp"],
        "env": {
{app}          "{secret}": "…",
          "OPENCLAW_CHANNEL_TYPE": "{channel}",
          "OPENCLAW_CHAT_ID": "{chat}"
        }
      }
    }
  }
The last two name the chat for clients that are in none. Store the key once with: libtv-video setup --api-key -

Standard output carries the protocol; what happens is told on standard error. Ends when standard input does, and on SIGTERM.
Exit codes: 0 ended, 1 could not start or the client doesn't speak the protocol."#;

/// Talks to one client until it ends; 1 where that can't begin.
pub(crate) async fn mcp(max_parallel: usize) -> u8 {
    let harness = match environment::harness() {
        Ok(harness) => harness,
        Err(reason) => return failed(&reason),
    };
    // Clients end their servers with a signal when they close, and steps in flight get their time.
    let stop = StopHandle::new();
    signals::stop_on_signal(stop.clone());
    let (reader, writer) = (tokio::io::stdin(), tokio::io::stdout());
    match ::mcp::serve(
        harness,
        max_parallel,
        reader,
        writer,
        stop,
        Arc::new(print::hint),
    )
    .await
    {
        Ok(()) => 0,
        Err(error) => failed(&error.to_string()),
    }
}

/// On standard error, since standard output is the protocol's.
fn failed(reason: &str) -> u8 {
    print::hint(&format!("❌ {reason}"));
    FAILED
}
