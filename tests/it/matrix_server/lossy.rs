//! A connection to a server that loses an answer: what is asked is passed on, and the answer to one request is held back for good.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::env::TIMEOUT;

/// A listener on loopback, in front of a server without TLS.
pub struct Lossy {
    port: u16,
    shared: Arc<Shared>,
    held: Receiver<()>,
}

struct Shared {
    server: String,
    /// What stands in the request whose answer is held back.
    path: &'static str,
    holds: AtomicBool,
    seen: AtomicUsize,
    held: SyncSender<()>,
    /// Kept open: whoever asked goes on waiting.
    open: Mutex<Vec<TcpStream>>,
}

impl Lossy {
    /// In front of `server`, `http://…`. The answer to a request with `path` in its head is held back.
    pub fn before(server: &str, path: &'static str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, held) = sync_channel(16);
        let shared = Arc::new(Shared {
            server: server.trim_start_matches("http://").to_owned(),
            path,
            holds: AtomicBool::new(true),
            seen: AtomicUsize::new(0),
            held: tell,
            open: Mutex::default(),
        });
        let of_listener = shared.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                of_listener.clone().connect(client);
            }
        });
        Self { port, shared, held }
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Until an answer is here, and so the server has acted.
    pub fn wait_until_held(&self) {
        self.held.recv_timeout(TIMEOUT).unwrap();
    }

    /// From now on nothing is held back.
    pub fn let_through(&self) {
        self.shared.holds.store(false, Ordering::SeqCst);
    }

    /// How many such requests there were.
    pub fn seen(&self) -> usize {
        self.shared.seen.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn connect(self: Arc<Self>, client: TcpStream) {
        let server = TcpStream::connect(&self.server).unwrap();
        let asked = Arc::new(AtomicBool::new(false));
        let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let (shared, flag) = (self.clone(), asked.clone());
        thread::spawn(move || shared.pass_on(from, to, &flag));
        thread::spawn(move || self.pass_back(server, client, &asked));
    }

    fn pass_on(&self, mut from: TcpStream, mut to: TcpStream, asked: &AtomicBool) {
        let mut some = vec![0; 1 << 16];
        // A head comes in one piece here: it is short, and written at once.
        while let Ok(len @ 1..) = from.read(&mut some) {
            let text = String::from_utf8_lossy(&some[..len]);
            if text.starts_with("PUT ") && text.contains(self.path) {
                self.seen.fetch_add(1, Ordering::SeqCst);
                asked.store(true, Ordering::SeqCst);
            }
            if to.write_all(&some[..len]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    }

    fn pass_back(&self, mut from: TcpStream, mut to: TcpStream, asked: &AtomicBool) {
        let mut some = vec![0; 1 << 16];
        while let Ok(len @ 1..) = from.read(&mut some) {
            if asked.load(Ordering::SeqCst) && self.holds.load(Ordering::SeqCst) {
                self.open.lock().unwrap().push(to);
                let _ = self.held.send(());
                return;
            }
            if to.write_all(&some[..len]).is_err() {
                return;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    }
}
