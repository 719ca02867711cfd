//! The fake's side: a session for each job, made by plain requests, and what came of it.

use std::collections::HashMap;
use std::net::SocketAddr;

use fakes::{Fake, Job, World};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Connections that submit at once.
const CONNECTIONS: usize = 8;

/// The fakes with a key for each tenant.
pub async fn world(tenants: usize) -> World {
    let start = move || {
        let world = (0..tenants).fold(World::builder(), |world, nth| world.key(&key(nth)));
        world.start().unwrap()
    };
    let world = tokio::task::spawn_blocking(start).await.unwrap();
    world.gateway().set_default_job(Job::never());
    world.gateway().set_uses(10_000_000, 10_000_000);
    world
}

pub fn key(tenant: usize) -> String {
    format!("mgk_load{tenant:05}0123456789abcdefghijk")
}

/// As many sessions, the tenants in turn; each with its tenant.
pub async fn sessions(world: &World, jobs: usize, tenants: usize) -> Vec<(String, usize)> {
    let address = world.gateway().http_addr();
    let part = |first: usize| {
        tokio::spawn(async move {
            let mut client = Client::to(address).await;
            let mut made = Vec::new();
            for nth in (first..jobs).step_by(CONNECTIONS) {
                let tenant = nth % tenants;
                made.push((client.submit(&key(tenant)).await, tenant));
            }
            made
        })
    };
    let mut all = Vec::new();
    for part in (0..CONNECTIONS).map(part).collect::<Vec<_>>() {
        all.extend(part.await.unwrap());
    }
    all
}

/// One connection without TLS.
struct Client {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
}

impl Client {
    async fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream: BufReader::new(stream),
            address,
        }
    }

    async fn submit(&mut self, key: &str) -> String {
        const BODY: &str = r#"{"message":"a fox"}"#;
        let head = format!(
            "POST /libtv/v1/session HTTP/1.1\r\nhost: {}\r\nx-api-key: {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{BODY}",
            self.address,
            BODY.len()
        );
        self.stream.write_all(head.as_bytes()).await.unwrap();
        let mut length = 0;
        let mut line = String::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line).await.unwrap();
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let id = [
            "/data/sessionId",
            "/sessionId",
            "/data/session_id",
            "/session_id",
        ]
        .iter()
        .find_map(|path| answer.pointer(path)?.as_str());
        id.unwrap_or_else(|| panic!("no session in {answer}"))
            .to_owned()
    }
}

/// Polls since a request of this number: how many, and how many of them carried another tenant's key.
pub fn polls(world: &World, since: usize, sessions: &HashMap<String, usize>) -> (usize, usize) {
    let (mut count, mut wrong) = (0, 0);
    for request in world.gateway().requests().iter().skip(since) {
        let id = request.path.rsplit('/').next().unwrap_or_default();
        let Some(tenant) = sessions.get(id) else {
            continue;
        };
        count += 1;
        let key = key(*tenant);
        let mut values = request.headers.values();
        let own = values.any(|value| value.to_str().is_ok_and(|text| text.contains(&key)));
        wrong += usize::from(!own);
    }
    (count, wrong)
}
