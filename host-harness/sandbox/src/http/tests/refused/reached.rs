//! Every address of the table, on every way that leads to one: written into a URL, answered by a name server, hidden
//! among public answers, changed between two look-ups, and in a redirect.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock};

use contract::services::{self, SERVICES};
use http::Uri;
use tokio::net::TcpStream;
use tower_service::Service;

use super::GATEWAY;
use super::addresses::REFUSED;
use super::urls::{policy, reason};
use crate::http::addresses::is_fake_ip;
use crate::http::connect_to::ConnectTo;
use crate::http::connector::{Connector, Shared};
use crate::http::network::{Found, Network};
use crate::http::{AddressClass, ConnectError, RefusalReason, classify};

const PUBLIC: &str = "8.8.8.8";

/// A name server with these answers, one after the other, and a network that notes where connections go and makes none.
#[derive(Default)]
struct Told {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    dialled: Mutex<Vec<SocketAddr>>,
}

struct Scripted(Arc<Told>);

impl Network for Scripted {
    fn addresses<'a>(&'a self, _: &'a str, port: u16) -> Found<'a, Vec<SocketAddr>> {
        let answer = self.0.answers.lock().unwrap().pop_front();
        Box::pin(async move {
            let answer = answer.ok_or_else(|| io::Error::other("asked once too often"))?;
            Ok(answer
                .into_iter()
                .map(|address| SocketAddr::new(address, port))
                .collect())
        })
    }

    fn connect(&self, address: SocketAddr) -> Found<'_, TcpStream> {
        self.0.dialled.lock().unwrap().push(address);
        Box::pin(async { Err(io::ErrorKind::ConnectionRefused.into()) })
    }
}

impl Told {
    fn answering(answers: &[&[IpAddr]]) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(answers.iter().map(|answer| answer.to_vec()).collect()),
            dialled: Mutex::default(),
        })
    }

    /// Tries to connect for `url`. There is never a connection; the question is why.
    async fn connect(self: &Arc<Self>, url: &str) -> ConnectError {
        self.connect_knowing(&SERVICES, url).await
    }

    /// The same in a sandbox that was told of these services.
    async fn connect_knowing(
        self: &Arc<Self>,
        services: &'static [&'static services::Service],
        url: &str,
    ) -> ConnectError {
        let mut connector = Connector(Arc::new(Shared {
            network: Box::new(Scripted(Arc::clone(self))),
            services,
            connect_to: ConnectTo::default(),
            proxies: Ok(None),
            extra_roots: Ok(Vec::new()),
            tls: OnceLock::new(),
            fake: OnceLock::new(),
        }));
        let uri: Uri = url.parse().unwrap();
        match connector.call(uri).await {
            Ok(_) => panic!("{url}: connected"),
            Err(error) => error,
        }
    }

    fn dialled(&self) -> Vec<String> {
        let dialled = self.dialled.lock().unwrap();
        dialled.iter().map(ToString::to_string).collect()
    }
}

fn rows() -> impl Iterator<Item = (IpAddr, AddressClass)> {
    REFUSED
        .iter()
        .map(|(text, class)| (text.parse().unwrap(), *class))
}

/// A service's own host, and one that an override names. The former may have what stands for a public address.
const OWN: &str = "https://seedance.nexu.io/";
const MOVED: &str = "https://gateway.example/";

/// Every host with every address that is refused to it.
fn refused_to() -> impl Iterator<Item = (&'static str, IpAddr, AddressClass)> {
    rows().flat_map(|(address, class)| {
        let own = (!is_fake_ip(address)).then_some(OWN);
        own.into_iter()
            .chain([MOVED])
            .map(move |url| (url, address, class))
    })
}

fn host(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

fn public() -> IpAddr {
    PUBLIC.parse().unwrap()
}

/// The connection was refused for this address, before anything was dialled.
#[track_caller]
fn assert_refused(error: &ConnectError, told: &Told, address: IpAddr, class: AddressClass) {
    match error {
        ConnectError::Prohibited(refused, why) => assert_eq!((*refused, *why), (address, class)),
        other => panic!("{address}: {other}"),
    }
    let reason = if is_fake_ip(address) {
        RefusalReason::FakeIp
    } else {
        RefusalReason::Address(class)
    };
    assert_eq!(error.refusal(), Some(reason));
    assert!(told.dialled().is_empty(), "{address} was dialled");
}

#[test]
fn the_table_has_at_least_eighty_addresses_and_their_classes() {
    assert!(REFUSED.len() >= 80);
    for (address, class) in rows() {
        assert_eq!(classify(address), class, "{address}");
    }
}

#[test]
fn as_a_literal_none_has_a_rule() {
    for (address, _) in rows() {
        for scheme in ["http", "https"] {
            for port in ["", ":8443"] {
                let url = format!("{scheme}://{}{port}/api/v1/tasks", host(address));
                let refused = reason(&policy(GATEWAY), "GET", &url);
                assert_eq!(refused, Some(RefusalReason::Host), "{url}");
            }
        }
    }
}

#[tokio::test]
async fn as_a_literal_that_an_override_names_none_is_connected_to() {
    for (address, class) in rows() {
        let told = Told::answering(&[]);
        let url = format!("https://{}/api/v1/tasks", host(address));
        assert_refused(&told.connect(&url).await, &told, address, class);
    }
}

#[tokio::test]
async fn as_the_answer_of_a_name_server_none_is_connected_to() {
    for (url, address, class) in refused_to() {
        let told = Told::answering(&[&[address]]);
        let error = told.connect(url).await;
        assert_refused(&error, &told, address, class);
    }
}

#[tokio::test]
async fn one_among_public_answers_spoils_them_all() {
    for (url, address, class) in refused_to() {
        for answer in [[public(), address], [address, public()]] {
            let told = Told::answering(&[&answer]);
            let error = told.connect(url).await;
            assert_refused(&error, &told, address, class);
        }
    }
}

#[tokio::test]
async fn an_answer_that_changes_between_two_look_ups_changes_nothing_for_the_first_and_is_refused_for_the_second()
 {
    for (url, address, class) in refused_to() {
        let told = Told::answering(&[&[public()], &[address]]);
        // The name is looked up once: what was checked is what is dialled.
        let first = told.connect(url).await;
        assert!(matches!(first, ConnectError::Refused(_)), "{first}");
        assert_eq!(told.dialled(), [format!("{PUBLIC}:443")]);
        told.dialled.lock().unwrap().clear();
        let second = told.connect(url).await;
        assert_refused(&second, &told, address, class);
    }
}

/// What a name server says behind Clash, Surge or sing-box, and on a line without IPv4.
const FAKES: [&str; 6] = [
    "198.18.0.7",
    "198.19.255.254",
    "::ffff:198.18.0.7",
    "fc00::7",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1:fffe::8.8.8.8",
];

#[tokio::test]
async fn what_a_proxy_or_nat64_puts_in_place_of_an_address_counts_for_the_services_own_hosts() {
    let own = [
        "https://seedance.nexu.io/",
        "https://im.liblib.tv/",
        "https://libtv-res.liblib.art/",
        "https://open.feishu.cn/",
        "https://OPEN.larksuite.com:443/",
    ];
    for (url, text) in own.iter().flat_map(|url| FAKES.map(|text| (url, text))) {
        let address: IpAddr = text.parse().unwrap();
        let told = Told::answering(&[&[address, public()]]);
        let error = told.connect(url).await;
        assert!(
            matches!(error, ConnectError::Refused(_)),
            "{url} {text}: {error}"
        );
        let dialled = [
            SocketAddr::new(address, 443),
            SocketAddr::new(public(), 443),
        ];
        assert_eq!(told.dialled(), dialled.map(|address| address.to_string()));
    }
}

#[tokio::test]
async fn for_any_other_host_scheme_or_port_it_does_not() {
    let others = [
        "https://gateway.example/",
        "https://seedance.nexu.io.example/",
        "https://xseedance.nexu.io/",
        "https://seedance.nexu.io:8443/",
        "http://seedance.nexu.io/",
        "http://open.feishu.cn:443/",
    ];
    for (url, text) in others.iter().flat_map(|url| FAKES.map(|text| (url, text))) {
        let address: IpAddr = text.parse().unwrap();
        let told = Told::answering(&[&[address]]);
        let error = told.connect(url).await;
        assert_refused(&error, &told, address, classify(address));
    }
}

#[tokio::test]
async fn it_counts_for_no_host_that_the_sandbox_was_not_told_of() {
    let only_the_other: &[&services::Service] = &[&services::DIRECT];
    for (text, known) in FAKES
        .iter()
        .flat_map(|text| [&[], only_the_other].map(|known| (text, known)))
    {
        let address: IpAddr = text.parse().unwrap();
        let told = Told::answering(&[&[address]]);
        let error = told.connect_knowing(known, OWN).await;
        assert_refused(&error, &told, address, classify(address));
    }
}

#[tokio::test]
async fn a_private_address_beside_a_fake_ip_is_refused_to_the_services_own_hosts() {
    for private in [
        "10.0.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "fd00::1",
        "fe80::1",
        "::1",
    ] {
        let private: IpAddr = private.parse().unwrap();
        let told = Told::answering(&[&["198.18.0.7".parse().unwrap(), private]]);
        let error = told.connect("https://seedance.nexu.io/").await;
        assert_refused(&error, &told, private, classify(private));
    }
}

/// Redirects are never followed (`tests`, `no_component::follows_a_redirect_inside`): who follows one sends a request.
#[test]
fn in_a_redirect_none_has_a_rule() {
    for (address, _) in rows() {
        for location in ["", "latest/meta-data/", "api/v1/tasks", "claw/x.mp4"] {
            for scheme in ["http", "https"] {
                let url = format!("{scheme}://{}/{location}", host(address));
                let refused = reason(&policy(GATEWAY), "GET", &url);
                assert_eq!(refused, Some(RefusalReason::Host), "{url}");
            }
        }
    }
}

#[tokio::test]
async fn an_address_in_an_odd_spelling_is_refused_without_asking_a_name_server() {
    for host in [
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "0x7f.1",
        "127.0.0.0x1",
        "00.00.00.00",
        "1.2.3.4.5",
        "256.256.256.256",
        "4294967296",
        "010.010.010.010",
    ] {
        let told = Told::answering(&[]);
        let error = told.connect(&format!("https://{host}/")).await;
        assert!(
            matches!(error, ConnectError::OddSpelling),
            "{host}: {error}"
        );
        assert_eq!(error.refusal(), Some(RefusalReason::AddressSpelling));
    }
}

#[tokio::test]
async fn connect_to_leads_to_loopback_and_past_no_other_name() {
    for (address, class) in rows().filter(|(_, class)| *class != AddressClass::Loopback) {
        let target = format!("seedance.nexu.io={}:443", host(address));
        ConnectTo::parse(&target).unwrap_err();
        let told = Told::answering(&[&[address]]);
        let mut connector = Connector(Arc::new(Shared {
            network: Box::new(Scripted(Arc::clone(&told))),
            services: &SERVICES,
            connect_to: ConnectTo::parse("seedance.nexu.io=127.0.0.1:9").unwrap(),
            proxies: Ok(None),
            extra_roots: Ok(Vec::new()),
            tls: OnceLock::new(),
            fake: OnceLock::new(),
        }));
        let other = connector
            .call("https://other.example/".parse().unwrap())
            .await;
        assert_refused(&other.err().unwrap(), &told, address, class);
        let named = connector
            .call("https://seedance.nexu.io/".parse().unwrap())
            .await;
        assert!(matches!(named.err().unwrap(), ConnectError::Refused(_)));
        assert_eq!(told.dialled(), ["127.0.0.1:9"]);
    }
}
