//! Fakes for the services the skill talks to, those that make media and the chats that show them: each is a method of
//! [`World`]. They listen on loopback, speak HTTP/1.1 with and without TLS, keep their state
//! in memory, record every request and fail on demand. They are not mocks of our own client: what they
//! accept and refuse is written down in `docs/apis/`, a document per service, and where a service has official SDKs,
//! its fake is checked with them (`testkit/fakes/sdk-check/run`).
//!
//! # Overview
//!
//! ```no_run
//! # async fn overview(dir: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//! use fakes::{ALWAYS, Fault, Job, Fake, When, World, media};
//!
//! // One thread and one runtime of its own: usable from sync and async tests alike.
//! let world = World::builder().start()?;              // dropping it stops everything
//! world.connect_to();                                 // "seedance.nexu.io=127.0.0.1:40001,im.liblib.tv=…"
//! world.ca_pem(); world.write_ca(dir)?;               // for SSL_CERT_FILE
//!
//! // Every fake (`gateway()`, `direct()`, `media()`, `feishu()`, `lark()`) is a cheap clone and a `Fake`:
//! let gateway = world.gateway();
//! gateway.http_base();                                // "http://127.0.0.1:40002", without TLS
//! gateway.https_addr();                               // SocketAddr
//! gateway.fault("POST /libtv/v1/session", Fault::ResetAfterApplied, 1);
//! gateway.fault_after("GET /libtv/v1/session/*", 3, Fault::Html(502), ALWAYS);
//! gateway.clear_faults();
//! gateway.requests();                                 // Vec<Recorded>: method, path, query, headers, body, status, at_ms
//! gateway.requests_to("GET /libtv/v1/session/*");     // the same route patterns as for faults
//! gateway.wait_until(Duration::from_secs(5), |g| g.submits().len() == 1).await?;   // woken, never polling
//! gateway.set_clock_offset(Duration::from_secs(3600)); // this service's clock, not the machine's
//! gateway.stop_clock();                               // only the offset moves it then
//!
//! // LibTV: one engine, two envelopes (`LibTv` is the type of both).
//! gateway.set_default_job(Job::video("/sd-gen-save-img/cat.mp4"));
//! gateway.on_message_containing("nine", Job::images_over_time(9));
//! gateway.on_message_containing("cat", Job::new()
//!     .at(When::Polls(1)).works()
//!     .at(When::Polls(3)).videos(["/sd-gen-save-img/a.mp4"])
//!     .at(When::After(Duration::from_secs(2))).images(["/sd-gen-save-img/{session}/b.png"])
//!     .at(When::Advanced).says("done"));
//! gateway.add_key("mgk_other"); gateway.set_uses(7, 10);
//! gateway.submits();                                  // Vec<Submit>: what was charged, in order
//! gateway.polls("session-id"); gateway.messages("session-id"); gateway.advance("session-id");
//! gateway.uploads();                                  // Vec<Upload>: file name, type, bytes, sha256, url
//! world.direct().retire(true); world.direct().reuse_default_session(true);
//!
//! // Media: any result path answers with a small file of its kind, unless told otherwise.
//! world.media().put("/sd-gen-save-img/cat.mp4", media::mp4(5_000, 200 << 20, false));
//! world.media().serve(media::Serving { ranges: false, ..Default::default() });
//! world.media().remove("/claw/gone.mp4");
//!
//! // Ark and ModelArk (`Ark` is the type of both). Results lie in private buckets, behind links that die after a day.
//! let ark = world.ark();
//! ark.on_text_containing("cat", fakes::Clip::video_at("/clips/cat.mp4").ending(When::After(Duration::from_secs(90))));
//! ark.refuse_text_containing("knife", fakes::ArkError::sensitive_text());
//! ark.fault(fakes::ark::TASKS, fakes::ArkError::overloaded().into(), 1);
//! ark.delay_list(Duration::from_secs(30)); ark.sign_links_anew(true); ark.set_overdue(true);
//! ark.made(); ark.status("cgt-…"); ark.polls("cgt-…"); ark.advance("cgt-…");
//! ark.set_clock_offset(fakes::ark::LINK_LIFE); world.ark_media().set_clock_offset(fakes::ark::LINK_LIFE);
//!
//! // Pippit, in China and abroad (`Pippit` is the type of both).
//! let pippit = world.pippit();
//! pippit.on_message_containing("ad", fakes::Run::asking("Landscape?", &["yes", "no"]));
//! pippit.set_default_run(fakes::Run::fails(fakes::pippit::OUT_OF_CREDITS, "no credits"));
//! pippit.submits(); pippit.state("run_…"); pippit.assets();
//!
//! // Feishu and Lark (`Feishu` is the type of both).
//! let feishu = world.feishu();
//! feishu.add_app(fakes::App::new("cli_b", "secret").without_scope("im:resource"));
//! feishu.add_chat("oc_x"); feishu.remove_bot_from("oc_y"); feishu.revoke_tokens(); feishu.strict(true);
//! let sent = feishu.wait_for_messages("oc_x", 9, Duration::from_secs(10)).await?;  // Vec<SentMessage>
//! sent[0].file.as_ref().map(|file| (&file.sha256, file.duration_ms));
//! feishu.chat("oc_x").messages(); feishu.chat("oc_x").attempts();
//!
//! // Discord: channels, threads and direct conversations alike, by channel id.
//! let discord = world.discord();
//! discord.strict(true); discord.set_nonce_window(Duration::ZERO);
//! discord.deny("200000000000000001", fakes::discord::Permission::AttachFiles);
//! let sent = discord.wait_for_messages("200000000000000001", 1, Duration::from_secs(10)).await?;
//! sent[0].called.is_empty();                           // nobody's telephone rang
//!
//! // Slack: two hosts with one state.
//! let (slack, files) = (world.slack(), world.slack_files());
//! slack.add_app(fakes::slack::App::new("xoxb-other", "U0OTHER0001").without_scope("files:read"));
//! files.fault("POST /upload/v1/*", Fault::Html(504), 1); slack.hide_shares_for(3);
//! slack.wait_for_messages("C0123456789", 1, Duration::from_secs(10)).await?;
//!
//! // Telegram: no key, so a repeated send shows twice.
//! let telegram = world.telegram();
//! telegram.add_topic(-100_123, 7, false); telegram.migrate(-5, -100_5);
//! telegram.wait_for_messages(-100_123, 1, Duration::from_secs(10)).await?;
//!
//! // WeCom: two messages with the same bytes are one, for as long as the first one asked for.
//! let wecom = world.wecom();
//! wecom.add_member("ZhangSan"); wecom.distrust(Some("203.0.113.7"));
//!
//! // WeChat: who wrote gets ten messages in a day; uploads are opened by their keys.
//! let wechat = world.wechat();
//! wechat.hear("o9fox@im.wechat"); wechat.set_clock_offset(Duration::from_secs(86_401));
//! # Ok(())
//! # }
//! ```
//!
//! Keys and apps that are valid from the start: [`GATEWAY_KEY`], [`DIRECT_KEY`], [`ARK_KEY`], [`MODELARK_KEY`],
//! [`PIPPIT_KEY`], [`PIPPIT_INTL_KEY`], [`FEISHU_APP_ID`] with [`FEISHU_APP_SECRET`].

pub mod ark;
mod blob;
pub mod chats;
mod civil;
mod conversation;
pub mod dingtalk;
pub mod discord;
mod fault;
pub mod feishu;
mod intake;
pub mod libtv;
pub mod matrix;
pub mod media;
mod params;
pub mod pippit;
pub mod places;
mod rates;
mod record;
mod reply;
mod route;
mod serve;
mod service;
pub mod slack;
mod sniff;
pub mod telegram;
mod tls;
pub mod webhook;
pub mod wechat;
pub mod wecom;
mod when;
mod world;

pub use ark::{Ark, ArkError, Clip};
pub use conversation::{Conversation, Converses};
pub use dingtalk::{DingTalk, DingTalkMedia};
pub use discord::Discord;
pub use fault::{ALWAYS, Fault};
pub use feishu::{App, Feishu, SentMessage};
pub use libtv::{Job, LibTv, Submit};
pub use matrix::Matrix;
pub use media::{Media, MediaFile};
pub use pippit::{Pippit, PippitError, Run};
pub use record::{Body, Part, Recorded};
pub use route::Route;
pub use service::{Fake, Service, Shows, TimedOut};
pub use slack::{Slack, SlackFiles};
pub use telegram::Telegram;
pub use webhook::Webhook;
pub use wechat::{WeChat, WeChatMedia};
pub use wecom::WeCom;
pub use when::When;
pub use world::{
    ARK_HOST, ARK_MEDIA_HOSTS, DINGTALK_HOST, DINGTALK_MEDIA_HOST, DIRECT_HOST, DISCORD_HOST,
    FEISHU_HOST, GATEWAY_HOST, LARK_HOST, MATRIX_HOST, MEDIA_HOST, MODELARK_HOST,
    MODELARK_MEDIA_HOSTS, PIPPIT_HOST, PIPPIT_INTL_HOST, PIPPIT_MEDIA_HOSTS, SLACK_FILES_HOST,
    SLACK_HOST, TELEGRAM_HOST, WEBHOOK_HOST, WECHAT_HOST, WECHAT_HOSTS, WECHAT_MEDIA_HOST,
    WECOM_HOST, World, WorldBuilder,
};

/// A key the gateway takes from the start.
pub const GATEWAY_KEY: &str = "mgk_testkit0123456789abcdefghij1234";
/// A key the direct API takes from the start.
pub const DIRECT_KEY: &str = "sk-libtv-testkit0123456789abcdef5678";
/// A key that Ark takes from the start. Keys have no prefix that tells which service they belong to.
pub const ARK_KEY: &str = "7e57a4c0-0a4c-4e57-8a4c-0123456789ab";
/// A key that ModelArk takes from the start.
pub const MODELARK_KEY: &str = "7e57b4c0-0b4c-4e57-8b4c-0123456789cd";
/// A key that Pippit takes from the start in China.
pub const PIPPIT_KEY: &str = "ak-testkit0123456789abcdefghij9012";
/// A key that Pippit takes from the start abroad.
pub const PIPPIT_INTL_KEY: &str = "ak-testkit0123456789abcdefghij9013";
/// An app that Feishu and Lark know from the start, with all scopes and bot ability.
pub const FEISHU_APP_ID: &str = "cli_testkit000000001";
/// Its secret.
pub const FEISHU_APP_SECRET: &str = "testkitsecret0123456789abcdefghi";
/// A bot token that Discord knows from the start.
pub const DISCORD_BOT_TOKEN: &str =
    "MTAwMDAwMDAwMDAwMDAwMDAx.Gtstkt.testkit0123456789abcdefghijklmnopqrs";
/// The user id of that bot.
pub const DISCORD_BOT_ID: &str = "100000000000000001";
/// A bot token that Slack knows from the start, with all scopes.
pub const SLACK_BOT_TOKEN: &str = "xoxb-testkit-0123456789-abcdefghijklmnopqrstuvwx";
/// The bot user of that app.
pub const SLACK_BOT_ID: &str = "U0TESTKIT01";
/// A bot token that Telegram knows from the start.
pub const TELEGRAM_BOT_TOKEN: &str = "110201543:AAtestkit0123456789abcdefghijklmnop";
/// An app that DingTalk knows from the start, with a robot.
pub const DINGTALK_CLIENT_ID: &str = "dingtestkit00000001";
/// Its secret.
pub const DINGTALK_CLIENT_SECRET: &str = "testkit-ding-secret_0123456789abcdefghijklmnop";
/// What every token of DingTalk's begins with, at either host; the tokens themselves are made while the program runs.
pub const DINGTALK_TOKENS_BEGIN: &str = "ding-testkit-token-";
/// A company that WeCom knows from the start.
pub const WECOM_CORP_ID: &str = "wwtestkit00000001";
/// An app of it.
pub const WECOM_AGENT_ID: u64 = 1_000_002;
/// That app's secret.
pub const WECOM_CORP_SECRET: &str = "testkit-wecom-secret_0123456789abcdefghijkl";
/// What every token of WeCom's begins with; the tokens themselves are made while the program runs.
pub const WECOM_TOKENS_BEGIN: &str = "wecom-testkit-token-";
/// An access token that the homeserver knows.
pub const MATRIX_ACCESS_TOKEN: &str = "syt_dGVzdGtpdA_matrixaccesstoken_0a1B2c";
/// The token of an account that WeChat knows from the start.
pub const WECHAT_BOT_TOKEN: &str = "wechat-testkit-token_0123456789abcdefghijkl";
/// What everything begins with that conversations of WeChat are known by; it is made while the program runs.
pub const WECHAT_CONTEXTS_BEGIN: &str = "wechat-testkit-context-";
/// The secret that a webhook's receiver and whoever sends to it know.
pub const WEBHOOK_SECRET: &str = "whsec_dGVzdGtpdC13ZWJob29rLXNlY3JldC0wMTIzNDU2Nzg5";
