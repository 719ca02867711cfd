//! `libtv-video --help`: what it is and how it is used, on one page. The commands are those of the table.

use std::fmt::Write;

use contract::channels::{self, CHANNELS, Channel};
use contract::commands::{Group, all};

use super::grammar;

const HEAD: &str = "\
libtv-video: turns a user's words into videos and images by LibTV, and brings the results into a
{chats} chat. The skill runs as a WebAssembly component in a sandbox that reaches the few hosts
it needs and one folder; this program is the sandbox, the timer and the keeper of the keys.

USAGE
  libtv-video <command> [arguments]      libtv-video <command> --help      libtv-video --version
";

const REST: &str = "
EXAMPLES
  echo \"$KEY\" | libtv-video setup --api-key - --video-ratio 9:16
  libtv-video serve &
  libtv-video create-session \"a red fox runs through snow\" --channel {channel} --chat-id oc_0123
  libtv-video upload --file cat.png
  libtv-video download-results 6a1f3c2e --output-dir ./results

ENVIRONMENT
  NEXU_HOME                     where everything is kept (default ~/.nexu)
  LIBTV_API_KEY                 a key in place of the stored one: mgk_… or sk-libtv-…
  LIBTV_VIDEO_RATIO             a ratio in place of the stored one, as 16:9
  LIBTV_GATEWAY_URL, LIBTV_DIRECT_BASE_URL
                                other addresses of the services (https, or http on loopback)
{apps}; else OpenClaw's configuration is read:
  OPENCLAW_CONFIG, OPENCLAW_STATE_DIR, OPENCLAW_CONFIG_PATH, OPENCLAW_HOME
                                where that configuration is (default ~/.openclaw/openclaw.json)
  OPENCLAW_INCLUDE_ROOTS        more folders that it may include files from
  OPENCLAW_CHANNEL_TYPE, OPENCLAW_CHAT_ID
                                where results go when --channel and --chat-id are not given
  LIBTV_POLL_INTERVAL_SECONDS, LIBTV_MAX_POLLS
                                fixed interval between polls; polls before a job is given up
  HTTPS_PROXY, ALL_PROXY, NO_PROXY
                                a proxy (http:// or socks5://[user:password@]host:port), and who doesn't need it
  SSL_CERT_FILE                 more roots of trust, beside the system's
  LIBTV_CONNECT_TO              host=127.0.0.1:port,… : connect there instead (tests; loopback only)
  LIBTV_STARTED_BY              what started serve, for who asks (set by service and by --autostart)
  NO_COLOR                      no colours

EXIT CODES
  0  success      1  refused or failed      2  wrong usage      3  another serve owns the folder
  Errors begin with ❌ and stand on standard output; progress stands on standard error.
";

/// The headings, in the order of the page; the timer comes first, since nothing arrives without it.
const GROUPS: [Group; 6] = [
    Group::Run,
    Group::Make,
    Group::Watch,
    Group::Configure,
    Group::Inspect,
    Group::Learn,
];

/// The page, with the names of the channels put in.
pub(crate) fn text() -> String {
    let mut text = HEAD.replace("{chats}", &channels::listed("or"));
    for group in GROUPS {
        let _ = write!(text, "\n{}\n", group.heading().to_uppercase());
        for command in all().filter(|command| command.group == group) {
            // What this program was built without would only be refused.
            if grammar::is_built(command.feature) {
                let _ = writeln!(text, "  {:<20}{}", command.name, command.about);
            }
        }
    }
    let apps = CHANNELS.map(variables).join("\n");
    // The example's chat is the first channel's as well, so the two fit each other.
    let first = CHANNELS.into_iter().flat_map(Channel::words).next();
    let rest = REST.replace("{apps}", &apps);
    text + &rest.replace("{channel}", first.unwrap_or_default())
}

/// The variables of a channel, and below them what they are for.
fn variables(channel: &Channel) -> String {
    let all = &channel.variables;
    let names: Vec<&str> = all
        .of_app()
        .chain([all.base_url, channel.section.chosen_by])
        .collect();
    format!("  {}\n{:32}the {} app", names.join(", "), "", channel.name)
}
