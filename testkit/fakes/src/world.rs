//! All fakes together, on a thread of their own.

use crate::feishu::{App, Feishu};
use crate::libtv::{Dialect, LibTv};
use crate::media::Media;
use crate::serve;
use crate::service::{Fake, Handler, Service};
use crate::tls::Authority;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// The host name of the Nexu gateway.
pub const GATEWAY_HOST: &str = "seedance.nexu.io";
/// The host name of the direct LibTV API.
pub const DIRECT_HOST: &str = "im.liblib.tv";
/// The host name of the media store.
pub const MEDIA_HOST: &str = "libtv-res.liblib.art";
/// The host name of Feishu's open platform.
pub const FEISHU_HOST: &str = "open.feishu.cn";
/// The host name of Lark's open platform.
pub const LARK_HOST: &str = "open.larksuite.com";

/// The running fakes. Handles may outlive it; the servers don't.
pub struct World {
    gateway: LibTv,
    direct: LibTv,
    media: Media,
    feishu: Feishu,
    lark: Feishu,
    ca_pem: String,
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
        let began = Instant::now();
        let authority = Authority::new()?;
        let mut servers = Servers(Vec::new());
        let context = runtime.enter();
        let open = |host: &'static str| -> io::Result<(Service, Ports)> {
            let (https, https_addr) = bind()?;
            let (http, http_addr) = bind()?;
            let tls = authority.acceptor(host)?;
            Ok((
                Service::new(host, https_addr, http_addr, began),
                Ports { https, http, tls },
            ))
        };
        let (service, ports) = open(GATEWAY_HOST)?;
        let gateway = LibTv::new(service, Dialect::Gateway);
        servers.add(gateway.handler(), ports);
        let (service, ports) = open(DIRECT_HOST)?;
        let direct = LibTv::new(service, Dialect::Direct);
        servers.add(direct.handler(), ports);
        let (service, ports) = open(MEDIA_HOST)?;
        let media = Media::new(service);
        servers.add(media.handler(), ports);
        let (service, ports) = open(FEISHU_HOST)?;
        let feishu = Feishu::new(service);
        servers.add(feishu.handler(), ports);
        let (service, ports) = open(LARK_HOST)?;
        let lark = Feishu::new(service);
        servers.add(lark.handler(), ports);
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

        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new().name("fakes".into()).spawn(move || {
            runtime.block_on(async {
                let mut running = JoinSet::new();
                servers
                    .0
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
            feishu,
            lark,
            ca_pem: authority.pem().to_owned(),
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

struct Ports {
    https: TcpListener,
    http: TcpListener,
    tls: TlsAcceptor,
}

type Server = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

struct Servers(Vec<Server>);

impl Servers {
    fn add<H: Handler>(&mut self, handler: Arc<H>, ports: Ports) {
        self.0.push(Box::pin(serve::listen(
            handler.clone(),
            ports.https,
            Some(ports.tls),
        )));
        self.0
            .push(Box::pin(serve::listen(handler, ports.http, None)));
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

    /// Feishu's open platform.
    pub fn feishu(&self) -> Feishu {
        self.feishu.clone()
    }

    /// Lark's open platform: the same program with a state of its own.
    pub fn lark(&self) -> Feishu {
        self.lark.clone()
    }

    /// The value of `LIBTV_CONNECT_TO`: each host name and where it is reached with TLS.
    pub fn connect_to(&self) -> String {
        let services = [
            self.gateway.service(),
            self.direct.service(),
            self.media.service(),
            self.feishu.service(),
            self.lark.service(),
        ];
        let pairs: Vec<_> = services
            .iter()
            .map(|service| service.connect_to())
            .collect();
        pairs.join(",")
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
