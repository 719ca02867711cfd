//! `libtv-video --help`: what it is and how it is used, on one page.

const HEAD: &str = "\
libtv-video: turns a user's words into videos and images by LibTV, and brings the results into a
Feishu or Lark chat. The skill runs as a WebAssembly component in a sandbox that reaches the few hosts
it needs and one folder; this program is the sandbox, the timer and the keeper of the keys.

USAGE
  libtv-video <command> [arguments]      libtv-video <command> --help      libtv-video --version

THE TIMER
  serve               poll every session when it is due and deliver what is ready; keep it running
                      (--json: one JSON object a line, --max-parallel N: sessions polled at once,
                      --ui 127.0.0.1:0: show the jobs on a page of this machine)
  service print       what systemd or launchd needs to keep it running
";

#[cfg(feature = "mcp")]
const MCP: &str = "  mcp                 the tools for an agent that speaks MCP, on standard input and output; polls meanwhile
                      (libtv-video mcp --help shows how a client is configured)\n";
#[cfg(not(feature = "mcp"))]
const MCP: &str = "";

#[cfg(feature = "demo")]
const DEMO: &str = "  demo                the whole thing on this machine, without an account, in under a minute (--plain)\n";
#[cfg(not(feature = "demo"))]
const DEMO: &str = "";

#[cfg(feature = "compiler")]
const PRECOMPILE: &str = "  precompile          compile the component now, so that the first command need not; skill install does it, too\n";
#[cfg(not(feature = "compiler"))]
const PRECOMPILE: &str = "";

const REST: &str = "
SETTING UP
  doctor              which link is broken, from the key to the chat, and what to do (--chat-id ID: test it)
  skill install       put SKILL.md and the component where an agent looks (--for openclaw|claude|codex|DIR)
  setup               store the API key and the default video ratio (--keyring: the key in the desktop's keyring)
  check               what is configured, and whether the key is good
  update-key          replace the key            update-ratio       replace the ratio
  remove-key          forget the key

JOBS
  create-session      submit a request; returns at once, results arrive by themselves
  status              where the sessions stand, as a table (--watch)
  query-session       a session's messages and results
  wait-and-deliver    do in the foreground what serve does in the background
  recover             every known session, or one; resumes what is undelivered
  tasks               the key's tasks on the gateway
  download-results    results into a folder
  upload              an image or a video as reference material
  change-project      start a new project on the canvas

LOOKING INTO THE SANDBOX
  grants              what a call may do: requests, credentials, recipients, files, limits
  audit               what each call did (--session ID, --last N, --all); --verify: nobody changed the record

LEARNING
  completions SHELL   completions for bash, elvish, fish, powershell or zsh
  man                 the manual page (--dir DIR: a page for each command)

EXAMPLES
  echo \"$KEY\" | libtv-video setup --api-key - --video-ratio 9:16
  libtv-video serve &
  libtv-video create-session \"a red fox runs through snow\" --channel feishu --chat-id oc_0123
  libtv-video upload --file cat.png
  libtv-video download-results 6a1f3c2e --output-dir ./results

ENVIRONMENT
  NEXU_HOME                     where everything is kept (default ~/.nexu)
  LIBTV_API_KEY                 a key in place of the stored one: mgk_… or sk-libtv-…
  LIBTV_VIDEO_RATIO             a ratio in place of the stored one, as 16:9
  LIBTV_GATEWAY_URL, LIBTV_DIRECT_BASE_URL
                                other addresses of the services (https, or http on loopback)
  FEISHU_APP_ID, FEISHU_APP_SECRET, FEISHU_BASE_URL, FEISHU_ACCOUNT
                                the Feishu or Lark app; else OpenClaw's configuration is read:
  OPENCLAW_CONFIG, OPENCLAW_STATE_DIR, OPENCLAW_CONFIG_PATH, OPENCLAW_HOME
                                where that configuration is (default ~/.openclaw/openclaw.json)
  OPENCLAW_INCLUDE_ROOTS        more folders that it may include files from
  OPENCLAW_CHANNEL_TYPE, OPENCLAW_CHAT_ID
                                where results go when --channel and --chat-id are not given
  LIBTV_POLL_INTERVAL_SECONDS, LIBTV_MAX_POLLS
                                fixed interval between polls; polls before a job is given up
  HTTPS_PROXY, NO_PROXY         a proxy (http://[user:password@]host:port), and who doesn't need it
  SSL_CERT_FILE                 more roots of trust, beside the system's
  LIBTV_CONNECT_TO              host=127.0.0.1:port,… : connect there instead (tests; loopback only)
  LIBTV_CACHE_DIR               compiled code (default $NEXU_HOME/libtv-cache)
  NO_COLOR                      no colours

EXIT CODES
  0  success      1  refused or failed      2  wrong usage      3  another serve owns the folder
  Errors begin with ❌ and stand on standard output; progress stands on standard error.
";

pub(crate) fn text() -> String {
    format!("{HEAD}{MCP}{DEMO}{PRECOMPILE}{REST}")
}
