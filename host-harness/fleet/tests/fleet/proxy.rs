//! Between a worker and the database: a proxy that cuts connections, before a statement arrives or before its answer does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Cuts every so many answers, as long as it is told to.
pub struct Proxy {
    pub port: u16,
    cuts: Arc<AtomicBool>,
    pub cut: Arc<AtomicU32>,
}

impl Proxy {
    /// In front of this port; each `every`th piece from either side is dropped together with its connection.
    pub async fn start(behind: u16, every: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (cuts, cut, pieces) = (
            Arc::new(AtomicBool::new(false)),
            Arc::<AtomicU32>::default(),
            Arc::<AtomicU32>::default(),
        );
        let (cutting, counted) = (Arc::clone(&cuts), Arc::clone(&cut));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (cutting, counted, pieces) = (
                    Arc::clone(&cutting),
                    Arc::clone(&counted),
                    Arc::clone(&pieces),
                );
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(("127.0.0.1", behind)).await else {
                        return;
                    };
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    let cut = || {
                        let nth = pieces.fetch_add(1, Ordering::Relaxed);
                        let is_cut = cutting.load(Ordering::Relaxed) && nth % every == every - 1;
                        if is_cut {
                            counted.fetch_add(1, Ordering::Relaxed);
                        }
                        is_cut
                    };
                    // The first that ends takes the other with it: the connection is dead on both sides.
                    tokio::select! {
                        () = pass(from_client, to_server, &cut) => {}
                        () = pass(from_server, to_client, &cut) => {}
                    }
                });
            }
        });
        Self { port, cuts, cut }
    }

    pub fn cuts(&self, on: bool) {
        self.cuts.store(on, Ordering::Relaxed);
    }
}

async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    cut: &impl Fn() -> bool,
) {
    let mut piece = vec![0; 64 << 10];
    loop {
        match from.read(&mut piece).await {
            Ok(0) | Err(_) => return,
            Ok(count) => {
                if cut() || to.write_all(&piece[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}
