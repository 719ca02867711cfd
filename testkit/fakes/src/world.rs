//! All fakes together, on a thread of their own.

use crate::ark::{Ark, Region};
use crate::dingtalk::{DingTalk, DingTalkMedia};
use crate::discord::Discord;
use crate::feishu::{App, Feishu};
use crate::libtv::{Dialect, LibTv};
use crate::matrix::Matrix;
use crate::media::Media;
use crate::pippit::Pippit;
use crate::serve;
use crate::service::{Fake, Handler, Service};
use crate::slack::{Slack, SlackFiles};
use crate::telegram::Telegram;
use crate::tls::Authority;
use crate::webhook::Webhook;
use crate::wechat::{WeChat, WeChatMedia};
use crate::wecom::WeCom;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// The host name of the Nexu gateway.
pub const GATEWAY_HOST: &str = "seedance.nexu.io";
/// The host name of the direct LibTV API.
pub const DIRECT_HOST: &str = "im.liblib.tv";
/// The host name of the media store.
pub const MEDIA_HOST: &str = "libtv-res.liblib.art";
/// The host name of Volcengine Ark.
pub const ARK_HOST: &str = "ark.cn-beijing.volces.com";
/// The hosts of the buckets that Ark's results were seen in; which of them depends on the model.
pub const ARK_MEDIA_HOSTS: [&str; 3] = [
    "ark-content-generation-cn-beijing.tos-cn-beijing.volces.com",
    "ark-content-generation-v2-cn-beijing.tos-cn-beijing.volces.com",
    "ark-acg-cn-beijing.tos-cn-beijing.volces.com",
];
/// The host name of BytePlus ModelArk.
pub const MODELARK_HOST: &str = "ark.ap-southeast.bytepluses.com";
/// The hosts of its buckets, likewise.
pub const MODELARK_MEDIA_HOSTS: [&str; 3] = [
    "ark-content-generation-ap-southeast-1.tos-ap-southeast-1.volces.com",
    "ark-content-generation-v2-ap-southeast-1.tos-ap-southeast-1.bytepluses.com",
    "ark-acg-ap-southeast-1.tos-ap-southeast-1.volces.com",
];
/// The host name of Pippit in China (小云雀).
pub const PIPPIT_HOST: &str = "xyq.jianying.com";
/// The host name of Pippit abroad.
pub const PIPPIT_INTL_HOST: &str = "www.pippit.ai";
/// Where this fake keeps Pippit's videos and images: no document names the hosts (?).
pub const PIPPIT_MEDIA_HOSTS: [&str; 2] = ["v3-artist.vlabvod.com", "p3-pippit-sign.byteimg.com"];
/// The host name of Feishu's open platform.
pub const FEISHU_HOST: &str = "open.feishu.cn";
/// The host name of Lark's open platform.
pub const LARK_HOST: &str = "open.larksuite.com";

/// The host name of Discord.
pub const DISCORD_HOST: &str = "discord.com";

/// The host name of Slack's methods.
pub const SLACK_HOST: &str = "slack.com";
/// The host name that takes the bytes of files for Slack.
pub const SLACK_FILES_HOST: &str = "files.slack.com";
/// The host name of a homeserver of Matrix.
pub const MATRIX_HOST: &str = "matrix.example.com";
/// The host name of a webhook's receiver.
pub const WEBHOOK_HOST: &str = "hooks.example.com";
/// The host name of DingTalk's messages.
pub const DINGTALK_HOST: &str = "api.dingtalk.com";
/// The host name of its older API, which takes media.
pub const DINGTALK_MEDIA_HOST: &str = "oapi.dingtalk.com";
/// The host name of WeCom's API.
pub const WECOM_HOST: &str = "qyapi.weixin.qq.com";
/// The host name of WeChat's messages.
pub const WECHAT_HOST: &str = WECHAT_HOSTS[0];
/// It, and another one that an account may be at.
pub const WECHAT_HOSTS: [&str; 2] = ["ilinkai.weixin.qq.com", "ilinkai-sg.weixin.qq.com"];
/// The host name that takes the bytes of its media.
pub const WECHAT_MEDIA_HOST: &str = "novac2c.cdn.weixin.qq.com";
/// The host name of Telegram's bot API.
pub const TELEGRAM_HOST: &str = "api.telegram.org";

/// The running fakes. Handles may outlive it; the servers don't.
pub struct World {
    gateway: LibTv,
    direct: LibTv,
    media: Media,
    ark: Ark,
    ark_media: Media,
    modelark: Ark,
    modelark_media: Media,
    pippit: Pippit,
    pippit_intl: Pippit,
    pippit_media: Media,
    feishu: Feishu,
    lark: Feishu,
    discord: Discord,
    slack: Slack,
    slack_files: SlackFiles,
    telegram: Telegram,
    webhook: Webhook,
    wecom: WeCom,
    dingtalk: DingTalk,
    dingtalk_media: DingTalkMedia,
    matrix: Matrix,
    wechat: WeChat,
    wechat_media: WeChatMedia,
    ca_pem: String,
    connect_to: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Settles what has to be known before the servers start.
#[derive(Debug, Default)]
pub struct WorldBuilder {
    keys: Vec<String>,
    apps: Vec<App>,
}

impl WorldBuilder {
    /// One more valid key, at the direct API when it begins with `sk-libtv-`, else at the gateway.
    pub fn key(mut self, key: &str) -> Self {
        self.keys.push(key.to_owned());
        self
    }

    /// One more app, at Feishu and at Lark.
    pub fn app(mut self, app: App) -> Self {
        self.apps.push(app);
        self
    }

    /// Binds, and returns once every service accepts connections.
    ///
    /// # Errors
    /// When a port can't be bound, a certificate can't be made or the thread can't be started.
    pub fn start(self) -> io::Result<World> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let context = runtime.enter();
        let mut opening = Opening::new(Authority::new()?);
        let gateway = LibTv::new(opening.service(GATEWAY_HOST)?, Dialect::Gateway);
        opening.serve(gateway.handler())?;
        let direct = LibTv::new(opening.service(DIRECT_HOST)?, Dialect::Direct);
        opening.serve(direct.handler())?;
        let media = Media::new(opening.service(MEDIA_HOST)?);
        opening.serve(media.handler())?;
        let (ark, ark_media) = opening.ark(Region::China, ARK_HOST, &ARK_MEDIA_HOSTS)?;
        let (modelark, modelark_media) =
            opening.ark(Region::Abroad, MODELARK_HOST, &MODELARK_MEDIA_HOSTS)?;
        let pippit = Pippit::new(opening.service(PIPPIT_HOST)?, crate::PIPPIT_KEY);
        opening.serve(pippit.handler())?;
        let pippit_intl = Pippit::new(opening.service(PIPPIT_INTL_HOST)?, crate::PIPPIT_INTL_KEY);
        opening.serve(pippit_intl.handler())?;
        let pippit_media = Media::open(opening.service_of(&PIPPIT_MEDIA_HOSTS)?);
        opening.serve(pippit_media.handler())?;
        let feishu = Feishu::new(opening.service(FEISHU_HOST)?);
        opening.serve(feishu.handler())?;
        let lark = Feishu::new(opening.service(LARK_HOST)?);
        opening.serve(lark.handler())?;
        let discord = Discord::new(opening.service(DISCORD_HOST)?);
        opening.serve(discord.handler())?;
        let slack_files = Slack::files(opening.service(SLACK_FILES_HOST)?);
        opening.serve(slack_files.handler())?;
        let slack = Slack::new(opening.service(SLACK_HOST)?, &slack_files);
        opening.serve(slack.handler())?;
        let telegram = Telegram::new(opening.service(TELEGRAM_HOST)?);
        opening.serve(telegram.handler())?;
        let webhook = Webhook::new(opening.service(WEBHOOK_HOST)?);
        opening.serve(webhook.handler())?;
        let wecom = WeCom::new(opening.service(WECOM_HOST)?);
        opening.serve(wecom.handler())?;
        let dingtalk = DingTalk::new(opening.service(DINGTALK_HOST)?);
        opening.serve(dingtalk.handler())?;
        let dingtalk_media = dingtalk.media(opening.service(DINGTALK_MEDIA_HOST)?);
        opening.serve(dingtalk_media.handler())?;
        let matrix = Matrix::new(opening.service(MATRIX_HOST)?);
        opening.serve(matrix.handler())?;
        let wechat_media = WeChatMedia::new(opening.service(WECHAT_MEDIA_HOST)?);
        opening.serve(wechat_media.handler())?;
        let wechat = WeChat::new(opening.service_of(&WECHAT_HOSTS)?, &wechat_media);
        opening.serve(wechat.handler())?;
        drop(context);
        for key in &self.keys {
            if key.starts_with("sk-libtv-") {
                direct.add_key(key)
            } else {
                gateway.add_key(key)
            }
        }
        for app in self.apps {
            feishu.add_app(app.clone());
            lark.add_app(app);
        }

        let Opening {
            authority,
            servers,
            connect_to,
            ..
        } = opening;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("fakes".into()).spawn(move || {
            runtime.block_on(async {
                let mut running = JoinSet::new();
                servers
                    .into_iter()
                    .for_each(|server| drop(running.spawn(server)));
                // Either way the world is gone.
                let _ = stopped.await;
            });
            runtime.shutdown_background();
        })?;
        Ok(World {
            gateway,
            direct,
            media,
            ark,
            ark_media,
            modelark,
            modelark_media,
            pippit,
            pippit_intl,
            pippit_media,
            feishu,
            lark,
            discord,
            slack,
            slack_files,
            telegram,
            webhook,
            wecom,
            dingtalk,
            dingtalk_media,
            matrix,
            wechat,
            wechat_media,
            ca_pem: authority.pem().to_owned(),
            connect_to: connect_to.join(","),
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

type Server = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// Services on their way to being served: one that is added needs its two lines above, a handle in [`World`], and
/// nothing else.
struct Opening {
    authority: Authority,
    began: Instant,
    ports: Option<(TcpListener, TcpListener)>,
    servers: Vec<Server>,
    connect_to: Vec<String>,
}

impl Opening {
    fn new(authority: Authority) -> Self {
        Self {
            authority,
            began: Instant::now(),
            ports: None,
            servers: Vec::new(),
            connect_to: Vec::new(),
        }
    }

    /// Binds two ports, with TLS and without.
    fn service(&mut self, host: &'static str) -> io::Result<Service> {
        let (https, https_addr) = bind()?;
        let (http, http_addr) = bind()?;
        self.ports = Some((https, http));
        Ok(Service::new(host, https_addr, http_addr, self.began))
    }

    /// The same with several names. The first is the one it is called by.
    fn service_of(&mut self, hosts: &'static [&'static str]) -> io::Result<Service> {
        let (first, others) = hosts
            .split_first()
            .ok_or_else(|| io::Error::other("a service needs a name"))?;
        Ok(self.service(first)?.also(others))
    }

    /// Ark or ModelArk, and the buckets of its results.
    fn ark(
        &mut self,
        region: Region,
        host: &'static str,
        buckets: &'static [&'static str],
    ) -> io::Result<(Ark, Media)> {
        let results = Media::signed(self.service_of(buckets)?, region.store());
        self.serve(results.handler())?;
        let ark = Ark::new(self.service(host)?, region, results.clone());
        self.serve(ark.handler())?;
        Ok((ark, results))
    }

    /// Serves on the ports that were bound last.
    fn serve<H: Handler>(&mut self, handler: Arc<H>) -> io::Result<()> {
        let Some((https, http)) = self.ports.take() else {
            return Err(io::Error::other("no port was bound for this handler"));
        };
        self.connect_to.push(handler.service().connect_to());
        let tls = self.authority.acceptor(handler.service().hosts())?;
        let with_tls = serve::listen(handler.clone(), https, Some(tls));
        self.servers.push(Box::pin(with_tls));
        self.servers
            .push(Box::pin(serve::listen(handler, http, None)));
        Ok(())
    }
}

fn bind() -> io::Result<(TcpListener, SocketAddr)> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((TcpListener::from_std(listener)?, address))
}

impl World {
    /// A world with nothing settled.
    pub fn builder() -> WorldBuilder {
        WorldBuilder::default()
    }

    /// The Nexu gateway.
    pub fn gateway(&self) -> LibTv {
        self.gateway.clone()
    }

    /// The direct LibTV API.
    pub fn direct(&self) -> LibTv {
        self.direct.clone()
    }

    /// The media store.
    pub fn media(&self) -> Media {
        self.media.clone()
    }

    /// Volcengine Ark.
    pub fn ark(&self) -> Ark {
        self.ark.clone()
    }

    /// The private buckets of its results.
    pub fn ark_media(&self) -> Media {
        self.ark_media.clone()
    }

    /// BytePlus ModelArk: the same program with models, keys and a state of its own.
    pub fn modelark(&self) -> Ark {
        self.modelark.clone()
    }

    /// The private buckets of its results.
    pub fn modelark_media(&self) -> Media {
        self.modelark_media.clone()
    }

    /// Pippit in China (小云雀).
    pub fn pippit(&self) -> Pippit {
        self.pippit.clone()
    }

    /// Pippit abroad: the same program with a state of its own.
    pub fn pippit_intl(&self) -> Pippit {
        self.pippit_intl.clone()
    }

    /// Where the results of both lie.
    pub fn pippit_media(&self) -> Media {
        self.pippit_media.clone()
    }

    /// Feishu's open platform.
    pub fn feishu(&self) -> Feishu {
        self.feishu.clone()
    }

    /// Lark's open platform: the same program with a state of its own.
    pub fn lark(&self) -> Feishu {
        self.lark.clone()
    }

    /// Discord.
    pub fn discord(&self) -> Discord {
        self.discord.clone()
    }

    /// Slack's methods.
    pub fn slack(&self) -> Slack {
        self.slack.clone()
    }

    /// The host that takes the bytes of files for Slack.
    pub fn slack_files(&self) -> SlackFiles {
        self.slack_files.clone()
    }

    /// A webhook's receiver.
    pub fn webhook(&self) -> Webhook {
        self.webhook.clone()
    }

    /// DingTalk's messages.
    pub fn dingtalk(&self) -> DingTalk {
        self.dingtalk.clone()
    }

    /// DingTalk's older host, which takes media.
    pub fn dingtalk_media(&self) -> DingTalkMedia {
        self.dingtalk_media.clone()
    }

    /// WeChat's messages.
    pub fn wechat(&self) -> WeChat {
        self.wechat.clone()
    }

    /// WeChat's host that takes the bytes of media.
    pub fn wechat_media(&self) -> WeChatMedia {
        self.wechat_media.clone()
    }

    /// WeCom's API.
    pub fn wecom(&self) -> WeCom {
        self.wecom.clone()
    }

    /// A homeserver of Matrix.
    pub fn matrix(&self) -> Matrix {
        self.matrix.clone()
    }

    /// Telegram's bot API.
    pub fn telegram(&self) -> Telegram {
        self.telegram.clone()
    }

    /// Stops every service's clock at a moment since 1970, and moves it there where it stood already; none before the world
    /// began.
    pub fn stop_clocks_at(&self, unix: Duration) {
        self.services().for_each(|service| service.stop_at(unix));
    }

    /// Forgets every fault that has not been played.
    pub fn clear_faults(&self) {
        self.services().for_each(Service::clear_faults);
    }

    fn services(&self) -> impl Iterator<Item = &Service> {
        [
            self.gateway.service(),
            self.direct.service(),
            self.media.service(),
            self.ark.service(),
            self.ark_media.service(),
            self.modelark.service(),
            self.modelark_media.service(),
            self.pippit.service(),
            self.pippit_intl.service(),
            self.pippit_media.service(),
            self.feishu.service(),
            self.lark.service(),
            self.discord.service(),
            self.slack.service(),
            self.slack_files.service(),
            self.telegram.service(),
            self.webhook.service(),
            self.wecom.service(),
            self.dingtalk.service(),
            self.dingtalk_media.service(),
            self.wechat.service(),
            self.wechat_media.service(),
        ]
        .into_iter()
    }

    /// The value of `LIBTV_CONNECT_TO`: each host name and where it is reached with TLS.
    pub fn connect_to(&self) -> String {
        self.connect_to.clone()
    }

    /// The certificate of the world's authority, the value of a file for `SSL_CERT_FILE`.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Writes it to `testkit-ca.pem` in `dir`.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write_ca(&self, dir: impl AsRef<Path>) -> io::Result<PathBuf> {
        let path = dir.as_ref().join("testkit-ca.pem");
        std::fs::write(&path, &self.ca_pem)?;
        Ok(path)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        // Joined, so that the ports are closed when the test goes on.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
